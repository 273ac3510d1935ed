//! The machines of a run: an inventory narrowed to what can be connected to, with the groups that checks name.

use std::{collections::BTreeSet, sync::Arc};

use indexmap::IndexMap;

use crate::inventory::{Group, GroupName, Host, HostName, HostVars, Inventory, Pattern};

/// The machines of one stage and their groups.
///
/// `mother`, `servers`, `hives`, `repository` and `first_hive` always exist, so that a check for hive-builder sites
/// means something in every inventory: without a group `mother` this machine is the mother; without `servers` they
/// are the members of `hives` and `repository`, or every host but the mother; without `hives` they are the servers
/// that are no repository; without `first_hive` it is the first of the hives.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// The machines, in order of appearance, and all groups with only machines in them.
    pub inventory: Inventory,
    /// The mother.
    pub mother: HostName,
    /// The mother is not written in the inventory: it is this machine.
    pub mother_is_implicit: bool,
    /// The inventory as it was read: what its own variables see.
    pub original: Arc<Inventory>,
}

impl Fleet {
    /// Narrows `inventory` to its machines and completes the groups.
    #[must_use]
    pub fn of(inventory: &Inventory) -> Self {
        let original = Arc::new(inventory.clone());
        let mut inventory = machines_only(inventory);
        let mother_is_implicit = ensure_mother(&mut inventory);
        let mother = first_of(&inventory, "mother").unwrap_or_else(|| HostName::from("mother"));
        ensure_server_groups(&mut inventory);
        Self { inventory, mother, mother_is_implicit, original }
    }

    /// The machines of a group, directly or through children, in the inventory's order. Like Ansible's implicit
    /// localhost, a mother that the inventory does not write is in no `all`.
    #[must_use]
    pub fn members(&self, group: &str) -> Vec<HostName> {
        let mut hosts = members(&self.inventory, group);
        hosts.retain(|host| group != "all" || !self.is_implicit_mother(host));
        hosts
    }

    /// The machines that `pattern` means. A mother that the inventory does not write must be named to be meant.
    #[must_use]
    pub fn select(&self, pattern: &Pattern) -> BTreeSet<HostName> {
        let text = pattern.to_string();
        let named = text.split([',', ':', ' ', '&', '!']).any(|word| word == "mother");
        let hosts = self.inventory.select(pattern).into_iter().map(|host| host.name.clone());
        hosts.filter(|host| named || !self.is_implicit_mother(host)).collect()
    }

    fn is_implicit_mother(&self, host: &HostName) -> bool {
        self.mother_is_implicit && *host == self.mother
    }
}

fn machines_only(inventory: &Inventory) -> Inventory {
    let Some(hive) = &inventory.hive else { return inventory.clone() };
    let in_group = |host: &Host, group: &str| host.groups.iter().any(|name| name.as_str() == group);
    let hosts: IndexMap<HostName, Host> = inventory
        .hosts
        .iter()
        .filter(|(_, host)| in_group(host, "hosts") && in_group(host, &hive.stage))
        .map(|(name, host)| (name.clone(), host.clone()))
        .collect();
    let groups = inventory
        .groups
        .iter()
        .map(|(name, group)| {
            let members = group.hosts.iter().filter(|host| hosts.contains_key(*host)).cloned().collect();
            (name.clone(), Group { hosts: members, children: group.children.clone() })
        })
        .collect();
    inventory.with(hosts, groups)
}

/// Makes sure that the group `mother` has a member; true where this machine had to be added for it.
fn ensure_mother(inventory: &mut Inventory) -> bool {
    if first_of(inventory, "mother").is_some() {
        return false;
    }
    let name = HostName::from("mother");
    let implicit = !inventory.hosts.contains_key(&name);
    if implicit {
        let host = Host { name: name.clone(), vars: HostVars::default(), groups: Vec::new(), location: None };
        inventory.hosts.insert(name.clone(), host);
    }
    add_group(inventory, "mother", vec![name]);
    let all = inventory.groups.entry(GroupName::from("all")).or_default();
    all.children.push(GroupName::from("mother"));
    implicit
}

fn ensure_server_groups(inventory: &mut Inventory) {
    let mothers = members(inventory, "mother");
    let repository = members(inventory, "repository");
    if !inventory.groups.contains_key("servers") {
        let mut servers = members(inventory, "hives");
        if servers.is_empty() {
            servers = inventory.hosts.keys().filter(|host| !mothers.contains(host)).cloned().collect();
        } else {
            servers.extend(repository.iter().filter(|host| !servers.contains(host)).cloned().collect::<Vec<_>>());
        }
        add_group(inventory, "servers", servers);
    }
    if !inventory.groups.contains_key("hives") {
        let hives = members(inventory, "servers").into_iter().filter(|host| !repository.contains(host)).collect();
        add_group(inventory, "hives", hives);
    }
    if !inventory.groups.contains_key("repository") {
        add_group(inventory, "repository", Vec::new());
    }
    if first_of(inventory, "first_hive").is_none() {
        let first = first_of(inventory, "hives").into_iter().collect();
        add_group(inventory, "first_hive", first);
    }
}

fn add_group(inventory: &mut Inventory, group: &str, hosts: Vec<HostName>) {
    let name = GroupName::from(group);
    for host in &hosts {
        if let Some(host) = inventory.hosts.get_mut(host)
            && let Err(at) = host.groups.binary_search(&name)
        {
            host.groups.insert(at, name.clone());
        }
    }
    inventory.groups.insert(name, Group { hosts, children: Vec::new() });
}

fn first_of(inventory: &Inventory, group: &str) -> Option<HostName> {
    members(inventory, group).into_iter().next()
}

pub(super) fn members(inventory: &Inventory, group: &str) -> Vec<HostName> {
    if group == "all" {
        return inventory.hosts.keys().cloned().collect();
    }
    let is_member = |host: &&Host| host.groups.iter().any(|name| name.as_str() == group);
    inventory.hosts.values().filter(is_member).map(|host| host.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inventory(groups: &[(&str, &[&str])]) -> Inventory {
        let mut inventory = Inventory::default();
        for (group, hosts) in groups {
            for host in *hosts {
                let name = HostName::from(*host);
                inventory.hosts.entry(name.clone()).or_insert_with(|| Host {
                    name,
                    vars: HostVars::default(),
                    groups: Vec::new(),
                    location: None,
                });
            }
            add_group(&mut inventory, group, hosts.iter().map(|host| HostName::from(*host)).collect());
        }
        inventory
    }

    fn names(fleet: &Fleet, group: &str) -> Vec<String> {
        fleet.members(group).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_plain_inventory_gets_a_mother_and_server_groups() {
        let fleet = Fleet::of(&inventory(&[("web", &["w1", "w2"])]));
        assert!(fleet.mother_is_implicit);
        assert_eq!(names(&fleet, "mother"), ["mother"]);
        assert_eq!(names(&fleet, "servers"), ["w1", "w2"]);
        assert_eq!(names(&fleet, "hives"), ["w1", "w2"]);
        assert_eq!(names(&fleet, "first_hive"), ["w1"]);
        assert!(names(&fleet, "repository").is_empty());
    }

    #[test]
    fn the_mother_of_the_inventory_is_no_server() {
        let fleet = Fleet::of(&inventory(&[("mother", &["m"]), ("web", &["w1"]), ("repository", &["r"])]));
        assert!(!fleet.mother_is_implicit);
        assert_eq!(fleet.mother.as_str(), "m");
        assert_eq!(names(&fleet, "servers"), ["w1", "r"]);
        assert_eq!(names(&fleet, "hives"), ["w1"]);
    }

    #[test]
    fn groups_of_the_inventory_stay_as_they_are() {
        let fleet = Fleet::of(&inventory(&[("hives", &["h0", "h1"]), ("repository", &["r"]), ("first_hive", &["h1"])]));
        assert_eq!(names(&fleet, "servers"), ["h0", "h1", "r"]);
        assert_eq!(names(&fleet, "first_hive"), ["h1"]);
    }
}
