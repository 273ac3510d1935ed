//! The word that tells our frames from everything else on the streams.

use std::fmt::Write as _;

/// 128 random bits as hexadecimal digits, made once a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce(String);

/// The operating system gave no random bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no random bytes")]
pub struct NoRandomness(#[from] getrandom::Error);

impl Nonce {
    /// A new nonce.
    ///
    /// # Errors
    /// Where the operating system gives no random bytes.
    pub fn random() -> Result<Self, NoRandomness> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes.iter().fold(String::with_capacity(32), |mut text, byte| {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_128_bits_and_never_the_same() {
        let (one, two) = (Nonce::random().expect("random bytes"), Nonce::random().expect("random bytes"));
        assert_eq!(one.as_str().len(), 32);
        assert!(one.as_str().bytes().all(|b| b.is_ascii_hexdigit()));
        assert_ne!(one, two);
    }
}
