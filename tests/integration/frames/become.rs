//! Probes as another user, through the real `sudo`, `doas` and `su`, and as accounts that may and may not use them.

use std::{
    fs,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use hive_preflight::probe::{BecomeMethod, Becoming, SudoRefusal};

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

/// The one file of `doas`, with one rule; one test at a time has it.
struct Doas(Option<Vec<u8>>, #[expect(dead_code, reason = "it is held")] MutexGuard<'static, ()>);

const DOAS: &str = "/etc/doas.conf";
static DOAS_FILE: Mutex<()> = Mutex::new(());

impl Doas {
    fn permitting(account: &Account, other: &Account) -> Self {
        let guard = DOAS_FILE.lock().unwrap_or_else(PoisonError::into_inner);
        let before = fs::read(DOAS).ok();
        let rule = format!("permit nopass {} as {}\n", account.name(), other.name());
        fs::write(DOAS, rule).expect("the tests run as root");
        Self(before, guard)
    }
}

impl Drop for Doas {
    fn drop(&mut self) {
        let _ = match &self.0 {
            Some(before) => fs::write(DOAS, before),
            None => fs::remove_file(DOAS),
        };
    }
}

fn root(id: u32, cmd: &str) -> Question {
    Question { r#become: true, ..question(id, shell(cmd)) }
}

/// As the login shell of `account` would run it.
fn run_as(account: &Account, script: &str) -> Output {
    run_in(account, &["sh"], script)
}

fn run_in(account: &Account, shell: &[&str], script: &str) -> Output {
    let home = account.home();
    feed(
        Command::new("setpriv")
            .args(["--reuid", account.name(), "--regid", account.name(), "--init-groups"])
            .args(shell)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", home)
            .env("USER", account.name())
            .current_dir(home),
        script,
    )
}

fn refusal(account: &Account) -> (SudoRefusal, String) {
    refusal_of(account, Becoming::default())
}

fn refusal_of(account: &Account, becoming: Becoming) -> (SudoRefusal, String) {
    let questions = vec![root(1, "id -u"), question(0, shell("echo mine")), root(2, "true")];
    let batch = batch(questions).becoming(Arc::new(becoming));
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
fn without_the_program_its_probes_have_no_answer() {
    let account = Account::with_shell("/bin/sh");
    for method in [BecomeMethod::Sudo, BecomeMethod::Doas, BecomeMethod::Su] {
        let becoming = Becoming { method, program: Some("no-such-program".to_owned()), ..Becoming::default() };
        assert_eq!(refusal_of(&account, becoming).0, SudoRefusal::NotInstalled);
    }
}

fn with_password(method: BecomeMethod, user: &str, password: &str) -> Becoming {
    let password = Some(password.into());
    Becoming { method, user: user.to_owned(), password, ..Becoming::default() }
}

/// What the first of two root questions answers, asked by `account` in `shell`.
fn asked_by(account: &Account, shell: &[&str], becoming: Becoming, cmd: &str) -> (i32, String, String) {
    let batch = batch(vec![root(0, cmd), root(1, "echo second")]).becoming(Arc::new(becoming));
    let output = run_in(account, shell, &batch.script());
    let mut answers = answers(&batch, &output);
    let mut text = |id| {
        let (status, stdout, stderr) = plain(answers.remove(&id).expect("an answer"));
        (status, String::from_utf8(stdout).expect("text"), String::from_utf8(stderr).expect("text"))
    };
    assert_eq!(text(1), (0, "second\n".to_owned(), String::new()), "{shell:?}");
    text(0)
}

#[test]
fn sudo_gets_its_password_and_nobody_else_sees_it() {
    /// Who asks, and how many processes or variables have the password.
    const LOOK: &str = "id -u; { ps -eo args; env; set; } | grep -c 'a [$](secret)' || true";
    const PASSWORD: &str = "it's \\ a $(secret) #hp";
    let account = Account::with_password(PASSWORD);
    let _rule = Rule::new(&account, "USER ALL=(ALL) ALL\n");
    let becoming = || with_password(BecomeMethod::Sudo, "root", PASSWORD);
    for shell in shells() {
        let (status, stdout, stderr) = asked_by(&account, shell, becoming(), LOOK);
        assert_eq!((status, stdout.as_str()), (0, "0\n0\n"), "{shell:?}: {stderr}");
    }
    assert!(batch(vec![root(0, "true")]).becoming(Arc::new(becoming())).is_secret(), "it travels by no command line");
    assert!(!batch(vec![question(0, shell("true"))]).becoming(Arc::new(becoming())).is_secret());
}

#[test]
fn a_password_that_sudo_does_not_ask_for_is_no_command() {
    let account = Account::with_password("secret");
    let _rule = Rule::new(&account, "USER ALL=(ALL) NOPASSWD: ALL\n");
    for shell in shells() {
        let becoming = with_password(BecomeMethod::Sudo, "root", "echo not-a-command");
        assert_eq!(asked_by(&account, shell, becoming, "id -u"), (0, "0\n".to_owned(), String::new()));
    }
}

#[test]
fn a_wrong_password_is_tried_once_and_told() {
    let account = Account::with_password("secret");
    let log = account.home().join("log");
    let _rule = Rule::new(&account, &format!("USER ALL=(ALL) ALL\nDefaults:USER logfile={}\n", log.display()));
    let (kind, words) = refusal_of(&account, with_password(BecomeMethod::Sudo, "root", "wrong"));
    assert_eq!(kind, SudoRefusal::WrongPassword, "{words}");
    let log = fs::read_to_string(log).expect("sudo's log");
    assert_eq!(log.matches("1 incorrect password attempt").count(), 1, "the script is no second password: {log}");
    let other = Account::with_password("other");
    let (kind, words) = refusal_of(&account, with_password(BecomeMethod::Su, other.name(), "wrong"));
    assert_eq!(kind, SudoRefusal::WrongPassword, "{words}");
}

#[test]
fn another_user_than_root_is_become_by_every_method() {
    let (account, other) = (Account::with_shell("/bin/sh"), Account::with_password("other's"));
    let _rule = Rule::new(&account, &format!("USER ALL=({}) NOPASSWD: ALL\n", other.name()));
    let _doas = Doas::permitting(&account, &other);
    let sudo = Becoming { user: other.name().to_owned(), ..Becoming::default() };
    let doas = Becoming { method: BecomeMethod::Doas, ..sudo.clone() };
    let su = with_password(BecomeMethod::Su, other.name(), "other's");
    for becoming in [sudo, doas, su] {
        let expected = (0, format!("{}\n", other.name()), String::new());
        assert_eq!(asked_by(&account, &["sh"], becoming.clone(), "id -un"), expected, "{becoming:?}");
    }
}

#[test]
fn doas_without_a_rule_and_with_a_password_is_refused() {
    let (account, other) = (Account::with_password("secret"), Account::with_shell("/bin/sh"));
    let _doas = Doas::permitting(&other, &account);
    let (kind, words) = refusal_of(&account, with_password(BecomeMethod::Doas, "root", "secret"));
    assert_eq!(kind, SudoRefusal::NotAllowed, "{words}");
}
