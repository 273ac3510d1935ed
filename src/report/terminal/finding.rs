//! One group as a block of the report: what, where, why, what to do.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::{
    Word, names,
    page::{Line, Page, Role},
    remedy,
};
use crate::{
    catalog::CheckId,
    event::{HostError, HostResult},
    judge::{Outcome, RemedyStep, Severity, Verdict},
    location::Location,
    report::{
        account::host_word,
        escape,
        group::Group,
        width::{columns, cut, wrap},
    },
};

/// So many lines of evidence are shown, unless all are asked for.
const EVIDENCE_LINES: usize = 6;

/// Shows one group.
pub(super) fn show(page: &mut Page, group: &Group<'_>) {
    match group {
        Group::Verdicts(verdicts) => show_verdicts(page, verdicts),
        Group::Hosts { hosts, unasked } => show_hosts(page, hosts, *unasked),
    }
}

fn show_verdicts(page: &mut Page, verdicts: &[&Verdict]) {
    let Some(first) = verdicts.first() else { return };
    page.gap();
    heading(page, first, verdicts);
    page.field(Word::Hosts, &hosts(page, verdicts));
    if is_one_check(verdicts) {
        let titles = verdicts.iter().map(|verdict| (subject(verdict), verdict.title.get(page.lang)));
        page.field(Word::Wanted, &remedy::wordings(page, titles, page.field_width(), Role::Plain));
    }
    page.field(Word::Found, &found(page, verdicts));
    if first.outcome != Outcome::Pass {
        advice(page, first, verdicts);
    }
}

fn found(page: &Page, verdicts: &[&Verdict]) -> Vec<Line> {
    let messages = verdicts.iter().map(|verdict| (subject(verdict), verdict.message.get(page.lang)));
    let mut found = remedy::wordings(page, messages, page.field_width(), Role::Plain);
    found.extend(evidence(page, verdicts));
    found
}

fn advice(page: &mut Page, first: &Verdict, verdicts: &[&Verdict]) {
    if is_one_check(verdicts) {
        page.field(Word::Why, &Page::prose(first.why.get(page.lang), page.field_width(), Role::Plain));
    }
    let steps: Vec<(&str, &[RemedyStep])> = verdicts.iter().map(|v| (subject(v), v.remedy.as_slice())).collect();
    page.field(Word::Fix, &remedy::lines(page, &steps));
    if is_one_check(verdicts) {
        page.field(Word::Faq, &faq(first));
    }
    page.field(Word::At, &places(page, verdicts.iter().filter_map(|verdict| verdict.location.as_ref())));
}

/// What a verdict is about: the item of a loop, which says more than the host, else the host.
fn subject(verdict: &Verdict) -> &str {
    verdict.item.as_deref().unwrap_or(verdict.host.as_str())
}

fn heading(page: &mut Page, first: &Verdict, verdicts: &[&Verdict]) {
    let (role, mark, word) = mark(first);
    let mark = format!("{mark} {}", word.get(page.lang));
    if is_one_check(verdicts) {
        page.heading(role, &mark, first.check.as_str(), "");
        return;
    }
    let checks: BTreeSet<&CheckId> = verdicts.iter().map(|verdict| &verdict.check).collect();
    page.heading(role, &mark, &Word::CountChecks.count(page.lang, checks.len()), "");
    let names: Vec<String> = checks.iter().map(ToString::to_string).collect();
    let lines = wrap(&names.join(", "), page.field_width());
    page.field(Word::Checks, &plain(lines));
}

fn is_one_check(verdicts: &[&Verdict]) -> bool {
    verdicts.windows(2).all(|pair| pair[0].check == pair[1].check)
}

fn mark(verdict: &Verdict) -> (Role, &'static str, Word) {
    match (verdict.outcome, verdict.severity) {
        (Outcome::Fail, Severity::Error) => (Role::Error, "✗", Word::Error),
        (Outcome::Fail, Severity::Warning) => (Role::Warning, "!", Word::Warning),
        (Outcome::Fail, Severity::Info) => (Role::Info, "i", Word::Info),
        (Outcome::Error, _) => (Role::Unknown, "?", Word::NotJudged),
        (Outcome::Unreachable, _) => (Role::Error, "✗", Word::Unreachable),
        (Outcome::Pass, _) => (Role::Pass, "✓", Word::Passed),
        (Outcome::Blocked, _) => (Role::Dim, "-", Word::Blocked),
        (Outcome::Skipped, _) => (Role::Dim, "-", Word::Skipped),
        (Outcome::Waived, _) => (Role::Dim, "-", Word::Waived),
    }
}

fn hosts(page: &Page, verdicts: &[&Verdict]) -> Vec<Line> {
    let pairs = verdicts.iter().map(|verdict| (verdict.host.as_str(), verdict.item.as_deref()));
    plain(names::list(&names::with_items(pairs, page), page.field_width(), page))
}

/// The lines that prove it, of the first host; of every host with `--verbose`. Whose they are is told where they differ.
fn evidence(page: &Page, verdicts: &[&Verdict]) -> Vec<Line> {
    let mut distinct: IndexMap<&[String], Vec<&str>> = IndexMap::new();
    for verdict in verdicts.iter().filter(|verdict| !verdict.evidence.is_empty()) {
        distinct.entry(&verdict.evidence).or_default().push(subject(verdict));
    }
    let shown = if page.verbose() { distinct.len() } else { 1 };
    let mut lines = Vec::new();
    for (evidence, hosts) in distinct.iter().take(shown) {
        if distinct.len() > 1 {
            let hosts: Vec<String> = hosts.iter().map(|host| escape::line(host)).collect();
            let whose = format!("{}:", names::line(&hosts, page.field_width() - 1, page));
            lines.push(Line { text: whose, role: Role::Dim });
        }
        lines.extend(quoted(page, evidence));
    }
    lines
}

fn quoted(page: &Page, evidence: &[String]) -> Vec<Line> {
    let width = page.field_width() - 2;
    let all: Vec<String> = evidence.iter().flat_map(|line| escape::lines(line)).collect();
    let shown = if page.verbose() { all.len() } else { all.len().min(EVIDENCE_LINES) };
    let fold = |line: &String| if page.verbose() { wrap(line, width) } else { vec![cut(line, width)] };
    let mut lines: Vec<String> = all[..shown].iter().flat_map(fold).collect();
    if shown < all.len() {
        lines.extend(wrap(&Word::MoreLines.count(page.lang, all.len() - shown), width));
    }
    lines.into_iter().map(|line| Line { text: format!("| {line}"), role: Role::Dim }).collect()
}

fn faq(verdict: &Verdict) -> Vec<Line> {
    let Some(id) = &verdict.faq else { return Vec::new() };
    let role = if escape::is_pasteable(id) { Role::Command } else { Role::Dim };
    let hint = Line { text: format!("hive-preflight explain {}", escape::line(id)), role };
    let url = verdict.url.as_ref().map(|url| Line { text: escape::line(url), role: Role::Dim });
    std::iter::once(hint).chain(url).collect()
}

fn places<'a>(page: &Page, locations: impl Iterator<Item = &'a Location>) -> Vec<Line> {
    let distinct: IndexMap<String, ()> = locations.map(|location| (escape::line(&location.to_string()), ())).collect();
    let places: Vec<&String> = distinct.keys().collect();
    if page.verbose() {
        return places.into_iter().map(|text| Line { text: text.clone(), role: Role::Dim }).collect();
    }
    let Some(first) = places.first() else { return Vec::new() };
    let more = Word::More.count(page.lang, places.len() - 1);
    let text = if places.len() > 1 { format!("{first} {more}") } else { (*first).clone() };
    vec![Line { text, role: Role::Dim }]
}

fn show_hosts(page: &mut Page, hosts: &[(&HostResult, &HostError)], unasked: usize) {
    let Some((host, error)) = hosts.first() else { return };
    page.gap();
    let (role, mark, word) = mark_of_host(host, error);
    let mark = format!("{mark} {}", word.get(page.lang));
    let count = Word::CountHosts.count(page.lang, hosts.len());
    page.heading(role, &mark, &escape::line(&error.class), &count);
    page.field(Word::Hosts, &hosts_and_addresses(page, hosts));
    page.field(Word::Found, &host_errors(page, hosts, unasked));
    let steps: Vec<(&str, &[RemedyStep])> =
        hosts.iter().map(|(host, error)| (host.name.as_str(), error.remedy.as_slice())).collect();
    page.field(Word::Fix, &remedy::lines(page, &steps));
    page.field(Word::At, &places(page, hosts.iter().filter_map(|(host, _)| host.location.as_ref())));
}

fn mark_of_host(host: &HostResult, error: &HostError) -> (Role, &'static str, Word) {
    let word = host_word(host, error);
    if word == Word::Unreachable { (Role::Error, "✗", word) } else { (Role::Unknown, "?", word) }
}

/// The addresses are told where there is room for all of them.
fn hosts_and_addresses(page: &Page, hosts: &[(&HostResult, &HostError)]) -> Vec<Line> {
    let long: Vec<String> = hosts.iter().map(|(host, _)| name_and_address(host)).collect();
    if page.verbose() || columns(&long.join(", ")) <= page.field_width() {
        return plain(names::list(&long, page.field_width(), page));
    }
    let short: Vec<String> = hosts.iter().map(|(host, _)| escape::line(host.name.as_str())).collect();
    plain(names::list(&short, page.field_width(), page))
}

fn name_and_address(host: &HostResult) -> String {
    let name = escape::line(host.name.as_str());
    if host.address.is_empty() { name } else { format!("{name} ({})", escape::line(&host.address)) }
}

fn host_errors(page: &Page, hosts: &[(&HostResult, &HostError)], unasked: usize) -> Vec<Line> {
    let messages = hosts.iter().map(|(host, error)| (host.name.as_str(), error.message.get(page.lang)));
    let mut found = remedy::wordings(page, messages, page.field_width(), Role::Plain);
    if unasked > 0 {
        let text = Word::NotAsked.count(page.lang, unasked);
        found.extend(Page::prose(&text, page.field_width(), Role::Dim));
    }
    found
}

fn plain(lines: Vec<String>) -> Vec<Line> {
    lines.into_iter().map(|text| Line { text, role: Role::Plain }).collect()
}
