//! Whose code runs: values never become code, and a project's own code runs only where nobody else could have written it.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

use crate::{
    lab::sshd::Sshd,
    support::{CliTest, Run, ansible},
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

/// A project whose every kind of code makes a file `ran`.
fn project_with_code() -> CliTest {
    let test = CliTest::new();
    let ran = test.path("ran").display().to_string();
    test.write("project/script.sh", &format!("#!/bin/sh\ntouch {ran}\necho '{{\"all\": {{\"hosts\": [\"h1\"]}}}}'\n"));
    test.write("project/password.sh", &format!("#!/bin/sh\ntouch {ran}\necho one\n"));
    for script in ["script.sh", "password.sh"] {
        test.set_mode(&format!("project/{script}"), 0o755);
    }
    test.write("one", "one\n");
    let mut vault = Command::new(ansible("ansible-vault"));
    vault.args(["encrypt_string", "--vault-password-file", "one", "text"]).current_dir(test.path("."));
    let sealed = vault.env("HOME", test.path("home")).stdin(Stdio::null()).output().expect("it runs").stdout;
    let sealed = String::from_utf8(sealed).expect("text").trim_end().replace('\n', "\n      ");
    test.write(
        "project/hosts.yml",
        &format!(
            "all:\n  hosts:\n    h1:\n      ansible_connection: local\n      sealed: {sealed}\n      piped: \"{{{{ lookup('pipe', \
             'touch {ran}') }}}}\"\n    proxied:\n      ansible_host: 192.0.2.1\n      ansible_ssh_common_args: \"-F none -o \
             ProxyCommand='touch {ran}'\"\n"
        ),
    );
    test.write("project/cloud.yml", "plugin: constructed\n");
    test.write(
        "project/checks/t/own.yml",
        &format!(
            "id: t/own\ntitle: {{en: t, ja: t}}\nwhy: {{en: w, ja: w}}\nseverity: error\nhosts: all\n\
             remedy: [{{text: {{en: r, ja: r}}}}]\nfail_msg: {{en: f, ja: f}}\nprobe: {{shell: 'touch {ran}'}}\n\
             that: result.rc == 0 and sealed | default('') != 'x' and piped | default('') != 'x'\n"
        ),
    );
    test
}

/// Whether some code ran meanwhile.
fn ran(test: &CliTest) -> bool {
    fs::remove_file(test.path("ran")).is_ok()
}

/// Calls that run each kind of code.
const CALLS: [(&str, &[&str]); 4] = [
    ("script.sh", &["inventory", "--hosts", "-i", "project/script.sh"]),
    (
        "password.sh",
        &[
            "run",
            "-i",
            "project/hosts.yml",
            "--vault-password-file",
            "project/password.sh",
            "--offline",
            "--check",
            "inventory/plain-password",
        ],
    ),
    ("checks", &["run", "-i", "h1,", "--checks", "project/checks", "--check", "t/own", "--limit", "h1"]),
    ("cloud.yml", &["inventory", "--hosts", "-i", "project/hosts.yml", "-i", "project/cloud.yml"]),
];

fn with_programs(test: &CliTest) -> Command {
    let programs = ansible("ansible-inventory");
    let mut command = test.command();
    command.env("PATH", format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", programs.parent().expect("a directory").display()));
    command
}

#[test]
fn code_that_everybody_may_write_is_refused_wherever_it_can_be_changed() {
    let test = project_with_code();
    for (path, args) in [("script.sh", CALLS[0].1), ("checks/t/own.yml", CALLS[2].1), ("cloud.yml", CALLS[3].1)] {
        for (open, mode) in [(format!("project/{path}"), 0o777), ("project".to_owned(), 0o777)] {
            let before = fs::metadata(test.path(&open)).expect("it is there").permissions();
            test.set_mode(&open, mode);
            for lang in ["en", "ja"] {
                let run = Run::of(with_programs(&test).args(args).args(["--lang", lang]));
                assert_eq!(run.status, Some(2), "{open}: {}{}", run.stdout, run.stderr);
                let command = format!("chmod o-w {}", test.path(&open).display());
                assert!(run.stderr.contains("0777") && run.stderr.contains(&command), "{open}: {}", run.stderr);
            }
            assert!(!ran(&test), "{open}");
            fs::set_permissions(test.path(&open), before).expect("ours");
        }
    }
    // What a sticky bit protects is nobody else's.
    test.set_mode("project", 0o1777);
    assert_eq!(test.run(CALLS[0].1).status, Some(0));
    assert!(ran(&test));
}

#[test]
fn a_vault_script_that_everybody_may_write_gives_no_password() {
    let test = project_with_code();
    let args = ["run", "-i", "project/hosts.yml", "--checks", "project/checks", "--check", "t/own", "--limit", "h1"];
    let more = ["--vault-password-file", "project/password.sh", "--format", "json"];
    test.set_mode("project/password.sh", 0o757);
    let run = test.run(&[&args[..], &more].concat());
    run.verdicts("t/own").the_only("h1", "error").says("everybody may write to").says("0757");
    test.set_mode("project/password.sh", 0o755);
    let run = test.run(&[&args[..], &more, &["--no-scripts"]].concat());
    assert_eq!(run.status, Some(2), "{}", run.stderr);
}

#[test]
fn no_scripts_means_no_code_of_the_project() {
    let test = project_with_code();
    for (what, args) in CALLS {
        let run = Run::of(with_programs(&test).args(args).arg("--no-scripts"));
        assert!(!ran(&test), "{what}: {}{}", run.stdout, run.stderr);
        if what != "password.sh" {
            assert_eq!(run.status, Some(2), "{what}: {}", run.stderr);
            assert!(run.stderr.contains("--no-scripts"), "{what}: {}", run.stderr);
        }
    }
    let run = test.run(&[
        "run",
        "-i",
        "project/hosts.yml",
        "--no-scripts",
        "--check",
        "ssh/remote-tmp-usable",
        "--format",
        "json",
    ]);
    assert!(!ran(&test) && run.stdout.contains("ProxyCommand"), "{}{}", run.stdout, run.stderr);
    let connecting = ["run", "-i", "h2,", "--no-scripts", "--check", "ssh/remote-tmp-usable", "--format", "json"];
    let run = Run::of(with_programs(&test).args(connecting).args(["--transport", "openssh"]));
    assert!(run.stdout.contains("which runs the commands of `ssh_config`"), "{}{}", run.stdout, run.stderr);
    let code = format!("Match exec \"touch {}\"\n  Port 1\n", test.path("ran").display());
    test.write("project/ssh_config", &code);
    let run = Run::of(with_programs(&test).env("ANSIBLE_SSH_ARGS", "-F project/ssh_config").args(connecting));
    assert!(run.stdout.contains("of `Match exec` is not run"), "{}{}", run.stdout, run.stderr);
    assert!(!ran(&test), "{}{}", run.stdout, run.stderr);
    let engine = ["inventory", "--hosts", "-i", "project/hosts.yml", "--inventory-engine", "ansible", "--no-scripts"];
    let run = Run::of(with_programs(&test).args(engine));
    assert!(run.status == Some(2) && run.stderr.contains("--no-scripts"), "{}", run.stderr);
}

#[test]
fn nothing_of_a_project_runs_that_was_not_named() {
    let test = project_with_code();
    let mut command = test.command();
    command.current_dir(test.path("project")).args(["run", "-i", "h1,", "--offline", "--format", "json"]);
    let run = Run::of(&mut command);
    assert!(!run.stdout.contains("t/own") && !ran(&test), "{}", run.stdout);
    let args = ["run", "-i", "project/hosts.yml", "--vault-password-file", "one", "--checks", "project/checks"];
    let run = test.run(&[&args[..], &["--check", "t/own", "--limit", "h1", "--format", "json"]].concat());
    run.verdicts("t/own").the_only("h1", "error").says("pipe");
    // The check itself was named, and ran; a template runs nothing.
    fs::remove_file(test.path("ran")).ok();
    test.write("preflight.yml", "options: {forks: 3}\n");
    test.set_mode("preflight.yml", 0o666);
    let run = test.run(&["config"]);
    assert!(run.status == Some(2) && run.stderr.contains("chmod o-w"), "{}", run.stderr);
    let named = Run::of(test.command().env("HIVE_PREFLIGHT_CONFIG", "preflight.yml").arg("config"));
    assert_eq!(named.status, Some(0), "{}", named.stderr);
    assert!(Path::new(&test.path("preflight.yml")).exists());
}

/// What `ssh` itself has against a host or user as an argument.
fn refused_by_ssh(args: &[&str]) -> bool {
    let mut ssh = Command::new("ssh");
    ssh.args(["-F", "none", "-o", "BatchMode=yes", "-o", "ProxyCommand=false"]).args(args).stdin(Stdio::null());
    let output = ssh.output().expect("ssh starts");
    String::from_utf8_lossy(&output.stderr).contains("contains invalid characters")
}

/// Who is refused before anything runs, where an `ssh_config` hands names to a shell as they are: by number.
fn refused_names(test: &CliTest, hosts: &[serde_json::Value]) -> Vec<bool> {
    let code = "Match exec \"true %h %r %n\"\nHost *\n  ProxyCommand true %h %r %n\n";
    let config = test.write("ssh_config", code);
    let host = |(number, vars): (usize, &serde_json::Value)| {
        let mut vars = vars.clone();
        vars["ansible_ssh_common_args"] = format!("-F {}", config.display()).into();
        (format!("h{number}"), vars)
    };
    let all: serde_json::Map<_, _> = hosts.iter().enumerate().map(host).collect();
    test.write("hosts.json", &serde_json::json!({ "all": { "hosts": all } }).to_string());
    let run = test.run(&["run", "-i", "hosts.json", "--check", "ssh/remote-tmp-usable", "--format", "json"]);
    let report = run.json();
    let told = report["hosts"].as_array().expect("hosts").iter();
    let told = told.map(|host| host["error"]["message"].as_str().unwrap_or_default().to_owned());
    let told: Vec<String> = told.filter(|message| !message.is_empty()).collect();
    assert_eq!(told.len(), hosts.len(), "{told:?}");
    told.iter().map(|message| message.contains("that `ssh` takes") || message.contains("whom `ssh` takes")).collect()
}

/// Texts that are code where a shell reads them, with each character that could make them so.
fn nasty_names() -> Vec<String> {
    let marks = ";&|<>(){}$`'\"\\ \t-%*?#~!=@,:^+[]";
    let marked = marks.chars().flat_map(|mark| [format!("a{mark}touch"), format!("{mark}a"), format!("a{mark}")]);
    let code = ["a;touch${IFS}pwned", "$(touch pwned)", "`touch pwned`", "a -oX", "-oProxyCommand=x", "h1.site", "é"];
    marked.chain(code.map(str::to_owned)).collect()
}

#[test]
fn names_that_ssh_refuses_reach_no_shell() {
    let test = CliTest::new();
    let names = nasty_names();
    let as_host = |name: &String| serde_json::json!({ "ansible_host": { "__ansible_unsafe": name } });
    // `ssh` itself takes a user and a port out of an argument with these marks, which we never do.
    let hosts: Vec<&String> = names.iter().filter(|name| !name.contains(['@', '%'])).collect();
    let ours = refused_names(&test, &hosts.iter().map(|name| as_host(name)).collect::<Vec<_>>());
    for (name, ours) in hosts.iter().zip(ours) {
        assert_eq!(ours, refused_by_ssh(&["--", name]) || name.starts_with('-'), "host {name:?}");
    }
    let users = names.iter();
    let as_user =
        |name: &String| serde_json::json!({ "ansible_host": "h", "ansible_user": { "__ansible_unsafe": name } });
    let ours = refused_names(&test, &users.clone().map(as_user).collect::<Vec<_>>());
    for (name, ours) in users.zip(ours) {
        assert_eq!(ours, refused_by_ssh(&["-l", name, "--", "h"]), "user {name:?}");
    }
    assert!(!test.path("pwned").exists());
}

#[test]
fn without_scripts_a_jump_runs_no_commands_of_a_named_configuration() {
    let test = CliTest::new();
    let code = format!("touch {}", test.path("ran").display());
    test.write("ssh_config", &format!("Match host jumper exec \"{code}\"\nHost jumper\n  ProxyCommand {code}\n"));
    let vars = "ansible_host: 192.0.2.1, ansible_ssh_common_args: '-F ssh_config -J jumper'";
    test.write("hosts.yml", &format!("all: {{hosts: {{h1: {{{vars}}}}}}}\n"));
    let args = ["run", "-i", "hosts.yml", "--check", "ssh/remote-tmp-usable", "--format", "json"];
    for (lang, told) in [("en", "runs the commands of `ssh_config`"), ("ja", "`ssh_config` のコマンドを実行します")]
    {
        let run = test.run(&[&args[..], &["--no-scripts", "--lang", lang]].concat());
        assert!(run.stdout.contains(told), "{}{}", run.stdout, run.stderr);
        assert!(!ran(&test), "{}", run.stdout);
    }
    let run = test.run(&args);
    assert!(ran(&test), "the same runs where it may: {}{}", run.stdout, run.stderr);
}

/// The program as a user without rights, who must become root on this machine.
fn as_nobody(test: &CliTest, args: &[&str]) -> Run {
    let program = test.path("hive-preflight");
    if !program.exists() {
        fs::copy(test.command().get_program(), &program).expect("a copy of the program");
    }
    test.set_mode(".", 0o755);
    test.set_mode("home", 0o777);
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program).args(args);
    command.current_dir(test.path(".")).env_clear().env("HOME", test.path("home")).env("PATH", "/usr/sbin:/usr/bin");
    Run::of(&mut command)
}

#[test]
fn without_scripts_the_inventory_names_no_program_that_becomes_another_user() {
    let test = CliTest::new();
    test.write("home/become", "#!/bin/sh\ntouch \"$HOME/ran\"\n");
    test.set_mode("home/become", 0o755);
    let become_ = test.path("home/become").display().to_string();
    let check = "firewall/iptables-state-trusted";
    let cases = [
        ("ansible_become_exe", become_.clone(), true),
        ("ansible_become_flags", format!("{become_} --"), false),
        ("ansible_become_exe", "/usr/bin/sudo".to_owned(), false),
        ("ansible_become_flags", "-H -S -n -E".to_owned(), false),
    ];
    for (number, (variable, value, runs)) in cases.iter().enumerate() {
        let vars = serde_json::json!({ "ansible_connection": "local", (*variable): value });
        test.write("hosts.json", &serde_json::json!({ "all": { "hosts": { "h1": vars } } }).to_string());
        let args = ["run", "-i", "hosts.json", "--check", check, "--format", "json"];
        for (lang, told) in [("en", "says which program is started"), ("ja", "は実行するプログラムを指定しています")]
        {
            let run = as_nobody(&test, &[&args[..], &["--no-scripts", "--lang", lang]].concat());
            assert_eq!(run.stdout.contains(told), number < 2, "{value}: {}{}", run.stdout, run.stderr);
            assert!(!test.path("home/ran").exists(), "{value}");
        }
        let run = as_nobody(&test, &args);
        assert_eq!(fs::remove_file(test.path("home/ran")).is_ok(), *runs, "{value}: {}{}", run.stdout, run.stderr);
    }
}

#[test]
fn a_user_to_become_is_no_option_of_su() {
    let test = CliTest::new();
    let vars = serde_json::json!({
        "ansible_connection": "local", "ansible_become_method": "su", "ansible_become_user": "-s/bin/echo",
    });
    test.write("hosts.json", &serde_json::json!({ "all": { "hosts": { "h1": vars } } }).to_string());
    let args = ["run", "-i", "hosts.json", "--check", "firewall/iptables-state-trusted", "--format", "json"];
    for (lang, told) in [("en", "and would be an option"), ("ja", "オプションとして扱われます")] {
        let run = test.run(&[&args[..], &["--lang", lang]].concat());
        assert!(run.stdout.contains(told), "{}{}", run.stdout, run.stderr);
    }
}

/// Who trusts an inventory with no code does not let it make a text of the pipeline's secrets that nobody knows for one.
#[test]
fn without_scripts_templates_get_nothing_of_the_environment() {
    let test = CliTest::new();
    let token = "sEcRetTokenOfThePipeline";
    let reversed = token.chars().rev().collect::<String>().to_lowercase();
    let run = |variable: &str, args: &[&str]| {
        let host = format!("{{{{ lookup('env', '{variable}', default='none') | reverse }}}}");
        let hosts = serde_json::json!({ "m": { "ansible_host": host } });
        let all = serde_json::json!({ "all": { "children": { "mother": { "hosts": hosts } } } });
        test.write("hosts.json", &all.to_string());
        let more = ["run", "-i", "hosts.json", "--offline", "--format", "json"];
        Run::of(test.command().env("CI_LOGIN", token).args(more).args(args))
    };
    let refused = run("CI_LOGIN", &["--no-scripts"]);
    assert!(!refused.stdout.to_lowercase().contains(&reversed), "{}", refused.stdout);
    let told = "`--no-scripts` gives no template the environment variable `CI_LOGIN`";
    assert!(refused.stdout.contains(told), "{}{}", refused.stdout, refused.stderr);
    assert!(
        run("NOT_SET", &["--no-scripts"]).stdout.contains("environment variable `NOT_SET`"),
        "nor whether it is set"
    );
    assert!(run("USER", &["--no-scripts"]).stdout.contains("@retset:22"), "what says where somebody is, is none");
    assert!(run("CI_LOGIN", &[]).stdout.contains(&reversed), "who trusts the inventory gets what it says");
}

#[test]
fn without_scripts_a_project_does_not_choose_where_to_write() {
    let test = CliTest::new();
    test.write("hosts", "h1\n");
    let run = |options: &str, variable: &str, args: &[&str]| {
        test.write("preflight.yml", &format!("options: {{inventory: [hosts], {options}}}\n"));
        let mut command = test.command();
        if !variable.is_empty() {
            command.env("HIVE_PREFLIGHT_CONFIG", variable);
        }
        let run = Run::of(command.args(["run", "--offline"]).args(args));
        let wrote = fs::remove_file(test.path("out")).is_ok() || fs::remove_dir_all(test.path("kept")).is_ok();
        (run, wrote)
    };
    for options in ["format: [terminal, html=out]", "history: kept"] {
        let (refused, wrote) = run(options, "", &["--no-scripts"]);
        assert!(refused.status == Some(2) && !wrote, "{}{}", refused.stdout, refused.stderr);
        assert!(refused.stderr.contains("preflight.yml:1:") && refused.stderr.contains("HIVE_PREFLIGHT_CONFIG= "));
        for (variable, more, args) in
            [("", "", &[][..]), ("preflight.yml", "", &["--no-scripts"]), ("", ", no-scripts: true", &[])]
        {
            let (run, wrote) = run(&format!("{options}{more}"), variable, args);
            assert!(run.status == Some(0) && wrote, "{options} {variable} {args:?}: {}{}", run.stdout, run.stderr);
        }
    }
    let own = ["--no-scripts", "--format", "json=out"];
    assert_eq!(
        (run("format: [html=no]", "", &own).1, test.path("no").exists()),
        (true, false),
        "the user's own counts"
    );
    assert_eq!(
        run("format: [json]", "", &["--no-scripts"]).0.status,
        Some(0),
        "standard output is none of the project's"
    );
}
