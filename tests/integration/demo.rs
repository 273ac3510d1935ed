//! The demo shows what it promises: the real findings of a simulated fleet, and leaves nothing behind.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use regex::Regex;

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
    command.args(arguments).env("TMPDIR", directory.path()).env("LC_ALL", "C");
    for name in ["HIVE_PREFLIGHT_LANG", "SSH_AUTH_SOCK", "COLUMNS"] {
        command.env_remove(name);
    }
    let output = command.output().expect("the demo starts");
    let left: Vec<_> = fs::read_dir(directory.path()).expect("it is readable").flatten().collect();
    assert!(left.is_empty(), "the demo left {left:?}");
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}

fn report(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).expect("standard output is the report alone")
}

/// Values of `keys` in one entry of the report.
fn words(entry: &serde_json::Value, keys: [&str; 4]) -> String {
    keys.map(|key| entry[key].as_str().unwrap_or("-")).join(" ")
}

#[test]
fn finds_the_faults_that_were_put_in_and_no_other() {
    let output = demo(&["--format", "json"]);
    let report = report(&output);
    let results = report["results"].as_array().expect("results");
    let told = |outcome: &str| !matches!(outcome, "pass" | "skipped" | "unreachable");
    let found = results.iter().filter(|result| told(result["outcome"].as_str().expect("an outcome")));
    let mut found: Vec<String> = found.map(|result| words(result, ["host", "outcome", "check", "item"])).collect();
    found.sort();
    assert_eq!(
        found,
        [
            "p-hive0.demo blocked ssh/docker-socket-reachable -",
            "p-hive0.demo fail network/conntrack-tools -",
            "p-hive0.demo fail service/log-driver-not-fluentd -",
            "p-hive0.demo fail service/stable-tasks dns",
            "p-hive0.demo fail ssh/server-unix-forward -",
            "p-hive1.demo fail firewall/iptables-modules-unload -",
            "p-hive1.demo fail network/no-stale-udp-flow -",
            "p-hive1.demo fail service/log-driver-not-fluentd -",
            "p-hive3.demo fail ssh/docker-socket-reachable -",
            "p-mother.demo fail hive/no-leftover-docker-socket p-hive1.demo",
            "p-mother.demo fail vagrant/machines-up p-hive2.demo",
        ]
    );
    let hosts = report["hosts"].as_array().expect("hosts");
    let down: Vec<_> = hosts.iter().filter(|host| host["outcome"] == "unreachable").collect();
    assert_eq!(down.len(), 1, "{hosts:?}");
    assert_eq!((&down[0]["name"], &down[0]["error"]["class"]), (&"p-hive2.demo".into(), &"refused".into()));
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

/// Makes equal what differs from run to run: time, ports and the project's directory.
fn redact(report: &str) -> String {
    let rules = [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r"\d+\.\d (s\)|秒)", "N $1"),
        (r"/\S*/srv/demo/", ""),
    ];
    let redacted = rules.into_iter().fold(report.to_owned(), |text, (pattern, replacement)| {
        Regex::new(pattern).expect("a valid pattern").replace_all(&text, replacement).into_owned()
    });
    redacted.trim().to_owned()
}

#[test]
fn the_pictures_in_the_readmes_are_real() {
    for (document, lang) in [("README.md", "en"), ("README.ja.md", "ja")] {
        let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(document)).expect("a README");
        let picture = readme.split("```text\n").nth(1).and_then(|rest| rest.split("```").next());
        let picture = picture.unwrap_or_else(|| panic!("{document} has a picture of the report"));
        let output = demo(&["--lang", lang, "--check", "network/no-stale-udp-flow"]);
        assert_eq!(redact(picture), redact(&text(&output.stdout)), "{document}");
    }
}
