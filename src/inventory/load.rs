//! The stage's entry: from what the user named to an [`Inventory`].

use std::{
    collections::HashMap,
    env,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::{
    Audit, Inventory, Vault,
    audit::{self, Definitions, Merged},
    document,
    engine::{self, Engine},
    error::{InventoryErrors, Problem, SourceText, Warning, WarningKind},
    files::VarsFiles,
    hive::Context,
    merge::{self, Bases},
    origin::Origins,
    source::{SourceFault, Sources},
    structure::Builder,
};
use crate::{stop::Stop, trust::Scripts};

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
    /// How long all calls of one inventory script may take together; default: 30 seconds.
    pub script_timeout: Option<Duration>,
    /// Whether inventory scripts, and plugins by Ansible, may run.
    pub scripts: Scripts,
    /// Ends the scripts and programs that read, and knows their temporary files.
    pub stop: Stop,
}

impl LoadOptions {
    /// The hive project's directory, where there is one.
    #[must_use]
    pub fn project(&self) -> Option<PathBuf> {
        let found = || self.sources.is_empty() && Path::new("inventory/hive.yml").exists();
        self.root.clone().or_else(|| found().then(|| PathBuf::from(".")))
    }
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
    let root = options.project();
    let definitions = Definitions { project: root.is_some(), ..Definitions::default() };
    let refuse = |problem| refused(vec![problem], Vec::new(), &definitions);
    let context = Context::new(root.as_deref(), options.stage.as_deref()).map_err(refuse)?;
    let named = if root.is_some() { vec![context.inventory_path()] } else { options.sources.clone() };
    if named.is_empty() {
        return Err(refuse(Problem::of_source(Path::new("."), SourceFault::None)));
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
    fn native(&self, mut context: Context) -> Result<(Loaded, Origins), InventoryErrors> {
        let Sources { mut builder, mut problems, definitions, .. } = self.sources(&mut context);
        if let Err(fault) = builder.reconcile() {
            problems.push(Problem::of_source(Path::new(&self.named.join(" ")), fault));
        }
        let mut warnings = std::mem::take(&mut builder.warnings);
        warnings.extend(audit::warnings(&definitions));
        if !problems.is_empty() {
            return Err(refused(problems, warnings, &definitions));
        }
        let bases = Bases {
            inventory: bases(&self.named),
            playbook: playbook(self.options, self.root.is_some()),
            named: self.options.playbook_dir.is_some(),
        };
        let mut files = VarsFiles::with_vault(Arc::clone(&self.options.vault));
        let mut inventory = merge::merge(&builder, &bases, &mut files);
        warnings.append(&mut files.warnings);
        if !files.problems.is_empty() {
            return Err(refused(files.problems, warnings, &definitions));
        }
        inventory.vault = Arc::clone(&self.options.vault);
        inventory.hive = context.into_site(&inventory, &mut warnings);
        let loaded = self.loaded(inventory, warnings, definitions, &builder, &bases);
        Ok((loaded, Origins { builder, bases, files }))
    }

    fn sources<'c>(&self, context: &'c mut Context) -> Sources<'c> {
        let builder = Builder::with_vault(Arc::clone(&self.options.vault));
        let project = self.root.is_some();
        let (definitions, site) = (Definitions { project, ..Definitions::default() }, context.site());
        let script_timeout = self.options.script_timeout.unwrap_or(SCRIPT_TIMEOUT);
        let mut sources = Sources {
            builder,
            problems: Vec::new(),
            context,
            definitions,
            script_timeout,
            scripts: self.options.scripts,
            stop: self.options.stop.clone(),
        };
        for source in &self.named {
            sources.read(source);
        }
        sources.definitions.tell(site, sources.context.published());
        sources
    }

    /// Lets Ansible read everything. What a hive project says beside hosts and groups is still read here.
    fn ansible(&self, mut context: Context) -> Result<(Loaded, Origins), InventoryErrors> {
        let mut definitions = Definitions { project: self.root.is_some(), ..Definitions::default() };
        let builder = engine::read(self.options, self.root.as_deref(), &self.named)
            .map_err(|problem| refused(vec![problem], Vec::new(), &definitions))?;
        // Their files are in it already.
        let (bases, mut files) = (Bases::default(), VarsFiles::default());
        let mut inventory = merge::merge(&builder, &bases, &mut files);
        inventory.vault = Arc::clone(&self.options.vault);
        let mut warnings = Vec::new();
        if self.root.is_some() {
            // What cannot be read here, Ansible has read.
            definitions = self.sources(&mut context).definitions;
            warnings.extend(audit::warnings(&definitions));
            inventory.hive = context.into_site(&inventory, &mut warnings);
        }
        let loaded = self.loaded(inventory, warnings, definitions, &builder, &bases);
        Ok((loaded, Origins { builder, bases, files }))
    }

    fn loaded(
        &self,
        mut inventory: Inventory,
        mut warnings: Vec<Warning>,
        definitions: Definitions,
        builder: &Builder,
        bases: &Bases,
    ) -> Loaded {
        add_lines(&mut warnings);
        let merged = Merged { inventory: &inventory, builder, bases, sources: &self.named };
        let audit = Audit::new(&definitions, &[], &warnings, Some(merged));
        inventory.definitions = Arc::new(definitions);
        Loaded { inventory, warnings, audit }
    }

    /// Lets Ansible read everything where a source is for Ansible only.
    fn instead(&self, mut errors: InventoryErrors) -> Result<(Loaded, Origins), InventoryErrors> {
        let Some(problem) = engine::needed(&errors) else { return Err(errors) };
        let why = problem.location.as_ref().map_or_else(|| problem.source.display().to_string(), ToString::to_string);
        let why = format!("{why}: {}", problem.reason);
        let program = engine::program(self.root.is_some());
        let read = Context::new(self.root.as_deref(), self.options.stage.as_deref())
            .map_err(|problem| refused(vec![problem], Vec::new(), &Definitions::default()))
            .and_then(|context| self.ansible(context));
        match read {
            Ok((mut loaded, origins)) => {
                let kind = WarningKind::ReadByAnsible { program, why };
                loaded.warnings.insert(0, Warning { kind, location: None, line: None });
                Ok((loaded, origins))
            }
            Err(more) => {
                errors.problems.extend(more.problems);
                errors.audit.extend(more.audit.into_findings());
                Err(errors)
            }
        }
    }
}

fn refused(problems: Vec<Problem>, mut warnings: Vec<Warning>, definitions: &Definitions) -> InventoryErrors {
    add_lines(&mut warnings);
    let audit = Audit::new(definitions, &problems, &warnings, None);
    InventoryErrors { problems, audit }
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
