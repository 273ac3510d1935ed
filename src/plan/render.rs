//! Inventory values and check variables to values that expressions see, templates in them rendered.

use std::{cell::Cell, collections::BTreeMap, sync::Arc};

use minijinja::value::{Serde, Value, ValueKind};

use super::{HostScope, vaulted};
use crate::{
    inventory,
    jinja::{Jinja, JinjaError, Rendered, value_of},
};

/// How deep a check's variables may refer to each other.
const DEPTH: u32 = 24;

thread_local! {
    static NESTING: Cell<u32> = const { Cell::new(0) };
}

/// Whether text has anything to render in it.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// Renders a check's text as a value. What cannot be rendered becomes an invalid value: it fails where it is used, not before.
fn text(jinja: &Jinja, source: &str, scope: &Value) -> Value {
    if !is_template(source) {
        return Value::from(source);
    }
    let depth = NESTING.get();
    if depth >= DEPTH {
        let message = format!("`{source}` refers to itself, or more than {DEPTH} variables deep");
        return JinjaError::new(message).into_value();
    }
    NESTING.set(depth + 1);
    let result = jinja.template(source).and_then(|template| jinja.render_native(&template, scope));
    NESTING.set(depth);
    result.unwrap_or_else(JinjaError::into_value)
}

/// A variable of the inventory as expressions see it: its templates rendered as Ansible renders them. One part that
/// cannot be rendered makes the whole of it an invalid value, as in Ansible.
pub(super) fn variable(host: &Arc<HostScope>, value: &inventory::Value, scope: &Value) -> Value {
    use inventory::Value as V;
    match value {
        V::String(source) => template(host, source, scope),
        V::List(list) => {
            let items: Vec<Value> = list.iter().map(|item| variable(host, item, scope)).collect();
            first_invalid(&items).unwrap_or_else(|| Value::from(items))
        }
        V::Map(map) => {
            let items: Vec<Value> = map.values().map(|item| variable(host, item, scope)).collect();
            let pairs = || Value::from_pairs(map.keys().cloned().zip(items.clone()));
            first_invalid(&items).unwrap_or_else(pairs)
        }
        V::Vault(text) => {
            let vault = &host.globals().fleet.inventory.vault;
            vaulted::open(vault, text, |value| variable(host, value, scope))
        }
        plain => literal(plain),
    }
}

fn first_invalid(items: &[Value]) -> Option<Value> {
    items.iter().find(|item| item.kind() == ValueKind::Invalid).cloned()
}

fn template(host: &Arc<HostScope>, source: &str, scope: &Value) -> Value {
    if !is_template(source) {
        return Value::from(source);
    }
    // Ansible hands on numbers, booleans and null as they are where a template is one name and nothing else.
    if let Some(value) = single_name(source).and_then(|name| host.plain(name)) {
        return value;
    }
    let jinja = &host.globals().jinja;
    let rendered = jinja.variable_template(source).and_then(|template| jinja.render_variable(&template, scope));
    match rendered {
        Ok(Rendered::Data(value)) => value,
        Ok(Rendered::Text(text)) => data_of(&text).unwrap_or_else(|| Value::from(text)),
        Ok(Rendered::Plain(text)) => Value::from(text),
        Err(error) => error.into_value(),
    }
}

/// The name in `{{ name }}`.
fn single_name(source: &str) -> Option<&str> {
    let source = source.strip_suffix('\n').unwrap_or(source);
    let name = source.strip_prefix("{{")?.strip_suffix("}}")?.trim();
    name.chars().all(|c| c.is_alphanumeric() || c == '_').then_some(name)
}

/// What Ansible makes of rendered text that looks like a list, a mapping or a boolean.
fn data_of(text: &str) -> Option<Value> {
    match text {
        "True" => return Some(Value::from(true)),
        "False" => return Some(Value::from(false)),
        _ if !text.starts_with(['{', '[']) => return None,
        _ => {}
    }
    if let Ok(json) = serde_json::from_str::<serde_json::Value>(text) {
        return Some(value_of(&json));
    }
    inventory::python_literal(text).map(|value| literal(&value))
}

/// Plain data as expressions see it.
pub(super) fn literal(value: &inventory::Value) -> Value {
    use inventory::Value as V;
    match value {
        V::List(list) => list.iter().map(literal).collect(),
        V::Map(map) => Value::from_pairs(map.iter().map(|(key, value)| (key.clone(), literal(value)))),
        V::BigInt(digits) => digits.parse::<i128>().map_or_else(|_| Value::from(digits.as_str()), Value::from),
        plain => Value::from(Serde(plain)),
    }
}

/// A check's own variable as expressions see it.
pub(super) fn json(jinja: &Jinja, value: &serde_json::Value, scope: &Value) -> Value {
    match value {
        serde_json::Value::String(source) => text(jinja, source, scope),
        serde_json::Value::Array(list) => list.iter().map(|item| json(jinja, item, scope)).collect(),
        serde_json::Value::Object(map) => {
            map.iter().map(|(key, item)| (key.clone(), json(jinja, item, scope))).collect::<BTreeMap<_, _>>().into()
        }
        plain => value_of(plain),
    }
}
