//! Which reader takes a source: inline lists, scripts, plugin files, YAML, INI, and directories of them.

use std::{
    fs, io,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::Path,
    time::Duration,
};

use super::{
    address,
    audit::{Definition, Definitions},
    document::{self, Bytes, Parsed},
    error::{Problem, Reason, WarningKind, did_you_mean},
    groups,
    hive::{self, Context},
    ini,
    kind::Kind,
    python, script,
    structure::{Builder, StructureFault, UNGROUPED},
};
use crate::{
    nearest::nearest,
    stop::Stop,
    text::Text,
    trust::{Scripts, Untrusted},
};

/// Why a source cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceFault {
    /// No such file or directory.
    #[error("no such file or directory")]
    Missing,
    /// The operating system refuses.
    #[error("cannot read it: {message}")]
    Unreadable {
        /// The class of the refusal.
        kind: io::ErrorKind,
        /// The refusal.
        message: String,
    },
    /// Something that may never end.
    #[error("it is {found}; expected a regular file or a directory")]
    NotRegular {
        /// What it is.
        found: &'static str,
    },
    /// Too large.
    #[error("the file has more than {} MiB", limit / 1024 / 1024)]
    TooLarge {
        /// The most that is read, in bytes.
        limit: u64,
    },
    /// A directory without an inventory.
    #[error("the directory holds no inventory")]
    EmptyDirectory,
    /// Directories inside directories.
    #[error("directories are nested more than {limit} deep")]
    TooDeep {
        /// The most that is walked.
        limit: usize,
    },
    /// A plugin that only Ansible has.
    #[error("the inventory plugin `{0}` is none of those that hive-preflight reads itself")]
    UnknownPlugin(String),
    /// A program that does not start.
    #[error("the inventory script does not start: {0}")]
    Start(String),
    /// A program that is not run.
    #[error("the inventory script is not run: {0}")]
    Untrusted(Untrusted),
    /// A program without an interpreter.
    #[error("the inventory script does not start: the file has no `#!` line")]
    NoInterpreter,
    /// A program that ends in an error.
    #[error("the inventory script failed ({status}): {stderr}")]
    Failed {
        /// How it ended.
        status: String,
        /// The end of its standard error.
        stderr: String,
    },
    /// A program that does not end.
    #[error("the inventory script did not answer within {seconds} s")]
    Timeout {
        /// The most that it may take.
        seconds: u64,
    },
    /// Output that does not end.
    #[error("the inventory script printed more than {} MiB", limit / 1024 / 1024)]
    OutputTooLarge {
        /// The most that is read, in bytes.
        limit: u64,
    },
    /// Output that is no inventory.
    #[error("the inventory script printed {0}; expected a JSON object")]
    Output(Printed),
    /// There is no source at all.
    #[error("there is no inventory")]
    None,
    /// A TOML inventory.
    #[error("TOML inventories are none of those that hive-preflight reads itself")]
    Toml,
    /// A stage that hive does not know.
    #[error("`{0}` is no stage; hive knows private, staging and production")]
    Stage(String),
}

/// What an inventory script printed instead of an inventory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Printed {
    /// Something else than JSON, or more of it than is read.
    #[error("{0}")]
    NoJson(&'static str),
    /// Bytes that are no text.
    #[error("bytes that are no UTF-8")]
    NotUtf8,
    /// JSON of another kind.
    #[error("{0}")]
    Other(Kind),
    /// A `_meta` of another kind.
    #[error("`_meta` that is {0}")]
    Meta(Kind),
    /// A `_meta.hostvars` of another kind.
    #[error("`_meta.hostvars` that is {0}")]
    HostVars(Kind),
    /// For `--host`, something that is no variables.
    #[error("no variables for `{0}`")]
    NoVariables(String),
    /// For `--host`, nothing.
    #[error("nothing for `{0}`")]
    Nothing(String),
    /// A group's hosts of another kind.
    #[error("{found} as the hosts of group `{group}`")]
    Hosts {
        /// The group.
        group: String,
        /// What they are.
        found: Kind,
    },
    /// A group's children of another kind.
    #[error("{found} as the children of group `{group}`")]
    Children {
        /// The group.
        group: String,
        /// What they are.
        found: Kind,
    },
}

impl SourceFault {
    /// Whether a plugin is named that the real Ansible may have.
    pub(super) fn is_for_ansible(&self) -> bool {
        matches!(self, Self::UnknownPlugin(_) | Self::Toml) && self.meant_plugin().is_none()
    }

    /// hive's plugin that was meant by one whose name is a slip.
    fn meant_plugin(&self) -> Option<&'static str> {
        let Self::UnknownPlugin(name) = self else { return None };
        nearest(name, HIVE_PLUGINS)
    }

    pub(super) fn hint(&self) -> Option<Text> {
        if let Some(meant) = self.meant_plugin() {
            return Some(did_you_mean(meant));
        }
        let (en, ja) = match self {
            Self::Missing => (
                "check the path; it counts from the current directory",
                "パスを確認してください（現在のディレクトリからの相対パスです）",
            ),
            Self::None => (
                "name one with `-i FILE`, or a hive-builder project with `--root DIR`",
                "`-i FILE` でインベントリを指定するか、`--root DIR` で hive-builder のプロジェクトを指定してください",
            ),
            Self::NotRegular { .. } => (
                "Ansible loses what comes through a pipe; write it into a file first",
                "パイプから渡した内容は Ansible でも失われます。先にファイルへ書き出してください",
            ),
            Self::TooLarge { .. } => (
                "split it into several files of one directory",
                "1 つのディレクトリに置く複数のファイルに分けてください",
            ),
            Self::Timeout { .. } => (
                "give it more time with `--inventory-timeout`, or look why it hangs",
                "`--inventory-timeout` で時間を延ばすか、止まっている原因を調べてください",
            ),
            Self::EmptyDirectory => (
                "put an inventory file there, or remove the directory",
                "インベントリファイルを置くか、ディレクトリを削除してください",
            ),
            Self::UnknownPlugin(_) | Self::Toml => (
                "`--inventory-engine ansible` lets the real `ansible-inventory` read it",
                "`--inventory-engine ansible` を付けると、本物の `ansible-inventory` が読み取ります",
            ),
            Self::Untrusted(fault) => return fault.hint(),
            Self::Start(_) | Self::NoInterpreter => (
                "an inventory script begins with `#!` and is executable",
                "インベントリスクリプトは `#!` の行で始め、実行権限を付けてください",
            ),
            _ => return None,
        };
        Some(Text::new(en, ja))
    }
}

/// The inventory plugins that are read here.
const HIVE_PLUGINS: [&str; 2] = ["hive_inventory", "hive_services"];

/// How deep directories are walked.
const MAX_DEPTH: usize = 64;

/// Reads sources one after another into one [`Builder`].
pub(super) struct Sources<'a> {
    pub(super) builder: Builder,
    pub(super) problems: Vec<Problem>,
    pub(super) context: &'a mut Context,
    pub(super) definitions: Definitions,
    /// How long each script may take.
    pub(super) script_timeout: Duration,
    /// Whether any may run.
    pub(super) scripts: Scripts,
    pub(super) stop: Stop,
}

impl Sources<'_> {
    /// Reads one source as the user named it.
    pub(super) fn read(&mut self, source: &str) {
        let path = Path::new(source);
        if source.contains(',') && !path.exists() {
            return self.list(source);
        }
        self.path(path, 0);
    }

    fn problem(&mut self, path: &Path, fault: SourceFault) {
        self.problems.push(Problem::of_source(path, fault));
    }

    fn list(&mut self, text: &str) {
        for host in text.split(',').map(python::strip).filter(|host| !host.is_empty()) {
            let (name, port) = address::parse(host, false).unwrap_or_else(|| (host.to_owned(), None));
            if !self.builder.hosts.contains_key(name.as_str()) {
                // A name that is not empty is always taken.
                let _ = self.builder.add_host(&name, Some(UNGROUPED), port.as_ref(), None);
            }
        }
    }

    fn path(&mut self, path: &Path, depth: usize) -> bool {
        if path.is_dir() { self.directory(path, depth) } else { self.file(path) }
    }

    fn directory(&mut self, path: &Path, depth: usize) -> bool {
        if depth > MAX_DEPTH {
            self.problem(path, SourceFault::TooDeep { limit: MAX_DEPTH });
            return false;
        }
        let entries = match fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(entries) => entries,
            Err(error) => {
                self.problem(path, SourceFault::Unreadable { kind: error.kind(), message: error.to_string() });
                return false;
            }
        };
        let mut names: Vec<_> = entries.iter().map(fs::DirEntry::file_name).collect();
        names.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
        let before = self.problems.len();
        let mut any = false;
        for name in names {
            match ignored(name.as_bytes()) {
                Ignored::No => any |= self.path(&path.join(name), depth + 1),
                Ignored::Silently => {}
                Ignored::Surprisingly => {
                    let path = path.join(name);
                    self.builder.warn(WarningKind::IgnoredFile { path }, None);
                }
            }
        }
        if !any && self.problems.len() == before {
            self.problem(path, SourceFault::EmptyDirectory);
        }
        any
    }

    fn file(&mut self, path: &Path) -> bool {
        if !path.exists() {
            self.problem(path, SourceFault::Missing);
            return false;
        }
        let bytes = match document::load(path) {
            Ok(bytes) => bytes,
            Err(problem) => {
                self.problems.push(problem);
                return false;
            }
        };
        let decrypted = match bytes.decrypted(&self.builder.vault) {
            Ok(decrypted) => decrypted,
            Err(problem) => {
                self.problems.push(problem);
                return false;
            }
        };
        match decrypted {
            Some(decrypted) => self.encrypted(path, &decrypted),
            None => self.plain(path, &bytes),
        }
    }

    fn plain(&mut self, path: &Path, bytes: &Bytes) -> bool {
        let problems = self.readers(path, bytes);
        let taken = problems.is_empty();
        if !taken {
            bytes.tell_secrets(&self.builder.vault);
        }
        self.problems.extend(self.all_problems(path, bytes, problems));
        taken
    }

    /// Reads a file that was encrypted as a whole: its values are sealed, and nothing is told of its text.
    fn encrypted(&mut self, path: &Path, bytes: &Bytes) -> bool {
        let told = self.builder.warnings.len();
        self.builder.sealing = true;
        let problems = self.readers(path, bytes);
        self.builder.sealing = false;
        self.builder.warnings.truncate(told);
        let taken = problems.is_empty();
        self.problems.extend(problems.into_iter().map(Problem::without_text));
        taken
    }

    /// Asks the readers in Ansible's order; no problem means that one took the file.
    fn readers(&mut self, path: &Path, bytes: &Bytes) -> Vec<Problem> {
        let mut script_problem = None;
        let is_script = bytes.has_shebang() || bytes.is_program();
        if is_script
            && is_executable(path)
            && let Err(fault) = self.scripts.check(path)
        {
            // Its text is no inventory, whatever else could make one of it.
            return vec![Problem::of_source(path, SourceFault::Untrusted(fault))];
        }
        if is_script || is_executable(path) {
            match script::read(path, bytes, self.script_timeout, &self.stop, &mut self.builder) {
                Ok(()) => return Vec::new(),
                Err(problem) => script_problem = Some(problem),
            }
        }
        let structured = reads_yaml(path).then(|| self.structured(path, bytes));
        if structured.as_ref().is_some_and(Vec::is_empty) {
            return Vec::new();
        }
        let ini = ini::read(&bytes.tolerant(), &mut self.builder, false);
        if ini.is_empty() {
            return ini;
        }
        if has_extension(path, "toml") {
            return vec![Problem::of_source(path, SourceFault::Toml)];
        }
        match (script_problem, structured) {
            (Some(problem), _) if bytes.has_shebang() || bytes.is_program() => vec![problem],
            (_, Some(problems)) if !prefers_ini(path, &problems) => problems,
            _ => ini,
        }
    }

    /// The plugin's and the YAML reader's turn.
    fn structured(&mut self, path: &Path, bytes: &Bytes) -> Vec<Problem> {
        let Parsed { source, root, warnings } = match bytes.document() {
            Ok(parsed) => parsed,
            Err(problem) => return vec![problem],
        };
        let plugin = root.as_ref().and_then(|root| root.get("plugin")).filter(|plugin| plugin.truthy());
        if let Some(root) = root.as_ref().filter(|_| plugin.is_some()) {
            self.definitions.files.push(Definition { source: source.clone(), root: root.clone() });
        }
        let problems = match (plugin, has_extension(path, "yml") || has_extension(path, "yaml")) {
            (Some(_), true) => hive::read(&source, root, &mut self.builder, self.context),
            _ => groups::read(&source, root, &mut self.builder, false),
        };
        if problems.is_empty() {
            for warning in warnings {
                self.builder.add_warning(warning);
            }
        }
        problems
    }

    /// Looks for every problem of a file that nobody took, not only the first.
    fn all_problems(&self, path: &Path, bytes: &Bytes, first: Vec<Problem>) -> Vec<Problem> {
        let [problem] = first.as_slice() else { return first };
        let mut scratch = self.builder.clone();
        let mut more = match &*problem.reason {
            Reason::Ini(_) => ini::read(&bytes.tolerant(), &mut scratch, true),
            Reason::Structure(StructureFault::Empty) => Vec::new(),
            Reason::Structure(fault) if fault.is_limit() => Vec::new(),
            Reason::Structure(_) => match reads_yaml(path).then(|| bytes.document()) {
                Some(Ok(parsed)) => groups::read(&parsed.source, parsed.root, &mut scratch, true),
                _ => ini::read(&bytes.tolerant(), &mut scratch, true),
            },
            _ => Vec::new(),
        };
        if !more.contains(problem) {
            more.insert(0, problem.clone());
        }
        more
    }
}

/// Whether the INI reader's complaint helps more than the YAML reader's: not for a name that says YAML, and not where
/// the file is YAML.
fn prefers_ini(path: &Path, problems: &[Problem]) -> bool {
    let extensionless = path.extension().is_none();
    let no_yaml = problems.iter().all(|problem| {
        matches!(
            *problem.reason,
            Reason::Yaml(_) | Reason::Structure(StructureFault::NoMapping { .. } | StructureFault::Empty)
        )
    });
    extensionless && no_yaml
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

/// Whether the YAML reader looks at a file of this name.
fn reads_yaml(path: &Path) -> bool {
    path.extension().is_none() || ["yml", "yaml", "json"].iter().any(|extension| has_extension(path, extension))
}

pub(super) fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

enum Ignored {
    No,
    Silently,
    /// Somebody may have meant it as an inventory.
    Surprisingly,
}

fn ignored(name: &[u8]) -> Ignored {
    const ALWAYS: [&[u8]; 3] = [b"host_vars", b"group_vars", b"vars_plugins"];
    const SILENT: [&[u8]; 11] =
        [b".pyc", b".pyo", b".swp", b".bak", b"~", b".rpm", b".md", b".txt", b".rst", b".orig", b".retry"];
    const LOUD: [&[u8]; 2] = [b".ini", b".cfg"];
    if name.starts_with(b".") || ALWAYS.contains(&name) || SILENT.iter().any(|end| name.ends_with(end)) {
        Ignored::Silently
    } else if LOUD.iter().any(|end| name.ends_with(end)) {
        if name == b"ansible.cfg" { Ignored::Silently } else { Ignored::Surprisingly }
    } else {
        Ignored::No
    }
}
