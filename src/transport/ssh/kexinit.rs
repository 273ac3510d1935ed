//! What a server says before anything is encrypted: libssh2 only tells that there is nothing in common, not what the server
//! offers, and keeps a farewell to itself.

use ssh2::MethodType;

use super::algorithms;
use crate::transport::{endpoint::Algorithms, error::AlgorithmMismatch};

/// The lists of a server, in the order of RFC 4253, section 7.1.
pub(super) type Lists = Vec<Vec<String>>;

/// The first packets of a server, behind its banner.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Opening {
    /// What it offers for the key exchange.
    pub(super) offer: Option<Lists>,
    /// Why it does not want us.
    pub(super) farewell: Option<String>,
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

impl Opening {
    /// Reads the first bytes of a server, up to where they end or are encrypted.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut opening = Self::default();
        let mut rest = behind_banner(bytes).unwrap_or_default();
        while let Some(payload) = packet(&mut rest).filter(|payload| payload.first() != Some(&NEWKEYS)) {
            opening.offer = opening.offer.or_else(|| parse(payload));
            opening.farewell = opening.farewell.or_else(|| farewell(payload));
        }
        opening
    }
}

/// `SSH_MSG_NEWKEYS`, behind which everything is encrypted.
const NEWKEYS: u8 = 21;

/// What follows the line of the banner.
fn behind_banner(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes;
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let (line, tail) = rest.split_at(end + 1);
        if line.starts_with(b"SSH-") {
            return Some(tail);
        }
        rest = tail;
    }
}

/// Takes the payload of a packet off the front, with its padding.
fn packet<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, tail) = rest.split_first_chunk::<4>()?;
    let (packet, tail) = tail.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    *rest = tail;
    packet.get(1..)
}

/// The description of `SSH_MSG_DISCONNECT`.
fn farewell(payload: &[u8]) -> Option<String> {
    let (length, rest) = payload.strip_prefix(&[1])?.get(4..)?.split_first_chunk::<4>()?;
    let words = rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    Some(String::from_utf8_lossy(words).into_owned())
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
    use super::{Opening, farewell, parse};

    fn offer() -> Vec<u8> {
        let mut payload = vec![20];
        payload.extend([0; 16]);
        for list in ["a,b", "", "c", "", "", "", "", "", "", ""] {
            payload.extend(u32::try_from(list.len()).unwrap().to_be_bytes());
            payload.extend(list.bytes());
        }
        payload
    }

    const FAREWELL: &[u8] = &[1, 0, 0, 0, 11, 0, 0, 0, 3, b'b', b'y', b'e', 0, 0, 0, 0];

    /// The packet of a payload, with four bytes of padding.
    fn packet(payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len() + 5).unwrap();
        [&length.to_be_bytes()[..], &[4], payload, &[0; 4]].concat()
    }

    #[test]
    fn lists_are_read_and_a_cut_packet_is_not() {
        let payload = offer();
        let lists = parse(&payload).unwrap();
        assert_eq!(lists[..3], [vec!["a".to_owned(), "b".to_owned()], vec![], vec!["c".to_owned()]]);
        for cut in 0..payload.len() {
            assert_eq!(parse(&payload[..cut]), None, "{cut}");
        }
    }

    #[test]
    fn a_farewell_is_read_and_a_cut_one_is_not() {
        assert_eq!(farewell(FAREWELL).as_deref(), Some("bye"));
        assert!((0..12).all(|cut| farewell(&FAREWELL[..cut]).is_none()));
    }

    #[test]
    fn the_opening_has_the_offer_and_the_farewell_as_far_as_nothing_is_encrypted() {
        let read =
            |packets: &[Vec<u8>]| Opening::read(&[b"hello\r\nSSH-2.0-x\r\n".as_slice(), &packets.concat()].concat());
        let (offer, farewell, keys) = (packet(&offer()), packet(FAREWELL), packet(&[21]));
        let both = read(&[offer.clone(), farewell.clone()]);
        assert_eq!((both.offer.unwrap().len(), both.farewell.as_deref()), (10, Some("bye")));
        assert_eq!(read(&[offer.clone(), keys, farewell]).farewell, None);
        for cut in 0..offer.len() {
            assert_eq!(read(&[offer[..cut].to_vec()]), Opening::default(), "{cut}");
        }
        assert_eq!(Opening::read(b"hello\r\n\0\0\0\x05"), Opening::default());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read(bytes: Vec<u8>) {
            let _ = Opening::read(&[b"SSH-2.0-x\n".as_slice(), &bytes].concat());
        }
    }
}
