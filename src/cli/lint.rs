//! `lint`: every problem of check files, or the schema of one.

use std::process::ExitCode;

use super::{args::LintArgs, exit, out, style::Painter};
use crate::catalog::{self, Catalog, CatalogErrors};

/// Judges the files of `args`.
pub(super) fn run(args: &LintArgs, painter: Painter) -> ExitCode {
    let (text, code) = if args.schema {
        (format!("{:#}\n", catalog::check_schema()), exit::CLEAN)
    } else {
        match Catalog::lint(&args.paths) {
            Ok(catalog) => (praise(&catalog), exit::CLEAN),
            Err(errors) => (report(&errors, painter), exit::USAGE),
        }
    };
    exit::after_output(out::print_redacted(&text), code)
}

fn praise(catalog: &Catalog) -> String {
    let checks = plural(catalog.checks.len(), "check", "checks");
    let entries = plural(catalog.faq.len(), "FAQ entry", "FAQ entries");
    format!("{checks}, {entries}: no problems\n")
}

/// All problems, each followed by an empty line, and how many there are.
pub(super) fn report(errors: &CatalogErrors, painter: Painter) -> String {
    let problems: String = errors.problems.iter().map(|problem| painter.problem(problem) + "\n").collect();
    let count = errors.problems.len();
    format!("{problems}{}\n", plural(count, "problem", "problems"))
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
