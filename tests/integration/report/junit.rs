//! The report for CI servers, read by the schema of Jenkins' xUnit plugin and by the library's own reader.

use hive_preflight::{
    judge::{Outcome, Severity},
    report::{Report, junit},
    text::Lang,
};
use quick_junit::{NonSuccessKind, Report as Read, TestCase, TestCaseStatus};

use super::{
    fleet,
    readers::{read_by, schema},
};

fn read(report: &Report) -> Read {
    Read::deserialize_from_str(&junit::render(report, Lang::En)).expect("JUnit")
}

fn case<'a>(read: &'a Read, host: &str, name: &str) -> &'a TestCase {
    let suite = read.test_suites.iter().find(|suite| &*suite.name == host).expect("a suite for each host");
    suite.test_cases.iter().find(|case| &*case.name == name).expect("a case for each result")
}

/// The element's name and its type.
fn told(case: &TestCase) -> (&'static str, &str) {
    match &case.status {
        TestCaseStatus::Success { .. } => ("success", ""),
        TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, ty, .. } => {
            ("failure", ty.as_deref().expect("a type"))
        }
        TestCaseStatus::NonSuccess { kind: NonSuccessKind::Error, ty, .. } => ("error", ty.as_deref().expect("a type")),
        TestCaseStatus::Skipped { ty, .. } => ("skipped", ty.as_deref().expect("a type")),
    }
}

#[test]
fn the_document_in_both_languages() {
    super::snapshot("junit-mixed-en", &junit::render(&fleet::mixed(), Lang::En));
    super::snapshot("junit-mixed-ja", &junit::render(&fleet::mixed(), Lang::Ja));
}

#[test]
fn every_outcome_has_its_own_element() {
    let read = read(&fleet::mixed());
    assert_eq!(told(case(&read, "hive0.site", "ssh/server-unix-forward")), ("success", ""));
    assert_eq!(told(case(&read, "mother", "ssh/client-unix-forward")), ("failure", "error"));
    assert_eq!(told(case(&read, "hive0.site", "network/conntrack-tools")), ("failure", "warning"));
    assert_eq!(told(case(&read, "hive0.site", "drbd/build-for-kernel")), ("failure", "info"));
    assert_eq!(told(case(&read, "hive1.site", "network/no-stale-udp-flow")), ("error", "sudo"));
    assert_eq!(told(case(&read, "hive2.site", "network/conntrack-tools")), ("error", "unreachable"));
    assert_eq!(told(case(&read, "hive2.site", "connection")), ("error", "auth"));
    assert_eq!(told(case(&read, "hive0.site", "ssh/docker-socket-reachable")), ("skipped", "blocked"));
    assert_eq!(told(case(&read, "mother", "vagrant/machines-up")), ("skipped", "skipped"));
    assert_eq!(told(case(&read, "mother", "inventory/quorum")), ("skipped", "waived"));
}

#[test]
fn what_waits_for_something_that_nobody_judged_is_an_error() {
    let blocked_by = vec!["ssh/client-unix-forward".parse().expect("a check id")];
    let verdict = hive_preflight::judge::Verdict {
        outcome: Outcome::Blocked,
        severity: Severity::Error,
        blocked_by,
        ..fleet::pass("ssh/docker-socket-reachable", "hive0.site")
    };
    let hosts = vec![fleet::host("hive0.site", "local", Outcome::Blocked)];
    let read = read(&fleet::collect(fleet::frame(), hosts, vec![verdict]));
    assert_eq!(told(case(&read, "hive0.site", "ssh/docker-socket-reachable")), ("error", "blocked"));
}

#[test]
fn the_counts_are_those_of_the_report() {
    for report in fleet::all() {
        let (read, summary) = (read(&report), report.summary());
        let lost = report.hosts.iter().filter(|host| host.error.is_some()).count();
        assert_eq!(read.tests, summary.total + lost);
        assert_eq!(read.failures, summary.fail);
        assert!(read.errors >= summary.error + summary.unreachable + lost);
        assert_eq!(read.tests - read.failures - read.errors - read.skipped, summary.pass);
    }
}

/// `<testsuites>` has a `skipped` of its own in every reader, but not in this schema.
fn without_total_of_skipped(text: &str) -> String {
    let (head, rest) = text.split_once("<testsuites ").expect("the root");
    let (root, rest) = rest.split_once('>').expect("its end");
    let root = regex::Regex::new(r#" skipped="\d+""#).expect("a pattern").replace(root, "");
    format!("{head}<testsuites {root}>{rest}")
}

#[test]
fn the_schema_of_jenkins_takes_every_report() {
    for report in fleet::all() {
        for lang in [Lang::En, Lang::Ja] {
            let text = without_total_of_skipped(&junit::render(&report, lang));
            read_by("xmllint", &["--noout", "--nonet", "--schema", &schema("junit-10.xsd"), "-"], &text);
        }
    }
}
