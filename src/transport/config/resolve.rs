//! What the files say about one host: the first value that holds wins.

use std::{path::PathBuf, time::Duration};

use super::{
    canonical,
    destination::Destination,
    file::{Condition, ConfigOption, Criterion, Item, SshConfig, Test},
    machine::Machine,
    notice::{Notice, NoticeKind},
    raw::Raw,
    tokens::Tokens,
    user::LocalUser,
    values::{self, Canonicalize},
};
use crate::transport::{
    endpoint::{AddressFamily, Algorithms, AuthMethod, HostKeyPolicy, ServerAlive},
    glob,
};

/// What is set for a host, with tokens and `~` replaced. What nobody set is absent, or what `ssh` does then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostConfig {
    /// `HostName`; the alias where it is not set. Completed where `CanonicalizeHostname` asks for it.
    pub host_name: String,
    /// `Port`.
    pub port: Option<u16>,
    /// `User`.
    pub user: Option<String>,
    /// Every `IdentityFile` that holds; empty for `none`, which puts out the default keys too.
    pub identity_files: Option<Vec<PathBuf>>,
    /// Every `CertificateFile` that holds.
    pub certificate_files: Vec<PathBuf>,
    /// `IdentitiesOnly`.
    pub identities_only: Option<bool>,
    /// `IdentityAgent`; the path `none` for no agent.
    pub identity_agent: Option<PathBuf>,
    /// `UserKnownHostsFile`; empty for `none`.
    pub user_known_hosts: Option<Vec<PathBuf>>,
    /// `GlobalKnownHostsFile`.
    pub global_known_hosts: Option<Vec<PathBuf>>,
    /// `RevokedHostKeys`.
    pub revoked_host_keys: Option<PathBuf>,
    /// `StrictHostKeyChecking`.
    pub host_key_policy: Option<HostKeyPolicy>,
    /// `HashKnownHosts`.
    pub hash_known_hosts: bool,
    /// `ConnectTimeout`.
    pub connect_timeout: Option<Duration>,
    /// `ConnectionAttempts`.
    pub connection_attempts: u32,
    /// `ServerAliveInterval` and `ServerAliveCountMax`.
    pub server_alive: Option<ServerAlive>,
    /// `TCPKeepAlive`.
    pub tcp_keep_alive: bool,
    /// `HostKeyAlias`.
    pub host_key_alias: Option<String>,
    /// `CheckHostIP`.
    pub check_host_ip: bool,
    /// `AddressFamily`.
    pub address_family: AddressFamily,
    /// `BindAddress`.
    pub bind_address: Option<String>,
    /// `BindInterface`.
    pub bind_interface: Option<String>,
    /// The lists of algorithms.
    pub algorithms: Algorithms,
    /// What is left of `PreferredAuthentications` when those that are switched off are taken out.
    pub auth_methods: Vec<AuthMethod>,
    /// `ProxyJump`, nearest hop first; empty for none.
    pub proxy_jump: Vec<String>,
    /// `ProxyCommand`.
    pub proxy_command: Option<String>,
    /// What was written and is not done.
    pub notices: Vec<Notice>,
}

/// Who asks about whom.
struct Asked<'a> {
    alias: &'a str,
    user: &'a LocalUser,
    machine: &'a Machine,
}

impl SshConfig {
    /// What holds for `alias`, the name as it would be given to `ssh`. Reads no files; runs the commands of `Match exec`,
    /// and looks up names where `CanonicalizeHostname` says so.
    #[must_use]
    pub fn resolve(&self, alias: &str, user: &LocalUser) -> HostConfig {
        self.resolve_with(alias, user, &[], &Machine::default())
    }

    /// The same with options that win over the files.
    pub(super) fn resolve_with(
        &self,
        alias: &str,
        user: &LocalUser,
        options: &[ConfigOption],
        machine: &Machine,
    ) -> HostConfig {
        let asked = Asked { alias, user, machine };
        let mut raw = Raw::told(self.notices.clone());
        for option in options {
            raw.take(option);
        }
        let is_repeated = self.pass(&mut raw, &asked, None);
        let name = raw.host_name(alias);
        let host = canonical::name(&mut raw, &name, machine);
        if is_repeated || raw.canonicalize() != Canonicalize::No {
            raw.set_host_name(&host);
            self.pass(&mut raw, &asked, Some(&host));
        }
        finish(raw, &asked, &host)
    }

    /// Reads all options that hold, with the final name where it is known; tells whether a block asks for a final pass.
    fn pass(&self, raw: &mut Raw, asked: &Asked<'_>, last: Option<&str>) -> bool {
        let mut holds = vec![false; self.blocks.len()];
        let mut asks_again = false;
        for item in &self.items {
            match item {
                Item::Block(index) => {
                    let block = &self.blocks[*index];
                    let parent = block.parent.is_none_or(|parent| holds[parent]);
                    asks_again |= block.condition.asks_for_final();
                    // A command in a block that cannot hold is not run.
                    holds[*index] = parent && asked.holds(&block.condition, raw, last);
                }
                Item::Option { block, option } if block.is_none_or(|block| holds[block]) => raw.take(option),
                Item::Option { .. } => {}
            }
        }
        asks_again
    }
}

impl Condition {
    fn asks_for_final(&self) -> bool {
        matches!(self, Self::Match(criteria) if criteria.iter().any(|criterion| criterion.test == Test::Final))
    }
}

impl Asked<'_> {
    fn holds(&self, condition: &Condition, raw: &mut Raw, last: Option<&str>) -> bool {
        match condition {
            Condition::Host(patterns) => {
                glob::list_matches(patterns.iter().map(String::as_str), last.unwrap_or(self.alias))
            }
            Condition::Match(criteria) => criteria.iter().all(|criterion| self.fits(criterion, raw, last)),
        }
    }

    fn fits(&self, criterion: &Criterion, raw: &mut Raw, last: Option<&str>) -> bool {
        let among = |patterns: &str, text: &str| glob::list_matches(patterns.split(','), text);
        let names = |patterns: &str, text: &str| among(&patterns.to_lowercase(), &text.to_lowercase());
        let fits = match &criterion.test {
            Test::All => true,
            Test::Final | Test::Canonical => last.is_some(),
            Test::Host(patterns) => names(patterns, &raw.host_name(self.alias)),
            Test::OriginalHost(patterns) => names(patterns, self.alias),
            Test::User(patterns) => among(patterns, raw.value("user").unwrap_or(&self.user.name)),
            Test::LocalUser(patterns) => among(patterns, &self.user.name),
            Test::Exec(command, place) => {
                let Some(success) = self.succeeds(command, raw) else {
                    // Also when negated: what is not known cannot be relied on.
                    let kind = if self.machine.runs_commands() { NoticeKind::Exec } else { NoticeKind::ExecRefused };
                    raw.note_at(place, kind(command.clone()));
                    return false;
                };
                success
            }
            Test::Undecided => return false,
        };
        fits != criterion.negated
    }

    fn succeeds(&self, command: &str, raw: &mut Raw) -> Option<bool> {
        let host = raw.host_name(self.alias);
        let login = raw.text("user").unwrap_or_else(|| self.user.name.clone());
        let key_alias = raw.text("hostkeyalias").unwrap_or_else(|| host.clone());
        let port = raw.value("port").and_then(values::port).unwrap_or(22);
        let tokens = Tokens {
            alias: self.alias,
            host: &host,
            port,
            login: &login,
            key_alias: &key_alias,
            jump: "",
            user: self.user,
        };
        self.machine.succeeds(&tokens.command(command)?)
    }
}

fn finish(mut raw: Raw, asked: &Asked<'_>, host: &str) -> HostConfig {
    if let Some(option) = raw.option("bindinterface").cloned() {
        raw.note(&option, NoticeKind::NotHonoured(option.keyword.clone()));
    }
    let port = raw.parsed("port", values::port);
    let (user, login) = (raw.text("user"), raw.text("user").unwrap_or_else(|| asked.user.name.clone()));
    let host_key_alias = raw.text("hostkeyalias").map(|alias| alias.to_lowercase());
    let jump = raw.option("proxy").filter(|option| option.keyword == "proxyjump").map(|option| option.args[0].clone());
    let tokens = Tokens {
        alias: asked.alias,
        host,
        port: port.unwrap_or(22),
        login: &login,
        key_alias: host_key_alias.as_deref().unwrap_or(asked.alias),
        jump: jump.as_deref().unwrap_or_default(),
        user: asked.user,
    };
    let (proxy_jump, proxy_command) = proxy_of(&mut raw, &tokens);
    let (identities, certificates) = (raw.identity_files.clone(), raw.certificate_files.clone());
    HostConfig {
        identity_files: (!identities.is_empty()).then(|| paths(&mut raw, &identities, &tokens)),
        certificate_files: paths(&mut raw, &certificates, &tokens),
        identities_only: raw.parsed("identitiesonly", values::yes_no),
        identity_agent: raw.parsed("identityagent", |text| agent(text, &tokens)).flatten(),
        user_known_hosts: known_hosts(&mut raw, "userknownhostsfile", |text| tokens.path(text)),
        global_known_hosts: known_hosts(&mut raw, "globalknownhostsfile", |text| {
            Some(PathBuf::from(asked.user.tilde(text)))
        }),
        revoked_host_keys: raw
            .text("revokedhostkeys")
            .filter(|file| is_file(file))
            .map(|file| PathBuf::from(asked.user.tilde(&file))),
        host_key_policy: raw.parsed("stricthostkeychecking", values::policy),
        hash_known_hosts: raw.parsed("hashknownhosts", values::yes_no).unwrap_or(false),
        connect_timeout: raw.parsed("connecttimeout", values::duration).filter(|time| !time.is_zero()),
        connection_attempts: raw.parsed("connectionattempts", |text| text.parse().ok().filter(|n| *n > 0)).unwrap_or(1),
        server_alive: server_alive(&mut raw),
        tcp_keep_alive: raw.parsed("tcpkeepalive", values::yes_no).unwrap_or(true),
        address_family: raw.family(),
        bind_address: raw.text("bindaddress"),
        bind_interface: raw.text("bindinterface"),
        algorithms: algorithms(&raw),
        auth_methods: auth_methods(&mut raw),
        host_key_alias: host_key_alias.clone(),
        check_host_ip: raw.parsed("checkhostip", values::yes_no).unwrap_or(false),
        proxy_jump,
        proxy_command,
        port,
        user,
        notices: std::mem::take(&mut raw.notices),
        host_name: host.to_owned(),
    }
}

fn is_file(text: &str) -> bool {
    !text.eq_ignore_ascii_case("none")
}

/// The files that are named one by one; a notice for those that `ssh` would stop at.
fn paths(raw: &mut Raw, options: &[ConfigOption], tokens: &Tokens<'_>) -> Vec<PathBuf> {
    options.iter().filter_map(|option| named(raw, option, &option.args[0], |text| tokens.path(text))).collect()
}

fn known_hosts(raw: &mut Raw, keyword: &str, path: impl Fn(&str) -> Option<PathBuf>) -> Option<Vec<PathBuf>> {
    let option = raw.option(keyword)?.clone();
    if option.args.len() > 1 && option.args.iter().any(|file| !is_file(file)) {
        // `ssh` stops here: `none` must stand alone.
        raw.note(&option, NoticeKind::BadValue(option.keyword.clone(), option.args.join(" ")));
    }
    Some(option.args.iter().filter_map(|file| named(raw, &option, file, &path)).collect())
}

fn named(raw: &mut Raw, option: &ConfigOption, file: &str, path: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let found = path(Some(file).filter(|file| is_file(file))?);
    if found.is_none() {
        raw.note(option, NoticeKind::BadValue(option.keyword.clone(), file.to_owned()));
    }
    found
}

fn server_alive(raw: &mut Raw) -> Option<ServerAlive> {
    let count_max = raw.parsed("serveralivecountmax", |text| text.parse().ok()).unwrap_or(3);
    let interval = raw.parsed("serveraliveinterval", values::duration).filter(|time| !time.is_zero())?;
    Some(ServerAlive { interval, count_max })
}

fn algorithms(raw: &Raw) -> Algorithms {
    Algorithms {
        host_key: raw.text("hostkeyalgorithms"),
        kex: raw.text("kexalgorithms"),
        ciphers: raw.text("ciphers"),
        macs: raw.text("macs"),
        pubkey: raw.text("pubkeyacceptedalgorithms"),
    }
}

fn auth_methods(raw: &mut Raw) -> Vec<AuthMethod> {
    let prompts: i32 = raw.parsed("numberofpasswordprompts", |text| text.parse().ok()).unwrap_or(3);
    let asks = !raw.parsed("batchmode", values::yes_no).unwrap_or(false) && prompts > 0;
    let keys = raw.parsed("pubkeyauthentication", values::public_key).unwrap_or(true);
    let keyboard = raw.parsed("kbdinteractiveauthentication", values::yes_no).unwrap_or(true) && asks;
    let password = raw.parsed("passwordauthentication", values::yes_no).unwrap_or(true) && asks;
    let mut methods = raw.value("preferredauthentications").map_or_else(|| AuthMethod::ALL.to_vec(), values::methods);
    methods.retain(|method| match method {
        AuthMethod::PublicKey => keys,
        AuthMethod::KeyboardInteractive => keyboard,
        AuthMethod::Password => password,
    });
    if let Some(option) = raw.option("preferredauthentications").cloned().filter(|_| methods.is_empty()) {
        raw.note(&option, NoticeKind::NothingLeft(option.keyword.clone(), option.args[0].clone()));
    }
    methods
}

/// `IdentityAgent`: the path of a socket, `none`, or nothing for the environment's own.
#[expect(clippy::option_option, reason = "what cannot be read is not the same as what says nothing")]
fn agent(text: &str, tokens: &Tokens<'_>) -> Option<Option<PathBuf>> {
    let none = || Some(PathBuf::from("none"));
    match text {
        "SSH_AUTH_SOCK" => Some(None),
        "none" => Some(none()),
        // The old form: a variable that is not set is no agent.
        text if text.starts_with('$') && !text.starts_with("${") => {
            Some(std::env::var_os(&text[1..]).map(PathBuf::from).or_else(none))
        }
        text => tokens.path(text).map(Some),
    }
}

fn proxy_of(raw: &mut Raw, tokens: &Tokens<'_>) -> (Vec<String>, Option<String>) {
    let Some(option) = raw.option("proxy").cloned().filter(|option| is_file(&option.args[0])) else {
        return (Vec::new(), None);
    };
    let value = &option.args[0];
    let Some(text) = tokens.way(value) else {
        raw.note(&option, NoticeKind::BadValue(option.keyword.clone(), value.clone()));
        // As it stands it leads nowhere, and past the proxy would be another host.
        return (Vec::new(), Some(value.clone()));
    };
    if option.keyword == "proxycommand" {
        return (Vec::new(), Some(text));
    }
    if !text.split(',').all(Destination::is_hop) {
        raw.note(&option, NoticeKind::BadValue(option.keyword.clone(), value.clone()));
    }
    (text.split(',').map(|hop| hop.trim().to_owned()).collect(), None)
}
