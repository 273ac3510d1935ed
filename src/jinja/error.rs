//! What can be wrong with an expression or template, in one form for syntax and evaluation.

use std::{error::Error as _, ops::Range};

use minijinja::{Error, ErrorKind, Value, value::ValueKind};

use super::environment;

/// Why an expression or template is wrong, or could not be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JinjaError {
    /// What is wrong; lower case, names in backticks.
    pub message: String,
    /// Line in the source, from 1, where known.
    pub line: Option<usize>,
    /// The value that was undefined, where that is the cause and its name is known.
    pub undefined: Option<String>,
    /// The bytes of the source that are meant, where known.
    pub range: Option<Range<usize>>,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
    /// The message begins with the variables on the way to the fault, the one that was asked for first.
    pub reached_through: bool,
    /// It came of how deep the evaluation was when it began: asked by itself, the same may have a value.
    pub passing: bool,
}

impl JinjaError {
    /// An error that is told as `message`; for scopes whose lookups can fail.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            line: None,
            undefined: None,
            range: None,
            hint: None,
            reached_through: false,
            passing: false,
        }
    }

    /// The error that the invalid value `value` carries; absent for every other value.
    #[must_use]
    pub fn carried_by(value: &Value) -> Option<Self> {
        if value.kind() != ValueKind::Invalid {
            return None;
        }
        // The engine hands the error out when the value is taken for a scope.
        let nothing = environment::text().compile_expression("none").ok()?;
        nothing.eval(value.clone()).err().map(Self::from)
    }

    /// The same, reached through the variable that `variable` names with its place. A hint becomes part of the message,
    /// because whoever sees it does not see the template.
    #[must_use]
    pub fn through(mut self, variable: impl Into<String>) -> Self {
        let hint = self.hint.take().map(|hint| format!("; {hint}")).unwrap_or_default();
        self.message = format!("{}: {}{hint}", variable.into(), self.message);
        self.reached_through = true;
        self.without_place()
    }

    /// The error of the undefined value `name`.
    #[must_use]
    pub fn undefined(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { undefined: Some(name.clone()), ..Self::new(format!("`{name}` is undefined")) }
    }

    /// A value that is this error: whoever looks at it fails with it. For the lookups of lazy scopes.
    #[must_use]
    pub fn into_value(self) -> Value {
        Value::from(Error::from(self))
    }

    pub(super) fn at(source: &str, range: Range<usize>, message: impl Into<String>) -> Self {
        let line = source.get(..range.start).map(|before| before.matches('\n').count() + 1);
        Self { line, range: Some(range), ..Self::new(message) }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Moves the places of an error in a part of a source to that source.
    pub(super) fn shifted(mut self, source: &str, by: usize) -> Self {
        self.line = self.line.map(|line| line + source.get(..by).map_or(0, |before| before.matches('\n').count()));
        self.range = self.range.map(|range| range.start + by..range.end + by);
        self
    }

    /// For sources that were rewritten before they were compiled: the places are none of the user's.
    pub(super) fn without_place(mut self) -> Self {
        self.range = None;
        self
    }
}

impl From<JinjaError> for Error {
    fn from(error: JinjaError) -> Self {
        let kind = if error.undefined.is_some() { ErrorKind::UndefinedError } else { ErrorKind::InvalidOperation };
        Self::new(kind, error.to_string()).with_source(error)
    }
}

impl From<Error> for JinjaError {
    fn from(error: Error) -> Self {
        if let Some(inner) = carried(&error) {
            return inner;
        }
        let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        let undefined = undefined_name(&detail);
        let message = match (&undefined, error.kind()) {
            (Some(name), ErrorKind::UndefinedError) => format!("`{name}` is undefined"),
            (None, ErrorKind::UndefinedError) if error.detail().is_none() => "a value is undefined".to_owned(),
            (_, ErrorKind::SyntaxError) => format!("syntax error: {detail}"),
            (_, ErrorKind::OutOfFuel) => "too much work: the evaluation was stopped".to_owned(),
            _ => detail,
        };
        Self { line: error.line(), undefined, range: error.range(), ..Self::new(message) }
    }
}

/// The error of ours that went in through a lazy scope.
fn carried(error: &Error) -> Option<JinjaError> {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(ours) = inner.downcast_ref::<JinjaError>() {
            return Some(ours.clone());
        }
        source = inner.source();
    }
    None
}

/// The engine names what was undefined in its words: "`a.b` is undefined".
fn undefined_name(detail: &str) -> Option<String> {
    let end = detail.find("` is undefined")?;
    let start = detail[..end].rfind('`')? + 1;
    Some(detail[start..end].to_owned()).filter(|name| !name.contains("(...)"))
}
