//! The only place that joins the stages; one file a subcommand.

mod ansible_cfg;
mod args;
mod defaults;
mod deliver;
mod exit;
mod explain;
mod inventory;
mod lang;
mod lint;
mod list;
mod out;
mod reach;
mod run;
mod selection;
mod source;
mod style;
mod ui;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;

/// Runs the program with `args` (the first is its own name) and tells how it ended.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match args::Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return exit::of_usage(&error),
    };
    let painter = style::Painter::new(cli.color);
    let ui = ui::Ui::new(cli.lang, cli.color);
    match &cli.command {
        args::Command::Run(args) => run::run(args, ui),
        args::Command::Lint(args) => lint::run(args, painter),
        args::Command::List(args) => list::run(args, ui),
        args::Command::Explain(args) => explain::run(args, ui),
        args::Command::Inventory(args) => inventory::run(args),
    }
}
