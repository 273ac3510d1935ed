//! What was decided about one check on one host, as data; prose about it is made in the reports.

use std::{fmt, str::FromStr, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{catalog::CheckId, inventory::HostName, location::Location, text::Text};

/// What became of one check on one host (and one item). Outcomes never merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The expectation holds.
    Pass,
    /// The expectation does not hold.
    Fail,
    /// Could not be judged.
    Error,
    /// The host could not be reached, so nothing was asked.
    Unreachable,
    /// A check that this one needs did not pass.
    Blocked,
    /// Does not apply here.
    Skipped,
    /// Failed, and somebody answered for it.
    Waived,
}

impl Outcome {
    /// The stable word for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Error => "error",
            Self::Unreachable => "unreachable",
            Self::Blocked => "blocked",
            Self::Skipped => "skipped",
            Self::Waived => "waived",
        }
    }

    /// How bad it is for a host as a whole; the worst has the highest rank.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::Skipped => 0,
            Self::Pass => 1,
            Self::Waived => 2,
            Self::Blocked => 3,
            Self::Error => 4,
            Self::Fail => 5,
            Self::Unreachable => 6,
        }
    }
}

/// How bad a failed check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Will hurt some day, or under conditions.
    Warning,
    /// The phase will fail or harm.
    #[default]
    Error,
}

impl FromStr for Severity {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "info" => Ok(Self::Info),
            "warning" => Ok(Self::Warning),
            "error" => Ok(Self::Error),
            _ => Err(()),
        }
    }
}

impl Severity {
    /// The stable word for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a check ended as `error`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The probe did not answer in its time.
    Timeout,
    /// The output was longer than its cap, so it was not judged.
    Truncated,
    /// No complete answer came back (frame missing or broken).
    NoAnswer,
    /// `sudo`, `doas` or `su` refused.
    Sudo,
    /// The exit status is not one that counts as an answer.
    ExitStatus,
    /// The probe's tool is missing.
    MissingTool,
    /// An expression could not be evaluated (undefined variable, wrong type).
    Expression,
    /// The check itself says that this cannot be judged (`error_when`).
    Undecidable,
}

impl ErrorKind {
    /// The stable word for programs.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Truncated => "truncated",
            Self::NoAnswer => "no_answer",
            Self::Sudo => "sudo",
            Self::ExitStatus => "exit_status",
            Self::MissingTool => "missing_tool",
            Self::Expression => "expression",
            Self::Undecidable => "undecidable",
        }
    }
}

/// One step of a remedy, rendered for one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemedyStep {
    /// What to do, in words; may be empty where the command says it all.
    pub text: Text,
    /// A command ready to paste.
    pub command: Option<String>,
    /// The host on which to type it.
    pub on: Option<String>,
}

/// Why a failure does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Excuse {
    /// Somebody answers for it.
    Waiver {
        /// Why it is acceptable.
        reason: String,
        /// Who answers for it.
        owner: String,
        /// The last day on which that counts, `YYYY-MM-DD`.
        expires: String,
    },
    /// It was there in the run that the project compares with.
    Baseline {
        /// When that run began.
        since: String,
    },
}

/// Who stands in for a manual item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Signature {
    /// Who verified it.
    pub who: String,
    /// When, as it was written: `YYYY-MM-DD`, or a moment.
    pub when: String,
    /// The last day on which it counts, `YYYY-MM-DD`.
    pub valid_until: String,
    /// What else was worth writing down; null where nothing was.
    pub note: Option<String>,
    /// File and line of the signature, `FILE:LINE:COLUMN`.
    pub place: String,
}

/// One check's result on one host (and one loop item).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The check.
    pub check: CheckId,
    /// The host that it speaks of.
    pub host: HostName,
    /// The loop item as text.
    pub item: Option<String>,
    /// What was decided.
    pub outcome: Outcome,
    /// How bad a failure is; for other outcomes what it would have been.
    pub severity: Severity,
    /// Why it is an error, where `outcome` is [`Outcome::Error`].
    pub error_kind: Option<ErrorKind>,
    /// The check's title, rendered.
    pub title: Text,
    /// Why the condition matters.
    pub why: Text,
    /// What was found.
    pub message: Text,
    /// Lines that prove it: the command that was asked and what it answered; bounded in size, not yet escaped.
    pub evidence: Vec<String>,
    /// The expressions that did not hold.
    pub failed: Vec<String>,
    /// Where the host, or the offending key, is written.
    pub location: Option<Location>,
    /// What to do; empty for a pass.
    pub remedy: Vec<RemedyStep>,
    /// The FAQ entry.
    pub faq: Option<String>,
    /// Where the FAQ entry's original stands.
    pub url: Option<String>,
    /// Why it does not count, where `outcome` is [`Outcome::Waived`].
    pub excuse: Option<Excuse>,
    /// The checks that it waits for, where `outcome` is [`Outcome::Blocked`].
    pub blocked_by: Vec<CheckId>,
    /// Time that the probe took.
    pub duration: Duration,
}
