//! What reading a configuration asks of this machine: whether a command succeeds, and whether a name has an address.

use std::{
    collections::HashMap,
    ffi::OsString,
    net::{SocketAddr, ToSocketAddrs as _},
    process::{Command, Stdio},
    sync::{Arc, Mutex, OnceLock, PoisonError, mpsc},
    time::{Duration, Instant},
};

use crate::{
    stop::{Group, Stop},
    transport::endpoint::AddressFamily,
};

/// How long a command of `Match exec` or a name lookup may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks each question once a run, however many hosts need the answer.
#[derive(Debug, Default)]
pub(super) struct Machine {
    /// No command is run.
    no_commands: bool,
    /// No name is looked up.
    no_names: bool,
    /// Ends the commands.
    stop: Stop,
    commands: Answers<Option<bool>>,
    names: Answers<bool>,
}

/// Answers that are looked for once; who comes while one is being looked for waits for it.
#[derive(Debug)]
struct Answers<T>(Mutex<HashMap<String, Arc<OnceLock<T>>>>);

impl<T> Default for Answers<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Copy> Answers<T> {
    fn get(&self, question: &str, ask: impl FnOnce() -> T) -> T {
        let cell = {
            let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(cells.entry(question.to_owned()).or_default())
        };
        *cell.get_or_init(ask)
    }
}

impl Machine {
    /// A machine on which nothing is run and no name is looked up.
    pub(super) fn silent() -> Self {
        Self { no_commands: true, no_names: true, ..Self::default() }
    }

    /// A machine that is asked for names only.
    pub(super) fn without_commands() -> Self {
        Self { no_commands: true, ..Self::default() }
    }

    /// The same machine, whose commands end when `stop` is requested.
    pub(super) fn stopped_by(self, stop: &Stop) -> Self {
        Self { stop: stop.clone(), ..self }
    }

    /// Whether commands may be run at all.
    pub(super) fn runs_commands(&self) -> bool {
        !self.no_commands
    }

    /// Whether `command` exits with 0 in the user's shell; `None` where it cannot be started or does not end.
    pub(super) fn succeeds(&self, command: &str) -> Option<bool> {
        if self.no_commands { None } else { self.commands.get(command, || run(command, &self.stop)) }
    }

    /// Whether the resolver has an address of this family for `name`.
    pub(super) fn has_address(&self, name: &str, family: AddressFamily) -> bool {
        if self.no_names {
            return false;
        }
        self.names.get(&format!("{name} {family:?}"), || addresses(name).iter().any(|address| family.takes(*address)))
    }

    /// A machine that has an address for `name`, whatever its resolver says.
    #[cfg(test)]
    pub(super) fn knowing(name: &str) -> Self {
        let machine = Self::default();
        machine.names.get(&format!("{name} {:?}", AddressFamily::Any), || true);
        machine
    }
}

/// Who runs the commands of `ssh_config`: `SHELL`, and `/bin/sh` where it is not set.
pub(crate) fn users_shell() -> OsString {
    std::env::var_os("SHELL").filter(|shell| !shell.is_empty()).unwrap_or_else(|| "/bin/sh".into())
}

/// As `ssh` does it, but with an end.
fn run(command: &str, stop: &Stop) -> Option<bool> {
    let mut child = Command::new(users_shell());
    child.arg("-c").arg(command).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut group = Group::start(stop, &mut child).ok()?;
    let ended = group.ended_by(Instant::now() + PATIENCE);
    let status = group.finish()?;
    ended.then(|| status.success())
}

/// The system's resolver knows no deadline, so it is asked on a thread that is left to itself if it takes too long.
fn addresses(name: &str) -> Vec<SocketAddr> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let name = name.to_owned();
    let lookup = move || {
        let _ = sender.send((name.as_str(), 0).to_socket_addrs().map(Iterator::collect::<Vec<_>>));
    };
    if std::thread::Builder::new().name("resolve".into()).spawn(lookup).is_err() {
        return Vec::new();
    }
    receiver.recv_timeout(PATIENCE).ok().and_then(Result::ok).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Machine;

    #[test]
    fn a_command_is_run_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("runs");
        let machine = Machine::default();
        let command = format!("echo >> '{}'; exit 0", file.display());
        for _ in 0..3 {
            assert_eq!(machine.succeeds(&command), Some(true));
        }
        assert_eq!(machine.succeeds("exit 3"), Some(false));
        assert_eq!(std::fs::read_to_string(file).unwrap().lines().count(), 1);
    }
}
