//! Hosts by checks, and what belongs to which finding: data that the page's script reads.

use std::collections::{HashMap, HashSet};

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    super::{HostReport, Report, account::one_line, issues::CONNECTION, numbers, words::Word},
    escape,
    voice::{SCRIPT_WORDS, Said, Voice},
};
use crate::{
    catalog::{Catalog, CheckId, Phase},
    inventory::HostName,
    judge::{Outcome, Severity, Verdict},
};

/// What became of a result, the worst first: the rows of a legend, the buttons of a filter, the letters of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::report) enum Kind {
    Error,
    Unreachable,
    NotJudged,
    Warning,
    Info,
    Blocked,
    Waived,
    Skipped,
    Passed,
}

impl Kind {
    pub(super) const ALL: [Self; 9] = [
        Self::Error,
        Self::Unreachable,
        Self::NotJudged,
        Self::Warning,
        Self::Info,
        Self::Blocked,
        Self::Waived,
        Self::Skipped,
        Self::Passed,
    ];

    pub(in crate::report) fn of(verdict: &Verdict) -> Self {
        match (verdict.outcome, verdict.severity) {
            (Outcome::Fail, Severity::Error) => Self::Error,
            (Outcome::Fail, Severity::Warning) => Self::Warning,
            (Outcome::Fail, Severity::Info) => Self::Info,
            (Outcome::Error, _) => Self::NotJudged,
            (Outcome::Unreachable, _) => Self::Unreachable,
            (Outcome::Pass, _) => Self::Passed,
            (Outcome::Blocked, _) => Self::Blocked,
            (Outcome::Skipped, _) => Self::Skipped,
            (Outcome::Waived, _) => Self::Waived,
        }
    }

    /// How the connection to a host went.
    pub(in crate::report) fn of_host(host: &HostReport) -> Self {
        match (host.outcome, &host.error) {
            (Outcome::Unreachable, _) => Self::Unreachable,
            (_, Some(_)) => Self::NotJudged,
            (_, None) => Self::Passed,
        }
    }

    /// Its letter in the matrix, and the end of its CSS class.
    pub(in crate::report) fn letter(self) -> char {
        match self {
            Self::Error => 'e',
            Self::Unreachable => 'u',
            Self::NotJudged => 'n',
            Self::Warning => 'w',
            Self::Info => 'i',
            Self::Blocked => 'b',
            Self::Waived => 'v',
            Self::Skipped => 's',
            Self::Passed => 'p',
        }
    }

    /// What is seen where colours are not.
    pub(in crate::report) fn sign(self) -> &'static str {
        match self {
            Self::Error => "✗",
            Self::Unreachable => "∅",
            Self::NotJudged => "?",
            Self::Warning => "!",
            Self::Info => "i",
            Self::Blocked => "‖",
            Self::Waived => "~",
            Self::Skipped => "–",
            Self::Passed => "✓",
        }
    }

    pub(in crate::report) fn word(self) -> Word {
        match self {
            Self::Error => Word::Error,
            Self::Unreachable => Word::Unreachable,
            Self::NotJudged => Word::NotJudged,
            Self::Warning => Word::Warning,
            Self::Info => Word::Info,
            Self::Blocked => Word::Blocked,
            Self::Waived => Word::Waived,
            Self::Skipped => Word::Skipped,
            Self::Passed => Word::Passed,
        }
    }

    /// For the template.
    pub(super) fn tag(self, voice: Voice) -> Tag {
        Tag { letter: self.letter(), sign: self.sign(), word: voice.word(self.word()) }
    }
}

/// A kind as the template shows it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Tag {
    letter: char,
    sign: &'static str,
    word: Said,
}

/// Where nothing was to be checked.
const NOTHING: char = '-';
/// The first column is the connection; checks follow.
const CONNECTION_COLUMN: usize = 0;

/// Which results belong to an element of the page that has the class `group`, in the order of the page.
#[derive(Debug, Serialize)]
struct Members {
    kind: char,
    /// Columns and hosts, side by side. What passed names its column only.
    columns: Vec<usize>,
    hosts: Vec<usize>,
}

/// Collects what the script needs while the page is made.
pub(super) struct Matrix<'a> {
    report: &'a Report,
    voice: Voice,
    hosts: IndexSet<&'a HostName>,
    checks: IndexMap<&'a CheckId, (&'a Verdict, Vec<Phase>)>,
    groups: Vec<Members>,
}

impl<'a> Matrix<'a> {
    pub(super) fn new(report: &'a Report, catalog: &'a Catalog, voice: Voice) -> Self {
        let named = report.hosts.iter().map(|host| &host.name);
        let mut checks = IndexMap::new();
        for verdict in &report.verdicts {
            let phases = || catalog.checks.get(&verdict.check).map(|check| check.phases.clone()).unwrap_or_default();
            checks.entry(&verdict.check).or_insert_with(|| (verdict, phases()));
        }
        checks.sort_keys();
        let hosts = named.chain(report.verdicts.iter().map(|verdict| &verdict.host)).collect();
        Self { report, voice, hosts, checks, groups: Vec::new() }
    }

    /// Phases that some check of the report guards, and not all of them do.
    pub(super) fn phases(&self) -> Vec<&'static str> {
        let told: HashSet<Phase> = self.checks.values().flat_map(|(_, phases)| phases.iter().copied()).collect();
        Phase::ALL.into_iter().filter(|phase| told.contains(phase)).map(Phase::as_str).collect()
    }

    /// A further element of the page, about `verdicts`.
    pub(super) fn group(&mut self, verdicts: &[&Verdict]) {
        let Some(first) = verdicts.first() else { return };
        let columns = verdicts.iter().filter_map(|verdict| self.column(&verdict.check)).collect();
        let hosts = verdicts.iter().filter_map(|verdict| self.hosts.get_index_of(&verdict.host)).collect();
        self.groups.push(Members { kind: Kind::of(first).letter(), columns, hosts });
    }

    /// A further element of the page, about how `hosts` could not be asked.
    pub(super) fn group_of_hosts(&mut self, hosts: &[&HostReport]) {
        let Some(first) = hosts.first() else { return };
        let at = hosts.iter().filter_map(|host| self.hosts.get_index_of(&host.name)).collect();
        self.groups.push(Members {
            kind: Kind::of_host(first).letter(),
            columns: vec![CONNECTION_COLUMN; hosts.len()],
            hosts: at,
        });
    }

    /// A further element of the page, about one check where it passed.
    pub(super) fn group_of_passes(&mut self, check: &CheckId) {
        let columns = self.column(check).into_iter().collect();
        self.groups.push(Members { kind: Kind::Passed.letter(), columns, hosts: Vec::new() });
    }

    fn column(&self, check: &CheckId) -> Option<usize> {
        self.checks.get_index_of(check).map(|at| at + 1)
    }

    /// Everything as JSON.
    pub(super) fn json(&self) -> String {
        let words = SCRIPT_WORDS.map(|(name, word)| (name.to_owned(), json!(self.voice.word(word))));
        json!({
            "title": self.voice.say(|lang| title(self.report, lang)),
            "hosts": self.host_entries(),
            "checks": self.check_entries(),
            "rows": self.rows(),
            "kinds": Kind::ALL.map(|kind| kind.tag(self.voice)),
            "groups": self.groups,
            "words": words.into_iter().collect::<serde_json::Map<String, Value>>(),
        })
        .to_string()
    }

    fn host_entries(&self) -> Vec<Value> {
        let addresses: HashMap<&HostName, &str> =
            self.report.hosts.iter().map(|host| (&host.name, host.address.as_str())).collect();
        let entry = |host: &&HostName| {
            let address = addresses.get(*host).copied().unwrap_or_default();
            json!([escape::line(host.as_str()), escape::line(address)])
        };
        self.hosts.iter().map(entry).collect()
    }

    fn check_entries(&self) -> Vec<Value> {
        let connection = json!({"id": CONNECTION, "title": self.voice.word(Word::Connection), "phases": []});
        let checks = self.checks.iter().map(|(id, (verdict, phases))| {
            let title = self.voice.say(|lang| one_line(verdict.title.get(lang)));
            json!({"id": id, "title": title, "phases": phases})
        });
        std::iter::once(connection).chain(checks).collect()
    }

    /// A letter for each column, the worst where a check has several items.
    fn rows(&self) -> Vec<String> {
        let mut rows: Vec<Vec<Option<Kind>>> = vec![vec![None; self.checks.len() + 1]; self.hosts.len()];
        let mut put = |host: &HostName, column: usize, kind: Kind| {
            if let Some(at) = self.hosts.get_index_of(host) {
                let cell = &mut rows[at][column];
                *cell = Some(cell.map_or(kind, |there| there.min(kind)));
            }
        };
        for host in &self.report.hosts {
            put(&host.name, CONNECTION_COLUMN, Kind::of_host(host));
        }
        for verdict in &self.report.verdicts {
            if let Some(column) = self.column(&verdict.check) {
                put(&verdict.host, column, Kind::of(verdict));
            }
        }
        rows.into_iter().map(|row| row.into_iter().map(|cell| cell.map_or(NOTHING, Kind::letter)).collect()).collect()
    }
}

/// The window's title.
pub(super) fn title(report: &Report, lang: crate::text::Lang) -> String {
    format!("{}: {}", env!("CARGO_PKG_NAME"), numbers::conclusion(lang, report))
}
