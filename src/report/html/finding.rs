//! One finding: what is the same on many hosts, told once, with nothing left out that a reader has to act upon.

use indexmap::IndexMap;
use serde::Serialize;

use super::{
    super::{
        HostReport,
        account::{distinct, evidence, host_and_item, host_word, hosts_and_items, one_line},
        group::Group,
        words::Word,
    },
    escape,
    matrix::{Kind, Matrix, Tag},
    voice::{Said, Voice},
};
use crate::{
    event::HostError,
    judge::{RemedyStep, Verdict},
    location::Location,
};

/// So many names stand in a row; the others are folded.
const NAMES: usize = 20;
/// So many wordings, commands or places are open to see; the others are folded.
const OPEN: usize = 4;
/// So many wordings are in the page at all; the number of the others is told. Commands are never left out.
const WORDINGS: usize = 200;

/// A finding as the template shows it.
#[derive(Serialize)]
pub(super) struct Finding {
    tag: Tag,
    word: Said,
    subjects: Vec<String>,
    hosts: Names,
    wanted: Said,
    found: Vec<Found>,
    folded: Vec<Found>,
    left_out: usize,
    unasked: Option<Said>,
    why: Said,
    steps: Vec<Step>,
    faq: Option<String>,
    url: Option<Url>,
    places: Names,
}

/// Names in a row.
#[derive(Serialize)]
pub(super) struct Names {
    shown: String,
    folded: String,
    more: usize,
    count: usize,
}

/// What was found, and where, if not on all hosts alike.
#[derive(Serialize)]
struct Found {
    on: String,
    message: Said,
    evidence: String,
}

/// A step of the remedy.
#[derive(Serialize)]
struct Step {
    text: Said,
    commands: Vec<Command>,
    folded: Vec<Command>,
}

/// A command to copy.
#[derive(Serialize)]
struct Command {
    on: String,
    text: String,
    is_pasteable: bool,
}

/// The original of a FAQ entry.
#[derive(Serialize)]
struct Url {
    text: String,
    is_link: bool,
}

impl Names {
    pub(super) fn of(names: &[String]) -> Self {
        Self::first(NAMES, names)
    }

    /// With the number of those that are not shown, but without their names.
    pub(super) fn briefly(names: &[String]) -> Self {
        Self { folded: String::new(), ..Self::of(names) }
    }

    fn first(shown: usize, names: &[String]) -> Self {
        let at = shown.min(names.len());
        let (first, others) = names.split_at(at);
        Self { shown: first.join(", "), folded: others.join(", "), more: others.len(), count: names.len() }
    }
}

/// What `group` says; nothing where it has no member.
pub(super) fn of(group: &Group<'_>, voice: Voice, matrix: &mut Matrix<'_>) -> Option<Finding> {
    match group {
        Group::Verdicts(verdicts) => {
            matrix.group(verdicts);
            of_verdicts(verdicts, voice)
        }
        Group::Hosts { hosts, unasked } => {
            matrix.group_of_hosts(&hosts.iter().map(|(host, _)| *host).collect::<Vec<_>>());
            of_hosts(hosts, *unasked, voice)
        }
    }
}

fn of_verdicts(verdicts: &[&Verdict], voice: Voice) -> Option<Finding> {
    let first = *verdicts.first()?;
    let is_one = verdicts.iter().all(|verdict| verdict.check == first.check);
    let kind = Kind::of(first);
    let found = verdicts.iter().map(|verdict| {
        let message = voice.say(|lang| one_line(verdict.message.get(lang)));
        (host_and_item(verdict), message, evidence(verdict).collect::<Vec<_>>().join("\n"))
    });
    let (found, folded, left_out) = told(found);
    let nothing = || Said::Same(String::new());
    Some(Finding {
        tag: kind.tag(voice),
        word: voice.word(kind.word()),
        subjects: distinct(verdicts.iter().map(|verdict| verdict.check.to_string())),
        hosts: Names::of(&hosts_and_items(verdicts)),
        wanted: if is_one { voice.say(|lang| one_line(first.title.get(lang))) } else { nothing() },
        found,
        folded,
        left_out,
        unasked: None,
        why: if is_one { voice.say(|lang| one_line(first.why.get(lang))) } else { nothing() },
        steps: steps(&verdicts.iter().map(|verdict| verdict.remedy.as_slice()).collect::<Vec<_>>(), voice),
        faq: first.faq.as_ref().filter(|_| is_one).map(|id| escape::line(id)),
        url: first.url.as_ref().filter(|_| is_one).map(|url| Url::of(url)),
        places: places(verdicts.iter().filter_map(|verdict| verdict.location.as_ref())),
    })
}

fn of_hosts(hosts: &[(&HostReport, &HostError)], unasked: usize, voice: Voice) -> Option<Finding> {
    let (first, error) = hosts.first()?;
    let found = hosts.iter().map(|(host, error)| {
        let message = voice.say(|lang| one_line(error.message.get(lang)));
        (escape::line(host.name.as_str()), message, String::new())
    });
    let (found, folded, left_out) = told(found);
    Some(Finding {
        tag: Kind::of_host(first).tag(voice),
        word: voice.word(host_word(first, error)),
        subjects: vec![escape::line(&error.class)],
        hosts: Names::of(&hosts.iter().map(|(host, _)| name_and_address(host)).collect::<Vec<_>>()),
        wanted: Said::Same(String::new()),
        found,
        folded,
        left_out,
        unasked: (unasked > 0).then(|| voice.say(|lang| Word::NotAsked.count(lang, unasked))),
        why: Said::Same(String::new()),
        steps: steps(&hosts.iter().map(|(_, error)| error.remedy.as_slice()).collect::<Vec<_>>(), voice),
        faq: None,
        url: None,
        places: places(hosts.iter().filter_map(|(host, _)| host.location.as_ref())),
    })
}

/// What was found, each wording once with its hosts: those to see, those folded, and how many were left out.
fn told(found: impl Iterator<Item = (String, Said, String)>) -> (Vec<Found>, Vec<Found>, usize) {
    let mut wordings: IndexMap<(String, String), (Said, Vec<String>)> = IndexMap::new();
    for (host, message, evidence) in found {
        let key = (format!("{message:?}"), evidence);
        wordings.entry(key).or_insert_with(|| (message, Vec::new())).1.push(host);
    }
    let is_one = wordings.len() == 1;
    let left_out = wordings.len().saturating_sub(WORDINGS);
    let wordings = wordings.into_iter().take(WORDINGS).map(|((_, evidence), (message, hosts))| {
        let on = if is_one { String::new() } else { distinct(hosts.into_iter()).join(", ") };
        Found { on, message, evidence }
    });
    let mut wordings: Vec<Found> = wordings.filter(|found| !found.is_empty()).collect();
    let folded = wordings.split_off(OPEN.min(wordings.len()));
    (wordings, folded, left_out)
}

impl Found {
    fn is_empty(&self) -> bool {
        self.message.is_empty() && self.evidence.is_empty()
    }
}

/// All members have the same number of steps; a command that many share stands once, with all hosts.
fn steps(members: &[&[RemedyStep]], voice: Voice) -> Vec<Step> {
    let count = members.iter().map(|steps| steps.len()).max().unwrap_or(0);
    (0..count).map(|at| step(&members.iter().filter_map(|steps| steps.get(at)).collect::<Vec<_>>(), voice)).collect()
}

fn step(steps: &[&RemedyStep], voice: Voice) -> Step {
    let mut commands: IndexMap<&str, Vec<String>> = IndexMap::new();
    for step in steps {
        let Some(command) = &step.command else { continue };
        commands.entry(command.trim_end_matches('\n')).or_default().extend(step.on.as_deref().map(escape::line));
    }
    let commands = commands.into_iter().map(|(text, on)| Command {
        on: distinct(on.into_iter()).join(", "),
        text: escape::line(text),
        is_pasteable: escape::is_pasteable(text),
    });
    let mut commands: Vec<Command> = commands.collect();
    let folded = commands.split_off(OPEN.min(commands.len()));
    let texts = |lang| distinct(steps.iter().map(|step| one_line(step.text.get(lang))));
    let text = voice.say(|lang| texts(lang).into_iter().take(OPEN).collect::<Vec<_>>().join(" / "));
    Step { text, commands, folded }
}

impl Url {
    fn of(url: &str) -> Self {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/?#%&=+:,;@".contains(c);
        Self { text: escape::line(url), is_link: url.starts_with("https://") && url.chars().all(is_plain) }
    }
}

fn places<'a>(places: impl Iterator<Item = &'a Location>) -> Names {
    Names::first(OPEN, &distinct(places.map(|place| escape::line(&place.to_string()))))
}

fn name_and_address(host: &HostReport) -> String {
    let name = escape::line(host.name.as_str());
    if host.address.is_empty() { name } else { format!("{name} ({})", escape::line(&host.address)) }
}
