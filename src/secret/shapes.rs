//! Secrets that are known by their looks, whoever wrote them.

use std::{ops::Range, sync::LazyLock};

use aho_corasick::AhoCorasick;
use regex::{Captures, Regex};

use super::{HIDDEN, VAULTED, names_secret};

/// What every shape has somewhere: most texts have none of it and are done.
const SIGNS: [&str; 26] = [
    "pass",
    "secret",
    "token",
    "key",
    "credential",
    "auth",
    "bearer",
    "://",
    "eyj",
    "akia",
    "asia",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xox",
    "$ansible_vault",
    "$1$",
    "$2",
    "$5$",
    "$6$",
    "$y$",
    "sig=",
];

/// Values that are no secret: somebody hid them already, or they stand for one.
const EMPTY: [&str; 12] = ["{", "[", "***", "*****", "********", "null", "none", "true", "false", "yes", "no", "~"];

/// Where the text has something that looks like a secret.
pub(super) fn places(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if !HAS_SIGN.is_match(text) {
        return found;
    }
    found.extend(WHOLE.iter().flat_map(|shape| shape.find_iter(text)).map(|place| place.range()));
    for shape in VALUES.iter() {
        found.extend(shape.captures_iter(text).filter_map(|parts| Some(parts.get(1)?.range())));
    }
    found.extend(assignments(text));
    found.extend(OPTION.captures_iter(text).filter_map(|parts| option(text, &parts)));
    found.retain(|range| !is_empty(&text[range.clone()]));
    found
}

/// The secrets in a text that has them by their looks, as texts: for those who learn them.
pub(super) fn secrets_of(text: &str) -> Vec<&str> {
    places(text).into_iter().filter_map(|range| text.get(range)).collect()
}

/// Whether a value only names what holds the secret: `{{ name }}`, `$NAME`.
#[must_use]
pub fn is_placeholder(value: &str) -> bool {
    PLACEHOLDER.is_match(value.trim())
}

/// What stands behind names of secrets. Names inside of what was found say nothing new, and each line is looked for once: a
/// text of nothing but such names, which a server may send, takes no longer than another.
fn assignments(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut line, mut done): (Vec<Range<usize>>, Range<usize>, usize) = (Vec::new(), 0..0, 0);
    for parts in ASSIGNED.captures_iter(text) {
        let Some((start, end)) = parts.get(1).zip(parts.get(0)).map(|(before, all)| (before.start(), all.end())) else {
            continue;
        };
        if end < done {
            continue;
        }
        if line.is_empty() || !(line.start..=line.end).contains(&end) {
            let begin = text[..start].rfind('\n').map_or(0, |at| at + 1);
            line = begin..text[end..].find(['\n', '\r']).map_or(text.len(), |at| end + at);
        }
        if let Some(range) = assigned(text, &parts, &line) {
            done = done.max(range.end);
            found.push(range);
        }
    }
    found
}

/// What stands behind `NAME=` or `NAME:` in `line` where the name is a secret's.
fn assigned(text: &str, parts: &Captures<'_>, line: &Range<usize>) -> Option<Range<usize>> {
    let (name, all) = (parts.get(2)?, parts.get(0)?);
    if !names_secret(name.as_str()) {
        return None;
    }
    let rest = &text[all.end()..line.end];
    let begins_line = parts.get(1).is_some_and(|before| {
        let ahead = &text[line.start..before.start()];
        ahead.trim_start_matches(|c: char| c.is_whitespace() || c.is_ascii_digit()).is_empty()
            || ahead.trim_end().ends_with('|')
    });
    let end = match quoted(rest) {
        Some(inner) => return Some(all.end() + inner.start..all.end() + inner.end),
        None if begins_line && is_block(rest) => return Some(block(text, all.start(), all.end() + rest.len())),
        None if begins_line => rest.trim_end().len(),
        None => rest.find(|c: char| c.is_whitespace() || "\"'`".contains(c)).unwrap_or(rest.len()),
    };
    Some(all.end()..all.end() + end)
}

/// The inside of the quotes with which the text begins; all of it where they are not closed.
fn quoted(text: &str) -> Option<Range<usize>> {
    let escape = text.len() - text.trim_start_matches('\\').len();
    let quote = text[escape..].chars().next().filter(|c| "\"'`".contains(*c))?;
    let start = escape + 1;
    let mut was_escaped = false;
    for (at, c) in text[start..].char_indices() {
        if c == quote && (escape > 0 || !was_escaped) {
            let inner = &text[start..start + at];
            return Some(start..start + inner.trim_end_matches(|c| escape > 0 && c == '\\').len());
        }
        was_escaped = c == '\\' && !was_escaped && quote == '"';
    }
    Some(start..text.len())
}

/// Whether the value is the header of a YAML block that stands on the next lines.
fn is_block(value: &str) -> bool {
    let header = value.trim().trim_start_matches("!vault").trim_start_matches("!unsafe").trim();
    header.starts_with(['|', '>']) && header[1..].chars().all(|c| c.is_ascii_digit() || "+-".contains(c))
}

/// The lines below that are further in than the line of `key`.
fn block(text: &str, key: usize, from: usize) -> Range<usize> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let start = text[..key].rfind('\n').map_or(0, |at| at + 1);
    let own = indent(&text[start..]);
    let below = text[from..].find('\n').map_or(text.len(), |at| from + at + 1);
    let mut end = below;
    for line in text[below..].split_inclusive('\n') {
        if !line.trim().is_empty() && indent(line) <= own {
            break;
        }
        end += line.len();
    }
    below..below + text[below..end].trim_end().len()
}

/// What stands behind `--NAME`, or is the next in a list of words, where the name is a secret's.
fn option(text: &str, parts: &Captures<'_>) -> Option<Range<usize>> {
    let (name, value) = (parts.get(1)?, parts.get(2)?);
    let is_flag =
        name.as_str().starts_with("ask") || value.as_str().trim_start_matches(['\\', '\'', '"']).starts_with('-');
    let placeholder = name.as_str().rsplit(['-', '_']).next().unwrap_or_default().to_uppercase();
    let is_placeholder = value.as_str().trim_end_matches(['`', '.', ',']) == placeholder;
    if is_flag || is_placeholder || !names_secret(name.as_str()) {
        return None;
    }
    let inner = quoted(&text[value.start()..]).map(|inner| value.start() + inner.start..value.start() + inner.end);
    Some(inner.unwrap_or_else(|| value.range()))
}

/// Whether the value stands for a secret and is none.
fn is_empty(value: &str) -> bool {
    let value = value.trim();
    let bare = value.trim_end_matches(['`', '"', '\'', ',', ';', '.', ')', '}', ']']);
    bare.is_empty()
        || [HIDDEN, VAULTED].iter().any(|mask| value.starts_with(mask))
        || EMPTY.contains(&bare.to_lowercase().as_str())
        || (bare.starts_with('<') && value.contains('>'))
        || PLACEHOLDER.is_match(value)
}

static HAS_SIGN: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let signs = SIGNS.iter().chain(&["-----begin", "curl", "wget", "npm_", "aiza", "ya29."]);
    #[expect(clippy::unwrap_used, reason = "the signs are constants; a test uses them")]
    AhoCorasick::builder().ascii_case_insensitive(true).build(signs).unwrap()
});

/// Shapes that are secret as a whole.
static WHOLE: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
        r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b",
        r"\bgh[pousr]_[A-Za-z0-9]{10,}",
        r"\bgithub_pat_[A-Za-z0-9_]{10,}",
        r"\bglpat-[A-Za-z0-9_.\-]{10,}",
        r"\bxox[a-z]-[A-Za-z0-9\-]{8,}",
        r"\bnpm_[A-Za-z0-9]{30,}",
        r"\bAIza[A-Za-z0-9_\-]{30,}",
        r"\bya29\.[A-Za-z0-9_\-]{10,}",
        r"\beyJ[A-Za-z0-9_\-]{6,}\.[A-Za-z0-9_\-]{4,}\.[A-Za-z0-9_\-]*",
        // Hashes of passwords.
        r"\$(?:1|2[abxy]?|5|6|y)\$[A-Za-z0-9./$=,]{20,}",
    ]
    .map(compile)
    .into()
});

/// Shapes of which the first group is secret.
static VALUES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r#"\b[A-Za-z][A-Za-z0-9+.\-]*://[^\s/:@"'`<>]*:([^\s/@"'`<>]+)@"#,
        r#"(?i)\\?"auth\\?"\s*:\s*\\?"([A-Za-z0-9+/=_\-]{6,})"#,
        r#"(?i)\bauthorization\\?["']?\s*[:=]\s*\\?["']?(?:(?:basic|bearer|token|digest|negotiate)\s+)?([^\s"'\\,]+)"#,
        r"(?i)\bbearer\s+([A-Za-z0-9._~+/=\-]*[0-9][A-Za-z0-9._~+/=\-]{6,})",
        r"(?i)\bbasic\s+([A-Za-z0-9+/]{10,}={1,2})",
        r"[?&](?:sig|signature|X-Amz-Signature)=([^&\s]+)",
        r#"\bsshpass\s+-p\s*['"]?([^\s'"]+)"#,
        r#"\b(?:curl|wget)\b[^\n]*?\s(?:-u|--user)[ =]?['"]?[^\s:'"]+:([^\s'"]+)"#,
        // What ncat and curl give to a proxy, mostly in a `ProxyCommand`.
        r#"--proxy-(?:auth|user)[ =]\\*['"]?[^\s:'"]+:([^\s'"]+)"#,
        r"\$ANSIBLE_VAULT;[0-9.]+;[A-Z0-9]+(?:;[\w.\-]+)?((?:(?:\s|\\n)+[0-9a-f]{4,})+)",
    ]
    .map(compile)
    .into()
});

/// What is in front of a name, the name, and what stands between it and its value.
static ASSIGNED: LazyLock<Regex> = LazyLock::new(|| {
    compile(
        r#"(?i)((?:export[ \t]+|[-+~][ \t]+)*\\?["'`]?)([A-Z0-9_.\-]*(?:pass|secret|token|key|credential)[A-Z0-9_\-]*)\\?["']?[ \t]*(?:=>|:=|[:=])[ \t]*"#,
    )
});

static OPTION: LazyLock<Regex> = LazyLock::new(|| {
    compile(
        r"(?i)(?:^|[\s'\x22`\[(,])--?([a-z0-9_\-]*(?:pass|secret|token|key|credential)[a-z0-9_\-]*)(?:[ \t]+|\\*['\x22],[ \t]*)(\S+)",
    )
});

/// `{{ name }}`, `$NAME`, `${NAME}`, `%s`.
static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
    compile(r#"^["'`]?(?:\{\{\s*[A-Za-z_][\w.]*\s*\}\}|\$\{?[A-Za-z_]\w*\}?|\$\([^)]*\)|%[a-z])["'`.,;]*$"#)
});

#[expect(clippy::unwrap_used, reason = "the expressions are constants; a test uses them")]
fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap()
}
