//! One variable of one host, rendered when it is first needed, and what is told where that is not possible.

use std::{
    cell::RefCell,
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use minijinja::{
    Error, State,
    value::{Enumerator, Object, Value},
};

use super::{Globals, HostScope, fleet::members, render, scope, vaulted};
use crate::{
    inventory::{self, HostName, Inventory, Pattern},
    jinja::{JinjaError, scope_lookup},
    nearest::nearest,
    secret::{Kind, names_secret},
    trust::Scripts,
};

/// How deep variables may refer to variables; the stack of every thread has room for so many.
const DEPTH: usize = 24;

thread_local! {
    /// The variables that are being rendered, the outermost first.
    static UNDERWAY: RefCell<Vec<(HostName, String)>> = const { RefCell::new(Vec::new()) };
    /// What lay too deep on the way that is being gone: looked at once, and forgotten at its end. The engine asks again
    /// for every name when it tells an error, which would double the work with each variable on the way.
    static TOO_DEEP: RefCell<HashMap<(HostName, String), JinjaError>> = RefCell::new(HashMap::new());
}

/// The value of the host's variable `name`, with the way to the fault where it has none.
pub(super) fn rendered(host: &Arc<HostScope>, name: &str) -> Option<Result<Value, JinjaError>> {
    let variable = host.host().vars.get(name)?;
    if let inventory::Value::String(text) = &variable.value
        && !render::is_template(text)
    {
        return Some(Ok(Value::from(text.as_str())));
    }
    let (globals, own_name) = (host.globals(), &host.host().name);
    let value = match globals.known(own_name, name) {
        Some(known) => known,
        None => match UNDERWAY.with_borrow(|underway| circle(underway, own_name, name)) {
            Some(error) => return Some(Err(error)),
            None => first_time(host, name, &variable.value),
        },
    };
    Some(value.map_err(|error| error.through(label(host, name))))
}

/// Renders a variable that is asked for the first time, and keeps what it comes to.
fn first_time(host: &Arc<HostScope>, name: &str, value: &inventory::Value) -> Result<Value, JinjaError> {
    let key = (host.host().name.clone(), name.to_owned());
    if let Some(error) = TOO_DEEP.with_borrow(|errors| errors.get(&key).cloned()) {
        return Err(error);
    }
    UNDERWAY.with_borrow_mut(|underway| underway.push(key.clone()));
    let value = value_of(host, value);
    if let Ok(value) = &value
        && names_secret(name)
    {
        vaulted::learn(host.globals().fleet.inventory.vault.redactor(), value, Kind::Named);
    }
    let is_end = UNDERWAY.with_borrow_mut(|underway| {
        underway.pop();
        underway.is_empty()
    });
    match &value {
        // What came of the way on which it was asked for says nothing about the next time.
        Err(error) if error.passing => {
            TOO_DEEP.with_borrow_mut(|errors| errors.insert(key, error.clone()));
        }
        _ => host.globals().keep(&key.0, name, &value),
    }
    if is_end {
        TOO_DEEP.with_borrow_mut(HashMap::clear);
    }
    value
}

/// The error of asking for a variable while it is being rendered.
fn circle(underway: &[(HostName, String)], host: &HostName, name: &str) -> Option<JinjaError> {
    if let Some(at) = underway.iter().position(|(of, known)| of == host && known == name) {
        let mut names: Vec<String> = underway[at..].iter().map(|(of, name)| named(of, name, host)).collect();
        names.push(format!("`{name}`"));
        return Some(match names.as_slice() {
            [own, _] => JinjaError::new(format!("{own} refers to itself")),
            _ => JinjaError::new(format!("variables refer to each other in a circle: {}", names.join(" → "))),
        });
    }
    let too_deep =
        || JinjaError { passing: true, ..JinjaError::new(format!("`{name}` is more than {DEPTH} variables deep")) };
    (underway.len() >= DEPTH).then(too_deep)
}

/// A variable, with its host where that is another one than `here`.
fn named(host: &HostName, name: &str, here: &HostName) -> String {
    if host == here { format!("`{name}`") } else { format!("`{name}` of `{host}`") }
}

fn value_of(host: &Arc<HostScope>, value: &inventory::Value) -> Result<Value, JinjaError> {
    let scope = Value::from_object(VariableScope(Arc::clone(host)));
    let value = render::variable(host, value, &scope);
    match JinjaError::carried_by(&value) {
        None => Ok(value),
        Some(error) => Err(with_hint(error, host)),
    }
}

/// The variable, its host where one of another host asked for it, and its place.
fn label(host: &HostScope, name: &str) -> String {
    let asked_for = UNDERWAY.with_borrow(|underway| underway.last().map(|(host, _)| host.clone()));
    let place = host.host().vars.get(name).and_then(|variable| variable.location.as_ref());
    let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
    let own_name = &host.host().name;
    format!("{}{place}", named(own_name, name, asked_for.as_ref().unwrap_or(own_name)))
}

/// What may have been meant by a name that nobody knows.
fn with_hint(error: JinjaError, host: &HostScope) -> JinjaError {
    let told = error.hint.is_some() || error.reached_through;
    let Some(name) = error.undefined.clone().filter(|_| !told) else { return error };
    let inventory = &host.globals().fleet.original;
    let near = match name.split_once(['.', '[']) {
        None => nearest(&name, host.host().vars.keys().map(String::as_str).chain(MAGIC)),
        Some(("groups", group)) => nearest(bare(group), inventory.groups.keys().map(inventory::GroupName::as_str)),
        Some(("hostvars", host)) if !host.contains(['.', '[']) => {
            nearest(bare(host), inventory.hosts.keys().map(HostName::as_str))
        }
        Some(_) => None,
    };
    match near {
        _ if name == "omit" => error.with_hint("Ansible knows `omit` in tasks only: leave the variable out instead"),
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None if name.starts_with("ansible_") => {
            error.with_hint("no file of the inventory sets it, and facts are not gathered before a check")
        }
        None => error,
    }
}

/// `['name']` without its brackets and quotes.
fn bare(name: &str) -> &str {
    name.trim_matches(['[', ']', '\'', '"'])
}

/// What Ansible sets by itself.
const MAGIC: [&str; 8] = [
    "inventory_hostname",
    "inventory_hostname_short",
    "inventory_file",
    "inventory_dir",
    "playbook_dir",
    "group_names",
    "groups",
    "hostvars",
];

/// What templates in a host's variables see: Ansible's names and the host's variables, none of the names that checks
/// have beside them.
#[derive(Debug)]
struct VariableScope(Arc<HostScope>);

impl Object for VariableScope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let (host, globals) = (self.0.host(), self.0.globals());
        let own_name = host.name.as_str();
        match key {
            "inventory_hostname" => Some(Value::from(own_name)),
            "inventory_hostname_short" => Some(Value::from(own_name.split('.').next().unwrap_or(own_name))),
            "group_names" => Some(self.group_names()),
            "groups" => Some(Value::from_object(Groups(Arc::clone(&globals.fleet.original)))),
            "hostvars" => Some(Value::from_object(VariablesOfHosts(Arc::clone(globals)))),
            "inventory_file" => self.file().map(|file| Value::from(file.display().to_string())),
            "inventory_dir" => self.file()?.parent().map(|directory| Value::from(directory.display().to_string())),
            "playbook_dir" => globals.playbook_dir().map(Value::from),
            _ if key == scope_lookup("inventory_hostnames") => Some(hostnames(globals)),
            _ if key == scope_lookup("env") => (globals.scripts() == Scripts::Refused).then(environment),
            name => self.0.variable(name).map(|value| value.unwrap_or_else(JinjaError::into_value)),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.host().vars.keys().map(|name| Value::from(name.as_str())).collect())
    }
}

impl VariableScope {
    fn group_names(&self) -> Value {
        let hosts = &self.0.globals().fleet.original.hosts;
        let groups = hosts.get(&self.0.host().name).map(|host| host.groups.as_slice()).unwrap_or_default();
        groups.iter().map(|group| Value::from(group.as_str())).collect()
    }

    /// The file that names the host, from the root directory.
    fn file(&self) -> Option<PathBuf> {
        let file: &Path = &self.0.host().location.as_ref()?.file;
        Some(std::path::absolute(file).unwrap_or_else(|_| file.to_owned()).components().collect())
    }
}

/// `groups` as variables see it: names of hosts by group.
#[derive(Debug)]
struct Groups(Arc<Inventory>);

impl Object for Groups {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let group = key.as_str()?;
        self.0.groups.contains_key(group).then(|| scope::names(&members(&self.0, group)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.groups.keys().map(|name| Value::from(name.as_str())).collect())
    }
}

/// `hostvars` as variables see it.
#[derive(Debug)]
struct VariablesOfHosts(Arc<Globals>);

impl Object for VariablesOfHosts {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let host = self.0.fleet.original.hosts.get(key.as_str()?)?;
        let scope = HostScope::new(Arc::clone(&self.0), host.clone());
        Some(Value::from_object(VariableScope(Arc::new(scope))))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.fleet.original.hosts.keys().map(|name| Value::from(name.as_str())).collect())
    }
}

/// Variables of the environment that say where somebody is, and hold no secret.
const HARMLESS: [&str; 9] = ["HOME", "HOSTNAME", "LANG", "LOGNAME", "PATH", "PWD", "SHELL", "TZ", "USER"];

/// What the lookup `env` asks first: whose inventory is not trusted with code is not trusted with the environment, of which
/// a template could make a text that nobody knows for a secret.
fn environment() -> Value {
    Value::from_function(|name: &str| -> Result<(), Error> {
        if HARMLESS.contains(&name) {
            return Ok(());
        }
        let error = JinjaError::new(format!("`--no-scripts` gives no template the environment variable `{name}`"));
        Err(error.with_hint("write the value itself, or leave `--no-scripts` out where you trust the inventory").into())
    })
}

/// The lookup `inventory_hostnames`: the hosts that patterns mean.
fn hostnames(globals: &Arc<Globals>) -> Value {
    let globals = Arc::clone(globals);
    Value::from_function(move |_: &State, patterns: minijinja::value::Rest<String>| -> Result<Value, Error> {
        let text = patterns.join(",");
        let pattern: Pattern = text.parse().map_err(|error: inventory::InvalidPattern| {
            JinjaError::new(format!("`{text}` is no host pattern: {error}"))
        })?;
        let hosts = globals.fleet.original.select(&pattern);
        Ok(scope::names(&hosts.into_iter().map(|host| host.name.clone()).collect::<Vec<_>>()))
    })
}
