//! One line of a known-hosts file.

use std::{path::PathBuf, sync::Arc};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::transport::{
    error::{HostKey, KnownKey},
    glob,
};

/// What a line says about its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    /// It is the host's key.
    None,
    /// It must not be accepted from anybody.
    Revoked,
    /// It signs certificates of such hosts; as a plain key it matches nothing.
    CertAuthority,
}

/// Which names a line speaks of.
#[derive(Debug)]
enum Names {
    /// HMAC-SHA1 of one name.
    Hashed { salt: Vec<u8>, hash: Vec<u8> },
    /// Patterns; one that is negated and matches takes the line out.
    Patterns(Vec<String>),
}

/// A line with a key in it.
#[derive(Debug)]
pub(in crate::transport) struct Entry {
    file: Arc<PathBuf>,
    line: usize,
    pub(super) marker: Marker,
    names: Names,
    pub(super) key_type: String,
    pub(super) blob: Vec<u8>,
}

/// Reads one line; `None` for blank lines, comments and lines that are no entry.
pub(super) fn parse(file: &Arc<PathBuf>, number: usize, text: &str) -> Option<Entry> {
    let mut words = text.split_ascii_whitespace();
    let mut first = words.next().filter(|word| !word.starts_with('#'))?;
    let mut marker = Marker::None;
    if first.starts_with('@') {
        marker = match first {
            "@revoked" => Marker::Revoked,
            "@cert-authority" => Marker::CertAuthority,
            _ => return None,
        };
        first = words.next()?;
    }
    let key_type = words.next()?.to_owned();
    let blob = STANDARD.decode(words.next()?).ok()?;
    // A key whose inside says another type than the line, or that is cut off, is no key.
    if type_of(&blob)? != key_type {
        return None;
    }
    Some(Entry { file: Arc::clone(file), line: number, marker, names: names(first)?, key_type, blob })
}

fn names(word: &str) -> Option<Names> {
    let Some(hashed) = word.strip_prefix("|1|") else {
        return Some(Names::Patterns(word.split(',').filter(|p| !p.is_empty()).map(str::to_lowercase).collect()));
    };
    let (salt, hash) = hashed.split_once('|')?;
    Some(Names::Hashed { salt: STANDARD.decode(salt).ok()?, hash: STANDARD.decode(hash).ok()? })
}

/// The key type that stands at the start of a public key in its wire form.
pub(in crate::transport) fn type_of(blob: &[u8]) -> Option<&str> {
    let (length, rest) = blob.split_first_chunk::<4>()?;
    let name = rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    std::str::from_utf8(name).ok()
}

/// `SHA256:...` as `ssh-keygen -l` prints it.
pub(in crate::transport) fn fingerprint(blob: &[u8]) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(blob)))
}

impl Entry {
    /// Whether the line speaks of `name`, which is lower case and has its port as `[host]:port` where that is not 22.
    pub(super) fn speaks_of(&self, name: &str) -> bool {
        match &self.names {
            Names::Hashed { salt, hash } => Hmac::<Sha1>::new_from_slice(salt).is_ok_and(|mut mac| {
                mac.update(name.as_bytes());
                mac.verify_slice(hash).is_ok()
            }),
            Names::Patterns(patterns) => glob::list_matches(patterns.iter().map(String::as_str), name),
        }
    }

    /// Whether the line says that `name` has the key `blob`.
    pub(super) fn is_key_of(&self, name: &str, blob: &[u8]) -> bool {
        self.marker == Marker::None && self.blob == blob && self.speaks_of(name)
    }

    /// Where the line stands and what key it has, for messages.
    pub(super) fn describe(&self) -> KnownKey {
        KnownKey {
            key: HostKey { key_type: self.key_type.clone(), fingerprint: fingerprint(&self.blob) },
            file: self.file.to_path_buf(),
            line: self.line,
        }
    }
}
