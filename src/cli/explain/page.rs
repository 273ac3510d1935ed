//! The page that an explanation is written on.

use std::borrow::Cow;

use crate::{catalog::Template, cli::style::Painter, report::wrap, text::Lang};

const INDENT: &str = "  ";
const DEEPER: &str = "     ";

/// Text in sections, wrapped to a width.
pub(super) struct Page {
    lang: Lang,
    width: usize,
    painter: Painter,
    indent: &'static str,
    text: String,
    /// The number of a step that the next line begins with.
    number: Option<String>,
}

impl Page {
    pub(super) fn new(lang: Lang, width: usize, painter: Painter) -> Self {
        Self { lang, width, painter, indent: INDENT, text: String::new(), number: None }
    }

    pub(super) fn lang(&self) -> Lang {
        self.lang
    }

    /// The wording in the page's language.
    pub(super) fn say(&self, en: &'static str, ja: &'static str) -> &'static str {
        match self.lang {
            Lang::En => en,
            Lang::Ja => ja,
        }
    }

    pub(super) fn head(&mut self, id: &str, title: &str) {
        self.text = format!("{}\n", self.painter.strong(id));
        for line in wrap(title, self.width) {
            self.text += &line;
            self.text.push('\n');
        }
    }

    pub(super) fn section(&mut self, en: &'static str, ja: &'static str) -> &mut Self {
        let title = self.painter.strong(self.say(en, ja));
        self.text.extend(["\n", &title, "\n"]);
        self.indent = INDENT;
        self
    }

    /// What follows belongs to step `number`; a single step needs no number.
    pub(super) fn numbered(&mut self, number: usize, of: usize) {
        if of > 1 {
            self.number = Some(format!("{INDENT}{number}. "));
            self.indent = DEEPER;
        }
    }

    /// Words, wrapped; an empty line between paragraphs.
    pub(super) fn prose(&mut self, text: &str) {
        let width = self.width.saturating_sub(self.indent.len()).max(20);
        for paragraph in text.trim_end().lines() {
            for line in wrap(paragraph, width) {
                self.line(&line);
            }
        }
    }

    pub(super) fn field(&mut self, en: &'static str, ja: &'static str, value: &str) {
        self.prose(&format!("{}: {value}", self.say(en, ja)));
    }

    /// Lines to type or to compare, never wrapped.
    pub(super) fn code(&mut self, text: &str) {
        for line in text.trim_end().lines() {
            self.line(&format!("{INDENT}{line}"));
        }
    }

    pub(super) fn optional(&mut self, text: Option<&str>) {
        if let Some(text) = text {
            self.line(text);
        }
    }

    pub(super) fn line(&mut self, text: &str) {
        let start = self.number.take().map_or(Cow::Borrowed(self.indent), Cow::Owned);
        self.text += format!("{start}{text}").trim_end();
        self.text.push('\n');
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// A template for people who have no values yet: `{{ path }}` becomes `<path>`. Templates with `{% %}` stay as they
/// are: which branch holds is not known either.
pub(super) fn filled(template: &Template) -> String {
    let source = template.source();
    if source.contains("{%") {
        return source.to_owned();
    }
    let mut out = String::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, behind)) = after.split_once("}}") else { break };
        out.extend([before, "<", name.trim_matches(['-', '+']).trim(), ">"]);
        rest = behind;
    }
    out + rest
}
