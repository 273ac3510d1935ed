//! The report as GitHub workflow commands: an annotation for each finding.

use std::fmt::Write as _;

use super::{
    HostReport, Readiness, Report,
    account::{Account, one_line, outcome_word, subject},
    escape, numbers,
    words::Word,
};
use crate::{
    event::HostError,
    judge::{Outcome, Severity, Verdict},
    location::Location,
    text::Lang,
};

/// Renders `report` with its messages in `lang`, a command a line. GitHub shows few annotations of a step: the worst come
/// first.
#[must_use]
pub fn render(report: &Report, lang: Lang) -> String {
    let account = Account::new(report, lang);
    let mut annotations: Vec<(Level, String)> = Vec::new();
    for (_, host, verdicts) in account.by_host() {
        let error = host.and_then(|host| Some((host, host.error.as_ref()?)));
        annotations.extend(error.map(|(host, error)| (Level::Warning, of_host(&account, host, error))));
        let told = |verdict: &&&Verdict| error.is_none() || verdict.outcome != Outcome::Unreachable;
        let results = verdicts.iter().filter(told);
        annotations
            .extend(results.filter_map(|verdict| Some((level(&account, verdict)?, of_result(&account, verdict)))));
    }
    annotations.sort_by_key(|(level, _)| *level);
    annotations.push(summary(report, lang));
    annotations.into_iter().fold(String::new(), |mut out, (level, rest)| {
        // Writing into a `String` cannot fail.
        let _ = writeln!(out, "::{}{rest}", level.as_str());
        out
    })
}

/// The kinds of annotation, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Error,
    Warning,
    Notice,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

/// What could not be judged is a warning that says so in its title; what is blocked stands with what blocks it.
fn level(account: &Account<'_>, verdict: &Verdict) -> Option<Level> {
    match (verdict.outcome, verdict.severity) {
        (Outcome::Fail, Severity::Error) => Some(Level::Error),
        (Outcome::Fail, Severity::Warning) | (Outcome::Error | Outcome::Unreachable, _) => Some(Level::Warning),
        (Outcome::Fail, Severity::Info) | (Outcome::Waived, _) => Some(Level::Notice),
        (Outcome::Blocked, _) => account.is_unknown(verdict).then_some(Level::Warning),
        (Outcome::Pass | Outcome::Skipped, _) => None,
    }
}

fn of_result(account: &Account<'_>, verdict: &Verdict) -> String {
    let host = escape::line(verdict.host.as_str());
    let title = match verdict.outcome {
        Outcome::Fail => format!("{} ({host})", subject(verdict)),
        _ => format!("{}: {} ({host})", outcome_word(verdict).get(account.lang), subject(verdict)),
    };
    command(account.location(verdict), &title, &account.lines(verdict))
}

fn of_host(account: &Account<'_>, host: &HostReport, error: &HostError) -> String {
    let word = if host.outcome == Outcome::Unreachable { Word::Unreachable } else { Word::Unfinished };
    let title =
        format!("{}: {} ({})", word.get(account.lang), escape::line(host.name.as_str()), escape::line(&error.class));
    let mut lines = vec![one_line(error.message.get(account.lang))];
    lines.extend(account.advice(&error.remedy));
    command(host.location.as_ref(), &title, &lines)
}

fn summary(report: &Report, lang: Lang) -> (Level, String) {
    let level = match report.standing().readiness() {
        Readiness::NotReady => Level::Error,
        Readiness::Unknown | Readiness::NothingChecked => Level::Warning,
        Readiness::Ready => Level::Notice,
    };
    (level, command(None, env!("CARGO_PKG_NAME"), &[numbers::line(lang, report)]))
}

fn command(location: Option<&Location>, title: &str, lines: &[String]) -> String {
    let place = location.map_or_else(String::new, |location| {
        let file = property(&escape::line(&location.file.to_string_lossy()));
        format!("file={file},line={},col={},", location.line, location.column)
    });
    format!(" {place}title={}::{}", property(title), data(&lines.join("\n")))
}

/// A message: what would end the command is written as `%` and two digits.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property: the same, and what would end the property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
