//! The report as GitLab's code quality document: the part of the Code Climate format that GitLab reads.

use serde::Serialize;

use super::{
    Report,
    account::some_file,
    escape,
    issues::{self, Issue, Level},
};
use crate::text::Lang;

/// Renders `report` with its messages in `lang`.
#[must_use]
#[expect(clippy::missing_panics_doc, reason = "it cannot: see inside")]
pub fn render(report: &Report, lang: Lang) -> String {
    let somewhere = some_file(report);
    let entries: Vec<Entry> = issues::of(report, lang).into_iter().map(|issue| Entry::new(issue, &somewhere)).collect();
    // Maps with other keys than strings are all that `serde_json` refuses, and there are none here.
    serde_json::to_string_pretty(&entries).expect("there is nothing that JSON cannot say") + "\n"
}

#[derive(Debug, Serialize)]
struct Entry {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Place,
}

#[derive(Debug, Serialize)]
struct Place {
    path: String,
    lines: Lines,
}

#[derive(Debug, Serialize)]
struct Lines {
    begin: u32,
}

impl Entry {
    fn new(issue: Issue<'_>, somewhere: &str) -> Self {
        let path = issue.location.map(|location| escape::line(&location.file.to_string_lossy()));
        let path = path.unwrap_or_else(|| somewhere.to_owned());
        Self {
            description: issue.message,
            check_name: issue.check.to_owned(),
            fingerprint: issue.fingerprint,
            severity: severity(issue.level),
            location: Place {
                path: path.strip_prefix("./").unwrap_or(&path).to_owned(),
                lines: Lines { begin: issue.location.map_or(1, |location| location.line) },
            },
        }
    }
}

fn severity(level: Level) -> &'static str {
    match level {
        Level::Error => "critical",
        Level::Unknown => "major",
        Level::Warning => "minor",
        Level::Notice => "info",
    }
}
