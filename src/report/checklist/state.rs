//! What became of one check, on however many hosts, in few lines.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::{
    account::{Account, distinct, evidence, hosts_and_items},
    group,
    html::Kind,
    numbers::listed,
    words::Word,
};
use crate::judge::Verdict;

/// So many names stand in a line; of what passed fewer.
const NAMES: usize = 20;
const NAMES_OF_PASSES: usize = 5;
/// So many lines a check has for what did not pass, and for what did; the number of the others is told.
const LINES: usize = 20;
const LINES_OF_PASSES: usize = 3;
/// So many wordings and lines of evidence stand in a line.
const WORDINGS: usize = 2;

/// A check of the list.
#[derive(Debug, Serialize)]
pub(in crate::report) struct State {
    /// The worst that became of it.
    #[serde(skip)]
    pub(in crate::report) kind: Kind,
    pub(in crate::report) letter: char,
    pub(in crate::report) sign: &'static str,
    pub(in crate::report) word: &'static str,
    pub(in crate::report) check: String,
    pub(in crate::report) title: String,
    /// How many of each kind, where they differ.
    pub(in crate::report) tally: String,
    /// Other phases that it guards.
    pub(in crate::report) also: String,
    pub(in crate::report) lines: Vec<Line>,
}

/// Hosts on which the same was found.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Line {
    /// What became of it, where that is not the same on all hosts.
    pub(in crate::report) word: &'static str,
    pub(in crate::report) letter: char,
    pub(in crate::report) hosts: String,
    pub(in crate::report) found: String,
    pub(in crate::report) evidence: Vec<String>,
}

impl State {
    /// The state of the check of `verdicts`, of which there is one at least.
    pub(super) fn of(account: &Account<'_>, verdicts: &[&Verdict], also: String) -> Option<Self> {
        let first = verdicts.first()?;
        let mut kinds: BTreeMap<Kind, Vec<&Verdict>> = BTreeMap::new();
        for verdict in verdicts {
            kinds.entry(Kind::of(verdict)).or_default().push(verdict);
        }
        let kind = *kinds.keys().next()?;
        let lang = account.lang;
        let tally = kinds.iter().map(|(kind, verdicts)| format!("{} {}", kind.word().get(lang), verdicts.len()));
        Some(Self {
            kind,
            letter: kind.letter(),
            sign: kind.sign(),
            word: kind.word().get(lang),
            check: first.check.to_string(),
            title: account.title(first),
            tally: if kinds.len() > 1 { tally.collect::<Vec<_>>().join(Word::Comma.get(lang)) } else { String::new() },
            also,
            lines: kinds.iter().flat_map(|(kind, verdicts)| lines(account, *kind, verdicts, kinds.len() > 1)).collect(),
        })
    }
}

/// The lines of what has one kind.
fn lines(account: &Account<'_>, kind: Kind, verdicts: &[&Verdict], is_mixed: bool) -> Vec<Line> {
    let limit = if kind == Kind::Passed { LINES_OF_PASSES } else { LINES };
    let groups = group::alike(verdicts, account.lang);
    let shown = if groups.len() > limit { limit - 1 } else { groups.len() };
    let mut lines: Vec<Line> = groups.iter().take(shown).map(|group| line(account, kind, group)).collect();
    let others: Vec<&Verdict> = groups.iter().skip(shown).flatten().copied().collect();
    if !others.is_empty() {
        let found = Word::Likewise.count(account.lang, others.len());
        lines.push(Line { found, evidence: Vec::new(), ..line(account, kind, &others) });
    }
    for line in &mut lines {
        line.word = if is_mixed { line.word } else { "" };
    }
    lines
}

fn line(account: &Account<'_>, kind: Kind, verdicts: &[&Verdict]) -> Line {
    let lang = account.lang;
    let names = hosts_and_items(verdicts);
    let hosts = match kind {
        Kind::Passed if names.len() > NAMES_OF_PASSES => Word::CountHosts.count(lang, names.len()),
        _ => listed(lang, &names, NAMES, ", "),
    };
    let wordings = distinct(verdicts.iter().map(|verdict| account.message(verdict)));
    let proof = verdicts.iter().find(|verdict| !verdict.evidence.is_empty());
    Line {
        word: kind.word().get(lang),
        letter: kind.letter(),
        hosts,
        found: listed(lang, &wordings, WORDINGS, " / "),
        evidence: proof.into_iter().flat_map(|verdict| evidence(verdict)).take(WORDINGS).collect(),
    }
}
