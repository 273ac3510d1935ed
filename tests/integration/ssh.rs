//! Connections to a real OpenSSH server, and every way in which they fail.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its world fails")]

mod beside;
mod greeting;
mod host_keys;
mod login;
mod proxy;
mod public_key;
mod sockets;
mod streams;

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use hive_preflight::transport::{
    Credentials, Endpoint, ExecOutput, LocalEndpoint, SentAs, Session, SshEndpoint, TransportError, connect,
};

use crate::lab::sshd::{Account, Sshd, roomy, soon};

/// Prints what quoting would break, on both streams, and exits with 7.
const AWKWARD: &str =
    "printf '%s\\n' 'single' \"double $((1+1))\" 'back\\slash' 'bang!' `echo tick`\necho err >&2\nexit 7\n";
const AWKWARD_OUT: &str = "single\ndouble 2\nback\\slash\nbang!\ntick\n";

fn open(endpoint: SshEndpoint) -> Result<Session, TransportError> {
    connect(&Endpoint::Ssh(Box::new(endpoint)), &Credentials::batch(), soon())
}

fn local() -> Session {
    connect(&Endpoint::Local(LocalEndpoint::default()), &Credentials::batch(), soon()).unwrap()
}

fn stdout(output: &ExecOutput) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_script_runs_and_both_streams_and_the_status_come_back() {
    let server = Sshd::start();
    let mut session = open(server.endpoint("root")).unwrap();
    let output = session.exec(AWKWARD, &roomy()).unwrap();
    assert_eq!(stdout(&output), AWKWARD_OUT);
    assert!(String::from_utf8_lossy(&output.stderr).contains("err\n"));
    assert_eq!(output.exit_status, Some(7));
    assert_eq!((output.truncated, output.timed_out, output.lost), (false, false, false));
    assert_eq!(output.sent_as, SentAs::CommandLine);
}

#[test]
fn facts_name_the_server() {
    let server = Sshd::start();
    let facts = open(server.endpoint("root")).unwrap().facts();
    assert!(facts.banner.as_deref().unwrap().starts_with("SSH-2.0-OpenSSH_"), "{facts:?}");
    assert!(facts.software.as_deref().unwrap().starts_with("OpenSSH_"), "{facts:?}");
    assert_eq!((facts.address.as_str(), facts.port, facts.user.as_str()), ("127.0.0.1", Some(server.port()), "root"));
    assert_eq!(facts.host_key.unwrap().key_type, "ssh-ed25519");
}

#[test]
fn every_login_shell_runs_the_same_script() {
    let server = Sshd::start();
    for shell in ["/bin/bash", "/bin/dash", "/usr/bin/fish", "/bin/csh", "/bin/rbash"] {
        let account = Account::with_shell(shell);
        account.write(".bashrc", "echo noise; echo noise >&2; alias sh=false; set -u\n");
        let mut session = open(server.endpoint(account.name())).unwrap();
        for output in [session.exec(AWKWARD, &roomy()).unwrap(), session.exec_stdin(AWKWARD, &roomy()).unwrap()] {
            assert!(stdout(&output).ends_with(AWKWARD_OUT), "{shell}: {output:?}");
            assert_eq!(output.exit_status, Some(7), "{shell}: {output:?}");
        }
    }
}

#[test]
fn a_local_script_runs_and_its_group_ends_at_the_deadline() {
    let output = local().exec(AWKWARD, &roomy()).unwrap();
    assert_eq!((stdout(&output).as_str(), output.exit_status), (AWKWARD_OUT, Some(7)));
    let mut limits = roomy();
    limits.deadline = Instant::now() + Duration::from_secs(3);
    let output = local().exec("sleep 1000 & echo $!; wait", &limits).unwrap();
    assert!(output.timed_out && output.exit_status.is_none(), "{output:?}");
    let child = stdout(&output).trim().to_owned();
    assert_ne!(child, "", "it was started before the deadline");
    assert_ends(&child);
}

/// Waits until the process has ended, or is left as a zombie: a killed one may stand in `/proc` a moment longer.
#[track_caller]
fn assert_ends(pid: &str) {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if state.is_empty() || state.contains(") Z") {
            return;
        }
        assert!(Instant::now() < end, "still alive: {state}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The error of a connection that must fail, with what a person would read.
fn refusal(endpoint: SshEndpoint) -> TransportError {
    let error = open(endpoint).unwrap_err();
    assert!(!error.message().en.is_empty() && !error.message().ja.is_empty());
    error
}

fn commands(error: &TransportError) -> Vec<String> {
    error.remedy().into_iter().flat_map(|step| step.commands).collect()
}
