//! The whole of a run, collected; every format is a pure function of it.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    catalog::{CheckId, Phase},
    event::HostResult,
    inventory::HostName,
    judge::{Excuse, Outcome, RemedyStep, Severity, Signature, Verdict},
    text::Text,
};

/// A run's result, made by [`crate::report::Collector`].
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Where the inventory came from, as the user named it.
    pub inventory: Vec<String>,
    /// The stage, in a hive project.
    pub stage: Option<String>,
    /// The phase of `--before`.
    pub phase: Option<Phase>,
    /// The least severity that counts as a finding: error, or warning with `--strict`.
    pub threshold: Severity,
    /// When the run began, RFC 3339 in UTC.
    pub started: String,
    /// Wall time of the run.
    pub duration: Duration,
    /// The run ended before every host was done.
    pub interrupted: bool,
    /// Every host of the run, in plan order, the failed ones too.
    pub hosts: Vec<HostReport>,
    /// Every verdict, in plan order of the hosts.
    pub verdicts: Vec<Verdict>,
    /// The phases that the run's checks guard; no phase: all of them.
    pub guards: BTreeMap<CheckId, Vec<Phase>>,
    /// What a person has to verify, on each host.
    pub manual: Vec<ManualItem>,
    /// Things to know that are no findings (host key checking off, options not followed).
    pub notices: Vec<Text>,
}

/// One host of the run.
pub type HostReport = HostResult;

/// Something that a person has to verify on one host. Only where signatures were given is it a verdict, too.
#[derive(Debug, Clone, PartialEq)]
pub struct ManualItem {
    /// The check.
    pub check: CheckId,
    /// The host that it speaks of.
    pub host: HostName,
    /// How bad it is where nobody signs.
    pub severity: Severity,
    /// The wanted condition.
    pub title: Text,
    /// Why it matters.
    pub why: Text,
    /// How to verify it.
    pub verify: Text,
    /// What to do where it does not hold.
    pub remedy: Vec<RemedyStep>,
    /// Who stands in for it; absent: nobody, it is open.
    pub signature: Option<Signature>,
    /// Why it does not count although it is open.
    pub excuse: Option<Excuse>,
}

/// How many of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Hosts of the run.
    pub hosts: usize,
    /// Hosts that could not be reached.
    pub hosts_unreachable: usize,
    /// All results.
    pub total: usize,
    /// Passed.
    pub pass: usize,
    /// Failed, any severity.
    pub fail: usize,
    /// Failed with severity error.
    pub errors: usize,
    /// Failed with severity warning.
    pub warnings: usize,
    /// Failed with severity info.
    pub infos: usize,
    /// Could not be judged.
    pub error: usize,
    /// Not asked, since the host could not be reached.
    pub unreachable: usize,
    /// Needs something that failed.
    pub blocked: usize,
    /// Does not apply.
    pub skipped: usize,
    /// Waived.
    pub waived: usize,
}

impl Summary {
    /// Counts `verdicts`; the hosts are left at zero.
    pub(super) fn of<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> Self {
        let mut summary = Self::default();
        for verdict in verdicts {
            summary.add(verdict);
        }
        summary
    }

    fn add(&mut self, verdict: &Verdict) {
        self.total += 1;
        match verdict.outcome {
            Outcome::Pass => self.pass += 1,
            Outcome::Fail => self.add_failure(verdict.severity),
            Outcome::Error => self.error += 1,
            Outcome::Unreachable => self.unreachable += 1,
            Outcome::Blocked => self.blocked += 1,
            Outcome::Skipped => self.skipped += 1,
            Outcome::Waived => self.waived += 1,
        }
    }

    fn add_failure(&mut self, severity: Severity) {
        self.fail += 1;
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Info => self.infos += 1,
        }
    }
}

impl Report {
    /// How many of each.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let hosts_unreachable = self.hosts.iter().filter(|host| host.outcome == Outcome::Unreachable).count();
        Summary { hosts: self.hosts.len(), hosts_unreachable, ..Summary::of(&self.verdicts) }
    }
}
