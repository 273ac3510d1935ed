//! What a run says as a whole, and the order in which it is told.

use std::time::Duration;

use hive_preflight::{
    event::Event,
    inventory::HostName,
    judge::{Outcome, Severity, Verdict},
    report::{Collector, Readiness, Report},
};

use super::fleet::{self, collect, frame, host, pass};

fn of(outcome: Outcome, severity: Severity) -> Verdict {
    Verdict { outcome, severity, ..pass("ssh/server-unix-forward", "hive0.site") }
}

fn readiness(threshold: Severity, verdicts: Vec<Verdict>) -> Readiness {
    let hosts = vec![host("hive0.site", "admin@hive0.site:22", Outcome::Pass)];
    collect(Report { threshold, ..frame() }, hosts, verdicts).standing().readiness()
}

#[test]
fn warnings_count_only_at_their_threshold() {
    let warning = || vec![of(Outcome::Fail, Severity::Warning)];
    assert_eq!(readiness(Severity::Error, warning()), Readiness::Ready);
    assert_eq!(readiness(Severity::Warning, warning()), Readiness::NotReady);
    assert_eq!(readiness(Severity::Warning, vec![of(Outcome::Fail, Severity::Info)]), Readiness::Ready);
}

#[test]
fn findings_outweigh_what_could_not_be_judged() {
    let (fail, error) = (of(Outcome::Fail, Severity::Error), of(Outcome::Error, Severity::Warning));
    assert_eq!(readiness(Severity::Error, vec![error.clone(), fail]), Readiness::NotReady);
    assert_eq!(readiness(Severity::Error, vec![error]), Readiness::Unknown);
    assert_eq!(readiness(Severity::Error, vec![of(Outcome::Unreachable, Severity::Info)]), Readiness::Unknown);
}

#[test]
fn what_is_blocked_counts_by_what_blocks_it() {
    let need = "network/conntrack-tools";
    let blocked =
        Verdict { blocked_by: vec![need.parse().expect("a check id")], ..of(Outcome::Blocked, Severity::Error) };
    let warning = Verdict { outcome: Outcome::Fail, severity: Severity::Warning, ..pass(need, "hive0.site") };
    assert_eq!(readiness(Severity::Error, vec![warning, blocked.clone()]), Readiness::Ready);
    assert_eq!(readiness(Severity::Error, vec![blocked]), Readiness::Unknown);
}

#[test]
fn a_run_that_checked_nothing_is_not_ready() {
    assert_eq!(fleet::nothing().standing().readiness(), Readiness::NothingChecked);
    assert_eq!(readiness(Severity::Error, vec![of(Outcome::Skipped, Severity::Error)]), Readiness::NothingChecked);
    assert_eq!(readiness(Severity::Error, vec![of(Outcome::Waived, Severity::Error)]), Readiness::Ready);
}

#[test]
fn a_run_that_was_cut_short_is_not_ready() {
    let report = fleet::interrupted();
    assert!(report.interrupted);
    assert_eq!(report.standing().readiness(), Readiness::Unknown);
    let unfinished: Vec<_> =
        report.hosts.iter().filter(|host| host.error.is_some()).map(|host| host.name.as_str()).collect();
    assert_eq!(unfinished, ["hive0.site", "hive1.site"]);
}

#[test]
fn verdicts_are_told_in_plan_order_of_the_hosts_and_in_order_of_arrival_within_one() {
    let order = ["b", "a"].map(|name| (HostName::from(name), String::new()));
    let mut collector = Collector::new(frame(), order);
    for (check, host) in [("t/one", "a"), ("t/two", "b"), ("t/three", "stranger"), ("t/four", "a"), ("t/five", "b")] {
        collector.take(Event::Verdict(Box::new(pass(check, host))));
    }
    for name in ["stranger", "a", "b"] {
        collector.take(Event::HostFinished(Box::new(host(name, "local", Outcome::Pass))));
    }
    collector.take(Event::RunFinished { duration: Duration::from_secs(1) });
    let report = collector.finish();
    let told: Vec<String> = report.verdicts.iter().map(|v| format!("{} {}", v.host, v.check)).collect();
    assert_eq!(told, ["b t/two", "b t/five", "a t/one", "a t/four", "stranger t/three"]);
    assert!(!report.interrupted);
}

#[test]
fn every_result_is_counted_once() {
    let summary = fleet::mixed().summary();
    let outcomes = summary.pass + summary.fail + summary.error + summary.unreachable;
    assert_eq!(outcomes + summary.blocked + summary.skipped + summary.waived, summary.total);
    assert_eq!(summary.errors + summary.warnings + summary.infos, summary.fail);
    assert_eq!((summary.total, summary.hosts, summary.hosts_unreachable), (18, 5, 2));
}
