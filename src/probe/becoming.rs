//! How questions are asked as another user: `sudo`, `doas` or `su`, with or without a password.

use crate::secret::Secret;

/// The program that makes another user of the one who logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BecomeMethod {
    /// `sudo`.
    #[default]
    Sudo,
    /// `doas`, which takes a password from a terminal only.
    Doas,
    /// `su`, which takes the other user's password.
    Su,
}

impl BecomeMethod {
    /// The method that Ansible knows under `name`, with or without its collection; absent for those that are not
    /// supported.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "sudo" | "ansible.builtin.sudo" => Some(Self::Sudo),
            "doas" | "community.general.doas" => Some(Self::Doas),
            "su" | "ansible.builtin.su" => Some(Self::Su),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sudo => "sudo",
            Self::Doas => "doas",
            Self::Su => "su",
        }
    }
}

/// How the script becomes the user as whom questions with `become` are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Becoming {
    /// The program.
    pub method: BecomeMethod,
    /// The user to become.
    pub user: String,
    /// The program's path, where it is not the method's name in `PATH`.
    pub program: Option<String>,
    /// Further arguments of the program.
    pub flags: Vec<String>,
    /// What it is told when it asks; a text of one line.
    pub password: Option<Secret>,
}

impl Default for Becoming {
    /// `sudo -n` to root.
    fn default() -> Self {
        Self { method: BecomeMethod::Sudo, user: "root".to_owned(), program: None, flags: Vec::new(), password: None }
    }
}

impl Becoming {
    /// The password that is given, as far as the program takes one from somewhere else than a terminal.
    pub(super) fn fed(&self) -> Option<&str> {
        let password = self.password.as_ref().filter(|_| self.method != BecomeMethod::Doas)?.expose();
        (!password.contains(['\n', '\0'])).then_some(password)
    }

    /// Whether the program reads a password from its standard input, so that it must be tried before it is given a script.
    pub(super) fn is_tried(&self) -> bool {
        self.fed().is_some() || self.method == BecomeMethod::Su
    }

    /// The words in front of `-c TEXT`, which then runs as the user.
    pub(super) fn words(&self) -> Vec<String> {
        let program = self.program.clone().unwrap_or_else(|| self.method.name().to_owned());
        let quiet: &[&str] = match (self.method, self.fed()) {
            (BecomeMethod::Sudo, None) => &["-H", "-n"],
            (BecomeMethod::Sudo, Some(_)) => &["-H", "-S", "-p", ""],
            (BecomeMethod::Doas, _) => &["-n"],
            (BecomeMethod::Su, _) => &[],
        };
        let further = self.flags.iter().filter(|flag| !matches!(flag.as_str(), "-H" | "-n" | "-S")).cloned();
        let user: &[&str] = match self.method {
            BecomeMethod::Sudo | BecomeMethod::Doas => &["-u", &self.user, "/bin/sh"],
            BecomeMethod::Su => &["-s", "/bin/sh", &self.user],
        };
        let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        std::iter::once(program).chain(own(quiet)).chain(further).chain(own(user)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(becoming: &Becoming) -> String {
        shell_words::join(becoming.words())
    }

    #[test]
    fn every_method_has_its_words() {
        let sudo = Becoming::default();
        assert_eq!(words(&sudo), "sudo -H -n -u root /bin/sh");
        let password = Some(Secret::from("secret"));
        let asked = Becoming { password: password.clone(), ..sudo.clone() };
        assert_eq!(words(&asked), "sudo -H -S -p '' -u root /bin/sh");
        let doas = Becoming { method: BecomeMethod::Doas, user: "app".to_owned(), password, ..sudo.clone() };
        assert_eq!((words(&doas).as_str(), doas.fed()), ("doas -n -u app /bin/sh", None));
        let flags = ["-H", "-S", "-n", "-E"].map(str::to_owned).to_vec();
        assert_eq!(words(&Becoming { flags, ..sudo.clone() }), "sudo -H -n -E -u root /bin/sh");
        let su = Becoming { method: BecomeMethod::Su, program: Some("/bin/su".to_owned()), ..sudo };
        assert_eq!((words(&su).as_str(), su.is_tried()), ("/bin/su -s /bin/sh root", true));
    }
}
