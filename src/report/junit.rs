//! The report as `JUnit` XML: a suite for each host, a case for each result.

use quick_junit::{NonSuccessKind, Report as JunitReport, TestCase, TestCaseStatus, TestSuite};

use super::{
    HostReport, Report,
    account::{Account, HostResults, in_milliseconds, one_line, subject},
    escape,
    issues::CONNECTION,
    words::Word,
};
use crate::{
    event::HostError,
    inventory::HostName,
    judge::{ErrorKind, Outcome, Verdict},
    text::Lang,
};

/// Renders `report` with its messages in `lang`.
#[must_use]
#[expect(clippy::missing_panics_doc, reason = "it cannot: see inside")]
pub fn render(report: &Report, lang: Lang) -> String {
    let account = Account::new(report, lang);
    let mut junit = JunitReport::new(env!("CARGO_PKG_NAME"));
    junit.set_time(in_milliseconds(report.duration));
    for host in account.by_host() {
        junit.add_test_suite(suite(&account, host));
    }
    // Only a writer can fail, and memory does not.
    junit.to_string().expect("XML of escaped text is written into memory")
}

fn suite(account: &Account<'_>, (name, host, verdicts): HostResults<'_>) -> TestSuite {
    let shown = escape::line(name.as_str());
    let mut suite = TestSuite::new(&shown);
    suite.extra.insert("hostname".into(), shown.into());
    // A reader that gets another form than this refuses the whole report.
    if account.report.started.parse::<jiff::Timestamp>().is_ok() {
        suite.extra.insert("timestamp".into(), account.report.started.as_str().into());
    }
    properties(account.report, host, &mut suite);
    if let Some(host) = host {
        suite.set_time(in_milliseconds(host.duration));
        suite.add_test_cases(host.error.as_ref().map(|error| connection(account, host, error)));
    }
    suite.add_test_cases(verdicts.into_iter().map(|verdict| case(account, name, verdict)));
    suite
}

fn properties(report: &Report, host: Option<&HostReport>, suite: &mut TestSuite) {
    let phase = report.phase.map(|phase| phase.as_str().to_owned());
    let address = host.map(|host| escape::line(&host.address)).filter(|address| !address.is_empty());
    let stage = report.stage.as_deref().map(escape::line);
    for (name, value) in [("address", address), ("stage", stage), ("phase", phase)] {
        suite.add_properties(value.as_deref().map(|value| (name, value)));
    }
}

fn connection(account: &Account<'_>, host: &HostReport, error: &HostError) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    let message = one_line(error.message.get(account.lang));
    let mut lines = vec![format!("{}: {message}", Word::Found.get(account.lang))];
    lines.extend(account.advice(&error.remedy));
    status.set_message(message).set_type(escape::line(&error.class)).set_description(lines.join("\n"));
    let mut case = TestCase::new(CONNECTION, status);
    case.set_classname(escape::line(host.name.as_str())).set_time(in_milliseconds(host.duration));
    case
}

fn case(account: &Account<'_>, host: &HostName, verdict: &Verdict) -> TestCase {
    let mut status = status(account, verdict);
    status.set_message(account.message(verdict)).set_description(account.lines(verdict).join("\n"));
    let mut case = TestCase::new(subject(verdict), status);
    case.set_classname(escape::line(host.as_str())).set_time(in_milliseconds(verdict.duration));
    case
}

/// What `JUnit` calls it. It knows no severities: they stand in the type, as does the outcome where `JUnit` has no word.
fn status(account: &Account<'_>, verdict: &Verdict) -> TestCaseStatus {
    let error = || TestCaseStatus::non_success(NonSuccessKind::Error);
    let (mut status, kind) = match verdict.outcome {
        Outcome::Pass => (TestCaseStatus::success(), ""),
        Outcome::Fail => (TestCaseStatus::non_success(NonSuccessKind::Failure), verdict.severity.as_str()),
        Outcome::Error => (error(), verdict.error_kind.as_ref().map_or("error", ErrorKind::as_str)),
        Outcome::Blocked if !account.is_unknown(verdict) => (TestCaseStatus::skipped(), "blocked"),
        Outcome::Unreachable | Outcome::Blocked => (error(), verdict.outcome.as_str()),
        Outcome::Skipped | Outcome::Waived => (TestCaseStatus::skipped(), verdict.outcome.as_str()),
    };
    status.set_type(kind);
    status
}
