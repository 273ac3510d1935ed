//! Where check files come from: the pack inside the binary, and directories or files that the user names.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::Read,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use include_dir::{Dir, include_dir};

use super::problem::{Problem, ProblemKind};
use crate::trust::{self, Untrusted};

static PACK: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/checks");

/// The directory of a pack that holds FAQ entries.
const FAQ_TOPIC: &str = "faq";
/// Bytes of a check file or script; more is somebody else's file.
const MAX_FILE: u64 = 1024 * 1024;
/// Files below one directory; more is somebody else's directory.
const MAX_FILES: usize = 10_000;

/// One file to be read.
#[derive(Debug)]
pub(super) struct SourceFile {
    /// The name that is told: as the user wrote it, or `checks/...` of the built-in pack.
    pub(super) name: Arc<PathBuf>,
    /// Its directory's name.
    pub(super) topic: String,
    /// Its name without `.yml`.
    pub(super) stem: String,
    /// The files beside it.
    pub(super) siblings: Siblings,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Embedded(&'static [u8]),
    OnDisk(PathBuf),
}

/// The directory of a check file, for its scripts.
#[derive(Debug, Clone)]
pub(super) enum Siblings {
    /// Inside the binary.
    Embedded(&'static Dir<'static>),
    /// On disk.
    OnDisk(PathBuf),
}

/// Why a file beside a check cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum SiblingError {
    #[error("it must lie in the check's own directory")]
    Outside,
    #[error("there is no such file beside the check")]
    Absent,
    #[error("it is larger than {MAX_FILE} bytes")]
    TooLarge,
    #[error("it is not UTF-8 text")]
    NotUtf8,
    #[error("{0}")]
    Untrusted(#[from] Untrusted),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl SourceFile {
    /// Whether it is a FAQ entry rather than a check.
    pub(super) fn is_faq(&self) -> bool {
        self.topic == FAQ_TOPIC
    }

    /// The id that its path gives it.
    pub(super) fn expected_id(&self) -> String {
        if self.is_faq() { self.stem.clone() } else { format!("{}/{}", self.topic, self.stem) }
    }

    /// Its text, without a byte order mark.
    pub(super) fn text(&self) -> Result<String, ProblemKind> {
        let bytes = match &self.content {
            Content::Embedded(bytes) => bytes.to_vec(),
            Content::OnDisk(path) => trusted(path).map_err(|error| match error {
                SiblingError::Untrusted(why) => ProblemKind::Untrusted(why),
                SiblingError::TooLarge => ProblemKind::TooLarge { limit: MAX_FILE },
                SiblingError::Absent => ProblemKind::Unreadable { detail: "there is no such file".to_owned() },
                other => ProblemKind::Unreadable { detail: other.to_string() },
            })?,
        };
        let text = String::from_utf8(bytes).map_err(|_| ProblemKind::NotUtf8)?;
        Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
    }
}

impl Siblings {
    /// The text of the file `name` in this directory.
    pub(super) fn read(&self, name: &str) -> Result<Arc<str>, SiblingError> {
        let mut components = Path::new(name).components();
        let (Some(Component::Normal(_)), None) = (components.next(), components.next()) else {
            return Err(SiblingError::Outside);
        };
        let bytes = match self {
            Self::Embedded(dir) => dir.get_file(dir.path().join(name)).ok_or(SiblingError::Absent)?.contents().to_vec(),
            Self::OnDisk(dir) => read_inside(dir, name)?,
        };
        String::from_utf8(bytes).map(Into::into).map_err(|_| SiblingError::NotUtf8)
    }
}

fn read_inside(dir: &Path, name: &str) -> Result<Vec<u8>, SiblingError> {
    let path = dir.join(name);
    let real = fs::canonicalize(&path).map_err(absent)?;
    if !real.starts_with(fs::canonicalize(dir)?) {
        return Err(SiblingError::Outside);
    }
    trust::written_by_its_owner(&path)?;
    read_bounded(&path)
}

fn absent(error: std::io::Error) -> SiblingError {
    if error.kind() == std::io::ErrorKind::NotFound { SiblingError::Absent } else { error.into() }
}

/// The same for a file that runs on hosts: nobody else may have written it.
fn trusted(path: &Path) -> Result<Vec<u8>, SiblingError> {
    let bytes = read_bounded(path)?;
    trust::written_by_its_owner(path)?;
    Ok(bytes)
}

/// Reads a regular file; what has no end (a pipe, a device) is refused before it is opened.
fn read_bounded(path: &Path) -> Result<Vec<u8>, SiblingError> {
    if !fs::metadata(path).map_err(absent)?.is_file() {
        return Err(std::io::Error::other("it is no regular file").into());
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE { Err(SiblingError::TooLarge) } else { Ok(bytes) }
}

/// The files of the built-in pack.
pub(super) fn embedded() -> Vec<SourceFile> {
    PACK.dirs().flat_map(|topic| topic.files().filter_map(move |file| embedded_file(topic, file))).collect()
}

fn embedded_file(topic: &'static Dir<'static>, file: &'static include_dir::File<'static>) -> Option<SourceFile> {
    if file.path().extension() != Some(OsStr::new("yml")) {
        return None;
    }
    Some(SourceFile {
        name: Arc::new(Path::new("checks").join(file.path())),
        topic: topic.path().file_name()?.to_str()?.to_owned(),
        stem: file.path().file_stem()?.to_str()?.to_owned(),
        siblings: Siblings::Embedded(topic),
        content: Content::Embedded(file.contents()),
    })
}

/// The check files of a directory (a pack, or one topic of it) or one file; what cannot be one is told in `problems`.
pub(super) fn on_disk(path: &Path, problems: &mut Vec<Problem>) -> Vec<SourceFile> {
    let mut files = Vec::new();
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => walk(path, path, 0, &mut files, problems),
        Ok(_) => files.extend(one_file(path, problems)),
        Err(error) => problems.push(unreadable(path, &error)),
    }
    files
}

/// Whether check files stand in the directory itself, so that it is a topic and no pack.
pub(super) fn has_checks(directory: &Path) -> bool {
    fs::read_dir(directory).is_ok_and(|entries| entries.flatten().any(|entry| is_yaml(&entry.path())))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::of_file(&Arc::new(path.to_owned()), ProblemKind::Unreadable { detail: error.to_string() })
}

/// Goes at most two directories deep, so that a loop of symbolic links ends by itself.
fn walk(top: &Path, directory: &Path, depth: usize, files: &mut Vec<SourceFile>, problems: &mut Vec<Problem>) {
    let mut paths: Vec<PathBuf> = match fs::read_dir(directory) {
        Ok(entries) => entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).take(MAX_FILES + 1).collect(),
        Err(error) => return problems.push(unreadable(directory, &error)),
    };
    if paths.len() > MAX_FILES || files.len() > MAX_FILES {
        let kind = ProblemKind::TooMany { directory: top.display().to_string(), limit: MAX_FILES };
        return problems.push(Problem::of_file(&Arc::new(directory.to_owned()), kind));
    }
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if depth < 1 && !is_hidden(&path) {
                walk(top, &path, depth + 1, files, problems);
            }
        } else if is_yaml(&path) {
            files.extend(one_file(&path, problems));
        }
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn is_yaml(path: &Path) -> bool {
    !is_hidden(path) && path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml")
}

fn one_file(path: &Path, problems: &mut Vec<Problem>) -> Option<SourceFile> {
    let name = Arc::new(path.to_owned());
    let mut refuse = |kind| problems.push(Problem::of_file(&name, kind));
    if path.extension() != Some(OsStr::new("yml")) {
        refuse(ProblemKind::WrongExtension);
        return None;
    }
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    // `.` and `..` have no name of their own.
    let real = fs::canonicalize(&directory).unwrap_or_else(|_| directory.clone());
    let Some(topic) = real.file_name().and_then(OsStr::to_str) else {
        refuse(ProblemKind::Misplaced);
        return None;
    };
    let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or_default().to_owned();
    let topic = topic.to_owned();
    Some(SourceFile {
        topic,
        stem,
        siblings: Siblings::OnDisk(directory),
        content: Content::OnDisk(path.to_owned()),
        name,
    })
}
