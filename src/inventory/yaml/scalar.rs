//! Which type a plain scalar has in YAML 1.1, by `PyYAML`'s expressions.

use super::{compose::Tag, timestamp};

/// The tag of a plain scalar.
pub(super) fn resolve(text: &str) -> Tag {
    let Some(first) = text.as_bytes().first() else { return Tag::Null };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => word(text),
        b'0'..=b'9' | b'-' | b'+' | b'.' => numeric(text),
        b'<' if text == "<<" => Tag::Merge,
        b'=' if text == "=" => Tag::Equals,
        _ => Tag::Str,
    }
}

fn word(text: &str) -> Tag {
    match text {
        "yes" | "Yes" | "YES" | "no" | "No" | "NO" | "true" | "True" | "TRUE" | "false" | "False" | "FALSE" | "on"
        | "On" | "ON" | "off" | "Off" | "OFF" => Tag::Bool,
        "~" | "null" | "Null" | "NULL" => Tag::Null,
        _ => Tag::Str,
    }
}

fn numeric(text: &str) -> Tag {
    if is_float(text) {
        Tag::Float
    } else if is_int(text) {
        Tag::Int
    } else if timestamp::looks_like(text) {
        Tag::Timestamp
    } else {
        Tag::Str
    }
}

/// The text without its sign.
fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit())
}

/// `[0-9][0-9_]*`.
fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(|c| c.is_ascii_digit() || c == b'_')
}

fn is_fraction(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_digit() || c == b'_')
}

/// The text before an exponent; nothing where there is a malformed one. An exponent needs its sign.
fn without_exponent(text: &str) -> Option<&str> {
    let Some(at) = text.find(['e', 'E']) else { return Some(text) };
    let exponent = text[at + 1..].strip_prefix(['-', '+'])?;
    is_digits(exponent).then_some(&text[..at])
}

fn is_float(text: &str) -> bool {
    if matches!(text, ".nan" | ".NaN" | ".NAN") || matches!(unsigned(text), ".inf" | ".Inf" | ".INF") {
        return true;
    }
    if let Some(fraction) = text.strip_prefix('.') {
        return without_exponent(fraction).is_some_and(is_number);
    }
    let Some((whole, fraction)) = unsigned(text).split_once('.') else { return false };
    if whole.contains(':') {
        return is_sexagesimal(whole) && is_fraction(fraction);
    }
    is_number(whole) && without_exponent(fraction).is_some_and(is_fraction)
}

/// `[0-9][0-9_]*(:[0-5]?[0-9])+`.
fn is_sexagesimal(text: &str) -> bool {
    let mut parts = text.split(':');
    parts.next().is_some_and(is_number) && parts.clone().next().is_some() && parts.all(is_sixtieth)
}

fn is_sixtieth(part: &str) -> bool {
    is_digits(part) && (part.len() == 1 || (part.len() == 2 && part.as_bytes()[0] <= b'5'))
}

fn is_int(text: &str) -> bool {
    let text = unsigned(text);
    let all =
        |digits: &str, allowed: fn(u8) -> bool| !digits.is_empty() && digits.bytes().all(|c| c == b'_' || allowed(c));
    if text == "0" {
        return true;
    }
    if let Some(digits) = text.strip_prefix("0b") {
        return all(digits, |c| matches!(c, b'0' | b'1'));
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return all(digits, |c| c.is_ascii_hexdigit());
    }
    if let Some(digits) = text.strip_prefix('0') {
        return all(digits, |c| matches!(c, b'0'..=b'7'));
    }
    is_number(text) || is_sexagesimal(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_have_pyyamls_types() {
        let ints = ["0", "-0644", "00", "+12", "0x_1", "0b101", "1_", "1__0", "22:22", "1:2:3", "8080:53", "-1:30"];
        let floats =
            ["1.5", ".5", "5.", "1.0e+3", ".5e+2", "1_000.5", "190:20:30.15", "1:30.5", ".inf", "-.Inf", ".NaN"];
        let texts = [
            "0o644",
            "089",
            "08",
            "1,000",
            "0X1F",
            "8080:80",
            "60:60",
            "00:30",
            "01:30",
            "00:16:3e:00:00:01",
            "1e3",
            "1.0e3",
            "-.5",
            "1.2.3",
            "+",
            "-",
            ".",
            "..",
            "-.NaN",
            "1.5e",
            "2024-1-2",
            "2024-01-02 03:04",
            "1:",
            ":1",
        ];
        assert!(ints.iter().all(|text| resolve(text) == Tag::Int));
        assert!(floats.iter().all(|text| resolve(text) == Tag::Float));
        assert_eq!(texts.iter().filter(|text| resolve(text) != Tag::Str).collect::<Vec<_>>(), Vec::<&&str>::new());
    }

    #[test]
    fn words_count_in_three_spellings_only() {
        assert!(["yes", "Yes", "YES", "off", "TRUE"].iter().all(|text| resolve(text) == Tag::Bool));
        assert!(["y", "n", "yEs", "tRue", "nO", "none", "None", "nUll"].iter().all(|text| resolve(text) == Tag::Str));
        assert!(["~", "null", "NULL", ""].iter().all(|text| resolve(text) == Tag::Null));
    }
}
