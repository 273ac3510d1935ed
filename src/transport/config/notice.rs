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
    /// A command of `Match exec` that could not be run, or did not end.
    Exec(String),
    /// A command of `Match exec` that must not be run.
    ExecRefused(String),
    /// A file that others may write to, or that is somebody else's: `ssh` stops at it.
    Foreign,
    /// A file of `-F` that is not there: `ssh` stops at it.
    NoConfig,
    /// A name that `CanonicalizeHostname` cannot complete, with `CanonicalizeFallbackLocal no`: `ssh` stops there.
    NoCanonicalName(String),
    /// An option whose list leaves nothing that can be used: option and value.
    NothingLeft(String, String),
    /// A key file of `-i` that is not there; `ssh` passes over it too.
    NoFile(String),
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
        let Text { en, ja } = self.kind.text();
        Text::new(format!("{place}: {en}"), format!("{place}: {ja}"))
    }
}

impl NoticeKind {
    fn text(&self) -> Text {
        match self {
            Self::NotHonoured(option) => Text::new(
                format!("`{option}` has no effect here; `--transport openssh` follows it"),
                format!("`{option}` はこのツールでは無視されます（`--transport openssh` なら有効です）"),
            ),
            Self::Unknown(option) => Text::new(
                format!("`{option}` is no option of ssh"),
                format!("`{option}` は ssh のオプションではありません"),
            ),
            Self::BadValue(option, value) => Text::new(
                format!("`{value}` is no value for `{option}`"),
                format!("`{option}` に `{value}` は指定できません"),
            ),
            Self::Match(criterion) => Text::new(
                format!(
                    "`Match {criterion}` is not decided here; its block is passed over (`--transport openssh` decides it)"
                ),
                format!(
                    "`Match {criterion}` は判定できないため、このブロックは使われません（`--transport openssh` なら判定されます）"
                ),
            ),
            Self::Unreadable(why) => Text::new(format!("cannot be read: {why}"), format!("読めません: {why}")),
            Self::Exec(command) => Text::new(
                format!(
                    "the command `{command}` of `Match exec` cannot be run or does not end; its block is passed over"
                ),
                format!(
                    "`Match exec` のコマンド `{command}` を実行できないか終了しないため、このブロックは使われません"
                ),
            ),
            Self::ExecRefused(command) => Text::new(
                format!("the command `{command}` of `Match exec` is not run; its block is passed over"),
                format!("`Match exec` のコマンド `{command}` は実行しません。このブロックは使われません"),
            ),
            Self::Foreign => Text::new(
                "`ssh` stops at this file: it is somebody else's, or others may write to it (`chmod go-w`)",
                "所有者が異なるか他のユーザーが書き込めるファイルなので、`ssh` はここで停止します（`chmod go-w`）",
            ),
            Self::NoConfig => Text::new(
                "`ssh` stops here: there is no such file (`-F`; `~` is not replaced in it)",
                "`-F` のファイルがないため、`ssh` はここで停止します（`~` は展開されません）",
            ),
            Self::NoCanonicalName(name) => Text::new(
                format!(
                    "`ssh` stops here: `{name}` is in none of `CanonicalDomains`, and `CanonicalizeFallbackLocal` is `no`"
                ),
                format!(
                    "`{name}` は `CanonicalDomains` のどれにもなく `CanonicalizeFallbackLocal` が `no` なので、`ssh` はここで停止します"
                ),
            ),
            Self::NothingLeft(option, value) => Text::new(
                format!("`{option} {value}` leaves nothing that can be used here; `--transport openssh` follows it"),
                format!("`{option} {value}` では使えるものが残りません（`--transport openssh` なら有効です）"),
            ),
            Self::NoFile(file) => {
                Text::new(format!("`-i {file}`: there is no such file"), format!("`-i {file}`: ファイルがありません"))
            }
        }
    }
}
