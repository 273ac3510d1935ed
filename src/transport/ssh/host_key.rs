//! Is this the host that we know?

use std::{net::IpAddr, path::Path};

use super::wire::Wire;
use crate::transport::{
    credentials::Credentials,
    endpoint::{HostKeyPolicy, SshEndpoint},
    error::{HostKey, KnownInstead, KnownKey, TransportErrorKind as Kind},
    known_hosts::{HostKeyVerdict, KnownHosts, fingerprint, lookup_name, type_of},
};

/// What the host has proved to be.
pub(super) struct Shown {
    pub(super) key: HostKey,
    /// The host is known by other keys, or this one is revoked: that goes on only where keys are not checked.
    pub(super) is_contradicted: bool,
}

/// Checks the key that the host at `address` has proved to hold.
pub(super) fn verify(
    wire: &Wire,
    endpoint: &SshEndpoint,
    credentials: &Credentials,
    address: Option<IpAddr>,
) -> Result<Shown, Kind> {
    let Some((blob, _)) = wire.session.host_key() else {
        return Err(Kind::Handshake { detail: "the server showed no host key".to_owned(), mismatches: Vec::new() });
    };
    let key = HostKey { key_type: type_of(blob).unwrap_or("unknown").to_owned(), fingerprint: fingerprint(blob) };
    if let Some(file) = endpoint.revoked_host_keys.as_deref() {
        not_revoked(file, blob, &key, credentials)?;
    }
    let (host, port, alias) = (&endpoint.host, endpoint.port, endpoint.host_key_alias.as_deref());
    let known = credentials.known_hosts(&endpoint.known_hosts_files);
    let verdict = known.judge(host, port, alias, blob);
    if endpoint.host_key_policy == HostKeyPolicy::Off {
        return Ok(Shown { key, is_contradicted: is_contradiction(&verdict) });
    }
    let key = by_verdict(endpoint, credentials, verdict, blob, key)?;
    not_anothers(&known, endpoint, address, blob, &key)?;
    Ok(Shown { key, is_contradicted: false })
}

/// Whether the host should have shown another key. Of a type that we cannot negotiate it may have that one too, but `ssh` says
/// the same.
fn is_contradiction(verdict: &HostKeyVerdict) -> bool {
    match verdict {
        HostKeyVerdict::Changed(_) | HostKeyVerdict::Revoked(_) => true,
        HostKeyVerdict::Unknown(instead) => matches!(instead, KnownInstead::OtherTypes(_)),
        HostKeyVerdict::Known => false,
    }
}

fn by_verdict(
    endpoint: &SshEndpoint,
    credentials: &Credentials,
    verdict: HostKeyVerdict,
    blob: &[u8],
    key: HostKey,
) -> Result<HostKey, Kind> {
    let name = lookup_name(&endpoint.host, endpoint.port, endpoint.host_key_alias.as_deref());
    let takes_new = endpoint.host_key_policy == HostKeyPolicy::AcceptNew;
    match verdict {
        HostKeyVerdict::Known => Ok(key),
        // To `ssh` a host that is known by a key of any type has changed.
        HostKeyVerdict::Unknown(KnownInstead::OtherTypes(known)) if takes_new => {
            Err(Kind::HostKeyChanged { key, name, known })
        }
        HostKeyVerdict::Unknown(_) if takes_new => accept(endpoint, credentials, name, blob, key),
        HostKeyVerdict::Unknown(instead) => {
            Err(Kind::HostKeyUnknown { key, name, files: endpoint.known_hosts_files.clone(), instead })
        }
        HostKeyVerdict::Changed(known) => Err(Kind::HostKeyChanged { key, name, known }),
        HostKeyVerdict::Revoked(by) => Err(Kind::HostKeyRevoked { key, by: Box::new(by) }),
    }
}

/// `CheckHostIP`: the address must not be known by other keys either. Addresses of this machine are not looked at.
fn not_anothers(
    known: &KnownHosts,
    endpoint: &SshEndpoint,
    address: Option<IpAddr>,
    blob: &[u8],
    key: &HostKey,
) -> Result<(), Kind> {
    let Some(address) = address.filter(|address| endpoint.check_host_ip && !address.is_loopback()) else {
        return Ok(());
    };
    let address = address.to_string();
    match known.judge(&address, endpoint.port, None, blob) {
        HostKeyVerdict::Changed(known) | HostKeyVerdict::Unknown(KnownInstead::OtherTypes(known))
            if address != endpoint.host =>
        {
            let name = lookup_name(&address, endpoint.port, None);
            Err(Kind::HostKeyChanged { key: key.clone(), name, known })
        }
        _ => Ok(()),
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
