//! Joins inventory values, ssh arguments, `ssh_config` and defaults into endpoints.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{
    args::{SshArgs, parse_ssh_args},
    default_identities,
    destination::Destination,
    file::{ConfigOption, Place, SshConfig},
    machine::Machine,
    notice::{Notice, NoticeKind},
    raw::KEY_ARGUMENT,
    resolve::HostConfig,
    user::LocalUser,
};
use crate::{
    secret::Secret,
    shell,
    stop::Stop,
    transport::endpoint::{HostKeyPolicy, SshEndpoint},
};

/// What the inventory says about reaching one host, as plain text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostSettings {
    /// What would be given to `ssh`: `ansible_host`, else the host's name. `ssh_config` is asked for it.
    pub host: String,
    /// `ansible_port`.
    pub port: Option<u16>,
    /// `ansible_user`.
    pub user: Option<String>,
    /// `ansible_ssh_private_key_file`; `~` is replaced.
    pub key_file: Option<String>,
    /// `ansible_password`.
    pub password: Option<Secret>,
    /// `ansible_host_key_checking` switches the check of host keys off.
    pub skips_host_keys: bool,
    /// `ansible_ssh_args`: its options win over everything else, because `ssh` sees them first.
    pub first_args: Option<String>,
    /// `ansible_ssh_common_args`, `ansible_ssh_extra_args`, in this order.
    pub args: Vec<String>,
    /// The file that stands for `-F` where the arguments have none: `.hive/<stage>/ssh_config`.
    pub config_file: Option<PathBuf>,
    /// The connect timeout of the command line; wins over `ConnectTimeout`, unless `first_args` has that.
    pub connect_timeout: Option<Duration>,
}

/// The connect timeout where nobody sets one: Ansible's own.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Makes endpoints; reads each `ssh_config` once, however many hosts use it.
#[derive(Debug)]
pub struct Endpoints {
    user: LocalUser,
    configs: Mutex<HashMap<Vec<PathBuf>, Arc<SshConfig>>>,
    machine: Machine,
}

impl Endpoints {
    /// Endpoints for connections that `user` makes.
    #[must_use]
    pub fn new(user: LocalUser) -> Self {
        Self { user, configs: Mutex::default(), machine: Machine::default() }
    }

    /// The same for somebody who will not connect: no command of `Match exec` is run, and no name is looked up.
    #[must_use]
    pub fn on_paper(user: LocalUser) -> Self {
        Self { machine: Machine::silent(), ..Self::new(user) }
    }

    /// The same for somebody who lets no code run: no command of `Match exec` is run, and its block is left out with a notice.
    #[must_use]
    pub fn without_commands(user: LocalUser) -> Self {
        Self { machine: Machine::without_commands(), ..Self::new(user) }
    }

    /// The same endpoints, for which no command runs on once `stop` is requested.
    #[must_use]
    pub fn stopped_by(self, stop: &Stop) -> Self {
        Self { machine: self.machine.stopped_by(stop), ..self }
    }

    /// Where and as whom to connect for `settings`: the first ssh arguments win over the inventory's values, these over
    /// further ssh arguments, these over `ssh_config`, and that over `ssh`'s defaults. The notices say what was written and is not done.
    #[must_use]
    pub fn endpoint(&self, settings: &HostSettings) -> (SshEndpoint, Vec<Notice>) {
        let texts = settings.first_args.iter().chain(&settings.args);
        let args: Vec<_> = texts.map(|text| parse_ssh_args(text)).collect();
        let config = self.config(self.files(settings, &args));
        let (first, rest) = args.split_at(usize::from(settings.first_args.is_some()));
        let written = |args: &[SshArgs]| args.iter().flat_map(|args| args.options.clone()).collect::<Vec<_>>();
        let mut options = written(first);
        options.extend(inventory_options(settings));
        options.extend(written(rest));
        let destination = Destination::of_argument(&settings.host);
        options.extend(destination.options());
        for option in options.iter_mut().filter(|option| option.keyword == KEY_ARGUMENT) {
            option.args = option.args.iter().map(|file| self.user.tilde(file)).collect();
        }
        let is_first = |option: &ConfigOption| option.keyword == "connecttimeout";
        let times_itself = first.iter().flat_map(|args| &args.options).any(is_first);
        let mut found = config.resolve_with(destination.host, &self.user, &options, &self.machine);
        let mut notices: Vec<_> = missing_config(&args).into_iter().collect();
        notices.extend(args.into_iter().flat_map(|args| args.notices));
        notices.append(&mut found.notices);
        let timeout = settings.connect_timeout.filter(|_| !(times_itself && found.connect_timeout.is_some()));
        let endpoint = self.join(settings, found, &config, timeout);
        (SshEndpoint { alias: destination.host.to_owned(), ..endpoint }, notices)
    }

    /// The last `-F` wins, as with `ssh`; `-F none` reads nothing.
    fn files(&self, settings: &HostSettings, args: &[SshArgs]) -> Vec<PathBuf> {
        let named =
            args.iter().rev().find_map(|args| args.config_file.clone()).or_else(|| settings.config_file.clone());
        match named {
            None => SshConfig::default_files(&self.user),
            Some(file) if file.as_os_str() == "none" => Vec::new(),
            Some(file) => vec![PathBuf::from(self.user.tilde(&file.to_string_lossy()))],
        }
    }

    fn config(&self, files: Vec<PathBuf>) -> Arc<SshConfig> {
        let mut configs = self.configs.lock().unwrap_or_else(PoisonError::into_inner);
        let read = |files: &Vec<PathBuf>| Arc::new(SshConfig::read(files, &self.user));
        Arc::clone(configs.entry(files).or_insert_with_key(read))
    }

    fn join(
        &self,
        settings: &HostSettings,
        found: HostConfig,
        config: &SshConfig,
        timeout: Option<Duration>,
    ) -> SshEndpoint {
        let port = found.port.unwrap_or(22);
        let jump = jump_command(&found, port, custom_file(config));
        let identities_are_default = found.identity_files.is_none();
        let accept_into = match &found.user_known_hosts {
            Some(files) => files.first().cloned(),
            None => Some(self.user.home.join(".ssh/known_hosts")),
        };
        SshEndpoint {
            port,
            user: found.user.unwrap_or_else(|| self.user.name.clone()),
            identity_files: found.identity_files.unwrap_or_else(|| default_identities(&self.user.home)),
            identities_are_default,
            identities_only: found.identities_only.unwrap_or(false),
            identity_agent: found.identity_agent,
            certificate_files: found.certificate_files,
            known_hosts_files: known_hosts(found.user_known_hosts, found.global_known_hosts, &self.user),
            revoked_host_keys: found.revoked_host_keys,
            host_key_alias: found.host_key_alias,
            check_host_ip: found.check_host_ip,
            host_key_policy: found.host_key_policy.unwrap_or(HostKeyPolicy::Strict),
            accept_into,
            hash_known_hosts: found.hash_known_hosts,
            algorithms: found.algorithms,
            auth_methods: found.auth_methods,
            address_family: found.address_family,
            bind_address: found.bind_address,
            bind_interface: found.bind_interface,
            connection_attempts: found.connection_attempts,
            connect_timeout: timeout.or(found.connect_timeout).unwrap_or(CONNECT_TIMEOUT),
            tcp_keep_alive: found.tcp_keep_alive,
            server_alive: found.server_alive,
            proxy_command: found.proxy_command.or(jump),
            proxy_jump: found.proxy_jump,
            jump_config: custom_file(config).filter(|file| file != "none"),
            password: settings.password.clone(),
            host: found.host_name,
            ..SshEndpoint::default()
        }
    }
}

/// The file of `-F`, where it is not there: `ssh` stops at that, and replaces no `~` in it.
fn missing_config(args: &[SshArgs]) -> Option<Notice> {
    let file = args.iter().rev().find_map(|args| args.config_file.clone())?;
    let is_there = file.as_os_str() == "none" || file.exists();
    (!is_there).then_some(Notice { file: Some(file), line: 0, kind: NoticeKind::NoConfig })
}

/// What `ssh` must be told with `-F`, for a jump; nothing where it finds its files by itself.
fn custom_file(config: &SshConfig) -> Option<String> {
    match config.files() {
        [] => Some("none".to_owned()),
        [file] => Some(file.display().to_string()),
        _ => None,
    }
}

/// The methods that are left where there is no password: Ansible says so, whatever stands in `ssh_config`.
pub(in crate::transport) const WITHOUT_PASSWORD: &str = "gssapi-with-mic,gssapi-keyex,hostbased,publickey";

/// What Ansible makes of the inventory's values, in its place among the arguments.
fn inventory_options(settings: &HostSettings) -> Vec<ConfigOption> {
    let values = [
        ("stricthostkeychecking", settings.skips_host_keys.then(|| "no".to_owned())),
        ("port", settings.port.map(|port| port.to_string())),
        ("user", settings.user.clone()),
        ("identityfile", settings.key_file.clone()),
        ("preferredauthentications", settings.password.is_none().then(|| WITHOUT_PASSWORD.to_owned())),
    ];
    let option = |(keyword, value): (&str, Option<String>)| {
        Some(ConfigOption { keyword: keyword.to_owned(), args: vec![value?], place: Place::Arguments })
    };
    values.into_iter().filter_map(option).collect()
}

fn known_hosts(user_files: Option<Vec<PathBuf>>, global: Option<Vec<PathBuf>>, user: &LocalUser) -> Vec<PathBuf> {
    let own = || ["known_hosts", "known_hosts2"].map(|name| user.home.join(".ssh").join(name)).to_vec();
    let shared = || ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"].map(PathBuf::from).to_vec();
    let mut files = user_files.unwrap_or_else(own);
    files.extend(global.unwrap_or_else(shared));
    files
}

/// `ssh -W` over the hops, as `ssh` itself does for `ProxyJump`. It must never ask: it does not own the terminal.
fn jump_command(found: &HostConfig, port: u16, config: Option<String>) -> Option<String> {
    let (last, before) = found.proxy_jump.split_last()?;
    let target = if found.host_name.contains(':') { format!("[{}]", found.host_name) } else { found.host_name.clone() };
    let mut words = vec!["ssh".to_owned(), "-oBatchMode yes".to_owned()];
    if let Some(file) = config {
        words.extend(["-F".to_owned(), file]);
    }
    if !before.is_empty() {
        words.extend(["-J".to_owned(), before.join(",")]);
    }
    let hop = Destination::of_hop(last);
    if let Some(port) = hop.port {
        words.extend(["-p".to_owned(), port.to_owned()]);
    }
    let there = hop.user.map_or_else(|| hop.host.to_owned(), |user| format!("{user}@{}", hop.host));
    words.extend(["-W".to_owned(), format!("{target}:{port}"), "--".to_owned(), there]);
    Some(shell::join(&words))
}
