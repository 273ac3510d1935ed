//! The files of a hive-builder project as they are written, for rules that look at the text rather than at what came
//! of it.

use std::path::PathBuf;

use crate::inventory::{
    Value,
    error::SourceText,
    hive::{STAGES, Site},
    tree::{Data, Entry, Mapping, Mark, Node, named},
};

/// One file with a `plugin:` of hive.
#[derive(Debug, Clone)]
pub(in crate::inventory) struct Definition {
    pub(in crate::inventory) source: SourceText,
    pub(in crate::inventory) root: Node,
}

/// All files of a project.
#[derive(Debug, Default)]
pub(in crate::inventory) struct Definitions {
    /// The user, or the current directory, means a hive project.
    pub(in crate::inventory) project: bool,
    /// Files with a `plugin:`, in the order in which they were read.
    pub(in crate::inventory) files: Vec<Definition>,
    /// What hive's own variables say; absent outside of projects, and where they cannot be read.
    pub(in crate::inventory) site: Option<Site>,
    /// The published port of every port, by service and target port, as hive gives them.
    pub(in crate::inventory) ports: indexmap::IndexMap<String, Value>,
}

/// A stage of `hive.yml`.
pub(in crate::inventory) struct Stage<'a> {
    pub(in crate::inventory) source: &'a SourceText,
    pub(in crate::inventory) name: &'a str,
    pub(in crate::inventory) mark: Mark,
    pub(super) options: &'a Mapping,
}

/// A service as it is written.
pub(in crate::inventory) struct Service<'a> {
    pub(in crate::inventory) source: &'a SourceText,
    pub(in crate::inventory) name: &'a str,
    pub(in crate::inventory) mark: Mark,
    pub(super) options: &'a Mapping,
    /// The stages that it is in.
    pub(super) stages: Vec<&'a str>,
}

/// A volume of a service that hive prepares on drbd.
pub(in crate::inventory) struct DrbdVolume<'a> {
    pub(super) service: &'a Service<'a>,
    pub(in crate::inventory) name: &'a str,
    pub(in crate::inventory) mark: Mark,
    pub(in crate::inventory) drbd: &'a Mapping,
    pub(super) stages: Vec<&'a str>,
}

impl Definitions {
    /// Takes what hive's own variables say, and the published ports after all files were read.
    pub(in crate::inventory) fn tell(&mut self, site: Option<Site>, ports: indexmap::IndexMap<String, Value>) {
        self.site = site;
        self.ports = ports;
    }

    /// The project's directory.
    pub(super) fn root(&self) -> Option<&PathBuf> {
        self.site.as_ref().map(|site| &site.root)
    }

    /// Every service that is a mapping, in the order of the files.
    pub(in crate::inventory) fn services(&self) -> impl Iterator<Item = Service<'_>> {
        self.of("hive_services").flat_map(|file| {
            let of_file = file.root.get("available_on").and_then(names).unwrap_or_else(|| STAGES.to_vec());
            let services = file.root.get("services").and_then(mapping).into_iter().flatten();
            services.filter_map(move |(key, entry)| {
                let options = mapping(&entry.node)?;
                let own = options.get(&named("available_on")).and_then(|entry| names(&entry.node));
                let stages = own.unwrap_or_else(|| of_file.clone());
                Some(Service { source: &file.source, name: key.as_str()?, mark: entry.key_mark, options, stages })
            })
        })
    }

    /// The files of one plugin.
    pub(super) fn of(&self, plugin: &'static str) -> impl Iterator<Item = &Definition> {
        let is = move |file: &&Definition| file.root.get("plugin").and_then(Node::as_str) == Some(plugin);
        self.files.iter().filter(is)
    }

    /// Every stage that is a mapping.
    pub(in crate::inventory) fn stages(&self) -> impl Iterator<Item = Stage<'_>> {
        self.of("hive_inventory").flat_map(|file| {
            let stages = file.root.get("stages").and_then(mapping).into_iter().flatten();
            stages.filter_map(|(key, entry)| {
                let options = mapping(&entry.node)?;
                Some(Stage { source: &file.source, name: key.as_str()?, mark: entry.key_mark, options })
            })
        })
    }
}

impl<'a> Stage<'a> {
    /// A key's value.
    pub(super) fn get(&self, key: &str) -> Option<&'a Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// A key and its value.
    pub(in crate::inventory) fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.options.get(&named(key))
    }

    /// A key's text.
    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.get(key).and_then(Node::as_str)
    }

    /// Whether the repository has a host of its own: Python's truth, and yes where nothing is said.
    pub(super) fn is_separate(&self) -> bool {
        self.get("separate_repository").is_none_or(Node::truthy)
    }

    /// How many hosts hive makes, repository included: the list decides before the number does.
    pub(super) fn hosts(&self) -> Option<i64> {
        if let Some(Data::List(list)) = self.get("ip_address_list").map(|node| &node.data) {
            return i64::try_from(list.len()).ok();
        }
        match self.get("number_of_hosts").map(|node| &node.data) {
            Some(Data::Int(number)) => Some(*number),
            Some(_) => None,
            None => Some(if self.is_separate() { 4 } else { 3 }),
        }
    }

    /// Where the number of its hosts is written: the list's key, the number's, or the stage's own.
    pub(super) fn count_mark(&self) -> Mark {
        let written = self.entry("ip_address_list").or_else(|| self.entry("number_of_hosts"));
        written.map_or(self.mark, |entry| entry.key_mark)
    }

    /// The beginning of its hosts' names.
    pub(super) fn prefix(&self) -> &'static str {
        match self.name {
            "private" => "p-",
            "staging" => "s-",
            _ => "",
        }
    }
}

impl<'a> Service<'a> {
    /// A key's value.
    pub(super) fn get(&self, key: &str) -> Option<&'a Node> {
        self.options.get(&named(key)).map(|entry| &entry.node)
    }

    /// Its volumes that are mappings.
    pub(super) fn volumes(&self) -> impl Iterator<Item = (&'a Node, &'a Mapping)> {
        let volumes = self.get("volumes").map(items).unwrap_or_default();
        volumes.iter().filter_map(|node| Some((node, mapping(node)?)))
    }

    /// Its volumes on drbd.
    pub(in crate::inventory) fn drbd_volumes(&'a self) -> impl Iterator<Item = DrbdVolume<'a>> {
        self.volumes().filter_map(|(_, volume)| {
            let drbd = mapping(&volume.get(&named("drbd"))?.node)?;
            let source = &volume.get(&named("source"))?.node;
            let stages = drbd.get(&named("available_on")).and_then(|entry| names(&entry.node));
            let stages = stages.unwrap_or_else(|| self.stages.clone());
            Some(DrbdVolume { service: self, name: source.as_str()?, mark: source.mark, drbd, stages })
        })
    }
}

impl<'a> DrbdVolume<'a> {
    /// A key of `drbd`.
    pub(super) fn get(&self, key: &str) -> Option<&'a Node> {
        self.drbd.get(&named(key)).map(|entry| &entry.node)
    }
}

/// The texts of a list.
pub(super) fn names(node: &Node) -> Option<Vec<&str>> {
    match &node.data {
        Data::List(list) => Some(list.iter().filter_map(Node::as_str).collect()),
        Data::Map(map) => Some(map.keys().filter_map(crate::inventory::tree::Key::as_str).collect()),
        _ => None,
    }
}

/// The values of a list.
pub(super) fn items(node: &Node) -> &[Node] {
    match &node.data {
        Data::List(list) => list,
        _ => &[],
    }
}

/// Whether the text is a template, so that nobody knows yet what it will be.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

pub(super) fn mapping(node: &Node) -> Option<&Mapping> {
    match &node.data {
        Data::Map(map) => Some(map),
        _ => None,
    }
}
