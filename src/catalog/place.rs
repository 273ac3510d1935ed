//! From an offset in a scalar's value to the bytes of the file, whatever quotes, escapes and folds lie between.

use std::{iter::Peekable, ops::Range, str::Chars};

use libyaml_safer::ScalarStyle;

use super::tree::{Node, NodeKind};

/// Where `range` of the value of `node` stands in `text`; the whole scalar where that cannot be told.
pub(super) fn place_in(text: &str, node: &Node, range: &Range<usize>) -> Range<usize> {
    let NodeKind::Scalar { value, style } = &node.kind else { return node.range.clone() };
    let start = place(text, node, value, *style, range.start);
    let end = place(text, node, value, *style, range.end);
    match (start, end) {
        (Some(start), Some(end)) if start < end => start..end,
        (Some(start), _) => start..start,
        (None, _) => node.range.clone(),
    }
}

fn place(text: &str, node: &Node, value: &str, style: ScalarStyle, offset: usize) -> Option<usize> {
    let written = text.get(node.range.clone())?;
    let (body, base) = match style {
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => (written.get(1..)?, node.range.start + 1),
        ScalarStyle::Literal | ScalarStyle::Folded => {
            let header = written.find('\n')? + 1;
            (&written[header..], node.range.start + header)
        }
        _ => (written, node.range.start),
    };
    let consumed = align(body, value.get(..offset)?, style)?;
    Some(base + consumed)
}

/// How much of `written` makes up `value`, which is its beginning.
fn align(written: &str, value: &str, style: ScalarStyle) -> Option<usize> {
    let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
    let mut wanted = value.chars().peekable();
    let (mut at, indent) = if block { beginning(written, &mut wanted) } else { (0, 0) };
    while let Some(c) = wanted.next() {
        let rest = &written[at..];
        let next = rest.chars().next()?;
        if next == '\n' || (next == ' ' && !block && c != ' ') || (next == ' ' && folds_here(rest, block)) {
            at += break_length(rest, if block { Some(indent) } else { None });
            while c == '\n' && wanted.peek() == Some(&'\n') {
                wanted.next();
            }
        } else {
            at += unit(rest, c, style)?;
        }
    }
    // A place right behind a line break of a block is the first character of the next line.
    Some(at)
}

/// Where the first line of a block begins that says something, and its indentation. Empty lines before it are line ends
/// of the value.
fn beginning(written: &str, wanted: &mut Peekable<Chars<'_>>) -> (usize, usize) {
    let mut at = 0;
    for line in written.split_inclusive('\n').take_while(|line| line.trim().is_empty()) {
        if wanted.next_if_eq(&'\n').is_none() {
            break;
        }
        at += line.len();
    }
    let line = &written[at..];
    let indent = line.len() - line.trim_start_matches(' ').len();
    (at + indent, indent)
}

/// In flow scalars, blanks before a line end belong to the fold.
fn folds_here(rest: &str, block: bool) -> bool {
    !block && rest.trim_start_matches([' ', '\t']).starts_with('\n')
}

/// A line break with what folds into it: in blocks the indentation, elsewhere all blanks and empty lines.
fn break_length(rest: &str, indent: Option<usize>) -> usize {
    match indent {
        Some(indent) => {
            let blank: usize = rest[1..].split_inclusive('\n').take_while(|line| *line == "\n").map(str::len).sum();
            let line = &rest[1 + blank..];
            1 + blank + (line.len() - line.trim_start_matches(' ').len()).min(indent)
        }
        None => rest.len() - rest.trim_start().len(),
    }
}

/// The bytes that write the character `c`.
fn unit(rest: &str, c: char, style: ScalarStyle) -> Option<usize> {
    match style {
        ScalarStyle::SingleQuoted if rest.starts_with("''") && c == '\'' => Some(2),
        ScalarStyle::DoubleQuoted if rest.starts_with('\\') => escape_length(&rest[1..]).map(|length| length + 1),
        _ => rest.starts_with(c).then(|| c.len_utf8()),
    }
}

fn escape_length(rest: &str) -> Option<usize> {
    match rest.chars().next()? {
        'x' => Some(3),
        'u' => Some(5),
        'U' => Some(9),
        '\n' => None,
        c => Some(c.len_utf8()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::tree::parse;

    /// The text of the file that stands where `word` stands in the value of `key`.
    fn found(yaml: &str, word: &str) -> String {
        let tree = parse(yaml, &mut Vec::new()).expect("valid YAML");
        let node = tree.at("key");
        let value = node.text().expect("a scalar");
        let start = value.find(word).expect("the word is in the value");
        yaml[place_in(yaml, node, &(start..start + word.len()))].to_owned()
    }

    #[test]
    fn a_word_is_found_again_in_every_style() {
        for yaml in [
            "key: one two WORD end\n",
            "key: 'it''s two WORD end'\n",
            "key: \"a\\tb \\u3042 \\\"x\\\" WORD end\"\n",
            "key: one\n  two\n\n  three WORD end\n",
            "key: 'one\n  two WORD end'\n",
            "key: |\n  one\n    two\n\n\n  three WORD end\n",
            "key: >-\n  one\n  two WORD end\n",
            "key: |\n\n  日本語 WORD end\n",
        ] {
            assert_eq!(found(yaml, "WORD"), "WORD", "{yaml}");
        }
    }
}
