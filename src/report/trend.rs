//! Many runs: since when what fails in the latest one has been failing.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
};

use super::{
    Report,
    account::{Account, subject},
    escape, json,
    key::{Key, judged, keyed},
};
use crate::{
    judge::{Outcome, Verdict},
    text::{Lang, Text},
};

/// Version of the JSON form.
const SCHEMA_VERSION: u32 = 1;

/// What stands in the latest run, the oldest first.
#[derive(Debug)]
pub struct Trend<'a> {
    latest: Account<'a>,
    runs: usize,
    rows: Vec<Row<'a>>,
}

/// One finding that stands.
#[derive(Debug)]
struct Row<'a> {
    verdict: &'a Verdict,
    /// When the first of the runs began in which it failed without having passed since.
    since: &'a str,
    /// In how many runs it was seen failing since then.
    seen: usize,
}

/// Follows what fails in the last of `runs` back through the earlier ones; they are in the order of time. A run that did not
/// judge a finding neither ends its time nor counts. Nothing where there are no runs.
#[must_use]
pub fn trend(runs: &[Report], lang: Lang) -> Option<Trend<'_>> {
    let (latest, earlier) = runs.split_last()?;
    let earlier: Vec<Earlier<'_>> = earlier.iter().rev().map(Earlier::new).collect();
    let failing = keyed(&latest.verdicts).into_iter().filter(|(_, verdict)| verdict.outcome == Outcome::Fail);
    let mut rows: Vec<Row<'_>> = failing.map(|(key, verdict)| row(&key, verdict, &latest.started, &earlier)).collect();
    rows.sort_by_key(|row| row.since);
    Some(Trend { latest: Account::new(latest, lang), runs: runs.len(), rows })
}

/// A run before the latest.
struct Earlier<'a> {
    started: &'a str,
    verdicts: HashMap<Key<'a>, &'a Verdict>,
    judged: HashSet<(&'a str, &'a str)>,
}

impl<'a> Earlier<'a> {
    fn new(run: &'a Report) -> Self {
        let verdicts = keyed(&run.verdicts).into_iter().collect();
        Self { started: &run.started, verdicts, judged: judged(&run.verdicts) }
    }
}

fn row<'a>(key: &Key<'_>, verdict: &'a Verdict, latest: &'a str, earlier: &[Earlier<'a>]) -> Row<'a> {
    let mut row = Row { verdict, since: latest, seen: 1 };
    for run in earlier {
        match run.verdicts.get(key).map(|verdict| verdict.outcome) {
            Some(Outcome::Fail | Outcome::Waived) => (row.since, row.seen) = (run.started, row.seen + 1),
            Some(Outcome::Pass | Outcome::Skipped) => break,
            None if run.judged.contains(&(key.0, key.1)) => break,
            Some(Outcome::Error | Outcome::Unreachable | Outcome::Blocked) | None => {}
        }
    }
    row
}

impl Trend<'_> {
    /// For people: a finding each, and the numbers at the end.
    #[must_use]
    pub fn text(&self) -> String {
        let lang = self.latest.lang;
        let mut out = String::new();
        for row in &self.rows {
            let host = escape::line(row.verdict.host.as_str());
            let (since, seen) = (escape::line(row.since), row.seen);
            let words = Text::new(format!("since {since}, {seen} runs"), format!("{since} から、{seen} 回"));
            let message = self.latest.message(row.verdict);
            // Writing into a `String` cannot fail.
            let _ = writeln!(out, "{}  {host}  ({})\n    {message}", subject(row.verdict), words.get(lang));
        }
        let (findings, runs) = (self.rows.len(), self.runs);
        let last = escape::line(&self.latest.report.started);
        let numbers = Text::new(
            format!("{findings} findings stand in the latest of {runs} runs ({last})\n"),
            format!("{runs} 回のうち最新の実行（{last}）に {findings} 件の問題があります\n"),
        );
        out + numbers.get(lang)
    }

    /// For programs; `docs/reports.md` describes it.
    #[must_use]
    pub fn json(&self) -> String {
        let rows: Vec<serde_json::Value> = self.rows.iter().map(|row| self.entry(row)).collect();
        let document = serde_json::json!({
            "schema_version": SCHEMA_VERSION,
            "runs": self.runs,
            "latest": self.latest.report.started,
            "findings": rows,
        });
        json::escape_hidden(&format!("{document:#}")) + "\n"
    }

    fn entry(&self, row: &Row<'_>) -> serde_json::Value {
        serde_json::json!({
            "check": row.verdict.check,
            "host": row.verdict.host,
            "item": row.verdict.item,
            "severity": row.verdict.severity,
            "message": row.verdict.message.get(self.latest.lang),
            "since": row.since,
            "seen": row.seen,
        })
    }
}
