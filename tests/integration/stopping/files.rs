//! Full disks, closed pipes and homes that nobody may write to.

use std::{
    fs::{self, OpenOptions},
    process::{Command, Stdio},
};

use super::World;
use crate::support::Run;

fn world() -> World {
    let world = World::new();
    world.test.write("hosts", "quick ansible_connection=local\n");
    world
}

#[test]
fn a_full_disk_is_told_and_is_an_error() {
    let world = world();
    let full = || Stdio::from(OpenOptions::new().write(true).open("/dev/full").unwrap());
    for more in [&[][..], &["--format=json"], &["--format=ndjson"]] {
        let output = world.command("hosts").args(more).stdout(full()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{more:?}: {stderr}");
        assert!(stderr.contains("No space left on device"), "{more:?}: {stderr}");
    }
    for format in ["json", "ndjson"] {
        let run =
            Run::of(world.command("hosts").args([format!("--format={format}=/dev/full"), "--format=terminal".into()]));
        assert_eq!(run.status, Some(2), "{}", run.stderr);
        assert!(run.stderr.contains("`/dev/full`") && run.stderr.contains("No space left"), "{}", run.stderr);
        assert!(!run.stdout.is_empty(), "the other report is there");
    }
}

#[test]
fn nothing_takes_a_full_disk_for_a_reader_that_left() {
    let world = world();
    let run = Run::of(world.command("hosts").args(["--format", "json=report"]));
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    let everything: [&[&str]; 10] = [
        &["--help"],
        &["run", "--help"],
        &["--version"],
        &["list"],
        &["explain", "t/quick", "--checks", "checks"],
        &["lint", "checks"],
        &["inventory", "-i", "hosts", "--list"],
        &["report", "merge", "report", "report"],
        &["diff", "hosts", "hosts"],
        &["config"],
    ];
    for args in everything {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = world.test.command().args(args).stdout(full).output().unwrap();
        let words = "error: standard output cannot be written\n  cause: No space left on device (os error 28)\n";
        assert_eq!((output.status.code(), &*String::from_utf8_lossy(&output.stderr)), (Some(2), words), "{args:?}");
        let mut child = world.test.command().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), &*String::from_utf8_lossy(&output.stderr)), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn each_report_that_cannot_be_written_is_told_once_with_its_cause() {
    let world = world();
    let run = Run::of(world.command("hosts").args(["--format=ndjson=no/lines"]));
    let words = "  cause: the folder `no` does not exist\nmake it first: mkdir -p -- no\n";
    assert_eq!((run.status, run.stderr), (Some(2), format!("error: cannot write the report `no/lines`\n{words}")));
    let program = world.command("hosts");
    fs::create_dir(world.test.path("small")).unwrap();
    // A mount of its own, gone with the shell.
    let script = "mount -t tmpfs -o size=16k none small && { cat /dev/zero >small/filler; } 2>/dev/null; \
                  \"$@\" --format json=small/report --format ndjson=small/lines --format ndjson --history small/runs";
    let mut unshare = Command::new("unshare");
    unshare.args(["-m", "sh", "-c", script, "sh"]).arg(program.get_program()).args(program.get_args());
    unshare.current_dir(world.test.path(".")).env("HOME", world.test.path("home"));
    let run = Run::of(&mut unshare);
    assert_eq!(run.status, Some(2));
    let told = regex::Regex::new("[0-9]+T[0-9]+Z").unwrap().replace(&run.stderr, "TIME");
    insta::assert_snapshot!(told, @r"
    error: cannot write the report `small/lines`
      cause: No space left on device (os error 28)
    error: cannot write the report `small/runs/hive-preflight-TIME.json`
      cause: No space left on device (os error 28)
    error: cannot write the report `small/report`
      cause: No space left on device (os error 28)
    ");
}

#[test]
fn a_full_file_system_keeps_the_old_report() {
    let world = world();
    fs::create_dir(world.test.path("small")).unwrap();
    let program = world.command("hosts");
    // A mount of its own, gone with the shell.
    let script = "mount -t tmpfs -o size=64k none small && echo old >small/report && { cat /dev/zero >small/filler; \
                  \"$@\" --format json=small/report; echo status $?; cat small/report; ls -A small; } 2>&1";
    let mut unshare = Command::new("unshare");
    unshare.args(["-m", "sh", "-c", script, "sh"]).arg(program.get_program()).args(program.get_args());
    unshare.current_dir(world.test.path(".")).env("HOME", world.test.path("home"));
    let run = Run::of(&mut unshare);
    assert!(run.stdout.contains("cannot write the report `small/report`"), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.ends_with("status 2\nold\nfiller\nreport\n"), "{}", run.stdout);
}

#[test]
fn runs_at_the_same_time_share_a_history() {
    let world = world();
    // As many as are kept: each run removes the oldest, and another one does so just then.
    for number in 0..200 {
        world.test.write(&format!("history/hive-preflight-20000101T0000{number:03}Z.json"), "{}");
    }
    let start = |_| world.command("hosts").args(["--history", "history", "--format", "json"]).spawn().unwrap();
    let runs: Vec<_> = (0..12).map(start).collect();
    for run in runs {
        let output = run.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*stderr), (Some(0), ""));
    }
    let names = fs::read_dir(world.test.path("history")).unwrap().map(|entry| entry.unwrap().file_name());
    let (old, new): (Vec<_>, Vec<_>) =
        names.map(|name| name.into_string().unwrap()).partition(|name| name.contains("-2000"));
    assert_eq!((new.len(), old.len()), (12, 188), "{new:?}");
}

#[test]
fn a_reader_that_leaves_changes_no_status() {
    let world = world();
    for more in [&["--format=json"][..], &["--format=ndjson"], &["--format=terminal", "-v"]] {
        let mut child = world.command("hosts").args(more).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{more:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{more:?}");
    }
}

#[test]
fn a_closed_standard_output_gets_into_no_file() {
    let world = world();
    let program = world.command("hosts");
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$@\" --format terminal --format json=report >&-", "sh"]);
    shell.arg(program.get_program()).args(program.get_args()).current_dir(world.test.path("."));
    let run = Run::of(shell.env("HOME", world.test.path("home")));
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
    assert_eq!(world.report("report")["verdict"], "ready");
}

#[test]
fn a_home_that_cannot_be_written_or_is_not_there_does_not_matter() {
    let world = world();
    for home in ["/sys", "/nowhere/at/all"] {
        let run = Run::of(world.command("hosts").env("HOME", home).args(["--format", "json"]));
        assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""), "{home}");
        assert_eq!(run.json()["verdict"], "ready");
    }
}

#[test]
fn temporary_files_without_a_place_are_told() {
    let world = world();
    let run = Run::of(world.command("hosts").env("TMPDIR", "/nowhere/at/all").args(["--inventory-engine", "ansible"]));
    assert_eq!(run.status, Some(2), "{}", run.stderr);
    world.test.write("bin/ansible-inventory", "#!/bin/sh\necho '{}'\n");
    world.test.set_mode("bin/ansible-inventory", 0o755);
    let path = format!("{}:/usr/bin:/bin", world.test.path("bin").display());
    let mut command = world.command("hosts");
    command.env("PATH", path).env("TMPDIR", "/nowhere/at/all").args(["--inventory-engine", "ansible"]);
    let run = Run::of(&mut command);
    assert_eq!(run.status, Some(2), "{}", run.stderr);
    assert!(run.stderr.contains("/nowhere/at/all"), "{}", run.stderr);
}
