//! The words of a line of `ssh_config`.

/// What may stand around words. A wide blank, as Japanese keyboards make it, is a part of its word, and so it is to `ssh`.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];
const BLANKS_AT_END: [char; 5] = [' ', '\t', '\r', '\n', '\x0c'];

/// Splits a line into its keyword (lower case) and its arguments; `None` for blank lines and comments.
///
/// As OpenSSH does it: the keyword may be parted from its arguments by `=`; quotes join words; a `#` that starts a word ends
/// the line.
pub(super) fn split(line: &str) -> Option<Result<(String, Vec<String>), &'static str>> {
    let line = line.trim_start_matches(BLANKS).trim_end_matches(BLANKS_AT_END);
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let end = line.find(|c: char| c.is_ascii_whitespace() || c == '=').unwrap_or(line.len());
    let (keyword, rest) = line.split_at(end);
    let rest = rest.trim_start_matches(BLANKS);
    let rest = rest.strip_prefix('=').unwrap_or(rest).trim_start_matches(BLANKS);
    let keyword = keyword.trim_matches('"').to_ascii_lowercase();
    // The commands go to a shell as they stand, and the criteria have rules of their own.
    if matches!(keyword.as_str(), "proxycommand" | "localcommand" | "remotecommand" | "knownhostscommand" | "match") {
        return Some(Ok((keyword, vec![rest.to_owned()])));
    }
    Some(words(rest).map(|words| (keyword, words)))
}

/// Splits the rest of a `Match` line: at blanks, at an `=`, and around what stands in double quotes; `#` ends it.
pub(super) fn criteria(mut rest: &str) -> Vec<String> {
    let mut words = Vec::new();
    while !rest.is_empty() && !rest.starts_with('#') {
        let (word, tail) = delimited(rest);
        words.push(word);
        rest = tail;
    }
    words
}

/// OpenSSH's `strdelim`: one word, and what follows it.
fn delimited(text: &str) -> (String, &str) {
    let Some(end) = text.find(|c: char| c.is_ascii_whitespace() || c == '"' || c == '=') else {
        return (text.to_owned(), "");
    };
    let (head, tail) = (&text[..end], &text[end..]);
    if let Some(quoted) = tail.strip_prefix('"') {
        let (inside, after) = quoted.split_once('"').unwrap_or((quoted, ""));
        return (format!("{head}{inside}"), after.trim_start());
    }
    let after = tail[1..].trim_start();
    // Only one `=`, be it alone or between blanks.
    let after = if tail.starts_with('=') { after } else { after.strip_prefix('=').unwrap_or(after).trim_start() };
    (head.to_owned(), after)
}

/// Splits arguments at blanks that are not quoted.
fn words(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(&c) = chars.peek() {
        match c {
            c if c.is_ascii_whitespace() => {
                chars.next();
            }
            '#' => break,
            _ => words.push(word(&mut chars)?),
        }
    }
    Ok(words)
}

fn word(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, &'static str> {
    let mut word = String::new();
    let mut quote = None;
    while let Some(&c) = chars.peek() {
        match (quote, c) {
            (None, c) if c.is_ascii_whitespace() => break,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (_, '\\') => {
                chars.next();
                match chars.peek() {
                    Some(&next) if "\"'\\".contains(next) || (quote.is_none() && next == ' ') => word.push(next),
                    _ => {
                        word.push('\\');
                        continue;
                    }
                }
            }
            (_, c) => word.push(c),
        }
        chars.next();
    }
    if quote.is_some() { Err("a quote is not closed") } else { Ok(word) }
}

#[cfg(test)]
mod tests {
    use super::{criteria, split};

    #[test]
    fn criteria_part_as_in_openssh() {
        for (text, words) in [
            ("host a,b user c", &["host", "a,b", "user", "c"][..]),
            ("host=a !user = b # why", &["host", "a", "!user", "b"]),
            (r#"exec "test a = b" all"#, &["exec", "test a = b", "all"]),
            ("all", &["all"]),
            ("", &[]),
        ] {
            assert_eq!(criteria(text), words, "{text}");
        }
    }

    fn line(text: &str) -> (String, Vec<String>) {
        split(text).unwrap().unwrap()
    }

    #[test]
    fn keywords_and_arguments_part_as_in_openssh() {
        for text in ["Port 22", "port=22", "  PORT = 22  # why", "\"Port\"\t\"22\"", "Port '22'"] {
            assert_eq!(line(text), ("port".to_owned(), vec!["22".to_owned()]), "{text}");
        }
        assert_eq!(line(r#"Host "a b" c\ d e\"f"#).1, ["a b", "c d", "e\"f"]);
        assert_eq!(line(r"IdentityFile C:\x").1, [r"C:\x"]);
        assert_eq!(line("ProxyCommand nc -x 'a b' %h %p # no comment").1, ["nc -x 'a b' %h %p # no comment"]);
        assert!(split("   # x").is_none() && split("").is_none());
        assert!(split("Host \"a").unwrap().is_err());
    }
}
