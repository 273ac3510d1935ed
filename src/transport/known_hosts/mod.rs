//! Whose key is whose: the known-hosts files, read once a run, and the question whether a key is known.
//!
//! libssh2 has a matcher of its own, which takes `@revoked` keys for good ones, knows no wildcards or negation and gives up at
//! one bad line.

mod line;
mod lookup;
mod revoked;
#[cfg(test)]
mod tests;
mod write;

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::bounded;

use line::Entry;

pub(super) use line::{fingerprint, type_of};
pub(super) use lookup::{HostKeyVerdict, lookup_name};
pub(super) use revoked::RevokedKeys;
pub(super) use write::add;

/// How large a file of known hosts or revoked keys may be, in bytes: half a million keys have room.
const MAX_FILE: u64 = 64 * 1024 * 1024;

/// The lines of some known-hosts files, in their order.
#[derive(Debug, Default)]
pub(super) struct KnownHosts {
    entries: Vec<Entry>,
    unread: Vec<(PathBuf, io::Error)>,
}

impl KnownHosts {
    /// Reads `files`; those that are missing or unreadable have no entries, as with `ssh`.
    pub(super) fn read(files: &[PathBuf]) -> Self {
        let mut known = Self::default();
        for file in files {
            match bounded::read(file, MAX_FILE) {
                Ok(bytes) => known.add(file, &String::from_utf8_lossy(&bytes)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => known.unread.push((file.clone(), error)),
            }
        }
        known
    }

    /// The files that are there and could not be read, with the reason.
    pub(super) fn unread(&self) -> &[(PathBuf, io::Error)] {
        &self.unread
    }

    /// The lines of `text`, which stands in `file`.
    fn of_text(file: &Path, text: &[u8]) -> Self {
        let mut known = Self::default();
        known.add(file, &String::from_utf8_lossy(text));
        known
    }

    /// Whether a line says that `name` has the key `blob`.
    fn has(&self, name: &str, blob: &[u8]) -> bool {
        self.entries.iter().any(|entry| entry.is_key_of(name, blob))
    }

    /// Adds the lines of `text`, which came from `file`. Lines that cannot be read are passed over.
    fn add(&mut self, file: &Path, text: &str) {
        let file = std::sync::Arc::new(file.to_path_buf());
        self.entries.extend(text.lines().enumerate().filter_map(|(index, text)| line::parse(&file, index + 1, text)));
    }
}
