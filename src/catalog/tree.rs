//! The positions of a YAML file: every key, value and list item with its range of bytes.
//!
//! The reading itself is serde's ([`super::read`]); this tree only answers "where is it written", and finds what serde
//! cannot tell: keys given twice, several documents, nothing at all.

use std::ops::Range;

use libyaml_safer::{Event, EventData, Parser, ScalarStyle};

use super::problem::ProblemKind;
use crate::guard::guarded;

/// Nesting that no check needs; deeper files are refused before anything recurses into them.
const MAX_DEPTH: usize = 48;

/// One value of the file.
#[derive(Debug)]
pub(super) struct Node {
    /// Its bytes in the file; a block value ends where the next token begins.
    pub(super) range: Range<usize>,
    pub(super) kind: NodeKind,
}

/// What a value is.
#[derive(Debug)]
pub(super) enum NodeKind {
    Scalar { value: String, style: ScalarStyle },
    List(Vec<Node>),
    Map(Vec<Entry>),
    Alias,
}

/// A key with its value.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Node,
    pub(super) value: Node,
    /// Its key was given before in the same mapping.
    pub(super) repeated: bool,
}

/// A problem of the YAML itself, with its bytes.
pub(super) type Broken = (Range<usize>, ProblemKind);

impl Node {
    /// The entry of `key`, where this is a mapping that has it.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            NodeKind::Map(entries) => entries.iter().find(|entry| entry.key.text() == Some(key)),
            _ => None,
        }
    }

    /// Where the value of `key` is written; this node itself where there is no such key.
    pub(super) fn at(&self, key: &str) -> &Self {
        self.entry(key).map_or(self, |entry| &entry.value)
    }

    /// Where list item `index` is written; this node itself where it is no list or shorter (one value for a list of one).
    pub(super) fn item(&self, index: usize) -> &Self {
        match &self.kind {
            NodeKind::List(items) => items.get(index).unwrap_or(self),
            _ => self,
        }
    }

    /// Whether `key` is written here with something behind it.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entry(key).is_some_and(|entry| !entry.value.is_null())
    }

    /// Whether it is nothing: an empty plain scalar, `~` or `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.kind, NodeKind::Scalar { value, style: ScalarStyle::Plain }
            if matches!(value.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar { value, .. } => Some(value),
            _ => None,
        }
    }

    /// The entries whose key was given before in the same mapping.
    pub(super) fn repeated(&self) -> Vec<Range<usize>> {
        match &self.kind {
            NodeKind::Map(entries) => entries
                .iter()
                .flat_map(|entry| if entry.repeated { vec![entry.range()] } else { entry.value.repeated() })
                .collect(),
            NodeKind::List(items) => items.iter().flat_map(Self::repeated).collect(),
            NodeKind::Scalar { .. } | NodeKind::Alias => Vec::new(),
        }
    }

    /// The mapping entries around byte `offset`, the outermost first.
    pub(super) fn entries_around(&self, offset: usize) -> Vec<Range<usize>> {
        match &self.kind {
            NodeKind::Map(entries) => entries
                .iter()
                .find(|entry| entry.range().contains(&offset))
                .map(|entry| [vec![entry.range()], entry.value.entries_around(offset)].concat())
                .unwrap_or_default(),
            NodeKind::List(items) => items.iter().flat_map(|item| item.entries_around(offset)).collect(),
            NodeKind::Scalar { .. } | NodeKind::Alias => Vec::new(),
        }
    }
}

impl Entry {
    /// Key and value together.
    pub(super) fn range(&self) -> Range<usize> {
        self.key.range.start..self.value.range.end.max(self.key.range.end + 1)
    }
}

/// Reads the positions of `text`; keys given twice are added to `problems`.
///
/// # Errors
/// What makes it no single YAML document.
pub(super) fn parse(text: &str, problems: &mut Vec<Broken>) -> Result<Node, Broken> {
    let mut parser = Parser::new();
    parser.set_input(text.as_bytes());
    Reader { parser, text, problems }.document()
}

struct Reader<'t, 'p> {
    parser: Parser<&'t [u8]>,
    text: &'t str,
    problems: &'p mut Vec<Broken>,
}

impl Reader<'_, '_> {
    fn document(&mut self) -> Result<Node, Broken> {
        let root = loop {
            let event = self.next()?;
            match event.data {
                EventData::StreamStart { .. } | EventData::DocumentStart { .. } => {}
                EventData::StreamEnd => return Err((0..0, ProblemKind::Empty)),
                _ => break self.node(event, 0)?,
            }
        };
        loop {
            let event = self.next()?;
            match event.data {
                EventData::StreamEnd => break,
                EventData::DocumentStart { .. } => {
                    return Err((range_of(&event), ProblemKind::SeveralDocuments));
                }
                _ => {}
            }
        }
        if root.is_null() { Err((root.range, ProblemKind::Empty)) } else { Ok(root) }
    }

    fn next(&mut self) -> Result<Event, Broken> {
        // The library panics at a backslash that ends the text, and at `!<tag>,`.
        let Some(event) = guarded(|| self.parser.parse()) else {
            let detail = "the text ends in the middle of a value, or a tag is followed by a comma".to_owned();
            return Err((self.text.len()..self.text.len(), ProblemKind::Syntax { detail }));
        };
        event.map_err(|error| {
            let offset = error.problem_mark().map_or(0, |mark| offset(mark.index)).min(self.text.len());
            let detail = match error.context() {
                Some(context) => format!("{} {}", error.problem(), context),
                None => error.problem().to_owned(),
            };
            (offset..offset, ProblemKind::Syntax { detail: detail.trim().to_owned() })
        })
    }

    fn node(&mut self, event: Event, depth: usize) -> Result<Node, Broken> {
        let range = range_of(&event);
        if depth > MAX_DEPTH {
            return Err((range, ProblemKind::TooDeep));
        }
        match event.data {
            EventData::Scalar { value, style, .. } => Ok(Node { range, kind: NodeKind::Scalar { value, style } }),
            EventData::SequenceStart { .. } => self.list(range.start, depth),
            EventData::MappingStart { .. } => self.map(range.start, depth),
            // An alias, or what cannot come here: nothing to point into.
            _ => Ok(Node { range, kind: NodeKind::Alias }),
        }
    }

    fn list(&mut self, start: usize, depth: usize) -> Result<Node, Broken> {
        let mut items = Vec::new();
        loop {
            let event = self.next()?;
            if matches!(event.data, EventData::SequenceEnd) {
                return Ok(Node { range: start..range_of(&event).end, kind: NodeKind::List(items) });
            }
            items.push(self.node(event, depth + 1)?);
        }
    }

    fn map(&mut self, start: usize, depth: usize) -> Result<Node, Broken> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let event = self.next()?;
            if matches!(event.data, EventData::MappingEnd) {
                return Ok(Node { range: start..range_of(&event).end, kind: NodeKind::Map(entries) });
            }
            let key = self.node(event, depth + 1)?;
            let event = self.next()?;
            let value = self.node(event, depth + 1)?;
            let repeated = self.is_repeated(&entries, &key);
            entries.push(Entry { key, value, repeated });
        }
    }

    /// Whether `key` is among `entries`; then that is told.
    fn is_repeated(&mut self, entries: &[Entry], key: &Node) -> bool {
        let Some(name) = key.text() else { return false };
        let Some(first) = entries.iter().find(|entry| entry.key.text() == Some(name)) else { return false };
        let line = self.text[..first.key.range.start].matches('\n').count() + 1;
        let kind = ProblemKind::DuplicateKey { key: name.to_owned(), line };
        self.problems.push((key.range.clone(), kind));
        true
    }
}

fn range_of(event: &Event) -> Range<usize> {
    offset(event.start_mark.index)..offset(event.end_mark.index)
}

fn offset(index: u64) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}
