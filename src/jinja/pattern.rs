//! Regular expressions with the meaning that Python's `re` gives them.

use std::{cell::RefCell, collections::HashMap, sync::Arc};

use fancy_regex::{Regex, RegexBuilder};

use super::JinjaError;

/// How a pattern is compiled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Flags {
    pub(super) ignore_case: bool,
    pub(super) multi_line: bool,
    /// Only at the beginning of the text (`re.match`).
    pub(super) anchored: bool,
}

/// Patterns that are kept compiled in each thread.
const KEPT: usize = 256;
/// Steps back that one match may take.
const BACKTRACKS: usize = 1_000_000;

thread_local! {
    static COMPILED: RefCell<HashMap<(String, Flags), Arc<Regex>>> = RefCell::new(HashMap::new());
}

/// Compiles `pattern`, or takes it from those compiled before.
pub(super) fn compile(pattern: &str, flags: Flags) -> Result<Arc<Regex>, JinjaError> {
    let key = (pattern.to_owned(), flags);
    if let Some(regex) = COMPILED.with_borrow(|kept| kept.get(&key).cloned()) {
        return Ok(regex);
    }
    let regex = Arc::new(build(pattern, flags)?);
    COMPILED.with_borrow_mut(|kept| {
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&regex));
    });
    Ok(regex)
}

fn build(pattern: &str, flags: Flags) -> Result<Regex, JinjaError> {
    let (inline, body) = inline_flags(pattern);
    let multi_line = flags.multi_line || inline.contains('m');
    let body = translate(body, multi_line);
    let body = if flags.anchored { format!(r"\A(?:{body})") } else { body };
    RegexBuilder::new(&body)
        .case_insensitive(flags.ignore_case || inline.contains('i'))
        .dot_matches_new_line(inline.contains('s'))
        .multi_line(multi_line)
        .verbose_mode(inline.contains('x'))
        .backtrack_limit(BACKTRACKS)
        .build()
        .map_err(|error| JinjaError::new(format!("`{pattern}` is no regular expression: {error}")))
}

/// The flags of a leading `(?ims)`, and the rest.
fn inline_flags(pattern: &str) -> (&str, &str) {
    let flags = pattern.strip_prefix("(?").and_then(|rest| rest.split_once(')'));
    match flags {
        Some((flags, rest)) if !flags.is_empty() && flags.bytes().all(|flag| b"imsxu".contains(&flag)) => (flags, rest),
        _ => ("", pattern),
    }
}

/// Says in the engine's words what differs from Python's.
fn translate(pattern: &str, multi_line: bool) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    // Inside a class; true right after its opening.
    let mut class: Option<bool> = None;
    while let Some(c) = rest.chars().next() {
        let length = match (c, class) {
            ('\\', _) => escape(rest, class.is_some(), &mut out),
            (']', Some(first)) if !first => leave(&mut class, &mut out),
            (_, Some(_)) => {
                class = Some(false);
                in_class(c, &mut out)
            }
            ('[', None) => enter(rest, &mut class, &mut out),
            ('{', None) => brace(rest, &mut out),
            // Before a final line end, too.
            ('$', None) if !multi_line => push(r"(?=\n?\z)", 1, &mut out),
            _ => push_char(c, &mut out),
        };
        rest = &rest[length..];
    }
    out
}

fn push(text: &str, length: usize, out: &mut String) -> usize {
    out.push_str(text);
    length
}

fn push_char(c: char, out: &mut String) -> usize {
    out.push(c);
    c.len_utf8()
}

fn leave(class: &mut Option<bool>, out: &mut String) -> usize {
    *class = None;
    push("]", 1, out)
}

/// `[` or `[^`; a `]` right after it is a character.
fn enter(rest: &str, class: &mut Option<bool>, out: &mut String) -> usize {
    *class = Some(true);
    let opening = if rest.starts_with("[^") { "[^" } else { "[" };
    out.push_str(opening);
    if rest[opening.len()..].starts_with(']') {
        *class = Some(false);
        return push(r"\]", opening.len() + 1, out);
    }
    opening.len()
}

/// Python knows neither nested classes nor operations on them.
fn in_class(c: char, out: &mut String) -> usize {
    if matches!(c, '[' | '&' | '~') {
        out.push('\\');
    }
    push_char(c, out)
}

fn escape(rest: &str, in_class: bool, out: &mut String) -> usize {
    match rest[1..].chars().next() {
        Some('Z') if !in_class => push(r"\z", 2, out),
        Some('b') if in_class => push(r"\x08", 2, out),
        // No word boundaries in Python.
        Some(c @ ('<' | '>')) => push(&c.to_string(), 2, out),
        Some(c) => {
            out.push('\\');
            1 + push_char(c, out)
        }
        None => push_char('\\', out),
    }
}

/// A brace that counts nothing is a character.
fn brace(rest: &str, out: &mut String) -> usize {
    let counted = rest[1..].split_once('}').map(|(inner, _)| inner);
    let parts = counted.map(|inner| (inner, inner.split_once(',').unwrap_or((inner, "0"))));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match parts {
        Some((inner, (low, high))) if !inner.is_empty() && digits(low) && digits(high) && inner != "," => {
            let low = if low.is_empty() { "0" } else { low };
            let comma = inner.split_once(',').map_or(String::new(), |(_, high)| format!(",{high}"));
            push(&format!("{{{low}{comma}}}"), inner.len() + 2, out)
        }
        _ => push(r"\{", 1, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, text: &str) -> Option<String> {
        let regex = compile(pattern, Flags::default()).expect("a valid pattern");
        regex.find(text).expect("bounded").map(|found| found.as_str().to_owned())
    }

    #[test]
    fn what_differs_from_the_engine_has_python_meaning() {
        // Each was tried with Python's re.
        for (pattern, text, expected) in [
            ("c$", "abc\n", Some("c")),
            (r"c\Z", "abc\n", None),
            (r"c\Z", "abc", Some("c")),
            ("[[]x", "a[x", Some("[x")),
            ("[]x]+", "]x", Some("]x")),
            ("[^]]", "]a", Some("a")),
            ("[a&&b]+", "a&b", Some("a&b")),
            ("a{", "a{", Some("a{")),
            ("{foo}", "{foo}", Some("{foo}")),
            ("a{,2}", "aaa", Some("aa")),
            ("a{2}", "aaa", Some("aa")),
            ("a{1,}", "aaa", Some("aaa")),
            (r"\<b\>", "<b>", Some("<b>")),
            ("(?i)ABC", "xabc", Some("abc")),
            (r"(?P<n>a)(?P=n)", "aa", Some("aa")),
            (r"(a)\1", "aa", Some("aa")),
            (r"a(?!b)", "abac", Some("a")),
            ("(?m)^b$", "a\nb\n", Some("b")),
            (r"[\w.-]+", "a.b-c d", Some("a.b-c")),
            (r"\$\{x\}", "${x}", Some("${x}")),
        ] {
            assert_eq!(found(pattern, text).as_deref(), expected, "{pattern} on {text:?}");
        }
    }

    #[test]
    fn a_broken_pattern_is_told_with_its_text() {
        let error = compile("(", Flags::default()).expect_err("an open group");
        assert!(error.message.starts_with("`(` is no regular expression"), "{error}");
    }
}
