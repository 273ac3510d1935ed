//! What an inventory is after all its files were read and merged.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use indexmap::IndexMap;

use super::{GroupName, HostName, Value, Vault, audit::Definitions};
use crate::location::Location;

/// A variable's value and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Var {
    /// The value, templates not rendered.
    pub value: Value,
    /// Where it came from; absent for what a script printed.
    pub location: Option<Location>,
}

/// A host's variables: those of its groups, which many hosts share, below its own. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct HostVars {
    of_groups: Arc<IndexMap<String, Var>>,
    own: Arc<IndexMap<String, Var>>,
}

impl HostVars {
    pub(super) fn new(of_groups: Arc<IndexMap<String, Var>>, own: Arc<IndexMap<String, Var>>) -> Self {
        Self { of_groups, own }
    }

    /// The variable `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Var> {
        self.own.get(name).or_else(|| self.of_groups.get(name))
    }

    /// Whether there is a variable `name`.
    #[must_use]
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether there are no variables.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.own.is_empty() && self.of_groups.is_empty()
    }

    /// All variables, the host's own last.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Var)> {
        let of_groups = self.of_groups.iter().filter(|(name, _)| !self.own.contains_key(name.as_str()));
        of_groups.chain(self.own.iter())
    }

    /// The host's own variables, without those of its groups.
    pub(super) fn own(&self) -> impl Iterator<Item = (&String, &Var)> {
        self.own.iter()
    }

    /// The same with other values. `known` keeps what came of variables that hosts share.
    pub(super) fn mapped(&self, known: &mut MappedVars, change: &dyn Fn(&str, &Value) -> Value) -> Self {
        let all = |vars: &IndexMap<String, Var>| {
            let changed =
                vars.iter().map(|(name, var)| (name.clone(), Var { value: change(name, &var.value), ..var.clone() }));
            Arc::new(changed.collect())
        };
        let of_groups = known.entry(Arc::as_ptr(&self.of_groups)).or_insert_with(|| all(&self.of_groups));
        Self { of_groups: Arc::clone(of_groups), own: all(&self.own) }
    }

    /// The names of all variables.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.iter().map(|(name, _)| name)
    }
}

/// Variables of groups with other values, by the place of the originals.
pub(super) type MappedVars = HashMap<*const IndexMap<String, Var>, Arc<IndexMap<String, Var>>>;

impl FromIterator<(String, Var)> for HostVars {
    fn from_iter<T: IntoIterator<Item = (String, Var)>>(vars: T) -> Self {
        Self { of_groups: Arc::default(), own: Arc::new(vars.into_iter().collect()) }
    }
}

impl PartialEq for HostVars {
    fn eq(&self, other: &Self) -> bool {
        self.iter().count() == other.iter().count() && self.iter().all(|(name, var)| other.get(name) == Some(var))
    }
}

/// A host with its merged variables.
#[derive(Debug, Clone, PartialEq)]
pub struct Host {
    /// `inventory_hostname`.
    pub name: HostName,
    /// All variables after every precedence layer.
    pub vars: HostVars,
    /// The groups it is in, directly or through children, without `all`, sorted (`group_names`).
    pub groups: Vec<GroupName>,
    /// Where it is first written.
    pub location: Option<Location>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Group {
    /// Hosts directly in it, in order of appearance.
    pub hosts: Vec<HostName>,
    /// Child groups.
    pub children: Vec<GroupName>,
}

/// A service of a hive project's stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Its `hive_*` variables without the prefix (`ports`, `logging`, `image`, `initialize_roles`, `available_on`, ...).
    pub definition: IndexMap<String, Value>,
    /// Where it is written.
    pub location: Option<Location>,
}

/// What a hive project says beside hosts and groups.
#[derive(Debug, Clone, PartialEq)]
pub struct HiveSite {
    /// The project's directory.
    pub root: PathBuf,
    /// The site's name.
    pub name: String,
    /// The stage of this run: `private`, `staging` or `production`.
    pub stage: String,
    /// The stage's provider.
    pub provider: String,
    /// `.hive/<stage>`, or what persistents say.
    pub context_dir: PathBuf,
    /// `/var/tmp/hive`, or what persistents say.
    pub temp_dir: PathBuf,
    /// hive's variables after persistents and defaults.
    pub persistents: IndexMap<String, Value>,
    /// Services of the stage, in order of their names.
    pub services: Vec<Service>,
}

/// Hosts and groups of all sources, merged.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// Hosts in order of appearance, everything that Ansible calls one: in a hive project also services, images, volumes
    /// and networks (the plan takes only those of the group `hosts` for machines).
    pub hosts: IndexMap<HostName, Host>,
    /// Groups in order of appearance; `all` and `ungrouped` always exist.
    pub groups: IndexMap<GroupName, Group>,
    /// The hive project, where it is one.
    pub hive: Option<HiveSite>,
    /// What opens encrypted values.
    pub vault: Arc<Vault>,
    /// The files of a hive project as they are written.
    pub(super) definitions: Arc<Definitions>,
}

impl Inventory {
    /// The same inventory with other hosts and groups.
    #[must_use]
    pub fn with(&self, hosts: IndexMap<HostName, Host>, groups: IndexMap<GroupName, Group>) -> Self {
        let (hive, vault) = (self.hive.clone(), Arc::clone(&self.vault));
        Self { hosts, groups, hive, vault, definitions: Arc::clone(&self.definitions) }
    }
}
