//! The closed set of probes, fully rendered, and what they bring back.

use std::{sync::Arc, time::Duration};

/// Exit statuses that count as an answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StatusSet {
    /// Every status.
    Any,
    /// These only.
    Only(Vec<i32>),
}

impl Default for StatusSet {
    fn default() -> Self {
        Self::Only(vec![0])
    }
}

impl StatusSet {
    /// Whether `status` is an answer.
    #[must_use]
    pub fn contains(&self, status: i32) -> bool {
        match self {
            Self::Any => true,
            Self::Only(list) => list.contains(&status),
        }
    }
}

/// A script file beside its check.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ScriptSource {
    /// File name, for messages.
    pub name: String,
    /// The text that is fed to the interpreter.
    pub body: Arc<str>,
}

/// One question to a host, with every value filled in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Probe {
    /// A program with arguments.
    Command {
        /// Program and arguments.
        argv: Vec<String>,
        /// Working directory.
        chdir: Option<String>,
        /// Exit statuses that are an answer.
        rc: StatusSet,
        /// Cap of each stream in bytes.
        max_bytes: usize,
    },
    /// A POSIX `sh` text.
    Shell {
        /// The text.
        cmd: String,
        /// Working directory.
        chdir: Option<String>,
        /// Exit statuses that are an answer.
        rc: StatusSet,
        /// Cap of each stream in bytes.
        max_bytes: usize,
    },
    /// A script fed to an interpreter.
    Script {
        /// The script.
        source: ScriptSource,
        /// Its arguments.
        args: Vec<String>,
        /// The interpreter and its own arguments.
        interpreter: Vec<String>,
        /// Exit statuses that are an answer.
        rc: StatusSet,
        /// Cap of each stream in bytes.
        max_bytes: usize,
    },
    /// A monitoring plugin.
    Nagios {
        /// Program and arguments.
        argv: Vec<String>,
    },
    /// A path's metadata.
    File {
        /// The path.
        path: String,
    },
    /// What stands at the path of a unix socket.
    UnixSocket {
        /// The path.
        path: String,
    },
    /// A unix socket of the host, opened through the connection.
    StreamLocal {
        /// The path on the host.
        path: String,
        /// Path of an HTTP GET to send once it is open.
        http_get: Option<String>,
    },
    /// A TCP connection from the host.
    Tcp {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
    },
    /// The host's clock.
    Clock,
    /// What the connection itself told.
    Connection,
    /// Nothing: the inventory has the answer.
    Inventory,
}

/// What a probe saw: names to values, as `docs/checks.md` lists them for each kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The values that expressions see.
    pub values: serde_json::Map<String, serde_json::Value>,
    /// How long the probe took on the host.
    pub duration: Duration,
    /// What was asked and answered, for people; bounded.
    pub evidence: Vec<String>,
}

/// Why a probe brought nothing back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// The probe's own deadline passed.
    #[error("no answer within {}", humantime(.0))]
    TimedOut(Duration),
    /// A stream was longer than its cap.
    #[error("output truncated at {0} bytes")]
    Truncated(usize),
    /// The frame is missing or broken.
    #[error("no complete answer came back: {0}")]
    NoAnswer(String),
    /// `sudo`, `doas` or `su` refused, with its words.
    #[error("becoming another user was refused: {0}")]
    Sudo(String),
    /// The exit status is not an answer; first line of the output.
    #[error("exit status {status}: {detail}")]
    ExitStatus {
        /// The exit status.
        status: i32,
        /// First line of standard error, else of standard output.
        detail: String,
    },
    /// The tool is not on the host.
    #[error("`{0}` is not there or cannot be run")]
    MissingTool(String),
    /// The answer was complete but cannot be read (a clock that is no number, perfdata that is none).
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
}

fn humantime(duration: &Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}
