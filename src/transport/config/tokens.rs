//! Tokens (`%h`) and environment variables (`${HOME}`) in values.

use std::path::PathBuf;

use sha1::{Digest as _, Sha1};

use super::user::LocalUser;

/// What the tokens stand for.
pub(super) struct Tokens<'a> {
    pub(super) alias: &'a str,
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) login: &'a str,
    pub(super) key_alias: &'a str,
    pub(super) jump: &'a str,
    pub(super) user: &'a LocalUser,
}

impl Tokens<'_> {
    /// `text` of a command of `Match exec`: all tokens.
    pub(super) fn command(&self, text: &str) -> Option<String> {
        expand(text, false, |c| self.get(c))
    }

    /// `text` of `ProxyCommand` or `ProxyJump`: the tokens that say where to go.
    pub(super) fn way(&self, text: &str) -> Option<String> {
        expand(text, false, |c| if "hknpr".contains(c) { self.get(c) } else { None })
    }

    /// `text` that names a file: all tokens, the environment and `~`.
    pub(super) fn path(&self, text: &str) -> Option<PathBuf> {
        expand(&self.user.tilde(text), true, |c| self.get(c)).map(PathBuf::from)
    }

    fn get(&self, token: char) -> Option<String> {
        Some(match token {
            'C' => self.connection(),
            'd' => self.user.home.display().to_string(),
            'h' => self.host.to_owned(),
            'i' => self.user.uid.to_string(),
            'j' => self.jump.to_owned(),
            'k' => self.key_alias.to_owned(),
            'L' => here().split('.').next().unwrap_or_default().to_owned(),
            'l' => here(),
            'n' => self.alias.to_owned(),
            'p' => self.port.to_string(),
            'r' => self.login.to_owned(),
            'u' => self.user.name.clone(),
            _ => return None,
        })
    }

    /// The hash that stands for the connection: SHA-1 of `%l%h%p%r%j`.
    fn connection(&self) -> String {
        use std::fmt::Write as _;
        let text = format!("{}{}{}{}{}", here(), self.host, self.port, self.login, self.jump);
        let mut hex = String::new();
        for byte in Sha1::digest(text.as_bytes()) {
            // Writing to a `String` cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }
}

/// The name of this machine.
fn here() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// `HostName`, in which only `%h` is replaced.
pub(super) fn host_name(text: &str, alias: &str) -> Option<String> {
    expand(text, false, |c| (c == 'h').then(|| alias.to_owned()))
}

/// Replaces `%c` by what `token` gives for it, `%%` by `%`, and `${NAME}` by the environment's value where it is `environment`'s turn.
/// `None` for what `ssh` stops at: an unknown token, a variable that is not set.
fn expand(text: &str, environment: bool, token: impl Fn(char) -> Option<String>) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let tail = &rest[c.len_utf8()..];
        if let Some((name, after)) = variable(rest).filter(|_| environment) {
            out.push_str(&std::env::var(name?).ok()?);
            rest = after;
        } else if c == '%' {
            let key = tail.chars().next()?;
            out.push_str(&if key == '%' { Some(key.to_string()) } else { token(key) }?);
            rest = &tail[key.len_utf8()..];
        } else {
            out.push(c);
            rest = tail;
        }
    }
    Some(out)
}

/// The name in `${NAME}` at the start of `text`, and what follows; no name where it is empty or not closed.
fn variable(text: &str) -> Option<(Option<&str>, &str)> {
    let rest = text.strip_prefix("${")?;
    Some(rest.split_once('}').map_or((None, ""), |(name, after)| (Some(name).filter(|name| !name.is_empty()), after)))
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn tokens_are_replaced_once_and_unknown_ones_refused() {
        let h = |c| (c == 'h').then(|| "%h".to_owned());
        assert_eq!(expand("%h-%%h", false, h).as_deref(), Some("%h-%h"));
        for wrong in ["%x", "a%"] {
            assert_eq!(expand(wrong, false, h), None, "{wrong}");
        }
        assert_eq!(expand("${PATH}", false, h).as_deref(), Some("${PATH}"));
        assert_eq!(expand("<${PATH}>", true, h), std::env::var("PATH").ok().map(|path| format!("<{path}>")));
        for wrong in ["${", "${}", "${NO_SUCH_VARIABLE_HERE}"] {
            assert_eq!(expand(wrong, true, h), None, "{wrong}");
        }
    }
}
