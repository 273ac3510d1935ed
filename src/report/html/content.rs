//! Everything that the template shows, in the order in which it shows it.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;

use super::{
    super::{Differences, Readiness, Report, Summary, account::one_line, differences, group, numbers, words::Word},
    escape,
    finding::{self, Finding},
    matrix::{self, Kind, Matrix, Tag},
    rest::{self, Rest},
    voice::{PAGE_WORDS, Said, Voice},
};
use crate::{catalog::Catalog, judge::Outcome, text::Lang};

/// What the page shows. The matrix is drawn by the script.
#[derive(Serialize)]
pub(super) struct Content<'a> {
    lang: Lang,
    is_bilingual: bool,
    words: BTreeMap<&'static str, Said>,
    title: String,
    state: &'static str,
    conclusion: Said,
    around: Said,
    stage: Option<Said>,
    started: String,
    is_interrupted: bool,
    counts: Vec<Count>,
    phases: Vec<&'static str>,
    notices: Vec<Said>,
    changes: Option<Changes>,
    findings: Vec<Finding>,
    rest: Vec<Rest>,
    hosts: Vec<Hosts>,
    #[serde(skip)]
    pub(super) matrix: Matrix<'a>,
}

/// How many of one kind; a button of the filter.
#[derive(Serialize)]
struct Count {
    tag: Tag,
    number: usize,
    /// What stands in front of the number, and behind it.
    before: Said,
    behind: Said,
}

/// What changed between two inventories.
#[derive(Serialize)]
struct Changes {
    title: Said,
    sides: Said,
    nothing: Said,
    sections: Vec<Section>,
}

/// The changes of one kind of thing.
#[derive(Serialize)]
struct Section {
    heading: Said,
    changes: Vec<Change>,
}

/// One change.
#[derive(Serialize)]
struct Change {
    sign: char,
    text: Said,
    place: Said,
}

/// Hosts that stand alike, for readers without scripts.
#[derive(Serialize)]
struct Hosts {
    names: String,
    state: Said,
}

impl<'a> Content<'a> {
    pub(super) fn new(report: &'a Report, catalog: &'a Catalog, voice: Voice) -> Self {
        let mut matrix = Matrix::new(report, catalog, voice);
        let findings = group::findings(report, voice.lang);
        let findings = findings.iter().filter_map(|group| finding::of(group, voice, &mut matrix)).collect();
        let mut rest: Vec<Rest> = [Outcome::Waived, Outcome::Blocked, Outcome::Skipped]
            .into_iter()
            .filter_map(|outcome| {
                let groups = group::with_outcome(report, voice.lang, outcome);
                rest::of(&groups, voice, &mut matrix)
            })
            .collect();
        rest.extend(rest::passes(report, voice, &mut matrix));
        Self {
            lang: voice.lang,
            is_bilingual: voice.is_bilingual,
            words: PAGE_WORDS.into_iter().map(|(name, word)| (name, voice.word(word))).collect(),
            title: matrix::title(report, voice.lang),
            state: state(report.standing().readiness()),
            conclusion: voice.say(|lang| numbers::conclusion(lang, report)),
            around: voice.say(|lang| numbers::around(lang, report).join(Word::Comma.get(lang))),
            stage: report.stage.as_ref().map(|stage| voice.say(|lang| Word::Stage.with(lang, &escape::line(stage)))),
            started: escape::line(&report.started),
            is_interrupted: report.interrupted,
            counts: counts(&report.summary(), voice),
            phases: matrix.phases(),
            notices: report.notices.iter().map(|notice| voice.say(|lang| one_line(notice.get(lang)))).collect(),
            changes: report.differences.as_ref().map(|differences| changes(differences, voice)),
            findings,
            rest,
            hosts: hosts(report, voice),
            matrix,
        }
    }
}

fn state(readiness: Readiness) -> &'static str {
    match readiness {
        Readiness::Ready => "ready",
        Readiness::NotReady => "not-ready",
        Readiness::Unknown | Readiness::NothingChecked => "unknown",
    }
}

/// Counts of results; what was not reached counts by hosts, as everywhere.
fn counts(summary: &Summary, voice: Voice) -> Vec<Count> {
    let count = |kind: Kind| match kind {
        Kind::Error => summary.errors,
        Kind::Unreachable => summary.hosts_unreachable,
        Kind::NotJudged => summary.error,
        Kind::Warning => summary.warnings,
        Kind::Info => summary.infos,
        Kind::Blocked => summary.blocked,
        Kind::Waived => summary.waived,
        Kind::Skipped => summary.skipped,
        Kind::Passed => summary.pass,
    };
    let counts = Kind::ALL.map(|kind| Count {
        tag: kind.tag(voice),
        number: count(kind),
        before: voice.say(|lang| kind.around(count(kind), lang).0),
        behind: voice.say(|lang| kind.around(count(kind), lang).1),
    });
    counts.into_iter().filter(|count| count.number > 0).collect()
}

fn changes(differences: &Differences, voice: Voice) -> Changes {
    let (english, japanese) = (differences.sections(Lang::En), differences.sections(Lang::Ja));
    let both = |en: &str, ja: &str| {
        voice.say(|lang| match lang {
            Lang::En => en.to_owned(),
            Lang::Ja => ja.to_owned(),
        })
    };
    let sections = english.iter().zip(&japanese).map(|((en, english), (ja, japanese))| Section {
        heading: both(en, ja),
        changes: english
            .iter()
            .zip(japanese)
            .map(|(en, ja)| Change { sign: en.sign, text: both(&en.text, &ja.text), place: both(&en.place, &ja.place) })
            .collect(),
    });
    Changes {
        title: voice.say(differences::title),
        sides: voice.say(|lang| differences.sides(lang)),
        nothing: voice.say(differences::nothing),
        sections: sections.collect(),
    }
}

fn hosts(report: &Report, voice: Voice) -> Vec<Hosts> {
    let summaries = numbers::by_host(report);
    let mut alike: IndexMap<String, (Said, Vec<String>)> = IndexMap::new();
    for host in &report.hosts {
        let summary = summaries.get(&host.name).copied().unwrap_or_default();
        let said = || voice.say(|lang| numbers::of_host(lang, host, &summary));
        let entry = alike.entry(numbers::of_host(voice.lang, host, &summary)).or_insert_with(|| (said(), Vec::new()));
        entry.1.push(escape::line(host.name.as_str()));
    }
    alike.into_values().map(|(state, names)| Hosts { names: names.join(", "), state }).collect()
}
