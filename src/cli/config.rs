//! `preflight.yml`: a project's own defaults. What stands on the command line comes first, then the environment
//! (`HIVE_PREFLIGHT_<OPTION>`), then this file, then the built-in default.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::{Arg, ArgAction, ArgMatches, Command, parser::ValueSource};
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    catalog::{CatalogErrors, CheckId, Document, ProblemKind, Step},
    judge::Severity,
    location::Location,
    nearest::nearest,
};

/// The file's name.
const FILE: &str = "preflight.yml";
/// Names the file instead of looking for it; empty: none at all.
const VARIABLE: &str = "HIVE_PREFLIGHT_CONFIG";
/// What begins the name of an option's environment variable.
const PREFIX: &str = "HIVE_PREFLIGHT_";
/// Options that mean this one call, not the project.
const NO_DEFAULTS: [&str; 2] = ["help", "version"];
/// The subcommand whose options the file gives.
const RUN: &str = "run";
/// Options that say where the program writes; of these `--format` only with a file.
const WRITES: [&str; 2] = ["format", "history"];
/// Options that mean the same wherever they are: what is read.
const EVERYWHERE: [&str; 5] = ["inventory", "root", "stage", "playbook-dir", "checks"];

/// What a project says about its runs.
#[derive(Debug, Default)]
pub(super) struct Config {
    /// The file, where there is one.
    pub(super) file: Option<PathBuf>,
    /// Nobody named it.
    is_found: bool,
    options: IndexMap<String, (Vec<String>, Location)>,
    /// Severities of checks.
    pub(super) severities: BTreeMap<String, (Severity, Location)>,
    /// Values that checks see before their own variables.
    pub(super) variables: BTreeMap<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConfig {
    #[serde(default)]
    options: IndexMap<String, Value>,
    #[serde(default)]
    severity: IndexMap<String, Severity>,
    #[serde(default)]
    variables: BTreeMap<String, Value>,
}

impl Config {
    /// Finds the file in the current directory or above it, and reads it; its options must be those of `command`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn find(command: &Command) -> Result<Self, CatalogErrors> {
        match std::env::var_os(VARIABLE) {
            Some(name) if name.is_empty() => Ok(Self::default()),
            Some(name) => Self::of(Document::read(Path::new(&name))?, Path::new(&name), command),
            None => above().map_or_else(
                || Ok(Self::default()),
                |file| Ok(Self { is_found: true, ..Self::of(Document::read_found(&file)?, &file, command)? }),
            ),
        }
    }

    fn of(mut document: Document<RawConfig>, file: &Path, command: &Command) -> Result<Self, CatalogErrors> {
        let mut options = IndexMap::new();
        for (name, value) in document.raw.options.clone() {
            let path = [Step::Key("options"), Step::Key(&name)];
            match option(&name, &value, command) {
                Ok(values) => drop(options.insert(name.clone(), (values, document.location(&path)))),
                Err(kind) => document.report(&path, kind),
            }
        }
        let place = |id: &String| document.location(&[Step::Key("severity"), Step::Key(id)]);
        let severities =
            document.raw.severity.iter().map(|(id, severity)| (id.clone(), (*severity, place(id)))).collect();
        let raw = document.finish()?;
        let file = Some(file.to_path_buf());
        Ok(Self { file, is_found: false, options, severities, variables: raw.variables })
    }

    /// Gives options their environment variables, and the file's values as defaults: all of `run`, those of the program,
    /// and in other subcommands those that say what is read.
    pub(super) fn apply(&self, command: Command) -> Command {
        let everywhere = |argument: Arg| {
            if argument.get_long().is_some_and(|name| EVERYWHERE.contains(&name)) {
                self.preset(argument)
            } else {
                argument
            }
        };
        command.mut_args(|argument| self.preset(argument)).mut_subcommands(|subcommand| {
            if subcommand.get_name() == RUN {
                subcommand.mut_args(|argument| self.preset(argument))
            } else {
                subcommand.mut_args(everywhere)
            }
        })
    }

    fn preset(&self, argument: Arg) -> Arg {
        let name = argument.get_long().filter(|name| !NO_DEFAULTS.contains(name)).map(str::to_owned);
        let Some(name) = name else { return argument };
        let argument =
            if argument.get_env().is_some() { argument } else { argument.env(variable(&name)).hide_env(true) };
        match self.options.get(&name) {
            Some((values, _)) if argument.get_action().takes_values() => {
                argument.default_values(values.clone()).hide_default_value(true)
            }
            Some((values, _)) => argument.default_values(values.clone()),
            None => argument,
        }
    }

    /// What the file may not say for this run: where to write, where the user trusts the project with no code and nobody
    /// named the file.
    ///
    /// # Errors
    /// The first such option.
    pub(super) fn may_say_so(&self, matches: &ArgMatches) -> Result<(), ChosenFile> {
        let Some(run) = matches.subcommand_matches(RUN).filter(|_| self.is_found) else { return Ok(()) };
        let is_default = |option: &str| run.value_source(option) == Some(ValueSource::DefaultValue);
        if !run.get_flag("no_scripts") || is_default("no_scripts") {
            return Ok(());
        }
        let said = WRITES.iter().filter_map(|option| Some((option, self.options.get(*option)?)));
        let writes = |option: &str, values: &[String]| option != "format" || values.iter().any(|v| v.contains('='));
        let mut chosen = said.filter(|(option, (values, _))| is_default(option) && writes(option, values));
        chosen.next().map_or(Ok(()), |(option, (_, location))| Err(ChosenFile { option, location: location.clone() }))
    }

    /// The severities by check.
    ///
    /// # Errors
    /// A check that is not there.
    pub(super) fn severities<'a>(
        &self,
        known: &(impl Iterator<Item = &'a CheckId> + Clone),
    ) -> Result<BTreeMap<CheckId, Severity>, UnknownCheck> {
        let find = |(id, (severity, location)): (&String, &(Severity, Location))| {
            let found = known.clone().find(|known| known.as_str() == id);
            found.map(|found| (found.clone(), *severity)).ok_or_else(|| UnknownCheck {
                location: location.clone(),
                id: id.clone(),
                nearest: nearest(id, known.clone().map(CheckId::as_str))
                    .map(|near| format!("; did you mean `{near}`?")),
            })
        };
        self.severities.iter().map(find).collect()
    }

    /// Every option of `run` with its values and where they come from; `command` is [`Config::apply`]'s.
    pub(super) fn origins(&self, command: &Command) -> Vec<Row> {
        let mut command = command.clone().disable_help_flag(true).disable_version_flag(true);
        let Ok(matches) = command.try_get_matches_from_mut(["hive-preflight", RUN]) else { return Vec::new() };
        let Some(matches) = matches.subcommand_matches(RUN) else { return Vec::new() };
        let Some(subcommand) = command.find_subcommand(RUN) else { return Vec::new() };
        let named = subcommand.get_arguments().filter_map(|argument| Some((argument, argument.get_long()?)));
        named
            .filter(|(_, name)| !NO_DEFAULTS.contains(name))
            .map(|(argument, name)| {
                let raw = matches.get_raw(argument.get_id().as_str()).into_iter().flatten();
                let values = raw.map(|value| value.to_string_lossy().into_owned()).collect();
                Row { name: name.to_owned(), values, origin: self.origin(name, argument, matches) }
            })
            .collect()
    }

    fn origin(&self, name: &str, argument: &Arg, matches: &ArgMatches) -> Origin {
        match (matches.value_source(argument.get_id().as_str()), self.options.get(name)) {
            (Some(ValueSource::EnvVariable), _) => {
                let variable = argument.get_env().map(|name| name.to_string_lossy().into_owned());
                Origin::Environment(variable.unwrap_or_default())
            }
            (Some(ValueSource::CommandLine), _) => Origin::CommandLine,
            (_, Some((_, location))) => Origin::File(location.clone()),
            _ => Origin::BuiltIn,
        }
    }
}

/// A project that is trusted with no code says where to write.
#[derive(Debug, thiserror::Error)]
#[error(
    "{location}: `{option}` lets this run write where the project wants, which `--no-scripts` does not allow\n  hint: give `--{option}` yourself, or read no `{FILE}`: `{VARIABLE}= hive-preflight run ...`"
)]
pub(super) struct ChosenFile {
    option: &'static str,
    location: Location,
}

/// A severity for a check that is not there.
#[derive(Debug, thiserror::Error)]
#[error("{location}: there is no check `{id}`{}", nearest.as_deref().unwrap_or_default())]
pub(super) struct UnknownCheck {
    location: Location,
    id: String,
    nearest: Option<String>,
}

/// One option as `config` shows it.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) values: Vec<String>,
    pub(super) origin: Origin,
}

/// Where an option's value comes from.
pub(super) enum Origin {
    CommandLine,
    Environment(String),
    File(Location),
    BuiltIn,
}

/// The file of the current directory or of the nearest one above it.
fn above() -> Option<PathBuf> {
    let here = Path::new(FILE);
    if here.exists() {
        return Some(here.to_path_buf());
    }
    let start = std::env::current_dir().ok()?;
    start.ancestors().skip(1).map(|directory| directory.join(FILE)).find(|file| file.exists())
}

fn variable(option: &str) -> OsString {
    format!("{PREFIX}{}", option.to_uppercase().replace('-', "_")).into()
}

/// The values of an option, as they would stand on the command line.
fn option(name: &str, value: &Value, command: &Command) -> Result<Vec<String>, ProblemKind> {
    let run = command.find_subcommand(RUN);
    let known = || run.into_iter().chain([command]).flat_map(Command::get_arguments);
    let found = known().find(|argument| argument.get_long() == Some(name));
    let Some(argument) = found.filter(|_| !NO_DEFAULTS.contains(&name)) else {
        let nearest = nearest(name, known().filter_map(Arg::get_long)).map(str::to_owned);
        return Err(ProblemKind::UnknownKey { key: name.to_owned(), known: Vec::new(), nearest });
    };
    let values = match value {
        Value::Array(items) => items.iter().map(text).collect::<Option<Vec<_>>>(),
        single => text(single).map(|text| vec![text]),
    };
    let wrong = |detail: String| ProblemKind::WrongType { detail };
    let values = values.ok_or_else(|| wrong(format!("`{name}` takes text, a number or a list of them")))?;
    if matches!(argument.get_action(), ArgAction::SetTrue) && !matches!(value, Value::Bool(_)) {
        return Err(wrong(format!("`{name}` is `true` or `false`")));
    }
    try_values(argument, name, &values).map_err(wrong)?;
    Ok(values)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// Lets clap judge the values; its first line says what is wrong.
fn try_values(argument: &Arg, name: &str, values: &[String]) -> Result<(), String> {
    if !argument.get_action().takes_values() {
        return Ok(());
    }
    // Without the other options, with which it may not go together.
    let names = argument.get_value_names().unwrap_or_default().to_vec();
    let alone = Arg::new("alone").value_names(names).long(name.to_owned()).action(argument.get_action().clone());
    let alone = alone.value_parser(argument.get_value_parser().clone()).value_delimiter(argument.get_value_delimiter());
    let alone = Command::new(RUN).no_binary_name(true).arg(alone);
    let words = values.iter().flat_map(|value| [format!("--{name}"), value.clone()]);
    alone.try_get_matches_from(words).map(|_| ()).map_err(|error| {
        let text = error.to_string();
        text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
    })
}
