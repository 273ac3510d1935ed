//! The word by which `ssh` tells that it is logged in, and the mother's shell what it found: nobody else knows it.
//!
//! A server's words stand on the same standard error before anybody knows that it is the right one: in its banner, and in
//! lines of `ssh`'s own that quote it and take line breaks along. So a line of `ssh` is no proof of anything but failure.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use memchr::memmem;

use crate::transport::error::TransportErrorKind as Kind;

/// A word of this connection's own.
#[derive(Debug, Clone)]
pub(super) struct Mark(String);

impl Mark {
    /// A new one.
    ///
    /// # Errors
    /// Where the operating system gives no random bytes.
    pub(super) fn random() -> Result<Self, Kind> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)
            .map_err(|error| Kind::Local { detail: format!("the operating system gives no random bytes: {error}") })?;
        Ok(Self(format!("hive-preflight-{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// The word.
    pub(super) fn word(&self) -> &str {
        &self.0
    }

    /// Options that let `ssh` say it on a line of its own as soon as it is logged in. The shell that it asks is the user's.
    pub(super) fn options(&self) -> [String; 2] {
        let command = format!("sh -c '{{ echo; echo {}; }} >&2'", self.0);
        ["-oPermitLocalCommand=yes".to_owned(), format!("-oLocalCommand={command}")]
    }

    /// Where its line begins and ends in `bytes`.
    pub(super) fn find(&self, bytes: &[u8]) -> Option<(usize, usize)> {
        let line = format!("\n{}\n", self.0);
        let at = memmem::find(bytes, line.as_bytes())?;
        Some((at, at + line.len()))
    }
}
