//! Where each host is: the inventory's wishes joined with options and `ssh_config`, as Ansible and hive join them.

mod names;
mod no_scripts;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use super::{
    ansible_cfg::{AnsibleCfg, CfgError},
    args::{HostKeyArg, RunArgs, TransportArg},
    defaults::Defaults,
    signals,
    source::absolute,
};
use crate::{
    bounded,
    inventory::Inventory,
    location::Location,
    plan::{ConnectionVariable, Reach, ReachError, VariableNotice, Wanted},
    secret::Secret,
    text::Text,
    transport::{
        ContainerEndpoint, Endpoint, Endpoints, HostKeyPolicy, HostSettings, LocalEndpoint, LocalUser, MotherEndpoint,
        Notice, NoticeKind, OpensshEndpoint, SshEndpoint, through,
    },
};

/// How large hive's `ssh_config` may be, in bytes.
const MAX_CONFIG: u64 = 16 * 1024 * 1024;

/// Settings of the run that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadSettings {
    /// `--mother` that names no host.
    #[error("`--mother {0}` names no host: expected `USER@HOST`, `HOST` or `USER@HOST:PORT`")]
    Mother(String),
    /// Both ways of starting `ssh` at once.
    #[error(
        "`--via-mother` starts `ssh` on the mother of a hive project, and connects to the mother with `ssh2`: leave \
         `--transport openssh` out"
    )]
    Transport,
    /// Ansible's configuration file.
    #[error(transparent)]
    Configuration(#[from] CfgError),
}

/// Joins wishes, options and configuration; collects what has to be told about it.
#[derive(Debug)]
pub(super) struct Reacher {
    endpoints: Endpoints,
    mother: Option<Place>,
    via: Option<ViaMother>,
    transport: TransportArg,
    project: Option<Project>,
    keys: Vec<PathBuf>,
    user: Option<String>,
    /// What `--ask-pass` was answered.
    password: Option<Secret>,
    policy: Option<HostKeyPolicy>,
    connect_timeout: Duration,
    /// A `ProxyCommand` may not run.
    no_scripts: bool,
    notices: Mutex<BTreeSet<(String, String)>>,
    /// Variables that have to be told about, each once, with the places where it is written.
    variables: Mutex<BTreeMap<&'static str, (&'static ConnectionVariable, BTreeSet<Location>)>>,
    /// What Ansible takes where the inventory and the command line say nothing.
    defaults: Defaults,
}

/// The way over the mother.
#[derive(Debug)]
struct ViaMother {
    /// The hive project on the mother and the directory of its stage; absent for inventories that are no hive project.
    there: Option<(String, String)>,
    /// The mother, which is reached before all others.
    mother: OnceLock<SshEndpoint>,
}

/// The hive project's own files.
#[derive(Debug)]
struct Project {
    root: PathBuf,
    ssh_config: PathBuf,
    /// The `Host` names of `ssh_config`; absent before the first build-infra.
    hosts: Option<Vec<String>>,
    stage: String,
}

/// `USER@HOST:PORT`.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    user: Option<String>,
    host: String,
    port: Option<u16>,
}

impl Reacher {
    /// `password` is for hosts to which the inventory gives none.
    pub(super) fn new(args: &RunArgs, inventory: &Inventory, password: Option<Secret>) -> Result<Self, BadSettings> {
        let mother = args
            .mother
            .as_deref()
            .map(|text| place(text).ok_or_else(|| BadSettings::Mother(text.to_owned())))
            .transpose()?;
        let project = project(inventory);
        let via = args.via_mother.then(|| via_mother(args, inventory));
        if args.transport == TransportArg::Openssh && via.as_ref().is_some_and(|via| via.there.is_some()) {
            return Err(BadSettings::Transport);
        }
        // hive writes a configuration file of its own and names it to Ansible.
        let configuration = if project.is_some() { AnsibleCfg::default() } else { AnsibleCfg::find()? };
        let notices: BTreeSet<_> = configuration.notice().into_iter().map(|notice| (notice.en, notice.ja)).collect();
        let user = LocalUser::current();
        Ok(Self {
            endpoints: match (args.offline, args.source.no_scripts) {
                (true, _) => Endpoints::on_paper(user),
                (false, true) => Endpoints::without_commands(user),
                (false, false) => Endpoints::new(user),
            }
            .stopped_by(signals::stop()),
            mother,
            via,
            transport: args.transport,
            project,
            defaults: Defaults::of(&configuration),
            keys: args.private_key.clone(),
            user: args.user.clone(),
            password,
            policy: args.host_key_checking.map(policy),
            connect_timeout: Duration::from_secs(args.connect_timeout.into()),
            no_scripts: args.source.no_scripts,
            notices: Mutex::new(notices),
            variables: Mutex::default(),
        })
    }

    /// The `Host` names of hive's own `ssh_config`.
    pub(super) fn hive_hosts(&self) -> &[String] {
        self.project.as_ref().and_then(|project| project.hosts.as_deref()).unwrap_or_default()
    }

    /// What has to be told about the connections.
    pub(super) fn notices(&self) -> Vec<Text> {
        let notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        let variables = self.variables.lock().unwrap_or_else(PoisonError::into_inner);
        let of_variables = variables.values().map(|(variable, places)| variable.notice(&told_places(places)));
        notices.iter().map(|(en, ja)| Text::new(en, ja)).chain(of_variables).collect()
    }

    /// Where the host is, without a way there that is code where none may run.
    pub(super) fn reach(&self, wanted: &Wanted) -> Result<Reach, ReachError> {
        let reach = self.place_of(wanted)?;
        if self.no_scripts {
            no_scripts::check(wanted, &reach)?;
        }
        Ok(reach)
    }

    fn place_of(&self, wanted: &Wanted) -> Result<Reach, ReachError> {
        self.tell_variables(&wanted.notices);
        if let Some(mother) = self.mother.as_ref().filter(|_| wanted.is_mother) {
            let settings = HostSettings {
                host: mother.host.clone(),
                port: mother.port,
                user: mother.user.clone().or_else(|| wanted.user.clone()),
                ..self.settings(wanted)?
            };
            return self.over_ssh(&settings, wanted);
        }
        match wanted.connection.as_deref() {
            Some("local") => return Ok(self.local()),
            Some(program @ ("docker" | "podman")) => return self.container(program, wanted),
            None | Some("ssh" | "smart" | "paramiko" | "paramiko_ssh" | "libssh") => {}
            Some(other) => return Err(unknown_connection(&wanted.name, other)),
        }
        if wanted.is_mother && wanted.host.is_none() {
            return Ok(self.local());
        }
        if let Some(via) = self.via.as_ref().filter(|_| !wanted.is_mother) {
            return self.over_mother(via, wanted);
        }
        match self.not_built(wanted) {
            Some(why) => {
                self.tell([why.clone()]);
                Ok(Reach::NotYet(why))
            }
            None => self.over_ssh(&self.settings(wanted)?, wanted),
        }
    }

    /// From the mother, as hive does it; where there is no hive project, through her with the user's own keys.
    fn over_mother(&self, via: &ViaMother, wanted: &Wanted) -> Result<Reach, ReachError> {
        let mother = via.mother.get().ok_or_else(no_mother)?;
        let settings = self.settings(wanted)?;
        let Some((root, context)) = &via.there else {
            let way = through(mother);
            let first = settings.first_args.map_or_else(|| way.clone(), |args| format!("{way} {args}"));
            return self.over_ssh(&HostSettings { first_args: Some(first), ..settings }, wanted);
        };
        if settings.password.is_some() {
            return Err(no_password(&wanted.name, "--via-mother"));
        }
        let endpoint = MotherEndpoint::new(mother.clone(), root.clone(), context, &settings);
        Ok(Reach::At(Endpoint::FromMother(Box::new(endpoint))))
    }

    fn local(&self) -> Reach {
        let directory = self.project.as_ref().map(|project| project.root.clone());
        Reach::At(Endpoint::Local(LocalEndpoint { directory }))
    }

    /// A container of this machine: the mother's daemon is not reached from here.
    fn container(&self, program: &str, wanted: &Wanted) -> Result<Reach, ReachError> {
        if self.via.is_some() {
            return Err(no_container(&wanted.name));
        }
        Ok(Reach::At(Endpoint::Container(ContainerEndpoint {
            program: if program == "docker" { "docker" } else { "podman" },
            container: wanted.host.clone().unwrap_or_else(|| wanted.name.clone()),
            user: wanted.user.clone().or_else(|| self.user.clone()),
        })))
    }

    /// Why a server of a hive project is not there yet: hive itself reaches servers through this file only.
    fn not_built(&self, wanted: &Wanted) -> Option<Text> {
        let project = self.project.as_ref().filter(|_| !wanted.is_mother && wanted.host.is_none())?;
        let (file, stage) = (project.ssh_config.display(), &project.stage);
        match &project.hosts {
            None => Some(Text::new(
                format!("not built yet: `{file}` is written by `hive build-infra`"),
                format!("まだ構築されていません: `{file}` は `hive build-infra` が作成します"),
            )),
            Some(hosts) if !hosts.contains(&wanted.name) => Some(Text::new(
                format!("not built yet in stage {stage}: `{file}` has no `Host {}`", wanted.name),
                format!("ステージ {stage} にまだ構築されていません: `{file}` に `Host {}` がありません", wanted.name),
            )),
            Some(_) => None,
        }
    }

    fn settings(&self, wanted: &Wanted) -> Result<HostSettings, ReachError> {
        let port = wanted.port.as_ref().or(self.defaults.port.as_ref());
        let args = [wanted.common_args.as_ref().or(self.defaults.common_args.as_ref())];
        let more = [wanted.extra_args.as_ref().or(self.defaults.extra_args.as_ref())];
        // The defaults' key comes after those of the command line, which are added later in front of all.
        let key = self.defaults.private_key_file.as_ref().filter(|_| self.keys.is_empty());
        let host = wanted.host.clone().unwrap_or_else(|| wanted.name.clone());
        let user = wanted.user.clone().or_else(|| self.user.clone()).or_else(|| self.defaults.user.clone());
        names::check_host(&host)?;
        user.as_deref().map(names::check_user).transpose()?;
        Ok(HostSettings {
            host,
            user,
            port: port.map(|text| port_of(text).ok_or_else(|| bad_port(text))).transpose()?,
            key_file: wanted.private_key_file.clone().or_else(|| key.cloned()),
            password: wanted.password.clone().or_else(|| self.password.clone()),
            skips_host_keys: self.skips_host_keys(wanted),
            first_args: wanted.ssh_args.clone().or_else(|| self.defaults.ssh_args.clone()),
            args: args.into_iter().chain(more).flatten().cloned().collect(),
            config_file: self.project.as_ref().filter(|_| !wanted.is_mother).map(|project| project.ssh_config.clone()),
            connect_timeout: Some(self.connect_timeout),
        })
    }

    fn tell_variables(&self, notices: &[VariableNotice]) {
        let mut told = self.variables.lock().unwrap_or_else(PoisonError::into_inner);
        for notice in notices {
            let (_, places) = told.entry(notice.variable.name).or_insert((notice.variable, BTreeSet::new()));
            places.extend(notice.place.clone());
        }
    }

    /// Ansible's own switch; everything that is not true switches off, as there.
    fn skips_host_keys(&self, wanted: &Wanted) -> bool {
        let value = wanted.host_key_checking.as_ref().or(self.defaults.host_key_checking.as_ref());
        let is_on = |value: &String| {
            ["true", "yes", "on", "y", "t", "1", "1.0"].contains(&value.trim().to_lowercase().as_str())
        };
        value.is_some_and(|value| !is_on(value))
    }

    fn tell(&self, notices: impl IntoIterator<Item = Text>) {
        let mut told = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        told.extend(notices.into_iter().map(|notice| (notice.en, notice.ja)));
    }

    fn over_ssh(&self, settings: &HostSettings, wanted: &Wanted) -> Result<Reach, ReachError> {
        let (mut endpoint, found) = self.endpoints.endpoint(settings);
        endpoint.identity_files.splice(0..0, self.keys.iter().cloned());
        endpoint.host_key_policy = self.policy.unwrap_or(endpoint.host_key_policy);
        // Nothing is written down that nobody asked this program for.
        endpoint.accept_into = endpoint.accept_into.filter(|_| self.policy == Some(HostKeyPolicy::AcceptNew));
        if let Some(via) = self.via.as_ref().filter(|_| wanted.is_mother) {
            // Whoever comes first is the mother: there is one.
            let _ = via.mother.set(endpoint.clone());
        }
        let by_program = self.transport == TransportArg::Openssh;
        // The program follows all of its own options.
        let told = |notice: &&Notice| !by_program || matches!(notice.kind, NoticeKind::Unreadable(_));
        let mut notices: Vec<Text> = found.iter().filter(told).map(Notice::text).collect();
        notices.extend(loud(&endpoint));
        self.tell(notices);
        Ok(Reach::At(match (by_program, &endpoint.password) {
            (false, _) => Endpoint::Ssh(Box::new(endpoint)),
            (true, Some(_)) => return Err(no_password(&wanted.name, "--transport openssh")),
            (true, None) => Endpoint::Openssh(Box::new(OpensshEndpoint::new(settings, endpoint, &self.keys))),
        }))
    }
}

/// Where the project lies on the mother, whose shell starts in the home of the user.
fn via_mother(args: &RunArgs, inventory: &Inventory) -> ViaMother {
    let there = inventory.hive.as_ref().map(|site| {
        let root = args.mother_root.clone().unwrap_or_else(|| absolute(&site.root));
        let context = match site.context_dir.strip_prefix(&site.root) {
            Ok(rest) => root.join(rest),
            Err(_) => absolute(&site.context_dir),
        };
        (root.display().to_string(), context.display().to_string())
    });
    ViaMother { there, mother: OnceLock::new() }
}

fn no_container(host: &str) -> ReachError {
    ReachError(Text::new(
        format!("`{host}` is a container of the machine that asks: it cannot be asked with `--via-mother`"),
        format!("`{host}` は問い合わせ元のマシンのコンテナーです: `--via-mother` では調べられません"),
    ))
}

fn no_mother() -> ReachError {
    ReachError(Text::new(
        "`--via-mother` leads over the mother, and the inventory's values for connecting to her cannot be used",
        "`--via-mother` で経由するマザーマシンの接続設定がインベントリから得られません",
    ))
}

fn no_password(host: &str, option: &str) -> ReachError {
    ReachError(Text::new(
        format!("`{host}` has an `ansible_password`, which is not given to the `ssh` program of `{option}`: use a key"),
        format!(
            "`{host}` には `ansible_password` がありますが、`{option}` の `ssh` コマンドには渡しません: 鍵を使ってください"
        ),
    ))
}

fn policy(argument: HostKeyArg) -> HostKeyPolicy {
    match argument {
        HostKeyArg::Strict => HostKeyPolicy::Strict,
        HostKeyArg::AcceptNew => HostKeyPolicy::AcceptNew,
        HostKeyArg::No => HostKeyPolicy::Off,
    }
}

/// The first place, and how many more there are.
fn told_places(places: &BTreeSet<Location>) -> String {
    match (places.first(), places.len()) {
        (None, _) => String::new(),
        (Some(first), 1) => format!(" ({first})"),
        (Some(first), count) => format!(" ({first} + {})", count - 1),
    }
}

/// A port, also as the number with a fraction of nothing that Ansible takes.
fn port_of(text: &str) -> Option<u16> {
    let text = text.trim();
    text.strip_suffix(".0").unwrap_or(text).parse().ok()
}

/// Unchecked host keys are never silent.
fn loud(endpoint: &SshEndpoint) -> Option<Text> {
    match endpoint.host_key_policy {
        HostKeyPolicy::Strict => None,
        HostKeyPolicy::AcceptNew if endpoint.accept_into.is_some() => None,
        HostKeyPolicy::AcceptNew => Some(Text::new(
            "unknown host keys are accepted for this run only (`StrictHostKeyChecking accept-new`); `--host-key-checking accept-new` also writes them down",
            "未登録のホスト鍵をこの実行に限り受け入れます（`StrictHostKeyChecking accept-new`）。登録もするには `--host-key-checking accept-new` を指定してください",
        )),
        HostKeyPolicy::Off => Some(Text::new(
            "host keys are not checked (`StrictHostKeyChecking no` or `--host-key-checking no`): whoever answers is believed",
            "ホスト鍵を検証していません（`StrictHostKeyChecking no` または `--host-key-checking no`）: 応答した相手をそのまま信用します",
        )),
    }
}

fn project(inventory: &Inventory) -> Option<Project> {
    let site = inventory.hive.as_ref()?;
    let ssh_config = site.context_dir.join("ssh_config");
    let hosts = bounded::read_text(&ssh_config, MAX_CONFIG).ok().map(|text| hosts_of(&text));
    Some(Project { root: absolute(&site.root), ssh_config, hosts, stage: site.stage.clone() })
}

/// The names of `Host` lines, as hive's own `grep '^Host '` takes them: the first word only.
fn hosts_of(ssh_config: &str) -> Vec<String> {
    let lines = ssh_config.lines().filter_map(|line| line.strip_prefix("Host "));
    lines.filter_map(|names| names.split(' ').next()).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn place(text: &str) -> Option<Place> {
    let (user, rest) = match text.rsplit_once('@') {
        Some((user, rest)) => (Some(user.to_owned()).filter(|user| !user.is_empty()), rest),
        None => (None, text),
    };
    let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':')?)),
        None => match rest.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') => (host, Some(port)),
            _ => (rest, None),
        },
    };
    let port = port.map(str::parse).transpose().ok()?;
    (!host.is_empty()).then(|| Place { user, host: host.to_owned(), port })
}

fn bad_port(text: &str) -> ReachError {
    ReachError(Text::new(
        format!("`ansible_port` is `{text}`: expected a number from 0 to 65535"),
        format!("`ansible_port` が `{text}` です: 0 から 65535 の数を指定してください"),
    ))
}

fn unknown_connection(host: &str, connection: &str) -> ReachError {
    ReachError(Text::new(
        format!(
            "`ansible_connection: {connection}` of `{host}` cannot be used here: expected `ssh`, `local` or `docker`"
        ),
        format!(
            "`{host}` の `ansible_connection: {connection}` には対応していません: `ssh`、`local`、`docker` のいずれかを指定してください"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_taken_apart_and_wrong_ones_refused() {
        let taken = |text| place(text).map(|place| (place.user.unwrap_or_default(), place.host, place.port));
        assert_eq!(taken("op@mother.site:2222"), Some(("op".to_owned(), "mother.site".to_owned(), Some(2222))));
        assert_eq!(taken("mother"), Some((String::new(), "mother".to_owned(), None)));
        assert_eq!(taken("op@[2001:db8::1]:22"), Some(("op".to_owned(), "2001:db8::1".to_owned(), Some(22))));
        assert_eq!(taken("2001:db8::1"), Some((String::new(), "2001:db8::1".to_owned(), None)));
        for wrong in ["", "op@", "host:port", "host:70000", "[::1]22"] {
            assert_eq!(taken(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn hosts_of_an_ssh_config_are_hives_own() {
        assert_eq!(hosts_of("Host a.site\n  HostName 192.0.2.1\nHost b.site other\nhost c\n"), ["a.site", "b.site"]);
    }
}
