//! hive's own variables: `.hive/persistents.yml`, then the command line, then defaults. Never written.

use std::{
    collections::HashMap,
    env,
    path::{Path, PathBuf},
};

use indexmap::IndexMap;

use super::{HiveFault, PersistentsFault, STAGES, value};
use crate::inventory::{
    HiveSite, Inventory, Service, Value, document,
    error::{Problem, SourceText, Warning, WarningKind},
    secret,
    source::SourceFault,
    tree::{Data, Mapping, Mark, Node},
    yaml,
};

/// Defaults of hive's variables that are no templates of other ones or of where hive is installed.
const DEFAULTS: [(&str, Default); 18] = [
    ("temp_dir", Default::Text("/var/tmp/hive")),
    ("start_phase", Default::Text("build-infra")),
    ("vagrant_box_name", Default::Text("almalinux/9")),
    ("stdout_callback", Default::Text("default")),
    ("callback_enabled", Default::Text("default")),
    ("bin_ansible_callbacks", Default::Bool(true)),
    ("unparsed_is_failed", Default::Bool(true)),
    ("no_format", Default::Bool(false)),
    ("first_hive", Default::Int(0)),
    ("forks", Default::Int(5)),
    ("pipelining", Default::Bool(true)),
    ("force_handlers", Default::Bool(true)),
    ("foward_zabbix", Default::Bool(false)),
    ("foward_zabbix_port", Default::Int(10052)),
    ("retries", Default::Int(0)),
    ("interpreter_python", Default::Text("auto_silent")),
    ("http_proxy_port", Default::Text("3128")),
    ("tls_logging", Default::Bool(false)),
];

/// Defaults that are made of other variables, in an order in which each knows those it needs.
const TEMPLATES: [(&str, &str); 7] = [
    ("inventory_path", "{root_dir}/inventory"),
    ("context_dir", "{root_dir}/.hive/{stage}"),
    ("filter_plugins", "{root_dir}/plugins/filter"),
    ("ssh_args", "-F {context_dir}/ssh_config -o ControlMaster=auto -o ControlPersist=60s"),
    ("repository_docker_socket", "{temp_dir}/repository_docker.sock"),
    ("collections_path", "{root_dir}/.collections:{context_dir}/collections"),
    ("enable_plugins", "host_list, script, auto, yaml, ini, toml, hive_inventory, hive_services"),
];

#[derive(Clone, Copy)]
enum Default {
    Text(&'static str),
    Bool(bool),
    Int(i64),
}

/// A number map of the persistents: `drbd_device_map` or `published_port_map`.
pub(in crate::inventory) type Numbers = IndexMap<String, Value>;

/// What a stage of the file is, for [`HiveSite`].
pub(super) struct StageFacts {
    pub(super) name: String,
    pub(super) provider: String,
}

/// A hive project's variables, and what its files said so far.
pub(in crate::inventory) struct Context {
    root: PathBuf,
    /// Whether the user, or the current directory, means a hive project.
    project: bool,
    /// After persistents, command line and defaults.
    vars: IndexMap<String, Value>,
    /// The maps of numbers, as the services plugin would have saved them by now.
    numbers: HashMap<&'static str, Numbers>,
    pub(super) name: Option<String>,
    pub(super) stages: Vec<StageFacts>,
    pub(super) services: IndexMap<String, Service>,
    /// The persistents as they are written.
    written: Option<(SourceText, Mapping)>,
}

/// What hive's variables say that rules about the project need.
#[derive(Debug, Clone)]
pub(in crate::inventory) struct Site {
    /// The project's directory.
    pub(in crate::inventory) root: PathBuf,
    /// The stage of this run.
    pub(in crate::inventory) stage: String,
    /// The number of the first hive in that stage.
    pub(in crate::inventory) first_hive: String,
    /// `.hive/persistents.yml`.
    pub(in crate::inventory) persistents: Option<(SourceText, Mapping)>,
    /// Where hive looks for roles before and after its own, in that order.
    pub(in crate::inventory) roles: Vec<PathBuf>,
}

impl Context {
    /// Reads the persistents below `root`, or below the current directory without one.
    pub(in crate::inventory) fn new(root: Option<&Path>, stage: Option<&str>) -> Result<Self, Problem> {
        let directory = root.unwrap_or(Path::new("."));
        let mut context = Self {
            root: directory.to_path_buf(),
            project: root.is_some(),
            vars: IndexMap::new(),
            numbers: HashMap::new(),
            name: None,
            stages: Vec::new(),
            services: IndexMap::new(),
            written: None,
        };
        if let Some(stage) = stage.filter(|stage| !STAGES.contains(stage)) {
            return Err(Problem::of_source(directory, SourceFault::Stage(stage.to_owned())));
        }
        context.persistents(&below(directory, ".hive/persistents.yml"))?;
        // The services plugin makes its own context, which knows nothing of the command line.
        for map in ["drbd_device_map", "published_port_map"] {
            if let Some(Value::Map(numbers)) = context.vars.get(map) {
                context.numbers.insert(map, numbers.clone());
            }
        }
        if let Some(stage) = stage {
            context.vars.insert("stage".to_owned(), Value::String(stage.to_owned()));
        }
        context.defaults();
        Ok(context)
    }

    /// hive's own order: what is global, then the stage, then what is the stage's.
    fn persistents(&mut self, path: &Path) -> Result<(), Problem> {
        self.vars.insert("root_dir".to_owned(), Value::String(self.root.display().to_string()));
        let read = path.exists().then(|| file(path)).transpose()?;
        if let Some((source, map)) = &read {
            self.overlay("global", source, map)?;
        }
        let stage = self.vars.entry("stage".to_owned()).or_insert_with(|| Value::String("private".to_owned()));
        let stage = shown(stage);
        if let Some((source, map)) = &read {
            self.overlay(&stage, source, map)?;
        }
        self.written = read;
        Ok(())
    }

    fn overlay(&mut self, scope: &str, source: &SourceText, map: &Mapping) -> Result<(), Problem> {
        for (key, entry) in map {
            let name = key.shown();
            match scoped(&entry.node, scope) {
                Ok(Some(value)) => drop(self.vars.insert(name, value)),
                Ok(None) => {}
                Err(NotScoped) => {
                    let what = PersistentsFault::NoScopes(name);
                    return Err(source.problem(entry.key_mark, HiveFault::Persistents(what)));
                }
            }
        }
        Ok(())
    }

    fn defaults(&mut self) {
        for (name, default) in DEFAULTS {
            let value = match default {
                Default::Text(text) => Value::String(text.to_owned()),
                Default::Bool(value) => Value::Bool(value),
                Default::Int(value) => Value::Int(value),
            };
            self.vars.entry(name.to_owned()).or_insert(value);
        }
        for (name, template) in TEMPLATES {
            let text = self.format(template);
            self.vars.entry(name.to_owned()).or_insert(Value::String(text));
        }
    }

    /// A template's text; the root is taken apart as a path, so that `.` does not show.
    fn format(&self, template: &str) -> String {
        let mut text = template.to_owned();
        for name in ["stage", "context_dir", "temp_dir"] {
            text = text.replace(&format!("{{{name}}}"), &self.text(name));
        }
        match text.strip_prefix("{root_dir}/") {
            Some(rest) if !rest.contains("{root_dir}") && !rest.contains(':') => {
                below(&self.root, rest).display().to_string()
            }
            _ => text.replace("{root_dir}", &self.root.display().to_string()),
        }
    }

    fn text(&self, name: &str) -> String {
        self.vars.get(name).map(shown).unwrap_or_default()
    }

    /// Where the project's inventory is.
    pub(in crate::inventory) fn inventory_path(&self) -> String {
        self.text("inventory_path")
    }

    /// What rules about the project need; nothing outside of one.
    pub(in crate::inventory) fn site(&self) -> Option<Site> {
        let roles = match self.vars.get("roles_path") {
            // hive fills in `{...}` only in defaults.
            Some(path) => shown(path).split(':').map(|path| self.root.join(path)).collect(),
            None => vec![below(&self.root, "roles"), PathBuf::from(self.text("context_dir")).join("roles")],
        };
        self.project.then(|| Site {
            root: self.root.clone(),
            stage: self.text("stage"),
            first_hive: self.first_hive(),
            persistents: self.written.clone(),
            roles,
        })
    }

    /// The published ports by service and target port, as hive would save them now.
    pub(in crate::inventory) fn published(&self) -> Numbers {
        self.numbers("published_port_map")
    }

    /// What `HIVE_FIRST_HIVE` would be.
    pub(super) fn first_hive(&self) -> String {
        let given = if self.project { None } else { env::var("HIVE_FIRST_HIVE").ok() };
        given.unwrap_or_else(|| self.text("first_hive"))
    }

    pub(super) fn numbers(&self, map: &'static str) -> Numbers {
        self.numbers.get(map).cloned().unwrap_or_default()
    }

    /// Keeps for the next file what hive would save now.
    pub(super) fn keep(&mut self, map: &'static str, numbers: Numbers) {
        self.numbers.insert(map, numbers);
    }

    /// The hive project, where one was read.
    pub(in crate::inventory) fn into_site(
        mut self,
        inventory: &Inventory,
        warnings: &mut Vec<Warning>,
    ) -> Option<HiveSite> {
        let name = self.name.take()?;
        let stage = self.text("stage");
        let provider = self.stages.iter().rev().find(|facts| facts.name == stage).map(|facts| facts.provider.clone());
        if provider.is_none() {
            let kind = WarningKind::UndefinedStage { stage: stage.clone() };
            warnings.push(Warning { kind, location: None, line: None });
        }
        for (name, value) in &self.vars {
            secret::learn(inventory.vault.redactor(), name, value);
        }
        for (map, numbers) in self.numbers.drain() {
            let numbers = numbers.into_iter().collect();
            self.vars.insert(map.to_owned(), Value::Map(numbers));
        }
        let members = inventory.groups.get(stage.as_str()).map(|group| group.hosts.as_slice()).unwrap_or_default();
        let mut services: Vec<Service> = std::mem::take(&mut self.services)
            .into_values()
            .filter(|service| members.iter().any(|host| host.as_str() == service.name))
            .collect();
        services.sort_by(|a, b| a.name.cmp(&b.name));
        Some(HiveSite {
            name,
            provider: provider.unwrap_or_default(),
            context_dir: PathBuf::from(self.text("context_dir")),
            temp_dir: PathBuf::from(self.text("temp_dir")),
            root: self.root,
            stage,
            persistents: self.vars,
            services,
        })
    }
}

/// `root/rest`, without a dot in front.
fn below(root: &Path, rest: &str) -> PathBuf {
    if root == Path::new(".") { PathBuf::from(rest) } else { root.join(rest) }
}

/// The file's mapping. hive reads it as YAML, never as JSON.
fn file(path: &Path) -> Result<(SourceText, Mapping), Problem> {
    let source = document::load(path)?.text()?;
    let fail = |mark: Mark, what| source.problem(mark, HiveFault::Persistents(what));
    let document = yaml::parse(&source.text).map_err(|(mark, fault)| source.problem(mark, fault))?;
    let root = document.root.ok_or_else(|| fail(super::START, PersistentsFault::Empty))?;
    match root.data {
        Data::Map(map) => Ok((source, map)),
        _ => Err(fail(root.mark, PersistentsFault::NoMapping)),
    }
}

/// hive would stop with a traceback.
struct NotScoped;

/// `value[scope]` where `scope in value`. Python's `in` looks into text and lists, too, and only then stumbles.
fn scoped(node: &Node, scope: &str) -> Result<Option<Value>, NotScoped> {
    match &node.data {
        Data::Map(map) => Ok(value(map, scope).map(|node| node.clone().into_value())),
        Data::Str(text) if !text.contains(scope) => Ok(None),
        Data::List(list) if !list.iter().any(|node| node.as_str() == Some(scope)) => Ok(None),
        _ => Err(NotScoped),
    }
}

/// `str()` of a scalar.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) | Value::BigInt(text) | Value::Unsafe(text) | Value::Vault(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Float(number) => crate::inventory::python::float(*number),
        Value::Null | Value::List(_) | Value::Map(_) => "None".to_owned(),
    }
}
