//! Is this the host that we know?

use ssh2::MethodType;

use super::wire::Wire;
use crate::transport::{
    credentials::Credentials,
    endpoint::{HostKeyPolicy, SshEndpoint},
    error::{HostKey, TransportErrorKind as Kind},
    known_hosts::{HostKeyVerdict, fingerprint, lookup_name, type_of},
};

/// Every host key algorithm that is offered, in the order of preference.
const ALGORITHMS: [(&str, &str); 7] = [
    ("ssh-ed25519", "ssh-ed25519"),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"),
    ("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"),
    ("ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"),
    ("rsa-sha2-512", "ssh-rsa"),
    ("rsa-sha2-256", "ssh-rsa"),
    ("ssh-rsa", "ssh-rsa"),
];

/// Prefers the key types by which the host is known: a host that is known by its RSA key must show that one.
pub(super) fn prefer_known_types(
    wire: &Wire,
    endpoint: &SshEndpoint,
    credentials: &Credentials,
) -> Result<(), ssh2::Error> {
    let known = credentials.known_hosts(&endpoint.known_hosts_files);
    let types = known.key_types(&endpoint.host, endpoint.port, endpoint.host_key_alias.as_deref());
    wire.session.method_pref(MethodType::HostKey, &algorithms(&types))
}

fn algorithms(known_types: &[&str]) -> String {
    let mut sorted = ALGORITHMS;
    sorted.sort_by_key(|(_, key_type)| !known_types.contains(key_type));
    sorted.map(|(name, _)| name).join(",")
}

/// Checks the key that the host has proved to hold; returns its type and fingerprint.
pub(super) fn verify(wire: &Wire, endpoint: &SshEndpoint, credentials: &Credentials) -> Result<HostKey, Kind> {
    let Some((blob, _)) = wire.session.host_key() else {
        return Err(Kind::Handshake { detail: "the server showed no host key".to_owned(), mismatches: Vec::new() });
    };
    let key = HostKey { key_type: type_of(blob).unwrap_or("unknown").to_owned(), fingerprint: fingerprint(blob) };
    if endpoint.host_key_policy == HostKeyPolicy::Off {
        return Ok(key);
    }
    let (host, port, alias) = (&endpoint.host, endpoint.port, endpoint.host_key_alias.as_deref());
    let known = credentials.known_hosts(&endpoint.known_hosts_files);
    let name = lookup_name(host, port, alias);
    match known.judge(host, port, alias, blob) {
        HostKeyVerdict::Known => Ok(key),
        HostKeyVerdict::Unknown(_) if endpoint.host_key_policy == HostKeyPolicy::AcceptNew => Ok(key),
        HostKeyVerdict::Unknown(instead) => {
            Err(Kind::HostKeyUnknown { key, name, files: endpoint.known_hosts_files.clone(), instead })
        }
        HostKeyVerdict::Changed(known) => Err(Kind::HostKeyChanged { key, name, known }),
        HostKeyVerdict::Revoked(by) => Err(Kind::HostKeyRevoked { key, by: Box::new(by) }),
    }
}

#[cfg(test)]
mod tests {
    use super::algorithms;

    #[test]
    fn known_types_come_first_and_none_is_left_out() {
        let list = algorithms(&["ssh-rsa"]);
        assert!(list.starts_with("rsa-sha2-512,rsa-sha2-256,ssh-rsa,ssh-ed25519"), "{list}");
        assert_eq!(list.split(',').count(), 7);
        assert!(algorithms(&[]).starts_with("ssh-ed25519,ecdsa"));
    }
}
