//! What an inventory is after all its files were read and merged.

use std::{path::PathBuf, sync::Arc};

use indexmap::IndexMap;

use super::{GroupName, HostName, Value, Vault};
use crate::location::Location;

/// A variable's value and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Var {
    /// The value, templates not rendered.
    pub value: Value,
    /// Where it came from; absent for what a script printed.
    pub location: Option<Location>,
}

/// A host with its merged variables.
#[derive(Debug, Clone, PartialEq)]
pub struct Host {
    /// `inventory_hostname`.
    pub name: HostName,
    /// All variables after every precedence layer.
    pub vars: Arc<IndexMap<String, Var>>,
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
}
