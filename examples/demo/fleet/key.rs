//! Ed25519 keys made for one run.

use std::io;

use russh::keys::{
    PrivateKey, PublicKey,
    ssh_key::{LineEnding, private::Ed25519Keypair},
};

/// A private key and its public half as the files of OpenSSH have them.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    private: PrivateKey,
    public_line: String,
}

impl Key {
    /// A new key.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub(crate) fn new() -> io::Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        let private = PrivateKey::from(Ed25519Keypair::from_seed(&seed));
        let public_line = private.public_key().to_openssh().map_err(io::Error::other)?;
        Ok(Self { private, public_line })
    }

    /// `ssh-ed25519 AAAA...`.
    pub(crate) fn public(&self) -> &str {
        &self.public_line
    }

    /// The text of a private key file.
    ///
    /// # Errors
    /// The key cannot be encoded.
    pub(crate) fn private_file(&self) -> io::Result<String> {
        self.private.to_openssh(LineEnding::LF).map(|text| text.to_string()).map_err(io::Error::other)
    }

    pub(super) fn pair(&self) -> PrivateKey {
        self.private.clone()
    }

    pub(super) fn is_half_of(&self, public: &PublicKey) -> bool {
        self.private.public_key().key_data() == public.key_data()
    }
}
