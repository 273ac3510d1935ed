//! Values never become code, whatever shell reads them.

use std::{fs, process::Command};

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

use crate::{
    lab::sshd::Sshd,
    support::{CliTest, Run},
};

/// The shells as which `/bin/sh` is tried.
const SHELLS: [&str; 3] = ["/bin/dash", "/bin/bash", "/bin/busybox"];

/// Texts that shells, quoting, options and line readers stumble over, and random ones.
fn values() -> Vec<String> {
    let mut values: Vec<String> = [
        "",
        " ",
        "\n",
        "\n\n",
        "a\n",
        "\ta\r\n",
        "'",
        "''",
        "'\\''",
        "\"",
        "\\",
        "\\\\",
        "\\n",
        "$x",
        "${x}",
        "$(touch pwned)",
        "`touch pwned`",
        "; touch pwned",
        "& touch pwned",
        "| touch pwned",
        "> pwned",
        "a'; touch pwned; '",
        "\n touch pwned\n",
        "-n",
        "-e",
        "--",
        "-",
        "--help",
        "*",
        "?",
        "[a-z]",
        "~",
        "~root",
        "{a,b}",
        "!!",
        "!x",
        "#",
        "%s%n",
        "A=b",
        "\u{1b}[31m",
        "\u{7}",
        "\u{1}",
        "\u{7f}",
        "é",
        "日本語",
        "\u{202e}x",
        "\u{feff}",
        "a\u{300}",
        "😀",
        "EOF",
        "x\\",
        "'\n'",
        "$'\\n'",
    ]
    .map(str::to_owned)
    .into();
    let mut runner = TestRunner::deterministic();
    let any = proptest::collection::vec(proptest::char::any(), 0..24);
    let nasty = "[-'\"\\\\$`(){}\\[\\]*?~#!;&|<>\\n\\t a]{0,16}";
    for _ in 0..60 {
        let chars = any.new_tree(&mut runner).expect("a value").current();
        values.push(chars.into_iter().filter(|c| *c != '\0').collect());
        values.push(
            proptest::string::string_regex(nasty).expect("valid").new_tree(&mut runner).expect("a value").current(),
        );
    }
    values.push("x".repeat(60_000));
    values
}

fn check(test: &CliTest, name: &str, lines: &str) {
    let written = format!(
        "id: t/{name}\ntitle: {{en: t, ja: t}}\nwhy: {{en: w, ja: w}}\nseverity: error\nhosts: all\n\
         remedy: [{{text: {{en: r, ja: r}}}}]\nfail_msg: {{en: f, ja: f}}\n{lines}\n"
    );
    test.write(&format!("mine/t/{name}.yml"), &written);
}

/// A host for the values, reached as `vars` say, and checks that hand each of them to a shell in every way.
fn project(vars: &serde_json::Value) -> (CliTest, Vec<String>) {
    let (test, values) = (CliTest::new(), values());
    let unsafe_values: Vec<_> = values.iter().map(|text| serde_json::json!({ "__ansible_unsafe": text })).collect();
    let mut vars = vars.clone();
    vars["values"] = unsafe_values.into();
    vars["out"] = test.path("out").display().to_string().into();
    test.write("hosts.json", &serde_json::json!({ "all": { "hosts": { "h1": vars } } }).to_string());
    fs::create_dir(test.path("out")).expect("a directory");
    check(
        &test,
        "shell",
        "loop: '{{ range(values | length) | list }}'\nprobe: {shell: {cmd: 'printf %s {{ values[item] }} > {{ out }}/shell{{ item }}; printf %s {{ values[item] }}', max_bytes: 200000}}\n\
         that: result.stdout == values[item]",
    );
    check(
        &test,
        "argv",
        "loop: '{{ range(values | length) | list }}'\nprobe: {command: {argv: [sh, -c, 'printf %s \"$1\" > \"$2\"; printf %s \"$1\"', x, '{{ values[item] }}', '{{ out }}/argv{{ item }}'], max_bytes: 200000}}\n\
         that: result.stdout == values[item]",
    );
    fs::write(test.path("mine/t/print.sh"), "printf %s \"$1\" > \"$2\"\nprintf %s \"$1\"\n").expect("writable");
    check(
        &test,
        "script",
        "loop: '{{ range(values | length) | list }}'\nprobe: {script: {file: print.sh, args: ['{{ values[item] }}', '{{ out }}/script{{ item }}'], max_bytes: 200000}}\n\
         that: result.stdout == values[item]",
    );
    (test, values)
}

const RUN: [&str; 16] = [
    "run",
    "-i",
    "hosts.json",
    "--checks",
    "mine",
    "--check",
    "t/shell",
    "--check",
    "t/argv",
    "--check",
    "t/script",
    "--timeout",
    "600",
    "--probe-timeout",
    "60",
    "--format=json",
];

/// Every value came out as itself, as the program saw it and as it lies in a file.
fn assert_unchanged(run: &Run, test: &CliTest, values: &[String], what: &str) {
    for check in ["shell", "argv", "script"] {
        let verdicts = run.verdicts(&format!("t/{check}"));
        let wrong: Vec<_> = verdicts.outcomes().into_iter().filter(|(_, _, outcome)| *outcome != "pass").collect();
        assert!(wrong.is_empty(), "{what}, {check}: {wrong:?}\n{}", run.stderr);
        for (number, value) in values.iter().enumerate() {
            let file = test.path(&format!("out/{check}{number}"));
            let written = fs::read(&file).expect("each was written");
            assert_eq!(String::from_utf8_lossy(&written), *value, "{what}, {check}, value {number}");
            fs::remove_file(file).expect("ours");
        }
    }
    let left: Vec<_> = fs::read_dir(test.path("out")).expect("a directory").collect();
    assert!(left.is_empty(), "{what}: no value was run or became another file's name: {left:?}");
}

#[test]
fn any_value_comes_out_of_every_shell_as_itself() {
    let (test, values) = project(&serde_json::json!({ "ansible_connection": "local" }));
    for shell in SHELLS {
        // In a view of the file system in which `/bin/sh` is this shell.
        let mut command = Command::new("unshare");
        let script = "mount --bind \"$1\" \"$(readlink -f /bin/sh)\" && shift && exec \"$@\"";
        command.args(["--mount", "/bin/sh", "-c", script, "sh", shell]);
        let plain = test.command();
        command.arg(plain.get_program()).args(RUN).current_dir(test.path(".")).env_clear();
        command.envs(plain.get_envs().filter_map(|(name, value)| value.map(|value| (name, value))));
        assert_unchanged(&Run::of(&mut command), &test, &values, shell);
        assert!(!test.path("pwned").exists());
    }
}

#[test]
fn any_value_comes_through_a_real_sshd_as_itself() {
    let server = Sshd::start();
    let (test, values) = project(&serde_json::json!({
        "ansible_host": "127.0.0.1", "ansible_port": server.port(), "ansible_user": "root",
        "ansible_ssh_private_key_file": server.key(),
        "ansible_ssh_common_args":
            format!("-F none -o IdentityAgent=none -o UserKnownHostsFile={}", server.known_hosts().display()),
    }));
    assert_unchanged(&test.run(&RUN), &test, &values, "ssh");
}

#[test]
fn a_value_that_no_shell_can_hold_is_told() {
    let test = CliTest::new();
    let value = serde_json::json!({ "__ansible_unsafe": "a\u{0}b" });
    let hosts = serde_json::json!({ "all": { "hosts": { "h1": { "ansible_connection": "local", "value": value } } } });
    test.write("hosts.json", &hosts.to_string());
    check(&test, "nul", "probe: {shell: 'printf %s {{ value }}'}\nthat: result.rc == 0");
    let run = test.run(&["run", "-i", "hosts.json", "--checks", "mine", "--check", "t/nul", "--format", "json"]);
    run.verdicts("t/nul").the_only("h1", "error").says("NUL");
}
