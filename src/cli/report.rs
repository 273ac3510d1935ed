//! `report`: reports that were saved as JSON, in other formats, joined and compared.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::{
    args::{ColorArg, CompareArgs, CompareFormat, LangArg, MergeArgs, RenderArgs, ReportCommand, TrendArgs},
    deliver::{self, Delivery},
    exit, github, history, out,
    run::Refused,
    secrets,
    ui::Ui,
};
use crate::{
    bounded,
    catalog::Catalog,
    judge::Severity,
    report::{
        self, Report,
        json::{self, ReadError, Saved},
        terminal::Detail,
    },
    text::Lang,
};

/// How large a saved report may be, in bytes: ten thousand hosts have room.
const MAX_REPORT: u64 = 512 * 1024 * 1024;

/// Why a saved report cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the report `{}`", .path.display())]
pub(super) struct ReportError {
    path: PathBuf,
    source: ReportErrorKind,
}

#[derive(Debug, thiserror::Error)]
enum ReportErrorKind {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Content(#[from] ReadError),
}

/// How this program was called, apart from the subcommand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    pub(super) lang: Option<LangArg>,
    pub(super) color: ColorArg,
}

/// Does what `command` says.
pub(super) fn run(command: &ReportCommand, manner: Manner) -> ExitCode {
    match command {
        ReportCommand::Render(args) => render(args, manner),
        ReportCommand::Merge(args) => merge(args, manner),
        ReportCommand::Compare(args) => compare(args, manner),
        ReportCommand::Trend(args) => trend(args, manner),
    }
}

fn render(args: &RenderArgs, manner: Manner) -> ExitCode {
    let told = load(&args.report, manner).and_then(|saved| {
        let ui = manner.ui(saved.lang);
        deliver(&saved.report, &args.format, &args.catalog.checks, deliver::detail(args.quiet, args.verbose), ui)
    });
    told.unwrap_or_else(|Refused| exit::of_refusal(&args.format))
}

fn merge(args: &MergeArgs, manner: Manner) -> ExitCode {
    let runs: Result<Vec<Saved>, Refused> = args.reports.iter().map(|path| load(path, manner)).collect();
    let format = if args.format.is_empty() { &[report::Format::Json.to_string()][..] } else { &args.format };
    let told = runs.and_then(|runs| {
        // The program asks for two reports at least.
        let lang = runs.first().map_or(Lang::En, |run| run.lang);
        let runs: Vec<Report> = runs.into_iter().map(|run| run.report).collect();
        deliver(&report::merge(&runs), format, &args.catalog.checks, Detail::Normal, manner.ui(lang))
    });
    told.unwrap_or_else(|Refused| exit::of_refusal(format))
}

/// A report in other formats is neither better nor worse than it was: the exit code tells whether it could be written.
fn deliver(
    report: &Report,
    formats: &[String],
    checks: &[PathBuf],
    detail: Detail,
    ui: Ui,
) -> Result<ExitCode, Refused> {
    let otherwise = github::on_stdout(|name| std::env::var(name).ok());
    let outputs = report::outputs(formats, otherwise).map_err(|error| ui.error(&error))?;
    let catalog = Catalog::load(checks).map_err(|errors| ui.problems(&errors))?;
    Ok(Delivery { report, catalog: &catalog, detail, ui }.all(&outputs, exit::CLEAN))
}

fn compare(args: &CompareArgs, manner: Manner) -> ExitCode {
    let (Ok(old), Ok(new)) = (load(&args.old, manner), load(&args.new, manner)) else {
        return ExitCode::from(exit::USAGE);
    };
    let threshold = if args.strict { Severity::Warning } else { new.report.threshold };
    let comparison = report::compare(&old.report, &new.report, threshold, new.lang);
    let text = match args.format {
        CompareFormat::Text => comparison.text(),
        CompareFormat::Json => comparison.json(),
    };
    let code = match (comparison.has_new_findings(), comparison.has_new_unknowns()) {
        (true, _) => exit::FINDINGS,
        (false, true) => exit::UNKNOWN,
        (false, false) => exit::CLEAN,
    };
    exit::after_output(out::print(&text), code)
}

fn trend(args: &TrendArgs, manner: Manner) -> ExitCode {
    let ui = Ui::new(manner.lang, manner.color);
    let files = match history::files(&args.directory) {
        Ok(files) => files,
        Err(error) => {
            let path = args.directory.clone();
            let Refused = ui.error(&ReportError { path, source: error.into() });
            return ExitCode::from(exit::USAGE);
        }
    };
    let read: Result<Vec<Saved>, Refused> = files.iter().map(|file| load(file, manner)).collect();
    let Ok(read) = read else { return ExitCode::from(exit::USAGE) };
    let runs: Vec<Report> = read.into_iter().map(|saved| saved.report).collect();
    let Some(trend) = report::trend(&runs, ui.lang()) else {
        let Refused = ui.error(&NoRuns(args.directory.clone()));
        return ExitCode::from(exit::USAGE);
    };
    let text = match args.format {
        CompareFormat::Text => trend.text(),
        CompareFormat::Json => trend.json(),
    };
    exit::after_output(out::print(&text), exit::CLEAN)
}

/// A directory without reports.
#[derive(Debug, thiserror::Error)]
#[error("there are no reports in `{}`; `hive-preflight run --history {}` puts them there", .0.display(), .0.display())]
struct NoRuns(PathBuf);

fn load(path: &Path, manner: Manner) -> Result<Saved, Refused> {
    read(path).map_err(|error| Ui::new(manner.lang, manner.color).error(&error))
}

/// Reads a report; `-` is standard input.
///
/// # Errors
/// Where it cannot be read, or is none.
pub(super) fn read(path: &Path) -> Result<Saved, ReportError> {
    let text = if path == Path::new("-") {
        bounded::read_text_from(io::stdin(), MAX_REPORT)
    } else {
        File::open(path).and_then(|file| bounded::read_text_from(file, MAX_REPORT))
    };
    let saved = text.map_err(ReportErrorKind::from).and_then(|text| Ok(json::read(&text)?));
    // An earlier version, or somebody else's program, may have written it.
    let saved = saved.map(|mut saved| {
        saved.report.conceal(secrets::redactor());
        saved
    });
    saved.map_err(|source| ReportError { path: path.to_owned(), source })
}

impl Manner {
    /// Texts were saved in one language; labels in another would not help.
    fn ui(self, saved: Lang) -> Ui {
        let saved = match saved {
            Lang::En => LangArg::En,
            Lang::Ja => LangArg::Ja,
        };
        let ui = Ui::new(Some(saved), self.color);
        if self.lang.is_some_and(|wanted| wanted != saved) {
            ui.warning(match saved {
                LangArg::En => "the report was saved in English, and stays so: `--lang` has no effect on it",
                LangArg::Ja => "レポートは日本語で保存されているため、`--lang` は効きません",
            });
        }
        ui
    }
}
