//! What a command says, how much of it, and for how long.

use std::time::{Duration, Instant};

use hive_preflight::transport::SentAs;

use super::{local, open, stdout};
use crate::lab::sshd::{Account, Sshd, roomy};

#[test]
fn a_large_script_goes_over_standard_input() {
    let server = Sshd::start();
    let mut session = open(server.endpoint("root")).unwrap();
    // 40 KB that do not pack.
    let noise: Vec<_> =
        (0..2_500u64).map(|n| format!(": {:x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17))).collect();
    let noise: Vec<_> = noise
        .iter()
        .enumerate()
        .map(|(n, line)| format!("{line} {:x}", (n as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93)))
        .collect();
    let script = format!("{}\necho done\nexit 3\n", noise.join("\n"));
    assert!(script.len() > 80_000);
    let output = session.exec(&script, &roomy()).unwrap();
    assert_eq!((stdout(&output).as_str(), output.exit_status, output.sent_as), ("done\n", Some(3), SentAs::Stdin));
    let output = session.exec(&format!("{}\necho again", "# padding\n".repeat(4_000)), &roomy()).unwrap();
    assert_eq!(
        (stdout(&output).as_str(), output.sent_as),
        ("again\n", SentAs::CommandLine),
        "the connection serves again"
    );
}

#[test]
fn without_base64_the_other_way_is_left() {
    let server = Sshd::with(&["SetEnv PATH=/nowhere"]);
    let account = Account::with_shell("/bin/dash");
    let mut session = open(server.endpoint(account.name())).unwrap();
    let output = session.exec("echo frame", &roomy()).unwrap();
    assert_eq!((stdout(&output).as_str(), output.sent_as), ("", SentAs::CommandLine), "{output:?}");
}

#[test]
fn both_streams_are_capped_and_neither_stalls_the_other() {
    let server = Sshd::start();
    let script = "head -c 5000000 /dev/zero >&2; echo out; head -c 3000000 /dev/zero; echo end >&2; exit 4";
    for mut session in [open(server.endpoint("root")).unwrap(), local()] {
        let mut limits = roomy();
        (limits.max_stdout, limits.max_stderr) = (1000, 2000);
        let output = session.exec(script, &limits).unwrap();
        assert_eq!((output.stdout.len(), output.stderr.len(), output.truncated), (1000, 2000, true));
        assert_eq!((output.exit_status, output.timed_out, output.lost), (Some(4), false, false));
    }
}

#[test]
fn an_endless_stream_is_cut_off_before_its_deadline() {
    let server = Sshd::start();
    for mut session in [open(server.endpoint("root")).unwrap(), local()] {
        let started = Instant::now();
        let output = session.exec("yes", &roomy()).unwrap();
        assert!(output.truncated && !output.timed_out && output.exit_status.is_none(), "{:?}", started.elapsed());
    }
}

#[test]
fn a_deadline_holds_whatever_trickles_in() {
    let server = Sshd::start();
    let mut session = open(server.endpoint("root")).unwrap();
    let mut limits = roomy();
    limits.deadline = Instant::now() + Duration::from_secs(4);
    let output =
        session.exec("n=0; while [ $n -lt 600 ]; do echo drip; sleep 0.05; n=$((n+1)); done", &limits).unwrap();
    assert!(output.timed_out && output.stdout.starts_with(b"drip"), "{output:?}");
    assert_eq!(output.exit_status, None);
    let error = session.exec("echo more", &roomy()).unwrap_err();
    assert_eq!(error.class(), "lost", "a connection that was cut off is not used again");
}

#[test]
fn a_signal_is_no_exit_status() {
    let server = Sshd::start();
    let mut session = open(server.endpoint("root")).unwrap();
    let output = session.exec_stdin("echo before; kill -KILL $$", &roomy()).unwrap();
    assert!(stdout(&output).ends_with("before\n"));
    // bash runs `sh` in its own place, so that the signal is the command's.
    assert_eq!((output.exit_status, output.exit_signal.as_deref()), (None, Some("KILL")), "{output:?}");
    let output = local().exec("kill -TERM $$", &roomy()).unwrap();
    assert_eq!((output.exit_status, output.exit_signal.as_deref()), (None, Some("TERM")), "{output:?}");
}

#[test]
fn a_refused_shell_is_told() {
    let server = Sshd::with(&["MaxSessions 0"]);
    let error = open(server.endpoint("root")).unwrap().exec("true", &roomy()).unwrap_err();
    assert_eq!(error.class(), "channel", "{error}");
}
