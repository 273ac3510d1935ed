//! Why there was no handshake: what a server said instead, or what it has not in common with us.

use std::time::Instant;

use super::{
    kexinit::{self, Opening},
    wire::{Stop, Wire},
};
use crate::transport::{
    endpoint::SshEndpoint,
    error::{Phase, TransportErrorKind as Kind},
};

/// So many characters of what a stranger says are told.
pub(in crate::transport) const LONGEST_QUOTE: usize = 200;

/// Why the handshake failed: the proxy died, it is no SSH server, there is nothing in common, or the link broke.
pub(super) fn no_handshake(wire: &Wire, endpoint: &SshEndpoint, stop: &Stop, started: Instant) -> Kind {
    let banner = wire.session.banner_bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let is_ssh = banner.as_deref().is_some_and(|line| line.starts_with("SSH-"));
    if let (Some(proxy), false) = (&wire.proxy, is_ssh) {
        let detail = Some(proxy.said()).filter(|said| !said.is_empty()).unwrap_or_else(|| wire.words(stop));
        return Kind::Proxy { command: endpoint.proxy_command.clone().unwrap_or_default(), detail };
    }
    if let Some(stranger) = stranger(&wire.beginning(), banner.as_deref()) {
        return stranger;
    }
    match (stop, banner) {
        _ if wire.is_flooded() => lost(wire, stop),
        (Stop::TimedOut, _) => Kind::Timeout { phase: Phase::Handshake, after: started.elapsed() },
        (stop, None) => {
            Kind::Lost { phase: Phase::Banner, detail: format!("closed before any banner: {}", wire.words(stop)) }
        }
        (_, Some(line)) if is_first_protocol(&line) => Kind::Handshake {
            detail: format!("the server knows only version 1 of the protocol: `{}`", quote(&line)),
            mismatches: Vec::new(),
        },
        (stop, _) => no_key_exchange(wire, endpoint, stop),
    }
}

fn lost(wire: &Wire, stop: &Stop) -> Kind {
    Kind::Lost { phase: Phase::Handshake, detail: wire.words(stop) }
}

/// What libssh2 does not tell: a farewell, or what the server offers where there is nothing in common. A link that only broke is
/// neither.
fn no_key_exchange(wire: &Wire, endpoint: &SshEndpoint, stop: &Stop) -> Kind {
    let opening = Opening::read(&wire.beginning());
    if let Some(words) = opening.farewell {
        return Kind::Lost { phase: Phase::Handshake, detail: format!("the server said `{}`", quote(&words)) };
    }
    let offer = opening.offer.unwrap_or_default();
    let mismatches = kexinit::mismatches(&wire.session, &endpoint.algorithms, &offer);
    if mismatches.is_empty() && (stop.is_gone() || wire.is_closed()) {
        return lost(wire, stop);
    }
    Kind::Handshake { detail: stop.words(), mismatches }
}

/// A server that said something else than an SSH server's banner: also one that then waits for us, because an SSH server
/// would have said so by now.
fn stranger(words: &[u8], banner: Option<&str>) -> Option<Kind> {
    if banner.is_some_and(|line| line.starts_with("SSH-"))
        || b"SSH-".starts_with(&words[..words.len().min(4)]) && !words.is_empty()
    {
        return None;
    }
    if matches!(words, [0x14..=0x17, 3, ..]) {
        return Some(Kind::NotSsh { said: "a TLS record".to_owned() });
    }
    let first = String::from_utf8_lossy(words);
    let said = first.lines().map(str::trim).find(|line| !line.is_empty()).or(banner).map(quote)?;
    // OpenSSH turns connections away in plain text before its banner.
    let is_busy = said.contains("MaxStartups") || said.starts_with("Not allowed at this time");
    Some(if is_busy { Kind::Busy { said } } else { Kind::NotSsh { said } })
}

/// 1.99 knows both.
fn is_first_protocol(banner: &str) -> bool {
    banner.starts_with("SSH-1.") && !banner.starts_with("SSH-1.99")
}

fn quote(line: &str) -> String {
    line.chars().take(LONGEST_QUOTE).collect()
}

#[cfg(test)]
mod tests {
    use super::{Kind, is_first_protocol, stranger};

    fn said(words: &[u8], banner: Option<&str>) -> Option<(&'static str, String)> {
        stranger(words, banner).map(|kind| match kind {
            Kind::NotSsh { said } => ("not_ssh", said),
            Kind::Busy { said } => ("busy", said),
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn strangers_are_told_by_their_first_words() {
        let not_ssh = |words: &str| Some(("not_ssh", words.to_owned()));
        assert_eq!(said(b"HTTP/1.1 400 Bad Request\r\n\r\n<h1>", Some("<h1>")), not_ssh("HTTP/1.1 400 Bad Request"));
        assert_eq!(said(b"\r\n\r\nwelcome", None), not_ssh("welcome"));
        assert_eq!(said(&[21, 3, 1, 0, 2, 2, 10], None), not_ssh("a TLS record"));
        assert_eq!(said(b"", Some("220 mail")), not_ssh("220 mail"));
        assert_eq!(said(b"Exceeded MaxStartups\r\n", None), Some(("busy", "Exceeded MaxStartups".to_owned())));
    }

    #[test]
    fn a_server_whose_banner_came_or_is_coming_is_none() {
        assert_eq!(said(b"", None), None);
        assert_eq!(said(b"SS", None), None);
        assert_eq!(said(b"SSH-2.0-OpenSSH", None), None);
        assert_eq!(said(b"welcome\r\n", Some("SSH-2.0-x")), None);
    }

    #[test]
    fn version_one_is_told_from_a_server_that_knows_both() {
        assert!(is_first_protocol("SSH-1.5-1.2.27"));
        assert!(!is_first_protocol("SSH-1.99-Cisco-1.25") && !is_first_protocol("SSH-2.0-x"));
    }
}
