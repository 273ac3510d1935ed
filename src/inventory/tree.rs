//! What a YAML or JSON file says, with positions and with the types that Ansible's own readers give.
//!
//! Made by [`super::yaml`] and [`super::json`], consumed by the readers; [`Node::into_value`] drops the positions.

use std::hash::{Hash, Hasher};

use indexmap::{Equivalent, IndexMap};

use super::{Value, python};

/// How many values one file may write.
pub(super) const MAX_VALUES: usize = 2_000_000;

/// A position in a file: line and column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) mark: Mark,
    pub(super) data: Data,
    /// Whether Ansible holds it in one of its own YAML types: not so for JSON text and `!unsafe`.
    pub(super) exact: bool,
}

/// A value by its type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Data {
    Null,
    Bool(bool),
    Int(i64),
    BigInt(String),
    Float(f64),
    Str(String),
    /// A date or a date with a time, in ISO form.
    Date(String),
    Unsafe(String),
    Vault(String),
    List(Vec<Node>),
    Map(Mapping),
}

/// A mapping in the order in which Python would iterate over it.
pub(super) type Mapping = IndexMap<Key, Entry>;

/// A mapping's value, and where its key stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key_mark: Mark,
    pub(super) node: Node,
}

/// A mapping's key. Equal where Python's keys are: `true`, `1` and `1.0` are one key.
#[derive(Debug, Clone)]
pub(super) enum Key {
    Null,
    Bool(bool),
    Int(i64),
    BigInt(String),
    Float(f64),
    Str(String),
    Date(String),
}

/// What a key is compared by.
#[derive(PartialEq, Eq, Hash)]
enum Identity<'a> {
    Null,
    Number(i64),
    Float(u64),
    Big(&'a str),
    Text(&'a str),
    Date(&'a str),
}

impl Key {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "checked to be a whole number in range"
    )]
    fn identity(&self) -> Identity<'_> {
        match self {
            Self::Null => Identity::Null,
            Self::Bool(value) => Identity::Number(i64::from(*value)),
            Self::Int(value) => Identity::Number(*value),
            Self::Float(value) if value.fract() == 0.0 && value.abs() < i64::MAX as f64 => {
                Identity::Number(*value as i64)
            }
            Self::Float(value) => Identity::Float(value.to_bits()),
            Self::BigInt(text) => Identity::Big(text),
            Self::Str(text) => Identity::Text(text),
            Self::Date(text) => Identity::Date(text),
        }
    }

    /// The key's text, where it is a string.
    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The key as `json.dumps` writes it.
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => python::json_float(value),
            Self::BigInt(text) | Self::Str(text) | Self::Date(text) => text,
        }
    }

    /// The key as Python's `str()` writes it, for messages.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Null => "None".to_owned(),
            Self::Bool(true) => "True".to_owned(),
            Self::Bool(false) => "False".to_owned(),
            other => other.clone().into_text(),
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

/// A string to look a [`Mapping`] up by, without a copy.
#[derive(Hash)]
pub(super) struct Named<'a>(Identity<'a>);

impl Equivalent<Key> for Named<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.0 == key.identity()
    }
}

/// The key that is the string `text`.
pub(super) fn named(text: &str) -> Named<'_> {
    Named(Identity::Text(text))
}

impl Node {
    /// A value of one of Ansible's own YAML types.
    pub(super) fn new(mark: Mark, data: Data) -> Self {
        Self { mark, data, exact: true }
    }

    /// What stands under the string `name`, where this is a mapping.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        match &self.data {
            Data::Map(map) => map.get(&named(name)).map(|entry| &entry.node),
            _ => None,
        }
    }

    /// Python's truth.
    pub(super) fn truthy(&self) -> bool {
        match &self.data {
            Data::Null => false,
            Data::Bool(value) => *value,
            Data::Int(value) => *value != 0,
            Data::Float(value) => *value != 0.0,
            Data::Str(text) | Data::Unsafe(text) => !text.is_empty(),
            Data::BigInt(_) | Data::Date(_) | Data::Vault(_) => true,
            Data::List(list) => !list.is_empty(),
            Data::Map(map) => !map.is_empty(),
        }
    }

    /// The text of a string, `!unsafe` or not.
    pub(super) fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::Str(text) | Data::Unsafe(text) => Some(text),
            _ => None,
        }
    }

    /// What the value is, in a user's words.
    pub(super) fn kind(&self) -> &'static str {
        match self.data {
            Data::Null => "nothing",
            Data::Bool(_) => "a boolean",
            Data::Int(_) | Data::BigInt(_) => "an integer",
            Data::Float(_) => "a float",
            Data::Str(_) => "a string",
            Data::Date(_) => "a date",
            Data::Unsafe(_) => "an `!unsafe` string",
            Data::Vault(_) => "a vaulted string",
            Data::List(_) => "a list",
            Data::Map(_) => "a mapping",
        }
    }

    /// The value without positions.
    pub(super) fn into_value(self) -> Value {
        match self.data {
            Data::Null => Value::Null,
            Data::Bool(value) => Value::Bool(value),
            Data::Int(value) => Value::Int(value),
            Data::BigInt(text) => Value::BigInt(text),
            Data::Float(value) => Value::Float(value),
            Data::Str(text) | Data::Date(text) => Value::String(text),
            Data::Unsafe(text) => Value::Unsafe(text),
            Data::Vault(text) => Value::Vault(text),
            Data::List(list) => Value::List(list.into_iter().map(Node::into_value).collect()),
            Data::Map(map) => {
                Value::Map(map.into_iter().map(|(key, entry)| (key.into_text(), entry.node.into_value())).collect())
            }
        }
    }
}
