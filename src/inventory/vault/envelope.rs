//! The text around what is encrypted: a header, and lines of hexadecimal digits.

use super::{HEADER, VaultFault};

/// Bytes of the authentication code.
const TAG: usize = 32;
/// What is encrypted is padded to whole blocks of so many bytes.
const BLOCK: usize = 16;

/// An encrypted text, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Envelope {
    /// The vault id, where the header names one.
    pub(super) label: Option<String>,
    pub(super) salt: Vec<u8>,
    /// What the text's authentication code has to be.
    pub(super) tag: Vec<u8>,
    pub(super) ciphertext: Vec<u8>,
}

impl Envelope {
    /// Takes a text apart as Ansible does: blanks around lines and line ends of every kind do not matter.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, VaultFault> {
        let text = std::str::from_utf8(bytes).map_err(|_| VaultFault::Damaged("it has bytes that are no ASCII"))?;
        if !text.is_ascii() {
            return Err(VaultFault::Damaged("it has characters that are no ASCII"));
        }
        let mut lines = text.lines();
        let label = header(lines.next().unwrap_or_default())?;
        let payload: String = lines.flat_map(str::split_whitespace).collect();
        if payload.is_empty() {
            return Err(VaultFault::Damaged("nothing follows its header"));
        }
        let inner = digits(payload.as_bytes())?;
        let mut parts = inner.splitn(3, |byte| *byte == b'\n');
        let (Some(salt), Some(tag), Some(ciphertext)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(VaultFault::Damaged("it ends before what is encrypted begins"));
        };
        let envelope = Self { label, salt: digits(salt)?, tag: digits(tag)?, ciphertext: digits(ciphertext)? };
        let whole = envelope.tag.len() == TAG && !envelope.ciphertext.is_empty();
        if whole && envelope.ciphertext.len().is_multiple_of(BLOCK) {
            Ok(envelope)
        } else {
            Err(VaultFault::Damaged("a part of it is missing"))
        }
    }
}

/// `$ANSIBLE_VAULT;VERSION;CIPHER[;LABEL]`; returns the label.
fn header(line: &str) -> Result<Option<String>, VaultFault> {
    let mut fields = line.split(';').map(str::trim);
    if fields.next() != Some(HEADER) {
        return Err(VaultFault::Damaged("it does not begin with `$ANSIBLE_VAULT;`"));
    }
    let (Some(version), Some(cipher)) = (fields.next(), fields.next()) else {
        return Err(VaultFault::Damaged("its header names no version and cipher"));
    };
    if !matches!(version, "1.1" | "1.2") {
        return Err(VaultFault::Version(shown(version)));
    }
    if cipher != "AES256" {
        return Err(VaultFault::Cipher(shown(cipher)));
    }
    Ok(fields.next().filter(|label| !label.is_empty()).map(str::to_owned))
}

/// A word of a damaged header, not the whole text.
fn shown(word: &str) -> String {
    word.chars().take(20).collect()
}

fn digits(text: &[u8]) -> Result<Vec<u8>, VaultFault> {
    if !text.len().is_multiple_of(2) {
        return Err(VaultFault::Damaged("it has an odd number of hexadecimal digits"));
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.chunks_exact(2)
        .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
        .collect::<Option<_>>()
        .ok_or(VaultFault::Damaged("it has other characters than hexadecimal digits"))
}
