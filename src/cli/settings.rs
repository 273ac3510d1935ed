//! `hive-preflight config`: what the project's file and the environment say, and where.

use std::{fmt::Write as _, process::ExitCode};

use clap::Command;

use super::{
    args::ConfigArgs,
    config::{Config, Origin, Row},
    exit, out,
};
use crate::report::{columns, pad};

/// Runs the subcommand.
pub(super) fn run(args: &ConfigArgs, config: &Config, command: &Command) -> ExitCode {
    let mut rows: Vec<[String; 2]> = Vec::new();
    for row in config.origins(command) {
        rows.push([format!("{}: {}", row.name, values(&row)), origin(&row.origin)]);
    }
    for (id, (severity, location)) in &config.severities {
        rows.push([format!("severity of {id}: {severity}"), location.to_string()]);
    }
    let file = config.file.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
    for (name, value) in &config.variables {
        rows.push([format!("variable {name}: {value}"), file.clone()]);
    }
    exit::after_output(out::print_redacted(&table(&rows, args.show_origin)), exit::CLEAN)
}

fn table(rows: &[[String; 2]], show_origin: bool) -> String {
    let width = rows.iter().map(|[what, _]| columns(what)).max().unwrap_or_default();
    let mut text = String::new();
    for [what, origin] in rows {
        let line = if show_origin { format!("{}  {origin}", pad(what, width)) } else { what.clone() };
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn values(row: &Row) -> String {
    match row.values.as_slice() {
        [] => "-".to_owned(),
        [value] => value.clone(),
        values => format!("[{}]", values.join(", ")),
    }
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::CommandLine => "command line".to_owned(),
        Origin::Environment(name) => format!("environment {name}"),
        Origin::File(location) => location.to_string(),
        Origin::BuiltIn => "built in".to_owned(),
    }
}
