//! The parts of a template and the tokens of an expression, with their places.
//!
//! The engine's parser has the say on syntax; this reader is used on sources that it has accepted, to look at names.

use std::ops::Range;

/// A part of a template.
#[derive(Debug, Clone)]
pub(super) enum Part {
    /// Text that is written as it is.
    Text(Range<usize>),
    /// `{{ ... }}`: the expression, and all of it; `plain` where no `-` or `+` eats blanks around it.
    Value { range: Range<usize>, outer: Range<usize>, plain: bool, tokens: Vec<Token> },
    /// `{% ... %}`.
    Tag { tokens: Vec<Token> },
}

/// A token of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) range: Range<usize>,
    pub(super) kind: TokenKind,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Name,
    Text,
    Number,
    Sign(char),
}

impl Token {
    pub(super) fn is(&self, sign: char) -> bool {
        self.kind == TokenKind::Sign(sign)
    }

    pub(super) fn is_name(&self, source: &str, name: &str) -> bool {
        self.kind == TokenKind::Name && &source[self.range.clone()] == name
    }
}

impl Part {
    /// A bare expression.
    pub(super) fn expression(source: &str) -> Self {
        let (tokens, _) = tokens(source, 0, None);
        Self::Value { range: 0..source.len(), outer: 0..source.len(), plain: true, tokens }
    }

    /// The tokens, where it has any.
    pub(super) fn tokens(&self) -> &[Token] {
        match self {
            Self::Text(_) => &[],
            Self::Value { tokens, .. } | Self::Tag { tokens, .. } => tokens,
        }
    }
}

/// Takes a valid template apart. Comments leave nothing.
pub(super) fn parts(source: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(found) = source[at..].find('{') {
        let open = at + found;
        let end = match source.as_bytes().get(open + 1) {
            Some(b'{') => value(source, open, &mut parts, at),
            Some(b'%') => tag(source, open, &mut parts, at),
            Some(b'#') => {
                text(&mut parts, at..open);
                source[open..].find("#}").map_or(source.len(), |end| open + end + 2)
            }
            _ => {
                let end = open + 1;
                text(&mut parts, at..end);
                end
            }
        };
        at = end;
    }
    text(&mut parts, at..source.len());
    parts
}

fn text(parts: &mut Vec<Part>, range: Range<usize>) {
    match parts.last_mut() {
        _ if range.is_empty() => {}
        Some(Part::Text(last)) if last.end == range.start => last.end = range.end,
        _ => parts.push(Part::Text(range)),
    }
}

fn value(source: &str, open: usize, parts: &mut Vec<Part>, before: usize) -> usize {
    text(parts, before..open);
    let (start, eats_before) = after_control(source, open + 2);
    let (tokens, end) = tokens(source, start, Some('}'));
    let (inner_end, eats_after) = before_control(source, start, end);
    let outer = open..(end + 2).min(source.len());
    let plain = !eats_before && !eats_after;
    let tokens = tokens.into_iter().filter(|token| token.range.end <= inner_end).collect();
    parts.push(Part::Value { range: start..inner_end, outer: outer.clone(), plain, tokens });
    outer.end
}

fn tag(source: &str, open: usize, parts: &mut Vec<Part>, before: usize) -> usize {
    text(parts, before..open);
    let (start, _) = after_control(source, open + 2);
    let (tokens, end) = tokens(source, start, Some('%'));
    let (inner_end, _) = before_control(source, start, end);
    let close = (end + 2).min(source.len());
    let raw = tokens.first().is_some_and(|token| token.is_name(source, "raw"));
    let tokens = tokens.into_iter().filter(|token| token.range.end <= inner_end).collect();
    parts.push(Part::Tag { tokens });
    if !raw {
        return close;
    }
    let end = end_of_raw(source, close);
    text(parts, close..end);
    end
}

/// Where the tag that ends a raw block begins.
fn end_of_raw(source: &str, from: usize) -> usize {
    let mut at = from;
    while let Some(found) = source[at..].find("{%") {
        let open = at + found;
        if source[open + 2..].trim_start_matches(['-', '+', ' ', '\t', '\n']).starts_with("endraw") {
            return open;
        }
        at = open + 2;
    }
    source.len()
}

fn after_control(source: &str, at: usize) -> (usize, bool) {
    if source[at..].starts_with(['-', '+']) { (at + 1, true) } else { (at, false) }
}

fn before_control(source: &str, start: usize, end: usize) -> (usize, bool) {
    if end > start && source[start..end].ends_with(['-', '+']) { (end - 1, true) } else { (end, false) }
}

/// The tokens from `at` to the closing pair (`}}` or `%}`, by its first character) or the end, and where that is.
fn tokens(source: &str, at: usize, close: Option<char>) -> (Vec<Token>, usize) {
    let mut tokens = Vec::new();
    let mut depth = 0_usize;
    let mut at = at;
    while let Some(c) = source[at..].chars().next() {
        if depth == 0 && close == Some(c) && source[at + 1..].starts_with('}') {
            break;
        }
        let (kind, length) = token(&source[at..], c);
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if let Some(kind) = kind {
            tokens.push(Token { range: at..at + length, kind });
        }
        at += length;
    }
    (tokens, at)
}

fn token(rest: &str, first: char) -> (Option<TokenKind>, usize) {
    match first {
        '"' | '\'' => (Some(TokenKind::Text), string_length(rest, first)),
        c if c.is_whitespace() => (None, c.len_utf8()),
        c if c.is_ascii_digit() => (Some(TokenKind::Number), number_length(rest)),
        c if c.is_alphabetic() || c == '_' => {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            (Some(TokenKind::Name), length)
        }
        c => (Some(TokenKind::Sign(c)), c.len_utf8()),
    }
}

fn number_length(rest: &str) -> usize {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let whole = digits(rest);
    match rest[whole..].strip_prefix('.') {
        Some(fraction) if fraction.starts_with(|c: char| c.is_ascii_digit()) => whole + 1 + digits(fraction),
        _ => whole,
    }
}

fn string_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str) -> Vec<String> {
        let show = |part: &Part| match part {
            Part::Text(range) => format!("text {:?}", &source[range.clone()]),
            Part::Value { range, .. } => format!("value {:?}", &source[range.clone()]),
            Part::Tag { tokens } => {
                format!("tag {:?}", tokens.iter().map(|token| &source[token.range.clone()]).collect::<Vec<_>>())
            }
        };
        parts(source).iter().map(show).collect()
    }

    #[test]
    fn a_template_falls_into_its_parts() {
        assert_eq!(shown("a {{ b }}c"), ["text \"a \"", "value \" b \"", "text \"c\""]);
        assert_eq!(shown("{a}{# {{ x }} #}"), ["text \"{a}\""]);
        assert_eq!(shown("{{- x -}} y"), ["value \" x \"", "text \" y\""]);
        assert_eq!(shown("{{ {'a': {}} }}"), ["value \" {'a': {}} \""]);
        assert_eq!(shown("{{ '}}' ~ x }}"), ["value \" '}}' ~ x \""]);
        assert_eq!(shown("{% raw %}{{ x }}{% endraw %}"), ["tag [\"raw\"]", "text \"{{ x }}\"", "tag [\"endraw\"]"]);
    }
}
