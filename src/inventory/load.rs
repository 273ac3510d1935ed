//! The stage's entry: from what the user named to an [`Inventory`].

use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Inventory,
    error::{InventoryErrors, Problem, Warning},
    files::VarsFiles,
    hive::Context,
    merge::{self, Bases},
    source::{SourceFault, Sources},
    structure::Builder,
};

/// Where the inventory comes from.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// Files, directories, executables or comma-separated host lists, as `ansible-inventory -i` takes them.
    pub sources: Vec<String>,
    /// Directory of a hive-builder project; its sources are then its own. Without one and without sources the current
    /// directory is taken, if it is one.
    pub root: Option<PathBuf>,
    /// Stage of the hive project; default: what its persistents say, else `private`.
    pub stage: Option<String>,
    /// Directory whose `group_vars` and `host_vars` count like those beside a playbook; default: the current directory,
    /// in a hive project none.
    pub playbook_dir: Option<PathBuf>,
    /// How long all calls of one inventory script may take together; default: 30 seconds.
    pub script_timeout: Option<Duration>,
}

/// How long an inventory script may take, unless the user says otherwise.
const SCRIPT_TIMEOUT: Duration = Duration::from_secs(30);

/// An inventory, and what is surprising about it.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// Hosts and groups.
    pub inventory: Inventory,
    /// What Ansible accepts and what surprises people, in the order of the sources.
    pub warnings: Vec<Warning>,
}

/// Reads all sources and merges them.
///
/// # Errors
/// Every problem of every file, where at least one source cannot be read or a variables file that a host needs is broken.
pub fn load(options: &LoadOptions) -> Result<Loaded, InventoryErrors> {
    let root = root(options);
    let mut context = Context::new(root.as_deref(), options.stage.as_deref()).map_err(one)?;
    let named = if root.is_some() { vec![context.inventory_path()] } else { options.sources.clone() };
    if named.is_empty() {
        return Err(one(Problem::of_source(Path::new("."), SourceFault::None)));
    }
    let script_timeout = options.script_timeout.unwrap_or(SCRIPT_TIMEOUT);
    let mut sources = Sources { builder: Builder::new(), problems: Vec::new(), context: &mut context, script_timeout };
    for source in &named {
        sources.read(source);
    }
    let Sources { mut builder, mut problems, .. } = sources;
    if let Err(fault) = builder.reconcile() {
        problems.push(Problem::of_source(Path::new(&named.join(" ")), fault));
    }
    if !problems.is_empty() {
        return Err(InventoryErrors { problems });
    }
    let bases = Bases { inventory: bases(&named), playbook: playbook(options, root.is_some()) };
    let mut files = VarsFiles::default();
    let mut inventory = merge::merge(&builder, &bases, &mut files);
    if !files.problems.is_empty() {
        return Err(InventoryErrors { problems: files.problems });
    }
    let mut warnings = builder.warnings;
    warnings.append(&mut files.warnings);
    inventory.hive = context.into_site(&inventory, &mut warnings);
    Ok(Loaded { inventory, warnings })
}

/// The hive project's directory, where there is one.
fn root(options: &LoadOptions) -> Option<PathBuf> {
    let found = || options.sources.is_empty() && Path::new("inventory/hive.yml").exists();
    options.root.clone().or_else(|| found().then(|| PathBuf::from(".")))
}

fn one(problem: Problem) -> InventoryErrors {
    InventoryErrors { problems: vec![problem] }
}

/// The directories beside which `group_vars` and `host_vars` lie; inline lists have none.
fn bases(sources: &[String]) -> Vec<PathBuf> {
    let mut bases = Vec::new();
    for source in sources {
        let path = Path::new(source);
        if source.contains(',') && !path.exists() {
            continue;
        }
        let base = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new("")) };
        // The same directory again would change nothing, but a later one has to come last.
        bases.retain(|known| known != base);
        bases.push(base.to_path_buf());
    }
    bases
}

fn playbook(options: &LoadOptions, hive: bool) -> Option<PathBuf> {
    match &options.playbook_dir {
        Some(directory) => Some(directory.clone()),
        None if hive => None,
        // Told apart from a base beside a source only by its name in messages.
        None => env::current_dir().ok().map(|_| PathBuf::new()),
    }
}
