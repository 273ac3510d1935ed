//! Where every variable of a host was written, and what it beat: the same layers that [`super::merge`] lays on top of
//! each other, kept apart.

use std::collections::BTreeMap;

use super::{
    GroupName, Var,
    files::VarsFiles,
    merge::{self, Bases},
    structure::{Builder, Of, Vars},
};

/// A layer of Ansible's precedence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer {
    /// A group's variables in an inventory source.
    Group(GroupName),
    /// A file or directory of the group's name in a `group_vars` directory.
    GroupVars {
        /// The group.
        group: GroupName,
        /// Which `group_vars` directory.
        beside: Beside,
    },
    /// The host's variables in an inventory source.
    Host,
    /// A file or directory of the host's name in a `host_vars` directory.
    HostVars {
        /// Which `host_vars` directory.
        beside: Beside,
    },
}

/// Beside what a `group_vars` or `host_vars` directory lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Beside an inventory source.
    Inventory,
    /// In the playbook directory.
    Playbook,
}

/// One place that sets a variable.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// The layer.
    pub layer: Layer,
    /// The value there, and the line.
    pub var: Var,
}

/// Answers where a host's variables come from. Made by [`super::load_with_origins`].
pub struct Origins {
    pub(super) builder: Builder,
    pub(super) bases: Bases,
    pub(super) files: VarsFiles,
}

impl Origins {
    /// Every place that sets a variable of `host`, by the variable's name, the weakest first: the last one wins. Nothing
    /// where there is no such host.
    #[must_use]
    pub fn of(&mut self, host: &str) -> Option<BTreeMap<String, Vec<Origin>>> {
        let Self { builder, bases, files } = self;
        let place = builder.hosts.get_index_of(host)?;
        let mut found: BTreeMap<String, Vec<Origin>> = BTreeMap::new();
        merge::layers(builder, bases, files, place, &mut |layer, vars| {
            for name in vars.keys().filter(|name| !merge::is_internal(name)) {
                let origins = earlier(builder, place, &layer, name).chain(vars.get(name).cloned());
                let origins = origins.map(|var| Origin { layer: layer.clone(), var });
                found.entry(name.clone()).or_default().extend(origins);
            }
        });
        Some(found)
    }
}

/// What the sources said before within the same layer.
fn earlier<'a>(builder: &'a Builder, host: usize, layer: &Layer, name: &'a str) -> impl Iterator<Item = Var> + 'a {
    let of = match layer {
        Layer::Group(group) => builder.groups.get_index_of(group).map(Of::Group),
        Layer::Host => Some(Of::Host(host)),
        Layer::GroupVars { .. } | Layer::HostVars { .. } => None,
    };
    let replaced = builder.replaced.iter().filter(move |replaced| Some(replaced.of) == of && replaced.name == name);
    replaced.map(|replaced| replaced.var.clone())
}

/// One layer and its variables.
pub(super) type Take<'a> = dyn FnMut(Layer, &Vars) + 'a;
