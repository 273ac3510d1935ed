//! Why Ansible could not read the inventory for us.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{text::Text, trust::Untrusted};

/// Why Ansible could not read the inventory for us.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineFault {
    /// It would run plugins of the project.
    #[error("it is not started, because the project's plugins are code: {0}")]
    Untrusted(Untrusted),
    /// There is no such program.
    #[error("`{0}` is not in PATH, but it has to read this inventory")]
    NotInstalled(&'static str),
    /// The copy cannot be made.
    #[error("`{}` cannot be copied: {message}", path.display())]
    Copy {
        /// What was to be copied.
        path: PathBuf,
        /// The refusal.
        message: String,
    },
    /// More files than anybody's project has.
    #[error("`{}` has more than {limit} files, too many to copy", path.display())]
    TooManyFiles {
        /// The directory.
        path: PathBuf,
        /// The most that is copied.
        limit: usize,
    },
    /// More bytes than anybody's project has.
    #[error("`{}` has more than {} MiB, too much to copy", path.display(), limit / 1024 / 1024)]
    TooLarge {
        /// The directory.
        path: PathBuf,
        /// The most that is copied.
        limit: u64,
    },
    /// The program does not start.
    #[error("it does not start: {0}")]
    Start(String),
    /// The program ends in an error.
    #[error("it could not read the inventory ({status}){}", told(stderr))]
    Failed {
        /// How it ended.
        status: String,
        /// The end of its standard error.
        stderr: String,
    },
    /// The program does not end.
    #[error("it did not answer within {seconds} s{}", told(stderr))]
    Timeout {
        /// The most that it may take.
        seconds: u64,
        /// The end of its standard error.
        stderr: String,
    },
    /// Output without end.
    #[error("it printed more than {} MiB", limit / 1024 / 1024)]
    TooMuchOutput {
        /// The most that is read.
        limit: u64,
    },
    /// Output that is no inventory.
    #[error("it printed {what}; expected the JSON of an inventory{}", told(stderr))]
    Output {
        /// What it printed.
        what: String,
        /// The end of its standard error.
        stderr: String,
    },
}

impl EngineFault {
    pub(in crate::inventory) fn hint(&self) -> Option<Text> {
        let (en, ja) = match self {
            Self::Untrusted(why) => return why.hint(),
            Self::NotInstalled("hive") => (
                "install it with `pip install hive-builder 'ansible-core==2.18.*'`, or activate its environment",
                "`pip install hive-builder 'ansible-core==2.18.*'` でインストールするか、その環境を有効にしてください",
            ),
            Self::NotInstalled(_) => (
                "install it with `pip install 'ansible-core==2.18.*'`, or activate its environment",
                "`pip install 'ansible-core==2.18.*'` でインストールするか、その環境を有効にしてください",
            ),
            Self::TooManyFiles { .. } | Self::TooLarge { .. } => (
                "start hive-preflight in the project's own directory",
                "プロジェクトのディレクトリで hive-preflight を実行してください",
            ),
            _ => return None,
        };
        Some(Text::new(en, ja))
    }

    pub(super) fn copy(path: &Path, error: &io::Error) -> Self {
        Self::Copy { path: path.to_path_buf(), message: error.to_string() }
    }
}

/// What a program told, indented below the message.
fn told(stderr: &str) -> String {
    stderr.lines().fold(String::new(), |text, line| text + "\n  | " + line)
}
