//! `ssh_config` files: read once, asked for many hosts.

use std::path::{Path, PathBuf};

use super::{
    notice::{Notice, NoticeKind},
    user::LocalUser,
    words,
};
use crate::bounded;

/// How large all files may be together, in bytes; they may include each other again and again.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// What a file counts at least, so that there are a thousand at most.
const LEAST: u64 = 16 * 1024;

/// How deep files may include each other; OpenSSH's own limit.
const DEEPEST_INCLUDE: usize = 16;

/// The lines of some `ssh_config` files, in the order in which they count.
#[derive(Debug, Clone, Default)]
pub struct SshConfig {
    pub(super) items: Vec<Item>,
    pub(super) blocks: Vec<Block>,
    /// What could not be read; holds for every host.
    pub(super) notices: Vec<Notice>,
    /// The files that were named, for programs that are started with the same ones.
    files: Vec<PathBuf>,
    /// How much was read, in bytes.
    size: u64,
}

/// A step in reading the files for one host.
#[derive(Debug, Clone)]
pub(super) enum Item {
    /// Decides whether a block holds.
    Block(usize),
    /// An option, which counts if its block holds.
    Option { block: Option<usize>, option: ConfigOption },
}

/// One option with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ConfigOption {
    /// Lower case.
    pub(super) keyword: String,
    pub(super) args: Vec<String>,
    pub(super) place: Place,
}

/// Where an option was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In a file.
    Line(PathBuf, usize),
    /// In arguments of `ssh`.
    Arguments,
}

/// The condition of a `Host` or `Match` line.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// The block in which the file with this one was included; it must hold too.
    pub(super) parent: Option<usize>,
    pub(super) condition: Condition,
}

#[derive(Debug, Clone)]
pub(super) enum Condition {
    Host(Vec<String>),
    Match(Vec<Criterion>),
}

/// One criterion of a `Match` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Criterion {
    pub(super) negated: bool,
    pub(super) test: Test,
}

/// What a criterion looks at; the text is a list of patterns, or a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    All,
    /// The files are read for the second time.
    Final,
    /// The same, but does not ask for that.
    Canonical,
    Host(String),
    OriginalHost(String),
    User(String),
    LocalUser(String),
    Exec(String, Place),
    /// One that cannot be decided here: the block counts as not matching, and a notice says so.
    Undecided,
}

impl SshConfig {
    /// Reads `files` in order; an earlier one wins. Files that are missing have no options, as with `ssh`.
    #[must_use]
    pub fn read(files: &[PathBuf], user: &LocalUser) -> Self {
        let mut config = Self { files: files.to_vec(), ..Self::default() };
        for (index, file) in files.iter().enumerate() {
            // Only the defaults are two: the user's own, which must be the user's, and the system's.
            let (own, system) = (files.len() > 1 && index == 0, index > 0);
            Reader { config: &mut config, user, depth: 0, system }.file(file, None, own);
        }
        config
    }

    /// The files that `ssh` reads where none is named.
    #[must_use]
    pub fn default_files(user: &LocalUser) -> Vec<PathBuf> {
        vec![user.home.join(".ssh/config"), PathBuf::from("/etc/ssh/ssh_config")]
    }

    /// The files that were named to [`Self::read`].
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }
}

struct Reader<'a> {
    config: &'a mut SshConfig,
    user: &'a LocalUser,
    depth: usize,
    /// Includes are looked for in `/etc/ssh`.
    system: bool,
}

impl Reader<'_> {
    /// Reads `file`, whose owner and mode must be right where it is `guarded`.
    fn file(&mut self, file: &Path, parent: Option<usize>, guarded: bool) {
        let bytes = match bounded::read(file, MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => return self.notice(file, 0, NoticeKind::Unreadable(error.to_string())),
        };
        self.config.size += LEAST.max(bytes.len() as u64);
        if guarded && is_foreign(file, self.user) {
            self.notice(file, 0, NoticeKind::Foreign);
        }
        let mut block = parent;
        for (index, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
            let number = index + 1;
            match words::split(line) {
                None => {}
                Some(Err(words)) => self.notice(file, number, NoticeKind::Unreadable(words.to_owned())),
                Some(Ok((keyword, args))) => self.line(file, number, keyword, args, parent, &mut block),
            }
        }
    }

    fn line(
        &mut self,
        file: &Path,
        number: usize,
        keyword: String,
        args: Vec<String>,
        parent: Option<usize>,
        block: &mut Option<usize>,
    ) {
        if matches!(keyword.as_str(), "host" | "match") && args.concat().is_empty() {
            // `ssh` stops here.
            self.notice(file, number, NoticeKind::BadValue(keyword.clone(), String::new()));
        }
        let condition = match keyword.as_str() {
            "host" => Condition::Host(args),
            "match" => Condition::Match(self.criteria(file, number, &args.concat())),
            "include" => return self.include(file, number, &args, *block),
            _ => {
                let option = ConfigOption { keyword, args, place: Place::Line(file.to_path_buf(), number) };
                return self.config.items.push(Item::Option { block: *block, option });
            }
        };
        let index = self.config.blocks.len();
        self.config.blocks.push(Block { parent, condition });
        self.config.items.push(Item::Block(index));
        *block = Some(index);
    }

    fn criteria(&mut self, file: &Path, number: usize, text: &str) -> Vec<Criterion> {
        let mut criteria = Vec::new();
        let mut words = words::criteria(text).into_iter();
        while let Some(word) = words.next() {
            let (negated, name) = word.strip_prefix('!').map_or((false, word.as_str()), |name| (true, name));
            let name = name.to_ascii_lowercase();
            let alone = match name.as_str() {
                "all" => Some(Test::All),
                "final" => Some(Test::Final),
                "canonical" => Some(Test::Canonical),
                _ => None,
            };
            let looked_at = alone.unwrap_or_else(|| match (name.as_str(), words.next()) {
                ("host", Some(list)) => Test::Host(list),
                ("originalhost", Some(list)) => Test::OriginalHost(list),
                ("user", Some(list)) => Test::User(list),
                ("localuser", Some(list)) => Test::LocalUser(list),
                ("exec", Some(command)) => Test::Exec(command, Place::Line(file.to_path_buf(), number)),
                _ => {
                    self.notice(file, number, NoticeKind::Match(name.clone()));
                    Test::Undecided
                }
            });
            criteria.push(Criterion { negated, test: looked_at });
        }
        criteria
    }

    fn include(&mut self, file: &Path, number: usize, patterns: &[String], block: Option<usize>) {
        if self.depth >= DEEPEST_INCLUDE {
            return self.notice(file, number, NoticeKind::Unreadable("too many nested `Include`".to_owned()));
        }
        let base = if self.system { PathBuf::from("/etc/ssh") } else { self.user.home.join(".ssh") };
        for pattern in patterns {
            for included in expand(&base.join(self.user.tilde(pattern))) {
                if self.config.size > MAX_BYTES {
                    let words = format!("`Include` leads to more than {} MiB or 1024 files", MAX_BYTES / 1024 / 1024);
                    return self.notice(file, number, NoticeKind::Unreadable(words));
                }
                let (depth, system) = (self.depth + 1, self.system);
                Reader { config: self.config, user: self.user, depth, system }.file(&included, block, true);
            }
        }
    }

    fn notice(&mut self, file: &Path, line: usize, kind: NoticeKind) {
        self.config.notices.push(Notice { file: Some(file.to_path_buf()), line, kind });
    }
}

/// Whether `file` is neither root's nor the user's, or others may write to it: `ssh` reads no such file.
fn is_foreign(file: &Path, user: &LocalUser) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(about) = std::fs::metadata(file) else { return false };
    let owned = about.uid() == 0 || about.uid() == user.uid || about.uid() == rustix::process::getuid().as_raw();
    !owned || about.mode() & 0o022 != 0
}

/// The existing files that fit `pattern`, sorted; wildcards do not cross directories.
fn expand(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("/")];
    for part in pattern.components().skip(1) {
        let part = part.as_os_str();
        let text = part.to_string_lossy();
        found = if text.contains(['*', '?', '[']) {
            found.iter().flat_map(|dir| entries(dir, &text)).collect()
        } else {
            found.into_iter().map(|dir| dir.join(part)).filter(|path| path.exists()).collect()
        };
    }
    found
}

fn entries(dir: &Path, pattern: &str) -> Vec<PathBuf> {
    let Ok(glob) = globset::GlobBuilder::new(pattern).literal_separator(true).build() else { return Vec::new() };
    let matcher = glob.compile_matcher();
    let fits = |name: &str| matcher.is_match(name) && (!name.starts_with('.') || pattern.starts_with('.'));
    let mut found: Vec<_> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(fits))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}
