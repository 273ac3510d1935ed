//! A finished report to where the user wants it, and to an exit code.

use std::process::ExitCode;

use super::{exit, github, out, ui::Ui};
use crate::report::{
    self, Format, Output, Readiness, Report, github as annotations, json, junit, markdown, tap,
    terminal::{self, Detail},
};

/// Writes the report in every format that was asked for: files first, standard output last. The exit code is `code`, unless
/// something could not be written.
pub(super) fn all(report: &Report, outputs: &[Output], detail: Detail, code: u8, ui: Ui) -> ExitCode {
    let mut code = code;
    for output in outputs {
        if let Some(file) = &output.file {
            let text = render(report, output.format, false, detail, ui);
            if let Err(error) = report::write_file(file, text.as_bytes()) {
                ui.error(&error);
                code = exit::USAGE;
            }
        }
    }
    if let Err(error) = out::print(&on_stdout(report, outputs, detail, ui)) {
        ui.error(&error);
        code = exit::USAGE;
    }
    if is_on_stdout(outputs, Format::Github)
        && let Err(error) = github::append_summary(report, ui)
    {
        ui.error(&error);
        code = exit::USAGE;
    }
    ExitCode::from(code)
}

fn on_stdout(report: &Report, outputs: &[Output], detail: Detail, ui: Ui) -> String {
    let is_fenced = |format| format == Format::Terminal && is_on_stdout(outputs, Format::Github);
    let texts = outputs.iter().filter(|output| output.file.is_none()).map(|output| {
        let text = render(report, output.format, true, detail, ui);
        if is_fenced(output.format) { github::fenced(&text) } else { text }
    });
    texts.collect()
}

fn is_on_stdout(outputs: &[Output], format: Format) -> bool {
    outputs.iter().any(|output| output.file.is_none() && output.format == format)
}

fn render(report: &Report, format: Format, to_stdout: bool, detail: Detail, ui: Ui) -> String {
    let lang = ui.lang();
    match format {
        Format::Json => json::render(report, lang),
        Format::Junit => junit::render(report, lang),
        Format::Github => annotations::render(report, lang),
        Format::Tap => tap::render(report, lang),
        Format::Markdown => markdown::render(report, lang),
        Format::Terminal => {
            let color = to_stdout && ui.color_on_stdout();
            let width = if to_stdout { ui.width() } else { ui.default_width() };
            terminal::render(report, &terminal::Options { lang, color, width, detail })
        }
    }
}

/// The report's standing as an exit code; `docs/report-json.md` and the README list them.
pub(super) fn code(report: &Report) -> u8 {
    match report.standing().readiness() {
        Readiness::Ready | Readiness::NothingChecked => exit::CLEAN,
        Readiness::NotReady => exit::FINDINGS,
        Readiness::Unknown => exit::UNKNOWN,
    }
}
