//! The forms in which a secret may stand in another text.

use std::collections::BTreeSet;

use base64::{
    Engine as _,
    alphabet::{STANDARD, URL_SAFE},
    engine::{GeneralPurpose, general_purpose::NO_PAD},
};

/// A shorter piece of base 64 stands in texts by chance.
const LEAST_CODED: usize = 8;

/// What makes a line of a longer secret one by itself, in characters.
const LEAST_LINE: usize = 5;

/// The text, its lines, and each of them quoted, escaped and coded. `least` is the fewest characters that count.
pub(super) fn of(text: &str, least: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let whole = text.trim();
    if whole.chars().count() < least {
        return found;
    }
    written(whole, &mut found);
    coded(text.as_bytes(), &mut found);
    coded(whole.as_bytes(), &mut found);
    if whole.contains('\n') {
        let lines = whole.lines().map(str::trim).filter(|line| line.chars().count() >= LEAST_LINE);
        for line in lines {
            written(line, &mut found);
            coded(line.as_bytes(), &mut found);
        }
    }
    found
}

/// As shells, JSON, YAML, Python and addresses write it.
fn written(text: &str, found: &mut BTreeSet<String>) {
    let json = serde_json::Value::from(text).to_string();
    let debugged = format!("{text:?}");
    let inner = |quoted: &str| quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned();
    let percent = percent(text);
    let forms = [
        text.to_owned(),
        text.replace('\'', r"'\''"),
        text.replace('\'', r#"'"'"'"#),
        text.replace('\'', r"\'"),
        text.replace('\'', "''"),
        inner(&json).replace('/', r"\/"),
        ascii_json(&inner(&json)),
        inner(&json),
        inner(&debugged),
        backslashed(text),
        percent.replace("%20", "+"),
        with_small_codes(&percent),
        percent,
    ];
    found.extend(forms.into_iter().filter(|form| !form.is_empty()));
}

/// Base 64 of it, also in the middle of something longer: at each of the three places that it can have there, the
/// characters that do not depend on what is before and behind.
fn coded(bytes: &[u8], found: &mut BTreeSet<String>) {
    for alphabet in [&STANDARD, &URL_SAFE] {
        let engine = GeneralPurpose::new(alphabet, NO_PAD);
        for before in 0..3_usize {
            let padded: Vec<u8> = std::iter::repeat_n(0, before).chain(bytes.iter().copied()).collect();
            let code = engine.encode(&padded);
            // A character of the code holds six bits; those that hold bits of the neighbours are left out.
            let (from, to) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
            if let Some(core) = code.get(from..to).filter(|core| core.len() >= LEAST_CODED) {
                found.insert(core.to_owned());
            }
        }
    }
}

/// As addresses carry it: everything but letters, digits and `-._~` as `%XX`.
fn percent(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut coded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            coded.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(coded, "%{byte:02X}");
        }
        coded
    })
}

/// `%2F` as `%2f`; letters that stand for themselves stay.
fn with_small_codes(percent: &str) -> String {
    let mut left = 0_u8;
    let small = |c: char| {
        let is_code = left > 0;
        left = if c == '%' { 2 } else { left.saturating_sub(1) };
        if is_code { c.to_ascii_lowercase() } else { c }
    };
    percent.chars().map(small).collect()
}

/// As JSON writers do it that keep to ASCII.
fn ascii_json(json: &str) -> String {
    use std::fmt::Write as _;
    json.chars().fold(String::with_capacity(json.len()), |mut text, c| {
        if c.is_ascii() {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a `String` cannot fail.
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
        text
    })
}

/// As shells show a word without quotes.
fn backslashed(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut word, c| {
        if !c.is_alphanumeric() && !"/._-+:,@%=".contains(c) {
            word.push('\\');
        }
        word.push(c);
        word
    })
}
