//! Who we are on this machine.

use std::path::PathBuf;

/// The account that runs this program, as `ssh` sees it: by the user database, not by the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalUser {
    /// Login name.
    pub name: String,
    /// Home directory.
    pub home: PathBuf,
    /// Number.
    pub uid: u32,
}

impl LocalUser {
    /// Looks the account up; accounts that `/etc/passwd` does not have are taken from the environment.
    #[must_use]
    pub fn current() -> Self {
        let uid = rustix::process::getuid().as_raw();
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        from_passwd(&passwd, uid).unwrap_or_else(|| Self {
            name: env("LOGNAME").or_else(|| env("USER")).unwrap_or_else(|| uid.to_string()),
            home: env("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from),
            uid,
        })
    }

    /// `text` with a leading `~` or `~user` replaced by that home.
    pub(super) fn tilde(&self, text: &str) -> String {
        let Some(rest) = text.strip_prefix('~') else { return text.to_owned() };
        let (name, tail) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let home = if name.is_empty() || name == self.name { Some(self.home.clone()) } else { home_of(name) };
        home.map_or_else(|| text.to_owned(), |home| format!("{}{tail}", home.display()))
    }
}

fn home_of(name: &str) -> Option<PathBuf> {
    let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
    passwd.lines().find_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        (fields.len() >= 6 && fields[0] == name).then(|| PathBuf::from(fields[5]))
    })
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn from_passwd(passwd: &str, uid: u32) -> Option<LocalUser> {
    passwd.lines().find_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        let matches = fields.len() >= 6 && fields[2].parse() == Ok(uid);
        matches.then(|| LocalUser { name: fields[0].to_owned(), home: PathBuf::from(fields[5]), uid })
    })
}

#[cfg(test)]
mod tests {
    use super::from_passwd;

    #[test]
    fn the_first_account_with_the_number_counts() {
        let passwd = "# x\nroot:x:0:0::/root:/bin/sh\ntoor:x:0:0::/other:/bin/sh\n";
        assert_eq!(from_passwd(passwd, 0).map(|user| user.name).as_deref(), Some("root"));
        assert_eq!(from_passwd(passwd, 1), None);
    }
}
