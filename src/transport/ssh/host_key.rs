//! Is this the host that we know?

use std::path::Path;

use super::wire::Wire;
use crate::transport::{
    credentials::Credentials,
    endpoint::{HostKeyPolicy, SshEndpoint},
    error::{HostKey, KnownKey, TransportErrorKind as Kind},
    known_hosts::{HostKeyVerdict, fingerprint, lookup_name, type_of},
};

/// Checks the key that the host has proved to hold; returns its type and fingerprint.
pub(super) fn verify(wire: &Wire, endpoint: &SshEndpoint, credentials: &Credentials) -> Result<HostKey, Kind> {
    let Some((blob, _)) = wire.session.host_key() else {
        return Err(Kind::Handshake { detail: "the server showed no host key".to_owned(), mismatches: Vec::new() });
    };
    let key = HostKey { key_type: type_of(blob).unwrap_or("unknown").to_owned(), fingerprint: fingerprint(blob) };
    if let Some(file) = endpoint.revoked_host_keys.as_deref() {
        not_revoked(file, blob, &key, credentials)?;
    }
    if endpoint.host_key_policy == HostKeyPolicy::Off {
        return Ok(key);
    }
    let (host, port, alias) = (&endpoint.host, endpoint.port, endpoint.host_key_alias.as_deref());
    let known = credentials.known_hosts(&endpoint.known_hosts_files);
    let name = lookup_name(host, port, alias);
    match known.judge(host, port, alias, blob) {
        HostKeyVerdict::Known => Ok(key),
        HostKeyVerdict::Unknown(_) if endpoint.host_key_policy == HostKeyPolicy::AcceptNew => {
            accept(endpoint, credentials, name, blob, key)
        }
        HostKeyVerdict::Unknown(instead) => {
            Err(Kind::HostKeyUnknown { key, name, files: endpoint.known_hosts_files.clone(), instead })
        }
        HostKeyVerdict::Changed(known) => Err(Kind::HostKeyChanged { key, name, known }),
        HostKeyVerdict::Revoked(by) => Err(Kind::HostKeyRevoked { key, by: Box::new(by) }),
    }
}

/// The key is unknown; in one run only one such key is accepted under a name.
fn accept(
    endpoint: &SshEndpoint,
    credentials: &Credentials,
    name: String,
    blob: &[u8],
    key: HostKey,
) -> Result<HostKey, Kind> {
    match credentials.accept(endpoint.accept_into.as_deref(), &name, blob, endpoint.hash_known_hosts) {
        Ok(()) => Ok(key),
        Err(first) => {
            let key_type = type_of(&first).unwrap_or("unknown").to_owned();
            let file = endpoint.accept_into.clone().unwrap_or_default();
            let known = KnownKey { key: HostKey { key_type, fingerprint: fingerprint(&first) }, file, line: 0 };
            Err(Kind::HostKeyChanged { key, name, known: vec![known] })
        }
    }
}

/// A list that cannot be read says nothing about any key; `ssh` does not go on either.
fn not_revoked(file: &Path, blob: &[u8], key: &HostKey, credentials: &Credentials) -> Result<(), Kind> {
    match &*credentials.revoked_keys(file) {
        Err(why) => Err(Kind::Local { detail: format!("`RevokedHostKeys {}` cannot be read: {why}", file.display()) }),
        Ok(keys) => match keys.line_of(blob) {
            None => Ok(()),
            Some(line) => {
                let by = KnownKey { key: key.clone(), file: file.to_path_buf(), line };
                Err(Kind::HostKeyRevoked { key: key.clone(), by: Box::new(by) })
            }
        },
    }
}
