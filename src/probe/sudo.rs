//! The words of a `sudo`, `doas` or `su` that refuses.

/// Why it refused, as far as its words tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SudoRefusal {
    /// The user may use it, with a password.
    PasswordNeeded,
    /// The password that it was given is not the one.
    WrongPassword,
    /// The user may not use it at all, or not for a shell.
    NotAllowed,
    /// It wants a terminal (`requiretty`).
    TerminalNeeded,
    /// It is not installed.
    NotInstalled,
    /// Anything else: a broken `sudoers`, an account that is locked, no right to change the user.
    Other,
}

impl SudoRefusal {
    /// Classifies the words of [`super::ProbeError::Sudo`], which were said under `LC_ALL=C`.
    #[must_use]
    pub fn of(words: &str) -> Self {
        let has = |part: &str| words.contains(part);
        if has(": not found") || has("sudo: command not found") {
            Self::NotInstalled
        } else if has("must have a tty") {
            Self::TerminalNeeded
        } else if ["incorrect password", "try again", "Authentication fail"].into_iter().any(has) {
            Self::WrongPassword
        } else if [
            "not in the sudoers",
            "may not run sudo",
            "is not allowed to",
            "Operation not permitted",
            "su: Permission denied",
        ]
        .into_iter()
        .any(has)
        {
            Self::NotAllowed
        } else if [
            "password is required",
            "terminal is required",
            "askpass",
            "Authorization required",
            "Authentication required",
        ]
        .into_iter()
        .any(has)
        {
            Self::PasswordNeeded
        } else {
            Self::Other
        }
    }
}

/// The first line that says why; warnings that `sudo` also gives when it works come last.
pub(super) fn meaningful(words: &[u8]) -> String {
    let text = String::from_utf8_lossy(words);
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let telling = lines().find(|line| SudoRefusal::of(line) != SudoRefusal::Other);
    let any = || lines().find(|line| !line.contains("unable to resolve host"));
    let line = telling.or_else(any).or_else(|| lines().next()).unwrap_or("it said nothing");
    // The prompt of `su` has no line of its own.
    line.trim_start_matches("Password:").trim_start().chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart() {
        for (words, refusal) in [
            ("sudo: a password is required\n", SudoRefusal::PasswordNeeded),
            (
                "sudo: a terminal is required to read the password; either use the -S option",
                SudoRefusal::PasswordNeeded,
            ),
            ("sudo: sorry, you must have a tty to run sudo\n", SudoRefusal::TerminalNeeded),
            ("alice is not in the sudoers file.\nThis incident has been reported", SudoRefusal::NotAllowed),
            ("Sorry, user alice may not run sudo on h1.\n", SudoRefusal::NotAllowed),
            ("Sorry, user a is not allowed to execute '/bin/sh -c eval' as root on h1.\n", SudoRefusal::NotAllowed),
            ("sudo: not found\n", SudoRefusal::NotInstalled),
            ("doas: not found\n", SudoRefusal::NotInstalled),
            ("doas: Authorization required\n", SudoRefusal::PasswordNeeded),
            ("doas: Authentication required\n", SudoRefusal::PasswordNeeded),
            ("Password: su: Permission denied\n", SudoRefusal::NotAllowed),
            ("doas: Operation not permitted\n", SudoRefusal::NotAllowed),
            ("Sorry, try again.\nsudo: no password was provided\n", SudoRefusal::WrongPassword),
            ("sudo: 1 incorrect password attempt\n", SudoRefusal::WrongPassword),
            ("Password: \nsu: Authentication failure\n", SudoRefusal::WrongPassword),
            ("sudo: /etc/sudoers is world writable\n", SudoRefusal::Other),
        ] {
            assert_eq!(SudoRefusal::of(words), refusal, "{words}");
        }
    }

    #[test]
    fn a_warning_does_not_hide_the_reason() {
        let words = b"sudo: unable to resolve host h1: Name or service not known\n\nsudo: a password is required\n";
        assert_eq!(meaningful(words), "sudo: a password is required");
        assert_eq!(meaningful(b"Password: su: Authentication failure\n"), "su: Authentication failure");
        assert_eq!(meaningful(b""), "it said nothing");
    }
}
