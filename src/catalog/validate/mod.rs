//! Raw to valid: every rule that a check or FAQ file must keep, each broken one told with its place.
//!
//! A value that is missing or wrong is told once and stands in as something harmless, so that the rest of the file is
//! judged too; the caller drops what comes out of a file with problems.

mod check;
mod manual;
mod probe;
mod remedy;

use std::{ops::Range, path::PathBuf, sync::Arc};

pub(super) use check::{References, check, faq};

use super::{
    check::{Expression, Template, TextTemplate},
    place::place_in,
    problem::{Problem, ProblemKind},
    raw::RawText,
    shape::OneOrMany,
    source::Siblings,
    tree::Node,
};
use crate::{
    jinja::{Jinja, JinjaError},
    text::Text,
};

/// One file while it is judged.
pub(super) struct Validator<'a> {
    /// The file's name, as it is told.
    pub(super) file: &'a Arc<PathBuf>,
    /// Its text.
    pub(super) text: &'a str,
    /// The language of expressions and templates.
    pub(super) jinja: &'a Jinja,
    /// The files beside it.
    pub(super) siblings: &'a Siblings,
    /// What was found so far.
    pub(super) problems: Vec<Problem>,
    /// Names that are known only after the probes were asked.
    pub(super) observed: Vec<String>,
}

/// What a template is for, which decides how values go into it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Values as they are.
    Text,
    /// Values quoted for `sh`.
    Shell,
}

/// When an expression or template is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// Before the probe: inventory values only.
    Early,
    /// After it: observations too.
    Late,
}

impl Validator<'_> {
    fn report(&mut self, node: &Node, kind: ProblemKind) {
        self.report_range(&node.range, kind);
    }

    pub(super) fn report_range(&mut self, range: &Range<usize>, kind: ProblemKind) {
        self.problems.push(Problem::at(self.file, self.text, range, kind));
    }

    /// Tells that `key` is missing in `node`, unless it is written there and was told to be wrong already.
    fn missing(&mut self, node: &Node, key: &str, example: Option<&'static str>) {
        if !node.has(key) {
            let at = node.entry(key).map_or(node.range.start, |entry| entry.key.range.start);
            self.report_range(&(at..at + 1), ProblemKind::Missing { key: key.to_owned(), example });
        }
    }

    /// A text that both languages must have; no templates.
    fn words(&mut self, raw: Option<RawText>, parent: &Node, key: &'static str) -> Text {
        let (en, ja) = self.both(raw, parent, key);
        for (text, lang) in [(&en, "en"), (&ja, "ja")] {
            if text.contains("{{") || text.contains("{%") {
                self.report(parent.at(key).at(lang), ProblemKind::TemplateHere { key });
            }
        }
        Text::new(en, ja)
    }

    /// A text with templates that both languages must have.
    fn message(&mut self, raw: Option<RawText>, parent: &Node, key: &'static str) -> TextTemplate {
        let (en, ja) = self.both(raw, parent, key);
        let node = parent.at(key);
        TextTemplate {
            en: self.template(&en, node.at("en"), Use::Text, When::Late),
            ja: self.template(&ja, node.at("ja"), Use::Text, When::Late),
        }
    }

    fn both(&mut self, raw: Option<RawText>, parent: &Node, key: &'static str) -> (String, String) {
        let Some(raw) = raw else {
            self.missing(parent, key, Some("{en: \"...\", ja: \"...\"}"));
            return Default::default();
        };
        let node = parent.at(key);
        (self.filled(raw.en, node, "en"), self.filled(raw.ja, node, "ja"))
    }

    /// A string that must be there and say something.
    fn filled(&mut self, value: Option<String>, node: &Node, key: &str) -> String {
        match value {
            Some(value) if value.trim().is_empty() => {
                self.report(node.at(key), ProblemKind::Blank { key: key.to_owned() });
                value
            }
            Some(value) => value,
            None => {
                self.missing(node, key, None);
                String::new()
            }
        }
    }

    fn expressions(&mut self, raw: Option<OneOrMany>, parent: &Node, key: &str, when: When) -> Vec<Expression> {
        let node = parent.at(key);
        let sources = raw.unwrap_or_default().0;
        sources.iter().enumerate().filter_map(|(at, source)| self.expression(source, node.item(at), when)).collect()
    }

    fn expression(&mut self, source: &str, node: &Node, when: When) -> Option<Expression> {
        match self.jinja.expression(source) {
            Ok(expression) => {
                self.not_too_early(when, expression.names(), node);
                Some(expression)
            }
            Err(error) => {
                self.report_jinja(node, error);
                None
            }
        }
    }

    fn template(&mut self, source: &str, node: &Node, purpose: Use, when: When) -> Template {
        let template = match purpose {
            Use::Text => self.jinja.template(source),
            Use::Shell => self.jinja.shell_template(source),
        };
        match template {
            Ok(template) => {
                self.not_too_early(when, template.names(), node);
                template
            }
            Err(error) => {
                self.report_jinja(node, error);
                Template::default()
            }
        }
    }

    fn not_too_early(&mut self, when: When, names: impl IntoIterator<Item = String>, node: &Node) {
        if when == When::Late {
            return;
        }
        for name in names.into_iter().filter(|name| self.observed.contains(name)).collect::<Vec<_>>() {
            self.report(node, ProblemKind::TooEarly { name });
        }
    }

    fn report_jinja(&mut self, node: &Node, error: JinjaError) {
        let range = match &error.range {
            Some(range) => place_in(self.text, node, range),
            None => node.range.clone(),
        };
        self.report_range(&range, ProblemKind::Expression { detail: error.message, hint: error.hint });
    }
}
