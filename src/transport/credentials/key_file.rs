//! A private key file: whether it can be used, and what of it goes to libssh2.

use std::{
    io::ErrorKind,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::{
    agent::string,
    passphrase::{self, Asking},
};
use crate::{
    bounded,
    secret::Secret,
    transport::{
        error::{KeyFileFault, SecurityKeyFault},
        known_hosts::type_of,
    },
};

/// A private key that libssh2 can sign with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::transport) struct KeyMaterial {
    /// The file's text, already decrypted where the format allows it.
    pub(in crate::transport) private: Secret,
    /// The public key as in a `.pub` file; libssh2 works it out where it is absent.
    pub(in crate::transport) public: Option<String>,
    /// The passphrase, for the formats that libssh2 decrypts.
    pub(in crate::transport) passphrase: Option<Secret>,
}

/// A key file as it stands on disk, perhaps still encrypted.
#[derive(Debug)]
pub(super) struct Found {
    text: Secret,
    format: Format,
    /// The public key in its wire form, where it can be had without a passphrase.
    pub(super) blob: Option<Vec<u8>>,
}

/// Reads `file` and looks at its outside.
pub(super) fn find(file: &Path) -> Result<Found, KeyFileFault> {
    let text = match read(file) {
        Ok(text) => text,
        // The private key may be in an agent.
        Err(KeyFileFault::Missing) => return beside(file).map(Found::public).ok_or(KeyFileFault::Missing),
        Err(fault) => return Err(fault),
    };
    if let Some(blob) = public_in(text.expose()) {
        return Ok(Found::public(blob));
    }
    let format = Format::of(text.expose())?;
    let blob = format.blob.clone().or_else(|| beside(file));
    Ok(Found { text, format, blob })
}

/// Makes the key `found` in `file` usable; its passphrase comes from `asking`.
pub(super) fn open(file: &Path, found: &Found, asking: Option<&Asking>) -> Result<KeyMaterial, KeyFileFault> {
    if found.format.public {
        return Err(KeyFileFault::Bad("it is a public key, and no agent has its private one".to_owned()));
    }
    let opened = if found.format.encrypted {
        passphrase::open(file, found.text.expose(), found.format.openssh, asking)?
    } else {
        passphrase::Opened { private: found.text.clone(), passphrase: None }
    };
    let public = found.blob.as_deref().and_then(public_line);
    Ok(KeyMaterial { public, private: opened.private, passphrase: opened.passphrase })
}

fn read(file: &Path) -> Result<Secret, KeyFileFault> {
    let unreadable = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => KeyFileFault::Missing,
        _ => KeyFileFault::Unreadable(error.to_string()),
    };
    let about = std::fs::metadata(file).map_err(unreadable)?;
    if !about.is_file() {
        return Err(KeyFileFault::Bad("it is not a file".to_owned()));
    }
    let bytes = Zeroizing::new(std::fs::read(file).map_err(unreadable)?);
    let is_public = std::str::from_utf8(&bytes).is_ok_and(|text| public_in(text).is_some());
    // OpenSSH's rule: our own private keys must be ours alone.
    if !is_public && about.uid() == rustix::process::getuid().as_raw() && about.mode() & 0o077 != 0 {
        return Err(KeyFileFault::Mode(about.mode() & 0o7777));
    }
    std::str::from_utf8(&bytes).map(Secret::from).map_err(|_| KeyFileFault::Bad("it is not text".to_owned()))
}

/// What the outside of a key file tells.
#[derive(Debug)]
struct Format {
    encrypted: bool,
    openssh: bool,
    /// There is only the public key.
    public: bool,
    blob: Option<Vec<u8>>,
}

impl Found {
    /// Only the public key.
    fn public(blob: Vec<u8>) -> Self {
        Self {
            text: Secret::from(String::new()),
            format: Format { encrypted: false, openssh: false, public: true, blob: None },
            blob: Some(blob),
        }
    }

    /// Whether there is only the public key.
    pub(super) fn is_public(&self) -> bool {
        self.format.public
    }

    /// Whether only a passphrase opens it.
    pub(super) fn is_encrypted(&self) -> bool {
        self.format.encrypted
    }
}

impl Format {
    fn of(text: &str) -> Result<Self, KeyFileFault> {
        let begin = text.lines().find_map(|line| line.trim().strip_prefix("-----BEGIN ")).ok_or_else(|| {
            let public = text.starts_with("ssh-") || text.starts_with("ecdsa-");
            KeyFileFault::Bad(if public { "it is a public key" } else { "it has no `-----BEGIN` line" }.to_owned())
        })?;
        match begin.trim_end_matches('-') {
            "OPENSSH PRIVATE KEY" => Self::openssh(text),
            "ENCRYPTED PRIVATE KEY" => Ok(Self { encrypted: true, openssh: false, public: false, blob: None }),
            "RSA PRIVATE KEY" | "EC PRIVATE KEY" | "PRIVATE KEY" | "DSA PRIVATE KEY" => {
                let encrypted = text.lines().any(|line| line.starts_with("Proc-Type:") && line.contains("ENCRYPTED"));
                Ok(Self { encrypted, openssh: false, public: false, blob: None })
            }
            other => Err(KeyFileFault::Bad(format!("it holds `{other}`"))),
        }
    }

    fn openssh(text: &str) -> Result<Self, KeyFileFault> {
        let cut = || KeyFileFault::Bad("it is cut off or damaged".to_owned());
        let lines = text.lines().map(str::trim).skip_while(|l| !l.starts_with("-----BEGIN")).skip(1);
        let body: Zeroizing<String> = Zeroizing::new(lines.take_while(|l| !l.starts_with("-----END")).collect());
        let bytes = Zeroizing::new(STANDARD.decode(&*body).map_err(|_| cut())?);
        let mut rest = bytes.strip_prefix(b"openssh-key-v1\0").ok_or_else(cut)?;
        let cipher = string(&mut rest).ok_or_else(cut)?;
        let (_kdf, _options) = (string(&mut rest).ok_or_else(cut)?, string(&mut rest).ok_or_else(cut)?);
        rest = rest.split_first_chunk::<4>().ok_or_else(cut)?.1;
        let blob = string(&mut rest).ok_or_else(cut)?.to_vec();
        string(&mut rest).ok_or_else(cut)?;
        if type_of(&blob).ok_or_else(cut)?.starts_with("sk-") {
            return Err(KeyFileFault::SecurityKey(SecurityKeyFault::OnlySsh));
        }
        Ok(Self { encrypted: cipher != b"none", openssh: true, public: false, blob: Some(blob) })
    }
}

/// How large a public key may be, in bytes.
const MAX_PUBLIC: u64 = 1024 * 1024;

/// The public key of `FILE.pub`.
fn beside(file: &Path) -> Option<Vec<u8>> {
    let mut name = file.as_os_str().to_owned();
    name.push(".pub");
    public_in(&bounded::read_text(&PathBuf::from(name), MAX_PUBLIC).ok()?)
}

/// The public key that `text` is: `IdentityFile` may name one whose private key only an agent has.
fn public_in(text: &str) -> Option<Vec<u8>> {
    let mut words = text.split_ascii_whitespace();
    let key_type = words.next()?;
    let blob = STANDARD.decode(words.next()?).ok()?;
    (type_of(&blob)? == key_type).then_some(blob)
}

fn public_line(blob: &[u8]) -> Option<String> {
    Some(format!("{} {}", type_of(blob)?, STANDARD.encode(blob)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_debugs_sees_no_key_and_no_passphrase() {
        let secret = Secret::from("hunter22");
        let format = Format { encrypted: true, openssh: false, public: false, blob: None };
        let found = Found { text: secret.clone(), format, blob: None };
        let key = KeyMaterial { private: secret.clone(), public: None, passphrase: Some(secret) };
        let shown = format!("{found:?} {key:?}");
        assert!(!shown.contains("hunter22") && shown.matches("[hidden]").count() == 3, "{shown}");
    }
}
