//! Where to connect, from what people wrote: inventory values, ssh arguments and `ssh_config`.

mod user;

use std::path::{Path, PathBuf};

pub use user::LocalUser;

use super::endpoint::SshEndpoint;

/// The key files that `ssh` tries where nobody names others, under `~/.ssh`.
const DEFAULT_IDENTITIES: [&str; 3] = ["id_ed25519", "id_ecdsa", "id_rsa"];

/// The key files that are tried where nobody names others.
fn default_identities(home: &Path) -> Vec<PathBuf> {
    DEFAULT_IDENTITIES.iter().map(|name| home.join(".ssh").join(name)).collect()
}

/// Whether `file` looks like one of the defaults, which may be missing without a word.
pub(super) fn is_default_identity(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| DEFAULT_IDENTITIES.contains(&name))
        && file.parent().is_some_and(|dir| dir.ends_with(".ssh"))
}

/// The command behind which the host lies, if any.
pub(super) fn proxy_command(endpoint: &SshEndpoint) -> Option<String> {
    endpoint.proxy_command.clone()
}
