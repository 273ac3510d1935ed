//! `fnmatch`, case-sensitive, with the corner cases of Python's translation to regular expressions.

/// A glob, taken apart once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glob {
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Star,
    Any,
    Never,
    Char(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Glob {
    pub(super) fn new(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let mut tokens = Vec::new();
        let mut at = 0;
        while let Some(c) = chars.get(at) {
            at += 1;
            let token = match c {
                '*' if tokens.last() == Some(&Token::Star) => continue,
                '*' => Token::Star,
                '?' => Token::Any,
                '[' => match class_end(&chars, at) {
                    Some(end) => {
                        let token = class(&chars[at..end]);
                        at = end + 1;
                        token
                    }
                    None => Token::Char('['),
                },
                c => Token::Char(*c),
            };
            tokens.push(token);
        }
        Self { tokens }
    }

    /// Whether the whole of `text` matches.
    pub(super) fn is_match(&self, text: &str) -> bool {
        let chars: Vec<char> = text.chars().collect();
        let (mut token, mut at) = (0, 0);
        // Where to go on after the last star, and with how much of the text given to it.
        let mut retry: Option<(usize, usize)> = None;
        while at < chars.len() || token < self.tokens.len() {
            match self.tokens.get(token) {
                Some(Token::Star) => {
                    token += 1;
                    retry = Some((token, at));
                    continue;
                }
                Some(wanted) if chars.get(at).is_some_and(|c| wanted.takes(*c)) => {
                    token += 1;
                    at += 1;
                    continue;
                }
                _ => {}
            }
            match retry {
                Some((after, given)) if given < chars.len() => {
                    retry = Some((after, given + 1));
                    (token, at) = (after, given + 1);
                }
                _ => return false,
            }
        }
        true
    }
}

impl Token {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Star | Self::Never => false,
            Self::Any => true,
            Self::Char(wanted) => *wanted == c,
            Self::Class { negated, ranges } => ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated,
        }
    }
}

/// Where the bracket that is open before `at` closes; a `]` that comes first is a member.
fn class_end(chars: &[char], at: usize) -> Option<usize> {
    let mut end = at;
    if chars.get(end) == Some(&'!') {
        end += 1;
    }
    if chars.get(end) == Some(&']') {
        end += 1;
    }
    (end..chars.len()).find(|end| chars[*end] == ']')
}

/// A bracket's members, as Python cuts them at hyphens and drops ranges the wrong way round.
fn class(inner: &[char]) -> Token {
    let mut chunks = chunks(inner);
    for index in (1..chunks.len()).rev() {
        let wrong = matches!((chunks[index - 1].last(), chunks[index].first()), (Some(low), Some(high)) if low > high);
        if wrong {
            let rest = chunks.remove(index);
            chunks[index - 1].pop();
            chunks[index - 1].extend(&rest[1..]);
        }
    }
    let negated = chunks.first().and_then(|chunk| chunk.first()) == Some(&'!');
    if negated {
        chunks[0].remove(0);
    }
    let mut ranges: Vec<(char, char)> = chunks.iter().flatten().map(|c| (*c, *c)).collect();
    for pair in chunks.windows(2) {
        if let (Some(low), Some(high)) = (pair[0].last(), pair[1].first()) {
            ranges.push((*low, *high));
        }
    }
    match (ranges.is_empty(), negated) {
        (true, true) => Token::Any,
        (true, false) => Token::Never,
        _ => Token::Class { negated, ranges },
    }
}

fn chunks(inner: &[char]) -> Vec<Vec<char>> {
    let mut chunks: Vec<Vec<char>> = Vec::new();
    let mut start = 0;
    let mut from = if inner.first() == Some(&'!') { 2 } else { 1 };
    while let Some(hyphen) = (from..inner.len()).find(|at| inner[*at] == '-') {
        chunks.push(inner[start..hyphen].to_vec());
        start = hyphen + 1;
        from = hyphen + 3;
    }
    let rest = inner.get(start..).unwrap_or_default();
    match chunks.last_mut() {
        Some(last) if rest.is_empty() => last.push('-'),
        _ => chunks.push(rest.to_vec()),
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(glob: &str, text: &str) -> bool {
        Glob::new(glob).is_match(text)
    }

    #[test]
    fn globs_match_as_fnmatch_does() {
        let yes = [
            ("web0[12].x", "web01.x"),
            ("*", ""),
            ("a*b*c", "aXbYbZc"),
            ("?", "é"),
            ("[!a]", "b"),
            ("[]a]", "]"),
            ("[a-c-]", "-"),
            ("[", "["),
            ("[z-a1]", "1"),
            ("[a-]", "-"),
            ("[--0]", "."),
            ("[!]", "[!]"),
            ("a[b", "a[b"),
            ("[[]", "["),
            ("[&]", "&"),
        ];
        let no = [
            ("web", "web1"),
            ("[!a]", "a"),
            ("[z-a]", "z"),
            ("A", "a"),
            ("?", ""),
            ("a*b", "abc"),
            ("[a-c]", "d"),
            ("", "x"),
        ];
        assert_eq!(
            yes.iter().filter(|(glob, text)| !matches(glob, text)).collect::<Vec<_>>(),
            Vec::<&(&str, &str)>::new()
        );
        assert_eq!(
            no.iter().filter(|(glob, text)| matches(glob, text)).collect::<Vec<_>>(),
            Vec::<&(&str, &str)>::new()
        );
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        assert!(!matches(&"*a".repeat(50), &"a".repeat(49)));
        assert!(!matches(&format!("{}b", "*a".repeat(25)), &"a".repeat(5000)));
    }
}
