//! What an operator does where becoming another user was refused: what helps depends on who refuses, and why.

use super::RemedyStep;
use crate::{
    probe::{BecomeMethod, Becoming, SudoRefusal},
    shell,
    text::Text,
};

/// One step.
struct Step {
    en: String,
    ja: String,
    command: Option<String>,
}

fn step(en: impl Into<String>, ja: impl Into<String>, command: Option<String>) -> Step {
    Step { en: en.into(), ja: ja.into(), command }
}

/// The step for `user`, who asked on `host`.
pub(super) fn remedy(becoming: &Becoming, refusal: SudoRefusal, user: &str, host: &str) -> Vec<RemedyStep> {
    let told = Asked { becoming, user, host };
    let step = match refusal {
        SudoRefusal::NotInstalled => told.not_installed(),
        SudoRefusal::TerminalNeeded => told.terminal_needed(),
        SudoRefusal::WrongPassword if told.was_given() => told.wrong_password(),
        SudoRefusal::WrongPassword | SudoRefusal::PasswordNeeded => told.password_needed(),
        SudoRefusal::NotAllowed => told.not_allowed(),
        SudoRefusal::Other => told.by_hand(),
    };
    let text = Text::new(step.en, step.ja);
    vec![RemedyStep { text, command: step.command, on: Some(host.to_owned()) }]
}

/// Who asked to become whom, and where.
struct Asked<'a> {
    becoming: &'a Becoming,
    user: &'a str,
    host: &'a str,
}

impl Asked<'_> {
    fn method(&self) -> &'static str {
        self.becoming.method.name()
    }

    /// Whether the program was given a password; `doas` takes one from a terminal only.
    fn was_given(&self) -> bool {
        self.becoming.password.is_some() && self.becoming.method != BecomeMethod::Doas
    }

    /// Whose password the program wants.
    fn whose(&self) -> &str {
        if self.becoming.method == BecomeMethod::Su { &self.becoming.user } else { self.user }
    }

    fn not_installed(&self) -> Step {
        let (method, host) = (self.method(), self.host);
        step(
            format!("install `{method}` on `{host}`, or name another way in `ansible_become_method`"),
            format!(
                "`{host}` に `{method}` をインストールするか、`ansible_become_method` で別の方法を指定してください"
            ),
            Some(shell::join(&["command", "-v", self.becoming.program.as_deref().unwrap_or(method)])),
        )
    }

    fn terminal_needed(&self) -> Step {
        let (user, host) = (self.user, self.host);
        step(
            format!(
                "take `requiretty` out of the sudoers of `{host}` for `{user}` (`visudo`: `Defaults:{user} !requiretty`): there is no terminal here, and none for Ansible with pipelining"
            ),
            format!(
                "`{host}` の sudoers でユーザ `{user}` の `requiretty` を外してください（`visudo` で `Defaults:{user} !requiretty`）。hive-preflight は端末を使わず、pipelining を使う Ansible も同様です"
            ),
            None,
        )
    }

    fn wrong_password(&self) -> Step {
        let (whose, host) = (self.whose(), self.host);
        step(
            format!(
                "the password of `{whose}` on `{host}` is another one: correct `ansible_become_password`, or type it again with `--ask-become-pass`"
            ),
            format!(
                "`{host}` のユーザ `{whose}` のパスワードが違います。`ansible_become_password` を直すか、`--ask-become-pass` で入力し直してください"
            ),
            None,
        )
    }

    fn password_needed(&self) -> Step {
        let (user, host, target) = (self.user, self.host, &self.becoming.user);
        match self.becoming.method {
            BecomeMethod::Sudo => step(
                format!(
                    "let `{user}` use sudo without a password on `{host}`, as hive-builder needs it, too; for Ansible a password can be given with `--ask-become-pass` or `ansible_become_password`"
                ),
                format!(
                    "hive-builder で必要なように、`{host}` でユーザ `{user}` がパスワードなしで sudo を使えるようにしてください。Ansible の場合は `--ask-become-pass` か `ansible_become_password` でパスワードを指定できます"
                ),
                Some("sudo -n true".to_owned()),
            ),
            BecomeMethod::Doas => step(
                format!(
                    "let `{user}` become `{target}` without a password on `{host}`: doas takes one from a terminal only. In `/etc/doas.conf`: `permit nopass {user} as {target}`"
                ),
                format!(
                    "`{host}` でユーザ `{user}` がパスワードなしで `{target}` になれるようにしてください。doas は端末からしかパスワードを受け付けません。`/etc/doas.conf` に `permit nopass {user} as {target}` と書きます"
                ),
                Some(shell::join(&["doas", "-n", "-u", target, "true"])),
            ),
            BecomeMethod::Su => step(
                format!(
                    "give the password of `{target}` on `{host}` with `--ask-become-pass` or `ansible_become_password`: su wants that of the user to become"
                ),
                format!(
                    "`{host}` のユーザ `{target}` のパスワードを `--ask-become-pass` か `ansible_become_password` で指定してください。su は切り替え先のユーザのパスワードを求めます"
                ),
                None,
            ),
        }
    }

    fn not_allowed(&self) -> Step {
        let (user, host, target) = (self.user, self.host, &self.becoming.user);
        match self.becoming.method {
            BecomeMethod::Sudo => step(
                format!(
                    "let `{user}` become `{target}` by sudo on `{host}`, for a shell, not for single commands; in the sudoers (`visudo`): `{user} ALL=({target}) NOPASSWD:ALL`"
                ),
                format!(
                    "`{host}` でユーザ `{user}` が sudo で `{target}` になり、個々のコマンドではなくシェルを実行できるようにしてください。sudoers（`visudo`）に `{user} ALL=({target}) NOPASSWD:ALL` と書きます"
                ),
                Some("sudo -n -l".to_owned()),
            ),
            BecomeMethod::Doas => step(
                format!(
                    "let `{user}` become `{target}` by doas on `{host}`; in `/etc/doas.conf`: `permit nopass {user} as {target}`"
                ),
                format!(
                    "`{host}` でユーザ `{user}` が doas で `{target}` になれるようにしてください。`/etc/doas.conf` に `permit nopass {user} as {target}` と書きます"
                ),
                None,
            ),
            BecomeMethod::Su => step(
                format!(
                    "let `{user}` become `{target}` by su on `{host}`: see what `/etc/pam.d/su` asks for, such as the group `wheel`"
                ),
                format!(
                    "`{host}` でユーザ `{user}` が su で `{target}` になれるようにしてください。`/etc/pam.d/su` の条件（`wheel` グループなど）を確認してください"
                ),
                Some("grep -v '^#' /etc/pam.d/su; id".to_owned()),
            ),
        }
    }

    fn by_hand(&self) -> Step {
        let (user, host, method, target) = (self.user, self.host, self.method(), &self.becoming.user);
        step(
            format!("log in on `{host}` as `{user}` and see whether `{method}` makes you `{target}` there"),
            format!("`{host}` に `{user}` でログインし、`{method}` で `{target}` になれるか確認してください"),
            Some(match self.becoming.method {
                BecomeMethod::Sudo => shell::join(&["sudo", "-n", "-u", target, "true"]),
                BecomeMethod::Doas => shell::join(&["doas", "-n", "-u", target, "true"]),
                BecomeMethod::Su => shell::join(&["su", target, "-c", "true"]),
            }),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::{BecomeMethod, Becoming, SudoRefusal, remedy};

    #[test]
    fn each_refusal_of_each_method_has_what_helps() {
        let refusals = [
            SudoRefusal::PasswordNeeded,
            SudoRefusal::WrongPassword,
            SudoRefusal::NotAllowed,
            SudoRefusal::TerminalNeeded,
            SudoRefusal::NotInstalled,
            SudoRefusal::Other,
        ];
        let mut told = String::new();
        for method in [BecomeMethod::Sudo, BecomeMethod::Doas, BecomeMethod::Su] {
            for refusal in refusals {
                let password = (refusal == SudoRefusal::WrongPassword).then(|| "given".into());
                let becoming = Becoming { method, user: "post gres".to_owned(), password, ..Becoming::default() };
                for step in remedy(&becoming, refusal, "alice", "h1") {
                    let (name, command) = (method.name(), step.command.unwrap_or_default());
                    writeln!(told, "{name} {refusal:?}\n  {}\n  {}\n  {command}", step.text.en, step.text.ja).unwrap();
                }
            }
        }
        insta::assert_snapshot!(told);
    }

    #[test]
    fn a_wrong_password_that_nobody_gave_is_a_missing_one() {
        let becoming = Becoming { method: BecomeMethod::Su, ..Becoming::default() };
        let steps = remedy(&becoming, SudoRefusal::WrongPassword, "alice", "h1");
        assert!(steps[0].text.en.starts_with("give the password of `root`"), "{steps:?}");
    }
}
