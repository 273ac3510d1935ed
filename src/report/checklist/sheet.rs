//! The checklist before it has a form.

use std::collections::HashSet;

use indexmap::IndexMap;
use serde::Serialize;

use super::{
    super::{
        ManualItem, Readiness, Report,
        account::{Account, distinct, one_line, place},
        escape,
        html::Kind,
        numbers::{self, listed},
        words::Word,
    },
    state::{Line, State},
};
use crate::{
    catalog::{CheckId, Phase},
    judge::{Excuse, RemedyStep, Verdict},
    text::Lang,
};

/// So many names stand in a row; more where somebody signs for every one of them.
const NAMES: usize = 20;
const NAMES_TO_SIGN: usize = 200;
/// So many steps of a remedy are told, where they differ from host to host.
const STEPS: usize = 4;

/// The whole list, with every text escaped for people.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Sheet {
    #[serde(skip)]
    pub(in crate::report) lang: Lang,
    pub(in crate::report) title: String,
    pub(in crate::report) state: &'static str,
    pub(in crate::report) conclusion: String,
    /// Label and value.
    pub(in crate::report) facts: Vec<(&'static str, String)>,
    pub(in crate::report) notices: Vec<String>,
    /// Hosts that could not be asked to the end.
    pub(in crate::report) connections: Vec<Line>,
    pub(in crate::report) parts: Vec<Part>,
    pub(in crate::report) waivers: Vec<Waived>,
}

/// What has to be done before one phase.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Part {
    /// The phase, where the list is about all of them.
    pub(in crate::report) name: String,
    pub(in crate::report) states: Vec<State>,
    pub(in crate::report) boxes: Vec<Item>,
}

/// A manual item, on the hosts where it stands alike.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Item {
    pub(in crate::report) is_signed: bool,
    pub(in crate::report) check: String,
    pub(in crate::report) title: String,
    pub(in crate::report) hosts: String,
    pub(in crate::report) also: String,
    pub(in crate::report) why: String,
    pub(in crate::report) verify: String,
    /// What to do where it does not hold.
    pub(in crate::report) steps: Vec<String>,
    /// Label and value of who signed.
    pub(in crate::report) signature: Vec<(&'static str, String)>,
    pub(in crate::report) waived: String,
}

/// A waiver that was needed.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Waived {
    pub(in crate::report) check: String,
    pub(in crate::report) hosts: String,
    pub(in crate::report) reason: String,
    pub(in crate::report) owner: String,
    pub(in crate::report) until: String,
}

impl Sheet {
    pub(in crate::report) fn new(report: &Report, lang: Lang) -> Self {
        Self {
            lang,
            title: report.phase.map_or_else(
                || Word::Checklist.get(lang).to_owned(),
                |phase| Word::ChecklistBefore.with(lang, phase.as_str()),
            ),
            state: match report.standing().readiness() {
                Readiness::Ready => "ready",
                Readiness::NotReady => "not-ready",
                Readiness::Unknown | Readiness::NothingChecked => "unknown",
            },
            conclusion: conclusion(report, lang),
            facts: facts(report, lang),
            notices: report.notices.iter().map(|notice| one_line(notice.get(lang))).collect(),
            connections: connections(report, lang),
            parts: parts(report, lang),
            waivers: waivers(report, lang),
        }
    }
}

fn conclusion(report: &Report, lang: Lang) -> String {
    let against = numbers::against(lang, report);
    let colon = if against.is_empty() { "" } else { ": " };
    format!("{}{colon}{}", numbers::conclusion(lang, report), against.join(Word::Comma.get(lang)))
}

fn facts(report: &Report, lang: Lang) -> Vec<(&'static str, String)> {
    let comma = Word::Comma.get(lang);
    let sources: Vec<String> = report.inventory.iter().map(|source| escape::line(source)).collect();
    let stage = report.stage.as_ref().map(|stage| escape::line(stage)).unwrap_or_default();
    let phase = report.phase.map_or_else(|| Word::AllPhases.get(lang).to_owned(), |phase| phase.to_string());
    let signed = report.manual.iter().filter(|item| item.signature.is_some()).count();
    let by_hand = Word::SignedOf.count(lang, report.manual.len()).replace("{a}", &signed.to_string());
    let facts = [
        (Word::Inventory, sources.join(comma)),
        (Word::StageLabel, stage),
        (Word::Phase, phase),
        (Word::Date, escape::line(&report.started)),
        (Word::Judged, numbers::around(lang, report).join(comma)),
        (Word::ByHand, if report.manual.is_empty() { String::new() } else { by_hand }),
        (Word::Program, format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))),
    ];
    facts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(word, value)| (word.get(lang), value)).collect()
}

/// One part before a certain phase; else one for what all phases need, and one for each phase. A check that guards several
/// phases stands before the first of them.
fn parts(report: &Report, lang: Lang) -> Vec<Part> {
    let none = Vec::new();
    let phases = |check: &CheckId| report.guards.get(check).unwrap_or(&none);
    let also = |check: &CheckId| match (report.phase, phases(check).as_slice()) {
        (None, [_, others @ ..]) if !others.is_empty() => {
            let names: Vec<&str> = others.iter().map(|phase| phase.as_str()).collect();
            Word::AlsoBefore.with(lang, &names.join(Word::Comma.get(lang)))
        }
        _ => String::new(),
    };
    let mut parts = Vec::new();
    let starts: Vec<Option<Phase>> = std::iter::once(None).chain(Phase::ALL.map(Some)).collect();
    for start in starts.iter().take(if report.phase.is_some() { 1 } else { starts.len() }) {
        let is_here = |check: &CheckId| report.phase.is_some() || phases(check).iter().min().copied() == *start;
        let part = Part {
            name: match (report.phase, start) {
                (Some(_), _) => String::new(),
                (None, None) => Word::EveryPhase.get(lang).to_owned(),
                (None, Some(phase)) => Word::Before.with(lang, phase.as_str()),
            },
            states: states(report, lang, &is_here, &also),
            boxes: boxes(report, lang, &is_here, &also),
        };
        if !part.states.is_empty() || !part.boxes.is_empty() {
            parts.push(part);
        }
    }
    parts
}

/// The checks of a part, the worst first. How hosts were reached concerns every phase.
fn states(
    report: &Report,
    lang: Lang,
    is_here: &dyn Fn(&CheckId) -> bool,
    also: &dyn Fn(&CheckId) -> String,
) -> Vec<State> {
    let account = Account::new(report, lang);
    let manual: HashSet<&CheckId> = report.manual.iter().map(|item| &item.check).collect();
    let mut checks: IndexMap<&CheckId, Vec<&Verdict>> = IndexMap::new();
    for verdict in &report.verdicts {
        if is_here(&verdict.check) && !manual.contains(&verdict.check) {
            checks.entry(&verdict.check).or_default().push(verdict);
        }
    }
    checks.sort_keys();
    let states = checks.iter().filter_map(|(check, verdicts)| State::of(&account, verdicts, also(check)));
    let mut states: Vec<State> = states.collect();
    states.sort_by_key(|state| state.kind);
    states
}

/// The manual items of a part, in the order of their ids; hosts that stand alike share one.
fn boxes(
    report: &Report,
    lang: Lang,
    is_here: &dyn Fn(&CheckId) -> bool,
    also: &dyn Fn(&CheckId) -> String,
) -> Vec<Item> {
    let mut alike: IndexMap<(String, String), Vec<&ManualItem>> = IndexMap::new();
    for item in report.manual.iter().filter(|item| is_here(&item.check)) {
        let standing = format!("{:?} {:?}", item.signature, item.excuse);
        alike.entry((item.check.to_string(), standing)).or_default().push(item);
    }
    alike.sort_keys();
    let boxes = alike.values().filter_map(|items| boxed(items, lang, also));
    boxes.collect()
}

fn boxed(items: &[&ManualItem], lang: Lang, also: &dyn Fn(&CheckId) -> String) -> Option<Item> {
    let first = items.first()?;
    let hosts = distinct(items.iter().map(|item| escape::line(item.host.as_str())));
    let mut steps = distinct(items.iter().flat_map(|item| &item.remedy).flat_map(|step| step_texts(step, lang)));
    if steps.len() > STEPS {
        let more = Word::More.count(lang, steps.len() - STEPS);
        steps.truncate(STEPS);
        steps.push(more);
    }
    Some(Item {
        is_signed: first.signature.is_some(),
        check: first.check.to_string(),
        title: one_line(first.title.get(lang)),
        hosts: listed(lang, &hosts, NAMES_TO_SIGN, ", "),
        also: also(&first.check),
        why: one_line(first.why.get(lang)),
        verify: one_line(first.verify.get(lang)),
        steps: if first.signature.is_some() { Vec::new() } else { steps },
        signature: signature(first, lang),
        waived: first.excuse.as_ref().map(|excuse| told(excuse, lang)).unwrap_or_default(),
    })
}

/// What to do, and what to type; a command that could do other than it shows is told as such.
fn step_texts(step: &RemedyStep, lang: Lang) -> [String; 2] {
    let command = step.command.as_ref().map(|command| {
        let warning = if escape::is_pasteable(command) { "" } else { Word::NotForPasting.get(lang) };
        let parts = [place(lang, step.on.as_deref()), warning.to_owned(), escape::line(command.trim_end_matches('\n'))];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    });
    [one_line(step.text.get(lang)), command.unwrap_or_default()]
}

fn signature(item: &ManualItem, lang: Lang) -> Vec<(&'static str, String)> {
    let Some(signature) = &item.signature else { return Vec::new() };
    let parts = [
        (Word::Who, signature.who.as_str()),
        (Word::Date, &signature.when),
        (Word::ValidUntil, &signature.valid_until),
        (Word::Remark, signature.note.as_deref().unwrap_or_default()),
        (Word::At, &signature.place),
    ];
    let parts = parts.map(|(word, text)| (word.get(lang), one_line(text)));
    parts.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

fn told(excuse: &Excuse, lang: Lang) -> String {
    let text = match excuse {
        Excuse::Waiver { reason, owner, expires } => {
            let until = format!("{} {expires}", Word::ValidUntil.get(lang));
            [reason, owner, &until].map(String::as_str).join(Word::Comma.get(lang))
        }
        Excuse::Baseline { since } => Word::Known.with(lang, since),
    };
    one_line(&text)
}

/// Every waiver that something needed, with the hosts on which it did.
fn waivers(report: &Report, lang: Lang) -> Vec<Waived> {
    let of_verdicts = report.verdicts.iter().map(|verdict| (&verdict.check, &verdict.host, verdict.excuse.as_ref()));
    let of_items = report.manual.iter().map(|item| (&item.check, &item.host, item.excuse.as_ref()));
    let mut alike: IndexMap<(&CheckId, [String; 3]), Vec<String>> = IndexMap::new();
    for (check, host, excuse) in of_verdicts.chain(of_items) {
        let Some(excuse) = excuse else { continue };
        let terms = match excuse {
            Excuse::Waiver { reason, owner, expires } => [reason.clone(), owner.clone(), expires.clone()],
            Excuse::Baseline { since } => [Word::Known.with(lang, since), String::new(), String::new()],
        };
        alike.entry((check, terms)).or_default().push(escape::line(host.as_str()));
    }
    let row = |((check, [reason, owner, until]), hosts): ((&CheckId, [String; 3]), Vec<String>)| Waived {
        check: check.to_string(),
        hosts: listed(lang, &distinct(hosts.into_iter()), NAMES, ", "),
        reason: one_line(&reason),
        owner: one_line(&owner),
        until: one_line(&until),
    };
    alike.into_iter().map(row).collect()
}

/// Hosts that could not be asked to the end: the first thing to read.
fn connections(report: &Report, lang: Lang) -> Vec<Line> {
    let mut alike: IndexMap<(Kind, String), Vec<String>> = IndexMap::new();
    for host in &report.hosts {
        let Some(error) = &host.error else { continue };
        let key = (Kind::of_host(host), one_line(error.message.get(lang)));
        alike.entry(key).or_default().push(escape::line(host.name.as_str()));
    }
    let line = |((kind, found), hosts): ((Kind, String), Vec<String>)| Line {
        word: kind.word().get(lang),
        letter: kind.letter(),
        hosts: listed(lang, &hosts, NAMES, ", "),
        found,
        evidence: Vec::new(),
    };
    alike.into_iter().map(line).collect()
}
