//! How a host is reached: the connection variables of the inventory, rendered, for whoever joins them with
//! `ssh_config` and options.

use std::sync::Arc;

use super::{
    HostScope,
    connection_vars::{self, Setting, VariableNotice, Way},
};
use crate::{probe::Becoming, secret::Secret, text::Text, transport::Endpoint};

/// What the inventory says about connecting to a host; absent = it says nothing. Which variable sets what stands in the
/// table of `docs/inventory.md`.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// `inventory_hostname`.
    pub name: String,
    /// The host is the mother.
    pub is_mother: bool,
    /// `ansible_connection`, without the name of its collection.
    pub connection: Option<String>,
    /// `ansible_host`; never empty.
    pub host: Option<String>,
    /// `ansible_port`.
    pub port: Option<String>,
    /// `ansible_user`.
    pub user: Option<String>,
    /// `ansible_private_key_file`.
    pub private_key_file: Option<String>,
    /// `ansible_password`.
    pub password: Option<Secret>,
    /// `ansible_ssh_args`.
    pub ssh_args: Option<String>,
    /// `ansible_ssh_common_args`.
    pub common_args: Option<String>,
    /// `ansible_ssh_extra_args`.
    pub extra_args: Option<String>,
    /// `ansible_host_key_checking`.
    pub host_key_checking: Option<String>,
    /// How questions are asked as another user; without a password where the inventory gives none.
    pub becoming: Becoming,
    /// Variables that have no effect here and might have had one with Ansible.
    pub notices: Vec<VariableNotice>,
}

/// Where a host is, or why that cannot be told.
#[derive(Debug, Clone)]
pub enum Reach {
    /// There.
    At(Endpoint),
    /// It is not there yet: its checks are skipped, and why.
    NotYet(Text),
}

/// A connection variable that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.en)]
pub struct ReachError(pub Text);

impl Wanted {
    /// Reads and renders the host's connection variables.
    ///
    /// # Errors
    /// A variable that cannot be rendered or is refused, by name and place.
    pub fn of(scope: &Arc<HostScope>) -> Result<Self, ReachError> {
        let fleet = &scope.globals().fleet;
        let name = &scope.host().name;
        let method = connection_vars::become_method(scope)?;
        let any = Way { method, ..Way::default() };
        let connection = connection_vars::setting(scope, Setting::Connection, any)?.map(|text| short_name(&text));
        let way = Way { paramiko: matches!(connection.as_deref(), Some("paramiko" | "paramiko_ssh")), ..any };
        let local = matches!(connection.as_deref(), Some("local" | "docker" | "podman"));
        let read = |setting| connection_vars::setting(scope, setting, way);
        // To Ansible these are the same as nothing where they are empty.
        let filled = |setting| read(setting).map(|text| text.filter(|text| !text.is_empty()));
        Ok(Self {
            name: name.to_string(),
            is_mother: fleet.members("mother").contains(name),
            host: read(Setting::Host)?
                .map(|host| if host.is_empty() { Err(empty_host()) } else { Ok(host) })
                .transpose()?,
            port: read(Setting::Port)?,
            user: filled(Setting::User)?,
            private_key_file: filled(Setting::PrivateKeyFile)?,
            password: read(Setting::Password)?.map(Secret::from),
            ssh_args: read(Setting::SshArgs)?,
            common_args: read(Setting::CommonArgs)?,
            extra_args: read(Setting::ExtraArgs)?,
            host_key_checking: read(Setting::HostKeyChecking)?,
            becoming: Becoming {
                method,
                user: filled(Setting::BecomeUser)?.map_or_else(|| Ok("root".to_owned()), become_user)?,
                program: filled(Setting::BecomeExe)?,
                flags: flags(filled(Setting::BecomeFlags)?)?,
                password: read(Setting::BecomePassword)?.filter(|text| !text.is_empty()).map(Secret::from),
            },
            notices: connection_vars::notices(scope, local)?,
            connection,
        })
    }
}

/// A user to become, who is an argument of `su`.
fn become_user(user: String) -> Result<String, ReachError> {
    if !user.starts_with('-') {
        return Ok(user);
    }
    Err(ReachError(Text::new(
        format!("`ansible_become_user: {user}` begins with `-`, and would be an option: no user is called so"),
        format!(
            "`ansible_become_user: {user}` は `-` で始まるためオプションとして扱われます: そのようなユーザー名はありません"
        ),
    )))
}

/// The words of `ansible_become_flags`.
fn flags(text: Option<String>) -> Result<Vec<String>, ReachError> {
    let text = text.unwrap_or_default();
    shell_words::split(&text).map_err(|_| {
        ReachError(Text::new(
            format!("`ansible_become_flags: {text}` has a quote that is not closed"),
            format!("`ansible_become_flags: {text}` の引用符が閉じていません"),
        ))
    })
}

/// The plugin's own name: `ansible.builtin.ssh` is `ssh`.
fn short_name(connection: &str) -> String {
    let own = ["ansible.builtin.", "ansible.legacy.", "ansible.netcommon.", "community.docker.", "containers.podman."];
    let bare = own.iter().find_map(|prefix| connection.strip_prefix(prefix));
    bare.unwrap_or(connection).to_owned()
}

fn empty_host() -> ReachError {
    ReachError(Text::new(
        "`ansible_host` is empty: leave it out, or give it a name or an address",
        "`ansible_host` が空です: 行を削除するか、名前かアドレスを指定してください",
    ))
}
