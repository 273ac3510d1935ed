//! Which algorithms are offered: what `ssh_config` says, as far as libssh2 has them.

use ssh2::MethodType;

use super::wire::Wire;
use crate::transport::{
    credentials::Credentials,
    endpoint::{Algorithms, SshEndpoint},
    error::TransportErrorKind as Kind,
    glob,
};

/// Every host key algorithm that is offered, in the order of preference, with the type of its keys.
const HOST_KEYS: [(&str, &str); 7] = [
    ("ssh-ed25519", "ssh-ed25519"),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"),
    ("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"),
    ("ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"),
    ("rsa-sha2-512", "ssh-rsa"),
    ("rsa-sha2-256", "ssh-rsa"),
    ("ssh-rsa", "ssh-rsa"),
];

/// What signs with an RSA key.
const RSA: [&str; 3] = ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"];

/// Sets everything that is not the default, and prefers the key types by which the host is known: a host that is known by
/// its RSA key must show that one.
pub(super) fn prefer(wire: &Wire, endpoint: &SshEndpoint, credentials: &Credentials) -> Result<(), Kind> {
    let known = credentials.known_hosts(&endpoint.known_hosts_files);
    let types = known.key_types(&endpoint.host, endpoint.port, endpoint.host_key_alias.as_deref());
    let Algorithms { kex, ciphers, macs, pubkey, host_key } = &endpoint.algorithms;
    set(wire, MethodType::HostKey, "HostKeyAlgorithms", &host_keys(&types, host_key.as_deref()), host_key.as_deref())?;
    for (method, option, spec) in [
        (MethodType::Kex, "KexAlgorithms", kex),
        (MethodType::CryptCs, "Ciphers", ciphers),
        (MethodType::CryptSc, "Ciphers", ciphers),
        (MethodType::MacCs, "MACs", macs),
        (MethodType::MacSc, "MACs", macs),
    ] {
        if spec.is_some() || option == "Ciphers" {
            set(wire, method, option, &offered(&wire.session, method, spec.as_deref()), spec.as_deref())?;
        }
    }
    if let Some(spec) = pubkey {
        // Without any of them no RSA key is tried, so that nothing is left to choose.
        let rsa = chosen(&RSA, &RSA, spec);
        if !rsa.is_empty() {
            set(wire, MethodType::SignAlgo, "PubkeyAcceptedAlgorithms", &rsa, Some(spec))?;
        }
    }
    Ok(())
}

fn set(wire: &Wire, method: MethodType, option: &str, list: &[String], spec: Option<&str>) -> Result<(), Kind> {
    if list.is_empty() {
        let detail = format!(
            "`{option} {}` leaves nothing that can be used here; `--transport openssh` follows it",
            spec.unwrap_or_default()
        );
        return Err(Kind::Handshake { detail, mismatches: Vec::new() });
    }
    let refused = |error: ssh2::Error| Kind::Local { detail: error.message().to_owned() };
    wire.session.method_pref(method, &list.join(",")).map_err(refused)
}

/// What is offered for `method` with this list of the configuration.
pub(super) fn offered(session: &ssh2::Session, method: MethodType, spec: Option<&str>) -> Vec<String> {
    let supported = session.supported_algs(method).unwrap_or_default();
    let usual: Vec<_> = supported.iter().copied().filter(|name| !is_given_up(name)).collect();
    spec.map_or_else(|| usual.iter().map(|name| (*name).to_owned()).collect(), |spec| chosen(&supported, &usual, spec))
}

/// Whether `ssh` offers this cipher only to whom asks for it by name: a host that has no other is out of its reach.
fn is_given_up(cipher: &str) -> bool {
    cipher.contains("-cbc") || cipher.starts_with("arcfour")
}

/// The list of the configuration that is meant for `method`.
pub(super) fn written(algorithms: &Algorithms, method: MethodType) -> Option<&str> {
    match method {
        MethodType::Kex => algorithms.kex.as_deref(),
        MethodType::HostKey => algorithms.host_key.as_deref(),
        MethodType::CryptCs | MethodType::CryptSc => algorithms.ciphers.as_deref(),
        MethodType::MacCs | MethodType::MacSc => algorithms.macs.as_deref(),
        _ => None,
    }
}

/// Known types come first, unless the configuration has an order of its own.
fn host_keys(known_types: &[&str], spec: Option<&str>) -> Vec<String> {
    let mut sorted = HOST_KEYS;
    if spec.is_none_or(|spec| spec.starts_with(['+', '-'])) {
        sorted.sort_by_key(|(_, key_type)| !known_types.contains(key_type));
    }
    let names = sorted.map(|(name, _)| name);
    spec.map_or_else(|| names.map(str::to_owned).to_vec(), |spec| chosen(&names, &names, spec))
}

/// Whether a key of `key_type` may be tried.
pub(super) fn accepts(algorithms: &Algorithms, key_type: &str) -> bool {
    let Some(spec) = algorithms.pubkey.as_deref() else { return true };
    let base = key_type.replace("-cert-v01@openssh.com", "");
    let is_certificate = base != key_type;
    let names: Vec<String> = if base == "ssh-rsa" {
        let suffix = if is_certificate { "-cert-v01@openssh.com" } else { "" };
        RSA.iter().map(|name| format!("{name}{suffix}")).collect()
    } else {
        vec![key_type.to_owned()]
    };
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    !chosen(&names, &names, spec).is_empty()
}

/// A list of `ssh_config` applied to what there is and to what is `usual`: `+` adds to that, `-` takes out, `^` prefers, and
/// without any of them the list is all. Names may be patterns.
fn chosen(supported: &[&str], usual: &[&str], spec: &str) -> Vec<String> {
    let (how, patterns) = match spec.split_at_checked(1) {
        Some((how @ ("+" | "-" | "^"), patterns)) => (how, patterns),
        _ => ("", spec),
    };
    let patterns: Vec<_> = patterns.split(',').map(str::trim).collect();
    let is_named = |name: &&str| patterns.iter().any(|pattern| glob::matches(pattern, name));
    let mut named: Vec<&str> = Vec::new();
    for pattern in &patterns {
        let fits: Vec<_> = supported.iter().filter(|name| glob::matches(pattern, name)).collect();
        named.extend(fits.into_iter().filter(|name| !named.contains(*name)).collect::<Vec<_>>());
    }
    let others = usual.iter().filter(|name| !is_named(name));
    let list: Vec<&str> = match how {
        "+" => usual.iter().copied().chain(named.into_iter().filter(|name| !usual.contains(name))).collect(),
        "-" => others.copied().collect(),
        "^" => named.into_iter().chain(others.copied()).collect(),
        _ => named,
    };
    list.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{accepts, chosen, host_keys};
    use crate::transport::endpoint::Algorithms;

    #[test]
    fn known_types_come_first_and_none_is_left_out() {
        let list = host_keys(&["ssh-rsa"], None);
        assert_eq!(list[..4], ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa", "ssh-ed25519"]);
        assert_eq!(list.len(), 7);
        assert_eq!(host_keys(&[], None)[0], "ssh-ed25519");
        assert_eq!(host_keys(&["ssh-rsa"], Some("ssh-ed25519,rsa-*")), ["ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256"]);
        assert_eq!(host_keys(&["ssh-rsa"], Some("-*ed25519"))[0], "rsa-sha2-512");
    }

    #[test]
    fn lists_are_put_together_as_by_openssh() {
        // The default list in the place of what is supported: the answers are then those of `ssh -G`.
        let of = |options: &[&str]| {
            let output = std::process::Command::new("ssh").args(["-G", "-F", "none"]).args(options).arg("h").output();
            let text = String::from_utf8(output.unwrap().stdout).unwrap();
            let line = text.lines().find_map(|line| line.strip_prefix("ciphers ")).unwrap().to_owned();
            line.split(',').map(str::to_owned).collect::<Vec<_>>()
        };
        let default = of(&[]);
        let default: Vec<_> = default.iter().map(String::as_str).collect();
        for spec in ["-aes128*", "-*gcm*,chacha*", "^aes256-ctr,aes128-ctr", "aes256-ctr,aes128-ctr", "+aes128-ctr"] {
            assert_eq!(chosen(&default, &default, spec), of(&["-o", &format!("Ciphers={spec}")]), "{spec}");
        }
        assert_eq!(chosen(&["a"], &["a"], "b"), Vec::<String>::new());
        assert_eq!(chosen(&["a", "old"], &["a"], "+old"), ["a", "old"]);
        assert_eq!(chosen(&["a", "b", "old"], &["a", "b"], "-a"), ["b"]);
    }

    #[test]
    fn keys_are_taken_out_by_their_algorithms() {
        let with = |spec: &str| Algorithms { pubkey: Some(spec.to_owned()), ..Algorithms::default() };
        assert!(accepts(&Algorithms::default(), "ssh-rsa"));
        assert!(accepts(&with("rsa-sha2-256"), "ssh-rsa") && !accepts(&with("ssh-ed25519"), "ssh-rsa"));
        assert!(!accepts(&with("-rsa*,ssh-rsa"), "ssh-rsa") && accepts(&with("+ssh-rsa"), "ssh-ed25519"));
        assert!(!accepts(&with("ssh-ed25519"), "ssh-ed25519-cert-v01@openssh.com"));
    }
}
