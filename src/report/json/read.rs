//! The JSON report back into a [`Report`].

use std::{path::PathBuf, sync::Arc, time::Duration};

use serde::Deserialize;

use super::{Document, HostEntry, HostErrorEntry, ManualEntry, Place, Remedy, ResultEntry, SCHEMA_VERSION, Step};
use crate::{
    event::{HostError, HostResult},
    judge::{RemedyStep, Verdict},
    location::Location,
    report::Report,
    text::{Lang, Text},
};

/// A report that was saved. It holds its texts in one language, which stands for the other one too.
#[derive(Debug, Clone)]
pub struct Saved {
    /// The report.
    pub report: Report,
    /// The language of its texts.
    pub lang: Lang,
}

/// Why a text is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is no JSON at all, or cut off.
    #[error("it is no JSON, or not whole: {0}")]
    Syntax(serde_json::Error),
    /// It is some other JSON.
    #[error(
        "it is no report of hive-preflight: it has no `schema_version`\nwrite one with `hive-preflight run --format json=FILE`"
    )]
    NoReport,
    /// It is a report of another kind.
    #[error(
        "its `schema_version` is {0}, and this hive-preflight reads {SCHEMA_VERSION} only\nread it with the version that wrote it"
    )]
    Version(u64),
    /// It says what a report cannot say; a newer version may know words that this one does not.
    #[error("it does not follow docs/report-v1.schema.json: {0}")]
    Shape(serde_json::Error),
}

/// What must be known before the rest can be read.
#[derive(Deserialize)]
struct Head {
    schema_version: Option<u64>,
}

/// Reads a report as [`super::render`] writes it. Keys that are not known are passed over.
///
/// # Errors
///
/// Says what is wrong with `text`, with line and column where it has one.
pub fn read(text: &str) -> Result<Saved, ReadError> {
    let head: Head = serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => ReadError::NoReport,
        _ => ReadError::Syntax(error),
    })?;
    match head.schema_version {
        None => Err(ReadError::NoReport),
        Some(version) if version != u64::from(SCHEMA_VERSION) => Err(ReadError::Version(version)),
        Some(_) => Ok(saved(serde_json::from_str(text).map_err(ReadError::Shape)?)),
    }
}

fn saved(document: Document) -> Saved {
    let report = Report {
        stage: document.stage,
        phase: document.phase,
        threshold: document.threshold,
        started: document.started,
        duration: Duration::from_millis(document.duration_ms),
        interrupted: document.interrupted,
        hosts: document.hosts.into_iter().map(host).collect(),
        verdicts: document.results.into_iter().map(verdict).collect(),
        notices: document.notices.into_iter().map(text).collect(),
        inventory: document.inventory,
        guards: document.checks.into_iter().map(|check| (check.id, check.phases)).collect(),
        manual: document.manual.into_iter().map(ManualEntry::read).collect(),
    };
    Saved { report, lang: document.lang }
}

fn host(entry: HostEntry) -> HostResult {
    HostResult {
        name: entry.name.into(),
        address: entry.address,
        outcome: entry.outcome,
        error: entry.error.map(host_error),
        location: entry.location.map(location),
        duration: Duration::from_millis(entry.duration_ms),
    }
}

fn host_error(entry: HostErrorEntry) -> HostError {
    HostError { class: entry.class.into(), message: text(entry.message), remedy: steps(entry.remedy.steps) }
}

fn verdict(entry: ResultEntry) -> Verdict {
    let Remedy { steps: todo, faq, url, commands: _ } = entry.remedy;
    Verdict {
        check: entry.check,
        host: entry.host.into(),
        item: entry.item,
        outcome: entry.outcome,
        severity: entry.severity,
        error_kind: entry.error_kind,
        title: text(entry.title),
        why: text(entry.why),
        message: text(entry.message),
        evidence: entry.evidence,
        failed: entry.failed,
        location: entry.location.map(location),
        remedy: steps(todo),
        faq,
        url,
        excuse: entry.excuse,
        blocked_by: entry.blocked_by,
        duration: Duration::from_millis(entry.duration_ms),
    }
}

pub(super) fn steps(steps: Vec<Step>) -> Vec<RemedyStep> {
    let step = |step: Step| RemedyStep { text: text(step.text), command: step.command, on: step.on };
    steps.into_iter().map(step).collect()
}

fn location(place: Place) -> Location {
    Location { file: Arc::new(PathBuf::from(place.file)), line: place.line, column: place.column }
}

pub(super) fn text(text: String) -> Text {
    Text { en: text.clone(), ja: text }
}

#[cfg(test)]
mod tests {
    use super::read;

    fn told(text: &str) -> String {
        read(text).map_or_else(|error| error.to_string(), |_| "a report".to_owned())
    }

    #[test]
    fn what_is_no_report_is_told_by_what_is_wrong_with_it() {
        insta::assert_snapshot!(told("{\"schema_version\": 1, "), @"it is no JSON, or not whole: EOF while parsing a value at line 1 column 22");
        insta::assert_snapshot!(told("[]"), @r"
        it is no report of hive-preflight: it has no `schema_version`
        write one with `hive-preflight run --format json=FILE`
        ");
        insta::assert_snapshot!(told("{\"version\": \"2.1.0\"}"), @r"
        it is no report of hive-preflight: it has no `schema_version`
        write one with `hive-preflight run --format json=FILE`
        ");
        insta::assert_snapshot!(told("{\"schema_version\": 2}"), @r"
        its `schema_version` is 2, and this hive-preflight reads 1 only
        read it with the version that wrote it
        ");
        insta::assert_snapshot!(told("{\"schema_version\": 1}"), @"it does not follow docs/report-v1.schema.json: missing field `tool` at line 1 column 21");
    }
}
