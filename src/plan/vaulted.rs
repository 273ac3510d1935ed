//! Encrypted variables: opened where they are needed, with nothing of their text in any message.

use minijinja::value::{Value, ValueKind};

use crate::{
    inventory::{self, Vault},
    jinja::JinjaError,
    secret::{Kind, Redactor},
};

/// The value of a [`inventory::Value::Vault`]. Only what stands in a file that is encrypted as a whole may be a template,
/// for `render`: Ansible never renders the text of `!vault`.
pub(super) fn open(vault: &Vault, text: &str, render: impl Fn(&inventory::Value) -> Value) -> Value {
    let value = match vault.open(text) {
        Ok(value) => render(&value),
        Err(fault) => return JinjaError::new(fault.to_string()).into_value(),
    };
    if is_invalid(&value) {
        return JinjaError::new("what is encrypted is a template that cannot be rendered").into_value();
    }
    learn(vault.redactor(), &value, Kind::Vaulted);
    value
}

/// Whether the value, or one in it, is no value.
fn is_invalid(value: &Value) -> bool {
    match value.kind() {
        ValueKind::Invalid => true,
        ValueKind::Seq | ValueKind::Map => inner(value).any(|item| is_invalid(&item)),
        _ => false,
    }
}

/// What was rendered is as secret as the template.
pub(super) fn learn(redactor: &Redactor, value: &Value, kind: Kind) {
    match value.kind() {
        ValueKind::String | ValueKind::Number => redactor.learn(&value.to_string(), kind),
        ValueKind::Seq | ValueKind::Map => inner(value).for_each(|item| learn(redactor, &item, kind)),
        _ => {}
    }
}

/// The items of a list, the values of a mapping.
fn inner(value: &Value) -> impl Iterator<Item = Value> {
    let map = value.kind() == ValueKind::Map;
    let keys: Vec<Value> = value.try_iter().map(Iterator::collect).unwrap_or_default();
    keys.into_iter().filter_map(move |key| if map { value.get_item(&key).ok() } else { Some(key) })
}
