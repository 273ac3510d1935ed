//! Versions as they are written in the wild: `6.6.1p1`, `6.7`, `1.1.1k`, `20.10.24~3-0`.
//!
//! The order is that of distutils' `LooseVersion`, which Ansible's `version` test uses: runs of digits are numbers, runs
//! of letters are words, and of two versions that begin alike the longer one is the later. So `p1` is no pre-release.
//! Each is turned into the dot-separated identifiers whose precedence [`semver`] defines in just this way.

use std::cmp::Ordering;

use semver::Prerelease;

/// Why two versions cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum VersionError {
    #[error("an empty version cannot be compared")]
    Empty,
    #[error("versions `{0}` and `{1}` cannot be compared: one has a number where the other has a word")]
    Incomparable(String, String),
    #[error("`{0}` is no semantic version: {1}")]
    NotSemantic(String, String),
}

/// Compares as `LooseVersion` does.
pub(super) fn compare_loose(left: &str, right: &str) -> Result<Ordering, VersionError> {
    let (a, b) = (components(left)?, components(right)?);
    let differing = a.iter().zip(&b).find(|(a, b)| a != b);
    if differing.is_some_and(|(a, b)| is_number(a) != is_number(b)) {
        return Err(VersionError::Incomparable(left.to_owned(), right.to_owned()));
    }
    Ok(precedence(&a).cmp(&precedence(&b)))
}

/// Compares as semantic versions, build metadata left out.
pub(super) fn compare_semantic(left: &str, right: &str) -> Result<Ordering, VersionError> {
    let parse = |text: &str| {
        semver::Version::parse(text).map_err(|error| VersionError::NotSemantic(text.to_owned(), error.to_string()))
    };
    Ok(parse(left)?.cmp_precedence(&parse(right)?))
}

fn precedence(components: &[String]) -> Prerelease {
    Prerelease::new(&components.join(".")).expect("each component is a valid identifier")
}

fn is_number(component: &str) -> bool {
    component.bytes().all(|byte| byte.is_ascii_digit())
}

/// Numbers without leading zeros, and words in the letters that an identifier may have.
fn components(text: &str) -> Result<Vec<String>, VersionError> {
    let mut components: Vec<String> = Vec::new();
    let mut last = Class::Dot;
    for c in text.trim().chars() {
        let class = Class::of(c);
        match components.last_mut() {
            _ if class == Class::Dot => {}
            Some(component) if class == last => component.push_str(&identifier(c)),
            _ => components.push(identifier(c)),
        }
        last = class;
    }
    for component in components.iter_mut().filter(|component| is_number(component)) {
        let digits = component.trim_start_matches('0');
        *component = if digits.is_empty() { "0".to_owned() } else { digits.to_owned() };
    }
    if components.is_empty() { Err(VersionError::Empty) } else { Ok(components) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Dot,
    Digit,
    Lower,
    Other,
}

impl Class {
    fn of(c: char) -> Self {
        match c {
            '.' => Self::Dot,
            '0'..='9' => Self::Digit,
            'a'..='z' => Self::Lower,
            _ => Self::Other,
        }
    }
}

fn identifier(c: char) -> String {
    if c.is_ascii_alphanumeric() || c == '-' { c.to_string() } else { format!("-{:x}-", u32::from(c)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_loose_version() {
        // Each pair was compared with distutils' LooseVersion as ansible-core ships it.
        for (left, right, order) in [
            ("6.6.1p1", "6.7", Ordering::Less),
            ("6.7p1", "6.7", Ordering::Greater),
            ("6.6.1p1", "6.6.1", Ordering::Greater),
            ("10.0", "6.7", Ordering::Greater),
            ("10.0p2", "9.9p2", Ordering::Greater),
            ("1.1.1k", "1.1.1", Ordering::Greater),
            ("1.1.1k", "1.1.1w", Ordering::Less),
            ("1.0.2s", "1.1.1", Ordering::Less),
            ("6.7", "6.7.0", Ordering::Less),
            ("2.14.4", "2.14.4", Ordering::Equal),
            ("4.18.0-553.el8", "4.18.0-80.el8", Ordering::Greater),
            ("20.10.24.1", "20.10.24", Ordering::Greater),
            ("08.1", "8.1", Ordering::Equal),
            ("3.9", "3.10", Ordering::Less),
        ] {
            assert_eq!(compare_loose(left, right), Ok(order), "{left} {right}");
        }
    }

    #[test]
    fn a_number_and_a_word_have_no_order() {
        assert!(matches!(compare_loose("1.0.a", "1.0.1"), Err(VersionError::Incomparable(..))));
        assert_eq!(compare_loose("", "1"), Err(VersionError::Empty));
        assert_eq!(compare_loose("..", "1"), Err(VersionError::Empty));
    }

    #[test]
    fn semantic_versions_know_pre_releases() {
        assert_eq!(compare_semantic("1.0.0-rc.1", "1.0.0"), Ok(Ordering::Less));
        assert!(compare_semantic("6.7", "6.7.0").is_err());
    }
}
