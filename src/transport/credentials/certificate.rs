//! A user certificate: a public key that an authority has signed.

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::agent::string;
use crate::{bounded, transport::known_hosts::type_of};

/// How large a certificate may be, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// What ends the type of a certificate.
const SUFFIX: &str = "-cert-v01@openssh.com";
/// A user's, not a host's.
const USER: u32 = 1;

/// A certificate of a user's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::transport) struct Certificate {
    /// Type and text, as in its file.
    pub(in crate::transport) line: String,
    /// The type, with its suffix.
    pub(in crate::transport) key_type: String,
    /// The key that it is for, in its wire form.
    pub(in crate::transport) key: Vec<u8>,
}

/// The certificate in `file`; nothing where it is none.
pub(super) fn read(file: &Path) -> Option<Certificate> {
    let text = bounded::read_text(file, MAX_FILE).ok()?;
    let mut words = text.split_ascii_whitespace();
    let (key_type, encoded) = (words.next()?, words.next()?);
    let blob = STANDARD.decode(encoded).ok()?;
    let key = key_of(&blob).filter(|_| type_of(&blob) == Some(key_type))?;
    Some(Certificate { line: format!("{key_type} {encoded}"), key_type: key_type.to_owned(), key })
}

/// The plain key inside: the fields between the nonce and the serial number.
fn key_of(blob: &[u8]) -> Option<Vec<u8>> {
    let base = type_of(blob)?.strip_suffix(SUFFIX)?;
    let fields = match base {
        "ssh-ed25519" => 1,
        "ssh-rsa" => 2,
        base if base.starts_with("ecdsa-sha2-") => 2,
        _ => return None,
    };
    let mut rest = blob;
    let (_type, _nonce) = (string(&mut rest)?, string(&mut rest)?);
    let mut key = prefixed(base.as_bytes())?;
    for _ in 0..fields {
        key.extend(prefixed(string(&mut rest)?)?);
    }
    let kind = rest.get(8..12)?;
    (kind == USER.to_be_bytes()).then_some(key)
}

fn prefixed(bytes: &[u8]) -> Option<Vec<u8>> {
    Some([&u32::try_from(bytes.len()).ok()?.to_be_bytes()[..], bytes].concat())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::read;

    #[test]
    fn the_key_in_a_certificate_is_the_one_that_was_signed() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let keygen = |args: &[&str]| {
            assert!(Command::new("ssh-keygen").current_dir(dir.path()).args(args).status().unwrap().success());
        };
        keygen(&["-q", "-t", "ed25519", "-N", "", "-f", "ca"]);
        for (name, options) in [("ed25519", &[][..]), ("ecdsa", &[]), ("rsa", &["-b", "2048"])] {
            keygen(&[&["-q", "-t", name, "-N", "", "-f", name][..], options].concat());
            keygen(&["-q", "-s", "ca", "-I", "id", "-n", "root", &format!("{name}.pub")]);
            let certificate = read(&at(&format!("{name}-cert.pub"))).unwrap();
            let public = std::fs::read_to_string(at(&format!("{name}.pub"))).unwrap();
            let encoded = public.split(' ').nth(1).unwrap();
            assert_eq!(base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &certificate.key), encoded);
            assert_eq!(read(&at(&format!("{name}.pub"))), None);
        }
        keygen(&["-q", "-s", "ca", "-I", "id", "-h", "-n", "host", "ed25519.pub"]);
        assert_eq!(read(&at("ed25519-cert.pub")), None, "a host's");
    }
}
