//! The values of options, in OpenSSH's spellings.

use std::time::Duration;

use crate::transport::endpoint::{AddressFamily, AuthMethod, HostKeyPolicy};

pub(super) fn yes_no(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" => Some(true),
        "no" | "false" => Some(false),
        _ => None,
    }
}

/// `PubkeyAuthentication`, which may also say how the key is bound to the host.
pub(super) fn public_key(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "unbound" | "host-bound" => Some(true),
        other => yes_no(other),
    }
}

/// `ask` is strict here: nobody is asked.
pub(super) fn policy(text: &str) -> Option<HostKeyPolicy> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "ask" => Some(HostKeyPolicy::Strict),
        "accept-new" => Some(HostKeyPolicy::AcceptNew),
        "no" | "off" | "false" => Some(HostKeyPolicy::Off),
        _ => None,
    }
}

pub(super) fn family(text: &str) -> Option<AddressFamily> {
    match text.to_ascii_lowercase().as_str() {
        "any" => Some(AddressFamily::Any),
        "inet" => Some(AddressFamily::Inet),
        "inet6" => Some(AddressFamily::Inet6),
        _ => None,
    }
}

pub(super) fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port != 0)
}

/// `CanonicalizeHostname`: whether it is on, and whether also where a proxy looks up the name.
pub(super) fn canonicalize(text: &str) -> Option<Canonicalize> {
    match text.to_ascii_lowercase().as_str() {
        "always" => Some(Canonicalize::Always),
        other => yes_no(other).map(|on| if on { Canonicalize::Direct } else { Canonicalize::No }),
    }
}

/// When names are completed by a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Canonicalize {
    No,
    /// Only where we look up the name ourselves.
    Direct,
    Always,
}

/// `PreferredAuthentications`: the methods that we have, in its order.
pub(super) fn methods(text: &str) -> Vec<AuthMethod> {
    let named = |name: &str| AuthMethod::ALL.into_iter().find(|method| method.as_str() == name.trim());
    text.split(',').filter_map(named).collect()
}

/// Seconds, or OpenSSH's `1h30m`; zero is the system's own time-out.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (mut total, mut number) = (0u64, None::<u64>);
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit.into())?);
            continue;
        }
        let unit = match c.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    let total = total.checked_add(number.unwrap_or(0))?;
    (!text.is_empty()).then(|| Duration::from_secs(total))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{duration, methods};
    use crate::transport::endpoint::AuthMethod;

    #[test]
    fn durations_are_read_as_openssh_reads_them() {
        for (text, seconds) in [("0", 0), ("10", 10), ("1m", 60), ("1h30m", 5400), ("2m10", 130)] {
            assert_eq!(duration(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "x", "m", "1x", "99999999999999999999", "-1"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn methods_that_we_have_not_are_left_out() {
        assert_eq!(methods("gssapi-with-mic,password,publickey"), [AuthMethod::Password, AuthMethod::PublicKey]);
        assert_eq!(methods("hostbased"), []);
    }
}
