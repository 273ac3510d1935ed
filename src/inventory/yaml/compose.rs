//! libyaml's events to a graph of nodes with resolved tags; an alias is a second way to one node.

use std::{collections::HashMap, io::BufReader};

use libyaml_safer::{Error, Event, EventData, Parser, ScalarStyle};

use super::{Becomes, Mark, Oddity, YamlFault, scalar};
use crate::{guard::guarded, inventory::tree::MAX_VALUES};

/// How deep collections may be nested. Ansible itself ends with a recursion error at a few hundred.
const MAX_DEPTH: usize = 256;

/// How much text is decoded at once.
const CHUNK: usize = 16 * 1024;

/// A tag, as far as Ansible constructs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tag {
    Null,
    Bool,
    Int,
    Float,
    Timestamp,
    Str,
    Merge,
    Equals,
    Seq,
    Map,
    Binary,
    Omap,
    Pairs,
    Set,
    Unsafe,
    Vault,
    Unknown(String),
}

/// A node before construction.
#[derive(Debug)]
pub(super) struct RawNode {
    pub(super) mark: Mark,
    pub(super) tag: Tag,
    pub(super) kind: Kind,
}

/// What a node holds; numbers are indices into [`Graph::nodes`].
#[derive(Debug)]
pub(super) enum Kind {
    Scalar(String),
    Sequence(Vec<usize>),
    Mapping(Vec<(usize, usize)>),
}

/// A document's nodes.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<RawNode>,
    pub(super) root: Option<usize>,
    pub(super) oddities: Vec<(Mark, Oddity)>,
}

type Fault = (Mark, YamlFault);

/// Reads the events of one document.
pub(super) fn compose(text: &str) -> Result<Graph, Fault> {
    let mut parser = Parser::new();
    parser.set_input(BufReader::with_capacity(CHUNK, text.as_bytes()));
    let mut composer = Composer::default();
    let mut last = Mark { line: 1, column: 1 };
    loop {
        // The library panics at a backslash that ends the text, and at `!<tag>,`.
        let Some(event) = guarded(|| parser.parse()) else { return Err((last, given_up())) };
        let event = event.map_err(|error| syntax(text, &error))?;
        last = mark_of(&event);
        if composer.take(event)? {
            return Ok(composer.graph);
        }
    }
}

fn given_up() -> YamlFault {
    YamlFault::Syntax { problem: "what follows here is no value", tab: false }
}

fn mark_of(event: &Event) -> Mark {
    mark(event.start_mark.line, event.start_mark.column)
}

fn mark(line: u64, column: u64) -> Mark {
    let one_based = |number: u64| u32::try_from(number + 1).unwrap_or(u32::MAX);
    Mark { line: one_based(line), column: one_based(column) }
}

fn syntax(text: &str, error: &Error) -> Fault {
    let at = error.problem_mark().map_or(Mark { line: 1, column: 1 }, |at| mark(at.line, at.column));
    let line = text.lines().nth(at.line as usize - 1).unwrap_or("");
    let tab = line.starts_with(|c: char| c.is_ascii_whitespace())
        && line[..line.len() - line.trim_start().len()].contains('\t');
    (at, YamlFault::Syntax { problem: error.problem(), tab })
}

/// A collection that is not closed yet.
struct Open {
    index: usize,
    /// A mapping's key that waits for its value.
    key: Option<usize>,
}

#[derive(Default)]
struct Composer {
    graph: Graph,
    anchors: HashMap<String, usize>,
    open: Vec<Open>,
    documents: usize,
}

impl Composer {
    /// Takes one event; true when the stream ends.
    fn take(&mut self, event: Event) -> Result<bool, Fault> {
        let at = mark_of(&event);
        match event.data {
            EventData::StreamEnd => return Ok(true),
            EventData::StreamStart { .. } | EventData::DocumentEnd { .. } => {}
            EventData::DocumentStart { .. } => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err((at, YamlFault::SecondDocument));
                }
            }
            EventData::Alias { anchor } => {
                let index = *self.anchors.get(&anchor).ok_or((at, YamlFault::UnknownAlias(anchor)))?;
                self.place(index);
            }
            EventData::Scalar { anchor, tag, value, plain_implicit, style, .. } => {
                let plain = plain_implicit && style == ScalarStyle::Plain;
                let tag = scalar_tag(tag.as_deref(), plain, &value);
                if tag == Tag::Unsafe && style == ScalarStyle::Plain && scalar::resolve(&value) != Tag::Str {
                    let written = format!("!unsafe {value}");
                    self.graph.oddities.push((at, Oddity::Since219(written, Becomes::Typed)));
                }
                let index = self.add(at, anchor, tag, Kind::Scalar(value))?;
                self.place(index);
            }
            EventData::SequenceStart { anchor, tag, .. } => {
                let tag = tag.as_deref().filter(|tag| *tag != "!").map_or(Tag::Seq, named_tag);
                self.begin(at, anchor, tag, Kind::Sequence(Vec::new()))?;
            }
            EventData::MappingStart { anchor, tag, .. } => {
                let tag = tag.as_deref().filter(|tag| *tag != "!").map_or(Tag::Map, named_tag);
                self.begin(at, anchor, tag, Kind::Mapping(Vec::new()))?;
            }
            EventData::SequenceEnd | EventData::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    self.place(open.index);
                }
            }
        }
        Ok(false)
    }

    fn begin(&mut self, at: Mark, anchor: Option<String>, tag: Tag, kind: Kind) -> Result<(), Fault> {
        if self.open.len() >= MAX_DEPTH {
            return Err((at, YamlFault::TooDeep { limit: MAX_DEPTH }));
        }
        let index = self.add(at, anchor, tag, kind)?;
        self.open.push(Open { index, key: None });
        Ok(())
    }

    fn add(&mut self, at: Mark, anchor: Option<String>, tag: Tag, kind: Kind) -> Result<usize, Fault> {
        let index = self.graph.nodes.len();
        if index >= MAX_VALUES {
            return Err((at, YamlFault::TooManyValues { limit: MAX_VALUES }));
        }
        if let Some(anchor) = anchor {
            if self.anchors.contains_key(&anchor) {
                return Err((at, YamlFault::DuplicateAnchor(anchor)));
            }
            self.anchors.insert(anchor, index);
        }
        self.graph.nodes.push(RawNode { mark: at, tag, kind });
        Ok(index)
    }

    /// Puts a finished node where it belongs.
    fn place(&mut self, index: usize) {
        let Some(open) = self.open.last_mut() else {
            self.graph.root = Some(index);
            return;
        };
        match &mut self.graph.nodes[open.index].kind {
            Kind::Sequence(items) => items.push(index),
            Kind::Mapping(pairs) => match open.key.take() {
                Some(key) => pairs.push((key, index)),
                None => open.key = Some(index),
            },
            Kind::Scalar(_) => {}
        }
    }
}

fn scalar_tag(tag: Option<&str>, plain: bool, value: &str) -> Tag {
    match tag {
        Some(tag) if tag != "!" => named_tag(tag),
        _ if plain => scalar::resolve(value),
        _ => Tag::Str,
    }
}

fn named_tag(tag: &str) -> Tag {
    let Some(core) = tag.strip_prefix("tag:yaml.org,2002:") else {
        return match tag {
            "!unsafe" => Tag::Unsafe,
            "!vault" | "!vault-encrypted" => Tag::Vault,
            other => Tag::Unknown(other.to_owned()),
        };
    };
    match core {
        "null" => Tag::Null,
        "bool" => Tag::Bool,
        "int" => Tag::Int,
        "float" => Tag::Float,
        "timestamp" => Tag::Timestamp,
        "str" | "python/unicode" => Tag::Str,
        "seq" => Tag::Seq,
        "map" | "python/dict" => Tag::Map,
        "binary" => Tag::Binary,
        "omap" => Tag::Omap,
        "pairs" => Tag::Pairs,
        "set" => Tag::Set,
        "merge" => Tag::Merge,
        "value" => Tag::Equals,
        other => Tag::Unknown(format!("!!{other}")),
    }
}
