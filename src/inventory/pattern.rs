//! Ansible host patterns: `web:&staging:!old`, globs, `~regex`, subscripts.
//!
//! A [`Pattern`] is taken apart once and then asked of an [`Inventory`]; order of evaluation and matching are Ansible's.

mod glob;
mod matching;
mod regex;
mod split;

use std::{fmt, path::Path, str::FromStr};

use super::{Host, Inventory, document};

/// A host pattern, taken apart once. Matched with [`super::Inventory::select`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    /// The single patterns in the order in which they are evaluated, each with its `&` or `!`.
    parts: Vec<String>,
}

/// Text that is no host pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no host pattern: {reason}")]
pub struct InvalidPattern {
    text: String,
    reason: InvalidPatternKind,
}

/// Why a text is no host pattern, or why it cannot be asked of an inventory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPatternKind {
    /// Nothing at all.
    #[error("it is empty")]
    Empty,
    /// An `&` or `!` alone.
    #[error("nothing follows `{0}`")]
    EmptyPart(char),
    /// A regular expression that is none.
    #[error("`{0}` is no regular expression")]
    Regex(String),
    /// A regular expression that takes too long.
    #[error("matching `{0}` takes too long")]
    TooComplex(String),
    /// A subscript beyond the hosts.
    #[error("`{0}` has no host at this subscript")]
    Subscript(String),
    /// A file of patterns that is not there.
    #[error("cannot read the limit file `{0}`")]
    File(String),
}

/// The hosts that a pattern means.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection<'a> {
    /// The hosts, in the order in which the inventory has them.
    pub hosts: Vec<&'a Host>,
    /// The single patterns that match no group and no host.
    pub unmatched: Vec<String>,
}

impl Pattern {
    /// The pattern of `--limit`: as others, but `@FILE` stands for the patterns in a file, one a line, and empty text
    /// for all hosts. A relative file is looked for in the current directory.
    ///
    /// # Errors
    /// As [`Pattern::from_str`], and where a file cannot be read.
    pub fn limit(text: &str) -> Result<Self, InvalidPattern> {
        let fail = |reason| InvalidPattern { text: text.to_owned(), reason };
        let mut parts = Vec::new();
        for part in split::split(text) {
            match part.strip_prefix('@') {
                Some(file) => parts.extend(lines(file).map_err(fail)?),
                None => parts.push(part),
            }
        }
        Self::new(text, parts)
    }

    fn new(text: &str, parts: Vec<String>) -> Result<Self, InvalidPattern> {
        let fail = |reason| Err(InvalidPattern { text: text.to_owned(), reason });
        for part in &parts {
            let bare = part.strip_prefix(['&', '!']).unwrap_or(part);
            if bare.is_empty() && !part.is_empty() {
                return fail(InvalidPatternKind::EmptyPart(part.chars().next().unwrap_or('!')));
            }
            if let Some(expression) = bare.strip_prefix('~')
                && regex::compile(expression).is_none()
            {
                return fail(InvalidPatternKind::Regex(expression.to_owned()));
            }
        }
        Ok(Self { text: text.to_owned(), parts: ordered(parts) })
    }
}

/// First the plain patterns, then what intersects, then what excludes; without a plain one everything is meant.
fn ordered(parts: Vec<String>) -> Vec<String> {
    let rank = |part: &String| match part.as_bytes().first() {
        Some(b'&') => 1,
        Some(b'!') => 2,
        _ => 0,
    };
    let mut parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    if !parts.iter().any(|part| rank(part) == 0) {
        parts.insert(0, "all".to_owned());
    }
    parts.sort_by_key(rank);
    parts
}

fn lines(file: &str) -> Result<Vec<String>, InvalidPatternKind> {
    let bytes = document::load(Path::new(file)).map_err(|_| InvalidPatternKind::File(file.to_owned()))?;
    let text = bytes.lossy().replace("\r\n", "\n").replace('\r', "\n");
    Ok(text.split('\n').map(|line| super::python::strip(line).to_owned()).collect())
}

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        if text.trim().is_empty() {
            return Err(InvalidPattern { text: text.to_owned(), reason: InvalidPatternKind::Empty });
        }
        Self::new(text, split::split(text))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Inventory {
    /// The hosts that `pattern` means, in the order in which the inventory has them; none where the pattern cannot be
    /// asked of this inventory (see [`Inventory::try_select`], which says why).
    #[must_use]
    pub fn select(&self, pattern: &Pattern) -> Vec<&Host> {
        self.try_select(pattern).map(|selection| selection.hosts).unwrap_or_default()
    }

    /// The hosts that `pattern` means, and what of it matches nothing.
    ///
    /// # Errors
    /// Where a subscript has no host, or a regular expression takes too long.
    pub fn try_select(&self, pattern: &Pattern) -> Result<Selection<'_>, InvalidPattern> {
        matching::select(self, &pattern.parts).map_err(|reason| InvalidPattern { text: pattern.text.clone(), reason })
    }
}
