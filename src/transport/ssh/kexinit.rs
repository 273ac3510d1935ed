//! What a server offers for the key exchange, read from its plain-text greeting.
//!
//! libssh2 only says that there is nothing in common, not what. After such a failure a second connection listens to the server's
//! first packet, which is not encrypted yet.

use std::{
    io::{Error, Read, Write as _},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use ssh2::MethodType;

use super::algorithms;
use crate::transport::{endpoint::Algorithms, error::AlgorithmMismatch};

/// The lists of a server, in the order of RFC 4253, section 7.1.
pub(super) type Lists = Vec<Vec<String>>;

/// What a server says first after its banner.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FirstPacket {
    /// What it offers for the key exchange.
    Offer(Lists),
    /// Why it does not want us.
    Farewell(String),
}

/// What is compared: its name, its place in the packet, and libssh2's name for it.
const COMPARED: [(&str, usize, MethodType); 6] = [
    ("key exchange", 0, MethodType::Kex),
    ("host key", 1, MethodType::HostKey),
    ("cipher to the server", 2, MethodType::CryptCs),
    ("cipher from the server", 3, MethodType::CryptSc),
    ("mac to the server", 4, MethodType::MacCs),
    ("mac from the server", 5, MethodType::MacSc),
];

/// A key exchange packet is no longer than any packet may be.
const LONGEST_PACKET: usize = 35_000;
/// Lines before the banner, and the banner itself.
const LONGEST_GREETING: u64 = 64 * 1024;

/// What `session` and a server that offers `lists` have not in common.
pub(super) fn mismatches(session: &ssh2::Session, wanted: &Algorithms, lists: &Lists) -> Vec<AlgorithmMismatch> {
    COMPARED
        .iter()
        .filter_map(|(what, place, method)| {
            let server: Vec<_> = lists.get(*place)?.iter().filter(|name| !is_signal(name)).cloned().collect();
            let client = algorithms::offered(session, *method, algorithms::written(wanted, *method));
            let common = server.iter().any(|name| client.contains(name));
            (!common).then_some(AlgorithmMismatch { what, server, client })
        })
        .collect()
}

/// What stands among the key exchanges without being one: extensions that a side knows.
fn is_signal(name: &str) -> bool {
    name.starts_with("kex-strict-") || name.starts_with("ext-info-")
}

/// The first packet of the server at `address`.
///
/// # Errors
/// None came in time, or it is neither an offer nor a farewell.
pub(super) fn first_packet(address: SocketAddr, deadline: Instant) -> std::io::Result<FirstPacket> {
    let mut stream = greet(address, deadline)?;
    skip_greeting(&mut (&stream).take(LONGEST_GREETING))?;
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let length = usize::try_from(u32::from_be_bytes([head[0], head[1], head[2], head[3]])).unwrap_or(usize::MAX);
    if !(2..=LONGEST_PACKET).contains(&length) {
        return Err(Error::other("no packet"));
    }
    let mut payload = vec![0; length - 1];
    stream.read_exact(&mut payload)?;
    let offer = parse(&payload).map(FirstPacket::Offer);
    offer.or_else(|| farewell(&payload)).ok_or_else(|| Error::other("no key exchange"))
}

/// The first words of the server at `address`.
///
/// # Errors
/// None came in time.
pub(super) fn first_words(address: SocketAddr, deadline: Instant) -> std::io::Result<Vec<u8>> {
    let mut words = [0; 256];
    let count = greet(address, deadline)?.read(&mut words)?;
    Ok(words[..count].to_vec())
}

/// A connection on which our banner was sent.
fn greet(address: SocketAddr, deadline: Instant) -> std::io::Result<TcpStream> {
    let left = || deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    let mut stream = TcpStream::connect_timeout(&address, left())?;
    stream.set_read_timeout(Some(left().min(Duration::from_secs(3))))?;
    stream.write_all(b"SSH-2.0-hive_preflight\r\n")?;
    Ok(stream)
}

/// Reads up to the end of the banner line, byte by byte so that nothing behind it is taken.
fn skip_greeting(stream: &mut impl Read) -> std::io::Result<()> {
    let mut line = Vec::new();
    loop {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        if byte[0] != b'\n' {
            line.push(byte[0]);
        } else if line.starts_with(b"SSH-") {
            return Ok(());
        } else {
            line.clear();
        }
    }
}

/// The description of `SSH_MSG_DISCONNECT`.
fn farewell(payload: &[u8]) -> Option<FirstPacket> {
    let (length, rest) = payload.strip_prefix(&[1])?.get(4..)?.split_first_chunk::<4>()?;
    let words = rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    Some(FirstPacket::Farewell(String::from_utf8_lossy(words).into_owned()))
}

/// The name lists of `SSH_MSG_KEXINIT`.
fn parse(payload: &[u8]) -> Option<Lists> {
    let mut rest = payload.strip_prefix(&[20])?.get(16..)?;
    let mut lists = Lists::new();
    for _ in 0..10 {
        let (length, tail) = rest.split_first_chunk::<4>()?;
        let (names, tail) = tail.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        let names = std::str::from_utf8(names).ok()?;
        lists.push(names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect());
        rest = tail;
    }
    Some(lists)
}

#[cfg(test)]
mod tests {
    use super::{FirstPacket, farewell, parse, skip_greeting};

    #[test]
    fn lists_are_read_and_a_cut_packet_is_not() {
        let mut payload = vec![20];
        payload.extend([0; 16]);
        for list in ["a,b", "", "c", "", "", "", "", "", "", ""] {
            payload.extend(u32::try_from(list.len()).unwrap().to_be_bytes());
            payload.extend(list.bytes());
        }
        let lists = parse(&payload).unwrap();
        assert_eq!(lists[..3], [vec!["a".to_owned(), "b".to_owned()], vec![], vec!["c".to_owned()]]);
        for cut in 0..payload.len() {
            assert_eq!(parse(&payload[..cut]), None, "{cut}");
        }
    }

    #[test]
    fn a_farewell_is_read_and_a_cut_one_is_not() {
        let payload = [&[1, 0, 0, 0, 11, 0, 0, 0, 3][..], b"bye", &[0; 4]].concat();
        assert_eq!(farewell(&payload), Some(FirstPacket::Farewell("bye".to_owned())));
        assert!((0..12).all(|cut| farewell(&payload[..cut]).is_none()));
    }

    #[test]
    fn the_greeting_ends_with_the_banner() {
        let mut text = &b"hello\r\nSSH-2.0-x\r\nrest"[..];
        skip_greeting(&mut text).unwrap();
        assert_eq!(text, b"rest");
    }
}
