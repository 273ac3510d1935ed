//! The report as TAP 14: a test point for each result, with what was found in the YAML block below it.

use std::fmt::Write as _;

use super::{
    HostReport, Report,
    account::{Account, evidence, one_line, outcome_word, subject},
    escape, numbers,
};
use crate::{
    event::HostError,
    judge::{ErrorKind, Outcome, RemedyStep, Verdict},
    location::Location,
    text::Lang,
};

/// Renders `report` with its messages in `lang`.
#[must_use]
pub fn render(report: &Report, lang: Lang) -> String {
    let account = Account::new(report, lang);
    let mut points: Vec<Point> = Vec::new();
    for (_, host, verdicts) in account.by_host() {
        points.extend(host.and_then(|host| Some(connection(&account, host, host.error.as_ref()?))));
        points.extend(verdicts.into_iter().map(|verdict| result(&account, verdict)));
    }
    let mut out = format!("TAP version 14\n1..{}\n# {}\n", points.len(), numbers::line(lang, report));
    for (at, point) in points.iter().enumerate() {
        point.write(at + 1, &mut out);
    }
    if report.interrupted {
        out.push_str("Bail out! the run ended before every host was done\n");
    }
    out
}

/// One test point.
struct Point {
    is_ok: bool,
    description: String,
    /// `SKIP` or `TODO` with its reason.
    directive: Option<(&'static str, String)>,
    /// Keys and values of the YAML block; values are YAML already.
    block: Vec<(&'static str, String)>,
}

impl Point {
    fn write(&self, number: usize, out: &mut String) {
        let ok = if self.is_ok { "ok" } else { "not ok" };
        // Writing into a `String` cannot fail.
        let _ = write!(out, "{ok} {number} - {}", quoted(&self.description));
        if let Some((word, reason)) = &self.directive {
            let _ = write!(out, " # {word} {}", quoted(reason));
        }
        out.push('\n');
        if !self.block.is_empty() {
            out.push_str("  ---\n");
            for (key, value) in &self.block {
                let _ = writeln!(out, "  {key}:{value}");
            }
            out.push_str("  ...\n");
        }
    }
}

/// TAP knows `ok` and `not ok` only. What could not be judged is `not ok`, lest a harness takes it as fine, and says in
/// its description what it is.
fn result(account: &Account<'_>, verdict: &Verdict) -> Point {
    let place = format!("{}: {}", escape::line(verdict.host.as_str()), subject(verdict));
    let unknown = account.is_unknown(verdict);
    let word = outcome_word(verdict).get(account.lang);
    let reason = account.message(verdict);
    let directive = match verdict.outcome {
        Outcome::Skipped => Some(("SKIP", reason)),
        Outcome::Blocked if !unknown => Some(("SKIP", format!("{word}: {reason}"))),
        Outcome::Waived => Some(("TODO", format!("{word}: {reason}"))),
        _ => None,
    };
    let description = if unknown { format!("{place} ({word})") } else { place };
    let is_ok = match verdict.outcome {
        Outcome::Pass | Outcome::Skipped => true,
        Outcome::Fail | Outcome::Error | Outcome::Unreachable | Outcome::Waived => false,
        Outcome::Blocked => !unknown,
    };
    let block = if is_ok { Vec::new() } else { block(account, verdict) };
    Point { is_ok, description, directive, block }
}

fn block(account: &Account<'_>, verdict: &Verdict) -> Vec<(&'static str, String)> {
    let mut block = vec![
        ("outcome", scalar(verdict.outcome.as_str())),
        ("severity", scalar(verdict.severity.as_str())),
        ("message", scalar(&account.message(verdict))),
    ];
    block.extend(verdict.error_kind.as_ref().map(|kind| ("error_kind", scalar(ErrorKind::as_str(kind)))));
    block.extend(at(account.location(verdict)));
    block.extend(list("evidence", evidence(verdict)));
    block.extend(remedy(account, &verdict.remedy));
    block
}

fn connection(account: &Account<'_>, host: &HostReport, error: &HostError) -> Point {
    let message = one_line(error.message.get(account.lang));
    let mut block = vec![
        ("outcome", scalar(host.outcome.as_str())),
        ("class", scalar(&escape::line(&error.class))),
        ("message", scalar(&message)),
    ];
    block.extend(at(host.location.as_ref()));
    block.extend(remedy(account, &error.remedy));
    let description = format!("{}: connection ({})", escape::line(host.name.as_str()), escape::line(&error.class));
    Point { is_ok: false, description, directive: None, block }
}

fn at(location: Option<&Location>) -> Option<(&'static str, String)> {
    let location = location?;
    let file = scalar(&escape::line(&location.file.to_string_lossy()));
    Some(("at", format!("\n    file:{file}\n    line: {}\n    column: {}", location.line, location.column)))
}

fn remedy(account: &Account<'_>, steps: &[RemedyStep]) -> Option<(&'static str, String)> {
    let lines = account.advice(steps).into_iter().skip(1).map(|line| line.trim().to_owned());
    list("remedy", lines)
}

fn list(key: &'static str, items: impl Iterator<Item = String>) -> Option<(&'static str, String)> {
    // Perl's reader would take `- "sudo: no"` for a mapping.
    let items: String = items.fold(String::new(), |list, item| list + "\n    -" + &scalar(&item).replace(':', "\\x3a"));
    (!items.is_empty()).then_some((key, items))
}

/// A YAML string: quoted as JSON quotes it, of which there is nothing but `\"` and `\\` in escaped text.
fn scalar(text: &str) -> String {
    format!(" {}", serde_json::Value::from(text))
}

/// A description or reason: `#` begins a directive, `\` takes a character's meaning.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}
