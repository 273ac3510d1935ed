//! What is no finding, in folded lists: waived, blocked, skipped, passed.

use indexmap::IndexMap;
use serde::Serialize;

use super::{
    super::{
        Report,
        account::{hosts_and_items, one_line},
        words::Word,
    },
    finding::Names,
    matrix::{Kind, Matrix, Tag},
    voice::{Said, Voice},
};
use crate::{
    catalog::CheckId,
    judge::{Outcome, Verdict},
};

/// All results of one kind.
#[derive(Serialize)]
pub(super) struct Rest {
    tag: Tag,
    count: usize,
    entries: Vec<Entry>,
}

/// Results that say the same.
#[derive(Serialize)]
struct Entry {
    check: String,
    title: Said,
    hosts: Names,
    reason: Said,
}

/// The results of `groups`, which are of one kind.
pub(super) fn of(groups: &[Vec<&Verdict>], voice: Voice, matrix: &mut Matrix<'_>) -> Option<Rest> {
    let kind = Kind::of(groups.iter().flatten().next()?);
    let mut entries = Vec::new();
    for verdicts in groups {
        let Some(first) = verdicts.first() else { continue };
        matrix.group(verdicts);
        entries.push(entry(Names::of(&hosts_and_items(verdicts)), first, reason(first, voice), voice));
    }
    Some(Rest { tag: kind.tag(voice), count: groups.iter().map(Vec::len).sum(), entries })
}

/// What passed, by check.
pub(super) fn passes(report: &Report, voice: Voice, matrix: &mut Matrix<'_>) -> Option<Rest> {
    let mut checks: IndexMap<&CheckId, Vec<&Verdict>> = IndexMap::new();
    for verdict in report.verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Pass) {
        checks.entry(&verdict.check).or_default().push(verdict);
    }
    let count = checks.values().map(Vec::len).sum();
    let mut entries = Vec::new();
    for (check, verdicts) in &checks {
        let Some(first) = verdicts.first() else { continue };
        matrix.group_of_passes(check);
        let message = |lang| one_line(first.message.get(lang));
        let reason = if verdicts.len() == 1 { voice.say(message) } else { Said::Same(String::new()) };
        // The matrix names them all; here the names would be most of the page.
        entries.push(entry(Names::briefly(&hosts_and_items(verdicts)), first, reason, voice));
    }
    (count > 0).then(|| Rest { tag: Kind::Passed.tag(voice), count, entries })
}

fn entry(hosts: Names, first: &Verdict, reason: Said, voice: Voice) -> Entry {
    Entry { check: first.check.to_string(), title: voice.say(|lang| one_line(first.title.get(lang))), hosts, reason }
}

fn reason(verdict: &Verdict, voice: Voice) -> Said {
    let names: Vec<&str> = verdict.blocked_by.iter().map(CheckId::as_str).collect();
    if names.is_empty() {
        return voice.say(|lang| one_line(verdict.message.get(lang)));
    }
    voice.say(|lang| Word::Needs.with(lang, &names.join(", ")))
}
