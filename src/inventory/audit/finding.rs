//! One finding, as data: its words are those of the rule's check.

use indexmap::IndexMap;

use super::Rule;
use crate::{
    inventory::{HostName, Value, error::SourceText, tree::Mark},
    location::Location,
};

/// Something that a rule found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// The host that it speaks of; absent: the inventory as a whole.
    pub host: Option<HostName>,
    /// Where the offending key or value is written.
    pub location: Option<Location>,
    /// The line there.
    pub line: Option<String>,
    /// What it is about, in a word: a stage, a service, a port. May be empty.
    pub subject: String,
    /// What was expected and what was found, by the names that the check's messages use.
    pub facts: IndexMap<String, Value>,
}

impl Finding {
    /// A finding at a place of a file.
    pub(super) fn at(rule: Rule, source: &SourceText, mark: Mark, subject: impl Into<String>) -> Self {
        Self { location: Some(source.location(mark)), line: source.line(mark.line), ..Self::nowhere(rule, subject) }
    }

    /// A finding without a place.
    pub(in crate::inventory) fn nowhere(rule: Rule, subject: impl Into<String>) -> Self {
        let (subject, facts) = (subject.into(), IndexMap::new());
        Self { rule, host: None, location: None, line: None, subject, facts }
    }

    /// Adds a fact.
    pub(in crate::inventory) fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }
}
