//! Values of variables with the types that Ansible's own readers give them.

use indexmap::IndexMap;
use serde::{Serialize, Serializer, ser::SerializeMap};

/// A variable's value. Mapping keys are the text that Ansible prints for them.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer that fits.
    Int(i64),
    /// An integer of more than 64 bits, in decimal digits.
    BigInt(String),
    /// A float; may be NaN or infinite.
    Float(f64),
    /// Text; dates are text in ISO form.
    String(String),
    /// `!unsafe` text, never a template.
    Unsafe(String),
    /// `!vault` text, still encrypted.
    Vault(String),
    /// A list.
    List(Vec<Value>),
    /// A mapping, in file order.
    Map(IndexMap<String, Value>),
}

impl Value {
    /// The text, where it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) | Self::Unsafe(text) => Some(text),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// The plain data for expressions: `!unsafe` text is text; vaulted text stays a mapping with `__ansible_vault`.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::BigInt(text) | Self::String(text) | Self::Unsafe(text) => serializer.serialize_str(text),
            Self::Vault(text) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("__ansible_vault", text)?;
                map.end()
            }
            Self::List(list) => list.serialize(serializer),
            Self::Map(map) => map.serialize(serializer),
        }
    }
}
