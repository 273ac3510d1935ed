//! Runs the program in the copy, bounded in time and output.

use std::{
    env,
    ffi::{OsStr, OsString},
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use super::{EngineFault, copy::Copy};
use crate::{
    inventory::{
        Vault,
        document::MAX_FILE,
        script::{collect, ended},
    },
    stop::{Group, Stop},
};

/// How long it may take.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(60);
/// How much of its standard error a message shows, in characters from its end.
const SHOWN_STDERR: usize = 2000;

/// A program to run in a copy.
pub(super) struct Call {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
    pub(super) directory: PathBuf,
    pub(super) time_limit: Duration,
}

impl Call {
    /// What it prints.
    pub(super) fn run(&self, copy: &Copy, vault: &Vault, stop: &Stop) -> Result<String, EngineFault> {
        let start = |error: io::Error| EngineFault::Start(error.to_string());
        let mut group = Group::start(stop, &mut self.command(copy, vault)?).map_err(start)?;
        let stdout = collect(group.child.stdout.take()).map_err(start)?;
        let stderr = collect(group.child.stderr.take()).map_err(start)?;
        let output = wait(&group, &stdout, self.time_limit);
        // Whatever it left behind ends with it.
        let status = group.finish();
        let stderr = stderr.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
        // Before it is cut: half a secret would not be known.
        let stderr = shown(&vault.redactor().redact(&copy.renamed(&String::from_utf8_lossy(&stderr))));
        let (Some(output), Some(status)) = (output, status) else {
            return Err(EngineFault::Timeout { seconds: self.time_limit.as_secs(), stderr });
        };
        if output.len() as u64 > MAX_FILE {
            return Err(EngineFault::TooMuchOutput { limit: MAX_FILE });
        }
        if !status.success() {
            return Err(EngineFault::Failed { status: ended(status), stderr });
        }
        match String::from_utf8(output) {
            Ok(text) if text.trim_start().starts_with('{') => Ok(text),
            Ok(text) if text.trim().is_empty() => Err(EngineFault::Output { what: "nothing".to_owned(), stderr }),
            _ => Err(EngineFault::Output { what: "no JSON".to_owned(), stderr }),
        }
    }

    fn command(&self, copy: &Copy, vault: &Vault) -> Result<Command, EngineFault> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .current_dir(&self.directory)
            .env("PWD", &self.directory)
            .env("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "True")
            .env("ANSIBLE_VERBOSITY", "0")
            .env("ANSIBLE_NOCOLOR", "1")
            .env_remove("ANSIBLE_FORCE_COLOR")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(config) = env::var_os("ANSIBLE_CONFIG") {
            command.env("ANSIBLE_CONFIG", config_file(copy, &config));
        }
        let identities = vault.identities(copy.path()).map_err(|error| EngineFault::copy(copy.path(), &error))?;
        if !identities.is_empty() {
            command.env("ANSIBLE_VAULT_IDENTITY_LIST", identities).env_remove("ANSIBLE_VAULT_PASSWORD_FILE");
        }
        Ok(command)
    }
}

/// The configuration that the environment names, from the copy's directory.
fn config_file(copy: &Copy, named: &OsStr) -> OsString {
    let Ok(absolute) = std::path::absolute(Path::new(named)) else { return named.to_owned() };
    copy.known(&absolute).unwrap_or(absolute).into_os_string()
}

/// What it printed, once it ended; nothing where it takes too long.
fn wait(group: &Group, stdout: &mpsc::Receiver<Vec<u8>>, limit: Duration) -> Option<Vec<u8>> {
    let deadline = Instant::now() + limit;
    let output = stdout.recv_timeout(limit).ok()?;
    // It was told to stop when its output became too much.
    group.ended_by(deadline).then_some(output)
}

/// The end of what it told.
fn shown(stderr: &str) -> String {
    let text = stderr.trim();
    let skip = text.chars().count().saturating_sub(SHOWN_STDERR);
    text.chars().skip(skip).collect()
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, thread};

    use super::*;

    /// Runs a shell script in place of `ansible-inventory`; `DIR` in it is a directory of its own.
    fn run(script: &str, time_limit: Duration) -> (Result<String, EngineFault>, tempfile::TempDir) {
        let directory = tempfile::tempdir().expect("a directory");
        let program = directory.path().join("ansible-inventory");
        let script = script.replace("DIR", &directory.path().to_string_lossy());
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("writable");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("ours");
        let copy = Copy::new(&Stop::default()).expect("a copy");
        let call = Call { program, arguments: Vec::new(), directory: copy.scratch().expect("a directory"), time_limit };
        (call.run(&copy, &Vault::default(), &Stop::default()), directory)
    }

    #[test]
    fn what_hangs_ends_with_everything_that_it_started() {
        let script = "echo waiting for the cloud >&2; sleep 600 & echo $! >DIR/child; sleep 600";
        let (result, directory) = run(script, Duration::from_secs(5));
        let stderr = "waiting for the cloud".to_owned();
        assert_eq!(result, Err(EngineFault::Timeout { seconds: 5, stderr }));
        let child = fs::read_to_string(directory.path().join("child")).expect("it was started");
        let state = || fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
        // The kernel may still be ending it, or its new parent has not looked yet.
        let gone = (0..1000).any(|_| {
            thread::sleep(Duration::from_millis(10));
            let state = state();
            state.is_empty() || state.contains(") Z ")
        });
        assert!(gone, "{}", state());
    }

    #[test]
    fn what_is_no_inventory_is_told_with_its_words() {
        let output = |script| run(script, TIME_LIMIT).0.expect_err("no inventory");
        let stderr = "why".to_owned();
        let (what, none) = ("no JSON".to_owned(), "nothing".to_owned());
        assert_eq!(output("echo text; echo why >&2"), EngineFault::Output { what, stderr: stderr.clone() });
        assert_eq!(output("echo why >&2"), EngineFault::Output { what: none, stderr: stderr.clone() });
        let status = "exit 3".to_owned();
        assert_eq!(output("echo '{}'; echo why >&2; exit 3"), EngineFault::Failed { status, stderr });
        assert_eq!(output("exec yes '{}'"), EngineFault::TooMuchOutput { limit: MAX_FILE });
        assert_eq!(run("echo '{}'", TIME_LIMIT).0.as_deref(), Ok("{}\n"));
    }
}
