//! Checksums, as hexadecimal digits.

use std::fmt::Write;

use minijinja::{Error, Value};
use sha1::{Digest, Sha1};
use sha2::{Sha224, Sha256, Sha384, Sha512};

use super::{scalar_text, wrong};

/// The namespace in which Ansible makes its identifiers.
const NAMESPACE: u128 = 0x361E_6D51_FAEC_444A_9079_3413_86DA_8E2E;

fn digits(bytes: impl AsRef<[u8]>) -> String {
    let mut text = String::new();
    for byte in bytes.as_ref() {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

pub(super) fn sha1(value: &Value) -> Result<String, Error> {
    scalar_text(value, "sha1").map(|text| digits(Sha1::digest(text)))
}

pub(super) fn hash(value: &Value, kind: Option<&str>) -> Result<String, Error> {
    let text = scalar_text(value, "hash")?;
    match kind.unwrap_or("sha1") {
        "sha1" => Ok(digits(Sha1::digest(text))),
        "sha224" => Ok(digits(Sha224::digest(text))),
        "sha256" => Ok(digits(Sha256::digest(text))),
        "sha384" => Ok(digits(Sha384::digest(text))),
        "sha512" => Ok(digits(Sha512::digest(text))),
        other => {
            Err(wrong(format!("`hash('{other}')` is not known here; known: sha1, sha224, sha256, sha384, sha512")))
        }
    }
}

/// The identifier (version 5) of a text, in Ansible's namespace or another.
pub(super) fn to_uuid(value: &Value, namespace: Option<&str>) -> Result<String, Error> {
    let text = scalar_text(value, "to_uuid")?;
    let space = match namespace {
        None => NAMESPACE,
        Some(text) => u128::from_str_radix(&text.replace('-', ""), 16)
            .map_err(|_| wrong(format!("`{text}` is no identifier of a namespace")))?,
    };
    let digest = Sha1::new().chain_update(space.to_be_bytes()).chain_update(text).finalize();
    let mut bytes: Vec<u8> = digest.iter().copied().take(16).collect();
    bytes[6] = (bytes[6] & 0x0f) | 0x50;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let all = digits(bytes);
    Ok([&all[..8], &all[8..12], &all[12..16], &all[16..20], &all[20..]].join("-"))
}
