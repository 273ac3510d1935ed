//! `RevokedHostKeys`: a list of public keys.

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{MAX_FILE, line::type_of};
use crate::bounded;

/// The keys of such a list.
#[derive(Debug)]
pub(in crate::transport) struct RevokedKeys(Vec<(usize, Vec<u8>)>);

impl RevokedKeys {
    /// Reads `file`.
    pub(in crate::transport) fn read(file: &Path) -> std::io::Result<Self> {
        let bytes = bounded::read(file, MAX_FILE)?;
        if is_binary(&bytes) {
            return Err(std::io::Error::other("it is a binary key revocation list; `--transport openssh` reads it"));
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Self(text.lines().enumerate().filter_map(|(index, line)| Some((index + 1, key(line)?))).collect()))
    }

    /// The line, from 1, that has this key.
    pub(in crate::transport) fn line_of(&self, blob: &[u8]) -> Option<usize> {
        self.0.iter().find(|(_, listed)| listed == blob).map(|(line, _)| *line)
    }
}

fn is_binary(bytes: &[u8]) -> bool {
    bytes.starts_with(b"SSHKRL\n\0")
}

/// The public key of a line, whatever stands around it.
fn key(line: &str) -> Option<Vec<u8>> {
    let words: Vec<_> = line.split_ascii_whitespace().take_while(|word| !word.starts_with('#')).collect();
    words.windows(2).find_map(|pair| {
        let blob = STANDARD.decode(pair[1]).ok()?;
        (type_of(&blob) == Some(pair[0])).then_some(blob)
    })
}
