//! Whether a key is the one that a host is known by.

use super::{
    KnownHosts,
    line::{Entry, Marker},
};
use crate::transport::error::{KnownInstead, KnownKey};

/// Types of host keys that libssh2 negotiates.
const NEGOTIABLE: [&str; 5] =
    ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"];

/// What the files say about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::transport) enum HostKeyVerdict {
    /// It is this host's key.
    Known,
    /// Nothing says anything about such a key.
    Unknown(KnownInstead),
    /// The host is known by other keys. As with `ssh`, the types need not be the same: the key exchange prefers the known
    /// types, so that another one says that the host no longer has the known key.
    Changed(Vec<KnownKey>),
    /// The key is revoked for this host.
    Revoked(KnownKey),
}

/// The name under which `ssh` looks up and writes down a host: `host`, or `[host]:port` where the port is not 22. An alias
/// stands for both.
pub(in crate::transport) fn lookup_name(host: &str, port: u16, alias: Option<&str>) -> String {
    match alias {
        Some(alias) => alias.to_lowercase(),
        None if port == 22 => host.to_lowercase(),
        None => format!("[{}]:{port}", host.to_lowercase()),
    }
}

impl KnownHosts {
    fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| entry.speaks_of(name))
    }

    /// The line that revokes the key with this fingerprint.
    pub(in crate::transport) fn revoked(&self, fingerprint: &str) -> Option<KnownKey> {
        let lines = self.entries.iter().filter(|entry| entry.marker == Marker::Revoked).map(Entry::describe);
        lines.into_iter().find(|line| line.key.fingerprint == fingerprint)
    }

    /// The key at this line, of one file.
    pub(in crate::transport) fn at(&self, line: usize) -> Option<KnownKey> {
        self.entries.iter().map(Entry::describe).find(|known| known.line == line)
    }

    /// The types of the keys that are known for a host, in the files' order: the key exchange should prefer them. As with `ssh`,
    /// lines for the bare name say nothing about another port here, although their keys are good there.
    pub(in crate::transport) fn key_types(&self, host: &str, port: u16, alias: Option<&str>) -> Vec<&str> {
        let name = lookup_name(host, port, alias);
        let keys = self.entries.iter().filter(|entry| entry.marker == Marker::None && entry.speaks_of(&name));
        keys.map(|entry| entry.key_type.as_str()).collect()
    }

    /// Judges the key `blob` of type `key_type` that `host` shows at `port`.
    ///
    /// As `ssh` does it: revocation beats everything; any line with this very key is enough; a key that is known for the host
    /// at its standard port serves for its other ports too, but does not make a key there a changed one.
    pub(in crate::transport) fn judge(
        &self,
        host: &str,
        port: u16,
        alias: Option<&str>,
        blob: &[u8],
    ) -> HostKeyVerdict {
        let names = candidates(host, port, alias);
        let mut verdict = self.judge_name(&names[0], blob);
        if let (HostKeyVerdict::Unknown(_), Some(bare)) = (&verdict, names.get(1)) {
            match self.judge_name(bare, blob) {
                found @ (HostKeyVerdict::Known | HostKeyVerdict::Revoked(_)) => verdict = found,
                HostKeyVerdict::Changed(_) | HostKeyVerdict::Unknown(_) => {}
            }
        }
        verdict
    }

    fn judge_name(&self, name: &str, blob: &[u8]) -> HostKeyVerdict {
        let (mut known, mut authority) = (false, false);
        let (mut others, mut other_types) = (Vec::new(), Vec::new());
        for entry in self.of(name) {
            match entry.marker {
                Marker::Revoked if entry.blob == blob => return HostKeyVerdict::Revoked(entry.describe()),
                Marker::Revoked => {}
                Marker::CertAuthority => authority = true,
                Marker::None if entry.blob == blob => known = true,
                Marker::None if NEGOTIABLE.contains(&entry.key_type.as_str()) => others.push(entry.describe()),
                Marker::None => other_types.push(entry.describe()),
            }
        }
        match (known, others.is_empty()) {
            (true, _) => HostKeyVerdict::Known,
            (false, false) => HostKeyVerdict::Changed(others),
            (false, true) if !other_types.is_empty() => HostKeyVerdict::Unknown(KnownInstead::OtherTypes(other_types)),
            (false, true) if authority => HostKeyVerdict::Unknown(KnownInstead::Authority),
            (false, true) => HostKeyVerdict::Unknown(KnownInstead::Nothing),
        }
    }
}

fn candidates(host: &str, port: u16, alias: Option<&str>) -> Vec<String> {
    let mut names = vec![lookup_name(host, port, alias)];
    if alias.is_none() && port != 22 {
        names.push(host.to_lowercase());
    }
    names
}
