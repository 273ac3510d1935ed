//! Deadlines, caps, and children that stay behind.

use std::{fs, time::Instant};

use super::*;

/// A word in the environment of a test's processes, so that none of them can hide.
struct Mark(String);

impl Mark {
    fn new() -> Self {
        Self(format!("HIVE_PREFLIGHT_TEST={}", Nonce::random().expect("random bytes").as_str()))
    }

    fn run(&self, shell: &[&str], script: &str) -> Output {
        let (name, value) = self.0.split_once('=').expect("a word with a value");
        feed(Command::new(shell[0]).args(&shell[1..]).env(name, value), script)
    }

    /// The command lines of the processes that still bear the mark.
    fn alive(&self) -> Vec<String> {
        let processes = fs::read_dir("/proc").expect("/proc can be read").flatten();
        let bears = |path: &std::path::Path| {
            let environment = fs::read(path.join("environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|word| word == self.0.as_bytes())
        };
        let line = |path: std::path::PathBuf| {
            String::from_utf8_lossy(&fs::read(path.join("cmdline")).unwrap_or_default()).into_owned()
        };
        processes.map(|entry| entry.path()).filter(|path| bears(path)).map(line).collect()
    }

    /// A process that was killed may take a moment to go; one that sleeps for minutes takes longer than this waits.
    fn assert_nothing_left(&self) {
        let until = Instant::now() + Duration::from_secs(10);
        while !self.alive().is_empty() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(self.alive(), Vec::<String>::new());
    }
}

fn brief(id: u32, cmd: &str) -> Question {
    Question { timeout: Duration::from_secs(1), ..question(id, shell(cmd)) }
}

#[test]
fn a_deadline_ends_one_probe_and_all_that_it_started() {
    for shell_ in shells() {
        let mark = Mark::new();
        let batch = batch(vec![
            brief(0, "echo partial; sleep 600 & sleep 601"),
            brief(1, "trap '' TERM HUP; sh -c 'sleep 602; :'; sleep 603"),
            question(2, shell("echo next")),
        ]);
        let output = mark.run(shell_, &batch.script());
        let mut answers = answers(&batch, &output);
        let timed_out = Err(ProbeError::TimedOut(Duration::from_secs(1)));
        assert_eq!(answers.remove(&0), Some(timed_out.clone()), "{shell_:?}");
        assert_eq!(answers.remove(&1), Some(timed_out), "{shell_:?}");
        assert_eq!(plain(answers.remove(&2).expect("an answer")), answered(0, "next\n", ""), "{shell_:?}");
        mark.assert_nothing_left();
    }
}

#[test]
fn a_background_child_neither_holds_the_batch_nor_outlives_it() {
    for shell_ in shells() {
        let mark = Mark::new();
        let batch = of_probes([shell("sleep 600 & (sleep 601; echo late) & echo mine"), shell("echo next")]);
        let output = mark.run(shell_, &batch.script());
        let mut answers = answers(&batch, &output);
        assert_eq!(plain(answers.remove(&0).expect("an answer")), answered(0, "mine\n", ""), "{shell_:?}");
        assert_eq!(plain(answers.remove(&1).expect("an answer")), answered(0, "next\n", ""), "{shell_:?}");
        mark.assert_nothing_left();
    }
}

/// A daemon of its own session (an `ssh` with `ControlPersist`) cannot be found again, but it must not be waited for.
#[test]
fn a_daemon_that_keeps_the_streams_costs_seconds_and_no_answer() {
    for shell_ in [&["dash"][..], &["bash", "--posix"], &["busybox", "sh"]] {
        let began = Instant::now();
        let batch = of_probes([
            shell("setsid sh -c 'exec sleep 18' & sleep 0.3; echo mine; echo err >&2; exit 4"),
            shell("echo next"),
        ]);
        let mut answers = ask(shell_, &batch);
        assert_eq!(plain(answers.remove(&0).expect("an answer")), answered(4, "mine\n", "err\n"), "{shell_:?}");
        assert_eq!(plain(answers.remove(&1).expect("an answer")), answered(0, "next\n", ""), "{shell_:?}");
        assert!(began.elapsed() < Duration::from_secs(18), "{shell_:?}: the daemon was waited for");
    }
}

#[test]
fn more_than_the_cap_is_truncated_and_exactly_the_cap_is_not() {
    let capped = |cmd: &str| Probe::Shell { cmd: cmd.to_owned(), chdir: None, rc: StatusSet::Any, max_bytes: 1000 };
    for shell_ in shells() {
        let mark = Mark::new();
        let batch = of_probes([
            capped("printf %01000d 0; exit 5"),
            capped("printf %01001d 0"),
            capped("yes"),
            capped("yes >&2"),
            capped("printf %01000d 0; printf %01000d 0 >&2"),
            capped("printf %01250d 0"),
            capped("echo next"),
        ]);
        let output = mark.run(shell_, &batch.script());
        let answers = answers(&batch, &output);
        let lengths =
            |id: u32| answers[&id].as_ref().map(|answer| (answer.status, answer.stdout.len(), answer.stderr.len()));
        let truncated = Err(&ProbeError::Truncated(1000));
        assert_eq!(lengths(0), Ok((5, 1000, 0)), "{shell_:?}");
        assert_eq!(lengths(1), truncated, "{shell_:?}");
        assert_eq!(lengths(2), truncated, "{shell_:?}");
        assert_eq!(lengths(3), truncated, "{shell_:?}");
        assert_eq!(lengths(4), Ok((0, 1000, 1000)), "{shell_:?}");
        assert_eq!(lengths(5), truncated, "{shell_:?}");
        assert_eq!(lengths(6), Ok((0, 5, 0)), "{shell_:?}");
        mark.assert_nothing_left();
    }
}

#[test]
fn a_large_batch_stays_compact() {
    let one = of_probes([command(&["true"])]).script().len();
    let many = of_probes((0..100).map(|_| command(&["true"]))).script().len();
    assert!(many - one < 100 * 48, "a probe costs {} bytes", (many - one) / 99);
    assert!(one < 4096, "the prelude has {one} bytes");
}

#[test]
fn a_host_without_setsid_head_and_proc_still_answers() {
    let mark = Mark::new();
    let batch = batch(vec![
        question(0, shell("printf 'a\\0b'; exit 3")),
        brief(1, "sleep 600; echo"),
        question(2, Probe::Shell { cmd: "yes".to_owned(), chdir: None, rc: StatusSet::Any, max_bytes: 500 }),
        question(3, shell("echo next")),
    ]);
    // Names that are looked up no more: what a host without these tools has.
    let script =
        batch.script().replace("=setsid", "=").replace("head -c ", "no-head -c ").replace("/proc/", "/nowhere/");
    let output = mark.run(&["sh"], &script);
    let mut answers = answers(&batch, &output);
    assert_eq!(plain(answers.remove(&0).expect("an answer")), answered(3, "a\0b", ""));
    assert_eq!(answers.remove(&1), Some(Err(ProbeError::TimedOut(Duration::from_secs(1)))));
    assert_eq!(answers.remove(&2), Some(Err(ProbeError::Truncated(500))));
    assert_eq!(plain(answers.remove(&3).expect("an answer")), answered(0, "next\n", ""));
    mark.assert_nothing_left();
}
