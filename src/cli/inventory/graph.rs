//! The tree of `ansible-inventory --graph`.

use std::{collections::HashSet, fmt::Write as _};

use super::Unknown;
use crate::inventory::{GroupName, Host, HostName, Inventory};

/// Appends the tree below `group`; of the hosts only `hosts`.
pub(super) fn graph(out: &mut Vec<u8>, inventory: &Inventory, hosts: &[&Host], group: &str) -> Result<(), Unknown> {
    if !inventory.groups.contains_key(group) {
        return Err(Unknown::new("group", group, inventory.groups.keys().map(GroupName::as_str)));
    }
    let shown = hosts.iter().map(|host| host.name.as_str()).collect();
    let mut tree = Tree { inventory, shown, text: String::new() };
    tree.group(group, 0);
    out.extend(tree.text.into_bytes());
    Ok(())
}

struct Tree<'a> {
    inventory: &'a Inventory,
    shown: HashSet<&'a str>,
    text: String,
}

impl Tree<'_> {
    fn group(&mut self, name: &str, depth: usize) {
        let inventory = self.inventory;
        let Some(group) = inventory.groups.get(name) else { return };
        self.line(&format!("@{name}:"), depth);
        for child in &group.children {
            self.group(child.as_str(), depth + 1);
        }
        // As Ansible's own: what is directly in `all` stands below `ungrouped`.
        let hosts = group.hosts.iter().filter(|_| name != "all").map(HostName::as_str);
        for host in hosts.filter(|host| self.shown.contains(host)).collect::<Vec<_>>() {
            self.line(host, depth + 1);
        }
    }

    fn line(&mut self, name: &str, depth: usize) {
        let branch = if depth == 0 { String::new() } else { "  |".repeat(depth) + "--" };
        // Writing to a `String` cannot fail.
        let _ = writeln!(self.text, "{branch}{name}");
    }
}
