//! Reports into files: whole or not at all.

use std::{
    fs::{self, File, Metadata, Permissions},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::{
    shell,
    stop::{Kept, Stop, Undo},
};

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the report `{}`", .path.display())]
pub struct WriteError {
    /// The file, as the user named it.
    pub path: PathBuf,
    /// What stood in the way.
    #[source]
    pub kind: WriteErrorKind,
}

/// What stood in the way of a report.
#[derive(Debug, thiserror::Error)]
pub enum WriteErrorKind {
    /// The folder does not exist.
    #[error("the folder `{}` does not exist\nmake it first: mkdir -p -- {}", .0.display(), quoted(.0))]
    NoFolder(PathBuf),
    /// The path is a folder.
    #[error("it is a folder")]
    IsFolder,
    /// The system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Writes `bytes` to `path`: into a file beside it, which then takes its place, so that nobody ever reads half a report.
/// A link is followed; a device or pipe is written to directly. Who ends the program by `stop` removes that file.
///
/// # Errors
///
/// Names the file and what stood in the way; what stood there before is then unchanged.
pub fn write_file(path: &Path, bytes: &[u8], stop: &Stop) -> Result<(), WriteError> {
    let result = match fs::metadata(path) {
        Ok(metadata) => over(path, &metadata, bytes, stop),
        Err(_) => replace(path, bytes, NEW_FILE_MODE, stop),
    };
    result.map_err(|kind| WriteError { path: path.to_owned(), kind })
}

/// The same where there is no file of this name yet, whoever else writes at the same time; false where there is one.
///
/// # Errors
///
/// As [`write_file`].
pub fn write_new_file(path: &Path, bytes: &[u8], stop: &Stop) -> Result<bool, WriteError> {
    let named = |kind| WriteError { path: path.to_owned(), kind };
    let (file, _kept) = beside(path, bytes, NEW_FILE_MODE, stop).map_err(named)?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(taken) if taken.error.kind() == ErrorKind::AlreadyExists => Ok(false),
        // A file system that knows no such thing.
        Err(refused) => {
            refused.file.persist(path).map_err(|error| named(error.error.into()))?;
            Ok(true)
        }
    }
}

/// Opens `path` for a report that is written line by line, and empties it.
///
/// # Errors
///
/// As [`write_file`].
pub fn open_file(path: &Path) -> Result<File, WriteError> {
    let kind = |error: io::Error| match error.kind() {
        ErrorKind::NotFound if !folder_of(path).is_dir() => WriteErrorKind::NoFolder(folder_of(path).to_owned()),
        ErrorKind::IsADirectory => WriteErrorKind::IsFolder,
        _ => error.into(),
    };
    File::create(path).map_err(|error| WriteError { path: path.to_owned(), kind: kind(error) })
}

/// As every program asks for a new file; the umask takes away what the user does not want.
const NEW_FILE_MODE: u32 = 0o666;

fn over(path: &Path, metadata: &Metadata, bytes: &[u8], stop: &Stop) -> Result<(), WriteErrorKind> {
    if metadata.is_dir() {
        return Err(WriteErrorKind::IsFolder);
    }
    if metadata.is_file() {
        return replace(&path.canonicalize()?, bytes, metadata.permissions().mode(), stop);
    }
    Ok(fs::OpenOptions::new().write(true).open(path)?.write_all(bytes)?)
}

fn replace(path: &Path, bytes: &[u8], mode: u32, stop: &Stop) -> Result<(), WriteErrorKind> {
    let (file, _kept) = beside(path, bytes, mode, stop)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A whole file beside `path`, on the disk.
fn beside(path: &Path, bytes: &[u8], mode: u32, stop: &Stop) -> Result<(NamedTempFile, Kept), WriteErrorKind> {
    let folder = folder_of(path);
    if !folder.is_dir() {
        return Err(WriteErrorKind::NoFolder(folder.to_owned()));
    }
    let make = || {
        let mut named = tempfile::Builder::new();
        let named = named.prefix(".hive-preflight-").permissions(Permissions::from_mode(mode)).tempfile_in(folder);
        let named = named.map_err(without_name)?;
        let undo = Undo::Path(named.path().to_path_buf());
        Ok((named, undo))
    };
    let (mut file, kept) = stop.keep(make)?;
    file.as_file_mut().write_all(bytes)?;
    // Some file systems find out only now that there is no room.
    file.as_file().sync_all()?;
    Ok((file, kept))
}

/// The system's own words: nobody has asked for a file of the name that was tried.
fn without_name(error: io::Error) -> io::Error {
    let (kind, words) = (error.kind(), error.to_string());
    words.rsplit_once(" at path ").map_or(error, |(words, _)| io::Error::new(kind, words))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn quoted(path: &Path) -> String {
    shell::quote(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink, path::Path};

    use super::{Stop, WriteErrorKind, write_file, write_new_file};

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .expect("folder")
            .map(|e| e.expect("entry").file_name().into_string().expect("utf-8"))
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_report_replaces_its_predecessor_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("-");
        write_file(&path, b"first, and longer", &Stop::default()).expect("first");
        write_file(&path, b"second", &Stop::default()).expect("second");
        assert_eq!(fs::read(&path).expect("report"), b"second");
        assert_eq!(names(folder.path()), ["-"]);
    }

    #[test]
    fn a_new_file_replaces_nobody() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("report");
        assert!(write_new_file(&path, b"first", &Stop::default()).expect("written"));
        assert!(!write_new_file(&path, b"second", &Stop::default()).expect("not written"));
        assert_eq!(fs::read(&path).expect("report"), b"first");
        assert_eq!(names(folder.path()), ["report"]);
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().expect("folder");
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, "old").expect("target");
        symlink(&target, &link).expect("link");
        write_file(&link, b"new", &Stop::default()).expect("written");
        assert!(link.is_symlink());
        assert_eq!(fs::read(&target).expect("target"), b"new");
    }

    #[test]
    fn devices_are_written_to_and_not_replaced() {
        write_file(Path::new("/dev/null"), b"report", &Stop::default()).expect("written");
        assert!(!Path::new("/dev/null").is_file());
    }

    #[test]
    fn a_missing_folder_is_named_with_the_command_that_makes_it() {
        let folder = tempfile::tempdir().expect("folder");
        let error =
            write_file(&folder.path().join("no such/report.json"), b"", &Stop::default()).expect_err("no folder");
        let told = format!("{error}: {}", error.kind).replace(&folder.path().display().to_string(), "DIR");
        insta::assert_snapshot!(told, @r"
        cannot write the report `DIR/no such/report.json`: the folder `DIR/no such` does not exist
        make it first: mkdir -p -- 'DIR/no such'
        ");
    }

    #[test]
    fn a_folder_is_no_place_for_a_report() {
        let folder = tempfile::tempdir().expect("folder");
        let error = write_file(folder.path(), b"", &Stop::default()).expect_err("folder");
        assert!(matches!(error.kind, WriteErrorKind::IsFolder));
    }
}
