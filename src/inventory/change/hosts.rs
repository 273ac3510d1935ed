//! Machines: which there are, where they are, and what they are.

use super::{
    Change, Field, Pair, Section, What,
    entity::{Side, is_in, of_groups, stages},
    shown,
};
use crate::inventory::{GroupName, Host, Inventory};
use crate::location::Location;

/// Groups that say what a machine of a site is.
const ROLES: [&str; 4] = ["mother", "repository", "hives", "first_hive"];

/// Groups that only sum up others.
const SUMS: [&str; 2] = ["hosts", "servers"];

/// Variables that say where a machine is, the first that is there counts.
pub(super) const ADDRESS: [&str; 3] = ["ansible_host", "ansible_ssh_host", "hive_private_ip"];

const PORT: [&str; 2] = ["ansible_port", "ansible_ssh_port"];

/// The machines of both sides.
pub(super) fn pair<'a>(old: &'a Inventory, new: &'a Inventory) -> Pair<'a> {
    let sign = |host: &Host| {
        let (address, _) = address(host)?;
        let port = PORT.iter().find_map(|name| host.vars.get(name)).map(|var| shown::plain(&var.value));
        let stage = stages(host).collect::<Vec<_>>().join(" ");
        Some(format!("{address} {} {stage}", port.unwrap_or_else(|| "22".to_owned())))
    };
    Pair::new(machines(old), machines(new), &sign)
}

/// In a hive project images, volumes and networks are hosts for Ansible, too. The first hive may be a phantom, which is
/// in no stage.
fn machines(inventory: &Inventory) -> Side<'_> {
    if inventory.hive.is_some() {
        let mut side = of_groups(inventory, &["hosts"]);
        side.retain(|_, host| stages(host).next().is_some());
        return side;
    }
    inventory.hosts.values().map(|host| (host.name.as_str(), host)).collect()
}

/// Where the host is, as far as that can be told without rendering.
pub(super) fn address(host: &Host) -> Option<(String, Option<Location>)> {
    let var = ADDRESS.iter().find_map(|name| host.vars.get(name))?;
    let text = var.value.as_str().filter(|text| !text.contains("{{"))?;
    Some((text.to_owned(), var.location.clone()))
}

/// What happened to machines.
pub(super) fn changes(machines: &Pair<'_>) -> Vec<Change> {
    let mut changes = machines.changes(Section::Hosts);
    for (name, old, new) in machines.both() {
        changes.extend(moved(name, old, new));
        let is_role = |group: &GroupName| ROLES.contains(&group.as_str());
        let is_other = |group: &GroupName| !is_role(group) && !SUMS.contains(&group.as_str());
        changes.extend(regrouped(name, Field::Role, old, new, &is_role));
        changes.extend(regrouped(name, Field::Groups, old, new, &is_other));
    }
    changes
}

fn moved(name: &str, old: &Host, new: &Host) -> Option<Change> {
    let (before, after) = (address(old), address(new));
    let text = |found: &Option<(String, Option<Location>)>| found.as_ref().map(|(text, _)| text.clone());
    let (from, to) = (text(&before), text(&after));
    (from != to).then(|| Change {
        section: Section::Hosts,
        subjects: vec![name.to_owned()],
        what: What::Changed { field: Field::Address, from, to },
        old: before.map_or_else(|| old.location.clone(), |(_, location)| location),
        new: after.map_or_else(|| new.location.clone(), |(_, location)| location),
    })
}

fn regrouped(name: &str, field: Field, old: &Host, new: &Host, counts: &dyn Fn(&GroupName) -> bool) -> Option<Change> {
    let text = |host: &Host| {
        let names: Vec<&str> = host.groups.iter().filter(|group| counts(group)).map(GroupName::as_str).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    let (from, to) = (text(old), text(new));
    (from != to).then(|| Change {
        section: Section::Hosts,
        subjects: vec![name.to_owned()],
        what: What::Changed { field, from, to },
        old: old.location.clone(),
        new: new.location.clone(),
    })
}

/// The machines of a stage that are in a group.
pub(super) fn members<'a>(side: &Side<'a>, stage: &str, group: &str) -> Vec<&'a Host> {
    side.values().copied().filter(|host| is_in(host, stage) && is_in(host, group)).collect()
}
