//! Why there was no handshake: what a server said instead, or what it has not in common with us.

use std::{net::SocketAddr, time::Instant};

use super::{
    kexinit::{self, FirstPacket},
    wire::{Stop, Wire},
};
use crate::transport::{
    endpoint::SshEndpoint,
    error::{Phase, TransportErrorKind as Kind},
};

/// So many characters of what a stranger says are told.
const LONGEST_QUOTE: usize = 200;

/// Why the handshake failed: the proxy died, it is no SSH server, there is nothing in common, or the link broke. `words`
/// are the first that came, where they were seen before libssh2 read them.
pub(super) fn no_handshake(wire: &Wire, endpoint: &SshEndpoint, stop: &Stop, words: &[u8], started: Instant) -> Kind {
    let banner = wire.session.banner_bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let is_ssh = banner.as_deref().is_some_and(|line| line.starts_with("SSH-"));
    if let (Some(proxy), false) = (&wire.proxy, is_ssh) {
        let detail = Some(proxy.said()).filter(|said| !said.is_empty()).unwrap_or_else(|| stop.words());
        return Kind::Proxy { command: endpoint.proxy_command.clone().unwrap_or_default(), detail };
    }
    if let Some(stranger) = stranger(words, banner.as_deref()) {
        return stranger;
    }
    match (stop, banner) {
        _ if wire.is_flooded() => Kind::Lost {
            phase: Phase::Handshake,
            detail: "it was cut off, because the server sends without end".to_owned(),
        },
        (Stop::TimedOut, _) => Kind::Timeout { phase: Phase::Handshake, after: started.elapsed() },
        (stop, None) => {
            Kind::Lost { phase: Phase::Banner, detail: format!("closed before any banner: {}", stop.words()) }
        }
        (_, Some(line)) if is_first_protocol(&line) => Kind::Handshake {
            detail: format!("the server knows only version 1 of the protocol: `{}`", quote(&line)),
            mismatches: Vec::new(),
        },
        (stop, _) if stop.is_gone() => Kind::Lost { phase: Phase::Handshake, detail: stop.words() },
        (stop, _) => Kind::Handshake { detail: stop.words(), mismatches: Vec::new() },
    }
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

/// Asks the server once more for what libssh2 does not tell: the first words of a stranger, a key exchange without a common
/// algorithm, a farewell. A link that only broke is none of these.
pub(super) fn explained(
    wire: &Wire,
    kind: Kind,
    endpoint: &SshEndpoint,
    words: &[u8],
    address: Option<SocketAddr>,
    deadline: Instant,
) -> Kind {
    if let (Kind::NotSsh { .. }, [], Some(address)) = (&kind, words, address) {
        // libssh2 was quicker than we, and knows only the last line.
        let words = kexinit::first_words(address, deadline).unwrap_or_default();
        return stranger(&words, None).unwrap_or(kind);
    }
    let Kind::Handshake { detail, .. } = kind else { return kind };
    if wire.session.banner().is_some_and(is_first_protocol) {
        return Kind::Handshake { detail, mismatches: Vec::new() };
    }
    let mismatches = match address.and_then(|address| kexinit::first_packet(address, deadline).ok()) {
        Some(FirstPacket::Farewell(words)) => {
            return Kind::Lost { phase: Phase::Handshake, detail: format!("the server said `{}`", quote(&words)) };
        }
        Some(FirstPacket::Offer(lists)) => kexinit::mismatches(&wire.session, &endpoint.algorithms, &lists),
        None => Vec::new(),
    };
    if mismatches.is_empty() && wire.is_closed() {
        return Kind::Lost { phase: Phase::Handshake, detail };
    }
    Kind::Handshake { detail, mismatches }
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
