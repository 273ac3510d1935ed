//! Groups and hosts while sources are read, with Ansible's own rules for adding to them.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use indexmap::{IndexMap, IndexSet};

use super::{
    GroupName, HostName, Value, Var, Vault,
    address::RangeFault,
    error::{Warning, WarningKind},
    kind::Kind,
    python::{self, Integer},
    secret,
};
use crate::{location::Location, text::Text};

/// Variables by name.
pub(super) type Vars = IndexMap<String, Var>;

/// Names that stand for this machine.
pub(super) const LOCALHOST: [&str; 3] = ["127.0.0.1", "localhost", "::1"];

/// Why something readable is no inventory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StructureFault {
    /// Nothing in the file.
    #[error("the file is empty; a YAML inventory needs at least one group")]
    Empty,
    /// The top is no mapping.
    #[error("an inventory is a mapping of groups, but this is {found}")]
    NoMapping {
        /// What it is.
        found: Kind,
    },
    /// A `plugin:` key where no plugin reads.
    #[error("the file is the configuration of a plugin, which only a `.yml` or `.yaml` file can be")]
    PluginFile,
    /// `hosts`, `vars` or `children` of the wrong type.
    #[error("`{section}` of group `{group}` is {found}; expected a mapping")]
    Section {
        /// The section.
        section: &'static str,
        /// The group.
        group: String,
        /// What it is.
        found: Kind,
    },
    /// A host's variables of the wrong type.
    #[error("the variables of host `{host}` are {found}; expected a mapping")]
    HostVars {
        /// The host.
        host: String,
        /// What they are.
        found: Kind,
    },
    /// A host that is no string.
    #[error("a host's name is text, but `{0}` is none")]
    HostType(String),
    /// A group that is no string.
    #[error("a group's name is text, but `{0}` is none")]
    GroupType(String),
    /// A host without a name.
    #[error("a host's name is empty")]
    EmptyHost,
    /// A group without a name.
    #[error("a group's name is empty")]
    EmptyGroup,
    /// A range in a host's name.
    #[error("`{text}`: {fault}")]
    Range {
        /// The name as written.
        text: String,
        /// What is wrong.
        #[source]
        fault: RangeFault,
    },
    /// More hosts than anybody has.
    #[error("the inventory has more than {limit} hosts")]
    TooManyHosts {
        /// The most that is taken.
        limit: usize,
    },
    /// More groups than anybody has.
    #[error("the inventory has more than {limit} groups")]
    TooManyGroups {
        /// The most that is taken.
        limit: usize,
    },
    /// Hosts in many groups that are in many groups.
    #[error("hosts are in more than {limit} groups together, counting groups of groups")]
    TooManyMemberships {
        /// The most that is taken.
        limit: usize,
    },
    /// A child that is nowhere.
    #[error("`{0}` is neither a group nor a host")]
    UnknownChild(String),
    /// A variable for something that is nowhere.
    #[error("there is no group or host `{0}`")]
    UnknownEntity(String),
    /// A group in itself.
    #[error("group `{0}` cannot be a child of itself")]
    SelfChild(String),
    /// Groups in a circle.
    #[error("group `{child}` already contains `{parent}`, so that it cannot be its child")]
    Circle {
        /// The group that gets a child.
        parent: String,
        /// The child.
        child: String,
    },
    /// A priority that is no number.
    #[error("`ansible_group_priority` is a whole number")]
    Priority,
    /// A vars file that is no mapping.
    #[error("a variables file is a mapping, but this is {found}")]
    VarsFile {
        /// What it is.
        found: Kind,
    },
    /// A file that is encrypted as a whole.
    #[error("the file is encrypted with Ansible Vault, and there is no password")]
    Vaulted,
    /// Something is wrong inside of a file that was encrypted as a whole.
    #[error("what is encrypted in this file cannot be read at the line that is given; its text is not shown")]
    Encrypted,
}

impl StructureFault {
    /// Whether everything that follows would only say the same.
    pub(super) fn is_limit(&self) -> bool {
        matches!(self, Self::TooManyHosts { .. } | Self::TooManyGroups { .. } | Self::TooManyMemberships { .. })
    }

    pub(super) fn hint(&self) -> Option<Text> {
        let (en, ja) = match self {
            Self::Section { section: "hosts", .. } => (
                "write every host as a key with a colon: `host1:`",
                "ホストは `host1:` のように、コロンを付けたキーで書いてください",
            ),
            Self::Section { .. } => {
                ("write every name as a key with a colon", "名前はコロンを付けたキーで書いてください")
            }
            Self::HostType(_) | Self::GroupType(_) => ("enclose the name in quotes", "名前を引用符で囲んでください"),
            Self::UnknownChild(_) => (
                "a child group is written as a key with a colon and its own mapping, or nothing",
                "子グループはコロンを付けたキーで書き、その下はマッピングにするか空にしてください",
            ),
            Self::Vaulted => (
                "give one with `--vault-password-file FILE` or `--ask-vault-pass`",
                "`--vault-password-file FILE` か `--ask-vault-pass` でパスワードを指定してください",
            ),
            Self::Encrypted => {
                ("look at it with `ansible-vault view`", "`ansible-vault view` で内容を確認してください")
            }
            Self::VarsFile { .. } => (
                "write variables as `name: value`, one a line",
                "変数は 1 行に 1 つずつ `名前: 値` の形で書いてください",
            ),
            _ => return None,
        };
        Some(Text::new(en, ja))
    }
}

/// A group that is being filled. Numbers are places in [`Builder::groups`] and [`Builder::hosts`].
#[derive(Debug, Clone, Default)]
pub(super) struct GroupDraft {
    pub(super) hosts: IndexSet<usize>,
    pub(super) children: IndexSet<usize>,
    pub(super) parents: IndexSet<usize>,
    pub(super) vars: Vars,
    pub(super) priority: i64,
}

/// A host that is being filled.
#[derive(Debug, Clone)]
pub(super) struct HostDraft {
    pub(super) vars: Arc<Vars>,
    /// The groups that name it themselves.
    pub(super) groups: IndexSet<usize>,
    pub(super) location: Option<Location>,
}

/// How many hosts, groups, and warnings there may be.
const MAX_HOSTS: usize = 250_000;
const MAX_GROUPS: usize = 10_000;
const MAX_WARNINGS: usize = 10_000;

/// How many pairs of a host and a group there may be, directly or through other groups.
const MAX_MEMBERSHIPS: usize = 5_000_000;

/// The place of group `all`.
pub(super) const ALL: usize = 0;
/// The place of group `ungrouped`.
pub(super) const UNGROUPED: usize = 1;

/// What all sources have said so far.
#[derive(Debug, Clone)]
pub(super) struct Builder {
    pub(super) groups: IndexMap<GroupName, GroupDraft>,
    pub(super) hosts: IndexMap<HostName, HostDraft>,
    pub(super) warnings: Vec<Warning>,
    /// What a later line or source replaced, in that order.
    pub(super) replaced: Vec<Replaced>,
    localhost: bool,
    pub(super) vault: Arc<Vault>,
    /// What is being read was encrypted as a whole: its values are sealed again.
    pub(super) sealing: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Self::with_vault(Arc::default())
    }
}

/// A variable of an inventory source that a later line or source set anew.
#[derive(Debug, Clone)]
pub(super) struct Replaced {
    pub(super) of: Of,
    pub(super) name: String,
    pub(super) var: Var,
}

/// Whose variable it is; numbers are places in [`Builder::groups`] and [`Builder::hosts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Group(usize),
    Host(usize),
}

impl Builder {
    pub(super) fn with_vault(vault: Arc<Vault>) -> Self {
        let mut builder = Self {
            groups: IndexMap::new(),
            hosts: IndexMap::new(),
            warnings: Vec::new(),
            replaced: Vec::new(),
            localhost: false,
            vault,
            sealing: false,
        };
        for name in ["all", "ungrouped"] {
            builder.groups.insert(GroupName::from(name), GroupDraft { priority: 1, ..GroupDraft::default() });
        }
        builder.link(ALL, UNGROUPED);
        builder
    }

    pub(super) fn warn(&mut self, kind: WarningKind, location: Option<Location>) {
        self.add_warning(Warning { kind, location, line: None });
    }

    /// Keeps a warning, unless there are so many that nobody reads them.
    pub(super) fn add_warning(&mut self, warning: Warning) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(warning);
        }
    }

    /// The group's place; adds it where it is new.
    pub(super) fn add_group(&mut self, name: &str, location: Option<&Location>) -> Result<usize, StructureFault> {
        if name.is_empty() {
            return Err(StructureFault::EmptyGroup);
        }
        if let Some(place) = self.groups.get_index_of(name) {
            return Ok(place);
        }
        if self.groups.len() >= MAX_GROUPS {
            return Err(StructureFault::TooManyGroups { limit: MAX_GROUPS });
        }
        if !is_variable_name(name) {
            self.warn(WarningKind::GroupName { group: name.to_owned() }, location.cloned());
        }
        let draft = GroupDraft { priority: 1, ..GroupDraft::default() };
        Ok(self.groups.insert_full(GroupName::from(name), draft).0)
    }

    /// The host's place; adds it where it is new, and only then takes the port.
    pub(super) fn add_host(
        &mut self,
        name: &str,
        group: Option<usize>,
        port: Option<&Integer>,
        location: Option<&Location>,
    ) -> Result<usize, StructureFault> {
        if name.is_empty() {
            return Err(StructureFault::EmptyHost);
        }
        let place = match self.hosts.get_index_of(name) {
            Some(place) => place,
            None if self.hosts.len() >= MAX_HOSTS => return Err(StructureFault::TooManyHosts { limit: MAX_HOSTS }),
            None => self.new_host(name, port, location),
        };
        if let Some(group) = group {
            self.groups[group].hosts.insert(place);
            self.hosts[place].groups.insert(group);
        }
        Ok(place)
    }

    fn new_host(&mut self, name: &str, port: Option<&Integer>, location: Option<&Location>) -> usize {
        let mut vars = Vars::new();
        if let Some(port) = port.filter(|port| **port != Integer::Small(0)) {
            let value = match port {
                Integer::Small(number) => Value::Int(*number),
                Integer::Big(text) => Value::BigInt(text.clone()),
            };
            vars.insert("ansible_port".to_owned(), Var { value, location: location.cloned() });
        }
        if LOCALHOST.contains(&name) && std::mem::replace(&mut self.localhost, true) {
            self.warn(WarningKind::SecondLocalhost { name: name.to_owned() }, location.cloned());
        }
        let draft = HostDraft { vars: Arc::new(vars), groups: IndexSet::new(), location: location.cloned() };
        self.hosts.insert_full(HostName::from(name), draft).0
    }

    /// Sets a variable of the group of this name, else of the host.
    pub(super) fn set_variable(&mut self, entity: &str, name: String, var: Var) -> Result<(), StructureFault> {
        if let Some(place) = self.groups.get_index_of(entity) {
            return self.set_group_variable(place, name, var);
        }
        let unknown = || StructureFault::UnknownEntity(entity.to_owned());
        let place = self.hosts.get_index_of(entity).ok_or_else(unknown)?;
        let var = self.taken(&name, var);
        if let Some(before) = Arc::make_mut(&mut self.hosts[place].vars).insert(name.clone(), var) {
            self.replaced.push(Replaced { of: Of::Host(place), name, var: before });
        }
        Ok(())
    }

    /// Sets a group's variable; its priority is none.
    pub(super) fn set_group_variable(&mut self, group: usize, name: String, var: Var) -> Result<(), StructureFault> {
        if name == "ansible_group_priority" {
            self.groups[group].priority = priority(&var.value).ok_or(StructureFault::Priority)?;
            return Ok(());
        }
        let var = self.taken(&name, var);
        if let Some(before) = self.groups[group].vars.insert(name.clone(), var) {
            self.replaced.push(Replaced { of: Of::Group(group), name, var: before });
        }
        Ok(())
    }

    /// The variable as it is kept: sealed where its file was encrypted. What is secret in it is known from now on.
    fn taken(&self, name: &str, var: Var) -> Var {
        if self.sealing {
            return Var { value: self.vault.seal(name, var.value), location: var.location };
        }
        secret::learn(self.vault.redactor(), name, &var.value);
        var
    }

    /// Makes the group, or else the host, `child` a member of `parent`.
    pub(super) fn add_child(&mut self, parent: usize, child: &str) -> Result<(), StructureFault> {
        if let Some(place) = self.groups.get_index_of(child) {
            return self.add_child_group(parent, place);
        }
        let place = self.hosts.get_index_of(child).ok_or_else(|| StructureFault::UnknownChild(child.to_owned()))?;
        self.groups[parent].hosts.insert(place);
        self.hosts[place].groups.insert(parent);
        Ok(())
    }

    pub(super) fn add_child_group(&mut self, parent: usize, child: usize) -> Result<(), StructureFault> {
        let name = |place: usize| self.groups.get_index(place).map_or_else(String::new, |(name, _)| name.to_string());
        if parent == child {
            return Err(StructureFault::SelfChild(name(child)));
        }
        if self.groups[parent].children.contains(&child) {
            return Ok(());
        }
        if self.ancestors(parent).contains(&child) {
            return Err(StructureFault::Circle { parent: name(parent), child: name(child) });
        }
        self.link(parent, child);
        Ok(())
    }

    fn link(&mut self, parent: usize, child: usize) {
        self.groups[parent].children.insert(child);
        self.groups[child].parents.insert(parent);
    }

    /// All groups above `group`.
    pub(super) fn ancestors(&self, group: usize) -> HashSet<usize> {
        let mut seen = HashSet::new();
        let mut queue: VecDeque<usize> = self.groups[group].parents.iter().copied().collect();
        while let Some(place) = queue.pop_front() {
            if seen.insert(place) {
                queue.extend(&self.groups[place].parents);
            }
        }
        seen
    }

    /// Holds Ansible's basic rules after all sources were read: everything is below `all`, and `ungrouped` has exactly
    /// the hosts that are in no other group.
    pub(super) fn reconcile(&mut self) -> Result<(), StructureFault> {
        for group in 1..self.groups.len() {
            if self.groups[group].parents.is_empty() {
                self.add_child_group(ALL, group)?;
            }
        }
        let above: Vec<Above> = (0..self.groups.len()).map(|group| self.above(group)).collect();
        let memberships: usize =
            self.hosts.values().flat_map(|host| &host.groups).map(|group| above[*group].count).sum();
        if memberships > MAX_MEMBERSHIPS {
            return Err(StructureFault::TooManyMemberships { limit: MAX_MEMBERSHIPS });
        }
        let mut leaving = HashSet::new();
        for (place, host) in self.hosts.values_mut().enumerate() {
            let direct = &host.groups;
            let grouped = direct.iter().any(|group| !matches!(*group, ALL | UNGROUPED) || above[*group].grouped);
            let in_ungrouped = direct.iter().any(|group| *group == UNGROUPED || above[*group].ungrouped);
            if in_ungrouped && grouped {
                leaving.insert(place);
                host.groups.shift_remove(&UNGROUPED);
            } else if !in_ungrouped && !grouped {
                self.groups[UNGROUPED].hosts.insert(place);
                host.groups.insert(UNGROUPED);
            }
        }
        self.groups[UNGROUPED].hosts.retain(|host| !leaving.contains(host));
        self.warn_of_same_names();
        Ok(())
    }

    fn above(&self, group: usize) -> Above {
        let ancestors = self.ancestors(group);
        Above {
            count: ancestors.len() + 1,
            grouped: ancestors.iter().any(|above| !matches!(*above, ALL | UNGROUPED)),
            ungrouped: ancestors.contains(&UNGROUPED),
        }
    }

    fn warn_of_same_names(&mut self) {
        let names: Vec<_> = self
            .hosts
            .iter()
            .filter(|(name, _)| self.groups.contains_key(name.as_str()))
            .map(|(name, host)| (name.to_string(), host.location.clone()))
            .collect();
        for (name, location) in names {
            self.warn(WarningKind::SameName { name }, location);
        }
    }
}

/// What is above a group.
struct Above {
    /// How many groups, with itself.
    count: usize,
    /// Whether one of them is neither `all` nor `ungrouped`.
    grouped: bool,
    /// Whether `ungrouped` is among them.
    ungrouped: bool,
}

/// `int(value)`, as far as it does not raise.
fn priority(value: &Value) -> Option<i64> {
    match value {
        Value::Bool(value) => Some(i64::from(*value)),
        Value::Int(value) => Some(*value),
        #[expect(clippy::cast_possible_truncation, reason = "saturating is as good: it only orders groups")]
        Value::Float(value) if value.is_finite() => Some(*value as i64),
        Value::BigInt(text) => Some(if text.starts_with('-') { i64::MIN } else { i64::MAX }),
        Value::String(text) | Value::Unsafe(text) => match python::int_of_text(text)? {
            Integer::Small(number) => Some(number),
            Integer::Big(text) => Some(if text.starts_with('-') { i64::MIN } else { i64::MAX }),
        },
        _ => None,
    }
}

fn is_variable_name(name: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    name.chars().all(word) && !name.starts_with(char::is_numeric)
}

/// Adds variables, the later over the earlier.
pub(super) fn overlay(into: &mut Vars, from: &Vars) {
    for (name, var) in from {
        into.insert(name.clone(), var.clone());
    }
}
