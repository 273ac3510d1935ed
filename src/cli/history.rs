//! A directory of earlier reports: each run adds its own, the oldest go.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::ui::Ui;
use crate::report::{self, Report, json};

/// How many reports a directory keeps.
const KEPT: usize = 200;
/// What the names of reports begin and end with; nothing else in the directory is touched.
const NAME: (&str, &str) = ("hive-preflight-", ".json");

/// Why a report could not be kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum HistoryError {
    #[error("cannot use the history `{}`", .0.display())]
    Directory(PathBuf, #[source] io::Error),
    #[error(transparent)]
    Write(#[from] report::WriteError),
}

/// Adds `report` to the directory, which is made where it is missing, and removes the oldest beyond those that are kept.
pub(super) fn keep(directory: &Path, report: &Report, ui: Ui) -> Result<(), HistoryError> {
    let refused = |error| HistoryError::Directory(directory.to_owned(), error);
    fs::create_dir_all(directory).map_err(refused)?;
    let digits: String = report.started.chars().filter(char::is_ascii_alphanumeric).collect();
    let names = (1..).map(|number| match number {
        1 => format!("{}{digits}{}", NAME.0, NAME.1),
        number => format!("{}{digits}-{number}{}", NAME.0, NAME.1),
    });
    let text = json::render(report, ui.lang());
    for file in names.map(|name| directory.join(name)).filter(|file| !file.exists()) {
        if report::write_new_file(&file, text.as_bytes(), ui.stop())? {
            break;
        }
    }
    let files = files(directory).map_err(refused)?;
    for old in files.iter().rev().skip(KEPT) {
        match fs::remove_file(old) {
            // Another run, at the same time.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            removed => removed.map_err(refused)?,
        }
    }
    Ok(())
}

/// The reports of a directory, the oldest first: their names begin with the time.
pub(super) fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory)?.collect::<io::Result<Vec<_>>>()?;
    let is_report = |name: &str| name.starts_with(NAME.0) && name.ends_with(NAME.1);
    let mut files: Vec<PathBuf> = entries
        .into_iter()
        .filter(|entry| entry.file_name().to_str().is_some_and(is_report))
        .map(|entry| entry.path())
        .collect();
    files.sort_by_key(|file| file.file_stem().map(std::ffi::OsStr::to_owned));
    Ok(files)
}
