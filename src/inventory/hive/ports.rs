//! A service's ports, and the published ports that hive gives to those that name none.

use std::{collections::HashSet, ops::Range};

use super::{
    Data, Expected, File, HiveFault, Mapping, Mark, Node, Numbered, Place, Value, context::Numbers, services::exact,
};
use crate::inventory::{
    kind::Kind,
    python::{self, Integer},
};

/// The ports that hive gives away.
const FREE_PORTS: Range<i64> = 61001..65535;

/// A port before it has its published number.
struct Port {
    fields: indexmap::IndexMap<String, Value>,
    /// The target's text, which is part of the key in the map.
    target: String,
    mark: Mark,
}

/// Reads the list of ports; nothing where there is a problem.
pub(super) fn read(
    file: &mut File<'_>,
    service: &str,
    place: &Place,
    node: &Node,
    published: &mut Numbers,
) -> Option<Vec<Value>> {
    let ports: Vec<Option<Port>> = match &node.data {
        Data::List(list) => list.iter().map(|node| port(file, service, node)).collect(),
        // Python walks over a mapping's keys.
        Data::Map(map) if node.exact => map
            .iter()
            .map(|(key, entry)| match key.as_str() {
                Some(text) => of_text(file, text, entry.key_mark),
                None => wrong(file, entry.key_mark, key.kind()),
            })
            .collect(),
        Data::Str(text) | Data::Unsafe(text) if text.is_empty() => Vec::new(),
        _ => {
            file.wrong_type("ports", node, place, Expected::List);
            return None;
        }
    };
    let ports = ports.into_iter().collect::<Option<Vec<Port>>>()?;
    ports.into_iter().map(|port| publish(file, service, port, published)).collect()
}

fn wrong(file: &mut File<'_>, mark: Mark, found: Kind) -> Option<Port> {
    file.fail(mark, HiveFault::PortType { found });
    None
}

fn port(file: &mut File<'_>, service: &str, node: &Node) -> Option<Port> {
    match exact(node) {
        Data::Str(text) => of_text(file, text, node.mark),
        Data::Map(options) => of_mapping(file, service, options, node.mark),
        _ => wrong(file, node.mark, node.kind()),
    }
}

/// `published:target/protocol`; what follows further colons and slashes is dropped.
fn of_text(file: &mut File<'_>, text: &str, mark: Mark) -> Option<Port> {
    let mut slashes = text.split('/');
    let numbers: Vec<&str> = slashes.next().unwrap_or_default().split(':').collect();
    let protocol = check_protocol(file, slashes.next().unwrap_or("tcp"), mark)?;
    let mut number = |text: &str| {
        let number = python::int_of_text(text).map(|number| match number {
            Integer::Small(number) => Value::Int(number),
            Integer::Big(digits) => Value::BigInt(digits),
        });
        if number.is_none() {
            file.fail(mark, HiveFault::Port(text.to_owned()));
        }
        number
    };
    let mut fields = indexmap::IndexMap::new();
    let target = match numbers.as_slice() {
        [first, second, ..] => {
            fields.insert("published_port".to_owned(), number(first)?);
            number(second)?
        }
        [only] => number(only)?,
        [] => return None,
    };
    let shown = text_of(&target);
    fields.insert("target_port".to_owned(), target);
    fields.insert("protocol".to_owned(), Value::String(protocol));
    Some(Port { fields, target: shown, mark })
}

fn of_mapping(file: &mut File<'_>, service: &str, options: &Mapping, mark: Mark) -> Option<Port> {
    let place = Place::Port(service.to_owned());
    let protocol = file.required(options, "protocol", mark, &place);
    let target = file.required(options, "target_port", mark, &place);
    let (protocol, target) = protocol.zip(target)?;
    check_protocol(file, &super::shown(protocol), protocol.mark)?;
    let Value::Map(fields) = (Node { mark, exact: true, data: Data::Map(options.clone()) }).into_value() else {
        return None;
    };
    let target = text_of(&target.clone().into_value());
    Some(Port { fields, target, mark })
}

fn check_protocol(file: &mut File<'_>, protocol: &str, mark: Mark) -> Option<String> {
    if ["tcp", "udp", "sctp"].contains(&protocol) {
        return Some(protocol.to_owned());
    }
    file.fail(mark, HiveFault::Protocol(protocol.to_owned()));
    None
}

/// The number as Python's `str()` writes it.
fn text_of(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Float(number) => python::float(*number),
        Value::BigInt(text) | Value::String(text) | Value::Unsafe(text) | Value::Vault(text) => text.clone(),
        Value::Null | Value::List(_) | Value::Map(_) => "None".to_owned(),
    }
}

/// Gives the port its published number and keeps it in the map.
fn publish(file: &mut File<'_>, service: &str, mut port: Port, published: &mut Numbers) -> Option<Value> {
    let key = format!("{service}{}", port.target);
    let number = match port.fields.get("published_port") {
        Some(number) => number.clone(),
        None => {
            if let Some(number) = published.get(&key).cloned().or_else(|| free(published)) {
                number
            } else {
                file.fail(port.mark, HiveFault::NoFreeNumber(Numbered::Port));
                return None;
            }
        }
    };
    port.fields.insert("published_port".to_owned(), number.clone());
    published.insert(key, number);
    Some(Value::Map(port.fields))
}

fn free(published: &Numbers) -> Option<Value> {
    let taken: HashSet<i64> = published.values().filter_map(whole).collect();
    FREE_PORTS.into_iter().find(|number| !taken.contains(number)).map(Value::Int)
}

/// The whole number that Python takes the value for.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        Value::Bool(value) => Some(i64::from(*value)),
        #[expect(clippy::cast_possible_truncation, reason = "a whole number in the range of ports")]
        Value::Float(number) if number.fract() == 0.0 && number.abs() < 1e6 => Some(*number as i64),
        _ => None,
    }
}
