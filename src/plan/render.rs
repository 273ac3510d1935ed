//! Inventory values and check variables to values that expressions see, templates in them rendered.

use std::{cell::Cell, collections::BTreeMap};

use minijinja::value::{Serde, Value};

use super::vaulted;
use crate::{
    inventory::{self, Vault},
    jinja::{Jinja, JinjaError, value_of},
};

/// How deep variables may refer to variables; Ansible stops at a similar depth with a recursion error.
const DEPTH: u32 = 24;

thread_local! {
    static NESTING: Cell<u32> = const { Cell::new(0) };
}

/// Whether text has anything to render in it.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// Renders text as a value. What cannot be rendered becomes an invalid value: it fails where it is used, not before.
pub(super) fn text(jinja: &Jinja, source: &str, scope: &Value) -> Value {
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

/// A variable of the inventory as expressions see it.
pub(super) fn variable(jinja: &Jinja, vault: &Vault, value: &inventory::Value, scope: &Value) -> Value {
    use inventory::Value as V;
    let inner = |value: &V| variable(jinja, vault, value, scope);
    match value {
        V::String(source) => text(jinja, source, scope),
        V::List(list) => list.iter().map(inner).collect(),
        V::Map(map) => map.iter().map(|(key, item)| (key.clone(), inner(item))).collect::<BTreeMap<_, _>>().into(),
        V::Vault(text) => vaulted::open(vault, text, inner),
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
