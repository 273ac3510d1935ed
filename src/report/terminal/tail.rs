//! What stands around the findings: the header, what was not told at length, the hosts, and the last line.

use std::collections::{BTreeSet, HashMap};

use indexmap::IndexMap;

use super::{Page, Role, Word, group, names, page::Line};
use crate::{
    inventory::HostName,
    judge::{Outcome, Verdict},
    report::{
        Readiness, Report, Summary, escape,
        width::{columns, pad, wrap},
        words,
    },
    text::Lang,
};

/// So many rows of the table of hosts are shown, unless all are asked for.
const ROWS: usize = 10;

/// Which program speaks about what.
pub(super) fn header(page: &mut Page, report: &Report) {
    let mut parts = vec![format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))];
    parts.extend(report.stage.as_ref().map(|stage| Word::Stage.with(page.lang, &escape::line(stage))));
    parts.extend(report.phase.map(|phase| Word::Before.with(page.lang, phase.as_str())));
    parts.push(escape::line(&report.started));
    parts.retain(|part| !part.is_empty());
    for line in wrap(&parts.join(" - "), page.body_width()) {
        let painted = page.paint(Role::Dim, &line);
        page.raw(&painted);
    }
}

/// What was blocked, skipped and waived, in a line each.
pub(super) fn condensed(page: &mut Page, report: &Report) {
    let outcomes =
        [(Outcome::Blocked, Word::Blocked), (Outcome::Skipped, Word::Skipped), (Outcome::Waived, Word::Waived)];
    let mut is_first = true;
    for (outcome, word) in outcomes {
        let count = report.verdicts.iter().filter(|verdict| verdict.outcome == outcome).count();
        if count == 0 {
            continue;
        }
        if std::mem::take(&mut is_first) {
            page.gap();
        }
        let start = format!("- {} {count}", word.get(page.lang));
        if page.verbose() || outcome != Outcome::Skipped {
            page.paragraph(Role::Dim, &start, "");
            each_group(page, report, outcome);
        } else {
            skipped_line(page, report, &start);
        }
    }
}

fn each_group(page: &mut Page, report: &Report, outcome: Outcome) {
    for verdicts in group::with_outcome(report, page.lang, outcome) {
        let Some(first) = verdicts.first() else { continue };
        let pairs = verdicts.iter().map(|verdict| (verdict.host.as_str(), verdict.item.as_deref()));
        let hosts = names::list(&names::with_items(pairs, page), page.body_width() / 2, page).join(" ");
        let text = format!("{}: {hosts}{}", first.check, because(page.lang, first));
        for line in wrap(&text, page.body_width() - 2) {
            page.raw(&format!("    {line}"));
        }
    }
}

fn because(lang: Lang, verdict: &Verdict) -> String {
    let message = escape::line(verdict.message.get(lang));
    if !verdict.blocked_by.is_empty() {
        let needed: Vec<String> = verdict.blocked_by.iter().map(ToString::to_string).collect();
        return format!(" - {}", Word::Needs.with(lang, &needed.join(", ")));
    }
    if message.is_empty() { String::new() } else { format!(" - {message}") }
}

fn skipped_line(page: &mut Page, report: &Report, start: &str) {
    let skipped = report.verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Skipped);
    let checks: BTreeSet<String> = skipped.map(|verdict| verdict.check.to_string()).collect();
    let checks: Vec<String> = checks.into_iter().collect();
    let start = format!("{start}: ");
    let names = names::line(&checks, page.body_width() - columns(&start), page);
    page.paragraph(Role::Dim, &start, &names);
}

/// How each host stands; hosts that stand alike share a row.
pub(super) fn hosts(page: &mut Page, report: &Report) {
    if report.hosts.is_empty() {
        return;
    }
    page.gap();
    let rows = if page.verbose() { rows_by_host(page, report) } else { rows_by_counts(page, report) };
    let shown = if page.verbose() { rows.len() } else { rows.len().min(ROWS) };
    let widest = rows[..shown].iter().map(|(name, _)| columns(name)).max().unwrap_or(0);
    for (name, counts) in &rows[..shown] {
        let room = page.body_width().saturating_sub(widest + 2).max(10);
        let mut head = pad(name, widest);
        for line in wrap(counts, room) {
            let counts = page.paint(Role::Dim, &line);
            page.raw(&format!("  {head}  {counts}"));
            head = " ".repeat(widest);
        }
    }
    if shown < rows.len() {
        page.raw(&format!("  {}", Word::More.count(page.lang, rows.len() - shown)));
    }
}

fn rows_by_host(page: &Page, report: &Report) -> Vec<(String, String)> {
    let counts = counts_by_host(report);
    let row = |host: &crate::report::HostReport| {
        let summary = counts.get(&host.name).copied().unwrap_or_default();
        let took = words::duration(page.lang, host.duration);
        let address = escape::line(&host.address);
        (escape::line(host.name.as_str()), format!("{address}  {} ({took})", counted(page.lang, &summary)))
    };
    report.hosts.iter().map(row).collect()
}

fn rows_by_counts(page: &Page, report: &Report) -> Vec<(String, String)> {
    let counts = counts_by_host(report);
    let mut rows: IndexMap<String, Vec<String>> = IndexMap::new();
    for host in &report.hosts {
        let summary = counts.get(&host.name).copied().unwrap_or_default();
        rows.entry(counted(page.lang, &summary)).or_default().push(escape::line(host.name.as_str()));
    }
    let room = page.body_width() / 2;
    rows.into_iter().map(|(counts, hosts)| (names::list(&hosts, room, page).join(" "), counts)).collect()
}

fn counts_by_host(report: &Report) -> HashMap<&HostName, Summary> {
    let mut verdicts: HashMap<&HostName, Vec<&Verdict>> = HashMap::new();
    for verdict in &report.verdicts {
        verdicts.entry(&verdict.host).or_default().push(verdict);
    }
    verdicts.into_iter().map(|(host, verdicts)| (host, Summary::of(verdicts))).collect()
}

/// All counts that are not zero, the worst first.
fn counted(lang: Lang, summary: &Summary) -> String {
    let mut parts = bad(lang, summary);
    parts.extend(counts(
        lang,
        &[
            (Word::CountNotAsked, summary.unreachable),
            (Word::CountBlocked, summary.blocked),
            (Word::CountSkipped, summary.skipped),
            (Word::CountWaived, summary.waived),
            (Word::CountPassed, summary.pass),
        ],
    ));
    if parts.is_empty() { Word::NothingChecked.get(lang).to_owned() } else { parts.join(Word::Comma.get(lang)) }
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

fn counts(lang: Lang, counts: &[(Word, usize)]) -> Vec<String> {
    counts.iter().filter(|(_, n)| *n > 0).map(|(word, n)| word.count(lang, *n)).collect()
}

/// Things to know that are no findings.
pub(super) fn notices(page: &mut Page, report: &Report) {
    if report.notices.is_empty() {
        return;
    }
    page.gap();
    let start = format!("! {}: ", Word::Note.get(page.lang));
    for notice in &report.notices {
        let mut lines = Page::prose(notice.get(page.lang), page.body_width(), Role::Plain).into_iter();
        let first = lines.next().map_or_else(String::new, |line| line.text);
        page.paragraph(Role::Warning, &start, &first);
        for Line { text, .. } in lines {
            page.raw(&format!("  {text}"));
        }
    }
}

/// The last line: whether the run can be started, and the numbers behind it.
pub(super) fn summary(page: &mut Page, report: &Report) {
    page.gap();
    let (role, mark, words) = conclusion(page.lang, report);
    let summary = report.summary();
    let comma = Word::Comma.get(page.lang);
    let mut findings = bad(page.lang, &summary);
    findings.extend(report.interrupted.then(|| Word::Interrupted.get(page.lang).to_owned()));
    let around = [
        Word::CountHosts.count(page.lang, summary.hosts),
        Word::CountChecks.count(page.lang, summary.total),
        words::duration(page.lang, report.duration),
    ];
    let colon = if findings.is_empty() { "" } else { ": " };
    let text = format!("{colon}{} ({})", findings.join(comma), around.join(comma));
    page.paragraph(role, &format!("{mark} {words}"), &text);
}

fn conclusion(lang: Lang, report: &Report) -> (Role, &'static str, String) {
    let readiness = report.standing().readiness();
    let words = match (readiness, report.phase) {
        (Readiness::NothingChecked, _) => Word::NothingChecked.get(lang).to_owned(),
        (Readiness::Ready, Some(phase)) => Word::ReadyFor.with(lang, phase.as_str()),
        (Readiness::NotReady, Some(phase)) => Word::NotReadyFor.with(lang, phase.as_str()),
        (Readiness::Unknown, Some(phase)) => Word::UnknownFor.with(lang, phase.as_str()),
        (Readiness::Ready, None) => Word::Ready.get(lang).to_owned(),
        (Readiness::NotReady, None) => Word::NotReady.get(lang).to_owned(),
        (Readiness::Unknown, None) => Word::Unknown.get(lang).to_owned(),
    };
    match readiness {
        Readiness::Ready => (Role::Pass, "✓", words),
        Readiness::NotReady => (Role::Error, "✗", words),
        Readiness::Unknown | Readiness::NothingChecked => (Role::Unknown, "?", words),
    }
}
