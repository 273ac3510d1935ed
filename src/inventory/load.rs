//! The stage's entry: from what the user named to an [`Inventory`].

use std::{
    collections::HashMap,
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Audit, Inventory,
    audit::{self, Definitions, Merged},
    document,
    error::{InventoryErrors, Problem, SourceText, Warning},
    files::VarsFiles,
    hive::Context,
    merge::{self, Bases},
    origin::Origins,
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
}

/// An inventory, and what is surprising about it.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// Hosts and groups.
    pub inventory: Inventory,
    /// What Ansible accepts and what surprises people, in the order of the sources.
    pub warnings: Vec<Warning>,
    /// What is wrong with it.
    pub audit: Audit,
}

/// Reads all sources and merges them.
///
/// # Errors
/// Every problem of every file, where at least one source cannot be read or a variables file that a host needs is broken.
pub fn load(options: &LoadOptions) -> Result<Loaded, InventoryErrors> {
    load_with_origins(options).map(|(loaded, _)| loaded)
}

/// Like [`load`], and keeps what is needed to tell where a variable comes from.
///
/// # Errors
/// As [`load`].
pub fn load_with_origins(options: &LoadOptions) -> Result<(Loaded, Origins), InventoryErrors> {
    let root = root(options);
    let mut definitions = Definitions { project: root.is_some(), ..Definitions::default() };
    let mut context = Context::new(root.as_deref(), options.stage.as_deref())
        .map_err(|problem| refused(vec![problem], Vec::new(), &definitions))?;
    definitions.site = context.site();
    let named = if root.is_some() { vec![context.inventory_path()] } else { options.sources.clone() };
    if named.is_empty() {
        return Err(refused(vec![Problem::of_source(Path::new("."), SourceFault::None)], Vec::new(), &definitions));
    }
    let mut sources = Sources { builder: Builder::new(), problems: Vec::new(), context: &mut context, definitions };
    for source in &named {
        sources.read(source);
    }
    let Sources { mut builder, mut problems, mut definitions, .. } = sources;
    definitions.ports = context.published();
    if let Err(fault) = builder.reconcile() {
        problems.push(Problem::of_source(Path::new(&named.join(" ")), fault));
    }
    let mut warnings = std::mem::take(&mut builder.warnings);
    warnings.extend(audit::warnings(&definitions));
    if !problems.is_empty() {
        return Err(refused(problems, warnings, &definitions));
    }
    let bases = Bases {
        inventory: bases(&named),
        playbook: playbook(options, root.is_some()),
        named: options.playbook_dir.is_some(),
    };
    let mut files = VarsFiles::default();
    let mut inventory = merge::merge(&builder, &bases, &mut files);
    warnings.append(&mut files.warnings);
    if !files.problems.is_empty() {
        return Err(refused(files.problems, warnings, &definitions));
    }
    inventory.hive = context.into_site(&inventory, &mut warnings);
    add_lines(&mut warnings);
    let merged = Merged { inventory: &inventory, builder: &builder, bases: &bases, sources: &named };
    let audit = Audit::new(&definitions, &[], &warnings, Some(merged));
    Ok((Loaded { inventory, warnings, audit }, Origins { builder, bases, files }))
}

fn refused(problems: Vec<Problem>, mut warnings: Vec<Warning>, definitions: &Definitions) -> InventoryErrors {
    add_lines(&mut warnings);
    let audit = Audit::new(definitions, &problems, &warnings, None);
    InventoryErrors { problems, audit }
}

/// The hive project's directory, where there is one.
fn root(options: &LoadOptions) -> Option<PathBuf> {
    let found = || options.sources.is_empty() && Path::new("inventory/hive.yml").exists();
    options.root.clone().or_else(|| found().then(|| PathBuf::from(".")))
}

/// Gives the warnings that came without their line that line.
fn add_lines(warnings: &mut [Warning]) {
    let mut texts: HashMap<Arc<PathBuf>, Option<SourceText>> = HashMap::new();
    for warning in warnings {
        let Some(location) = warning.location.as_ref().filter(|_| warning.line.is_none()) else { continue };
        let read = || document::load(&location.file).ok().map(|bytes| bytes.tolerant());
        let text = texts.entry(Arc::clone(&location.file)).or_insert_with(read);
        warning.line = text.as_ref().and_then(|text| text.line(location.line));
    }
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
