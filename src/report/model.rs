//! The whole of a run, collected; every format is a pure function of it.

use std::time::Duration;

use crate::{catalog::Phase, event::HostResult, judge::Verdict};

/// A run's result.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The stage, in a hive project.
    pub stage: Option<String>,
    /// The phase of `--before`.
    pub phase: Option<Phase>,
    /// When the run began, RFC 3339 in UTC.
    pub started: String,
    /// Wall time of the run.
    pub duration: Duration,
    /// Every host of the run, in plan order, the failed ones too.
    pub hosts: Vec<HostReport>,
    /// Every verdict, in plan order.
    pub verdicts: Vec<Verdict>,
    /// Things to know that are no findings (host key checking off, options not followed).
    pub notices: Vec<crate::text::Text>,
}

/// One host of the run.
pub type HostReport = HostResult;

/// How many of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Summary {
    /// Hosts of the run.
    pub hosts: usize,
    /// All verdicts.
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
    /// Not reached.
    pub unreachable: usize,
    /// Needs something that failed.
    pub blocked: usize,
    /// Does not apply.
    pub skipped: usize,
    /// Waived.
    pub waived: usize,
}
