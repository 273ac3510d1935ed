//! Inventory values and check variables to values that expressions see, templates in them rendered.

use std::{cell::Cell, collections::BTreeMap};

use minijinja::value::{Serde, Value, ValueKind};

use crate::{
    inventory::{self, Vault},
    jinja::{Jinja, JinjaError, value_of},
    location::Location,
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

/// Renders variables of the inventory, and opens what is encrypted in them.
#[derive(Clone, Copy)]
pub(super) struct Variables<'a> {
    pub(super) jinja: &'a Jinja,
    pub(super) vault: &'a Vault,
    pub(super) scope: &'a Value,
    /// The variable's name and where it is written, for messages.
    pub(super) name: &'a str,
    pub(super) location: Option<&'a Location>,
}

impl Variables<'_> {
    /// A variable as expressions see it.
    pub(super) fn value(&self, value: &inventory::Value) -> Value {
        use inventory::Value as V;
        match value {
            V::String(source) => text(self.jinja, source, self.scope),
            V::Vault(text) => self.open(text),
            V::List(list) => list.iter().map(|item| self.value(item)).collect(),
            V::Map(map) => {
                map.iter().map(|(key, item)| (key.clone(), self.value(item))).collect::<BTreeMap<_, _>>().into()
            }
            plain => Value::from(Serde(plain)),
        }
    }

    /// What is encrypted. Only what stands in a file that is encrypted as a whole may be a template: Ansible never
    /// renders the text of `!vault`.
    fn open(&self, text: &str) -> Value {
        match self.vault.open(text) {
            Ok(value) => self.opened(&value),
            Err(fault) => self.fail(&fault.to_string()),
        }
    }

    /// The value, of which no message may tell anything.
    fn opened(&self, value: &inventory::Value) -> Value {
        use inventory::Value as V;
        match value {
            V::String(source) if is_template(source) => self.opened_template(source),
            V::List(list) => list.iter().map(|item| self.opened(item)).collect(),
            V::Map(map) => {
                map.iter().map(|(key, item)| (key.clone(), self.opened(item))).collect::<BTreeMap<_, _>>().into()
            }
            other => self.value(other),
        }
    }

    fn opened_template(&self, source: &str) -> Value {
        let value = text(self.jinja, source, self.scope);
        if value.kind() == ValueKind::Invalid {
            return self.fail("what is encrypted is a template that cannot be rendered");
        }
        if let Some(text) = value.as_str() {
            self.vault.hide(text);
        }
        value
    }

    fn fail(&self, why: &str) -> Value {
        let place = self.location.map(|place| format!(" ({place})")).unwrap_or_default();
        JinjaError::new(format!("the variable `{}`{place} cannot be decrypted: {why}", self.name)).into_value()
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
