//! Inventories that only Ansible can read: the real `ansible-inventory` (in a hive project `hive inventory`) reads a
//! temporary copy, and what it prints becomes an [`super::Inventory`].
//!
//! `copy` makes the copy, `run` runs the program in it, `convert` reads what it printed.

mod convert;
mod copy;
mod fault;
mod run;

use std::{
    env,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

pub use fault::EngineFault;

use copy::Copy;
use run::{Call, TIME_LIMIT};

use super::{InventoryErrors, LoadOptions, Problem, Reason, structure::Builder};

/// Who reads the inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// hive-preflight itself, unless a source is for a plugin that only Ansible has.
    #[default]
    Auto,
    /// hive-preflight itself.
    Native,
    /// `ansible-inventory`.
    Ansible,
}

/// Why only Ansible can read these sources, where that is so.
pub(super) fn needed(errors: &InventoryErrors) -> Option<&Problem> {
    errors.problems.iter().find(|problem| matches!(&*problem.reason, Reason::Source(fault) if fault.is_for_ansible()))
}

/// The program that reads: hive's own in its projects.
pub(super) fn program(hive: bool) -> &'static str {
    if hive { "hive" } else { "ansible-inventory" }
}

/// Lets Ansible read `sources`, or the hive project in `root`. Variables are merged already: all are the hosts' own.
pub(super) fn read(options: &LoadOptions, root: Option<&Path>, sources: &[String]) -> Result<Builder, Problem> {
    let name = program(root.is_some());
    let result = trusted(options, root, sources).and_then(|()| find(name)).and_then(|program| {
        let mut copy = Copy::new(&options.stop)?;
        let call = match root {
            Some(root) => hive_call(program, &mut copy, root, options)?,
            None => ansible_call(program, &mut copy, sources, options)?,
        };
        copy.tell_secrets(&options.vault);
        let text = copy.renamed_json(&call.run(&copy, &options.vault, &options.stop)?);
        let vaulted = copy.vaulted_variables(&options.vault);
        convert::read(&text, &vaulted, &options.vault)
            .map_err(|convert::NoInventory(what)| EngineFault::Output { what, stderr: String::new() })
    });
    result.map_err(|fault| Problem::of_source(Path::new(name), fault))
}

/// Whether Ansible may run what it finds beside the sources and in the current directory.
fn trusted(options: &LoadOptions, root: Option<&Path>, sources: &[String]) -> Result<(), EngineFault> {
    let named = sources.iter().map(Path::new).filter(|source| source.exists());
    let places: Vec<&Path> = root.map_or_else(|| named.chain([Path::new(".")]).collect(), |root| vec![root]);
    places.into_iter().try_for_each(|place| options.scripts.check(place).map_err(EngineFault::Untrusted))
}

/// The first of that name in `PATH`.
fn find(program: &'static str) -> Result<PathBuf, EngineFault> {
    let path = env::var_os("PATH").unwrap_or_default();
    let executable = |file: &PathBuf| super::source::is_executable(file) && file.is_file();
    let found = env::split_paths(&path).map(|directory| directory.join(program)).find(executable);
    let absolute = found.and_then(|file| std::path::absolute(file).ok());
    absolute.ok_or(EngineFault::NotInstalled(program))
}

/// `hive inventory`, with a temporary directory of its own: it writes there, and its usual one is that of a hive that
/// may be running.
fn hive_call(program: PathBuf, copy: &mut Copy, root: &Path, options: &LoadOptions) -> Result<Call, EngineFault> {
    let directory = copy.add(root)?;
    let scratch = copy.scratch()?;
    let mut arguments: Vec<OsString> = vec!["-r".into(), directory.clone().into(), "-W".into(), scratch.into()];
    if let Some(stage) = &options.stage {
        arguments.extend(["-s".into(), stage.into()]);
    }
    arguments.push("inventory".into());
    Ok(Call { program, arguments, directory, time_limit: TIME_LIMIT })
}

fn ansible_call(
    program: PathBuf,
    copy: &mut Copy,
    sources: &[String],
    options: &LoadOptions,
) -> Result<Call, EngineFault> {
    let here = fs::canonicalize(".").map_err(|error| EngineFault::copy(Path::new("."), &error))?;
    let places = sources.iter().map(|source| place(source)).collect::<Result<Vec<_>, _>>()?;
    let below = places.iter().flatten().all(|path| path.starts_with(&here));
    let directory = if below { copy.add(&here)? } else { copy.surroundings(&here)? };
    let mut arguments: Vec<OsString> = vec!["--list".into()];
    for (source, place) in sources.iter().zip(places) {
        let argument = match place {
            Some(path) => copy.of(&path)?.into(),
            None => source.into(),
        };
        arguments.extend(["-i".into(), argument]);
    }
    if let Some(playbook) = &options.playbook_dir {
        let playbook = fs::canonicalize(playbook).map_err(|error| EngineFault::copy(playbook, &error))?;
        arguments.extend(["--playbook-dir".into(), copy.of_directory(&playbook)?.into()]);
    }
    Ok(Call { program, arguments, directory, time_limit: TIME_LIMIT })
}

/// Where a source is, without links in the way to it; nothing for a list of hosts.
fn place(source: &str) -> Result<Option<PathBuf>, EngineFault> {
    let path = Path::new(source);
    if source.contains(',') && !path.exists() {
        return Ok(None);
    }
    let found = match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => {
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            fs::canonicalize(parent).map(|parent| parent.join(name))
        }
        _ => fs::canonicalize(path),
    };
    let found = found.and_then(|found| if found.exists() { Ok(found) } else { Err(io::ErrorKind::NotFound.into()) });
    found.map(Some).map_err(|error| EngineFault::copy(path, &error))
}
