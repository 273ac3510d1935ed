//! What a result says, in the parts that most formats share. Texts come out escaped for people ([`super::escape`]); each
//! format then quotes them in its own way.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use indexmap::{IndexMap, IndexSet};

use super::{HostReport, Report, escape, json, standing, words::Word};
use crate::{
    catalog::CheckId,
    event::{HostError, INTERRUPTED},
    inventory::HostName,
    judge::{Outcome, RemedyStep, Severity, Verdict},
    location::Location,
    text::Lang,
};

/// A report with what is needed to tell its results one by one.
#[derive(Debug)]
pub(super) struct Account<'a> {
    pub(super) report: &'a Report,
    pub(super) lang: Lang,
    /// The file for what is written nowhere, in formats that want one.
    pub(super) some_file: String,
    hosts: HashMap<&'a HostName, &'a HostReport>,
    checks: HashSet<&'a CheckId>,
}

/// A host with its results; the entry is missing where a saved report lost it.
pub(super) type HostResults<'a> = (&'a HostName, Option<&'a HostReport>, Vec<&'a Verdict>);

impl<'a> Account<'a> {
    pub(super) fn new(report: &'a Report, lang: Lang) -> Self {
        let hosts = report.hosts.iter().map(|host| (&host.name, host)).collect();
        Self { report, lang, some_file: some_file(report), hosts, checks: report.checks() }
    }

    /// Every host in plan order with its results.
    pub(super) fn by_host(&self) -> Vec<HostResults<'a>> {
        let mut hosts: IndexMap<&HostName, Vec<&Verdict>> =
            self.report.hosts.iter().map(|host| (&host.name, Vec::new())).collect();
        for verdict in &self.report.verdicts {
            hosts.entry(&verdict.host).or_default().push(verdict);
        }
        hosts.into_iter().map(|(name, verdicts)| (name, self.hosts.get(name).copied(), verdicts)).collect()
    }

    /// Where the offending key is written, else the host.
    pub(super) fn location(&self, verdict: &'a Verdict) -> Option<&'a Location> {
        let host = || self.hosts.get(&verdict.host).and_then(|host| host.location.as_ref());
        verdict.location.as_ref().or_else(host)
    }

    /// Whether nobody knows what the result should be.
    pub(super) fn is_unknown(&self, verdict: &Verdict) -> bool {
        standing::is_unknown(verdict, &self.checks)
    }

    /// What was found, on one line; never empty as long as the check has a title.
    pub(super) fn message(&self, verdict: &Verdict) -> String {
        let own = one_line(verdict.message.get(self.lang));
        if !own.is_empty() {
            return own;
        }
        match verdict.outcome {
            Outcome::Blocked => self.needs(verdict),
            Outcome::Unreachable => self.host_message(&verdict.host).unwrap_or_else(|| self.title(verdict)),
            _ => self.title(verdict),
        }
    }

    /// The wanted condition, on one line.
    pub(super) fn title(&self, verdict: &Verdict) -> String {
        one_line(verdict.title.get(self.lang))
    }

    fn needs(&self, verdict: &Verdict) -> String {
        let names: Vec<&str> = verdict.blocked_by.iter().map(CheckId::as_str).collect();
        Word::Needs.with(self.lang, &names.join(", "))
    }

    fn host_message(&self, host: &HostName) -> Option<String> {
        let error = self.hosts.get(host)?.error.as_ref()?;
        Some(one_line(error.message.get(self.lang)))
    }

    /// Everything that helps a reader of one result, a line each.
    pub(super) fn lines(&self, verdict: &'a Verdict) -> Vec<String> {
        let mut lines = labelled(Word::Wanted, self.lang, verdict.title.get(self.lang));
        lines.extend(labelled(Word::Found, self.lang, verdict.message.get(self.lang)));
        lines.extend(evidence(verdict).map(|line| format!("  | {line}")));
        if !matches!(verdict.outcome, Outcome::Pass | Outcome::Skipped) {
            lines.extend(labelled(Word::Why, self.lang, verdict.why.get(self.lang)));
            lines.extend(self.advice(&verdict.remedy));
            lines.extend(faq(verdict).map(|text| format!("{}: {text}", Word::Faq.get(self.lang))));
        }
        if let Some(location) = self.location(verdict) {
            lines.push(format!("{}: {}", Word::At.get(self.lang), escape::line(&location.to_string())));
        }
        lines
    }

    /// The steps of a remedy, a line for each text and each command.
    pub(super) fn advice(&self, steps: &[RemedyStep]) -> Vec<String> {
        let mut lines: Vec<String> = steps.iter().flat_map(|step| self.step(step)).collect();
        if !lines.is_empty() {
            lines.insert(0, format!("{}:", Word::Fix.get(self.lang)));
        }
        lines
    }

    fn step(&self, step: &RemedyStep) -> Vec<String> {
        let text = one_line(step.text.get(self.lang));
        let mut lines = if text.is_empty() { Vec::new() } else { vec![format!("  - {text}")] };
        if let Some(command) = &step.command {
            lines.push(format!("    {}", place(self.lang, step.on.as_deref())));
            if !escape::is_pasteable(command) {
                lines.push(format!("    {}", Word::NotForPasting.get(self.lang)));
            }
            lines.push(format!("      {}", escape::line(command.trim_end_matches('\n'))));
        }
        lines
    }
}

/// A span of time as the JSON report keeps it, so that a report says the same later as in its run.
pub(super) fn in_milliseconds(duration: Duration) -> Duration {
    Duration::from_millis(json::milliseconds(duration))
}

/// The file of the inventory, if anything tells it.
pub(super) fn some_file(report: &Report) -> String {
    let hosts = report.hosts.iter().filter_map(|host| host.location.as_ref());
    let location = hosts.chain(report.verdicts.iter().filter_map(|verdict| verdict.location.as_ref())).next();
    location.map_or_else(|| "inventory".to_owned(), |location| escape::line(&location.file.to_string_lossy()))
}

/// Where to type a command.
pub(super) fn place(lang: Lang, on: Option<&str>) -> String {
    on.map_or_else(|| Word::Run.get(lang).to_owned(), |on| Word::On.with(lang, &escape::line(on)))
}

/// The check, with the item where it loops.
pub(super) fn subject(verdict: &Verdict) -> String {
    match &verdict.item {
        Some(item) => format!("{} [{}]", verdict.check, escape::line(item)),
        None => verdict.check.to_string(),
    }
}

/// The outcome as a heading.
pub(super) fn outcome_word(verdict: &Verdict) -> Word {
    match (verdict.outcome, verdict.severity) {
        (Outcome::Fail, Severity::Error) => Word::Error,
        (Outcome::Fail, Severity::Warning) => Word::Warning,
        (Outcome::Fail, Severity::Info) => Word::Info,
        (Outcome::Error, _) => Word::NotJudged,
        (Outcome::Unreachable, _) => Word::Unreachable,
        (Outcome::Pass, _) => Word::Passed,
        (Outcome::Blocked, _) => Word::Blocked,
        (Outcome::Skipped, _) => Word::Skipped,
        (Outcome::Waived, _) => Word::Waived,
    }
}

/// What became of a host that was not asked to the end, as a heading.
pub(super) fn host_word(host: &HostReport, error: &HostError) -> Word {
    match (host.outcome, &*error.class) {
        (Outcome::Unreachable, _) => Word::Unreachable,
        (_, INTERRUPTED) => Word::Unfinished,
        _ => Word::NotJudged,
    }
}

/// `text` on one line, escaped.
pub(super) fn one_line(text: &str) -> String {
    let lines: Vec<String> = escape::lines(text).iter().map(|line| line.trim().to_owned()).collect();
    lines.join(" ").trim().to_owned()
}

/// Each text once, in order of its first mention, without empty ones.
pub(super) fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    texts.filter(|text| !text.is_empty()).collect::<IndexSet<String>>().into_iter().collect()
}

/// The host, with the item where the check loops.
pub(super) fn host_and_item(verdict: &Verdict) -> String {
    let host = escape::line(verdict.host.as_str());
    verdict.item.as_ref().map_or(host.clone(), |item| format!("{host} ({})", escape::line(item)))
}

/// Each host once, with its items.
pub(super) fn hosts_and_items(verdicts: &[&Verdict]) -> Vec<String> {
    distinct(verdicts.iter().map(|verdict| host_and_item(verdict)))
}

/// The lines that prove a result, escaped.
pub(super) fn evidence(verdict: &Verdict) -> impl Iterator<Item = String> {
    verdict.evidence.iter().flat_map(|text| escape::lines(text))
}

/// The FAQ entry and where its original stands, escaped.
pub(super) fn faq(verdict: &Verdict) -> impl Iterator<Item = String> {
    let id = verdict.faq.as_ref().map(|id| format!("hive-preflight explain {}", escape::line(id)));
    id.into_iter().chain(verdict.url.as_ref().map(|url| escape::line(url)))
}

fn labelled(word: Word, lang: Lang, text: &str) -> Vec<String> {
    let mut lines = escape::lines(text.trim());
    if let Some(first) = lines.first_mut() {
        *first = format!("{}: {first}", word.get(lang));
    }
    lines
}
