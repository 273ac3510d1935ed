//! Whose code runs: values never become code, and a project's own code runs only where nobody else could have written it.

mod names;
mod values;

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use crate::support::{CliTest, Run, ansible};

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
