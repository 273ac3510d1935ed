//! The demo shows what it promises: the real findings of a simulated fleet, and leaves nothing behind.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The demo's program, which `cargo test` builds beside the tests.
fn program() -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_hive-preflight")).parent().expect("a program stands in a directory");
    let demo = target.join("examples/demo");
    assert!(demo.is_file(), "{} is not built: run `cargo test`, or `cargo build --example demo` first", demo.display());
    demo
}

/// Runs the demo with a temporary directory of its own, and makes sure that it leaves that empty.
fn demo(arguments: &[&str]) -> Output {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut command = Command::new(program());
    command.args(arguments).env("TMPDIR", directory.path()).env_remove("HIVE_PREFLIGHT_LANG");
    command.env("LC_ALL", "C").env_remove("SSH_AUTH_SOCK");
    let output = command.output().expect("the demo starts");
    let left: Vec<_> = fs::read_dir(directory.path()).expect("it is readable").flatten().collect();
    assert!(left.is_empty(), "the demo left {left:?}");
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}

#[test]
fn finds_the_faults_that_were_put_in_and_no_other() {
    let output = demo(&["--format", "json"]);
    let report: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("standard output is the report alone");
    let results = report["results"].as_array().expect("results");
    let found = results.iter().filter(|result| !matches!(result["outcome"].as_str(), Some("pass" | "skipped")));
    let found: BTreeSet<String> = found
        .map(|result| {
            let word = |key: &str| result[key].as_str().unwrap_or_default().to_owned();
            format!("{} {} {}", word("host"), word("outcome"), word("check"))
        })
        .collect();
    insta::assert_snapshot!(found.into_iter().collect::<Vec<_>>().join("\n"));
    assert!(text(&output.stderr).contains("exit status 1"), "{}", text(&output.stderr));
    assert!(output.status.success(), "findings are no failure of the demo: {:?}", output.status);
}

#[test]
fn says_that_the_fleet_is_simulated_and_takes_options_of_run() {
    let output = demo(&["--lang", "ja", "--limit", "p-hive3.demo", "--check", "ssh/docker-socket-reachable"]);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(stderr.contains("This fleet is simulated") && stderr.contains("模擬環境"), "{stderr}");
    assert!(stdout.contains("AllowStreamLocalForwarding no"), "{stdout}");
    assert!(stdout.contains("開けません"), "{stdout}");
}

#[test]
fn wrong_usage_is_wrong_here_too() {
    let output = demo(&["--check", "no/such-check"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
}
