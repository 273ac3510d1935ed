//! Batches of probes through the real shells of this machine.

mod r#become;
mod kinds;
mod limits;
mod wreckage;

use std::{
    collections::BTreeMap,
    io::Write,
    process::{Command, Output, Stdio},
    sync::Arc,
    time::{Duration, SystemTime},
};

use hive_preflight::probe::{
    Answer, Batch, Exchange, ExchangeEnd, Nonce, Observation, Probe, ProbeError, Question, ScriptSource, StatusSet,
};
use proptest::prelude::*;

/// The shells that a host may have as `sh`. Those of the first line are required, the others used where they are.
const SHELLS: [&[&str]; 6] = [&["sh"], &["dash"], &["bash", "--posix"], &["busybox", "sh"], &["mksh"], &["ksh93"]];

fn shells() -> Vec<&'static [&'static str]> {
    let there = |shell: &&&[&str]| {
        let optional = matches!(shell[0], "mksh" | "ksh93");
        !optional || Command::new(shell[0]).args(["-c", ":"]).status().is_ok()
    };
    SHELLS.iter().filter(there).copied().collect()
}

fn command(argv: &[&str]) -> Probe {
    Probe::Command {
        argv: argv.iter().map(ToString::to_string).collect(),
        chdir: None,
        rc: StatusSet::Any,
        max_bytes: 4096,
    }
}

fn shell(cmd: &str) -> Probe {
    Probe::Shell { cmd: cmd.to_owned(), chdir: None, rc: StatusSet::Any, max_bytes: 4096 }
}

fn question(id: u32, probe: Probe) -> Question {
    Question { id, probe: Arc::new(probe), r#become: false, is_secret: false, timeout: Duration::from_secs(20) }
}

fn batch(questions: Vec<Question>) -> Batch {
    Batch::new(questions, Nonce::random().expect("random bytes"))
}

fn of_probes(probes: impl IntoIterator<Item = Probe>) -> Batch {
    batch((0..).zip(probes).map(|(id, probe)| question(id, probe)).collect())
}

/// Feeds `script` to `shell` on standard input, in the way of a host whose command line is too short for it.
fn run(shell: &[&str], script: &str) -> Output {
    feed(Command::new(shell[0]).args(&shell[1..]), script)
}

fn feed(command: &mut Command, script: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?} must be there: {error}"));
    let mut stdin = child.stdin.take().expect("standard input is piped");
    let script = script.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(script.as_bytes()));
    let output = child.wait_with_output().expect("the shell ends");
    writer.join().expect("the writer ends").expect("the shell reads all of the script");
    output
}

fn exchange() -> Exchange {
    Exchange { sent: SystemTime::now(), received: SystemTime::now(), end: ExchangeEnd::Complete }
}

fn answers(batch: &Batch, output: &Output) -> BTreeMap<u32, Result<Answer, ProbeError>> {
    batch.answers(&output.stdout, &output.stderr, &exchange())
}

fn ask(shell: &[&str], batch: &Batch) -> BTreeMap<u32, Result<Answer, ProbeError>> {
    answers(batch, &run(shell, &batch.script()))
}

fn answered(status: i32, stdout: &str, stderr: &str) -> (i32, Vec<u8>, Vec<u8>) {
    (status, stdout.into(), stderr.into())
}

fn plain(answer: Result<Answer, ProbeError>) -> (i32, Vec<u8>, Vec<u8>) {
    let answer = answer.expect("an answer");
    (answer.status, answer.stdout, answer.stderr)
}

fn observe(probe: Probe) -> Result<Observation, ProbeError> {
    let batch = of_probes([probe]);
    let output = run(&["sh"], &batch.script());
    batch.read(&output.stdout, &output.stderr, &exchange()).remove(&0).expect("every question has an answer")
}

#[test]
fn streams_and_status_of_each_probe_come_back_apart() {
    for shell_ in shells() {
        let batch = of_probes([
            shell("printf out; printf err >&2; exit 3"),
            command(&["printf", "a\\0b\\377\\n\\n"]),
            command(&["true"]),
            shell("echo \"$LC_ALL:$PATH\" | grep -c '^C:.*:/usr/local/sbin:.*/usr/sbin.*:/sbin:'; umask"),
            shell("cat; echo end"),
            shell("command -v hpp || echo $hpn none"),
        ]);
        let mut answers = ask(shell_, &batch);
        let mut next = |id| plain(answers.remove(&id).unwrap_or_else(|| panic!("{shell_:?}: no answer to {id}")));
        assert_eq!(next(0), answered(3, "out", "err"), "{shell_:?}");
        assert_eq!(next(1), (0, b"a\0b\xff\n\n".to_vec(), Vec::new()), "{shell_:?}");
        assert_eq!(next(2), answered(0, "", ""), "{shell_:?}");
        assert_eq!(next(3), answered(0, "1\n0077\n", ""), "{shell_:?}");
        assert_eq!(next(4), answered(0, "end\n", ""), "{shell_:?}: standard input is empty");
        assert_eq!(next(5), answered(0, "none\n", ""), "{shell_:?}: a probe sees nothing of ours");
    }
}

#[test]
fn a_probe_does_not_touch_the_next() {
    for shell_ in shells() {
        let batch = of_probes([
            shell("cd /; exit 7"),
            shell("set -e; false; echo not here"),
            shell("kill -9 $$"),
            shell("printf() { :; }; hpp() { :; }; unset PATH; exec >&- 2>&-"),
            shell("trap '' TERM; kill -TERM $$; echo here"),
            shell("kill -9 $PPID; sleep 0.1"),
            shell("echo still; pwd >&2"),
        ]);
        let mut answers = ask(shell_, &batch);
        let here = format!("{}\n", std::env::current_dir().expect("a directory").display());
        let mut next = |id| answers.remove(&id).expect("every question has an answer");
        assert_eq!(plain(next(0)), answered(7, "", ""), "{shell_:?}");
        assert_eq!(plain(next(1)), answered(1, "", ""), "{shell_:?}");
        assert!(matches!(plain(next(2)).0, 137 | 265), "{shell_:?}: ksh93 counts signals from 256");
        assert_eq!(plain(next(3)), answered(0, "", ""), "{shell_:?}");
        assert_eq!(plain(next(4)), answered(0, "here\n", ""), "{shell_:?}");
        assert!(matches!(next(5), Err(ProbeError::NoAnswer(_))), "{shell_:?}: it ended the shell that waits for it");
        assert_eq!(plain(next(6)), answered(0, "still\n", &here), "{shell_:?}");
    }
}

#[test]
fn noise_around_the_frames_is_no_answer_and_does_no_harm() {
    let batch = of_probes([command(&["echo", "x"])]);
    let noisy = format!("echo motd; printf 'no newline'; echo oops >&2\n{}\necho bye; echo bye >&2", batch.script());
    let output = run(&["sh"], &noisy);
    assert_eq!(plain(answers(&batch, &output).remove(&0).expect("an answer")), answered(0, "x\n", ""));
    assert_eq!(batch.header(&output.stdout).and_then(|header| header.uid), Some(rustix::process::geteuid().as_raw()));
}

#[test]
fn lookalikes_of_a_marker_are_data() {
    let lookalike = format!("{} E 0 0 1 1\n{} Z 1\nB 1\n", "0".repeat(32), "f".repeat(31));
    let batch = of_probes([command(&["printf", "%s", &lookalike]), command(&["echo", "next"])]);
    let mut answers = ask(&["sh"], &batch);
    assert_eq!(plain(answers.remove(&0).expect("an answer")), answered(0, &lookalike, ""));
    assert_eq!(plain(answers.remove(&1).expect("an answer")), answered(0, "next\n", ""));
}

#[test]
fn directories_are_entered_or_told() {
    let inside = |chdir: &str| Probe::Shell {
        cmd: "pwd".to_owned(),
        chdir: Some(chdir.to_owned()),
        rc: StatusSet::Any,
        max_bytes: 100,
    };
    for shell_ in shells() {
        let mut answers = ask(shell_, &of_probes([inside("/usr"), inside("/nowhere at all"), inside("/etc")]));
        assert_eq!(plain(answers.remove(&0).expect("an answer")), answered(0, "/usr\n", ""));
        let error = answers.remove(&1).expect("an answer").expect_err("there is no such directory");
        assert!(error.to_string().contains("`/nowhere at all` cannot be entered: "), "{error}");
        assert_eq!(plain(answers.remove(&2).expect("an answer")), answered(0, "/etc\n", ""));
    }
}

#[test]
fn scripts_reach_their_interpreters_with_arguments() {
    let script = |interpreter: &[&str], body: &str| Probe::Script {
        source: ScriptSource { name: "s.x".to_owned(), body: body.into() },
        args: vec!["a b".to_owned(), "$(c)'".to_owned()],
        interpreter: interpreter.iter().map(ToString::to_string).collect(),
        rc: StatusSet::default(),
        max_bytes: 4096,
    };
    let batch = of_probes([
        script(&["sh"], "#!/bin/sh\nprintf '%s|' \"$0\" \"$@\"; cat"),
        script(&["bash", "-u"], "a=(1 2); printf '%s|' \"$0\" \"$@\" \"${#a[@]}\""),
        script(&["python3"], "import sys\nprint(sys.argv[1:], sys.stdin.read())"),
        script(&["env", "perl", "-w"], "print join '|', @ARGV;"),
        script(&["awk"], "BEGIN { print ARGV[1], ARGV[2] }"),
        script(&["cat", "-"], "text on standard input"),
        script(&["no-such-interpreter"], "body"),
    ]);
    let output = run(&["sh"], &batch.script());
    let mut seen = batch.read(&output.stdout, &output.stderr, &exchange());
    let mut next = |id| seen.remove(&id).expect("every question has an answer");
    let stdout = |seen: Result<Observation, ProbeError>| seen.expect("an observation").values["stdout"].clone();
    assert_eq!(stdout(next(0)), "s.x|a b|$(c)'|");
    assert_eq!(stdout(next(1)), "s.x|a b|$(c)'|2|");
    assert_eq!(stdout(next(2)), "['a b', \"$(c)'\"] \n");
    assert_eq!(stdout(next(3)), "a b|$(c)'");
    assert_eq!(stdout(next(4)), "a b $(c)'\n");
    assert!(matches!(next(5), Err(ProbeError::ExitStatus { status: 1, .. })), "`cat` finds no such files");
    assert_eq!(next(6), Err(ProbeError::MissingTool("no-such-interpreter".to_owned())));
}

#[test]
fn what_no_shell_can_be_asked_is_told() {
    let file = Probe::File { path: String::new() };
    let batch = of_probes([
        command(&["echo", "a\0b"]),
        shell(&":".repeat(140_000)),
        command(&["echo", "x"]),
        command(&[]),
        file,
    ]);
    let output = run(&["sh"], &batch.script());
    let seen = batch.read(&output.stdout, &output.stderr, &exchange());
    assert!(matches!(&seen[&0], Err(ProbeError::Unreadable(why)) if why.contains("NUL")));
    assert!(matches!(&seen[&1], Err(ProbeError::Unreadable(why)) if why.contains("128 KiB")));
    assert_eq!(seen[&2].as_ref().map(|seen| seen.values["stdout"].clone()), Ok("x\n".into()));
    assert!(matches!(&seen[&3], Err(ProbeError::Unreadable(why)) if why.contains("empty")));
    assert!(matches!(&seen[&4], Err(ProbeError::Unreadable(why)) if why.contains("empty")));
}

#[test]
fn a_missing_tool_is_an_error_whatever_statuses_count() {
    for rc in [StatusSet::default(), StatusSet::Any] {
        let seen = observe(Probe::Command { argv: vec!["no-such-tool".to_owned()], chdir: None, rc, max_bytes: 100 });
        assert_eq!(seen, Err(ProbeError::MissingTool("no-such-tool".to_owned())));
    }
}

/// `bytes` for the format of `printf`.
fn octal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("\\{byte:03o}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_come_back_exactly(
        outputs in prop::collection::vec(
            (prop::collection::vec(any::<u8>(), 0..300), prop::collection::vec(any::<u8>(), 0..60), 0..126_i32), 1..4),
    ) {
        let probes = outputs.iter().map(|(out, err, status)| {
            shell(&format!("printf '{}'; printf '{}' >&2; exit {status}", octal(out), octal(err)))
        });
        let batch = of_probes(probes);
        for shell_ in shells() {
            let got: Vec<_> = ask(shell_, &batch).into_values().map(plain).collect();
            let sent: Vec<_> = outputs.iter().map(|(out, err, status)| (*status, out.clone(), err.clone())).collect();
            prop_assert_eq!(got, sent, "{:?}", shell_);
        }
    }

    #[test]
    fn any_arguments_come_out_as_themselves(words in prop::collection::vec("[^\0]{0,20}", 0..5)) {
        let mut argv = vec!["printf", "%s\\0"];
        argv.extend(words.iter().map(String::as_str));
        let batch = of_probes([command(&argv)]);
        let expected = words.join("\0") + "\0";
        for shell_ in shells() {
            let answer = ask(shell_, &batch).remove(&0).expect("an answer");
            prop_assert_eq!(plain(answer), answered(0, &expected, ""), "{:?}", shell_);
        }
    }
}
