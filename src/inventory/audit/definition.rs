//! The files of a hive-builder project as they are written, for rules that look at the text rather than at what came
//! of it.

use crate::inventory::{
    error::SourceText,
    tree::{Data, Mapping, Mark, Node, named},
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
}

/// A stage of `hive.yml`.
pub(super) struct Stage<'a> {
    pub(super) source: &'a SourceText,
    pub(super) name: &'a str,
    pub(super) mark: Mark,
    pub(super) options: &'a Mapping,
}

impl Definitions {
    /// The files of one plugin.
    pub(super) fn of(&self, plugin: &'static str) -> impl Iterator<Item = &Definition> {
        let is = move |file: &&Definition| file.root.get("plugin").and_then(Node::as_str) == Some(plugin);
        self.files.iter().filter(is)
    }

    /// Every stage that is a mapping.
    pub(super) fn stages(&self) -> impl Iterator<Item = Stage<'_>> {
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
        self.options.get(&named(key)).map(|entry| &entry.node)
    }
}

fn mapping(node: &Node) -> Option<&Mapping> {
    match &node.data {
        Data::Map(map) => Some(map),
        _ => None,
    }
}
