//! One entry of a list in a file of agreements: its place, and what its keys must hold.

use std::{fmt::Display, str::FromStr};

use jiff::civil::Date;
use serde::de::DeserializeOwned;

use crate::{
    catalog::{Document, ProblemKind, Step},
    location::Location,
};

/// An entry that is being read; what is wrong with it goes to its document.
pub(super) struct Entry<'a, R> {
    pub(super) document: &'a mut Document<R>,
    /// The key of the list.
    pub(super) list: &'static str,
    pub(super) index: usize,
}

impl<R: DeserializeOwned + Default> Entry<'_, R> {
    pub(super) fn location(&self) -> Location {
        self.document.location(&[Step::Key(self.list), Step::Item(self.index)])
    }

    pub(super) fn report(&mut self, key: &str, kind: ProblemKind) {
        self.document.report(&[Step::Key(self.list), Step::Item(self.index), Step::Key(key)], kind);
    }

    pub(super) fn invalid(&mut self, key: &str, detail: String) {
        self.report(key, ProblemKind::InvalidName { detail });
    }

    /// What must be there and say something.
    pub(super) fn filled(&mut self, key: &str, text: Option<String>) -> Option<String> {
        match text {
            None => self.report(key, ProblemKind::Missing { key: key.to_owned(), example: None }),
            Some(text) if text.trim().is_empty() => self.report(key, ProblemKind::Blank { key: key.to_owned() }),
            Some(text) => return Some(text),
        }
        None
    }

    pub(super) fn parsed<T: FromStr<Err: Display>>(&mut self, key: &str, text: &str) -> Option<T> {
        text.parse().map_err(|error: T::Err| self.invalid(key, error.to_string())).ok()
    }

    /// The last day on which the entry, a `what`, counts.
    pub(super) fn last_day(&mut self, key: &str, text: Option<String>, what: &str) -> Option<Date> {
        let text = self.filled(key, text)?;
        let date = text.parse().ok();
        if date.is_none() {
            let detail =
                format!("`{text}` is no day: expected one like `2027-03-31`, the last on which the {what} counts");
            self.invalid(key, detail);
        }
        date
    }
}
