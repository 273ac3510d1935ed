//! Exit codes. Several may apply: usage first, then findings, then what could not be judged.

use std::{error::Error as _, process::ExitCode};

use super::{
    out::{self, StdoutError},
    secrets,
};

/// Nothing at or above the threshold.
pub(super) const CLEAN: u8 = 0;
/// Findings at or above the threshold.
pub(super) const FINDINGS: u8 = 1;
/// Wrong usage, configuration, inventory or check files.
pub(super) const USAGE: u8 = 2;
/// Something could not be judged or reached.
pub(super) const UNKNOWN: u8 = 3;

/// What a monitoring plugin ends with when it cannot tell; `--format nagios` is one.
pub(super) const PLUGIN_UNKNOWN: u8 = 3;

/// The end of a run that did not begin; a monitor would take [`USAGE`] for a critical state.
pub(super) fn of_refusal(formats: &[String]) -> ExitCode {
    let is_plugin = formats.iter().any(|format| format == "nagios");
    ExitCode::from(if is_plugin { PLUGIN_UNKNOWN } else { USAGE })
}

/// Prints clap's message where it belongs; help and version are no errors.
pub(super) fn of_usage(error: &clap::Error) -> ExitCode {
    let (shown, redacted) = (error.to_string(), secrets::redactor().redact(&error.to_string()));
    if !error.use_stderr() {
        return after_output(out::printed(error.print()), CLEAN);
    }
    if shown == redacted {
        let _ = error.print();
    } else {
        out::print_error(&redacted);
    }
    ExitCode::from(USAGE)
}

/// `code`, unless what it belongs to could not be written.
pub(super) fn after_output(written: Result<(), StdoutError>, code: u8) -> ExitCode {
    match written {
        Ok(()) => ExitCode::from(code),
        Err(error) => {
            let cause = error.source().map(|cause| format!("  cause: {cause}\n")).unwrap_or_default();
            out::print_error(&format!("error: {error}\n{cause}"));
            ExitCode::from(USAGE)
        }
    }
}
