//! What was decrypted must not be shown: the texts, and how they look where they stand in other texts.

use std::collections::BTreeSet;

use super::{CONCEALED, Value};

/// A text shorter than this is masked only where it stands alone: `22` in `port 22`, not in `2022`.
const SURE: usize = 5;

/// A word of letters only and shorter than this, too: `local` is no part of `localhost`.
const SURE_WORD: usize = 8;

/// A line of so many characters may have been cut without a mark.
const LONG: usize = 160;

/// A text shorter than this hides nothing.
const LEAST: usize = 2;

/// The texts that must not be shown, the longest first.
#[derive(Debug, Default)]
pub(super) struct Concealed {
    texts: BTreeSet<(std::cmp::Reverse<usize>, String)>,
}

impl Concealed {
    /// Adds all text in a value.
    pub(super) fn add(&mut self, value: &Value) {
        match value {
            Value::String(text) | Value::Unsafe(text) | Value::BigInt(text) => self.add_text(text),
            Value::List(list) => list.iter().for_each(|value| self.add(value)),
            Value::Map(map) => map.values().for_each(|value| self.add(value)),
            Value::Int(number) => self.add_text(&number.to_string()),
            Value::Float(number) => self.add_text(&number.to_string()),
            Value::Null | Value::Bool(_) | Value::Vault(_) => {}
        }
    }

    /// Adds a text, its lines, and the forms that it takes in shell text and in quotes.
    pub(super) fn add_text(&mut self, text: &str) {
        for part in std::iter::once(text).chain(text.lines()) {
            let part = part.trim();
            if part.chars().count() < LEAST {
                continue;
            }
            let debugged = format!("{part:?}");
            let in_quotes = debugged.get(1..debugged.len().saturating_sub(1)).unwrap_or_default();
            for form in [part, &part.replace('\'', r"'\''"), &part.replace('\'', r#"'"'"'"#), in_quotes] {
                self.texts.insert((std::cmp::Reverse(form.len()), form.to_owned()));
            }
        }
    }

    /// Masks every such text.
    pub(super) fn conceal(&self, text: &str) -> String {
        let mut shown = text.to_owned();
        if self.texts.is_empty() {
            return shown;
        }
        for (_, secret) in &self.texts {
            if shown.contains(secret.as_str()) {
                shown = mask(&shown, secret);
            }
        }
        let lines: Vec<String> = shown.split('\n').map(|line| self.without_beginning(line)).collect();
        lines.join("\n")
    }

    /// Masks the beginning of such a text at the end of a line that was cut.
    fn without_beginning(&self, line: &str) -> String {
        let cut = ["…", " ...", "..."].into_iter().find_map(|dots| Some((line.strip_suffix(dots)?, dots)));
        if cut.is_none() && line.chars().count() < LONG {
            return line.to_owned();
        }
        let (head, dots) = cut.unwrap_or((line, ""));
        let begins = |tail: &str| self.texts.iter().any(|(_, secret)| secret.starts_with(tail));
        let mut tails = head.char_indices().map(|(at, _)| at).filter(|at| head.len() - at >= SURE);
        match tails.find(|at| begins(&head[*at..])) {
            Some(at) if !head[at..].starts_with(CONCEALED) => format!("{}{CONCEALED}{dots}", &head[..at]),
            _ => line.to_owned(),
        }
    }
}

fn mask(text: &str, secret: &str) -> String {
    let least = if secret.chars().all(char::is_alphabetic) { SURE_WORD } else { SURE };
    let sure = secret.chars().count() >= least;
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut masked, mut rest, mut before) = (String::with_capacity(text.len()), text, None);
    while let Some(at) = rest.find(secret) {
        let (head, after) = (&rest[..at], &rest[at + secret.len()..]);
        masked.push_str(head);
        let left = head.chars().next_back().or(before);
        let alone = !left.is_some_and(word) && !after.chars().next().is_some_and(word);
        masked.push_str(if sure || alone { CONCEALED } else { secret });
        before = secret.chars().next_back();
        rest = after;
    }
    masked + rest
}
