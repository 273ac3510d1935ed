//! Ansible Vault: what the real `ansible-vault` encrypted is opened where it is needed, and shown nowhere.

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use crate::{
    lab::sshd::{Account, Sshd},
    support::{CliTest, Run, ansible, on_terminal},
};

/// Everything that is secret in [`project`].
const SECRETS: [&str; 4] = ["s3cret-inline", "s3cret-file", "s3cret-list", "4711"];

/// A project with an inline value under password `one`, and a file under label `dev` and password `two`.
fn project() -> CliTest {
    let test = inline_project();
    let vaulted = "whole: s3cret-file\npin: 4711\nrendered: '{{ whole }}/{{ plain }}'\nlist: [s3cret-list]\n";
    test.write("group_vars/all/vault.yml", vaulted);
    vault(&test, &["encrypt", "--vault-id", "dev@two", "--encrypt-vault-id", "dev", "group_vars/all/vault.yml"], "");
    test
}

/// The same without the file.
fn inline_project() -> CliTest {
    let test = CliTest::new();
    test.write("one", "one\n");
    test.write("two", "two\n");
    let inline = encrypt_string(&test, &["--vault-password-file", "one"], "s3cret-inline");
    test.write(
        "hosts.yml",
        &format!(
            "all:\n  vars: {{ansible_connection: local}}\n  hosts:\n    w1:\n    w2:\n      inline: {inline}\n\
             \x20     derived: 'got {{{{ inline }}}}'\n"
        ),
    );
    test.write("group_vars/all/plain.yml", "plain: 1\n");
    test
}

/// Runs the real `ansible-vault` in the project.
fn vault(test: &CliTest, args: &[&str], input: &str) -> String {
    let mut command = Command::new(ansible("ansible-vault"));
    command.args(args).current_dir(test.path(".")).env("HOME", test.path("home"));
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// `!vault |` and the lines, to stand behind a key of a host.
fn encrypt_string(test: &CliTest, args: &[&str], secret: &str) -> String {
    let printed = vault(test, &[&["encrypt_string"], args].concat(), secret);
    printed.trim_end().replace('\n', "\n    ")
}

/// One check with these lines.
fn check(test: &CliTest, name: &str, lines: &str) {
    let written = format!(
        "id: t/{name}\ntitle: {{en: t, ja: t}}\nwhy: {{en: w, ja: w}}\nseverity: error\n\
         remedy: [{{text: {{en: r, ja: r}}}}]\n{lines}\n"
    );
    test.write(&format!("mine/t/{name}.yml"), &written);
}

fn run(test: &CliTest, more: &[&str]) -> Run {
    let mut args = vec!["run", "-i", "hosts.yml", "--checks", "mine", "--format", "json"];
    for entry in fs::read_dir(test.path("mine/t")).expect("checks") {
        let name = entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned();
        args.extend(["--check".to_owned().leak(), format!("t/{name}").leak()] as [&str; 2]);
    }
    test.run(&[&args[..], more].concat())
}

fn assert_hidden(run: &Run) {
    for secret in SECRETS {
        assert!(
            !run.stdout.contains(secret) && !run.stderr.contains(secret),
            "{secret}:\n{}{}",
            run.stdout,
            run.stderr
        );
    }
}

#[test]
fn what_ansible_encrypted_is_used_and_shown_nowhere() {
    let test = project();
    check(
        &test,
        "values",
        "hosts: w2\nprobe: {shell: 'printf %s {{ inline }}:{{ whole }}'}\n\
         that: [inline == 's3cret-inline', \"derived == 'got s3cret-inline'\", whole == 's3cret-file', pin == 4711,\
         \x20 \"rendered == 's3cret-file/1'\", \"list[0] == 's3cret-list'\", \"result.stdout == inline ~ ':' ~ whole\"]\n\
         fail_msg: {en: f, ja: f}",
    );
    check(
        &test,
        "told",
        "hosts: w2\nprobe: {shell: 'echo {{ inline }} {{ whole }} {{ pin }}'}\nthat: list[0] == derived\n\
         fail_msg: {en: 'it was {{ inline }}, {{ list }}, {{ pin }}, {{ rendered }} and {{ derived }}', ja: '{{ whole }}'}",
    );
    let passwords = ["--vault-password-file", "one", "--vault-id", "dev@two"];
    let run = run(&test, &passwords);
    assert_eq!(run.verdicts("t/values").outcomes(), [("w2", "", "pass")], "{}{}", run.stdout, run.stderr);
    let told = run.verdicts("t/told");
    told.the_only("w2", "fail").says("it was [vaulted], ['[vaulted]'], [vaulted], [vaulted] and got [vaulted]");
    assert_hidden(&run);
    for format in ["terminal", "json"] {
        let check = ["--check", "t/told", "-v", "--lang", "ja", "--format", format];
        let args = ["run", "-i", "hosts.yml", "--checks", "mine"];
        let run = test.run(&[&args[..], &check, &passwords].concat());
        assert!(run.stdout.contains("[vaulted]"), "{}{}", run.stdout, run.stderr);
        assert_hidden(&run);
    }
}

#[test]
fn the_inventory_is_printed_as_ansible_prints_it_and_nothing_is_opened() {
    let test = project();
    let passwords = ["--vault-password-file", "one", "--vault-id", "dev@two"];
    let run = test.run(&[&["inventory", "-i", "hosts.yml", "--list"], &passwords[..]].concat());
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    assert_hidden(&run);
    let mut real = Command::new(ansible("ansible-inventory"));
    real.args(["-i", "hosts.yml", "--list"]).args(passwords).current_dir(test.path(".")).env("HOME", test.path("home"));
    let real: serde_json::Value = serde_json::from_slice(&real.output().expect("it runs").stdout).expect("JSON");
    let ours = run.json();
    let inline = |json: &serde_json::Value| json["_meta"]["hostvars"]["w2"]["inline"].clone();
    assert!(inline(&ours)["__ansible_vault"].as_str().expect("text").starts_with("$ANSIBLE_VAULT;1.1;AES256\n"));
    assert_eq!(inline(&ours), inline(&real));
    let names = |json: &serde_json::Value| -> Vec<String> {
        json["_meta"]["hostvars"]["w2"].as_object().expect("variables").keys().cloned().collect()
    };
    assert_eq!(names(&ours), names(&real), "every variable of the encrypted file is known");
    for name in ["whole", "pin", "rendered", "list"] {
        assert!(ours["_meta"]["hostvars"]["w1"][name]["__ansible_vault"].is_string(), "{name} is not shown");
    }
}

#[test]
fn each_way_to_stay_closed_is_an_error_of_its_host_only() {
    let test = inline_project();
    let damaged = test.read("hosts.yml").replace("inline: !vault", "fine: 1\n      damaged: !vault");
    let at = damaged.rfind("      derived").expect("it is there");
    test.write(
        "hosts.yml",
        &format!("{}{}", test.read("hosts.yml"), &damaged[damaged.find("      damaged").expect("there")..at - 5]),
    );
    check(
        &test,
        "inline",
        "hosts: 'w1:w2'\nprobe: {shell: 'true'}\nthat: (inline | default('')) != 'x'\nfail_msg: {en: f, ja: f}",
    );
    check(&test, "damaged", "hosts: w2\nprobe: {shell: 'true'}\nthat: damaged != 'x'\nfail_msg: {en: f, ja: f}");
    check(&test, "other", "hosts: 'w1:w2'\nprobe: {shell: 'true'}\nthat: plain == 1\nfail_msg: {en: f, ja: f}");
    let none = run(&test, &[]);
    none.verdicts("t/other").assert_healthy();
    none.verdicts("t/inline")
        .the_only("w2", "error")
        .says("`inline` (hosts.yml:6:7)")
        .says("no vault password is known");
    let wrong = run(&test, &["--vault-password-file", "two"]);
    wrong.verdicts("t/other").assert_healthy();
    wrong.verdicts("t/inline").the_only("w2", "error").says("`inline` (hosts.yml:6:7)").says("does not fit");
    let right = run(&test, &["--vault-password-file", "one"]);
    right.verdicts("t/inline").assert_healthy();
    right.verdicts("t/damaged").the_only("w2", "error").says("`damaged` (hosts.yml:").says("damaged: ");
}

#[test]
fn files_that_stay_closed_or_are_broken_inside_end_the_run_with_their_names() {
    let test = project();
    test.write("group_vars/all/zz.yml", "a: s3cret-file\n b: [s3cret-list\n");
    vault(&test, &["encrypt", "--vault-password-file", "one", "group_vars/all/zz.yml"], "");
    let mut told = String::new();
    for args in [&[][..], &["--vault-password-file", "one"], &["--vault-password-file", "one", "--vault-id", "dev@two"]]
    {
        let run = test.run(&[&["inventory", "-i", "hosts.yml", "--hosts"], args].concat());
        assert_eq!(run.status, Some(2), "{}", run.stderr);
        assert_hidden(&run);
        let _ = write!(told, "$ {}\n{}\n", args.join(" "), test.redacted(&run.stderr));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_source_that_is_encrypted_as_a_whole_is_read() {
    let test = CliTest::new();
    test.write("one", "one");
    test.write("hosts", "w1 ansible_connection=local secret=s3cret-inline\n[web]\nw1\n");
    vault(&test, &["encrypt", "--vault-password-file", "one", "hosts"], "");
    let run = test.run(&["inventory", "-i", "hosts", "--list", "--vault-password-file", "one"]);
    assert_hidden(&run);
    let list = run.json();
    assert_eq!(list["web"]["hosts"], serde_json::json!(["w1"]), "{}", run.stderr);
    assert!(list["_meta"]["hostvars"]["w1"]["secret"]["__ansible_vault"].is_string());
}

/// The outcome of a check for the inline value, with the password from where `prepare` puts it.
fn opened(prepare: impl Fn(&CliTest, &mut Command)) -> Run {
    let test = inline_project();
    check(
        &test,
        "inline",
        "hosts: w2\nprobe: {shell: 'true'}\nthat: inline == 's3cret-inline'\nfail_msg: {en: f, ja: f}",
    );
    let mut command = test.command();
    command.args(["run", "-i", "hosts.yml", "--checks", "mine", "--check", "t/inline", "--format", "json"]);
    prepare(&test, &mut command);
    Run::of(&mut command)
}

#[test]
fn passwords_come_from_everywhere_where_ansible_takes_them() {
    type Prepare = fn(&CliTest, &mut Command);
    let places: [(&str, Prepare); 7] = [
        ("a script", |test, command| {
            test.write("script", "#!/bin/sh\nprintf 'one\\n'\n");
            test.set_mode("script", 0o755);
            command.args(["--vault-password-file", "script"]);
        }),
        ("a client script, which is told its label", |test, command| {
            let script = "#!/bin/sh\ntest \"$1 $2\" = '--vault-id prod' && echo one || exit 2\n";
            test.write("pass-client.sh", script);
            test.set_mode("pass-client.sh", 0o755);
            command.args(["--vault-id", "prod@pass-client.sh"]);
        }),
        ("a file that an earlier password opens", |test, command| {
            vault(test, &["encrypt", "--vault-password-file", "two", "one"], "");
            command.args(["--vault-id", "a@two", "--vault-id", "b@one"]);
        }),
        ("the environment", |_, command| {
            command.env("ANSIBLE_VAULT_PASSWORD_FILE", "one");
        }),
        ("the environment's identities", |_, command| {
            command.env("ANSIBLE_VAULT_IDENTITY_LIST", "a@two, b@one");
        }),
        ("the configuration here", |test, _| {
            test.write("ansible.cfg", "[defaults]\nvault_password_file = ./one\n");
        }),
        ("the configuration elsewhere", |test, command| {
            test.write("conf/password", "one\n");
            test.write("conf/ansible.cfg", "[defaults]\nvault_password_file = password\n");
            command.env("ANSIBLE_CONFIG", "conf");
        }),
    ];
    for (place, prepare) in places {
        let run = opened(prepare);
        assert_eq!(run.status, Some(0), "{place}: {}{}", run.stdout, run.stderr);
    }
}

#[test]
fn passwords_that_cannot_be_had_say_so() {
    let run = opened(|test, command| {
        test.write("script", "#!/bin/sh\nexit 3\n");
        test.set_mode("script", 0o755);
        command.args(["--vault-password-file", "script"]);
    });
    let verdicts = run.verdicts("t/inline");
    verdicts.the_only("w2", "error").says("the vault password script `script` failed (exit status: 3)");
    let run = opened(|test, _| {
        test.write("ansible.cfg", "[defaults]\nvault_password_file = one\n");
        // With a sticky bit, so that nobody else could have put the checks there.
        test.set_mode(".", 0o1777);
    });
    run.verdicts("t/inline").the_only("w2", "error").says("no vault password is known");
    for (args, words) in [
        (["--vault-password-file", "nowhere"], "`nowhere` does not exist"),
        (["--vault-id", "dev@mine"], "`mine` is a directory"),
        (["--vault-id", "dev@prompt"], "for `dev` was not given"),
    ] {
        let run = opened(|_, command| {
            command.args(args);
        });
        assert_eq!(run.status, Some(2));
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
}

#[test]
fn a_password_is_asked_for_once_and_not_shown() {
    let test = inline_project();
    check(
        &test,
        "both",
        "hosts: w2\nprobe: {shell: 'true'}\nthat: [inline == 's3cret-inline']\nfail_msg: {en: f, ja: f}",
    );
    let at = |name: &str| test.path(name).display().to_string();
    let (hosts, checks) = (at("hosts.yml"), at("mine"));
    let program = env!("CARGO_BIN_EXE_hive-preflight");
    let words = [program, "run", "-i", &hosts, "--checks", &checks, "--check", "t/both", "--ask-vault-pass"];
    let (screen, status) = on_terminal(&shell_words::join(words), "vault password (default)", &["one"]);
    assert_eq!(screen.matches("vault password").count(), 1, "{screen}");
    assert_eq!(status, Some(0), "{screen}");
    assert!(!screen.contains("one\r\n"), "{screen}");
}

#[test]
fn an_encrypted_address_and_password_connect_for_real() {
    let account = Account::with_password("open s3cret-inline");
    let server = Sshd::with(&["PasswordAuthentication yes", "PubkeyAuthentication no"]);
    let test = CliTest::new();
    test.write("one", "one");
    let sealed = |text: &str| encrypt_string(&test, &["--vault-password-file", "one"], text);
    let args = format!("-F none -o IdentityAgent=none -o UserKnownHostsFile={}", server.known_hosts().display());
    test.write(
        "hosts.yml",
        &format!(
            "all:\n  hosts:\n    w1:\n      ansible_host: {}\n      ansible_port: {}\n      ansible_user: {}\n      \
             ansible_password: {}\n      ansible_ssh_common_args: '{args}'\n    w2: {{ansible_connection: local}}\n",
            sealed("127.0.0.1"),
            server.port(),
            account.name(),
            sealed("open s3cret-inline"),
        ),
    );
    check(
        &test,
        "who",
        &format!(
            "hosts: 'w1:w2'\nprobe: {{shell: id -un}}\nthat: \"result.stdout == '{}\\n' or inventory_hostname == 'w2'\"\nfail_msg: {{en: f, ja: f}}",
            account.name()
        ),
    );
    let found = run(&test, &["--vault-password-file", "one"]);
    assert_eq!(found.verdicts("t/who").outcomes(), [("w1", "", "pass"), ("w2", "", "pass")], "{}", found.stderr);
    assert!(!found.stdout.contains("127.0.0.1"), "the address is a secret, too: {}", found.stdout);
    assert_hidden(&found);
    let closed = run(&test, &[]);
    let verdicts = closed.verdicts("t/who");
    assert_eq!(verdicts.on("w2")[0].outcome, "pass");
    let told = closed.json()["hosts"].to_string() + &closed.stdout;
    assert!(told.contains("`ansible_host` (hosts.yml:4:7)") && told.contains("no vault password is known"), "{told}");
    assert_ne!(verdicts.on("w1")[0].outcome, "pass");
}
