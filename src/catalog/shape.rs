//! Values that may be written in more than one way. Each is read by a visitor of its own, which keeps positions.

use std::{borrow::Cow, fmt, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use super::raw::RawShellCommand;

/// One string, or a list of strings.
#[derive(Debug, Default)]
pub(super) struct OneOrMany(pub(super) Vec<String>);

/// A string, or an integer that is taken as its digits.
#[derive(Debug, Default)]
pub(super) struct Scalar(pub(super) String);

/// `any`, one exit status, or a list of them.
#[derive(Debug)]
pub(super) enum RawRc {
    Any,
    Only(Vec<i32>),
}

/// A template, or a list of values.
#[derive(Debug)]
pub(super) enum RawLoop {
    Template(String),
    List(Vec<serde_json::Value>),
}

/// The text alone, or with its options.
#[derive(Debug)]
pub(super) enum RawShell {
    Text(String),
    Long(RawShellCommand),
}

/// One of the three severities, or a template.
#[derive(Debug)]
pub(super) struct RawSeverity(pub(super) String);

/// What a value may be written as; what is not overridden is a type error at the value's place.
trait Shape: Sized {
    const EXPECTED: &'static str;

    fn text(text: &str) -> Option<Self>;

    fn integer(_: i64) -> Option<Self> {
        None
    }

    fn list<'de, A: SeqAccess<'de>>(list: A) -> Result<Self, A::Error> {
        let _ = list;
        Err(de::Error::invalid_type(de::Unexpected::Seq, &Self::EXPECTED))
    }

    fn map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        let _ = map;
        Err(de::Error::invalid_type(de::Unexpected::Map, &Self::EXPECTED))
    }
}

struct ShapeVisitor<T>(PhantomData<T>);

impl<'de, T: Shape> Visitor<'de> for ShapeVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::text(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        T::integer(number).ok_or_else(|| E::invalid_type(de::Unexpected::Signed(number), &self))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        let small = i64::try_from(number).ok().and_then(T::integer);
        small.ok_or_else(|| E::invalid_type(de::Unexpected::Unsigned(number), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::map(map)
    }
}

fn collect<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(mut list: A) -> Result<Vec<T>, A::Error> {
    let mut items = Vec::new();
    while let Some(item) = list.next_element()? {
        items.push(item);
    }
    Ok(items)
}

macro_rules! shaped {
    ($name:ident, $schema:tt) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(ShapeVisitor(PhantomData))
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

shaped!(OneOrMany, { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] });
shaped!(Scalar, { "type": ["string", "integer"] });
shaped!(RawRc, { "anyOf": [{ "const": "any" }, { "type": "integer" }, { "type": "array", "items": { "type": "integer" } }] });
shaped!(RawLoop, { "type": ["string", "array"] });
shaped!(RawSeverity, { "anyOf": [{ "enum": ["error", "warning", "info"] }, { "type": "string", "pattern": r"\{[{%]" }] });

impl Shape for OneOrMany {
    const EXPECTED: &'static str = "a string or a list of strings";

    fn text(text: &str) -> Option<Self> {
        Some(Self(vec![text.to_owned()]))
    }

    fn list<'de, A: SeqAccess<'de>>(list: A) -> Result<Self, A::Error> {
        collect(list).map(Self)
    }
}

impl Shape for Scalar {
    const EXPECTED: &'static str = "a string (quote it where it looks like a number, a boolean or nothing)";

    fn text(text: &str) -> Option<Self> {
        Some(Self(text.to_owned()))
    }

    fn integer(number: i64) -> Option<Self> {
        Some(Self(number.to_string()))
    }
}

impl Shape for RawRc {
    const EXPECTED: &'static str = "`any`, an exit status or a list of them";

    fn text(text: &str) -> Option<Self> {
        (text == "any").then_some(Self::Any)
    }

    fn integer(number: i64) -> Option<Self> {
        i32::try_from(number).ok().map(|status| Self::Only(vec![status]))
    }

    fn list<'de, A: SeqAccess<'de>>(list: A) -> Result<Self, A::Error> {
        collect(list).map(Self::Only)
    }
}

impl Shape for RawLoop {
    const EXPECTED: &'static str = "a template or a list";

    fn text(text: &str) -> Option<Self> {
        Some(Self::Template(text.to_owned()))
    }

    fn list<'de, A: SeqAccess<'de>>(list: A) -> Result<Self, A::Error> {
        collect(list).map(Self::List)
    }
}

impl Shape for RawSeverity {
    const EXPECTED: &'static str = "`error`, `warning`, `info` or a template";

    fn text(text: &str) -> Option<Self> {
        Some(Self(text.to_owned()))
    }
}

impl Shape for RawShell {
    const EXPECTED: &'static str = "a shell text, or a mapping with `cmd`";

    fn text(text: &str) -> Option<Self> {
        Some(Self::Text(text.to_owned()))
    }

    fn map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        RawShellCommand::deserialize(MapAccessDeserializer::new(map)).map(Self::Long)
    }
}

impl<'de> Deserialize<'de> for RawShell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor(PhantomData))
    }
}

impl JsonSchema for RawShell {
    fn schema_name() -> Cow<'static, str> {
        "RawShell".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let long = generator.subschema_for::<RawShellCommand>();
        json_schema!({ "anyOf": [{ "type": "string" }, long] })
    }
}
