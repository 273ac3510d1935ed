//! What `ansible-inventory --list` prints to an inventory. Variables are merged in it already.

use std::sync::Arc;

use crate::inventory::{
    Value, Var, Vault, json, secret,
    structure::{ALL, Builder, StructureFault},
    tree::{Data, Mapping, Node, named},
};

/// Why a text is no inventory.
pub(super) struct NoInventory(pub(super) String);

impl From<StructureFault> for NoInventory {
    fn from(fault: StructureFault) -> Self {
        Self(fault.to_string())
    }
}

/// Reads the JSON. `vaulted` are the variables of files that are encrypted as a whole; `vault` seals them again.
pub(super) fn read(text: &str, vaulted: &[(String, Value)], vault: &Vault) -> Result<Builder, NoInventory> {
    let node = json::parse(text).map_err(|fault| NoInventory(format!("no JSON (line {})", fault.mark.line)))?;
    let mut groups = mapping(node, "the inventory")?;
    let mut reader = Reader { builder: Builder::default(), vaulted, vault };
    let meta = groups.shift_remove(&named("_meta"));
    reader.groups(groups)?;
    if let Some(entry) = meta {
        let mut meta = mapping(entry.node, "`_meta`")?;
        if let Some(entry) = meta.shift_remove(&named("hostvars")) {
            reader.variables(mapping(entry.node, "`_meta.hostvars`")?)?;
        }
    }
    reader.builder.reconcile()?;
    Ok(reader.builder)
}

struct Reader<'a> {
    builder: Builder,
    vaulted: &'a [(String, Value)],
    vault: &'a Vault,
}

impl Reader<'_> {
    /// Groups are sorted by name in the JSON, but each names its hosts and children in Ansible's own order: walked from
    /// `all`, they give the order in which Ansible goes through the hosts.
    fn groups(&mut self, mut groups: Mapping) -> Result<(), NoInventory> {
        let mut waiting = vec!["all".to_owned()];
        while let Some(name) = waiting.pop() {
            let Some(entry) = groups.shift_remove(&named(&name)) else { continue };
            let mut children = self.group(&name, entry.node)?;
            children.reverse();
            waiting.append(&mut children);
        }
        for (key, entry) in groups {
            self.group(&key.into_text(), entry.node)?;
        }
        Ok(())
    }

    /// Adds a group with its hosts and returns its children.
    fn group(&mut self, name: &str, node: Node) -> Result<Vec<String>, NoInventory> {
        let place = if name == "all" { ALL } else { self.builder.add_group(name, None)? };
        let mut sections = mapping(node, name)?;
        for host in names(&mut sections, "hosts")? {
            self.builder.add_host(&host, Some(place), None, None)?;
        }
        let children = names(&mut sections, "children")?;
        for child in &children {
            let child = self.builder.add_group(child, None)?;
            self.builder.add_child_group(place, child)?;
        }
        Ok(children)
    }

    fn variables(&mut self, hosts: Mapping) -> Result<(), NoInventory> {
        for (key, entry) in hosts {
            let host = key.into_text();
            let place = self.builder.add_host(&host, None, None, None)?;
            for (key, entry) in mapping(entry.node, &host)? {
                let name = key.into_text();
                let value = self.sealed(&name, entry.node.into_value());
                secret::learn(self.vault.redactor(), &name, &value);
                Arc::make_mut(&mut self.builder.hosts[place].vars).insert(name, Var { value, location: None });
            }
        }
        Ok(())
    }

    fn sealed(&self, name: &str, value: Value) -> Value {
        let hidden = self.vaulted.iter().any(|(known, hidden)| known == name && *hidden == value);
        if hidden { self.vault.seal(name, value) } else { value }
    }
}

fn mapping(node: Node, place: &str) -> Result<Mapping, NoInventory> {
    let found = node.kind();
    match node.data {
        Data::Map(map) => Ok(map),
        _ => Err(NoInventory(format!("{found} as {place}"))),
    }
}

fn names(sections: &mut Mapping, section: &str) -> Result<Vec<String>, NoInventory> {
    let Some(entry) = sections.shift_remove(&named(section)) else { return Ok(Vec::new()) };
    let found = entry.node.kind();
    let Data::List(list) = entry.node.data else { return Err(NoInventory(format!("{found} as `{section}`"))) };
    let text = |node: Node| match node.data {
        Data::Str(text) | Data::Unsafe(text) => Ok(text),
        _ => Err(NoInventory(format!("{} as a name in `{section}`", node.kind()))),
    };
    list.into_iter().map(text).collect()
}
