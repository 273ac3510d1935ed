//! Secrets that were read, and where they stand in other texts.

use std::{
    collections::{BTreeMap, HashSet},
    ops::{Bound, Range},
};

use aho_corasick::AhoCorasick;

use super::{Kind, forms};

/// A text shorter than this is masked only where it stands alone: `22` in `port 22`, not in `2022`.
const SURE: usize = 5;

/// A word of letters only and shorter than this, too: `local` is no part of `localhost`.
const SURE_WORD: usize = 8;

/// A line of so many characters may have been cut without a mark.
const LONG: usize = 160;

/// How many forms wait before the searcher is built anew.
const WAITING: usize = 64;

/// Words that stand everywhere: as the value of a variable they are no secret that a mask could keep.
const COMMON: [&str; 28] = [
    "admin",
    "ansible",
    "changeme",
    "default",
    "disabled",
    "docker",
    "enabled",
    "false",
    "guest",
    "hive",
    "local",
    "localhost",
    "none",
    "null",
    "off",
    "omit",
    "operator",
    "password",
    "private",
    "production",
    "public",
    "root",
    "secret",
    "staging",
    "test",
    "true",
    "user",
    "yes",
];

/// The texts that must not be shown, in all their forms.
#[derive(Default)]
pub(super) struct Known {
    texts: HashSet<String>,
    /// Form and kind; in order, for beginnings of forms.
    forms: BTreeMap<String, Kind>,
    /// The length of the longest form, in bytes.
    longest: usize,
    /// How forms begin: most tails of lines begin none.
    heads: HashSet<[u8; SURE]>,
    /// Finds the forms of `listed`.
    searcher: Option<AhoCorasick>,
    listed: Vec<(String, Kind)>,
    /// What is not yet among `listed`.
    waiting: Vec<(String, Kind)>,
}

impl Known {
    /// Adds a text with its lines and forms; tells whether it was new.
    pub(super) fn add(&mut self, text: &str, kind: Kind) -> bool {
        if is_common(text, kind) || !self.texts.insert(text.to_owned()) {
            return false;
        }
        let before = self.forms.len();
        for form in forms::of(text, kind.least()) {
            if !self.forms.contains_key(&form) {
                self.longest = self.longest.max(form.len());
                self.heads.extend(form.as_bytes().first_chunk());
                self.waiting.push((form.clone(), kind));
                self.forms.insert(form, kind);
            }
        }
        self.forms.len() > before
    }

    /// Whether [`Self::settle`] has something to do.
    pub(super) fn is_unsettled(&self) -> bool {
        self.waiting.len() > WAITING || (self.searcher.is_none() && !self.waiting.is_empty())
    }

    /// Builds the searcher for everything that is known by now.
    pub(super) fn settle(&mut self) {
        self.listed.append(&mut self.waiting);
        let forms = self.listed.iter().map(|(form, _)| form.as_bytes());
        // Too many for one searcher is not possible: they would not fit into the memory before.
        match AhoCorasick::new(forms) {
            Ok(searcher) => self.searcher = Some(searcher),
            Err(_) => self.waiting = std::mem::take(&mut self.listed),
        }
    }

    /// Everything that must be masked, in no order.
    pub(super) fn places(&self, text: &str) -> Vec<(Range<usize>, Kind)> {
        let mut places = Vec::new();
        if self.forms.is_empty() {
            return places;
        }
        for found in self.searcher.iter().flat_map(|searcher| searcher.find_overlapping_iter(text)) {
            let (form, kind) = &self.listed[found.pattern().as_usize()];
            if is_shown(text, &found.range(), form) {
                places.push((found.range(), *kind));
            }
        }
        for (form, kind) in &self.waiting {
            let found = text.match_indices(form.as_str()).map(|(at, _)| at..at + form.len());
            places.extend(found.filter(|range| is_shown(text, range, form)).map(|range| (range, *kind)));
        }
        self.add_beginnings(text, &mut places);
        places
    }

    /// The beginnings of such texts at the ends of lines that were cut.
    fn add_beginnings(&self, text: &str, places: &mut Vec<(Range<usize>, Kind)>) {
        let mut start = 0;
        for line in text.split('\n') {
            let cut = ["…", " ...", "..."].into_iter().find_map(|dots| line.strip_suffix(dots));
            if cut.is_some() || line.len() >= LONG {
                let head = cut.unwrap_or(line);
                // What is longer than every form begins none.
                let lengths = SURE..=self.longest;
                let mut tails = head.char_indices().map(|(at, _)| at).filter(|at| lengths.contains(&(head.len() - at)));
                let found = tails.find_map(|at| Some((at, self.kind_of_beginning(&head[at..])?)));
                places.extend(found.map(|(at, kind)| (start + at..start + head.len(), kind)));
            }
            start += line.len() + 1;
        }
    }

    fn kind_of_beginning(&self, tail: &str) -> Option<Kind> {
        self.heads.get(tail.as_bytes().first_chunk()?)?;
        let (form, kind) = self.forms.range::<str, _>((Bound::Included(tail), Bound::Unbounded)).next()?;
        form.starts_with(tail).then_some(*kind)
    }

    /// Whether a form that nobody writes by chance stands in the text, and not in `source`.
    pub(super) fn holds(&self, text: &str, source: &str) -> bool {
        let is_held = |form: &str| is_sure(form) && !source.contains(form);
        let listed = self.searcher.iter().flat_map(|searcher| searcher.find_overlapping_iter(text));
        listed.map(|found| &self.listed[found.pattern().as_usize()].0).any(|form| is_held(form))
            || self.waiting.iter().any(|(form, _)| text.contains(form.as_str()) && is_held(form))
    }
}

fn is_common(text: &str, kind: Kind) -> bool {
    kind == Kind::Named && COMMON.contains(&text.trim().to_lowercase().as_str())
}

/// Whether the form is long enough to be masked in the middle of a word, too.
fn is_sure(form: &str) -> bool {
    let least = if form.chars().all(char::is_alphabetic) { SURE_WORD } else { SURE };
    form.chars().count() >= least
}

fn is_shown(text: &str, range: &Range<usize>, form: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let (before, after) = (text[..range.start].chars().next_back(), text[range.end..].chars().next());
    is_sure(form) || (!before.is_some_and(word) && !after.is_some_and(word))
}
