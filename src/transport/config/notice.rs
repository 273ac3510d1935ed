//! What was written about a connection and is not done.

use std::path::PathBuf;

use crate::text::Text;

/// A part of an `ssh_config` file or of ssh arguments that has no effect here, and might have had one with `ssh`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Notice {
    /// The file; absent for arguments.
    pub file: Option<PathBuf>,
    /// The line, from 1; 0 for the whole file or arguments.
    pub line: usize,
    /// What it is.
    pub kind: NoticeKind,
}

/// What is not done.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// An option that `ssh` would obey.
    NotHonoured(String),
    /// An option that `ssh` does not know either: `ssh` stops at it.
    Unknown(String),
    /// A value that cannot be understood: option and value.
    BadValue(String, String),
    /// A criterion of `Match` that is not decided here; its block is passed over.
    Match(String),
    /// A file or line that cannot be read; why.
    Unreadable(String),
}

impl Notice {
    /// What it says, with its place.
    #[must_use]
    pub fn text(&self) -> Text {
        let place = match (&self.file, self.line) {
            (None, _) => "ssh arguments".to_owned(),
            (Some(file), 0) => file.display().to_string(),
            (Some(file), line) => format!("{}:{line}", file.display()),
        };
        let (en, ja) = match &self.kind {
            NoticeKind::NotHonoured(option) => {
                (format!("`{option}` has no effect here"), format!("`{option}` はこのツールでは無視されます"))
            }
            NoticeKind::Unknown(option) => {
                (format!("`{option}` is no option of ssh"), format!("`{option}` は ssh のオプションではありません"))
            }
            NoticeKind::BadValue(option, value) => {
                (format!("`{value}` is no value for `{option}`"), format!("`{option}` に `{value}` は指定できません"))
            }
            NoticeKind::Match(criterion) => (
                format!("`Match {criterion}` is not decided here; its block is passed over"),
                format!("`Match {criterion}` は判定できないため、このブロックは使われません"),
            ),
            NoticeKind::Unreadable(why) => (format!("cannot be read: {why}"), format!("読めません: {why}")),
        };
        Text::new(format!("{place}: {en}"), format!("{place}: {ja}"))
    }
}
