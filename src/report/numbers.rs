//! How many of what, in words: of the run and of each host, and the run in one phrase.

use std::collections::HashMap;

use super::{
    HostReport, Readiness, Report, Summary,
    words::{self, Word},
};
use crate::{
    inventory::HostName,
    judge::{Outcome, Verdict},
    text::Lang,
};

/// The run in one phrase: whether it can be started.
pub(super) fn conclusion(lang: Lang, report: &Report) -> String {
    match (report.standing().readiness(), report.phase) {
        (Readiness::NothingChecked, _) => Word::NothingChecked.get(lang).to_owned(),
        (Readiness::Ready, Some(phase)) => Word::ReadyFor.with(lang, phase.as_str()),
        (Readiness::NotReady, Some(phase)) => Word::NotReadyFor.with(lang, phase.as_str()),
        (Readiness::Unknown, Some(phase)) => Word::UnknownFor.with(lang, phase.as_str()),
        (Readiness::Ready, None) => Word::Ready.get(lang).to_owned(),
        (Readiness::NotReady, None) => Word::NotReady.get(lang).to_owned(),
        (Readiness::Unknown, None) => Word::Unknown.get(lang).to_owned(),
    }
}

/// What speaks against the run: counts that are not zero, the worst first.
pub(super) fn against(lang: Lang, report: &Report) -> Vec<String> {
    let mut findings = bad(lang, &report.summary());
    findings.extend(report.interrupted.then(|| Word::Interrupted.get(lang).to_owned()));
    findings
}

/// The size of the run: hosts, checks and time.
pub(super) fn around(lang: Lang, report: &Report) -> Vec<String> {
    vec![
        Word::CountHosts.count(lang, report.hosts.len()),
        Word::CountChecks.count(lang, report.verdicts.len()),
        words::duration(lang, report.duration),
    ]
}

/// The run on one line: `not ready: 1 error, 2 not judged (5 hosts, 18 checks, 3.2 s)`.
pub(super) fn line(lang: Lang, report: &Report) -> String {
    let comma = Word::Comma.get(lang);
    let findings = against(lang, report);
    let colon = if findings.is_empty() { "" } else { ": " };
    let around = around(lang, report).join(comma);
    format!("{}{colon}{} ({around})", conclusion(lang, report), findings.join(comma))
}

/// The first `shown` of `texts` in a row, with the number of the others.
pub(super) fn listed(lang: Lang, texts: &[String], shown: usize, between: &str) -> String {
    let first = texts.iter().take(shown).map(String::as_str).collect::<Vec<_>>().join(between);
    match texts.len().saturating_sub(shown) {
        0 => first,
        more => format!("{first} {}", Word::More.count(lang, more)),
    }
}

/// The results of each host, counted.
pub(super) fn by_host(report: &Report) -> HashMap<&HostName, Summary> {
    let mut verdicts: HashMap<&HostName, Vec<&Verdict>> = HashMap::new();
    for verdict in &report.verdicts {
        verdicts.entry(&verdict.host).or_default().push(verdict);
    }
    verdicts.into_iter().map(|(host, verdicts)| (host, Summary::of(verdicts))).collect()
}

/// Whether nothing speaks against a host.
pub(super) fn is_fine(host: &HostReport, summary: &Summary) -> bool {
    host.error.is_none() && summary.fail + summary.error + summary.unreachable == 0
}

/// How a host stands, in one phrase.
pub(super) fn of_host(lang: Lang, host: &HostReport, summary: &Summary) -> String {
    let word = match (host.outcome, &host.error) {
        (Outcome::Unreachable, _) => Some(Word::Unreachable),
        (_, Some(_)) => Some(Word::Unfinished),
        (_, None) => None,
    };
    let mut parts: Vec<String> = word.map(|word| word.get(lang).to_owned()).into_iter().collect();
    parts.extend(bad(lang, summary));
    parts.extend(harmless(lang, summary));
    if parts.is_empty() { Word::NoChecks.get(lang).to_owned() } else { parts.join(Word::Comma.get(lang)) }
}

fn bad(lang: Lang, summary: &Summary) -> Vec<String> {
    counts(
        lang,
        &[
            (Word::Errors, summary.errors),
            (Word::CountUnreachable, summary.hosts_unreachable),
            (Word::CountNotJudged, summary.error),
            (Word::Warnings, summary.warnings),
            (Word::Infos, summary.infos),
        ],
    )
}

fn harmless(lang: Lang, summary: &Summary) -> Vec<String> {
    counts(
        lang,
        &[
            (Word::CountNotAsked, summary.unreachable),
            (Word::CountBlocked, summary.blocked),
            (Word::CountSkipped, summary.skipped),
            (Word::CountWaived, summary.waived),
            (Word::CountPassed, summary.pass),
        ],
    )
}

fn counts(lang: Lang, counts: &[(Word, usize)]) -> Vec<String> {
    counts.iter().filter(|(_, n)| *n > 0).map(|(word, n)| word.count(lang, *n)).collect()
}
