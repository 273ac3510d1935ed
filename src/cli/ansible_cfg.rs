//! Ansible's configuration: which file counts, what stands in it, and what the environment says instead.

use std::{
    collections::HashMap,
    ffi::OsString,
    fs,
    os::unix::fs::{FileTypeExt, PermissionsExt},
    path::{Path, PathBuf},
};

use super::source::absolute;
use crate::{bounded, text::Text};

/// How large the file may be, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// What the one configuration file says that Ansible would read; empty where there is none.
#[derive(Debug, Default)]
pub(super) struct AnsibleCfg {
    file: Option<PathBuf>,
    sections: Sections,
    passed_over: Option<PathBuf>,
}

type Sections = HashMap<String, HashMap<String, String>>;

/// A configuration file that Ansible would stop at.
#[derive(Debug, thiserror::Error)]
#[error("{}: {kind}", place(file, *line))]
pub(super) struct CfgError {
    file: PathBuf,
    /// From 1; 0 for the whole file.
    line: usize,
    kind: CfgErrorKind,
}

#[derive(Debug, thiserror::Error)]
enum CfgErrorKind {
    #[error("the file cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("the file is no UTF-8 text")]
    NotUtf8,
    #[error("a configuration file of Ansible is named `*.cfg` or `*.ini`")]
    Extension,
    #[error("`{0}` stands before the first `[section]`")]
    NoSection(String),
    #[error("`{0}` is neither `[section]` nor `key = value`")]
    NoOption(String),
    #[error("section `[{0}]` is written twice")]
    SectionTwice(String),
    #[error("`{0}` is written twice in its section")]
    OptionTwice(String),
}

fn place(file: &Path, line: usize) -> String {
    if line == 0 { file.display().to_string() } else { format!("{}:{line}", file.display()) }
}

impl AnsibleCfg {
    /// Finds and reads the file as Ansible does: `ANSIBLE_CONFIG`, `./ansible.cfg` unless everybody may write to the
    /// directory, `~/.ansible.cfg`, `/etc/ansible/ansible.cfg`; the first that can be read is the only one.
    ///
    /// # Errors
    /// A file that Ansible would stop at.
    pub(super) fn find() -> Result<Self, CfgError> {
        let named = std::env::var_os("ANSIBLE_CONFIG").map(|path| named_file(&path));
        let here = PathBuf::from("ansible.cfg");
        let public = is_world_writable(Path::new("."));
        let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".ansible.cfg"));
        let system = PathBuf::from("/etc/ansible/ansible.cfg");
        let candidates = [named, (!public).then(|| here.clone()), home, Some(system)];
        let file = candidates.into_iter().flatten().find(|file| is_readable(file));
        let passed_over = (public && here.exists()).then_some(here);
        match file {
            None => Ok(Self { passed_over, ..Self::default() }),
            Some(file) => Ok(Self { passed_over, ..Self::read(file)? }),
        }
    }

    fn read(file: PathBuf) -> Result<Self, CfgError> {
        let fail = |line, kind| CfgError { file: file.clone(), line, kind };
        if !file.extension().is_some_and(|extension| extension == "cfg" || extension == "ini") {
            return Err(fail(0, CfgErrorKind::Extension));
        }
        let bytes = bounded::read(&file, MAX_FILE).map_err(|error| fail(0, error.into()))?;
        let text = String::from_utf8(bytes).map_err(|_| fail(0, CfgErrorKind::NotUtf8))?;
        let sections = sections(&text).map_err(|(line, kind)| fail(line, kind))?;
        Ok(Self { file: Some(file), sections, passed_over: None })
    }

    /// What stands under `key` in `[section]`, without quotes around it.
    pub(super) fn get(&self, section: &str, key: &str) -> Option<&str> {
        let own = self.sections.get(section)?;
        let value = own.get(key).or_else(|| self.sections.get("DEFAULT")?.get(key))?;
        Some(unquoted(value))
    }

    /// The same as a path: `~` replaced, and from the file's own directory where it is a relative one.
    pub(super) fn path(&self, section: &str, key: &str) -> Option<PathBuf> {
        let text = self.get(section, key)?.replace("{{CWD}}", &absolute(Path::new(".")).to_string_lossy());
        let directory = self.file.as_deref().and_then(Path::parent).unwrap_or(Path::new("."));
        Some(absolute(&directory.join(home(&text))))
    }

    /// What has to be told about the choice of the file.
    pub(super) fn notice(&self) -> Option<Text> {
        self.passed_over.as_ref().map(|_| {
            Text::new(
                "`ansible.cfg` is not read, by Ansible neither: everybody may write to this directory",
                "`ansible.cfg` は読み込みません（Ansible も読み込みません）: このディレクトリは誰でも書き込めます",
            )
        })
    }
}

fn named_file(path: &OsString) -> PathBuf {
    let path = home(&path.to_string_lossy());
    if path.is_dir() { path.join("ansible.cfg") } else { path }
}

/// Whether Ansible would stop here; to open a pipe would wait for its writer.
fn is_readable(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|about| about.file_type().is_fifo()) || fs::File::open(file).is_ok()
}

fn is_world_writable(directory: &Path) -> bool {
    fs::metadata(directory).is_ok_and(|metadata| metadata.permissions().mode() & 0o002 != 0)
}

/// `~` and `~/...` below the home of the environment, as Python does it.
fn home(text: &str) -> PathBuf {
    match (text.strip_prefix('~'), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
            Path::new(&home).join(rest.trim_start_matches('/'))
        }
        _ => PathBuf::from(text),
    }
}

/// One pair of the same quotes around everything is taken off.
fn unquoted(text: &str) -> &str {
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote).filter(|inner| !inner.ends_with('\\'));
    if text.len() < 2 {
        return text;
    }
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

/// Reads what Python's `ConfigParser(inline_comment_prefixes=(';',))` reads.
fn sections(text: &str) -> Result<Sections, (usize, CfgErrorKind)> {
    let mut reader = Reader::default();
    for (index, line) in text.lines().enumerate() {
        reader.line(line).map_err(|kind| (index + 1, kind))?;
    }
    Ok(reader.finish())
}

#[derive(Default)]
struct Reader {
    sections: HashMap<String, HashMap<String, Vec<String>>>,
    section: Option<String>,
    option: Option<String>,
    indent: usize,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), CfgErrorKind> {
        let Some(value) = uncommented(line) else { return Ok(()) };
        let indent = line.len() - line.trim_start().len();
        if value.is_empty() {
            // An empty line inside a value belongs to it; one that held a comment does not.
            if line.trim().is_empty() && self.option.is_some() {
                self.continue_with("");
            }
            return Ok(());
        }
        if self.option.is_some() && indent > self.indent {
            self.continue_with(value);
            return Ok(());
        }
        self.indent = indent;
        match value.strip_prefix('[').and_then(|rest| rest.rsplit_once(']')) {
            Some((name, _)) if !name.is_empty() => self.begin(name),
            _ => self.set(value),
        }
    }

    fn continue_with(&mut self, text: &str) {
        let own = self.section.as_ref().and_then(|section| self.sections.get_mut(section));
        if let Some(lines) = own.zip(self.option.as_ref()).and_then(|(own, option)| own.get_mut(option)) {
            lines.push(text.to_owned());
        }
    }

    fn begin(&mut self, name: &str) -> Result<(), CfgErrorKind> {
        if self.sections.contains_key(name) && name != "DEFAULT" {
            return Err(CfgErrorKind::SectionTwice(name.to_owned()));
        }
        self.sections.entry(name.to_owned()).or_default();
        self.section = Some(name.to_owned());
        self.option = None;
        Ok(())
    }

    fn set(&mut self, value: &str) -> Result<(), CfgErrorKind> {
        let Some(section) = &self.section else { return Err(CfgErrorKind::NoSection(first_word(value))) };
        let Some(at) = value.find(['=', ':']).filter(|at| *at > 0) else {
            return Err(CfgErrorKind::NoOption(first_word(value)));
        };
        let name = value[..at].trim().to_lowercase();
        let own = self.sections.entry(section.clone()).or_default();
        if own.insert(name.clone(), vec![value[at + 1..].trim().to_owned()]).is_some() {
            return Err(CfgErrorKind::OptionTwice(name));
        }
        self.option = Some(name);
        Ok(())
    }

    fn finish(self) -> Sections {
        let joined = |options: HashMap<String, Vec<String>>| {
            options.into_iter().map(|(name, lines)| (name, lines.join("\n").trim_end().to_owned())).collect()
        };
        self.sections.into_iter().map(|(name, options)| (name, joined(options))).collect()
    }
}

/// How a line begins that could not be read; what follows may be a password.
fn first_word(value: &str) -> String {
    let word: String = value.split_whitespace().next().unwrap_or_default().split(['=', ':']).take(1).collect();
    if word.len() < value.len() { format!("{word} ...") } else { word }
}

/// The line without its comment and blanks; nothing where all of it is a comment.
fn uncommented(line: &str) -> Option<&str> {
    let bare = line.trim();
    if bare.starts_with(['#', ';']) {
        return None;
    }
    let comment = line.match_indices(';').map(|(at, _)| at).find(|at| {
        let before = line[..*at].chars().next_back();
        before.is_none_or(char::is_whitespace)
    });
    Some(line[..comment.unwrap_or(line.len())].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cfg(text: &str) -> AnsibleCfg {
        let sections = sections(text).expect("valid");
        AnsibleCfg { file: Some(PathBuf::from("/site/ansible.cfg")), sections, passed_over: None }
    }

    #[test]
    fn values_are_read_as_pythons_reader_reads_them() {
        // Each was tried with Ansible 2.18's own reader.
        let text = "# head\n[defaults]\nRemote_User = op ; the operator\nremote_port: 2222\nprivate_key_file=~/keys/id\n\
                    quoted = \"a b\"\nhash = a # b\nsemi = a;b\nempty =\n[ssh_connection]\nssh_args = -o A=1\n  -o B=2\n\n\
                    # not part of it\nretries = 1\n";
        let cfg = cfg(text);
        assert_eq!(cfg.get("defaults", "remote_user"), Some("op"));
        assert_eq!(cfg.get("defaults", "remote_port"), Some("2222"));
        assert_eq!(cfg.get("defaults", "quoted"), Some("a b"));
        assert_eq!(cfg.get("defaults", "hash"), Some("a # b"));
        assert_eq!(cfg.get("defaults", "semi"), Some("a;b"));
        assert_eq!(cfg.get("defaults", "empty"), Some(""));
        assert_eq!(cfg.get("ssh_connection", "ssh_args"), Some("-o A=1\n-o B=2"));
        assert_eq!(cfg.get("ssh_connection", "retries"), Some("1"));
        assert_eq!(cfg.get("ssh_connection", "remote_user"), None);
        assert_eq!(cfg.get("nowhere", "remote_user"), None);
    }

    #[test]
    fn relative_paths_count_from_the_file() {
        let cfg = cfg("[defaults]\na = keys/id\nb = /abs/id\n");
        assert_eq!(cfg.path("defaults", "a"), Some(PathBuf::from("/site/keys/id")));
        assert_eq!(cfg.path("defaults", "b"), Some(PathBuf::from("/abs/id")));
        assert_eq!(cfg.path("defaults", "c"), None);
    }

    #[test]
    fn what_ansible_stops_at_is_told_with_its_line() {
        for (text, line, told) in [
            ("a = 1\n", 1, "before the first"),
            ("[defaults]\nword\n", 2, "`word` is neither"),
            ("[defaults]\npassword s3cr3t\n", 2, "`password ...` is neither"),
            ("password=s3cr3t\n", 1, "`password ...` stands before the first"),
            ("[a]\n[b]\n[a]\n", 3, "section `[a]` is written twice"),
            ("[a]\nx = 1\nX = 2\n", 3, "`x` is written twice"),
        ] {
            let (at, kind) = sections(text).expect_err(text);
            assert_eq!(at, line, "{text}");
            assert!(kind.to_string().contains(told), "{kind}");
        }
    }
}
