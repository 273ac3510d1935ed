//! The graph to a [`Node`], as Ansible's constructor does: tags, merge keys, duplicate keys.

use std::collections::{HashMap, HashSet};

use base64::{Engine, engine::general_purpose::STANDARD};
use indexmap::map::Entry as Slot;

use super::{
    Becomes, Document, Mark, Oddity, YamlFault,
    compose::{Graph, Kind, RawNode, Tag},
    number, timestamp,
};
use crate::inventory::tree::{Data, Entry, Key, Mapping, Node};

/// How many values aliases may add to what is written.
const MAX_EXPANDED: usize = 1_000_000;

/// How many things worth a warning are kept.
const MAX_ODDITIES: usize = 1000;

type Fault = (Mark, YamlFault);
type Pairs = Vec<(usize, usize)>;

/// Builds the document.
pub(super) fn construct(graph: &Graph) -> Result<Document, Fault> {
    let mut constructor = Constructor {
        graph,
        active: vec![false; graph.nodes.len()],
        budget: graph.nodes.len() + MAX_EXPANDED,
        oddities: graph.oddities.clone(),
    };
    let root = graph.root.map(|root| constructor.node(root)).transpose()?;
    Ok(Document { root, oddities: constructor.oddities })
}

struct Constructor<'a> {
    graph: &'a Graph,
    /// The nodes that are being built, to notice what contains itself.
    active: Vec<bool>,
    /// How many more values may be built.
    budget: usize,
    oddities: Vec<(Mark, Oddity)>,
}

impl Constructor<'_> {
    fn node(&mut self, index: usize) -> Result<Node, Fault> {
        let graph = self.graph;
        let raw = &graph.nodes[index];
        self.budget =
            self.budget.checked_sub(1).ok_or((raw.mark, YamlFault::TooManyAliases { limit: MAX_EXPANDED }))?;
        if let Kind::Scalar(text) = &raw.kind {
            return self.scalar(raw, text);
        }
        if std::mem::replace(&mut self.active[index], true) {
            return Err((raw.mark, YamlFault::Recursive));
        }
        let node = self.collection(raw);
        self.active[index] = false;
        node
    }

    /// Keeps what is worth a warning, unless there are so many that nobody reads them.
    fn odd(&mut self, mark: Mark, oddity: Oddity) {
        if self.oddities.len() < MAX_ODDITIES {
            self.oddities.push((mark, oddity));
        }
    }

    fn scalar(&mut self, raw: &RawNode, text: &str) -> Result<Node, Fault> {
        let fail = |fault| Err((raw.mark, fault));
        let data = match &raw.tag {
            Tag::Null => Data::Null,
            Tag::Bool => match text.to_lowercase().as_str() {
                "yes" | "true" | "on" => Data::Bool(true),
                "no" | "false" | "off" => Data::Bool(false),
                _ => return fail(YamlFault::Tag("!!bool")),
            },
            Tag::Int => number::int(text).ok_or_else(|| (raw.mark, YamlFault::Number(text.to_owned())))?,
            Tag::Float => {
                Data::Float(number::float(text).ok_or_else(|| (raw.mark, YamlFault::Number(text.to_owned())))?)
            }
            Tag::Timestamp => {
                Data::Date(timestamp::iso(text).ok_or_else(|| (raw.mark, YamlFault::Date(text.to_owned())))?)
            }
            Tag::Str => Data::Str(text.to_owned()),
            Tag::Unsafe => Data::Unsafe(text.to_owned()),
            Tag::Vault => Data::Vault(text.to_owned()),
            Tag::Binary => Data::Str(binary(text).ok_or((raw.mark, YamlFault::Tag("!!binary")))?),
            Tag::Merge => return fail(YamlFault::PlainMerge),
            Tag::Equals => return fail(YamlFault::PlainEquals),
            Tag::Unknown(tag) => return fail(YamlFault::UnknownTag(tag.clone())),
            tag => return fail(YamlFault::Tag(tag_name(tag))),
        };
        if raw.tag == Tag::Int && text.contains(':') {
            let value = Key::into_text(key_of(data.clone()).unwrap_or(Key::Null));
            self.odd(raw.mark, Oddity::Sexagesimal(text.to_owned(), value));
        }
        Ok(Node { mark: raw.mark, exact: raw.tag != Tag::Unsafe, data })
    }

    fn collection(&mut self, raw: &RawNode) -> Result<Node, Fault> {
        let data = match (&raw.tag, &raw.kind) {
            (Tag::Seq, Kind::Sequence(items)) => Data::List(self.list(items)?),
            (Tag::Map, Kind::Mapping(_)) => Data::Map(self.mapping(raw)?),
            (Tag::Omap | Tag::Pairs, Kind::Sequence(items)) => Data::List(self.pairs(raw, items)?),
            (Tag::Set, Kind::Mapping(_)) => Data::List(self.set(raw)?),
            (Tag::Unsafe, Kind::Sequence(items)) => {
                let mut list = self.list(items)?;
                for node in &mut list {
                    self.make_unsafe(node);
                }
                Data::List(list)
            }
            (Tag::Unsafe, Kind::Mapping(_)) => {
                let mut map = self.mapping(raw)?;
                for entry in map.values_mut() {
                    self.make_unsafe(&mut entry.node);
                }
                Data::Map(map)
            }
            (Tag::Unknown(tag), _) => return Err((raw.mark, YamlFault::UnknownTag(tag.clone()))),
            (tag, _) => return Err((raw.mark, YamlFault::Tag(tag_name(tag)))),
        };
        Ok(Node { mark: raw.mark, exact: matches!(raw.tag, Tag::Seq | Tag::Map), data })
    }

    /// What `!unsafe` does to the members of a collection. ansible-core 2.18 wraps them before their own members are
    /// there, so that collections inside come out empty.
    fn make_unsafe(&mut self, node: &mut Node) {
        node.exact = false;
        match &mut node.data {
            Data::Str(text) => node.data = Data::Unsafe(std::mem::take(text)),
            Data::List(list) if !list.is_empty() => {
                list.clear();
                self.odd(node.mark, Oddity::UnsafeNesting);
            }
            Data::Map(map) if !map.is_empty() => {
                map.clear();
                self.odd(node.mark, Oddity::UnsafeNesting);
            }
            _ => {}
        }
    }

    fn list(&mut self, items: &[usize]) -> Result<Vec<Node>, Fault> {
        items.iter().map(|item| self.node(*item)).collect()
    }

    fn mapping(&mut self, raw: &RawNode) -> Result<Mapping, Fault> {
        let Kind::Mapping(pairs) = &raw.kind else { return Err((raw.mark, YamlFault::Tag("!!map"))) };
        let merged = self.has_merge(pairs);
        let flat = if merged { &self.flatten(raw.mark, pairs, 0)? } else { pairs };
        let mut mapping = Mapping::with_capacity(flat.len());
        for (key, value) in flat {
            let key_mark = self.graph.nodes[*key].mark;
            let key = self.key(*key)?;
            let node = self.node(*value)?;
            match mapping.entry(key) {
                Slot::Vacant(slot) => {
                    slot.insert(Entry { key_mark, node });
                }
                Slot::Occupied(mut slot) => {
                    // A key that overrides a merged one is what merging is for.
                    if !merged {
                        let key = slot.key().shown();
                        slot.insert(Entry { key_mark, node });
                        self.odd(key_mark, Oddity::DuplicateKey(key));
                        continue;
                    }
                    slot.insert(Entry { key_mark, node });
                }
            }
        }
        Ok(mapping)
    }

    fn has_merge(&self, pairs: &Pairs) -> bool {
        pairs.iter().any(|(key, _)| self.graph.nodes[*key].tag == Tag::Merge)
    }

    /// The pairs with those of merge keys before the own ones; of a list's mappings the first comes last.
    fn flatten(&mut self, at: Mark, pairs: &Pairs, depth: usize) -> Result<Pairs, Fault> {
        if depth > self.graph.nodes.len().min(256) {
            return Err((at, YamlFault::Recursive));
        }
        let mut merged = Pairs::new();
        let mut own = Pairs::new();
        for (key, value) in pairs {
            if self.graph.nodes[*key].tag == Tag::Merge {
                self.merge(at, *value, depth, &mut merged)?;
            } else {
                own.push((*key, *value));
            }
        }
        if depth == 0 {
            self.note_merge_order(pairs, &own)?;
        }
        merged.append(&mut own);
        Ok(merged)
    }

    /// Notes keys that the maps of a merge list give different values, where no own key decides: `PyYAML` 6.0.4 takes the last.
    fn note_merge_order(&mut self, pairs: &Pairs, own: &Pairs) -> Result<(), Fault> {
        let graph = self.graph;
        let own = own.iter().map(|(key, _)| self.key(*key)).collect::<Result<HashSet<_>, _>>()?;
        for (merge, list) in pairs.iter().filter(|(key, _)| graph.nodes[*key].tag == Tag::Merge) {
            let Kind::Sequence(items) = &graph.nodes[*list].kind else { continue };
            let (mut seen, mut told) = (HashMap::new(), HashSet::new());
            for item in items {
                for (key, value) in self.pairs_of(*item) {
                    let key = self.key(key)?;
                    let differs = seen.insert(key.clone(), value).is_some_and(|other| !self.is_same(other, value));
                    if differs && !own.contains(&key) && told.insert(key.clone()) {
                        self.odd(graph.nodes[*merge].mark, Oddity::MergeOrder(key.shown()));
                    }
                }
            }
        }
        Ok(())
    }

    /// The pairs that are written in a map, without those that it merges.
    fn pairs_of(&self, map: usize) -> Pairs {
        let Kind::Mapping(pairs) = &self.graph.nodes[map].kind else { return Pairs::new() };
        pairs.iter().copied().filter(|(key, _)| self.graph.nodes[*key].tag != Tag::Merge).collect()
    }

    /// Whether two values are one, or the same scalar.
    fn is_same(&self, one: usize, other: usize) -> bool {
        let [one_node, other_node] = [one, other].map(|index| &self.graph.nodes[index]);
        let scalars = match (&one_node.kind, &other_node.kind) {
            (Kind::Scalar(one), Kind::Scalar(other)) => one == other && one_node.tag == other_node.tag,
            _ => false,
        };
        one == other || scalars
    }

    fn merge(&mut self, at: Mark, value: usize, depth: usize, into: &mut Pairs) -> Result<(), Fault> {
        let graph = self.graph;
        let raw = &graph.nodes[value];
        match &raw.kind {
            Kind::Mapping(pairs) => into.append(&mut self.flatten(at, pairs, depth + 1)?),
            Kind::Sequence(items) => {
                for item in items.iter().rev() {
                    let Kind::Mapping(pairs) = &graph.nodes[*item].kind else {
                        return Err((graph.nodes[*item].mark, YamlFault::Merge));
                    };
                    into.append(&mut self.flatten(at, pairs, depth + 1)?);
                }
            }
            Kind::Scalar(_) => return Err((raw.mark, YamlFault::Merge)),
        }
        self.budget =
            self.budget.checked_sub(into.len()).ok_or((at, YamlFault::TooManyAliases { limit: MAX_EXPANDED }))?;
        Ok(())
    }

    fn key(&mut self, index: usize) -> Result<Key, Fault> {
        let graph = self.graph;
        let raw = &graph.nodes[index];
        let Kind::Scalar(text) = &raw.kind else { return Err((raw.mark, YamlFault::Key)) };
        // A plain `=` as a key is text, other than as a value.
        if raw.tag == Tag::Equals {
            return Ok(Key::Str(text.clone()));
        }
        let node = self.scalar(raw, text)?;
        key_of(node.data).ok_or((raw.mark, YamlFault::Key))
    }

    fn pairs(&mut self, raw: &RawNode, items: &[usize]) -> Result<Vec<Node>, Fault> {
        let graph = self.graph;
        let fault = || (raw.mark, YamlFault::Tag(tag_name(&raw.tag)));
        items
            .iter()
            .map(|item| {
                let Kind::Mapping(pairs) = &graph.nodes[*item].kind else { return Err(fault()) };
                let [(key, value)] = pairs.as_slice() else { return Err(fault()) };
                let pair = vec![self.node(*key)?, self.node(*value)?];
                Ok(Node { mark: graph.nodes[*item].mark, exact: false, data: Data::List(pair) })
            })
            .collect()
    }

    /// A set's members. ansible-inventory 2.18 cannot print one; 2.19 prints a list.
    fn set(&mut self, raw: &RawNode) -> Result<Vec<Node>, Fault> {
        self.oddities.push((raw.mark, Oddity::Since219("!!set".to_owned(), Becomes::Printed)));
        let map = self.mapping(raw)?;
        Ok(map
            .into_iter()
            .map(|(key, entry)| Node { mark: entry.key_mark, exact: false, data: data_of(key) })
            .collect())
    }
}

fn key_of(data: Data) -> Option<Key> {
    Some(match data {
        Data::Null => Key::Null,
        Data::Bool(value) => Key::Bool(value),
        Data::Int(value) => Key::Int(value),
        Data::BigInt(text) => Key::BigInt(text),
        Data::Float(value) => Key::Float(value),
        Data::Str(text) | Data::Unsafe(text) => Key::Str(text),
        Data::Date(text) => Key::Date(text),
        Data::Vault(_) | Data::List(_) | Data::Map(_) => return None,
    })
}

fn data_of(key: Key) -> Data {
    match key {
        Key::Null => Data::Null,
        Key::Bool(value) => Data::Bool(value),
        Key::Int(value) => Data::Int(value),
        Key::BigInt(text) => Data::BigInt(text),
        Key::Float(value) => Data::Float(value),
        Key::Str(text) => Data::Str(text),
        Key::Date(text) => Data::Date(text),
    }
}

fn binary(text: &str) -> Option<String> {
    let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(compact).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn tag_name(tag: &Tag) -> &'static str {
    match tag {
        Tag::Null => "!!null",
        Tag::Bool => "!!bool",
        Tag::Int => "!!int",
        Tag::Float => "!!float",
        Tag::Timestamp => "!!timestamp",
        Tag::Str => "!!str",
        Tag::Merge => "!!merge",
        Tag::Equals => "!!value",
        Tag::Seq => "!!seq",
        Tag::Map => "!!map",
        Tag::Binary => "!!binary",
        Tag::Omap => "!!omap",
        Tag::Pairs => "!!pairs",
        Tag::Set => "!!set",
        Tag::Unsafe => "!unsafe",
        Tag::Vault => "!vault",
        Tag::Unknown(_) => "!",
    }
}
