//! Precedence: the layers of variables on top of each other, host by host.

use std::{
    collections::{HashMap, VecDeque},
    path::PathBuf,
    sync::Arc,
};

use indexmap::IndexMap;

use super::{
    Group, GroupName, Host, HostName, Inventory,
    files::{Of, VarsFiles},
    structure::{ALL, Builder, Vars, overlay},
};

/// What Ansible itself says about a host or a run, whatever the inventory says.
const INTERNAL: [&str; 34] = [
    "ansible_async_path",
    "ansible_collection_name",
    "ansible_config_file",
    "ansible_dependent_role_names",
    "ansible_diff_mode",
    "ansible_facts",
    "ansible_forks",
    "ansible_inventory_sources",
    "ansible_limit",
    "ansible_play_batch",
    "ansible_play_hosts",
    "ansible_play_hosts_all",
    "ansible_play_role_names",
    "ansible_playbook_python",
    "ansible_role_name",
    "ansible_role_names",
    "ansible_run_tags",
    "ansible_skip_tags",
    "ansible_verbosity",
    "ansible_version",
    "inventory_dir",
    "inventory_file",
    "inventory_hostname",
    "inventory_hostname_short",
    "groups",
    "group_names",
    "omit",
    "hostvars",
    "playbook_dir",
    "play_hosts",
    "role_name",
    "role_names",
    "role_path",
    "role_uuid",
];

/// Where variables files lie.
#[derive(Debug, Default)]
pub(super) struct Bases {
    /// The directories of the sources, in their order.
    pub(super) inventory: Vec<PathBuf>,
    /// The playbook directory.
    pub(super) playbook: Option<PathBuf>,
}

/// Merges everything that was read into the inventory.
pub(super) fn merge(builder: &Builder, bases: &Bases, files: &mut VarsFiles) -> Inventory {
    let mut merger =
        Merger { builder, bases, files, order: orders(builder), cached: HashMap::new(), above: HashMap::new() };
    let hosts = (0..builder.hosts.len()).map(|place| merger.host(place)).collect();
    Inventory { hosts, groups: groups(builder), ..Inventory::default() }
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

impl Merger<'_> {
    fn host(&mut self, place: usize) -> (HostName, Host) {
        let builder = self.builder;
        let name = builder.hosts.get_index(place).map_or_else(|| HostName::from(""), |(name, _)| name.clone());
        let draft = &builder.hosts[place];
        let groups = self.groups(place);
        let of_groups = self.group_vars(&groups);
        let mut own = Vars::new();
        overlay(&mut own, &draft.vars);
        for base in self.bases.inventory.iter().chain(&self.bases.playbook) {
            self.files.overlay(base, Of::Host, name.as_str(), &mut own);
        }
        own.retain(|name, _| !INTERNAL.contains(&name.as_str()));
        let vars = if own.is_empty() {
            of_groups
        } else {
            let mut merged = Vars::clone(&of_groups);
            merged.extend(own);
            Arc::new(merged)
        };
        let mut names: Vec<GroupName> = groups.iter().map(|group| self.order[*group].2.clone()).collect();
        names.sort_unstable();
        let host = Host { name: name.clone(), vars, groups: names, location: draft.location.clone() };
        (name, host)
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
        let builder = self.builder;
        let mut vars = builder.groups[ALL].vars.clone();
        for group in groups {
            overlay(&mut vars, &builder.groups[*group].vars);
        }
        let (inventory, playbook) = (&self.bases.inventory, &self.bases.playbook);
        for entities in [&[ALL], groups] {
            // The files of a later source win, whatever the groups' order.
            for base in inventory.iter().chain(playbook) {
                for group in entities {
                    self.files.overlay(base, Of::Group, self.order[*group].2.as_str(), &mut vars);
                }
            }
        }
        vars.retain(|name, _| !INTERNAL.contains(&name.as_str()));
        let vars = Arc::new(vars);
        self.cached.insert(groups.to_vec(), Arc::clone(&vars));
        vars
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
