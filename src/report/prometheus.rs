//! The report in Prometheus' text format, for `node_exporter`'s textfile collector.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::{HostReport, Readiness, Report, account::in_milliseconds, escape};
use crate::judge::{Outcome, Severity, Verdict};

/// Renders `report`. Names and words are the same in every language.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut page = Page { out: String::new() };
    of_run(&mut page, report);
    of_results(&mut page, report);
    of_hosts(&mut page, &report.hosts);
    of_checks(&mut page, &report.verdicts);
    page.out
}

struct Page {
    out: String,
}

impl Page {
    fn gauge(&mut self, name: &str, help: &str) {
        // Writing into a `String` cannot fail.
        let _ = writeln!(self.out, "# HELP hive_preflight_{name} {help}\n# TYPE hive_preflight_{name} gauge");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<String> = labels.iter().map(|(key, text)| format!("{key}=\"{}\"", label(text))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.out, "hive_preflight_{name}{labels} {value}");
    }

    fn one(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.gauge(name, help);
        self.sample(name, &[], value);
    }
}

/// A label's value: hidden characters by number, then as the format quotes.
fn label(text: &str) -> String {
    escape::line(text).replace('\\', "\\\\").replace('"', "\\\"")
}

fn of_run(page: &mut Page, report: &Report) {
    let phase = report.phase.map_or("", |phase| phase.as_str());
    page.gauge("info", "The program and what it was run for.");
    let stage = report.stage.as_deref().unwrap_or_default();
    page.sample("info", &[("version", env!("CARGO_PKG_VERSION")), ("stage", stage), ("phase", phase)], 1);
    if let Ok(started) = report.started.parse::<jiff::Timestamp>() {
        page.one("run_timestamp_seconds", "When the run began, in seconds since 1970.", started.as_second());
    }
    page.one("run_duration_seconds", "Wall time of the run.", in_milliseconds(report.duration).as_secs_f64());
    page.one("run_interrupted", "Whether the run ended before every host was done.", u8::from(report.interrupted));
    page.gauge("verdict", "The run in one word: 1 for the one that holds.");
    let readiness = report.standing().readiness();
    for one in [Readiness::Ready, Readiness::NotReady, Readiness::Unknown, Readiness::NothingChecked] {
        page.sample("verdict", &[("verdict", one.as_str())], u8::from(one == readiness));
    }
}

fn of_results(page: &mut Page, report: &Report) {
    let summary = report.summary();
    page.one("hosts", "Hosts of the run.", summary.hosts);
    page.one("hosts_unreachable", "Hosts that could not be reached.", summary.hosts_unreachable);
    page.gauge("results", "Results by outcome.");
    let outcomes = [
        (Outcome::Pass, summary.pass),
        (Outcome::Fail, summary.fail),
        (Outcome::Error, summary.error),
        (Outcome::Unreachable, summary.unreachable),
        (Outcome::Blocked, summary.blocked),
        (Outcome::Skipped, summary.skipped),
        (Outcome::Waived, summary.waived),
    ];
    for (outcome, count) in outcomes {
        page.sample("results", &[("outcome", outcome.as_str())], count);
    }
    page.gauge("findings", "Failed results by severity.");
    let severities =
        [(Severity::Error, summary.errors), (Severity::Warning, summary.warnings), (Severity::Info, summary.infos)];
    for (severity, count) in severities {
        page.sample("findings", &[("severity", severity.as_str())], count);
    }
}

fn of_hosts(page: &mut Page, hosts: &[HostReport]) {
    if hosts.is_empty() {
        return;
    }
    page.gauge("host_asked", "Whether the host could be asked to the end; else the class of what stood in the way.");
    for host in hosts {
        let class = host.error.as_ref().map_or("", |error| &error.class);
        page.sample("host_asked", &[("host", host.name.as_str()), ("class", class)], u8::from(host.error.is_none()));
    }
    page.gauge("host_duration_seconds", "Time from taking the host up to its last result.");
    for host in hosts {
        page.sample(
            "host_duration_seconds",
            &[("host", host.name.as_str())],
            in_milliseconds(host.duration).as_secs_f64(),
        );
    }
}

/// What passed or does not apply is counted above only: a fleet has many times more of it than of all else.
fn of_checks(page: &mut Page, verdicts: &[Verdict]) {
    let told = verdicts.iter().filter(|verdict| !matches!(verdict.outcome, Outcome::Pass | Outcome::Skipped));
    let mut counts: IndexMap<[&str; 5], usize> = IndexMap::new();
    for verdict in told {
        let item = verdict.item.as_deref().unwrap_or_default();
        let (outcome, severity) = (verdict.outcome.as_str(), verdict.severity.as_str());
        *counts.entry([verdict.check.as_str(), verdict.host.as_str(), item, outcome, severity]).or_default() += 1;
    }
    if counts.is_empty() {
        return;
    }
    page.gauge("check", "Results that neither passed nor were skipped.");
    for ([check, host, item, outcome, severity], count) in counts {
        let labels = [("check", check), ("host", host), ("item", item), ("outcome", outcome), ("severity", severity)];
        page.sample("check", &labels, count);
    }
}
