//! `ssh` on the mother, over a connection of our own to her.

use std::{
    io,
    sync::{Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    command,
    endpoint::MotherEndpoint,
    log::{ENDED, Log},
    mark::Mark,
    streams::{Link, Streams},
};
use crate::{
    shell,
    stop::Stop,
    transport::{
        credentials::Credentials,
        error::{TransportError, TransportErrorKind as Kind},
        ssh::{self, Shell},
    },
};

/// How many log in on the mother at the same time: OpenSSH's `MaxStartups` begins to drop connections beyond ten.
const AT_ONCE: usize = 6;

/// How long is waited before somebody looks whether the run was stopped.
const SLICE: Duration = Duration::from_millis(50);

/// Lets so many log in on a mother at the same time.
#[derive(Debug, Default)]
pub(in crate::transport) struct Gate {
    inside: Mutex<usize>,
    left: Condvar,
}

/// Somebody who is logging in.
struct Pass<'a>(&'a Gate);

impl Gate {
    fn enter(&self, deadline: Instant, stop: &Stop) -> Option<Pass<'_>> {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            // A turn that comes too late is none.
            if Instant::now() >= deadline || stop.is_requested() {
                return None;
            }
            if *inside < AT_ONCE {
                break;
            }
            inside = self.left.wait_timeout(inside, SLICE).unwrap_or_else(PoisonError::into_inner).0;
        }
        *inside += 1;
        Some(Pass(self))
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        *self.0.inside.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.left.notify_one();
    }
}

/// An `ssh` on the mother.
#[derive(Debug)]
pub(super) struct OnMother {
    pub(super) shell: Shell,
    streams: Streams,
}

/// Logs in on the mother and starts `ssh` there with a plain `sh` on the other side, which waits for the script.
pub(super) fn start(endpoint: &MotherEndpoint, credentials: &Credentials, deadline: Instant) -> Result<OnMother, Kind> {
    let mark = Mark::random()?;
    let ssh = [mark.options().to_vec(), command::arguments(&endpoint.target, "sh")?].concat();
    let run = format!("ssh {}", shell::join(&ssh));
    let job = Job { before: "", run: &run, after: "" };
    Ok(OnMother { streams: Streams::new(Some(mark)), ..run_there(endpoint, &job, credentials, deadline)? })
}

/// What the mother's shell is to do, as its text.
pub(super) struct Job<'a> {
    pub(super) before: &'a str,
    /// Reads our input, and is killed when we are gone.
    pub(super) run: &'a str,
    /// What is done in any case at the end; ends with a semicolon.
    pub(super) after: &'a str,
}

/// Does `job` on the mother as long as we are there.
pub(super) fn run_there(
    endpoint: &MotherEndpoint,
    job: &Job<'_>,
    credentials: &Credentials,
    deadline: Instant,
) -> Result<OnMother, Kind> {
    let (started, gate) = (Instant::now(), credentials.gate(&endpoint.mother));
    let Some(_pass) = gate.enter(deadline, &credentials.stop) else {
        return Err(no_turn(endpoint, started.elapsed()));
    };
    let failed = |error: TransportError| no_mother(endpoint, &error);
    let session = ssh::open(&endpoint.mother, credentials, deadline).map_err(failed)?;
    let shell = session.shell(&packed(&script(endpoint, job)), deadline).map_err(failed)?;
    Ok(OnMother { shell, streams: Streams::new(None) })
}

/// Those before us did not get in, or out of the way, in time.
fn no_turn(endpoint: &MotherEndpoint, after: Duration) -> Kind {
    let detail = format!("the logins of other hosts there were not over within {:.1} s", after.as_secs_f64());
    Kind::Proxy { command: endpoint.way(), detail }
}

/// The link to the mother failed: the target is behind it, and nobody knows anything of it.
fn no_mother(endpoint: &MotherEndpoint, error: &TransportError) -> Kind {
    Kind::Proxy { command: endpoint.way(), detail: error.message().en }
}

/// What the mother's shell does: `cat` holds the end of our line, and when we are gone everything is killed, because `sshd`
/// has started it in a process group of its own.
fn script(endpoint: &MotherEndpoint, job: &Job<'_>) -> String {
    let Job { before, run, after } = job;
    let [root, config] = [&endpoint.root, &endpoint.config].map(|path| shell::quote(path));
    let no_root = format!("hive-preflight: the mother has no directory `{}`", endpoint.root);
    let no_config = format!("hive-preflight: the mother has no `{}`; `hive build-infra` writes it", endpoint.config);
    let [no_root, no_config] = [no_root, no_config].map(|words| shell::quote(&words));
    format!(
        "LC_ALL=C; export LC_ALL
cd -- {root} || {{ echo {no_root} >&2; exit 1; }}
test -r {config} || {{ echo {no_config} >&2; exit 1; }}
command -v ssh >/dev/null || {{ echo 'hive-preflight: the mother has no `ssh` in PATH' >&2; exit 1; }}
{before}
{{ cat; {after} kill -KILL 0; }} 2>/dev/null | {{ {run}
printf '{ENDED}%s\\r\\n' $? >&2; {after} kill -KILL 0; }}
"
    )
}

/// `script` as one command line that every login shell reads alike, and which leaves standard input alone.
fn packed(script: &str) -> String {
    format!("sh -c 'eval \"$(echo {} | base64 -d)\"'", STANDARD.encode(script))
}

impl Link for OnMother {
    fn streams(&mut self) -> &mut Streams {
        &mut self.streams
    }

    fn round(&mut self) -> io::Result<bool> {
        let mut moved = false;
        if !self.streams.rest().is_empty() {
            let count = self.shell.write(self.streams.rest())?;
            self.streams.written += count;
            moved = count > 0;
        }
        let streams = &mut self.streams;
        moved |= self.shell.read(
            |is_error, bytes| {
                if is_error { streams.push_stderr(bytes) } else { streams.push_stdout(bytes) }
            },
        )?;
        Ok(moved)
    }

    fn wait(&mut self, until: Instant) {
        self.shell.wait(until);
    }

    fn is_over(&self) -> bool {
        self.shell.is_over()
    }

    fn has_ended(&mut self, _deadline: Instant) -> bool {
        true
    }

    fn finish(&mut self) -> (Option<i32>, Log) {
        let log = self.streams.said();
        (log.mothers_status(), log)
    }

    /// The input stays open, for its end would tell the mother that we are gone: the script says itself that it is over.
    fn prepare(&self, script: &str) -> (Vec<u8>, bool) {
        (format!("{script}\nexit\n").into_bytes(), false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_packed_script_means_anything_to_a_login_shell() {
        let line = packed("echo 'a' \"$b\" `c` !d \\ \n");
        let inner = line.strip_prefix("sh -c 'eval \"$(echo ").unwrap().strip_suffix(" | base64 -d)\"'").unwrap();
        assert!(inner.chars().all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c)), "{line}");
    }

    #[test]
    fn only_so_many_pass_the_gate_at_once() {
        let (gate, stop) = (Gate::default(), Stop::default());
        let within = |millis| Instant::now() + Duration::from_millis(millis);
        let mut passes: Vec<_> = (0..AT_ONCE).map(|_| gate.enter(within(60_000), &stop).unwrap()).collect();
        assert!(gate.enter(within(60), &stop).is_none());
        passes.pop();
        assert!(gate.enter(within(60_000), &stop).is_some());
    }
}
