//! Two runs: what is new, what still stands, what is fixed, and what nobody can tell any more.

use std::fmt::Write as _;

use indexmap::IndexMap;
use serde::Serialize;

use super::{
    Report,
    account::{Account, outcome_word, subject},
    escape, json,
    key::{Key, judged, keyed},
    words::Word,
};
use crate::{
    judge::{Outcome, Severity, Verdict},
    text::Lang,
};

/// Version of the JSON form.
const SCHEMA_VERSION: u32 = 1;

/// What became of one result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Fails, and did not before; or failed below the threshold, and does not stay below it now.
    New,
    /// Failed, and fails.
    Still,
    /// Failed or passed, and now nobody knows; or failed, and was not looked at again.
    NotChecked,
    /// Failed, and is waived.
    Waived,
    /// Failed, and passes; or its check was judged on that host, and no longer speaks of that item.
    Fixed,
}

impl Change {
    const ALL: [Self; 5] = [Self::New, Self::Still, Self::NotChecked, Self::Waived, Self::Fixed];

    fn word(self) -> Word {
        match self {
            Self::New => Word::New,
            Self::Still => Word::Still,
            Self::NotChecked => Word::NotChecked,
            Self::Waived => Word::Waived,
            Self::Fixed => Word::Fixed,
        }
    }
}

/// Two runs and what changed between them.
#[derive(Debug)]
pub struct Comparison<'a> {
    old: Account<'a>,
    new: Account<'a>,
    threshold: Severity,
    changes: Vec<Changed<'a>>,
}

/// One result that changed, or stands as a finding.
#[derive(Debug)]
struct Changed<'a> {
    change: Change,
    old: Option<&'a Verdict>,
    new: Option<&'a Verdict>,
}

/// Compares two runs. `threshold` is the least severity that counts as a finding; `lang` that of the texts.
#[must_use]
pub fn compare<'a>(old: &'a Report, new: &'a Report, threshold: Severity, lang: Lang) -> Comparison<'a> {
    let mut pairs: IndexMap<Key<'a>, (Option<&'a Verdict>, Option<&'a Verdict>)> = IndexMap::new();
    for (key, verdict) in keyed(&new.verdicts) {
        pairs.entry(key).or_default().1 = Some(verdict);
    }
    for (key, verdict) in keyed(&old.verdicts) {
        pairs.entry(key).or_default().0 = Some(verdict);
    }
    let judged = judged(&new.verdicts);
    let (old, new) = (Account::new(old, lang), Account::new(new, lang));
    let judge = |(old, now): (Option<&'a Verdict>, Option<&'a Verdict>)| {
        let is_gone = old.is_some_and(|old| judged.contains(&(old.check.as_str(), old.host.as_str())));
        let change = match change(old, now, &new, threshold)? {
            Change::NotChecked if now.is_none() && is_gone => Change::Fixed,
            change => change,
        };
        Some(Changed { change, old, new: now })
    };
    let mut changes: Vec<Changed<'_>> = pairs.into_values().filter_map(judge).collect();
    changes.sort_by_key(|changed| changed.change);
    Comparison { old, new, threshold, changes }
}

fn change(old: Option<&Verdict>, new: Option<&Verdict>, account: &Account<'_>, threshold: Severity) -> Option<Change> {
    let failed = |verdict: &&Verdict| verdict.outcome == Outcome::Fail;
    let counts = |verdict: &&Verdict| failed(verdict) && verdict.severity >= threshold;
    let was_judged = |verdict: &&Verdict| matches!(verdict.outcome, Outcome::Pass | Outcome::Waived);
    let (failed_before, fails) = (old.filter(failed), new.filter(failed));
    match (failed_before, fails, new) {
        (None, Some(_), _) => Some(Change::New),
        (Some(old), Some(new), _) if counts(&new) && !counts(&old) => Some(Change::New),
        (Some(_), Some(_), _) => Some(Change::Still),
        (Some(_), None, Some(new)) if new.outcome == Outcome::Pass => Some(Change::Fixed),
        (Some(_), None, Some(new)) if new.outcome == Outcome::Waived => Some(Change::Waived),
        (Some(_), None, _) => Some(Change::NotChecked),
        (None, None, Some(new)) => {
            (account.is_unknown(new) && old.as_ref().is_some_and(was_judged)).then_some(Change::NotChecked)
        }
        (None, None, None) => None,
    }
}

impl Comparison<'_> {
    /// Whether something new counts as a finding.
    #[must_use]
    pub fn has_new_findings(&self) -> bool {
        let counts = |verdict: &Verdict| verdict.severity >= self.threshold;
        self.changes.iter().any(|changed| changed.change == Change::New && changed.new.is_some_and(counts))
    }

    /// Whether something that was known is not known any more: it was asked again and could not be judged.
    #[must_use]
    pub fn has_new_unknowns(&self) -> bool {
        let is_unknown = |verdict: &Verdict| self.new.is_unknown(verdict);
        self.changes.iter().any(|changed| changed.change == Change::NotChecked && changed.new.is_some_and(is_unknown))
    }

    /// The comparison for people: a line each, the new ones first, and the numbers at the end.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        for change in Change::ALL {
            let lines: Vec<String> = self.of(change).map(|changed| self.line(changed)).collect();
            if !lines.is_empty() {
                // Writing into a `String` cannot fail.
                let _ = writeln!(out, "{}\n{}", change.word().get(self.new.lang), lines.concat());
            }
        }
        out + &self.numbers()
    }

    fn of(&self, change: Change) -> impl Iterator<Item = &Changed<'_>> {
        self.changes.iter().filter(move |changed| changed.change == change)
    }

    fn line(&self, changed: &Changed<'_>) -> String {
        let (before, now) =
            (changed.old.map(|old| self.old.message(old)), changed.new.map(|new| self.new.message(new)));
        let Some(verdict) = changed.new.or(changed.old) else { return String::new() };
        let word = |verdict: &Verdict| outcome_word(verdict).get(self.new.lang);
        let state = match (changed.old, changed.new) {
            (Some(old), Some(new)) if word(old) != word(new) => format!("{} → {}", word(old), word(new)),
            (Some(old), None) => format!("{} → -", word(old)),
            _ => word(verdict).to_owned(),
        };
        let host = escape::line(verdict.host.as_str());
        let message = now.or(before).unwrap_or_default();
        format!("  {}  {host}  ({state})\n    {message}\n", subject(verdict))
    }

    fn numbers(&self) -> String {
        let lang = self.new.lang;
        let count = |change: Change| format!("{} {}", change.word().get(lang), self.of(change).count());
        let counts: Vec<String> = Change::ALL.into_iter().map(count).collect();
        let [old, new] = [&self.old, &self.new].map(|account| escape::line(&account.report.started));
        format!("{} ({old} → {new})\n", counts.join(Word::Comma.get(lang)))
    }

    /// The comparison for programs; `docs/reports.md` describes it.
    #[must_use]
    pub fn json(&self) -> String {
        let counts = |change: Change| self.of(change).count();
        let document = serde_json::json!({
            "schema_version": SCHEMA_VERSION,
            "old": {"started": self.old.report.started},
            "new": {"started": self.new.report.started},
            "threshold": self.threshold,
            "summary": {
                "new": counts(Change::New),
                "still": counts(Change::Still),
                "not_checked": counts(Change::NotChecked),
                "waived": counts(Change::Waived),
                "fixed": counts(Change::Fixed),
            },
            "changes": self.changes.iter().map(|changed| self.entry(changed)).collect::<Vec<_>>(),
        });
        json::escape_hidden(&format!("{document:#}")) + "\n"
    }

    fn entry(&self, changed: &Changed<'_>) -> serde_json::Value {
        let state = |verdict: &Verdict| {
            let message = verdict.message.get(self.new.lang);
            serde_json::json!({"outcome": verdict.outcome, "severity": verdict.severity, "message": message})
        };
        let verdict = changed.new.or(changed.old);
        serde_json::json!({
            "change": changed.change,
            "check": verdict.map(|verdict| &verdict.check),
            "host": verdict.map(|verdict| &verdict.host),
            "item": verdict.and_then(|verdict| verdict.item.as_ref()),
            "old": changed.old.map(state),
            "new": changed.new.map(state),
        })
    }
}
