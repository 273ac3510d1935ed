//! What is wrong with an inventory, and what is only surprising: always with the place, never only the first.

use std::{
    collections::HashSet,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Audit, EngineFault, VaultFault,
    hive::{HiveFault, Place},
    ini::{IniFault, NOT_UTF8},
    japanese,
    kind::Kind,
    secret,
    source::SourceFault,
    structure::StructureFault,
    tree::Mark,
    yaml::{Becomes, YamlFault},
};
use crate::{
    location::Location,
    text::{Lang, Text},
};

/// How many problems of one file are told.
pub(super) const MAX_PROBLEMS: usize = 100;

/// Everything that is wrong with an inventory's sources.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{} of the inventory's files could not be read", files(problems))]
pub struct InventoryErrors {
    /// The problems, in the order of the sources; at least one.
    pub problems: Vec<Problem>,
    /// The same as findings, with what else can be told of an inventory that cannot be read.
    pub audit: Audit,
}

impl InventoryErrors {
    /// How many files could not be read, in words.
    #[must_use]
    pub fn text(&self) -> Text {
        let count = files(&self.problems);
        Text::new(self.to_string(), format!("インベントリのうち {count} ファイルを読み取れませんでした"))
    }
}

/// How many files have a problem.
fn files(problems: &[Problem]) -> usize {
    problems.iter().map(|problem| &problem.source).collect::<HashSet<_>>().len()
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The file, directory or other source as the user named it.
    pub source: Arc<PathBuf>,
    /// Where in the file, when it is a place in a file.
    pub location: Option<Location>,
    /// The line at `location`.
    pub line: Option<String>,
    /// What is wrong.
    pub reason: Box<Reason>,
}

/// Why something is wrong, by the stage that found it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The source cannot be read at all.
    #[error(transparent)]
    Source(#[from] SourceFault),
    /// The file is no YAML (or JSON) that Ansible accepts.
    #[error(transparent)]
    Yaml(#[from] YamlFault),
    /// The file is readable, but no inventory.
    #[error(transparent)]
    Structure(#[from] StructureFault),
    /// The file is no INI inventory.
    #[error(transparent)]
    Ini(#[from] IniFault),
    /// The file is no hive definition.
    #[error(transparent)]
    Hive(#[from] HiveFault),
    /// The file is encrypted as a whole and stays so.
    #[error(transparent)]
    Vault(#[from] VaultFault),
    /// Ansible could not read it for us.
    #[error(transparent)]
    Engine(#[from] EngineFault),
}

impl Reason {
    /// What is wrong, in words.
    #[must_use]
    pub fn text(&self) -> Text {
        Text::new(self.to_string(), japanese::of_reason(self))
    }

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<Text> {
        match self {
            Self::Source(fault) => fault.hint(),
            Self::Yaml(fault) => fault.hint(),
            Self::Structure(fault) => fault.hint(),
            Self::Ini(fault) => fault.hint(),
            Self::Hive(fault) => fault.hint(),
            Self::Vault(fault) => fault.hint(),
            Self::Engine(fault) => fault.hint(),
        }
    }
}

impl Problem {
    /// A problem of a source as a whole.
    pub(super) fn of_source(path: &Path, reason: impl Into<Reason>) -> Self {
        Self { source: Arc::new(path.to_path_buf()), location: None, line: None, reason: Box::new(reason.into()) }
    }

    /// The problem in a language: its place, what is wrong, the line, and what to do about it.
    #[must_use]
    pub fn told(&self, lang: Lang) -> String {
        let place = match &self.location {
            Some(location) => location.to_string(),
            None => self.source.display().to_string(),
        };
        let below = below(self.location.as_ref(), self.line.as_deref(), self.reason.hint(), lang);
        format!("{place}: {}{below}", self.reason.text().get(lang))
    }
}

impl Problem {
    /// The same about a text that was decrypted: where, but nothing of the text.
    pub(super) fn without_text(self) -> Self {
        match *self.reason {
            Reason::Source(_) | Reason::Vault(_) | Reason::Structure(StructureFault::Vaulted) => self,
            _ => Self { line: None, reason: Box::new(StructureFault::Encrypted.into()), ..self },
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(Lang::En))
    }
}

/// The line that is meant, and what to do about it, each below the message.
fn below(location: Option<&Location>, line: Option<&str>, hint: Option<Text>, lang: Lang) -> String {
    let line = line.zip(location).map(|(line, location)| format!("\n  {:>4} | {line}", location.line));
    let hint = hint.map(|hint| format!("\n  hint: {}", hint.get(lang)));
    line.unwrap_or_default() + &hint.unwrap_or_default()
}

/// Something that Ansible accepts, or only warns about, and that surprises people.
#[derive(Debug, Clone, PartialEq)]
pub struct Warning {
    /// What it is.
    pub kind: WarningKind,
    /// Where, when it is a place in a file.
    pub location: Option<Location>,
    /// The line at `location`.
    pub line: Option<String>,
}

/// What a warning is about. Its [`WarningKind::id`] is stable.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WarningKind {
    /// A key that a group cannot have.
    #[error(
        "group `{group}` has the unknown key `{key}`; Ansible knows `hosts`, `vars` and `children` and skips the rest"
    )]
    UnknownGroupKey {
        /// The group.
        group: String,
        /// The key.
        key: String,
        /// The key that was meant, perhaps.
        near: Option<&'static str>,
    },
    /// A group that is no mapping.
    #[error("`{group}` is {found} instead of a group's mapping; Ansible skips it")]
    SkippedGroup {
        /// The group.
        group: String,
        /// What stands there.
        found: Kind,
    },
    /// A key written twice in one mapping.
    #[error("the key `{key}` stands here a second time; the last one wins")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// Two maps of one merge list (`<<: [*a, *b]`) have a key with different values.
    #[error(
        "two maps of this merge list have the key `{key}`; the first one counts, but with PyYAML 6.0.4 it may be the last"
    )]
    MergeOrder {
        /// The key.
        key: String,
    },
    /// A host and a group of one name.
    #[error("`{name}` is both a host and a group")]
    SameName {
        /// The name.
        name: String,
    },
    /// Characters in a group name that do not make a variable name.
    #[error("the group name `{group}` has characters that make no variable name")]
    GroupName {
        /// The group.
        group: String,
    },
    /// A file that Ansible does not look at because of its name.
    #[error("`{}` is skipped because of its name; Ansible reads no such file inside a directory", path.display())]
    IgnoredFile {
        /// The file.
        path: PathBuf,
    },
    /// A variables file that another one hides.
    #[error("`{}` is not read, because `{}` comes first", path.display(), by.display())]
    HiddenVarsFile {
        /// The file nobody reads.
        path: PathBuf,
        /// What is read instead.
        by: PathBuf,
    },
    /// `group_vars` or `host_vars` that is a file.
    #[error("`{}` is no directory and is skipped", path.display())]
    VarsNoDirectory {
        /// The file.
        path: PathBuf,
    },
    /// Bytes that are no UTF-8, in a place where Ansible tolerates them.
    #[error("a byte here is no UTF-8; Ansible shows it as `?`")]
    NotUtf8,
    /// A collection inside `!unsafe`, which ansible-core 2.18 loses.
    #[error("a list or mapping inside an `!unsafe` collection is empty for ansible-core 2.18")]
    UnsafeNesting,
    /// A plain scalar that YAML 1.1 reads as a number in base 60.
    #[error("`{text}` without quotes is the number {value} (YAML 1.1 counts in base 60)")]
    Sexagesimal {
        /// As written.
        text: String,
        /// As read.
        value: String,
    },
    /// Something that later versions of Ansible read otherwise.
    #[error("since ansible-core 2.19 `{written}` {becomes}")]
    Since219 {
        /// As written.
        written: String,
        /// What becomes of it.
        becomes: Becomes,
    },
    /// Two hosts that stand for this machine.
    #[error("`{name}` is a second host that stands for this machine")]
    SecondLocalhost {
        /// The later one.
        name: String,
    },
    /// A key that the hive plugins do not know and drop in silence.
    #[error("hive does not know `{key}` in {place} and ignores it")]
    UnknownHiveKey {
        /// The key.
        key: String,
        /// Where it stands.
        place: Place,
        /// The key that was meant, perhaps.
        near: Option<&'static str>,
    },
    /// A string where Python's truth surprises.
    #[error("`{key}: \"{value}\"` is a string and therefore true")]
    TrueString {
        /// The key.
        key: String,
        /// The text.
        value: String,
    },
    /// A shared repository that does not say where it is.
    #[error("`shared_repository` counts as given here, whatever it says, but has no `context_dir`")]
    SharedWithoutContext,
    /// An encrypted disk whose key hive does not ask for.
    #[error("`mirrored_disk_encrypted` has no `kms_key_id` beside it, so that AWS takes the account's default key")]
    DefaultKey,
    /// The first hive does not exist.
    #[error("`{host}` is named first_hive, but stage `{stage}` has no such host")]
    PhantomFirstHive {
        /// The host that is not there.
        host: String,
        /// The stage.
        stage: String,
    },
    /// The stage of the run is not defined.
    #[error("stage `{stage}` is not defined in the hive project, so that it has no hosts")]
    UndefinedStage {
        /// The stage.
        stage: String,
    },
    /// Only Ansible can read one of the sources.
    #[error("`{program}` reads the whole inventory, in a temporary copy: {why}")]
    ReadByAnsible {
        /// The program.
        program: &'static str,
        /// The source and what is special about it.
        why: String,
    },
    /// One published port for two services.
    #[error("published port {port} of `{service}` is already taken by `{other}`")]
    DuplicatePort {
        /// The port.
        port: String,
        /// The later service.
        service: String,
        /// The key of the earlier one in `published_port_map`.
        other: String,
    },
}

impl WarningKind {
    /// What surprises, in words.
    #[must_use]
    pub fn text(&self) -> Text {
        Text::new(self.to_string(), japanese::of_warning(self))
    }

    /// The stable name of this kind of warning.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::UnknownGroupKey { .. } => "unknown-group-key",
            Self::SkippedGroup { .. } => "skipped-group",
            Self::DuplicateKey { .. } => "duplicate-key",
            Self::MergeOrder { .. } => "merge-order",
            Self::SameName { .. } => "host-and-group",
            Self::GroupName { .. } => "group-name",
            Self::IgnoredFile { .. } => "ignored-file",
            Self::HiddenVarsFile { .. } => "hidden-vars-file",
            Self::VarsNoDirectory { .. } => "vars-no-directory",
            Self::NotUtf8 => "not-utf8",
            Self::UnsafeNesting => "unsafe-nesting",
            Self::Sexagesimal { .. } => "base-60",
            Self::Since219 { .. } => "since-2.19",
            Self::SecondLocalhost { .. } => "second-localhost",
            Self::UnknownHiveKey { .. } => "unknown-hive-key",
            Self::TrueString { .. } => "true-string",
            Self::SharedWithoutContext => "shared-without-context",
            Self::DefaultKey => "default-key",
            Self::PhantomFirstHive { .. } => "phantom-first-hive",
            Self::UndefinedStage { .. } => "undefined-stage",
            Self::DuplicatePort { .. } => "duplicate-port",
            Self::ReadByAnsible { .. } => "read-by-ansible",
        }
    }

    /// What to do about it, where that is not plain from the warning itself.
    #[must_use]
    pub fn hint(&self) -> Option<Text> {
        Some(match self {
            Self::UnknownGroupKey { near: Some(near), .. } | Self::UnknownHiveKey { near: Some(near), .. } => {
                did_you_mean(near)
            }
            Self::UnknownHiveKey { near: None, .. } => {
                Text::new("take it out: it has no effect", "効果がないため、削除してください")
            }
            Self::SkippedGroup { .. } => Text::new(
                "write the group as a key with `hosts:`, `children:` or nothing below",
                "グループはキーで書き、その下には `hosts:` や `children:` を置くか、何も置かないでください",
            ),
            Self::MergeOrder { key } => Text::new(
                format!("write `{key}` beside the `<<`"),
                format!("`<<` と同じマッピングに `{key}` を書いてください"),
            ),
            Self::GroupName { .. } => {
                Text::new("use letters, digits and underscores only", "英字、数字、下線だけを使ってください")
            }
            Self::IgnoredFile { path } if path.extension().is_some_and(|ending| ending == "ini") => Text::new(
                "take the ending away; ansible-core reads `.ini` inside directories only since 2.19",
                "拡張子を外してください。ansible-core がディレクトリの中の `.ini` を読むのは 2.19 以降です",
            ),
            Self::HiddenVarsFile { .. } => {
                Text::new("put everything into one of the two", "どちらか一方にまとめてください")
            }
            Self::Sexagesimal { text, .. } => Text::new(
                format!("write it in quotes: `\"{text}\"`"),
                format!("引用符で囲んで `\"{text}\"` と書いてください"),
            ),
            Self::SharedWithoutContext => Text::new(
                "write a mapping, `shared_repository: {context_dir: DIRECTORY}`, or take the key out",
                "`shared_repository: {context_dir: ディレクトリ}` のようにマッピングで書くか、キーごと削除してください",
            ),
            Self::DefaultKey => Text::new(
                "name the key, as in `kms_key_id: arn:aws:kms:ap-northeast-1:123456789012:key/KEY-ID`",
                "`kms_key_id: arn:aws:kms:ap-northeast-1:123456789012:key/キーID` のように鍵を指定してください",
            ),
            Self::TrueString { .. } => Text::new("take the quotes away", "引用符を外してください"),
            Self::Since219 { .. } => Text::new(
                "say what is meant: text in quotes, a list as a list",
                "文字列は引用符で囲み、リストはリストとして書くなど、意図どおりの型を明示してください",
            ),
            _ => return None,
        })
    }
}

/// The hint at a name that looks like the one that was meant.
pub(super) fn did_you_mean(near: &str) -> Text {
    Text::new(format!("did you mean `{near}`?"), format!("`{near}` の間違いではありませんか"))
}

impl Warning {
    /// The warning in a language: its place, what surprises, its stable name, the line, and what to do about it.
    #[must_use]
    pub fn told(&self, lang: Lang) -> String {
        let place = self.location.as_ref().map(|location| format!("{location}: ")).unwrap_or_default();
        let below = below(self.location.as_ref(), self.line.as_deref(), self.kind.hint(), lang);
        format!("{place}{} [{}]{below}", self.kind.text().get(lang), self.kind.id())
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(Lang::En))
    }
}

/// A file's text under the name that messages use.
#[derive(Debug, Clone)]
pub(super) struct SourceText {
    pub(super) path: Arc<PathBuf>,
    pub(super) text: String,
}

/// How much of a long line a message shows.
const SHOWN_LINE: usize = 160;

/// A text of the user's for a message, which must not be filled by it.
pub(super) fn shortened(text: &str) -> String {
    if text.chars().nth(SHOWN_LINE).is_none() {
        return text.to_owned();
    }
    text.chars().take(SHOWN_NAME).chain(['…']).collect()
}

/// How much of a long name a message shows.
const SHOWN_NAME: usize = 40;

impl SourceText {
    pub(super) fn location(&self, mark: Mark) -> Location {
        Location { file: Arc::clone(&self.path), line: mark.line, column: mark.column }
    }

    pub(super) fn problem(&self, mark: Mark, reason: impl Into<Reason>) -> Problem {
        Problem {
            source: Arc::clone(&self.path),
            location: Some(self.location(mark)),
            line: self.line(mark.line),
            reason: Box::new(reason.into()),
        }
    }

    pub(super) fn warning(&self, mark: Mark, kind: WarningKind) -> Warning {
        Warning { kind, location: Some(self.location(mark)), line: self.line(mark.line) }
    }

    /// A line as messages show it: without secrets, not too long, and nothing in it that a terminal would obey.
    pub(super) fn line(&self, number: u32) -> Option<String> {
        let line = secret::shown_line(&self.text, (number as usize).saturating_sub(1));
        let shown = |c: char| if c == NOT_UTF8 || (c.is_control() && c != '\t') { '\u{fffd}' } else { c };
        line.map(|line| line.chars().take(SHOWN_LINE).map(shown).collect())
    }
}
