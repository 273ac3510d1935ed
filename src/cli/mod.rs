//! The only place that joins the stages; one file a subcommand.

mod args;
mod exit;
mod inventory;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;

/// Runs the program with `args` (the first is its own name) and tells how it ended.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match args::Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return exit::of_usage(&error),
    };
    match cli.command {
        args::Command::Inventory(args) => inventory::run(&args),
        _ => ExitCode::from(exit::USAGE),
    }
}
