//! The only place that joins the stages; one file a subcommand.

mod args;
mod exit;
mod lint;
mod out;
mod style;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;

/// Runs the program with `args` (the first is its own name) and tells how it ended.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match args::Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return exit::of_usage(&error),
    };
    let painter = style::Painter::new(cli.color);
    match &cli.command {
        args::Command::Lint(args) => lint::run(args, painter),
        _ => ExitCode::from(exit::USAGE),
    }
}
