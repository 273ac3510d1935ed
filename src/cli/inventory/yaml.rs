//! The YAML of `ansible-inventory --yaml`: groups with children and hosts, a host's variables where it first stands.

use std::{
    collections::HashSet,
    io::{self, Write},
};

use indexmap::IndexMap;

use crate::inventory::{Host, HostName, Inventory, Value, write_yaml};

/// The variables of one host.
pub(super) fn host(out: &mut impl Write, host: &Host) -> io::Result<()> {
    write_yaml(out, &vars(host))
}

/// The whole inventory, of the hosts only `hosts`.
pub(super) fn list(out: &mut impl Write, inventory: &Inventory, hosts: &[&Host]) -> io::Result<()> {
    let shown = hosts.iter().map(|host| host.name.as_str()).collect();
    let mut tree = Tree { inventory, shown, groups: HashSet::new(), hosts: HashSet::new() };
    let top = tree.group("all").map(|all| ("all".to_owned(), all));
    write_yaml(out, &Value::Map(top.into_iter().collect()))
}

fn vars(host: &Host) -> Value {
    Value::Map(host.vars.iter().map(|(name, var)| (name.clone(), var.value.clone())).collect())
}

fn empty() -> Value {
    Value::Map(IndexMap::new())
}

struct Tree<'a> {
    inventory: &'a Inventory,
    shown: HashSet<&'a str>,
    /// What was written out before.
    groups: HashSet<&'a str>,
    hosts: HashSet<&'a str>,
}

impl<'a> Tree<'a> {
    /// A group; nothing where it is empty.
    fn group(&mut self, name: &str) -> Option<Value> {
        let group = self.inventory.groups.get(name)?;
        let mut children = IndexMap::new();
        for child in &group.children {
            if self.groups.contains(child.as_str()) {
                children.insert(child.to_string(), empty());
            } else if let Some(value) = self.group(child.as_str()) {
                children.insert(child.to_string(), value);
            }
            self.groups.insert(child.as_str());
        }
        let mut members = IndexMap::new();
        for host in group.hosts.iter().filter(|_| name != "all") {
            if self.shown.contains(host.as_str()) {
                members.insert(host.to_string(), self.host(host));
            }
        }
        let sections = [("children", children), ("hosts", members)];
        let sections: IndexMap<String, Value> = sections
            .into_iter()
            .filter(|(_, members)| !members.is_empty())
            .map(|(section, members)| (section.to_owned(), Value::Map(members)))
            .collect();
        (!sections.is_empty()).then_some(Value::Map(sections))
    }

    fn host(&mut self, name: &'a HostName) -> Value {
        let first = self.hosts.insert(name.as_str());
        self.inventory.hosts.get(name).filter(|_| first).map_or_else(empty, vars)
    }
}
