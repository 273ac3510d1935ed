//! Ansible Vault: who knows the passwords, and what they open. Everything is opened when it is first needed, once.
//!
//! `setup` finds the passwords' places in Ansible's order, `secret` reads them, `envelope` takes an encrypted text apart,
//! and `cipher` opens it. [`Vault`] joins them for the readers of files
//! and for [`crate::plan`], and knows afterwards what must not be shown.

mod cipher;
mod envelope;
mod fault;
mod secret;
mod setup;

use std::{
    collections::HashMap,
    fmt, io,
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

pub use fault::{PasswordFault, VaultFault};
pub use setup::VaultOptions;

use envelope::Envelope;
use secret::{Password, Source};

use super::{Value, secret as named};
use crate::{
    secret::{Kind, Redactor, names_secret},
    stop::Stop,
    trust::Scripts,
};

/// How encrypted text begins.
const HEADER: &str = "$ANSIBLE_VAULT";

/// The vault passwords of a run, and what they have opened so far.
#[derive(Default)]
pub struct Vault {
    sources: Vec<Source>,
    loaded: OnceLock<Loaded>,
    opened: Mutex<HashMap<String, Result<Arc<Value>, VaultFault>>>,
    redactor: Redactor,
    scripts: Scripts,
    stop: Stop,
}

/// The passwords that could be had, and why others could not.
#[derive(Debug, Default)]
struct Loaded {
    passwords: Vec<Password>,
    faults: Vec<PasswordFault>,
}

impl fmt::Debug for Vault {
    /// Without the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("sources", &self.sources).finish_non_exhaustive()
    }
}

impl Vault {
    /// How encrypted text begins.
    pub(super) const MARK: &str = HEADER;

    /// Whether a file is encrypted as a whole.
    pub(super) fn is_encrypted(bytes: &[u8]) -> bool {
        bytes.starts_with(HEADER.as_bytes())
    }

    fn new(sources: Vec<Source>) -> Self {
        Self { sources, ..Self::default() }
    }

    /// Whether there is any password, or a place that should have one.
    #[must_use]
    pub fn has_passwords(&self) -> bool {
        !self.sources.is_empty()
    }

    /// What a [`Value::Vault`] stands for: its text, which Ansible never takes for a template, or the value of a
    /// variable in a file that is encrypted as a whole.
    ///
    /// # Errors
    /// No password, none that fits, or a text that is damaged.
    pub fn open(&self, text: &str) -> Result<Arc<Value>, VaultFault> {
        let known = lock(&self.opened).get(text).cloned();
        let result = known.unwrap_or_else(|| {
            let result = self.decrypt(text.as_bytes()).and_then(|bytes| {
                let text = String::from_utf8(bytes).map_err(|_| VaultFault::NotText)?;
                Ok(Arc::new(Value::Unsafe(text)))
            });
            lock(&self.opened).insert(text.to_owned(), result.clone());
            result
        });
        if let Ok(value) = &result {
            named::learn_all(&self.redactor, value, Kind::Vaulted);
        }
        result
    }

    /// Opens a file that is encrypted as a whole.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(super) fn decrypt(&self, text: &[u8]) -> Result<Vec<u8>, VaultFault> {
        let envelope = Envelope::parse(text)?;
        let Loaded { passwords, faults } = self.loaded();
        decrypt_with(&envelope, passwords).map_err(|fault| match fault {
            VaultFault::NoPassword { label, .. } => VaultFault::NoPassword { label, faults: faults.clone() },
            VaultFault::WrongPassword { label, tried, .. } => {
                VaultFault::WrongPassword { label, tried, faults: faults.clone() }
            }
            other => other,
        })
    }

    /// A variable of a file that is encrypted as a whole, sealed again: nobody prints by accident what the file hides.
    pub(super) fn seal(&self, name: &str, value: Value) -> Value {
        if names_secret(name) {
            named::learn_all(&self.redactor, &value, Kind::Vaulted);
        }
        let mut opened = lock(&self.opened);
        let number = opened.len();
        let handle =
            format!("{HEADER};1.1;AES256\n(`{name}`, value {number} of files that are encrypted as a whole)\n");
        opened.insert(handle.clone(), Ok(Arc::new(value)));
        Value::Vault(handle)
    }

    /// Who knows what must not be shown: everything that was opened, and the passwords.
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// The passwords as Ansible's own list of identities; those that were typed are written into files of `directory`,
    /// which only this user may enter.
    pub(super) fn identities(&self, directory: &Path) -> io::Result<String> {
        let identities = self.sources.iter().enumerate().map(|(number, source)| {
            let file = source.file(&directory.join(format!("vault-{number}")))?;
            Ok(format!("{}@{}", source.label, file.display()))
        });
        Ok(identities.collect::<io::Result<Vec<_>>>()?.join(","))
    }

    fn loaded(&self) -> &Loaded {
        self.loaded.get_or_init(|| {
            let mut loaded = Loaded::default();
            for source in &self.sources {
                match source.load(&loaded.passwords, self.scripts, &self.stop) {
                    Ok(password) => {
                        self.redactor.learn(&String::from_utf8_lossy(password.bytes.expose()), Kind::Named);
                        loaded.passwords.push(password);
                    }
                    Err(fault) => loaded.faults.push(fault),
                }
            }
            loaded
        })
    }
}

/// Tries the passwords, those of the envelope's own label first.
fn decrypt_with(envelope: &Envelope, passwords: &[Password]) -> Result<Vec<u8>, VaultFault> {
    if passwords.is_empty() {
        return Err(VaultFault::NoPassword { label: envelope.label.clone(), faults: Vec::new() });
    }
    let (own, others): (Vec<&Password>, Vec<&Password>) =
        passwords.iter().partition(|password| Some(&password.label) == envelope.label.as_ref());
    for password in own.into_iter().chain(others) {
        if let Some(bytes) = cipher::decrypt(envelope, password.bytes.expose())? {
            return Ok(bytes);
        }
    }
    Err(VaultFault::WrongPassword { label: envelope.label.clone(), tried: passwords.len(), faults: Vec::new() })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
