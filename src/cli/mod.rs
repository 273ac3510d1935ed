//! The only place that joins the stages; one file a subcommand.

mod ansible_cfg;
mod args;
mod attest;
mod config;
mod defaults;
mod deliver;
mod diff;
mod exit;
mod explain;
mod github;
mod history;
mod inventory;
mod lang;
mod lint;
mod list;
mod live;
mod out;
mod prompt;
mod reach;
mod report;
mod run;
mod secrets;
mod selection;
mod settings;
mod signals;
mod source;
mod style;
mod ui;
mod vault;
mod waive;

use std::{ffi::OsString, process::ExitCode};

use clap::{CommandFactory, FromArgMatches};

use crate::guard;

use self::{config::Config, run::Refused, ui::Ui};

/// Runs the program with `args` (the first is its own name) and tells how it ended.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    guard::silence();
    secrets::keep_in_memory();
    signals::listen();
    secrets::learn_environment();
    let code = dispatch(args);
    secrets::forget();
    // Waits where a signal is just ending the program, which then has its own status.
    let _ = signals::status();
    code
}

fn dispatch(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let command = args::Cli::command();
    let config = match Config::find(&command) {
        Ok(config) => config,
        Err(errors) => {
            let Refused = Ui::new(None, args::ColorArg::Auto).problems(&errors);
            return ExitCode::from(exit::USAGE);
        }
    };
    let command = config.apply(command);
    let parsed = command.clone().try_get_matches_from(args);
    let parsed = parsed.and_then(|matches| Ok((args::Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return exit::of_usage(&error),
    };
    let painter = style::Painter::new(cli.color);
    let ui = Ui::new(cli.lang, cli.color);
    if let Err(error) = config.may_say_so(&matches) {
        let Refused = ui.error(&error);
        return ExitCode::from(exit::USAGE);
    }
    match &cli.command {
        args::Command::Run(args) => run::run(args, &config, ui),
        args::Command::Lint(args) => lint::run(args, painter),
        args::Command::List(args) => list::run(args, ui),
        args::Command::Explain(args) => explain::run(args, ui),
        args::Command::Report(command) => report::run(command, report::Manner { lang: cli.lang, color: cli.color }),
        args::Command::Inventory(args) => inventory::run(args, ui),
        args::Command::Diff(args) => diff::run(args, &config, ui),
        args::Command::Config(args) => settings::run(args, &config, &command),
    }
}
