//! Keys with a passphrase, asked for once a key.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use crate::{secret::Secret, transport::error::KeyFileFault};

/// Who gives passphrases: is told the key file, returns nothing where nobody answers.
type Asker = Box<dyn Fn(&Path) -> Option<Secret> + Send + Sync>;

/// Asks for passphrases, one at a time, however many hosts wait for however many keys.
pub(super) struct Asking(Mutex<Asker>);

/// What `ssh` allows too.
const TRIES: usize = 3;

impl Asking {
    /// Asks `asker`.
    pub(super) fn by(asker: impl Fn(&Path) -> Option<Secret> + Send + Sync + 'static) -> Self {
        Self(Mutex::new(Box::new(asker)))
    }
}

/// A key that libssh2 can read.
pub(super) struct Opened {
    /// The text of the key.
    pub(super) private: Secret,
    /// What libssh2 must be told to read it.
    pub(super) passphrase: Option<Secret>,
}

/// Asks for the passphrase of the key `text` that stands in `file`.
pub(super) fn open(file: &Path, text: &str, openssh: bool, asking: Option<&Asking>) -> Result<Opened, KeyFileFault> {
    let asker = asking.ok_or(KeyFileFault::Encrypted)?.0.lock().unwrap_or_else(PoisonError::into_inner);
    for _ in 0..TRIES {
        let passphrase = asker(file).filter(|answer| !answer.expose().is_empty()).ok_or(KeyFileFault::Encrypted)?;
        match unlock(text, openssh, passphrase) {
            Err(KeyFileFault::WrongPassphrase) => {}
            other => return other,
        }
    }
    Err(KeyFileFault::WrongPassphrase)
}

/// Decrypts OpenSSH's own format here, once a run: its key derivation is slow on purpose. libssh2 does the others, and
/// the keys whose numbers this decoder does not take (an ECDSA scalar that is a byte shorter than its curve).
fn unlock(text: &str, openssh: bool, passphrase: Secret) -> Result<Opened, KeyFileFault> {
    let decrypted = if openssh { decrypt(text, passphrase.expose()) } else { Ok(None) };
    Ok(match decrypted? {
        Some(private) => Opened { private, passphrase: None },
        None => Opened { private: text.into(), passphrase: Some(passphrase) },
    })
}

/// The key without its passphrase; nothing where it cannot be decoded here.
fn decrypt(text: &str, passphrase: &str) -> Result<Option<Secret>, KeyFileFault> {
    let Ok(key) = ssh_key::PrivateKey::from_openssh(text) else { return Ok(None) };
    match key.decrypt(passphrase) {
        Ok(open) => Ok(open.to_openssh(ssh_key::LineEnding::LF).ok().map(Secret::from)),
        Err(ssh_key::Error::Crypto) => Err(KeyFileFault::WrongPassphrase),
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

    use super::{Secret, unlock};
    use crate::transport::error::KeyFileFault;

    #[test]
    fn keys_of_every_type_open_with_their_passphrase_only() {
        let dir = tempfile::tempdir().unwrap();
        for (name, options) in [
            ("ed25519", &["-t", "ed25519"][..]),
            ("rsa", &["-t", "rsa", "-b", "2048"]),
            ("ecdsa", &["-t", "ecdsa", "-b", "521"]),
        ] {
            let (locked, opened) = (dir.path().join(name), dir.path().join(format!("{name}_opened")));
            let mut keygen = Command::new("ssh-keygen");
            assert!(keygen.args(["-q", "-N", "s e c", "-f"]).arg(&locked).args(options).status().unwrap().success());
            let text = fs::read_to_string(&locked).unwrap();
            let unlocked = unlock(&text, true, "s e c".into()).unwrap();
            fs::write(&opened, unlocked.private.expose()).unwrap();
            fs::set_permissions(&opened, fs::Permissions::from_mode(0o600)).unwrap();
            let public = Command::new("ssh-keygen")
                .args(["-y", "-P", unlocked.passphrase.as_ref().map_or("", Secret::expose), "-f"])
                .arg(&opened)
                .output()
                .unwrap()
                .stdout;
            let public = String::from_utf8(public).unwrap();
            let written = fs::read_to_string(dir.path().join(format!("{name}.pub"))).unwrap();
            assert_eq!(public.split(' ').nth(1), written.split(' ').nth(1), "{name}");
            let wrong = unlock(&text, true, "wrong".into());
            assert!(matches!(wrong, Err(KeyFileFault::WrongPassphrase)), "{name}");
        }
    }
}
