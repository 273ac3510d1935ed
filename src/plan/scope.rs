//! What expressions see: names looked up one by one, so that a variable which cannot be rendered hurts only where it
//! is used.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use minijinja::value::{DynObject, Enumerator, Object, Serde, Value, ValueKind};

use super::{Fleet, render, variable};
use crate::{
    catalog::{Check, Phase},
    inventory::{self, Host, HostName, Service},
    jinja::{Jinja, JinjaError, value_of},
    trust::Scripts,
};

/// What a host's variables came to, by name.
type Variables = HashMap<String, Result<Value, JinjaError>>;

/// What every host of a run sees alike.
#[derive(Debug)]
pub struct Globals {
    /// The environment that renders.
    pub jinja: Arc<Jinja>,
    /// The machines.
    pub fleet: Arc<Fleet>,
    hive: Option<Value>,
    services: Value,
    phase: Value,
    groups: Value,
    variables: BTreeMap<String, Value>,
    playbook_dir: Option<String>,
    scripts: Scripts,
    /// What variables came to, by host and name.
    rendered: Mutex<HashMap<HostName, Variables>>,
}

impl Globals {
    /// Gathers what is the same for all hosts. `ssh_config_hosts`: the `Host` names of hive's own `ssh_config`.
    #[must_use]
    pub fn new(jinja: Arc<Jinja>, fleet: Arc<Fleet>, phase: Option<Phase>, ssh_config_hosts: &[String]) -> Self {
        let site = fleet.inventory.hive.as_ref();
        let hive = site.map(|site| {
            minijinja::context! {
                stage => site.stage.as_str(),
                root => site.root.display().to_string(),
                name => site.name.as_str(),
                provider => site.provider.as_str(),
                context_dir => site.context_dir.display().to_string(),
                temp_dir => site.temp_dir.display().to_string(),
                ssh_config_hosts => ssh_config_hosts.to_vec(),
                persistents => Value::from(Serde(&site.persistents)),
            }
        });
        let services = site.map_or_else(Value::default, |site| site.services.iter().map(service).collect());
        let services = if site.is_some() { services } else { Value::from(Vec::<Value>::new()) };
        let phase = phase.map_or(Value::from(()), |phase| Value::from(phase.as_str()));
        let groups = Value::from_object(Groups(Arc::clone(&fleet)));
        Self {
            jinja,
            fleet,
            hive,
            services,
            phase,
            groups,
            variables: BTreeMap::new(),
            playbook_dir: None,
            scripts: Scripts::default(),
            rendered: Mutex::default(),
        }
    }

    /// With values that checks see before their own variables.
    #[must_use]
    pub fn with_variables(mut self, variables: &BTreeMap<String, serde_json::Value>) -> Self {
        self.variables = variables.iter().map(|(name, value)| (name.clone(), value_of(value))).collect();
        self
    }

    /// The same with what variables see as `playbook_dir`.
    #[must_use]
    pub fn with_playbook_dir(mut self, directory: Option<&Path>) -> Self {
        self.playbook_dir = directory.map(|directory| directory.display().to_string());
        self
    }

    /// The same for an inventory whose code may or may not run.
    #[must_use]
    pub fn with_scripts(self, scripts: Scripts) -> Self {
        Self { scripts, ..self }
    }

    pub(super) fn scripts(&self) -> Scripts {
        self.scripts
    }

    pub(super) fn playbook_dir(&self) -> Option<&str> {
        self.playbook_dir.as_deref()
    }

    pub(super) fn known(&self, host: &HostName, name: &str) -> Option<Result<Value, JinjaError>> {
        self.rendered.lock().unwrap_or_else(PoisonError::into_inner).get(host)?.get(name).cloned()
    }

    pub(super) fn keep(&self, host: &HostName, name: &str, value: &Result<Value, JinjaError>) {
        let mut rendered = self.rendered.lock().unwrap_or_else(PoisonError::into_inner);
        rendered.entry(host.clone()).or_default().insert(name.to_owned(), value.clone());
    }

    /// Forgets what variables came to. Some came to all variables of a host, which hold these globals and would keep them.
    pub(super) fn forget(&self) {
        self.rendered.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// A service as expressions see it; templates in it stay text, because they are the service's own business.
fn service(service: &Service) -> Value {
    let mut values: BTreeMap<String, Value> =
        service.definition.iter().map(|(key, value)| (key.clone(), Value::from(Serde(value)))).collect();
    values.insert("name".to_owned(), Value::from(service.name.as_str()));
    values.entry("ports".to_owned()).or_insert_with(|| Value::from(Vec::<Value>::new()));
    Value::from(values)
}

/// `groups`: names of hosts by group.
#[derive(Debug)]
struct Groups(Arc<Fleet>);

impl Object for Groups {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let group = key.as_str()?;
        (group == "all" || self.0.inventory.groups.contains_key(group)).then(|| names(&self.0.members(group)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.inventory.groups.keys().map(|name| Value::from(name.as_str())).collect())
    }
}

pub(super) fn names(hosts: &[HostName]) -> Value {
    hosts.iter().map(|host| Value::from(host.as_str())).collect()
}

/// `hostvars`: every host's variables.
#[derive(Debug)]
struct HostVars(Arc<Globals>);

impl Object for HostVars {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let host = self.0.fleet.inventory.hosts.get(key.as_str()?)?;
        Some(Value::from_object(HostScope::new(Arc::clone(&self.0), host.clone())))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.fleet.inventory.hosts.keys().map(|name| Value::from(name.as_str())).collect())
    }
}

/// What one host sees.
#[derive(Debug)]
pub struct HostScope {
    globals: Arc<Globals>,
    host: Host,
}

impl HostScope {
    /// The scope of `host`.
    #[must_use]
    pub fn new(globals: Arc<Globals>, host: Host) -> Self {
        Self { globals, host }
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// What all hosts see alike.
    #[must_use]
    pub fn globals(&self) -> &Arc<Globals> {
        &self.globals
    }

    /// The value of a variable, rendered; absent where the host has none of that name.
    ///
    /// # Errors
    /// What cannot be rendered, with the variables on the way to it and their places.
    #[must_use]
    pub fn variable(self: &Arc<Self>, name: &str) -> Option<Result<Value, JinjaError>> {
        variable::rendered(self, name)
    }

    /// The value of a variable that is a number, a boolean or null.
    pub(super) fn plain(&self, name: &str) -> Option<Value> {
        use inventory::Value as V;
        let value = &self.host.vars.get(name)?.value;
        let plain = matches!(value, V::Null | V::Bool(_) | V::Int(_) | V::BigInt(_) | V::Float(_));
        plain.then(|| render::literal(value))
    }
}

impl Object for HostScope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        match key {
            "inventory_hostname" => Some(Value::from(self.host.name.as_str())),
            "group_names" => Some(self.host.groups.iter().map(|group| Value::from(group.as_str())).collect()),
            "groups" => Some(self.globals.groups.clone()),
            "hostvars" => Some(Value::from_object(HostVars(Arc::clone(&self.globals)))),
            "hive" => self.globals.hive.clone(),
            "services" => Some(self.globals.services.clone()),
            "phase" => Some(self.globals.phase.clone()),
            name => self.variable(name).map(|value| value.unwrap_or_else(JinjaError::into_value)),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.host.vars.keys().map(|name| Value::from(name.as_str())).collect())
    }
}

/// What one check sees on one host for one item: the item, the check's own variables, what was observed, the
/// connection, and then everything that the host sees.
#[derive(Debug)]
pub struct TaskScope {
    /// The host.
    pub host: Arc<HostScope>,
    /// The check.
    pub check: Arc<Check>,
    /// The loop's item.
    pub item: Option<Value>,
    /// `connection`.
    pub connection: Value,
    /// Observations by register name.
    pub observed: BTreeMap<String, Value>,
    /// What the check's own variables came to so far, by name: the condition and the messages in both languages ask for the same.
    pub own: Mutex<HashMap<String, Value>>,
}

impl TaskScope {
    /// The scope as the value that expressions are evaluated against.
    #[must_use]
    pub fn into_value(self) -> Value {
        Value::from_object(self)
    }

    /// The value of one of the check's own variables.
    fn own(self: &Arc<Self>, name: &str) -> Option<Value> {
        let own = || self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = own().get(name) {
            return Some(value.clone());
        }
        let scope = Value::from_dyn_object(DynObject::new(Arc::clone(self)));
        // Others of them may stand in it: nothing is locked meanwhile.
        let value = render::json(&self.host.globals.jinja, self.check.vars.get(name)?, &scope);
        // How deep it was asked for may be what is wrong.
        if value.kind() != ValueKind::Invalid {
            own().insert(name.to_owned(), value.clone());
        }
        Some(value)
    }
}

impl Object for TaskScope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        match key {
            "item" if self.item.is_some() => self.item.clone(),
            "connection" => Some(self.connection.clone()),
            name => {
                if let Some(value) = self.observed.get(name) {
                    return Some(value.clone());
                }
                if let Some(value) = self.host.globals.variables.get(name) {
                    return Some(value.clone());
                }
                self.own(name).or_else(|| self.host.get_value_by_str(name))
            }
        }
    }
}
