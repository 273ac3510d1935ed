//! What the files say about one host: the first value that holds wins.

use std::{path::PathBuf, time::Duration};

use super::{
    file::{Condition, ConfigOption, Criterion, Item, Place, SshConfig, Test},
    keywords::{self, Treatment},
    notice::{Notice, NoticeKind},
    user::LocalUser,
};
use crate::transport::{endpoint::HostKeyPolicy, glob};

/// What is set for a host, with tokens and `~` replaced. What nobody set is absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostConfig {
    /// `HostName`; the alias where it is not set.
    pub host_name: String,
    /// `Port`.
    pub port: Option<u16>,
    /// `User`.
    pub user: Option<String>,
    /// Every `IdentityFile` that holds.
    pub identity_files: Vec<PathBuf>,
    /// `IdentitiesOnly`.
    pub identities_only: Option<bool>,
    /// `IdentityAgent`; the path `none` for no agent.
    pub identity_agent: Option<PathBuf>,
    /// `UserKnownHostsFile`; empty for `none`.
    pub user_known_hosts: Option<Vec<PathBuf>>,
    /// `GlobalKnownHostsFile`.
    pub global_known_hosts: Option<Vec<PathBuf>>,
    /// `StrictHostKeyChecking`.
    pub host_key_policy: Option<HostKeyPolicy>,
    /// `ConnectTimeout`.
    pub connect_timeout: Option<Duration>,
    /// `HostKeyAlias`.
    pub host_key_alias: Option<String>,
    /// `ProxyJump`, nearest hop first; empty for none.
    pub proxy_jump: Vec<String>,
    /// `ProxyCommand`.
    pub proxy_command: Option<String>,
    /// What was written and is not done.
    pub notices: Vec<Notice>,
}

/// The raw values, before tokens are replaced: they may speak of values that come later.
#[derive(Default)]
struct Raw {
    first: std::collections::BTreeMap<&'static str, ConfigOption>,
    identity_files: Vec<String>,
    notices: Vec<Notice>,
}

/// Options of which only the first counts; `proxycommand` and `proxyjump` share one place.
const FIRST_WINS: [(&str, &str); 12] = [
    ("connecttimeout", "connecttimeout"),
    ("globalknownhostsfile", "globalknownhostsfile"),
    ("hostkeyalias", "hostkeyalias"),
    ("hostname", "hostname"),
    ("identitiesonly", "identitiesonly"),
    ("identityagent", "identityagent"),
    ("port", "port"),
    ("proxycommand", "proxy"),
    ("proxyjump", "proxy"),
    ("stricthostkeychecking", "stricthostkeychecking"),
    ("user", "user"),
    ("userknownhostsfile", "userknownhostsfile"),
];

impl SshConfig {
    /// What holds for `alias`, the name as it would be given to `ssh`. Reads no files.
    #[must_use]
    pub fn resolve(&self, alias: &str, user: &LocalUser) -> HostConfig {
        self.resolve_with(alias, user, &[])
    }

    /// The same with options that win over the files.
    pub(super) fn resolve_with(&self, alias: &str, user: &LocalUser, options: &[ConfigOption]) -> HostConfig {
        let mut raw = Raw { notices: self.notices.clone(), ..Raw::default() };
        for option in options {
            raw.take(option);
        }
        let mut holds = vec![false; self.blocks.len()];
        for item in &self.items {
            match item {
                Item::Block(index) => {
                    let block = &self.blocks[*index];
                    let parent = block.parent.is_none_or(|parent| holds[parent]);
                    holds[*index] = parent && raw.holds(&block.condition, alias, user);
                }
                Item::Option { block, option } if block.is_none_or(|block| holds[block]) => raw.take(option),
                Item::Option { .. } => {}
            }
        }
        raw.finish(alias, user)
    }
}

impl Raw {
    fn take(&mut self, option: &ConfigOption) {
        match keywords::treatment(&option.keyword) {
            Treatment::Harmless => {}
            Treatment::Notice if keywords::is_default(&option.keyword, &option.args.concat()) => {}
            Treatment::Notice => self.notices.push(option.notice(NoticeKind::NotHonoured(option.keyword.clone()))),
            Treatment::Unknown => self.notices.push(option.notice(NoticeKind::Unknown(option.keyword.clone()))),
            Treatment::Honoured if option.args.is_empty() || option.args[0].is_empty() => {
                self.notices.push(option.notice(NoticeKind::BadValue(option.keyword.clone(), String::new())));
            }
            Treatment::Honoured if option.keyword == "identityfile" => {
                if !self.identity_files.contains(&option.args[0]) {
                    self.identity_files.push(option.args[0].clone());
                }
            }
            // To OpenSSH this is the same as nothing, and a later value counts.
            Treatment::Honoured
                if option.keyword == "connecttimeout" && option.args[0].eq_ignore_ascii_case("none") => {}
            Treatment::Honoured => {
                if let Some((_, place)) = FIRST_WINS.iter().find(|(keyword, _)| *keyword == option.keyword) {
                    self.first.entry(place).or_insert_with(|| option.clone());
                }
            }
        }
    }

    fn value(&self, keyword: &str) -> Option<&str> {
        self.first.get(keyword).map(|option| option.args[0].as_str())
    }

    fn holds(&self, condition: &Condition, alias: &str, user: &LocalUser) -> bool {
        match condition {
            Condition::Host(patterns) => glob::list_matches(patterns.iter().map(String::as_str), alias),
            Condition::Match(criteria) => criteria.iter().all(|criterion| self.fits(criterion, alias, user)),
        }
    }

    fn fits(&self, criterion: &Criterion, alias: &str, user: &LocalUser) -> bool {
        let list = |patterns: &str, text: &str| glob::list_matches(patterns.split(','), text);
        let fits = match &criterion.test {
            Test::All => true,
            Test::Host(patterns) => list(patterns, &self.host_name(alias)),
            Test::OriginalHost(patterns) => list(patterns, alias),
            Test::User(patterns) => list(patterns, self.value("user").unwrap_or(&user.name)),
            Test::LocalUser(patterns) => list(patterns, &user.name),
            // Also when negated: what is not known cannot be relied on.
            Test::Undecided => return false,
        };
        fits != criterion.negated
    }

    /// `HostName`, in which only `%h` and `%%` are replaced.
    fn host_name(&self, alias: &str) -> String {
        self.value("hostname")
            .map_or_else(|| alias.to_owned(), |name| replace(name, |c| (c == 'h').then(|| alias.to_owned())))
    }

    fn finish(mut self, alias: &str, user: &LocalUser) -> HostConfig {
        let host_name = self.host_name(alias);
        let port = self.parsed("port", |text| text.parse().ok().filter(|port| *port != 0));
        let login = self.value("user").map(str::to_owned);
        let alias_of_key = self.value("hostkeyalias").map(str::to_owned);
        let tokens = Tokens {
            alias,
            host: &host_name,
            port: port.unwrap_or(22),
            login: login.as_deref().unwrap_or(&user.name),
            key_alias: alias_of_key.as_deref().unwrap_or(&host_name),
            user,
        };
        let identity_agent = self.value("identityagent").and_then(|text| agent(text, &tokens));
        let proxy = self.first.get("proxy").cloned();
        let (proxy_jump, proxy_command) = proxy.map_or_else(Default::default, |option| proxy_of(&option, &tokens));
        let no_identity = |file: &&String| !file.eq_ignore_ascii_case("none");
        HostConfig {
            identity_files: self.identity_files.iter().filter(no_identity).map(|file| tokens.path(file)).collect(),
            identities_only: self.parsed("identitiesonly", yes_no),
            identity_agent,
            user_known_hosts: self.files("userknownhostsfile", &tokens),
            global_known_hosts: self.files("globalknownhostsfile", &tokens),
            host_key_policy: self.parsed("stricthostkeychecking", policy),
            connect_timeout: self.parsed("connecttimeout", duration).filter(|time| !time.is_zero()),
            host_key_alias: alias_of_key.clone(),
            proxy_jump,
            proxy_command,
            port,
            user: login.clone(),
            notices: std::mem::take(&mut self.notices),
            host_name: host_name.clone(),
        }
    }

    /// The value of `keyword` read by `parse`; a notice where it cannot be read.
    fn parsed<T>(&mut self, keyword: &'static str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let option = self.first.get(keyword)?;
        let value = parse(&option.args[0]);
        if value.is_none() {
            let notice = option.notice(NoticeKind::BadValue(keyword.to_owned(), option.args[0].clone()));
            self.notices.push(notice);
        }
        value
    }

    fn files(&self, keyword: &str, tokens: &Tokens<'_>) -> Option<Vec<PathBuf>> {
        let option = self.first.get(keyword)?;
        let named = option.args.iter().filter(|file| !file.eq_ignore_ascii_case("none"));
        Some(named.map(|file| tokens.path(file)).collect())
    }
}

impl ConfigOption {
    fn notice(&self, kind: NoticeKind) -> Notice {
        match &self.place {
            Place::Line(file, line) => Notice { file: Some(file.clone()), line: *line, kind },
            Place::Arguments => Notice { file: None, line: 0, kind },
        }
    }
}

fn yes_no(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" => Some(true),
        "no" | "false" => Some(false),
        _ => None,
    }
}

/// `ask` is strict here: nobody is asked.
fn policy(text: &str) -> Option<HostKeyPolicy> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "ask" => Some(HostKeyPolicy::Strict),
        "accept-new" => Some(HostKeyPolicy::AcceptNew),
        "no" | "off" | "false" => Some(HostKeyPolicy::Off),
        _ => None,
    }
}

/// Seconds, or OpenSSH's `1h30m`; zero is the system's own time-out.
fn duration(text: &str) -> Option<Duration> {
    let (mut total, mut number) = (0u64, None::<u64>);
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit.into())?);
            continue;
        }
        let unit = match c.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    let total = total.checked_add(number.unwrap_or(0))?;
    (!text.is_empty()).then(|| Duration::from_secs(total))
}

fn agent(text: &str, tokens: &Tokens<'_>) -> Option<PathBuf> {
    match text {
        "SSH_AUTH_SOCK" => None,
        text if text.eq_ignore_ascii_case("none") => Some(PathBuf::from("none")),
        text => match text.strip_prefix('$') {
            Some(name) => std::env::var_os(name.trim_matches(['{', '}'])).map(PathBuf::from),
            None => Some(tokens.path(text)),
        },
    }
}

fn proxy_of(option: &ConfigOption, tokens: &Tokens<'_>) -> (Vec<String>, Option<String>) {
    let value = &option.args[0];
    if value.eq_ignore_ascii_case("none") {
        return (Vec::new(), None);
    }
    if option.keyword == "proxycommand" {
        return (Vec::new(), Some(replace(value, |c| tokens.get(c))));
    }
    (value.split(',').map(|hop| tokens.replaced(hop.trim())).collect(), None)
}

/// What the tokens stand for.
struct Tokens<'a> {
    alias: &'a str,
    host: &'a str,
    port: u16,
    login: &'a str,
    key_alias: &'a str,
    user: &'a LocalUser,
}

impl Tokens<'_> {
    fn get(&self, token: char) -> Option<String> {
        Some(match token {
            'd' => self.user.home.display().to_string(),
            'h' => self.host.to_owned(),
            'i' => self.user.uid.to_string(),
            'k' => self.key_alias.to_owned(),
            'n' => self.alias.to_owned(),
            'p' => self.port.to_string(),
            'r' => self.login.to_owned(),
            'u' => self.user.name.clone(),
            'l' => rustix::system::uname().nodename().to_string_lossy().into_owned(),
            'L' => {
                rustix::system::uname().nodename().to_string_lossy().split('.').next().unwrap_or_default().to_owned()
            }
            _ => return None,
        })
    }

    fn replaced(&self, text: &str) -> String {
        replace(text, |c| self.get(c))
    }

    fn path(&self, text: &str) -> PathBuf {
        PathBuf::from(self.user.tilde(&self.replaced(text)))
    }
}

/// Replaces `%c` by what `value` gives for it, and `%%` by `%`; unknown tokens stay as they are.
fn replace(text: &str, value: impl Fn(char) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('%') | None => out.push('%'),
            Some(token) => match value(token) {
                Some(value) => out.push_str(&value),
                None => out.extend(['%', token]),
            },
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{duration, replace};

    #[test]
    fn durations_are_read_as_openssh_reads_them() {
        for (text, seconds) in [("0", 0), ("10", 10), ("1m", 60), ("1h30m", 5400), ("2m10", 130)] {
            assert_eq!(duration(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "x", "m", "1x", "99999999999999999999", "-1"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn tokens_are_replaced_once() {
        assert_eq!(replace("%h-%%h-%x-%", |c| (c == 'h').then(|| "%h".to_owned())), "%h-%h-%x-%");
    }
}
