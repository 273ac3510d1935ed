//! What GitHub Actions gets by itself: annotations beside the terminal report, and the step summary.

use std::{fs::OpenOptions, io::Write as _, path::PathBuf};

use super::ui::Ui;
use crate::report::{Format, Report, markdown};

/// What stands on standard output where `--format` names nothing for it; `variable` looks up the environment.
pub(super) fn on_stdout(variable: impl Fn(&str) -> Option<String>) -> &'static [Format] {
    match variable("GITHUB_ACTIONS").as_deref() {
        Some("true") => &[Format::Terminal, Format::Github],
        _ => &[Format::Terminal],
    }
}

/// Whether a runner of GitHub Actions reads the output.
pub(super) fn is_runner() -> bool {
    std::env::var("GITHUB_ACTIONS").as_deref() == Ok("true")
}

/// Encloses `text`, so that the runner takes no line of it as a command: hosts and inventories have their words in it.
pub(super) fn fenced(text: &str) -> String {
    let token = token();
    format!("::stop-commands::{token}\n{text}::{token}::\n")
}

/// A word that nobody can know beforehand.
fn token() -> String {
    let mut bytes = [0; 16];
    // Without random numbers time has to do: `getrandom` fails on systems only that are broken anyway.
    if getrandom::fill(&mut bytes).is_err() {
        bytes = jiff::Timestamp::now().as_nanosecond().to_ne_bytes();
    }
    format!("{:032x}", u128::from_ne_bytes(bytes))
}

/// Appends the report to the summary page of the workflow's step, where there is one.
///
/// # Errors
/// The file, and why nothing can be written there.
pub(super) fn append_summary(report: &Report, ui: Ui) -> Result<(), SummaryError> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from) else {
        return Ok(());
    };
    let text = markdown::render(report, ui.lang());
    let file = OpenOptions::new().append(true).create(true).open(&path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|source| SummaryError { path, source })
}

/// Why the step summary cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the step summary `{}` (GITHUB_STEP_SUMMARY)", .path.display())]
pub(super) struct SummaryError {
    path: PathBuf,
    source: std::io::Error,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_are_added_under_github_actions_only() {
        assert_eq!(on_stdout(|_| None), [Format::Terminal]);
        assert_eq!(
            on_stdout(|name| (name == "GITHUB_ACTIONS").then(|| "true".into())),
            [Format::Terminal, Format::Github]
        );
        assert_eq!(on_stdout(|_| Some("false".into())), [Format::Terminal]);
    }

    #[test]
    fn no_two_reports_share_the_word_that_ends_them() {
        assert_ne!(fenced("x\n"), fenced("x\n"));
    }
}
