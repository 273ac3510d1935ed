//! The stage's entry: from what the user named to an [`Inventory`].

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Inventory, Vault,
    engine::{self, Engine},
    error::{InventoryErrors, Problem, Warning, WarningKind},
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
    /// Who reads it.
    pub engine: Engine,
    /// The vault passwords.
    pub vault: Arc<Vault>,
}

impl LoadOptions {
    /// The hive project's directory, where there is one.
    #[must_use]
    pub fn project(&self) -> Option<PathBuf> {
        let found = || self.sources.is_empty() && Path::new("inventory/hive.yml").exists();
        self.root.clone().or_else(|| found().then(|| PathBuf::from(".")))
    }
}

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
    let root = options.project();
    let context = Context::new(root.as_deref(), options.stage.as_deref()).map_err(one)?;
    let named = if root.is_some() { vec![context.inventory_path()] } else { options.sources.clone() };
    if named.is_empty() {
        return Err(one(Problem::of_source(Path::new("."), SourceFault::None)));
    }
    let call = Call { options, root, named };
    match options.engine {
        Engine::Native => call.native(context),
        Engine::Ansible => call.ansible(context),
        Engine::Auto => call.native(context).or_else(|errors| call.instead(errors)),
    }
}

/// What is to be read.
struct Call<'a> {
    options: &'a LoadOptions,
    /// The hive project, where it is one.
    root: Option<PathBuf>,
    named: Vec<String>,
}

impl Call<'_> {
    /// Reads everything here.
    fn native(&self, mut context: Context) -> Result<Loaded, InventoryErrors> {
        let vault = &self.options.vault;
        let Sources { mut builder, mut problems, .. } = self.sources(&mut context);
        if let Err(fault) = builder.reconcile() {
            problems.push(Problem::of_source(Path::new(&self.named.join(" ")), fault));
        }
        if !problems.is_empty() {
            return Err(InventoryErrors { problems });
        }
        let bases = Bases { inventory: bases(&self.named), playbook: playbook(self.options, self.root.is_some()) };
        let mut files = VarsFiles::with_vault(Arc::clone(vault));
        let mut inventory = merge::merge(&builder, &bases, &mut files);
        if !files.problems.is_empty() {
            return Err(InventoryErrors { problems: files.problems });
        }
        let mut warnings = builder.warnings;
        warnings.append(&mut files.warnings);
        inventory.vault = Arc::clone(vault);
        inventory.hive = context.into_site(&inventory, &mut warnings);
        Ok(Loaded { inventory, warnings })
    }

    fn sources<'c>(&self, context: &'c mut Context) -> Sources<'c> {
        let builder = Builder::with_vault(Arc::clone(&self.options.vault));
        let mut sources = Sources { builder, problems: Vec::new(), context };
        for source in &self.named {
            sources.read(source);
        }
        sources
    }

    /// Lets Ansible read everything. What a hive project says beside hosts and groups is still read here.
    fn ansible(&self, mut context: Context) -> Result<Loaded, InventoryErrors> {
        let builder = engine::read(self.options, self.root.as_deref(), &self.named).map_err(one)?;
        // Their files are in it already.
        let mut inventory = merge::merge(&builder, &Bases::default(), &mut VarsFiles::default());
        inventory.vault = Arc::clone(&self.options.vault);
        let mut warnings = Vec::new();
        if self.root.is_some() {
            // What cannot be read here, Ansible has read.
            drop(self.sources(&mut context));
            inventory.hive = context.into_site(&inventory, &mut warnings);
        }
        Ok(Loaded { inventory, warnings })
    }

    /// Lets Ansible read everything where a source is for Ansible only.
    fn instead(&self, mut errors: InventoryErrors) -> Result<Loaded, InventoryErrors> {
        let Some(problem) = engine::needed(&errors) else { return Err(errors) };
        let why = problem.location.as_ref().map_or_else(|| problem.source.display().to_string(), ToString::to_string);
        let why = format!("{why}: {}", problem.reason);
        let program = engine::program(self.root.is_some());
        let context = Context::new(self.root.as_deref(), self.options.stage.as_deref()).map_err(one)?;
        match self.ansible(context) {
            Ok(mut loaded) => {
                let kind = WarningKind::ReadByAnsible { program, why };
                loaded.warnings.insert(0, Warning { kind, location: None });
                Ok(loaded)
            }
            Err(more) => {
                errors.problems.extend(more.problems);
                Err(errors)
            }
        }
    }
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
