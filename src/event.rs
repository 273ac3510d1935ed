//! The one type that [`crate::engine`] sends and [`crate::report`] reads.

use std::{borrow::Cow, time::Duration};

use crate::{
    inventory::HostName,
    judge::{Outcome, Verdict},
    location::Location,
    text::Text,
};

/// What happens during a run, in the order in which it happens.
#[derive(Debug, Clone)]
pub enum Event {
    /// A run begins with so many hosts and so many checks (one per host and item).
    RunStarted {
        /// Hosts that will be asked.
        hosts: usize,
        /// Verdicts that will come.
        checks: usize,
    },
    /// A worker took up a host.
    HostStarted {
        /// The host.
        host: HostName,
    },
    /// The host answered and authentication succeeded.
    HostConnected {
        /// The host.
        host: HostName,
    },
    /// The host could not be reached, and will be tried again.
    HostWaiting {
        /// The host.
        host: HostName,
        /// How often it was tried so far.
        tries: u32,
        /// Why the last try failed.
        error: Box<HostError>,
    },
    /// A check was decided.
    Verdict(Box<Verdict>),
    /// A host is done.
    HostFinished(Box<HostResult>),
    /// Nothing more will come.
    RunFinished {
        /// Wall time of the run.
        duration: Duration,
    },
}

/// What became of a host as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct HostResult {
    /// The host.
    pub name: HostName,
    /// Where it was looked for: `user@address:port`, or `local`.
    pub address: String,
    /// The worst outcome of its checks, or [`Outcome::Unreachable`].
    pub outcome: Outcome,
    /// Why it could not be reached.
    pub error: Option<HostError>,
    /// Where the host is written.
    pub location: Option<Location>,
    /// Time from taking it up to its last verdict.
    pub duration: Duration,
}

/// The class of a host that was not done when the run ended.
pub const INTERRUPTED: &str = "interrupted";

/// Why a host could not be reached, for people and for machines.
#[derive(Debug, Clone, PartialEq)]
pub struct HostError {
    /// The stable name of the class: `name`, `refused`, `timeout`, `host_key_unknown`, `host_key_changed`, ...
    pub class: Cow<'static, str>,
    /// What happened.
    pub message: Text,
    /// What to do.
    pub remedy: Vec<crate::judge::RemedyStep>,
}

impl HostError {
    /// The run ended before the host was done.
    #[must_use]
    pub fn interrupted() -> Self {
        let message =
            Text::new("the run ended before this host was done", "このホストの検査が終わる前に実行が打ち切られました");
        Self { class: INTERRUPTED.into(), message, remedy: Vec::new() }
    }

    /// Whether the run ended before the host was done.
    #[must_use]
    pub fn is_interruption(&self) -> bool {
        self.class == INTERRUPTED
    }
}
