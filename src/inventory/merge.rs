//! Precedence: the layers of variables on top of each other, host by host.

use std::{
    collections::{HashMap, VecDeque},
    path::PathBuf,
    sync::Arc,
};

use indexmap::IndexMap;

use super::{
    Group, GroupName, Host, HostName, HostVars, Inventory,
    files::{VarsDirectory, VarsFiles},
    origin::{Beside, Layer, Take},
    structure::{ALL, Builder, Vars, overlay},
};

/// Where variables files lie.
#[derive(Debug, Default)]
pub(super) struct Bases {
    /// The directories of the sources, in their order.
    pub(super) inventory: Vec<PathBuf>,
    /// The playbook directory.
    pub(super) playbook: Option<PathBuf>,
    /// Whether the user named the playbook directory.
    pub(super) named: bool,
}

impl Bases {
    /// Those where variables files are meant for this inventory: the current directory may hold anything.
    pub(super) fn meant(&self) -> impl Iterator<Item = &PathBuf> {
        let playbook = self.playbook.iter().filter(|base| self.named && !self.inventory.contains(base));
        self.inventory.iter().chain(playbook)
    }

    /// All of them, the weakest first.
    fn all(&self) -> impl Iterator<Item = (&PathBuf, Beside)> {
        let inventory = self.inventory.iter().map(|base| (base, Beside::Inventory));
        inventory.chain(self.playbook.iter().map(|base| (base, Beside::Playbook)))
    }
}

/// Merges everything that was read into the inventory.
pub(super) fn merge(builder: &Builder, bases: &Bases, files: &mut VarsFiles) -> Inventory {
    let mut merger = Merger::new(builder, bases, files);
    let hosts = (0..builder.hosts.len()).map(|place| merger.host(place)).collect();
    Inventory { hosts, groups: groups(builder), ..Inventory::default() }
}

/// Gives the layers of one host's variables, the weakest first.
pub(super) fn layers(builder: &Builder, bases: &Bases, files: &mut VarsFiles, host: usize, take: &mut Take<'_>) {
    let mut merger = Merger::new(builder, bases, files);
    let groups = merger.groups(host);
    merger.group_layers(&groups, take);
    merger.host_layers(host, take);
}

/// Whether Ansible itself sets a variable of this name, so that an inventory cannot.
pub(super) fn is_internal(name: &str) -> bool {
    matches!(
        name,
        "ansible_async_path"
            | "ansible_collection_name"
            | "ansible_config_file"
            | "ansible_dependent_role_names"
            | "ansible_diff_mode"
            | "ansible_facts"
            | "ansible_forks"
            | "ansible_inventory_sources"
            | "ansible_limit"
            | "ansible_play_batch"
            | "ansible_play_hosts"
            | "ansible_play_hosts_all"
            | "ansible_play_role_names"
            | "ansible_playbook_python"
            | "ansible_role_name"
            | "ansible_role_names"
            | "ansible_run_tags"
            | "ansible_skip_tags"
            | "ansible_verbosity"
            | "ansible_version"
            | "inventory_dir"
            | "inventory_file"
            | "inventory_hostname"
            | "inventory_hostname_short"
            | "groups"
            | "group_names"
            | "omit"
            | "hostvars"
            | "playbook_dir"
            | "play_hosts"
            | "role_name"
            | "role_names"
            | "role_path"
            | "role_uuid"
    )
}

struct Merger<'a> {
    builder: &'a Builder,
    bases: &'a Bases,
    files: &'a mut VarsFiles,
    /// What groups are sorted by.
    order: Vec<(usize, i64, GroupName)>,
    /// The merged layers of groups, by the groups.
    cached: HashMap<Vec<usize>, Arc<Vars>>,
    /// A group and all above it.
    above: HashMap<usize, Vec<usize>>,
}

impl<'a> Merger<'a> {
    fn new(builder: &'a Builder, bases: &'a Bases, files: &'a mut VarsFiles) -> Self {
        Self { builder, bases, files, order: orders(builder), cached: HashMap::new(), above: HashMap::new() }
    }

    fn host(&mut self, place: usize) -> (HostName, Host) {
        let builder = self.builder;
        let name = builder.hosts.get_index(place).map_or_else(|| HostName::from(""), |(name, _)| name.clone());
        let groups = self.groups(place);
        let of_groups = self.group_vars(&groups);
        let mut own = Arc::clone(&builder.hosts[place].vars);
        self.host_files(place, &mut |_, vars| overlay(Arc::make_mut(&mut own), vars));
        if own.keys().any(|name| is_internal(name)) {
            Arc::make_mut(&mut own).retain(|name, _| !is_internal(name));
        }
        let vars = HostVars::new(of_groups, own);
        let mut names: Vec<GroupName> = groups.iter().map(|group| self.order[*group].2.clone()).collect();
        names.sort_unstable();
        let host = Host { name: name.clone(), vars, groups: names, location: builder.hosts[place].location.clone() };
        (name, host)
    }

    /// The layers of the host itself, which come after those of its groups.
    fn host_layers(&mut self, place: usize, take: &mut Take<'_>) {
        take(Layer::Host, &self.builder.hosts[place].vars);
        self.host_files(place, take);
    }

    /// Those of them that stand in files of their own.
    fn host_files(&mut self, place: usize, take: &mut Take<'_>) {
        let Some((name, _)) = self.builder.hosts.get_index(place) else { return };
        for (base, beside) in self.bases.all() {
            self.files.each(base, VarsDirectory::Host, name.as_str(), |vars| take(Layer::HostVars { beside }, vars));
        }
    }

    /// The host's groups without `all`, sorted as Ansible merges them.
    fn groups(&mut self, host: usize) -> Vec<usize> {
        let mut groups = Vec::new();
        for group in &self.builder.hosts[host].groups {
            let builder = self.builder;
            let above = self.above.entry(*group).or_insert_with(|| {
                let mut above: Vec<usize> = builder.ancestors(*group).into_iter().collect();
                above.push(*group);
                above
            });
            groups.extend(above.iter().copied().filter(|group| *group != ALL));
        }
        groups.sort_unstable_by(|a, b| self.order[*a].cmp(&self.order[*b]));
        groups.dedup();
        groups
    }

    fn group_vars(&mut self, groups: &[usize]) -> Arc<Vars> {
        if let Some(vars) = self.cached.get(groups) {
            return Arc::clone(vars);
        }
        let mut vars = Vars::new();
        self.group_layers(groups, &mut |_, layer| overlay(&mut vars, layer));
        vars.retain(|name, _| !is_internal(name));
        let vars = Arc::new(vars);
        self.cached.insert(groups.to_vec(), Arc::clone(&vars));
        vars
    }

    /// The layers of `all` and of `groups`, which are sorted.
    fn group_layers(&mut self, groups: &[usize], take: &mut Take<'_>) {
        for group in std::iter::once(&ALL).chain(groups) {
            take(Layer::Group(self.order[*group].2.clone()), &self.builder.groups[*group].vars);
        }
        for entities in [&[ALL], groups] {
            // The files of a later source win, whatever the groups' order.
            for (base, beside) in self.bases.all() {
                for group in entities {
                    let group = &self.order[*group].2;
                    self.files.each(base, VarsDirectory::Group, group.as_str(), |vars| {
                        take(Layer::GroupVars { group: group.clone(), beside }, vars);
                    });
                }
            }
        }
    }
}

/// Depth, priority and name of every group. The depth is the longest way from `all`.
fn orders(builder: &Builder) -> Vec<(usize, i64, GroupName)> {
    let mut depth = vec![0usize; builder.groups.len()];
    let mut waiting: Vec<usize> = builder.groups.values().map(|group| group.parents.len()).collect();
    let mut queue: VecDeque<usize> = (0..waiting.len()).filter(|group| waiting[*group] == 0).collect();
    while let Some(group) = queue.pop_front() {
        for child in &builder.groups[group].children {
            depth[*child] = depth[*child].max(depth[group] + 1);
            waiting[*child] -= 1;
            if waiting[*child] == 0 {
                queue.push_back(*child);
            }
        }
    }
    builder.groups.iter().zip(depth).map(|((name, group), depth)| (depth, group.priority, name.clone())).collect()
}

fn groups(builder: &Builder) -> IndexMap<GroupName, Group> {
    let host = |place: &usize| builder.hosts.get_index(*place).map(|(name, _)| name.clone());
    let child = |place: &usize| builder.groups.get_index(*place).map(|(name, _)| name.clone());
    builder
        .groups
        .iter()
        .map(|(name, group)| {
            let hosts = group.hosts.iter().filter_map(host).collect();
            let children = group.children.iter().filter_map(child).collect();
            (name.clone(), Group { hosts, children })
        })
        .collect()
}
