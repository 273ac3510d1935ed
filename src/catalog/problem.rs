//! What can be wrong with a check file, told with the place, the line itself and a hint.

use std::{fmt, ops::Range, path::PathBuf, sync::Arc};

use unicode_width::UnicodeWidthStr;

use crate::{location::Location, trust::Untrusted};

/// All problems of all files that were read; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", summary(.problems))]
pub struct CatalogErrors {
    /// The problems, in order of file and line.
    pub problems: Vec<Problem>,
}

fn summary(problems: &[Problem]) -> String {
    let plural = if problems.len() == 1 { "problem" } else { "problems" };
    format!("{} {plural} in the check files", problems.len())
}

/// One problem and where it is. Displayed over several lines, as compilers do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it begins; line 0 where the file as a whole is meant.
    pub location: Location,
    /// What is wrong.
    pub kind: ProblemKind,
    /// The line of the file.
    line_text: String,
    /// Characters that are meant, from the location's column.
    length: usize,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the variants and their fields mean")]
pub enum ProblemKind {
    #[error("it says what runs, and {0}")]
    Untrusted(Untrusted),
    #[error("the file cannot be read: {detail}")]
    Unreadable { detail: String },
    #[error("the file is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("there are more than {limit} files below `{directory}`")]
    TooMany { directory: String, limit: usize },
    #[error("the file is not UTF-8 text")]
    NotUtf8,
    #[error("the file is empty")]
    Empty,
    #[error("the file holds more than one document")]
    SeveralDocuments,
    #[error("not valid YAML: {detail}")]
    Syntax { detail: String },
    #[error("values are nested too deeply")]
    TooDeep,
    #[error("`{key}` is given twice (first on line {line})")]
    DuplicateKey { key: String, line: usize },
    #[error("a check file lies in a topic directory: `<topic>/<name>.yml`")]
    Misplaced,
    #[error("a check file is called `<name>.yml`")]
    WrongExtension,
    #[error("unknown key `{key}`")]
    UnknownKey { key: String, known: Vec<String>, nearest: Option<String> },
    #[error("`{value}` is not one of {}", listed(.known))]
    UnknownVariant { value: String, known: Vec<String>, nearest: Option<String> },
    #[error("{detail}")]
    WrongType { detail: String },
    #[error("`{key}` is missing")]
    Missing { key: String, example: Option<&'static str> },
    #[error("`{key}` is empty")]
    Blank { key: String },
    #[error("`id` is `{id}`, but the file's path says `{expected}`")]
    IdNotPath { id: String, expected: String },
    #[error("`{id}` is already the id of `{other}`")]
    DuplicateId { id: String, other: String },
    #[error("{detail}")]
    InvalidName { detail: String },
    #[error("there is no {what} `{id}`")]
    UnknownReference { what: &'static str, id: String, nearest: Option<String> },
    #[error("`needs` goes round in a circle: {}", .circle.join(" -> "))]
    CyclicNeeds { circle: Vec<String> },
    #[error("{detail}")]
    Expression { detail: String, hint: Option<String> },
    #[error("`{name}` is known only after the probe was asked")]
    TooEarly { name: String },
    #[error("`{name}` already names {what}")]
    NameClash { name: String, what: &'static str },
    #[error("`{name}` is no name that expressions can use")]
    InvalidIdentifier { name: String },
    #[error("a check has one probe; this one has {}", if .kinds.is_empty() { "none".to_owned() } else { listed(.kinds) })]
    ProbeCount { kinds: Vec<String> },
    #[error("script `{name}` cannot be used: {detail}")]
    Script { name: String, detail: String },
    #[error("`timeout` must be more than 0 and at most {max} seconds")]
    Timeout { max: u32 },
    #[error("`loop` is neither a template of one `{{{{ expression }}}}` nor a list")]
    Loop,
    #[error("templates are not rendered in `{key}`")]
    TemplateHere { key: &'static str },
    #[error("`{key}` has no place in a manual item: nothing is asked")]
    NotManual { key: String },
    #[error("a remedy step needs `text` or `command`")]
    EmptyStep,
    #[error("`{key}` must be between {min} and {max}")]
    OutOfRange { key: &'static str, min: u64, max: u64 },
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl ProblemKind {
    /// What to do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownKey { nearest: Some(nearest), .. }
            | Self::UnknownVariant { nearest: Some(nearest), .. }
            | Self::UnknownReference { nearest: Some(nearest), .. } => Some(format!("did you mean `{nearest}`?")),
            Self::UnknownKey { known, nearest: None, .. } if !known.is_empty() => {
                Some(format!("known here: {}", listed(known)))
            }
            Self::Missing { example: Some(example), .. } => Some(format!("for example: {example}")),
            Self::Expression { hint, .. } => hint.clone(),
            Self::Untrusted(why) => why.hint().map(|hint| hint.en),
            Self::TooEarly { .. } => Some("`when` and probes see inventory values only; `that` sees both".to_owned()),
            Self::SeveralDocuments => {
                Some("one file holds one check: move the others to files of their own".to_owned())
            }
            Self::WrongType { detail } => type_hint(detail),
            Self::TemplateHere { .. } => {
                Some("it names the condition for every host alike; tell values in `fail_msg`".to_owned())
            }
            Self::ProbeCount { kinds } if kinds.is_empty() => {
                Some("for example: probe: {command: {argv: [ssh, -V]}}".to_owned())
            }
            Self::ProbeCount { .. } => Some("put the others under `evidence`".to_owned()),
            Self::NotManual { .. } => Some("leave it out, or give the check a `probe` instead of `manual`".to_owned()),
            Self::Loop => Some("for example: loop: \"{{ groups['servers'] }}\"".to_owned()),
            _ => None,
        }
    }
}

fn type_hint(detail: &str) -> Option<String> {
    let word = detail.split('"').nth(1)?;
    let boolean = detail.contains("expected a boolean") && matches!(word, "yes" | "no" | "on" | "off");
    boolean.then(|| "write `true` or `false`".to_owned())
}

impl Problem {
    /// A problem of a file as a whole.
    pub(super) fn of_file(file: &Arc<PathBuf>, kind: ProblemKind) -> Self {
        let location = Location { file: Arc::clone(file), line: 0, column: 0 };
        Self { location, kind, line_text: String::new(), length: 0 }
    }

    /// A problem of the bytes `range` of `text`.
    pub(super) fn at(file: &Arc<PathBuf>, text: &str, range: &Range<usize>, kind: ProblemKind) -> Self {
        let start = floor_boundary(text, range.start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_text = text[line_start..].lines().next().unwrap_or_default();
        let column = text[line_start..start].chars().count();
        let in_line =
            floor_boundary(text, range.end.clamp(start, line_start.saturating_add(line_text.len()).max(start)));
        let length = text[start..in_line].trim_end().chars().count();
        let location = Location {
            file: Arc::clone(file),
            line: count(text[..line_start].matches('\n').count() + 1),
            column: count(column + 1),
        };
        Self { location, kind, line_text: line_text.to_owned(), length }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Characters of a line that are shown before and behind the place.
const AROUND: usize = 100;

/// The line, or what is around the place in a long one, and the terminal columns of the caret.
struct Excerpt {
    text: String,
    before: usize,
    under: usize,
}

impl Excerpt {
    fn of(problem: &Problem) -> Self {
        let line: Vec<char> = problem.line_text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let place = usize::try_from(problem.location.column).unwrap_or(1).saturating_sub(1).min(line.len());
        let start = if line.len() > 2 * AROUND { place.saturating_sub(AROUND) } else { 0 };
        let end = if line.len() > 2 * AROUND { (place + AROUND).min(line.len()) } else { line.len() };
        let (left, right) = (if start > 0 { "…" } else { "" }, if end < line.len() { "…" } else { "" });
        let text = |from: usize, to: usize| line[from..to].iter().collect::<String>();
        let meant = text(place, (place + problem.length).min(end));
        Self {
            text: format!("{left}{}{right}", text(start, end)),
            before: left.width() + text(start, place).width(),
            under: meant.width().max(1),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.kind)?;
        if self.location.line == 0 {
            writeln!(f, " --> {}", self.location.file.display())?;
        } else {
            self.fmt_source(f)?;
        }
        match self.kind.hint() {
            Some(hint) => writeln!(f, "hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl Problem {
    fn fmt_source(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.location.line.to_string();
        let gutter = " ".repeat(number.len());
        let shown = Excerpt::of(self);
        writeln!(f, "{gutter}--> {}", self.location)?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{number} | {}", shown.text)?;
        writeln!(f, "{gutter} | {}{}", " ".repeat(shown.before), "^".repeat(shown.under))
    }
}
