//! Reads a file into its raw struct and goes on after an error, so that one mistake does not hide the next.
//!
//! serde stops at the first thing that it cannot read. Its place is known, so the smallest entry around it is blanked
//! (the rest keeps its place) and the reading is repeated.

use std::ops::Range;

use serde::de::DeserializeOwned;

use super::{
    problem::ProblemKind,
    tree::{Broken, Node},
};
use crate::nearest::nearest;

/// More mistakes in one file than anybody reads at once.
const MAX_MISTAKES: usize = 100;

/// Reads `text` (which `tree` maps) as far as it can be read; what cannot is added to `problems`.
pub(super) fn read<T: DeserializeOwned + Default>(text: &str, tree: &Node, problems: &mut Vec<Broken>) -> T {
    let mut masked = Masked { text: text.to_owned(), ranges: Vec::new() };
    // The first of several entries counts; that there are more was told when the tree was made.
    tree.repeated().into_iter().for_each(|range| masked.hide(range));
    for _ in 0..MAX_MISTAKES {
        let error = match serde_yaml::from_str(&masked.text) {
            Ok(raw) => return raw,
            Err(error) => error,
        };
        let offset = error.location().map_or(0, |at| offset_of(&masked.text, at.line(), at.column()));
        if !masked.covers(offset) {
            problems.push((token_at(text, offset), kind_of(&error.to_string())));
        }
        if !masked.cover(tree, offset) {
            break;
        }
    }
    T::default()
}

/// The text with entries blanked.
struct Masked {
    text: String,
    ranges: Vec<Range<usize>>,
}

impl Masked {
    fn covers(&self, offset: usize) -> bool {
        self.ranges.iter().any(|range| range.contains(&offset))
    }

    /// Blanks the smallest entry around `offset` that is not blank yet; false where there is none.
    fn cover(&mut self, tree: &Node, offset: usize) -> bool {
        let around = tree.entries_around(offset);
        let Some(range) = around.into_iter().rev().find(|range| !self.ranges.contains(range)) else { return false };
        self.hide(range);
        true
    }

    fn hide(&mut self, range: Range<usize>) {
        self.blank(&range);
        self.ranges.push(range);
    }

    fn blank(&mut self, range: &Range<usize>) {
        let end = end_with_comma(&self.text, range.end.min(self.text.len()));
        let blanks: String = self.text[range.start..end].chars().map(blank_for).collect();
        self.text.replace_range(range.start..end, &blanks);
    }
}

/// As many blanks as the character has bytes, so that ranges stay valid; line ends stay.
fn blank_for(c: char) -> &'static str {
    match (c, c.len_utf8()) {
        ('\n', _) => "\n",
        ('\r', _) => "\r",
        (_, 1) => " ",
        (_, 2) => "  ",
        (_, 3) => "   ",
        _ => "    ",
    }
}

/// An entry of a flow mapping takes the comma behind it along: a leading comma is no YAML.
fn end_with_comma(text: &str, end: usize) -> usize {
    let rest = &text[end..];
    let blank = rest.len() - rest.trim_start().len();
    if rest[blank..].starts_with(',') { end + blank + 1 } else { end }
}

/// The byte of a place that counts lines and characters from 1.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let line_start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = &text[line_start..];
    let in_line = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
    line_start + in_line
}

/// The word at `offset`, for the caret.
fn token_at(text: &str, offset: usize) -> Range<usize> {
    let rest = &text[offset..];
    let quoted = rest.starts_with(['"', '\'']);
    let end = rest.find(|c: char| if quoted { c == '\n' } else { c.is_whitespace() || ",:]}".contains(c) });
    offset..offset + end.unwrap_or(rest.len())
}

/// What serde's words mean; its path and position are told in another way.
fn kind_of(message: &str) -> ProblemKind {
    let message = message.rfind(" at line ").map_or(message, |at| &message[..at]);
    if let Some(at) = message.find("unknown field `") {
        let (key, known) = named(&message[at..]);
        let nearest = nearest(&key, known.iter().map(String::as_str)).map(str::to_owned);
        return ProblemKind::UnknownKey { key, known, nearest };
    }
    if let Some(at) = message.find("unknown variant `") {
        let (value, known) = named(&message[at..]);
        let nearest = nearest(&value, known.iter().map(String::as_str)).map(str::to_owned);
        return ProblemKind::UnknownVariant { value, known, nearest };
    }
    let start = message.find("invalid ").unwrap_or(0);
    ProblemKind::WrongType { detail: message[start..].to_owned() }
}

/// The name that is not known, and those that are, from between the backticks.
fn named(message: &str) -> (String, Vec<String>) {
    let mut names = message.split('`').skip(1).step_by(2).map(str::to_owned);
    (names.next().unwrap_or_default(), names.collect())
}
