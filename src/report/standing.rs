//! What a run says as a whole: the data from which the exit code and the last line of the report are made.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Report;
use crate::{
    catalog::CheckId,
    judge::{Outcome, Verdict},
};

/// What a run says as a whole. Several things may be true at once; [`Standing::readiness`] names the first of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// A check failed with a severity at or above the threshold.
    pub findings: bool,
    /// Something could not be judged, reached or finished.
    pub unknown: bool,
    /// At least one check was decided or tried.
    pub checked: bool,
}

/// The run in one word. The order is that of the exit codes: what was found outweighs what could not be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    /// Nothing stands in the way.
    Ready,
    /// Something will stop the run.
    NotReady,
    /// Nothing was found, but not everything could be judged.
    Unknown,
    /// No check applied to any host, so that nothing is known.
    NothingChecked,
}

impl Readiness {
    /// The stable word for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::NotReady => "not_ready",
            Self::Unknown => "unknown",
            Self::NothingChecked => "nothing_checked",
        }
    }
}

impl Standing {
    /// The run in one word.
    #[must_use]
    pub fn readiness(self) -> Readiness {
        match self {
            Self { findings: true, .. } => Readiness::NotReady,
            Self { unknown: true, .. } => Readiness::Unknown,
            Self { checked: false, .. } => Readiness::NothingChecked,
            Self { .. } => Readiness::Ready,
        }
    }
}

impl Report {
    /// What the run says as a whole.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing {
            findings: self.verdicts.iter().any(|verdict| self.is_finding(verdict)),
            unknown: self.interrupted || self.has_silent_host() || self.has_unknown_verdict(),
            checked: self.verdicts.iter().any(|verdict| verdict.outcome != Outcome::Skipped),
        }
    }

    fn is_finding(&self, verdict: &Verdict) -> bool {
        verdict.outcome == Outcome::Fail && verdict.severity >= self.threshold
    }

    fn has_silent_host(&self) -> bool {
        self.hosts.iter().any(|host| host.error.is_some() || host.outcome == Outcome::Unreachable)
    }

    fn has_unknown_verdict(&self) -> bool {
        let told = self.checks();
        self.verdicts.iter().any(|verdict| is_unknown(verdict, &told))
    }

    /// The checks that the report tells of.
    pub(super) fn checks(&self) -> HashSet<&CheckId> {
        self.verdicts.iter().map(|verdict| &verdict.check).collect()
    }
}

/// Whether nobody knows what `verdict` should say; `told` are the checks of the report.
pub(super) fn is_unknown(verdict: &Verdict, told: &HashSet<&CheckId>) -> bool {
    match verdict.outcome {
        Outcome::Error | Outcome::Unreachable => true,
        // What blocks is itself in the report and counts there; where it is not, nobody judged it.
        Outcome::Blocked => !verdict.blocked_by.iter().any(|needed| told.contains(needed)),
        Outcome::Pass | Outcome::Fail | Outcome::Skipped | Outcome::Waived => false,
    }
}
