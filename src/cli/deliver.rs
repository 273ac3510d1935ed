//! A finished report to where the user wants it, and to an exit code.

use std::process::ExitCode;

use super::{
    args::{FailOn, RunArgs},
    exit, out,
    ui::Ui,
};
use crate::report::{
    self, Format, Output, Readiness, Report, json,
    terminal::{self, Detail},
};

/// Writes the report in every format that was asked for: files first, standard output last.
pub(super) fn all(report: &Report, outputs: &[Output], args: &RunArgs, ui: Ui) -> ExitCode {
    let mut code = if args.fail_on == FailOn::Never { exit::CLEAN } else { code(report) };
    for output in outputs {
        if let Some(file) = &output.file {
            let text = render(report, output.format, false, args, ui);
            if let Err(error) = report::write_file(file, text.as_bytes()) {
                ui.error(&error);
                code = exit::USAGE;
            }
        }
    }
    for output in outputs.iter().filter(|output| output.file.is_none()) {
        let text = render(report, output.format, true, args, ui);
        if let Err(error) = out::print(&text) {
            ui.error(&error);
            code = exit::USAGE;
        }
    }
    ExitCode::from(code)
}

fn render(report: &Report, format: Format, to_stdout: bool, args: &RunArgs, ui: Ui) -> String {
    match format {
        Format::Json => json::render(report, ui.lang()),
        Format::Terminal => {
            let detail = match (args.quiet, args.verbose) {
                (true, _) => Detail::Quiet,
                (false, 0) => Detail::Normal,
                (false, _) => Detail::Verbose,
            };
            let color = to_stdout && ui.color_on_stdout();
            let width = if to_stdout { ui.width() } else { ui.default_width() };
            terminal::render(report, &terminal::Options { lang: ui.lang(), color, width, detail })
        }
    }
}

/// The report's standing as an exit code; `docs/report-json.md` and the README list them.
fn code(report: &Report) -> u8 {
    match report.standing().readiness() {
        Readiness::Ready | Readiness::NothingChecked => exit::CLEAN,
        Readiness::NotReady => exit::FINDINGS,
        Readiness::Unknown => exit::UNKNOWN,
    }
}
