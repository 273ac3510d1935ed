//! Inventories that would take all memory or all time: a clear error instead.
//!
//! The program runs with 1 GiB of address space, so that it ends in an abort where its memory grows without bound, and is
//! killed after two minutes, which no answer takes.

use std::{
    fmt::Write as _,
    fs::{self, File},
    path::Path,
    process::Command,
};

use crate::support::{CliTest, Run};

const MEMORY: &str = "--as=1073741824";
const SECONDS: &str = "120";

/// Reads `source` within the limits.
fn read(test: &CliTest, source: &str, more: &[&str]) -> Run {
    let plain = test.command();
    let mut command = Command::new("timeout");
    command.args(["--signal=KILL", SECONDS, "prlimit", MEMORY]).arg(plain.get_program());
    command.args(["inventory", "--list", "-i", source]).args(more).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| value.map(|value| (name, value))));
    let directory = plain.get_current_dir().expect("the test's own directory");
    Run::of(command.current_dir(directory))
}

/// Standard error of a source that is refused, its long lines cut.
fn refusal(test: &CliTest, source: &str, more: &[&str]) -> String {
    let run = read(test, source, more);
    assert_eq!(run.status, Some(2), "{source}: {}", run.stderr);
    let stderr = test.redacted(&run.stderr);
    let lines = stderr.lines().map(|line| line.chars().take(140).collect::<String>());
    lines.fold(String::new(), |text, line| text + &line + "\n")
}

/// Writes each file and reads it; what is said about all of them.
fn refusals(files: &[(&str, String)]) -> String {
    let test = CliTest::new();
    files.iter().fold(String::new(), |mut all, (name, text)| {
        test.write(name, text);
        let _ = writeln!(all, "{}", refusal(&test, name, &[]));
        all
    })
}

fn lines(count: usize, line: fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

#[test]
fn documents_that_multiply_or_nest_are_refused() {
    let level = |n: usize| format!("a{n}: &a{n} [{}]\n", format!("*a{},", n - 1).repeat(10));
    let merge = |n: usize| format!("a{n}: &a{n} {{<<: [{}]}}\n", vec![format!("*a{}", n - 1); 10].join(","));
    let nested = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
    insta::assert_snapshot!(refusals(&[
        ("laughs.yml", std::iter::once("a0: &a0 [x]\n".to_owned()).chain((1..12).map(level)).collect()),
        ("merges.yml", std::iter::once("a0: &a0 {x: 1}\n".to_owned()).chain((1..12).map(merge)).collect()),
        ("itself.yml", "a: &a {vars: {b: *a}}\n".to_owned()),
        ("deep.yml", format!("all: {}", nested("[", "]"))),
        ("deeper.yml", lines(1_000, |depth| " ".repeat(depth) + "a:\n")),
        ("deep.json", nested("{\"a\": [", "]}")),
        (
            "groups.yml",
            "a:\n  children:\n    b:\n      children:\n        c:\n          children:\n            a:\n".to_owned()
        ),
        ("groups", "[a:children]\nb\n[b:children]\nc\n[c:children]\na\n".to_owned()),
    ]));
}

#[test]
fn ranges_without_end_are_refused() {
    let ranges = ["h[0:999999999]", "h[0:99999][0:99999]", "h[0:99999][0:99999][5:3]", "h[0:99999999999999999999]"];
    let many = format!("h{}", "[1:1]".repeat(2_000));
    let long = format!("{}[0:249999]", "x".repeat(20_000));
    let several = lines(3, |number| format!("h{number}x[1:99999]\n"));
    let files: Vec<(String, String)> = ranges
        .iter()
        .flat_map(|range| [("yml", format!("all:\n  hosts:\n    {range}:\n")), ("ini", format!("[g]\n{range}\n"))])
        .chain([("ini", many), ("ini", long), ("ini", several)])
        .enumerate()
        .map(|(number, (extension, text))| (format!("{number}.{extension}"), text))
        .collect();
    let files: Vec<(&str, String)> = files.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    insta::assert_snapshot!(refusals(&files));
}

#[test]
fn brackets_of_a_value_are_text_where_python_gives_up() {
    let test = CliTest::new();
    test.write("hosts", &format!("[g]\nh1\n[g:vars]\ndeep={}{}\n", "[".repeat(10_000), "]".repeat(10_000)));
    let run = read(&test, "hosts", &[]);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    assert!(run.json()["_meta"]["hostvars"]["h1"]["deep"].as_str().is_some_and(|text| text.len() == 20_000));
}

#[test]
fn large_files_are_refused() {
    let test = CliTest::new();
    let holes = File::create(test.path("large.yml")).expect("a file");
    holes.set_len(100 * 1024 * 1024).expect("a file with a hole");
    insta::assert_snapshot!(
        refusal(&test, "large.yml", &[])
            + &refusals(&[
                ("values.yml", format!("all:\n  vars:\n    a: [{}]\n", "1,".repeat(2_100_000))),
                ("hosts", lines(260_000, |number| format!("h{number}\n"))),
                ("groups", lines(11_000, |number| format!("[g{number}]\n"))),
                ("words", format!("h {}", "a=1 ".repeat(200_000))),
            ])
    );
}

#[test]
fn of_many_problems_in_a_file_the_first_are_told() {
    let test = CliTest::new();
    test.write("hosts", &"h1 no\n".repeat(1_000_000));
    let stderr = refusal(&test, "hosts", &[]);
    assert_eq!(stderr.matches("expected `key=value`").count(), 100, "{stderr}");
}

#[test]
fn hosts_in_groups_of_groups_are_counted() {
    let chain = lines(2000, |number| format!("[g{number}:children]\ng{}\n", number + 1));
    insta::assert_snapshot!(refusals(&[("hosts", format!("{chain}[g2000]\nh[1:3000]\n"))]));
}

#[test]
fn scripts_that_hang_or_never_stop_are_ended() {
    let test = CliTest::new();
    let scripts = [
        ("hangs.sh", "sleep 1000"),
        ("child.sh", "sleep 1000 &"),
        ("endless.sh", "exec yes"),
        ("shouts.sh", "exec yes >&2"),
        ("deep.sh", "printf '{\"a\": '; head -c 10000 /dev/zero | tr '\\0' '['"),
    ];
    let told: String = scripts
        .iter()
        .map(|(name, line)| {
            test.write(name, &format!("#!/bin/sh\n{line}\n"));
            test.set_mode(name, 0o755);
            refusal(&test, name, &["--inventory-timeout", if *name == "endless.sh" { "60" } else { "1" }])
        })
        .collect();
    insta::assert_snapshot!(told);
}

#[test]
fn what_is_no_regular_file_is_refused() {
    let test = CliTest::new();
    test.write("hosts", "[web]\nh1\n");
    fs::create_dir(test.path("inv")).expect("a directory");
    fs::create_dir_all(test.path("more/group_vars")).expect("a directory");
    test.write("more/hosts", "[web]\nh1\n");
    for pipe in ["pipe", "inv/pipe", "more/group_vars/web.yml", "limit"] {
        make_pipe(&test.path(pipe));
    }
    let told: String = ["pipe", "inv", "/dev/zero", "more"].iter().map(|source| refusal(&test, source, &[])).collect();
    insta::assert_snapshot!(told + &refusal(&test, "hosts", &["--limit", "@limit"]));
}

fn make_pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status().expect("mkfifo starts");
    assert!(made.success());
}
