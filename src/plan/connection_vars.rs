//! Every variable with which an inventory can say how Ansible connects and becomes another user, and what becomes of it
//! here. The table of `docs/inventory.md` is this one.

use std::sync::Arc;

use super::{HostScope, ReachError};
use crate::{jinja::JinjaError, location::Location, probe::BecomeMethod, text::Text};

/// What a variable that is honoured sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
    Connection,
    Host,
    Port,
    User,
    PrivateKeyFile,
    Password,
    SshArgs,
    CommonArgs,
    ExtraArgs,
    HostKeyChecking,
    BecomeUser,
    BecomeExe,
    BecomeFlags,
    BecomePassword,
}

/// What becomes of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// It decides; of several for one setting the last in the table wins, as in Ansible.
    Honoured(Setting),
    /// The same where Ansible connects through paramiko.
    WithParamiko(Setting),
    /// The same where Ansible becomes another user by this method.
    WithMethod(BecomeMethod, Setting),
    /// It changes nothing that a preflight asks.
    NoEffect,
    /// It could change where or as whom Ansible connects and has no effect here: told, unless the value is one of these.
    Notice(&'static [&'static str]),
    /// Values other than these cannot be asked through.
    Only(&'static [&'static str]),
}

/// A variable of the table.
#[derive(Debug)]
pub struct ConnectionVariable {
    /// Its name.
    pub name: &'static str,
    pub(super) treatment: Treatment,
    /// Why it is treated so.
    why: &'static str,
    /// The same in Japanese, for those that are told.
    ja: &'static str,
}

use BecomeMethod::{Doas, Su, Sudo};
use Setting::{
    BecomeExe, BecomeFlags, BecomePassword, BecomeUser, CommonArgs, Connection, ExtraArgs, Host, HostKeyChecking,
    Password, Port, PrivateKeyFile, SshArgs, User,
};
use Treatment::{Honoured, NoEffect, Notice, Only, WithMethod, WithParamiko};

const fn silent(name: &'static str, treatment: Treatment, why: &'static str) -> ConnectionVariable {
    ConnectionVariable { name, treatment, why, ja: "" }
}

const fn told(name: &'static str, treatment: Treatment, why: &'static str, ja: &'static str) -> ConnectionVariable {
    ConnectionVariable { name, treatment, why, ja }
}

const HONOURED: &str = "";
const METHOD: &str = "checks become another user by `sudo`, `su` or `doas`, and here by `sudo`";
const METHOD_JA: &str = "別ユーザへの切り替えには `sudo`、`su`、`doas` だけを使い、ここでは `sudo` を使います";
const NO_TERMINAL: &str = "`doas` takes a password from a terminal only; its rule needs `nopass`";
const NOT_OUR_SSH: &str = "connections are made without the `ssh` program, so none is started in its place";
const NOT_OUR_SSH_JA: &str = "接続に `ssh` コマンドを使わないため、代わりのコマンドも起動しません";
const NO_FILES: &str = "no files are copied";
const SHARING: &str = "connections are not shared with `ssh`";
const WINDOWS: &str = "for Windows hosts, whose `ansible_connection` is refused";
const FOR_MODULES: &str = "for running modules; checks need a POSIX `sh` and no Python";

/// Lower precedence first among those of one setting, as the `vars` of Ansible's own plugins are ordered.
pub(super) const TABLE: &[ConnectionVariable] = &[
    told(
        "ansible_connection",
        Honoured(Connection),
        "`ssh`, `smart`, `paramiko`, `paramiko_ssh`, `libssh` (all asked over SSH), `local`, `docker` and `podman`; others are refused",
        "",
    ),
    silent("ansible_host", Honoured(Host), HONOURED),
    silent("ansible_ssh_host", Honoured(Host), "wins over `ansible_host`"),
    silent("ansible_paramiko_host", WithParamiko(Host), HONOURED),
    silent("ansible_port", Honoured(Port), HONOURED),
    silent("ansible_ssh_port", Honoured(Port), "wins over `ansible_port`"),
    silent("ansible_paramiko_port", WithParamiko(Port), HONOURED),
    silent("ansible_user", Honoured(User), "wins over `--user`"),
    silent("ansible_ssh_user", Honoured(User), "wins over `ansible_user`"),
    silent("ansible_paramiko_user", WithParamiko(User), HONOURED),
    silent("ansible_private_key_file", Honoured(PrivateKeyFile), "keys of `--private-key` are tried before it"),
    silent("ansible_ssh_private_key_file", Honoured(PrivateKeyFile), "wins over `ansible_private_key_file`"),
    silent("ansible_paramiko_private_key_file", WithParamiko(PrivateKeyFile), HONOURED),
    silent("ansible_password", Honoured(Password), HONOURED),
    silent("ansible_ssh_pass", Honoured(Password), "wins over `ansible_password`"),
    silent("ansible_ssh_password", Honoured(Password), "wins over `ansible_ssh_pass`"),
    silent("ansible_paramiko_pass", WithParamiko(Password), HONOURED),
    silent("ansible_paramiko_password", WithParamiko(Password), HONOURED),
    silent("ansible_ssh_args", Honoured(SshArgs), "its options win over all other variables, as with `ssh` itself"),
    silent("ansible_ssh_common_args", Honoured(CommonArgs), HONOURED),
    silent("ansible_ssh_extra_args", Honoured(ExtraArgs), HONOURED),
    silent("ansible_host_key_checking", Honoured(HostKeyChecking), "`--host-key-checking` wins over it"),
    silent("ansible_ssh_host_key_checking", Honoured(HostKeyChecking), "wins over `ansible_host_key_checking`"),
    silent("ansible_paramiko_host_key_checking", WithParamiko(HostKeyChecking), HONOURED),
    told("ansible_ssh_executable", Notice(&["ssh", "/usr/bin/ssh"]), NOT_OUR_SSH, NOT_OUR_SSH_JA),
    told(
        "ansible_ssh_pkcs11_provider",
        Notice(&[""]),
        "keys on smart cards are used only through an agent",
        "スマートカードの鍵はエージェント経由でのみ使用します",
    ),
    told(
        "ansible_paramiko_proxy_command",
        Notice(&[""]),
        "write it as `ProxyCommand` into `ansible_ssh_common_args` or `ssh_config`",
        "`ansible_ssh_common_args` か `ssh_config` の `ProxyCommand` に書いてください",
    ),
    silent("ansible_paramiko_use_rsa_sha2_algorithms", NoEffect, "all algorithms of `ssh` are offered"),
    silent("ansible_timeout", NoEffect, "`--connect-timeout` bounds connecting"),
    silent("ansible_ssh_timeout", NoEffect, "`--connect-timeout` bounds connecting"),
    silent("ansible_paramiko_timeout", NoEffect, "`--connect-timeout` bounds connecting"),
    silent("ansible_ssh_retries", NoEffect, "a host that needs several attempts is worth knowing"),
    silent("ansible_sshpass_prompt", NoEffect, "`sshpass` is not used"),
    silent("ansible_ssh_use_tty", NoEffect, "checks never need a terminal"),
    silent("ansible_control_path", NoEffect, SHARING),
    silent("ansible_control_path_dir", NoEffect, SHARING),
    silent("ansible_pipelining", NoEffect, FOR_MODULES),
    silent("ansible_ssh_pipelining", NoEffect, FOR_MODULES),
    silent("ansible_ssh_transfer_method", NoEffect, NO_FILES),
    silent("ansible_sftp_executable", NoEffect, NO_FILES),
    silent("ansible_sftp_extra_args", NoEffect, NO_FILES),
    silent("ansible_sftp_batch_mode", NoEffect, NO_FILES),
    silent("ansible_scp_executable", NoEffect, NO_FILES),
    silent("ansible_scp_extra_args", NoEffect, NO_FILES),
    told(
        "ansible_shell_type",
        Only(&["sh", "csh", "fish"]),
        "checks are asked through a POSIX `sh`, whatever the login shell",
        "チェックはログインシェルに関わらず POSIX `sh` で実行します",
    ),
    silent("ansible_shell_executable", NoEffect, FOR_MODULES),
    silent("ansible_python_interpreter", NoEffect, FOR_MODULES),
    silent("ansible_module_compression", NoEffect, FOR_MODULES),
    silent("ansible_remote_tmp", NoEffect, "`ssh/remote-tmp-usable` looks at it"),
    silent("ansible_system_tmpdirs", NoEffect, FOR_MODULES),
    silent("ansible_common_remote_group", NoEffect, FOR_MODULES),
    silent("ansible_shell_allow_world_readable_temp", NoEffect, FOR_MODULES),
    silent("ansible_admin_users", NoEffect, FOR_MODULES),
    silent("ansible_async_dir", NoEffect, FOR_MODULES),
    silent("ansible_become", NoEffect, "each check says whether it needs root"),
    told(
        "ansible_become_method",
        Notice(&["sudo", "ansible.builtin.sudo", "su", "ansible.builtin.su", "doas", "community.general.doas", ""]),
        METHOD,
        METHOD_JA,
    ),
    silent("ansible_become_user", Honoured(BecomeUser), "root where nobody is named"),
    silent("ansible_become_exe", Honoured(BecomeExe), HONOURED),
    silent("ansible_become_flags", Honoured(BecomeFlags), "`-H`, `-n` and `-S` go without saying"),
    silent("ansible_become_password", Honoured(BecomePassword), "wins over `--ask-become-pass`"),
    silent("ansible_become_pass", Honoured(BecomePassword), "wins over `ansible_become_password`"),
    silent("ansible_sudo_user", WithMethod(Sudo, BecomeUser), HONOURED),
    silent("ansible_sudo_exe", WithMethod(Sudo, BecomeExe), HONOURED),
    silent("ansible_sudo_flags", WithMethod(Sudo, BecomeFlags), HONOURED),
    silent("ansible_sudo_pass", WithMethod(Sudo, BecomePassword), HONOURED),
    silent("ansible_su_user", WithMethod(Su, BecomeUser), HONOURED),
    silent("ansible_su_exe", WithMethod(Su, BecomeExe), HONOURED),
    silent("ansible_su_flags", WithMethod(Su, BecomeFlags), HONOURED),
    silent("ansible_su_pass", WithMethod(Su, BecomePassword), HONOURED),
    silent("ansible_doas_user", WithMethod(Doas, BecomeUser), HONOURED),
    silent("ansible_doas_exe", WithMethod(Doas, BecomeExe), HONOURED),
    silent("ansible_doas_flags", WithMethod(Doas, BecomeFlags), HONOURED),
    silent("ansible_doas_pass", NoEffect, NO_TERMINAL),
    silent("ansible_su_prompt_l10n", NoEffect, "the password is given without looking for the question"),
    silent("ansible_runas_user", NoEffect, WINDOWS),
    silent("ansible_runas_flags", NoEffect, WINDOWS),
    silent("ansible_runas_pass", NoEffect, WINDOWS),
    silent("ansible_network_os", NoEffect, "for network devices, whose `ansible_connection` is refused"),
    silent("ansible_connection_user", NoEffect, "set by Ansible itself"),
    told(
        "ansible_docker_extra_args",
        Notice(&[""]),
        "`docker exec` is started without them; `DOCKER_HOST` and `DOCKER_CONTEXT` of the environment hold",
        "`docker exec` には渡しません。環境変数の `DOCKER_HOST` と `DOCKER_CONTEXT` は有効です",
    ),
    told(
        "ansible_podman_extra_args",
        Notice(&[""]),
        "`podman exec` is started without them; `CONTAINER_HOST` of the environment holds",
        "`podman exec` には渡しません。環境変数の `CONTAINER_HOST` は有効です",
    ),
    told(
        "ansible_podman_executable",
        Notice(&["podman"]),
        "the `podman` in PATH is started",
        "PATH の `podman` を実行します",
    ),
    silent("ansible_winrm_*", NoEffect, WINDOWS),
    silent("ansible_psrp_*", NoEffect, WINDOWS),
];

/// A variable that has no effect here and might have had one with Ansible.
#[derive(Debug, Clone)]
pub struct VariableNotice {
    /// The variable.
    pub variable: &'static ConnectionVariable,
    /// Where it is written.
    pub place: Option<Location>,
}

impl ConnectionVariable {
    /// What is told about it; `places` is where it is written.
    #[must_use]
    pub fn notice(&self, places: &str) -> Text {
        Text::new(
            format!("`{}`{places} has no effect here: {}", self.name, self.why),
            format!("`{}`{places} はここでは無視されます: {}", self.name, self.ja),
        )
    }

    /// Its row in the documentation.
    #[must_use]
    pub fn row(&self) -> String {
        let (treatment, condition) = match self.treatment {
            Honoured(_) => ("honoured", String::new()),
            WithParamiko(_) => ("honoured", "with `ansible_connection: paramiko`; wins there".to_owned()),
            WithMethod(method, _) => {
                ("honoured", format!("with `ansible_become_method: {}`; wins there", method.name()))
            }
            NoEffect => ("ignored", String::new()),
            Notice(usual) => ("ignored with a notice", listed(usual, "not for ")),
            Only(accepted) => ("refused", listed(accepted, "but for ")),
        };
        let why = [condition, self.why.to_owned()].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
        format!("| `{}` | {treatment} | {} |", self.name, why.join("; "))
    }
}

fn listed(values: &[&str], before: &str) -> String {
    let named: Vec<String> =
        values.iter().filter(|value| !value.is_empty()).map(|value| format!("`{value}`")).collect();
    if named.is_empty() { String::new() } else { format!("{before}{}", named.join(", ")) }
}

/// The table as the documentation shows it.
#[must_use]
pub fn connection_variable_rows() -> Vec<String> {
    TABLE.iter().map(ConnectionVariable::row).collect()
}

/// What decides which variables count.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Way {
    pub(super) paramiko: bool,
    pub(super) method: BecomeMethod,
}

/// By which method Ansible becomes another user; `sudo` for those that are not supported, which is told.
///
/// # Errors
/// A method that cannot be rendered.
pub(super) fn become_method(scope: &Arc<HostScope>) -> Result<BecomeMethod, ReachError> {
    let name = text_of(scope, "ansible_become_method")?;
    Ok(name.and_then(|name| BecomeMethod::named(name.trim())).unwrap_or_default())
}

/// The value of a setting: that of the last variable which has one.
pub(super) fn setting(scope: &Arc<HostScope>, wanted: Setting, way: Way) -> Result<Option<String>, ReachError> {
    let mut found = None;
    for variable in TABLE {
        let applies = match variable.treatment {
            Honoured(setting) => setting == wanted,
            WithParamiko(setting) => way.paramiko && setting == wanted,
            WithMethod(method, setting) => method == way.method && setting == wanted,
            _ => false,
        };
        if applies && let Some(text) = text_of(scope, variable.name)? {
            found = Some(text);
        }
    }
    Ok(found)
}

/// The variable's text; absent where it is not set or null.
fn text_of(scope: &Arc<HostScope>, name: &str) -> Result<Option<String>, ReachError> {
    match scope.variable(name) {
        None => Ok(None),
        Some(Err(error)) => Err(unrendered(&error)),
        Some(Ok(value)) if value.is_none() || value.is_undefined() => Ok(None),
        Some(Ok(value)) => match value.kind() {
            minijinja::value::ValueKind::Seq | minijinja::value::ValueKind::Map => Err(no_text(scope, name, &value)),
            _ => Ok(Some(value.to_string())),
        },
    }
}

fn place_of(scope: &HostScope, name: &str) -> Option<Location> {
    scope.host().vars.get(name).and_then(|variable| variable.location.clone())
}

fn at(place: Option<&Location>) -> String {
    place.map(|place| format!(" ({place})")).unwrap_or_default()
}

fn unrendered(error: &JinjaError) -> ReachError {
    ReachError(Text::new(
        format!("a connection variable cannot be rendered: {error}"),
        format!("接続変数を展開できません: {error}"),
    ))
}

fn no_text(scope: &HostScope, name: &str, value: &minijinja::Value) -> ReachError {
    let place = at(place_of(scope, name).as_ref());
    ReachError(Text::new(
        format!("`{name}`{place} is a {}: expected text", value.kind()),
        format!("`{name}`{place} が {} です: 文字列を指定してください", value.kind()),
    ))
}

/// The variables of the host that have to be told about. `local`: nothing of SSH is used.
///
/// # Errors
/// A variable that is refused, or cannot be rendered and would stop Ansible, too.
pub(super) fn notices(scope: &Arc<HostScope>, local: bool) -> Result<Vec<VariableNotice>, ReachError> {
    let mut notices = Vec::new();
    for variable in TABLE {
        if !scope.host().vars.contains_key(variable.name) {
            continue;
        }
        match variable.treatment {
            Notice(_) if local && !is_not_about_ssh(variable.name) => {}
            Notice(usual) if is_unusual(scope, variable.name, usual)? => {
                notices.push(VariableNotice { variable, place: place_of(scope, variable.name) });
            }
            Only(accepted) if is_unusual(scope, variable.name, accepted)? => {
                return Err(refused(scope, variable, accepted));
            }
            _ => {}
        }
    }
    Ok(notices)
}

fn is_not_about_ssh(name: &str) -> bool {
    ["ansible_become_", "ansible_sudo_", "ansible_docker_", "ansible_podman_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// Whether the value is none of `usual`. Where no value is usual it is not looked at: it may be a secret.
fn is_unusual(scope: &Arc<HostScope>, name: &str, usual: &[&str]) -> Result<bool, ReachError> {
    if usual.is_empty() {
        return Ok(true);
    }
    Ok(text_of(scope, name)?.is_some_and(|text| !usual.contains(&text.trim())))
}

fn refused(scope: &Arc<HostScope>, variable: &ConnectionVariable, accepted: &[&str]) -> ReachError {
    let place = at(place_of(scope, variable.name).as_ref());
    let value = text_of(scope, variable.name).ok().flatten().unwrap_or_default();
    let (name, why, ja) = (variable.name, variable.why, variable.ja);
    let accepted = listed(accepted, "");
    ReachError(Text::new(
        format!("`{name}: {value}`{place} cannot be used here: {why}; expected one of {accepted}"),
        format!("`{name}: {value}`{place} には対応していません: {ja}（{accepted} のいずれか）"),
    ))
}
