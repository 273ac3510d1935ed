//! Answers to observations, one file a kind of probe.

mod clock;
mod command;
mod direct;
mod evidence;
mod file;
mod nagios;
mod perfdata;
mod tcp;
mod unix_socket;

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use super::{Answer, Observation, Probe, ProbeError};

pub use direct::{ConnectionFacts, StreamLocalAnswer, connection, inventory, stream_local};
pub(super) use evidence::first_line;

/// What is known about the time at which the batch ran.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timing {
    /// Our clock when the script was sent.
    pub(super) sent: SystemTime,
    /// Our clock when its last byte had come.
    pub(super) received: SystemTime,
    /// Seconds since the host's boot when the script began.
    pub(super) began: Option<f64>,
    /// And when it ended.
    pub(super) ended: Option<f64>,
}

/// What `probe` saw, from a complete `answer`.
pub(super) fn read(probe: &Probe, answer: &Answer, timing: &Timing) -> Result<Observation, ProbeError> {
    match probe {
        Probe::Command { argv, rc, .. } => command::command(argv, rc, answer),
        Probe::Shell { cmd, rc, .. } => command::shell(cmd, rc, answer),
        Probe::Script { source, args, interpreter, rc, .. } => {
            command::script(&source.name, args, interpreter, rc, answer)
        }
        Probe::Nagios { argv } => nagios::read(argv, answer),
        Probe::File { path } => file::read(path, answer),
        Probe::UnixSocket { path } => unix_socket::read(path, answer),
        Probe::Tcp { host, port } => tcp::read(host, *port, answer),
        Probe::Clock => clock::read(answer, timing),
        Probe::StreamLocal { .. } | Probe::Connection | Probe::Inventory => {
            Err(ProbeError::NoAnswer("this probe does not ask a shell".to_owned()))
        }
    }
}

/// An observation with what all kinds have.
fn observation(values: Vec<(&str, Value)>, duration: Duration, evidence: Vec<String>) -> Observation {
    let common = [("ran", Value::from(true)), ("duration", Value::from(duration.as_secs_f64()))];
    let values = common.into_iter().chain(values).map(|(name, value)| (name.to_owned(), value));
    Observation { values: values.collect::<Map<_, _>>(), duration, evidence }
}
