//! Where to connect, from what people wrote: inventory values, ssh arguments and `ssh_config`.

mod args;
mod canonical;
mod destination;
mod endpoints;
mod file;
mod keywords;
mod machine;
mod notice;
mod raw;
mod resolve;
mod tokens;
mod user;
mod values;
mod words;

use std::path::{Path, PathBuf};

pub use args::{SshArgs, parse_ssh_args};
pub(super) use endpoints::WITHOUT_PASSWORD;
pub use endpoints::{Endpoints, HostSettings};
pub use file::SshConfig;
pub use keywords::ssh_option_rows;
pub(super) use machine::users_shell;
pub use notice::{Notice, NoticeKind};
pub use resolve::HostConfig;
pub use user::LocalUser;

/// The key files that `ssh` tries where nobody names others, under `~/.ssh`.
const DEFAULT_IDENTITIES: [&str; 3] = ["id_rsa", "id_ecdsa", "id_ed25519"];

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
