//! What Ansible's environment variables and configuration file say about connecting: they hold where the inventory and
//! the command line say nothing.

use super::{ansible_cfg::AnsibleCfg, source::absolute};

/// Settings of connections; absent = nobody says anything.
#[derive(Debug, Default)]
pub(super) struct Defaults {
    /// `ANSIBLE_REMOTE_USER`, `[defaults] remote_user`.
    pub(super) user: Option<String>,
    /// `ANSIBLE_REMOTE_PORT`, `[defaults] remote_port`.
    pub(super) port: Option<String>,
    /// `ANSIBLE_PRIVATE_KEY_FILE`, `[defaults] private_key_file`; from the root directory.
    pub(super) private_key_file: Option<String>,
    /// `ANSIBLE_HOST_KEY_CHECKING`, `ANSIBLE_SSH_HOST_KEY_CHECKING`, `host_key_checking` of `[defaults]` and
    /// `[ssh_connection]`.
    pub(super) host_key_checking: Option<String>,
    /// `ANSIBLE_SSH_ARGS`, `[ssh_connection] ssh_args`.
    pub(super) ssh_args: Option<String>,
    /// `ANSIBLE_SSH_COMMON_ARGS`, `[ssh_connection] ssh_common_args`.
    pub(super) common_args: Option<String>,
    /// `ANSIBLE_SSH_EXTRA_ARGS`, `[ssh_connection] ssh_extra_args`.
    pub(super) extra_args: Option<String>,
}

impl Defaults {
    /// Reads the environment, and `configuration` for what it does not set. What is set to nothing counts as set.
    pub(super) fn of(configuration: &AnsibleCfg) -> Self {
        let both = |name: &str, section: &str, key: &str| {
            environment(name).or_else(|| configuration.get(section, key).map(str::to_owned))
        };
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let checking = |section| configuration.get(section, "host_key_checking").map(str::to_owned);
        Self {
            user: filled(both("ANSIBLE_REMOTE_USER", "defaults", "remote_user")),
            port: filled(both("ANSIBLE_REMOTE_PORT", "defaults", "remote_port")),
            private_key_file: filled(key_file(configuration)),
            // The more special name wins; an empty one is the same as none.
            host_key_checking: filled(environment("ANSIBLE_SSH_HOST_KEY_CHECKING"))
                .or_else(|| filled(environment("ANSIBLE_HOST_KEY_CHECKING")))
                .or_else(|| checking("ssh_connection"))
                .or_else(|| checking("defaults")),
            ssh_args: both("ANSIBLE_SSH_ARGS", "ssh_connection", "ssh_args"),
            common_args: both("ANSIBLE_SSH_COMMON_ARGS", "ssh_connection", "ssh_common_args"),
            extra_args: both("ANSIBLE_SSH_EXTRA_ARGS", "ssh_connection", "ssh_extra_args"),
        }
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn key_file(configuration: &AnsibleCfg) -> Option<String> {
    let written = |file: std::path::PathBuf| file.display().to_string();
    match environment("ANSIBLE_PRIVATE_KEY_FILE") {
        // `~` is replaced where the key is read.
        Some(file) if file.is_empty() || file.starts_with('~') => Some(file),
        Some(file) => Some(written(absolute(file.as_ref()))),
        None => configuration.path("defaults", "private_key_file").map(written),
    }
}
