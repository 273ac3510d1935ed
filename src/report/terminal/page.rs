//! The sheet that the report is written on: knows columns, indents and colours, nothing of reports.

use anstyle::{AnsiColor, Style};

use super::{Detail, Options, Word};
use crate::{
    report::{
        escape,
        width::{columns, pad, wrap},
    },
    text::Lang,
};

/// What a piece of text is, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Will stop the run.
    Error,
    /// Will hurt some day.
    Warning,
    /// Worth knowing.
    Info,
    /// Not known.
    Unknown,
    /// As it should be.
    Pass,
    /// A name or heading.
    Strong,
    /// Labels, evidence, what is told in passing.
    Dim,
    /// A command to paste.
    Command,
    /// Prose.
    Plain,
}

impl Role {
    fn style(self) -> Style {
        let color = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
        match self {
            Self::Error => color(AnsiColor::Red).bold(),
            Self::Warning => color(AnsiColor::Yellow).bold(),
            Self::Info => color(AnsiColor::Blue).bold(),
            Self::Unknown => color(AnsiColor::Magenta).bold(),
            Self::Pass => color(AnsiColor::Green).bold(),
            Self::Strong => Style::new().bold(),
            Self::Dim => Style::new().dimmed(),
            Self::Command => color(AnsiColor::Cyan),
            Self::Plain => Style::new(),
        }
    }
}

/// One line of a field, not yet indented.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Escaped text.
    pub(super) text: String,
    /// What it is.
    pub(super) role: Role,
}

/// The sheet.
pub(super) struct Page {
    pub(super) lang: Lang,
    pub(super) detail: Detail,
    width: usize,
    color: bool,
    out: String,
}

/// Blanks before a label.
const MARGIN: usize = 2;

impl Page {
    pub(super) fn new(options: &Options) -> Self {
        let width = options.width.max(40);
        Self { lang: options.lang, detail: options.detail, width, color: options.color, out: String::new() }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    pub(super) fn verbose(&self) -> bool {
        self.detail == Detail::Verbose
    }

    /// Columns for the text of a field.
    pub(super) fn field_width(&self) -> usize {
        self.width - self.column()
    }

    /// Columns for text that stands at the margin.
    pub(super) fn body_width(&self) -> usize {
        self.width - MARGIN
    }

    /// An empty line, unless nothing stands above.
    pub(super) fn gap(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    /// The first line of a finding: mark and word in colour, the name in bold, then a title. Folds behind the mark.
    pub(super) fn heading(&mut self, role: Role, mark: &str, name: &str, title: &str) {
        let (name, title) = (escape::line(name), escape::line(title));
        let text = if name.is_empty() { format!("{mark}  {title}") } else { format!("{mark}  {name}  {title}") };
        let mut lines = wrap(&text, self.body_width()).into_iter();
        let first = lines.next().unwrap_or_default();
        let painted = self.paint_heading(role, mark, &name, &first);
        self.raw(&painted);
        for line in lines {
            self.raw(&format!("{}{line}", " ".repeat(MARGIN)));
        }
    }

    fn paint_heading(&self, role: Role, mark: &str, name: &str, line: &str) -> String {
        let Some(rest) = line.strip_prefix(mark) else { return self.paint(role, line) };
        let mark = self.paint(role, mark);
        match rest.trim_start().strip_prefix(name) {
            Some(title) if !name.is_empty() => format!("{mark}  {}{title}", self.paint(Role::Strong, name)),
            _ => format!("{mark}{rest}"),
        }
    }

    /// A label and its lines, the label beside the first.
    pub(super) fn field(&mut self, label: Word, lines: &[Line]) {
        let mut label = label.get(self.lang);
        for line in lines {
            let label_width = self.column() - MARGIN;
            let painted = self.paint(Role::Dim, &pad(label, label_width));
            let head = if label.is_empty() { " ".repeat(label_width) } else { painted };
            let text = self.paint(line.role, &line.text);
            self.raw(format!("{}{head}{text}", " ".repeat(MARGIN)).trim_end());
            label = "";
        }
    }

    /// A text that begins with a coloured word and folds at the margin.
    pub(super) fn paragraph(&mut self, role: Role, start: &str, text: &str) {
        let whole = format!("{start}{text}");
        for (at, line) in wrap(&whole, self.body_width()).iter().enumerate() {
            match line.strip_prefix(start) {
                Some(rest) if at == 0 => {
                    let painted = format!("{}{rest}", self.paint(role, start));
                    self.raw(&painted);
                }
                _ => self.raw(&format!("{}{line}", " ".repeat(MARGIN))),
            }
        }
    }

    /// A finished line.
    pub(super) fn raw(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    pub(super) fn paint(&self, role: Role, text: &str) -> String {
        let style = role.style();
        if self.color && !text.is_empty() && style != Style::new() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// `text`, which may have several lines, escaped and folded to `width`.
    pub(super) fn prose(text: &str, width: usize, role: Role) -> Vec<Line> {
        let folded = escape::lines(text).into_iter().flat_map(|line| wrap(&line, width));
        folded.map(|text| Line { text, role }).collect()
    }

    /// Where the text of a field begins.
    fn column(&self) -> usize {
        let labels = [Word::Hosts, Word::Checks, Word::Wanted, Word::Found, Word::Why, Word::Fix, Word::Faq, Word::At];
        let widest = labels.iter().map(|label| columns(label.get(self.lang))).max().unwrap_or(0);
        MARGIN + widest + 2
    }
}
