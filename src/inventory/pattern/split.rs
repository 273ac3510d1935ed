//! A text to single patterns: at commas, else at colons and blanks outside of brackets.

use crate::inventory::{address, python};

/// `split_host_pattern`.
pub(super) fn split(text: &str) -> Vec<String> {
    let parts: Vec<&str> = if text.contains(',') {
        text.split(',').collect()
    } else if address::parse(text, true).is_some() {
        vec![text]
    } else {
        at_colons(text)
    };
    parts.into_iter().map(python::strip).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Runs of characters and complete brackets; a bracket without its partner separates and is lost.
fn at_colons(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let bracket = if c == '[' { text[at..].find(']') } else { None };
        match (c, bracket) {
            (_, Some(end)) => at += end + 1,
            ('[' | ']' | ':', None) => {
                parts.push(&text[start..at]);
                at += 1;
                start = at;
            }
            (c, None) if python::is_space(c) => {
                parts.push(&text[start..at]);
                at += c.len_utf8();
                start = at;
            }
            (c, None) => at += c.len_utf8(),
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_split_as_ansible_splits_them() {
        let cases: [(&str, &[&str]); 9] = [
            ("web, db", &["web", "db"]),
            ("web:&x:!y", &["web", "&x", "!y"]),
            ("web[1:3]", &["web[1:3]"]),
            ("web[1:3]:db[0]", &["web[1:3]", "db[0]"]),
            ("2001:db8::1", &["2001:db8::1"]),
            ("h:22", &["h:22"]),
            ("~[", &["~"]),
            ("a b", &["a", "b"]),
            ("web[:2]", &["web[:2]"]),
        ];
        for (text, parts) in cases {
            assert_eq!(split(text), parts, "{text}");
        }
    }
}
