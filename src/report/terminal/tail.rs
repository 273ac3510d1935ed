//! What stands around the findings: the header, what was not told at length, and the last line.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::{Page, Role, Word, names};
use crate::{
    catalog::CheckId,
    judge::{Outcome, Verdict},
    report::{
        Readiness, Report, escape, group, numbers,
        width::{columns, wrap},
    },
    text::Lang,
};

/// Which program speaks about what.
pub(super) fn header(page: &mut Page, report: &Report) {
    let mut parts = vec![env!("CARGO_PKG_NAME").to_owned()];
    parts.extend(report.stage.as_ref().map(|stage| Word::Stage.with(page.lang, &escape::line(stage))));
    parts.extend(report.phase.map(|phase| Word::Before.with(page.lang, phase.as_str())));
    parts.push(escape::line(&report.started));
    parts.retain(|part| !part.is_empty());
    for line in wrap(&parts.join("  "), page.body_width()) {
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
        let verdicts: Vec<&Verdict> = report.verdicts.iter().filter(|verdict| verdict.outcome == outcome).collect();
        if verdicts.is_empty() {
            continue;
        }
        if std::mem::take(&mut is_first) {
            page.gap();
        }
        let start = format!("- {} {}", word.get(page.lang), verdicts.len());
        match outcome {
            _ if page.verbose() => each_group(page, report, outcome, &start),
            Outcome::Blocked => blocked_lines(page, &verdicts, &start),
            Outcome::Skipped => checks_line(page, &verdicts, &format!("{start}: ")),
            _ => each_group(page, report, outcome, &start),
        }
    }
}

fn each_group(page: &mut Page, report: &Report, outcome: Outcome, start: &str) {
    page.paragraph(Role::Dim, start, "");
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

/// One line for each check that others wait for; the notices tell of hosts that are not there yet.
fn blocked_lines(page: &mut Page, verdicts: &[&Verdict], start: &str) {
    let mut by_need: IndexMap<&[CheckId], Vec<&Verdict>> = IndexMap::new();
    for verdict in verdicts {
        by_need.entry(&verdict.blocked_by).or_default().push(verdict);
    }
    let mut start = start.to_owned();
    for (needed, verdicts) in by_need {
        let names: Vec<&str> = needed.iter().map(CheckId::as_str).collect();
        let needs = if names.is_empty() {
            String::new()
        } else {
            format!(" ({})", Word::Needs.with(page.lang, &names.join(", ")))
        };
        checks_line(page, &verdicts, &format!("{start}{needs}: "));
        start = " ".repeat(columns(&start));
    }
}

/// `start`, and the ids of the checks as far as there is room on the line.
fn checks_line(page: &mut Page, verdicts: &[&Verdict], start: &str) {
    let checks: BTreeSet<&str> = verdicts.iter().map(|verdict| verdict.check.as_str()).collect();
    let checks: Vec<String> = checks.into_iter().map(ToOwned::to_owned).collect();
    let room = page.body_width().saturating_sub(columns(start));
    if room > columns(checks.first().map_or("", String::as_str)) + 8 {
        let names = names::line(&checks, room, page);
        page.paragraph(Role::Dim, start, &names);
        return;
    }
    page.paragraph(Role::Dim, start.trim_end(), "");
    let names = names::line(&checks, page.body_width() - 2, page);
    page.raw(&format!("    {names}"));
}

fn because(lang: Lang, verdict: &Verdict) -> String {
    let message = escape::line(verdict.message.get(lang));
    if !verdict.blocked_by.is_empty() {
        let needed: Vec<String> = verdict.blocked_by.iter().map(ToString::to_string).collect();
        return format!(" - {}", Word::Needs.with(lang, &needed.join(", ")));
    }
    if message.is_empty() { String::new() } else { format!(" - {message}") }
}

/// Things to know that are no findings.
pub(super) fn notices(page: &mut Page, report: &Report) {
    if report.notices.is_empty() {
        return;
    }
    page.gap();
    let start = format!("! {}: ", Word::Note.get(page.lang));
    let width = page.body_width();
    for notice in &report.notices {
        let lines = escape::lines(notice.get(page.lang));
        let (first, rest) = lines.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
        page.paragraph(Role::Warning, &start, first);
        for line in rest.iter().flat_map(|line| wrap(line, width)) {
            page.raw(&format!("  {line}"));
        }
    }
}

/// The last line: whether the run can be started, and the numbers behind it.
pub(super) fn summary(page: &mut Page, report: &Report) {
    page.gap();
    let (role, mark) = role(report.standing().readiness());
    let comma = Word::Comma.get(page.lang);
    let (findings, around) = (numbers::against(page.lang, report), numbers::around(page.lang, report));
    let colon = if findings.is_empty() { "" } else { ": " };
    let text = format!("{colon}{} ({})", findings.join(comma), around.join(comma));
    page.paragraph(role, &format!("{mark} {}", numbers::conclusion(page.lang, report)), &text);
}

fn role(readiness: Readiness) -> (Role, &'static str) {
    match readiness {
        Readiness::Ready => (Role::Pass, "✓"),
        Readiness::NotReady => (Role::Error, "✗"),
        Readiness::Unknown | Readiness::NothingChecked => (Role::Unknown, "?"),
    }
}
