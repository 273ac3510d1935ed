//! What formats tell that know problems only (annotations, code quality): one issue for each result that asks for
//! attention, and one for each host that was not asked, in the place of its results.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::{
    HostReport, Report,
    account::{Account, host_word, one_line, outcome_word, subject},
    escape,
    group::says_the_same,
};
use crate::{
    event::HostError,
    judge::{Outcome, Severity, Verdict},
    location::Location,
    text::Lang,
};

/// The name of what a host's own error is about, where others have a check.
pub(super) const CONNECTION: &str = "connection";

/// How much an issue weighs, the worst first. What nobody could judge is neither fine nor a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Error,
    Unknown,
    Warning,
    Notice,
}

/// Something that asks for attention; all texts are escaped.
#[derive(Debug)]
pub(super) struct Issue<'a> {
    pub(super) level: Level,
    /// The check, or [`CONNECTION`].
    pub(super) check: &'a str,
    /// Check, item and host; with the outcome before it where that is not a plain failure.
    pub(super) title: String,
    /// Host and what was found there, likewise.
    pub(super) message: String,
    /// Everything that helps.
    pub(super) lines: Vec<String>,
    /// Where the host, or the offending key, is written.
    pub(super) location: Option<&'a Location>,
    /// The same for the same check, host and item in every run.
    pub(super) fingerprint: String,
}

/// All issues in plan order of the hosts.
pub(super) fn of(report: &Report, lang: Lang) -> Vec<Issue<'_>> {
    let account = Account::new(report, lang);
    let mut fingerprints = Fingerprints::default();
    let mut issues = Vec::new();
    for (_, host, verdicts) in account.by_host() {
        let error = host.and_then(|host| Some((host, host.error.as_ref()?)));
        issues.extend(error.map(|(host, error)| of_host(&account, host, error, &mut fingerprints)));
        for verdict in verdicts {
            let is_told_with_host = error.is_some_and(|(_, error)| says_the_same(verdict, error));
            let level = level(&account, verdict).filter(|_| !is_told_with_host);
            issues.extend(level.map(|level| of_result(&account, verdict, level, &mut fingerprints)));
        }
    }
    issues
}

/// What is blocked stands with what blocks it, unless nobody judged that.
fn level(account: &Account<'_>, verdict: &Verdict) -> Option<Level> {
    match (verdict.outcome, verdict.severity) {
        (Outcome::Fail, Severity::Error) => Some(Level::Error),
        (Outcome::Fail, Severity::Warning) => Some(Level::Warning),
        (Outcome::Fail, Severity::Info) | (Outcome::Waived, _) => Some(Level::Notice),
        (Outcome::Error | Outcome::Unreachable | Outcome::Blocked, _) => {
            account.is_unknown(verdict).then_some(Level::Unknown)
        }
        (Outcome::Pass | Outcome::Skipped, _) => None,
    }
}

fn of_result<'a>(account: &Account<'a>, verdict: &'a Verdict, level: Level, prints: &mut Fingerprints) -> Issue<'a> {
    let host = escape::line(verdict.host.as_str());
    let mark = match verdict.outcome {
        Outcome::Fail => String::new(),
        _ => format!("{}: ", outcome_word(verdict).get(account.lang)),
    };
    Issue {
        level,
        check: verdict.check.as_str(),
        title: format!("{mark}{} ({host})", subject(verdict)),
        message: format!("{mark}{host}: {}", account.message(verdict)),
        lines: account.lines(verdict),
        location: account.location(verdict),
        fingerprint: prints.of(verdict),
    }
}

fn of_host<'a>(
    account: &Account<'a>,
    host: &'a HostReport,
    error: &'a HostError,
    prints: &mut Fingerprints,
) -> Issue<'a> {
    let (word, name) = (host_word(host, error).get(account.lang), escape::line(host.name.as_str()));
    let message = one_line(error.message.get(account.lang));
    let mut lines = vec![message.clone()];
    lines.extend(account.advice(&error.remedy));
    Issue {
        level: Level::Unknown,
        check: CONNECTION,
        title: format!("{word}: {name} ({})", escape::line(&error.class)),
        message: format!("{word}: {name}: {message}"),
        lines,
        location: host.location.as_ref(),
        fingerprint: prints.hash(CONNECTION, host.name.as_str(), None),
    }
}

/// Names of results that stay the same from run to run, whatever is found and wherever it is written.
#[derive(Debug, Default)]
pub(super) struct Fingerprints {
    seen: HashMap<String, usize>,
}

impl Fingerprints {
    pub(super) fn of(&mut self, verdict: &Verdict) -> String {
        self.hash(verdict.check.as_str(), verdict.host.as_str(), verdict.item.as_deref())
    }

    /// A loop may meet the same item twice: the second has a name of its own.
    fn hash(&mut self, check: &str, host: &str, item: Option<&str>) -> String {
        let key = format!("{check}\0{host}\0{}{}", if item.is_some() { "=" } else { "" }, item.unwrap_or_default());
        let times = self.seen.entry(key.clone()).or_default();
        *times += 1;
        let name = if *times == 1 { key } else { format!("{key}\0{times}") };
        let hash: [u8; 32] = Sha256::digest(name.as_bytes()).into();
        hash.iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprints;

    #[test]
    fn fingerprints_tell_check_host_and_item_apart_and_nothing_else() {
        let mut prints = Fingerprints::default();
        let all = [
            prints.hash("t/a", "h", None),
            prints.hash("t/a", "h", Some("")),
            prints.hash("t/a", "h", Some("i")),
            prints.hash("t/a", "h", Some("i")),
            prints.hash("t/a", "hi", None),
        ];
        let distinct: std::collections::HashSet<&String> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert_eq!(Fingerprints::default().hash("t/a", "h", None), all[0]);
        assert_eq!(all[0], "45134f0bd4db9fa696108230e789842851e544227e9e62831b97f8aeb5c5d734");
    }
}
