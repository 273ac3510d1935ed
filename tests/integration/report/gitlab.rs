//! The code quality document for GitLab, read as strictly as its documentation describes it.

use std::collections::HashSet;

use hive_preflight::{
    report::{Report, gitlab},
    text::Lang,
};
use serde::Deserialize;

use super::fleet;

/// What GitLab reads; it ignores other keys of Code Climate's format, of which we write none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: Severity,
    location: Place,
}

#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Severity {
    Info,
    Minor,
    Major,
    Critical,
    Blocker,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    path: String,
    lines: Lines,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lines {
    begin: u32,
}

fn read(report: &Report, lang: Lang) -> Vec<Entry> {
    serde_json::from_str(&gitlab::render(report, lang)).expect("a code quality document")
}

#[test]
fn the_document_in_both_languages() {
    super::snapshot("gitlab-mixed-en", &gitlab::render(&fleet::mixed(), Lang::En));
    super::snapshot("gitlab-mixed-ja", &gitlab::render(&fleet::mixed(), Lang::Ja));
}

#[test]
fn every_document_is_one_that_gitlab_reads() {
    for report in fleet::all() {
        let entries = read(&report, Lang::En);
        let prints: HashSet<&String> = entries.iter().map(|entry| &entry.fingerprint).collect();
        assert_eq!(prints.len(), entries.len(), "fingerprints are unique");
        for entry in &entries {
            assert!(!entry.location.path.is_empty() && !entry.location.path.starts_with("./"), "{entry:?}");
            assert!(entry.location.lines.begin > 0 && !entry.description.is_empty(), "{entry:?}");
        }
    }
    assert!(read(&fleet::clean(), Lang::En).is_empty());
}

#[test]
fn what_could_not_be_judged_is_no_failure_and_not_left_out() {
    let entries = read(&fleet::mixed(), Lang::En);
    let of = |severity| entries.iter().filter(|entry| entry.severity == severity).collect::<Vec<_>>();
    assert_eq!((of(Severity::Critical).len(), of(Severity::Minor).len(), of(Severity::Info).len()), (3, 2, 2));
    let unknown: Vec<&str> =
        of(Severity::Major).iter().map(|entry| entry.description.split(": ").next().expect("a mark")).collect();
    assert_eq!(unknown, ["not judged", "not judged", "unreachable", "unreachable"]);
    assert_eq!(of(Severity::Blocker).len(), 0);
    assert!(entries.iter().any(|entry| entry.check_name == "inventory/quorum"));
}
