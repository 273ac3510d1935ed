//! Ansible host patterns: `web:&staging:!old`, globs, `~regex`, subscripts.

use std::{fmt, str::FromStr};

/// A host pattern, taken apart once. Matched with [`super::Inventory::select`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
}

/// Text that is no host pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no host pattern: {reason}")]
pub struct InvalidPattern {
    text: String,
    reason: String,
}

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        if text.trim().is_empty() {
            return Err(InvalidPattern { text: text.to_owned(), reason: "it is empty".to_owned() });
        }
        Ok(Self { text: text.to_owned() })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
