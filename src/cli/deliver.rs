//! A finished report to where the user wants it, and to an exit code.

use std::process::ExitCode;

use super::{diff, exit, github, out, secrets, style::Painter, ui::Ui};
use crate::{
    catalog::Catalog,
    report::{
        self, Format, Output, Readiness, Report, checklist, checkstyle, github as annotations, gitlab, html, json,
        junit, markdown, nagios, ndjson, prometheus, sarif, tap,
        terminal::{self, Detail},
    },
};

/// A finished report, and what its formats need beside it.
#[derive(Clone, Copy)]
pub(super) struct Delivery<'a> {
    pub(super) report: &'a Report,
    /// Where SARIF takes its rules from, and HTML the phases of checks.
    pub(super) catalog: &'a Catalog,
    /// How much the terminal report tells.
    pub(super) detail: Detail,
    pub(super) ui: Ui,
}

impl Delivery<'_> {
    /// Writes the report in every format of `outputs`: files first, standard output last. The exit code is `code`, unless
    /// something could not be written; a monitoring plugin's output brings its own.
    pub(super) fn all(self, outputs: &[Output], code: u8) -> ExitCode {
        // What is delivered is masked already; who reads it may take his time.
        secrets::forget();
        let is_plugin = is_on_stdout(outputs, Format::Nagios);
        let code = if is_plugin { nagios::State::of(self.report).exit_status() } else { code };
        let is_written = [self.files(outputs), self.stdout(outputs), self.summary(outputs)].iter().all(|done| *done);
        match (is_written, is_plugin) {
            (true, _) => ExitCode::from(code),
            (false, true) => ExitCode::from(exit::PLUGIN_UNKNOWN),
            (false, false) => ExitCode::from(exit::USAGE),
        }
    }

    /// Whether all files could be written; each that could not is told.
    fn files(self, outputs: &[Output]) -> bool {
        let mut is_written = true;
        for output in outputs {
            let Some(file) = &output.file else { continue };
            let text = self.render(output, false);
            if let Err(error) = report::write_file(file, text.as_bytes(), self.ui.stop()) {
                self.ui.error(&error);
                is_written = false;
            }
        }
        is_written
    }

    fn stdout(self, outputs: &[Output]) -> bool {
        let beside_commands = is_on_stdout(outputs, Format::Github);
        let texts = outputs.iter().filter(|output| output.file.is_none()).map(|output| {
            let text = self.render(output, true);
            if (beside_commands || github::is_runner()) && output.format == Format::Terminal {
                github::fenced(&text)
            } else {
                text
            }
        });
        let written = out::print(&texts.collect::<String>());
        written.map_err(|error| self.ui.error(&error)).is_ok()
    }

    fn summary(self, outputs: &[Output]) -> bool {
        let wanted = is_on_stdout(outputs, Format::Github);
        let written = if wanted { github::append_summary(self.report, self.ui) } else { Ok(()) };
        written.map_err(|error| self.ui.error(&error)).is_ok()
    }

    /// What stands in front of a terminal report where inventories were compared.
    fn changes(self, color: bool) -> String {
        let told = self.report.differences.as_ref().filter(|_| self.detail != Detail::Quiet);
        told.map_or_else(String::new, |differences| diff::changes(differences, self.ui.lang(), Painter::with(color)))
    }

    fn render(self, output: &Output, to_stdout: bool) -> String {
        let (report, lang) = (self.report, self.ui.lang());
        match output.format {
            Format::Terminal => {
                let color = to_stdout && self.ui.color_on_stdout();
                let width = if to_stdout { self.ui.width() } else { self.ui.default_width() };
                let options = terminal::Options { lang, color, width, detail: self.detail };
                format!("{}{}", self.changes(color), terminal::render(report, &options))
            }
            Format::Json => json::render(report, lang),
            Format::Ndjson => ndjson::render(report, lang),
            Format::Junit => junit::render(report, lang),
            Format::Sarif => sarif::render(report, self.catalog, lang),
            Format::Github => annotations::render(report, lang),
            Format::Gitlab => gitlab::render(report, lang),
            Format::Checkstyle => checkstyle::render(report, lang),
            Format::Tap => tap::render(report, lang),
            Format::Markdown => markdown::render(report, lang),
            Format::Html => html::render(report, self.catalog, lang),
            Format::Checklist if output.is_page() => html::render_checklist(report, lang),
            Format::Checklist => checklist::render(report, lang),
            Format::Prometheus => prometheus::render(report),
            Format::Nagios => nagios::render(report, lang),
        }
    }
}

fn is_on_stdout(outputs: &[Output], format: Format) -> bool {
    outputs.iter().any(|output| output.file.is_none() && output.format == format)
}

/// How much `--quiet` and `--verbose` want to be told.
pub(super) fn detail(quiet: bool, verbose: u8) -> Detail {
    match (quiet, verbose) {
        (true, _) => Detail::Quiet,
        (false, 0) => Detail::Normal,
        (false, _) => Detail::Verbose,
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
