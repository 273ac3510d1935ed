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
    // What is ended for what it says has time enough to say it.
    let ends = ["endless.sh", "deep.sh"];
    let told: String = scripts
        .iter()
        .map(|(name, line)| {
            test.write(name, &format!("#!/bin/sh\n{line}\n"));
            test.set_mode(name, 0o755);
            refusal(&test, name, &["--inventory-timeout", if ends.contains(name) { "60" } else { "1" }])
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

/// Runs the whole program within the limits, in the test's directory.
fn limited(test: &CliTest, args: &[&str]) -> Run {
    let plain = test.command();
    let mut command = Command::new("timeout");
    command.args(["--signal=KILL", SECONDS, "prlimit", MEMORY]).arg(plain.get_program()).args(args).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| value.map(|value| (name, value))));
    Run::of(command.current_dir(test.path(".")))
}

/// What is read beside the inventory, as a device without end and as a pipe without writer: found in the project, or named.
#[test]
fn files_beside_the_inventory_have_an_end() {
    let test = CliTest::new();
    test.write("hosts", "h1 ansible_host=127.0.0.1 ansible_port=1\n");
    make_pipe(&test.path("pipe"));
    let run = ["run", "-i", "hosts", "--offline", "--no-scripts"];
    let mut told = String::new();
    for place in ["/dev/zero", "pipe"] {
        for name in ["preflight.yml", "preflight-waivers.yml", "ansible.cfg"] {
            // Everybody may write to the device, which is told of the first.
            if (place, name) != ("/dev/zero", "preflight.yml") {
                std::os::unix::fs::symlink(place, test.path(name)).expect("a link");
                let run = limited(&test, if name == "ansible.cfg" { &run[..4] } else { &run });
                assert_eq!((run.status, &*run.stdout), (Some(2), ""), "{name}: {}", run.stderr);
                let _ = writeln!(told, "{place}, {name}: {}", test.redacted(&run.stderr));
                fs::remove_file(test.path(name)).expect("ours");
            }
        }
    }
    let known = limited(&test, &[&run[..], &["--baseline", "/dev/zero"]].concat());
    assert!(known.status == Some(2) && known.stderr.contains("cannot read the report"), "{}", known.stderr);
    for option in ["--waivers", "--attest"] {
        let run = limited(&test, &[&run[..], &[option, "/dev/zero"]].concat());
        let _ = writeln!(told, "{option}: {:?} {}", run.status, test.redacted(&run.stderr));
    }
    insta::assert_snapshot!(told);
}

/// What ways to connect read.
#[test]
fn files_for_ssh_have_an_end() {
    let test = CliTest::new();
    make_pipe(&test.path("pipe"));
    let server = crate::lab::sshd::Sshd::start();
    let options = ["UserKnownHostsFile", "CertificateFile", "RevokedHostKeys", "IdentityFile"];
    for place in ["/dev/zero".to_owned(), test.path("pipe").display().to_string()] {
        let files = options.map(|option| format!("-F none -o {option}={place}"));
        for args in files.into_iter().chain([format!("-F {place}")]) {
            let vars = serde_json::json!({
                "ansible_host": "127.0.0.1", "ansible_port": server.port(), "ansible_ssh_common_args": args,
            });
            test.write("hosts.json", &serde_json::json!({ "all": { "hosts": { "h1": vars } } }).to_string());
            let check = ["--check", "ssh/remote-tmp-usable", "--format", "json"];
            let run = limited(&test, &[&["run", "-i", "hosts.json"][..], &check].concat());
            let report = run.json();
            let error = &report["hosts"][0]["error"];
            let told = if args.contains("Revoked") {
                (&error["message"], place.as_str())
            } else {
                (&error["class"], "host_key_unknown")
            };
            assert!(told.0.as_str().is_some_and(|text| text.contains(told.1)), "{args}: {}", run.stdout);
        }
    }
}

#[test]
fn configurations_that_include_each_other_again_and_again_have_an_end() {
    let test = CliTest::new();
    for depth in 0..16 {
        let next = test.path(&format!("config{}", depth + 1)).display().to_string();
        test.write(&format!("config{depth}"), &format!("Include {}\n", vec![next; 10].join(" ")));
    }
    test.write("config16", "User somebody\n");
    test.write("hosts", "h1 ansible_host=127.0.0.1 ansible_port=1 ansible_ssh_common_args='-F config0'\n");
    let run = limited(&test, &["run", "-i", "hosts", "--check", "ssh/remote-tmp-usable"]);
    assert_eq!(run.status, Some(3), "{}", run.stderr);
    assert!(run.stdout.contains("`Include` leads to more than 16 MiB or 1024 files"), "{}", run.stdout);
}
