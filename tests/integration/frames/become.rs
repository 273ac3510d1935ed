//! Probes as root, through the real `sudo` and as accounts that may and may not use it.

use std::{fs, path::PathBuf};

use hive_preflight::probe::SudoRefusal;

use super::*;
use crate::lab::sshd::Account;

/// A rule of `/etc/sudoers.d` that goes when it is dropped.
struct Rule(PathBuf);

impl Rule {
    fn new(account: &Account, lines: &str) -> Self {
        let file = PathBuf::from("/etc/sudoers.d").join(account.name());
        fs::write(&file, lines.replace("USER", account.name())).expect("the tests run as root");
        Self(file)
    }
}

impl Drop for Rule {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn root(id: u32, cmd: &str) -> Question {
    Question { r#become: true, ..question(id, shell(cmd)) }
}

/// As the login shell of `account` would run it.
fn run_as(account: &Account, script: &str) -> Output {
    let home = account.home();
    feed(
        Command::new("setpriv")
            .args(["--reuid", account.name(), "--regid", account.name(), "--init-groups", "sh"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", home)
            .env("USER", account.name())
            .current_dir(home),
        script,
    )
}

fn refusal(account: &Account) -> (SudoRefusal, String) {
    let batch = batch(vec![root(1, "id -u"), question(0, shell("echo mine")), root(2, "true")]);
    let output = run_as(account, &batch.script());
    let mut answers = answers(&batch, &output);
    assert_eq!(
        plain(answers.remove(&0).expect("an answer")),
        answered(0, "mine\n", ""),
        "the others are asked all the same"
    );
    let (one, two) = (answers.remove(&1), answers.remove(&2));
    assert_eq!(one, two, "all probes of a refused sudo share its words");
    match one {
        Some(Err(ProbeError::Sudo(words))) => (SudoRefusal::of(&words), words),
        other => panic!("not a refusal: {other:?}"),
    }
}

#[test]
fn all_root_probes_run_in_one_sudo_whatever_it_does_to_the_environment() {
    let account = Account::with_shell("/bin/sh");
    let log = account.home().join("log");
    let _rule = Rule::new(
        &account,
        &format!(
            "USER ALL=(ALL) NOPASSWD: ALL\nDefaults:USER secure_path=/nowhere, env_reset, logfile={}\n",
            log.display()
        ),
    );
    let batch = batch(vec![
        root(10, "id -u; printf err >&2; exit 3"),
        question(11, shell("id -u")),
        root(12, "printf 'a\\0b\\377'; umask; echo $LC_ALL $HOME"),
        root(13, "it=\"it's\"; echo \"$it\"; sleep 600 &"),
        Question { timeout: Duration::from_secs(1), ..root(14, "sleep 600") },
        root(15, "ps -o args= -p $PPID | wc -c; echo \"$SUDO_COMMAND\""),
    ]);
    let output = run_as(&account, &batch.script());
    let mut answers = answers(&batch, &output);
    let mut next = |id| answers.remove(&id).expect("every question has an answer");
    assert_eq!(plain(next(10)), answered(3, "0\n", "err"));
    assert_ne!(plain(next(11)).1, b"0\n");
    assert_eq!(plain(next(12)), (0, b"a\0b\xff0077\nC /root\n".to_vec(), Vec::new()));
    assert_eq!(plain(next(13)), answered(0, "it's\n", ""));
    assert_eq!(next(14), Err(ProbeError::TimedOut(Duration::from_secs(1))));
    let command = String::from_utf8(plain(next(15)).1).expect("text");
    assert!(command.contains("eval \"$(cat)\"") && command.len() < 100, "the script is in nobody's log: {command}");
    let log = fs::read_to_string(log).expect("sudo's log");
    assert_eq!(log.matches("COMMAND=").count(), 1, "one sudo for all: {log}");
    assert!(batch.header(&output.stdout).is_some_and(|header| header.uid != Some(0)));
}

#[test]
fn root_needs_no_sudo() {
    let batch =
        batch(vec![root(0, "echo \"${SUDO_COMMAND-none}\""), question(1, shell("echo mine")), root(2, "exit 4")]);
    for shell_ in shells() {
        let mut answers = ask(shell_, &batch);
        assert_eq!(plain(answers.remove(&0).expect("an answer")), answered(0, "none\n", ""), "{shell_:?}");
        assert_eq!(plain(answers.remove(&1).expect("an answer")), answered(0, "mine\n", ""), "{shell_:?}");
        assert_eq!(plain(answers.remove(&2).expect("an answer")), answered(4, "", ""), "{shell_:?}");
    }
}

#[test]
fn a_password_a_terminal_and_no_permission_are_told_apart() {
    let account = Account::with_password("secret");
    let (kind, words) = refusal(&account);
    assert!(matches!(kind, SudoRefusal::PasswordNeeded | SudoRefusal::NotAllowed), "{words}");

    let rule = Rule::new(&account, "USER ALL=(ALL) ALL\n");
    assert_eq!(refusal(&account).0, SudoRefusal::PasswordNeeded);
    drop(rule);

    let rule = Rule::new(&account, "Defaults:USER requiretty\nUSER ALL=(ALL) NOPASSWD: ALL\n");
    // Started with a terminal, the tests' own would do for it.
    let (kind, words) = refusal(&account);
    assert_eq!(kind, SudoRefusal::TerminalNeeded, "{words}");
    drop(rule);

    let rule = Rule::new(&account, "USER ALL=(ALL) NOPASSWD: /usr/bin/id\n");
    let (kind, words) = refusal(&account);
    assert!(matches!(kind, SudoRefusal::PasswordNeeded | SudoRefusal::NotAllowed), "{words}");
    drop(rule);
}

#[test]
fn without_sudo_its_probes_have_no_answer() {
    let account = Account::with_shell("/bin/sh");
    let batch = batch(vec![root(0, "id -u"), question(1, shell("echo mine"))]);
    let script = batch.script().replace("command -v sudo", "command -v no-sudo-here");
    let output = run_as(&account, &script);
    let mut answers = answers(&batch, &output);
    let Some(Err(ProbeError::Sudo(words))) = answers.remove(&0) else { panic!("not a refusal") };
    assert_eq!(SudoRefusal::of(&words), SudoRefusal::NotInstalled);
    assert_eq!(plain(answers.remove(&1).expect("an answer")), answered(0, "mine\n", ""));
}
