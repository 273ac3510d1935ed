//! What `ssh` is given.

use std::path::PathBuf;

use super::command;
use crate::transport::{config::HostSettings, endpoint::SshEndpoint};

/// A host that the `ssh` program connects to. It is told what the user wrote, and reads its configuration by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpensshEndpoint {
    /// The name as the user gave it: `ansible_host`, else the host's name.
    pub alias: String,
    /// The options of the inventory, the command line and the arguments, in the order in which Ansible gives them.
    pub args: Vec<String>,
    /// What we make of the same: for messages, timeouts and the search for known keys.
    pub resolved: SshEndpoint,
}

/// A host that is reached from the mother, by the `ssh` program there and with the keys that lie there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MotherEndpoint {
    /// The mother.
    pub mother: SshEndpoint,
    /// Where the hive project lies on the mother; `ssh` is started there.
    pub root: String,
    /// The `ssh_config` on the mother, which must be there.
    pub config: String,
    /// The host, as it is called on the mother; its files are the mother's, and its user is empty where only they name one.
    pub target: OpensshEndpoint,
}

impl OpensshEndpoint {
    /// The endpoint for what the inventory says; `keys` are tried before all others, and `policy` wins over what `ssh`'s
    /// configuration says about host keys.
    #[must_use]
    pub fn new(settings: &HostSettings, resolved: SshEndpoint, keys: &[PathBuf]) -> Self {
        let args = command::user_args(settings, keys);
        Self { alias: settings.host.clone(), args, resolved }
    }
}

impl MotherEndpoint {
    /// `user@host` of the mother.
    #[must_use]
    pub fn login(&self) -> String {
        format!("{}@{}", self.mother.user, self.mother.host)
    }

    /// The way to the target, as errors tell it.
    pub(super) fn way(&self) -> String {
        format!("--via-mother {}", self.login())
    }

    /// The host `settings` speaks of, as it is reached from `mother`. `context` is the stage's directory there.
    #[must_use]
    pub fn new(mother: SshEndpoint, root: String, context: &str, settings: &HostSettings) -> Self {
        let config = format!("{context}/ssh_config");
        let settings = HostSettings { config_file: Some(PathBuf::from(&config)), ..settings.clone() };
        let resolved = SshEndpoint {
            host: settings.host.clone(),
            port: settings.port.unwrap_or(22),
            user: settings.user.clone().unwrap_or_default(),
            known_hosts_files: vec![PathBuf::from(format!("{context}/known_hosts"))],
            connect_timeout: settings.connect_timeout.unwrap_or(mother.connect_timeout),
            ..SshEndpoint::default()
        };
        Self { mother, root, config, target: OpensshEndpoint::new(&settings, resolved, &[]) }
    }
}
