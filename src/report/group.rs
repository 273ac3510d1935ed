//! What is the same on many hosts becomes one group, and the worst group comes first.

use std::collections::HashMap;

use super::Report;
use crate::{
    catalog::CheckId,
    event::{HostError, HostResult},
    inventory::HostName,
    judge::{Outcome, RemedyStep, Severity, Verdict},
    text::Lang,
};

/// Something to tell once.
#[derive(Debug)]
pub(super) enum Group<'a> {
    /// Verdicts that say the same.
    Verdicts(Vec<&'a Verdict>),
    /// Hosts that could not be asked, for the same reason.
    Hosts {
        /// The hosts, each with its error.
        hosts: Vec<(&'a HostResult, &'a HostError)>,
        /// Verdicts that are missing for it.
        unasked: usize,
    },
}

/// What has to be told, the worst first; within the same rank in plan order.
pub(super) fn findings(report: &Report, lang: Lang) -> Vec<Group<'_>> {
    let mut groups = host_groups(report, lang);
    groups.extend(verdict_groups(report, lang, is_finding));
    groups.sort_by_key(Group::rank);
    groups
}

/// What passed.
pub(super) fn passes(report: &Report, lang: Lang) -> Vec<Group<'_>> {
    verdict_groups(report, lang, |verdict| verdict.outcome == Outcome::Pass)
}

/// Verdicts with this outcome, told once where they say the same.
pub(super) fn with_outcome(report: &Report, lang: Lang, outcome: Outcome) -> Vec<Vec<&Verdict>> {
    let groups = verdict_groups(report, lang, |verdict| verdict.outcome == outcome);
    groups.into_iter().filter_map(Group::into_verdicts).collect()
}

/// `verdicts` of one check, those together that say the same.
pub(super) fn alike<'a>(verdicts: &[&'a Verdict], lang: Lang) -> Vec<Vec<&'a Verdict>> {
    gather(verdicts.iter().copied(), |verdict| verdict_key(verdict, lang))
}

impl<'a> Group<'a> {
    fn rank(&self) -> u8 {
        match self {
            Self::Hosts { hosts, .. } if hosts.iter().any(|(host, _)| host.outcome == Outcome::Unreachable) => 1,
            Self::Hosts { .. } => 2,
            Self::Verdicts(verdicts) => verdicts.first().map_or(u8::MAX, |verdict| rank(verdict)),
        }
    }

    fn into_verdicts(self) -> Option<Vec<&'a Verdict>> {
        match self {
            Self::Verdicts(verdicts) => Some(verdicts),
            Self::Hosts { .. } => None,
        }
    }
}

fn rank(verdict: &Verdict) -> u8 {
    match (verdict.outcome, verdict.severity) {
        (Outcome::Fail, Severity::Error) => 0,
        (Outcome::Unreachable, _) => 1,
        (Outcome::Error, _) => 2,
        (Outcome::Fail, Severity::Warning) => 3,
        (Outcome::Fail, Severity::Info) => 4,
        (Outcome::Blocked | Outcome::Skipped | Outcome::Waived | Outcome::Pass, _) => 5,
    }
}

fn is_finding(verdict: &Verdict) -> bool {
    matches!(verdict.outcome, Outcome::Fail | Outcome::Error | Outcome::Unreachable)
}

fn host_groups(report: &Report, lang: Lang) -> Vec<Group<'_>> {
    let mut unasked: HashMap<&HostName, usize> = HashMap::new();
    let errors = errors(report);
    for verdict in report.verdicts.iter().filter(|verdict| is_of_host(verdict, &errors)) {
        *unasked.entry(&verdict.host).or_default() += 1;
    }
    let failed = report.hosts.iter().filter_map(|host| Some((host, host.error.as_ref()?)));
    let groups = gather(failed, |(host, error)| host_key(host, error, lang)).into_iter();
    groups.map(|hosts| Group::Hosts { unasked: total(&unasked, &hosts), hosts }).collect()
}

fn total(unasked: &HashMap<&HostName, usize>, hosts: &[(&HostResult, &HostError)]) -> usize {
    hosts.iter().filter_map(|(host, _)| unasked.get(&host.name)).sum()
}

fn verdict_groups(report: &Report, lang: Lang, wanted: impl Fn(&Verdict) -> bool) -> Vec<Group<'_>> {
    let errors = errors(report);
    let verdicts = report.verdicts.iter().filter(|verdict| wanted(verdict) && !is_of_host(verdict, &errors));
    gather(verdicts, |verdict| verdict_key(verdict, lang)).into_iter().map(Group::Verdicts).collect()
}

/// Why hosts could not be asked.
fn errors(report: &Report) -> HashMap<&HostName, &HostError> {
    report.hosts.iter().filter_map(|host| Some((&host.name, host.error.as_ref()?))).collect()
}

/// Whether the verdict only says what is told about its host as a whole.
fn is_of_host(verdict: &Verdict, errors: &HashMap<&HostName, &HostError>) -> bool {
    errors.get(&verdict.host).is_some_and(|error| says_the_same(verdict, error))
}

/// Whether a verdict says no more than why its host could not be asked.
pub(super) fn says_the_same(verdict: &Verdict, error: &HostError) -> bool {
    match verdict.outcome {
        Outcome::Unreachable => true,
        Outcome::Error => verdict.message == error.message,
        _ => false,
    }
}

/// Members with the same key, in the order in which the keys first appear.
fn gather<T: Copy>(members: impl Iterator<Item = T>, key: impl Fn(T) -> Vec<String>) -> Vec<Vec<T>> {
    let mut index: HashMap<Vec<String>, usize> = HashMap::new();
    let mut groups: Vec<Vec<T>> = Vec::new();
    for member in members {
        let next = groups.len();
        let at = *index.entry(key(member)).or_insert(next);
        if at == next {
            groups.push(Vec::new());
        }
        groups[at].push(member);
    }
    groups
}

/// What two verdicts must have in common to be told once. Where something could not be judged (`sudo` refused, the link
/// lost), the check does not matter, nor how bad its failure would be: it is the same trouble for all of them.
fn verdict_key(verdict: &Verdict, lang: Lang) -> Vec<String> {
    let names = Names { host: verdict.host.as_str(), item: verdict.item.as_deref(), address: None };
    let mut key = vec![format!("{:?} {:?}", verdict.outcome, verdict.error_kind)];
    if verdict.outcome != Outcome::Error {
        key.push(format!("{:?} {:?} {:?}", verdict.severity, verdict.faq, verdict.url));
        key.push(verdict.check.to_string());
        key.push(names.generalize(verdict.title.get(lang)));
        key.push(names.generalize(verdict.why.get(lang)));
        key.extend(verdict.blocked_by.iter().map(CheckId::to_string));
    }
    key.push(names.generalize(verdict.message.get(lang)));
    key.extend(verdict.remedy.iter().map(|step| step_key(step, &names, lang)));
    key
}

fn host_key(host: &HostResult, error: &HostError, lang: Lang) -> Vec<String> {
    let names = Names { host: host.name.as_str(), item: None, address: Some(&host.address) };
    let mut key = vec![format!("{:?} {}", host.outcome, error.class), names.generalize(error.message.get(lang))];
    key.extend(error.remedy.iter().map(|step| step_key(step, &names, lang)));
    key
}

/// Commands may differ from host to host beyond the names (a process id, a port): they are then told one by one.
fn step_key(step: &RemedyStep, names: &Names<'_>, lang: Lang) -> String {
    let on = step.on.as_deref().map(|on| names.generalize(on));
    format!("{} {} {on:?}", names.generalize(step.text.get(lang)), step.command.is_some())
}

/// The names in which the texts of one finding may differ from host to host.
struct Names<'a> {
    host: &'a str,
    item: Option<&'a str>,
    address: Option<&'a str>,
}

impl Names<'_> {
    /// `text` with placeholders for the names.
    fn generalize(&self, text: &str) -> String {
        let mut text = replace_word(text, self.host, "\u{1}");
        if let Some(item) = self.item {
            text = replace_word(&text, item, "\u{2}");
        }
        if let Some(address) = self.address {
            let host_and_port = address.rsplit_once('@').map_or(address, |(_, rest)| rest);
            let host = host_and_port.rsplit_once(':').map_or(host_and_port, |(host, _)| host);
            for part in [address, host_and_port, host, host.trim_matches(['[', ']'])] {
                text = replace_word(&text, part, "\u{3}");
            }
        }
        text
    }
}

/// Replaces `word` where it stands by itself: `hive1` is no part of `hive10`.
fn replace_word(text: &str, word: &str, by: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in text.match_indices(word).filter(|_| !word.is_empty()) {
        let end = at + word.len();
        let before = text[..at].chars().next_back();
        let after = text[end..].chars().next();
        if at >= done && !before.is_some_and(is_word) && !after.is_some_and(is_word) {
            out.push_str(&text[done..at]);
            out.push_str(by);
            done = end;
        }
    }
    out.push_str(&text[done..]);
    out
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::{Names, replace_word};

    #[test]
    fn a_name_is_replaced_only_where_it_stands_by_itself() {
        assert_eq!(replace_word("hive1 hive10 docker.sock@hive1", "hive1", "H"), "H hive10 docker.sock@H");
        assert_eq!(replace_word("日本のhive1に", "hive1", "H"), "日本のHに");
        assert_eq!(replace_word("text", "", "H"), "text");
    }

    #[test]
    fn addresses_count_as_names_in_every_form() {
        let names = Names { host: "hive1", item: None, address: Some("admin@[fe80::1]:22") };
        assert_eq!(names.generalize("hive1: admin@[fe80::1]:22, fe80::1"), "\u{1}: \u{3}, \u{3}");
    }
}
