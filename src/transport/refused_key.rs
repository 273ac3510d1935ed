//! The key that a host refused, as whoever installs its public half has to name it.

use std::path::{Path, PathBuf};

use super::endpoint::SshEndpoint;

/// Where the public half of a refused key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusedKey {
    /// In this file, beside that of the private one.
    Pair(PathBuf),
    /// In this file; the private one is in an agent.
    PublicFile(PathBuf),
    /// Nowhere but in this file of the private key.
    PrivateFile(PathBuf),
    /// In the agent at this socket alone; absent = that of `SSH_AUTH_SOCK`.
    Agent(Option<PathBuf>),
}

impl RefusedKey {
    /// The key of the identity `file`, which is on this machine.
    pub(super) fn of_file(file: &Path) -> Self {
        let (private, public) = halves(file);
        match (private.exists(), public.exists()) {
            (false, true) => Self::PublicFile(public),
            (true, false) => Self::PrivateFile(private),
            (true, true) | (false, false) => Self::Pair(public),
        }
    }

    /// The key of the identity `file` of another machine, where nobody has looked.
    pub(super) fn elsewhere(file: &Path) -> Self {
        Self::Pair(halves(file).1)
    }

    /// The better one to name: a file is one key, and an agent may have many.
    pub(super) fn or_better(found: Option<Self>, next: Self) -> Self {
        match (found, next) {
            (None | Some(Self::Agent(_)), next) => next,
            (Some(found), _) => found,
        }
    }
}

/// The names of the private and the public file, of which `file` may be either.
fn halves(file: &Path) -> (PathBuf, PathBuf) {
    if file.extension().is_some_and(|extension| extension == "pub") {
        return (file.with_extension(""), file.to_path_buf());
    }
    (file.to_path_buf(), public_name(file))
}

/// `KEY.pub`.
pub(super) fn public_name(key: &Path) -> PathBuf {
    let mut name = key.as_os_str().to_owned();
    name.push(".pub");
    PathBuf::from(name)
}

/// The options of `ssh` without which a host is not reached: its proxy. Its command has no tokens left.
pub(super) fn way(endpoint: &SshEndpoint) -> Vec<String> {
    let option = match &endpoint.proxy_command {
        Some(_) if !endpoint.proxy_jump.is_empty() && endpoint.jump_config.is_none() => {
            format!("ProxyJump={}", endpoint.proxy_jump.join(","))
        }
        Some(command) => format!("ProxyCommand={}", command.replace('%', "%%")),
        None => return Vec::new(),
    };
    vec!["-o".to_owned(), option]
}
