//! The report as GitHub workflow commands: an annotation for each issue.

use std::fmt::Write as _;

use super::{
    Readiness, Report, escape,
    issues::{self, Level},
    numbers,
};
use crate::{location::Location, text::Lang};

/// Renders `report` with its messages in `lang`, a command a line. GitHub shows few annotations of a step: the worst come
/// first.
#[must_use]
pub fn render(report: &Report, lang: Lang) -> String {
    let mut issues = issues::of(report, lang);
    issues.sort_by_key(|issue| issue.level);
    let mut out = String::new();
    for issue in issues {
        command(&mut out, kind(issue.level), issue.location, &issue.title, &issue.lines);
    }
    let kind = match report.standing().readiness() {
        Readiness::NotReady => "error",
        Readiness::Unknown | Readiness::NothingChecked => "warning",
        Readiness::Ready => "notice",
    };
    command(&mut out, kind, None, env!("CARGO_PKG_NAME"), &[numbers::line(lang, report)]);
    out
}

/// GitHub has no word for what could not be judged: it is a warning, and its title says what it is.
fn kind(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Unknown | Level::Warning => "warning",
        Level::Notice => "notice",
    }
}

fn command(out: &mut String, kind: &str, location: Option<&Location>, title: &str, lines: &[String]) {
    let place = location.map_or_else(String::new, |location| {
        let file = property(&escape::line(&location.file.to_string_lossy()));
        format!("file={file},line={},col={},", location.line, location.column)
    });
    // Writing into a `String` cannot fail.
    let _ = writeln!(out, "::{kind} {place}title={}::{}", property(title), data(&lines.join("\n")));
}

/// A message: what would end the command is written as `%` and two digits.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property: the same, and what would end the property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
