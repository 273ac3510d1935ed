//! Values as they may be shown, and whether they are the same. What is secret is never shown.

use crate::{
    inventory::{Inventory, Value, Vault, python, secret},
    secret::{VAULTED, is_secret},
};

/// The most characters of a value that are shown.
const LONGEST: usize = 100;

/// Whether two values are the same once they are opened.
pub(super) fn same(old: (&Value, &Inventory), new: (&Value, &Inventory)) -> bool {
    match (old.0, new.0) {
        (Value::Vault(a), Value::Vault(b)) if a != b => opened_alike(a, &old.1.vault, b, &new.1.vault),
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same((a, old.1), (b, new.1)))
        }
        (Value::Map(a), Value::Map(b)) => {
            let alike = |(name, a): (&String, &Value)| b.get(name).is_some_and(|b| same((a, old.1), (b, new.1)));
            a.len() == b.len() && a.iter().all(alike)
        }
        (Value::Float(a), Value::Float(b)) if a.is_nan() && b.is_nan() => true,
        (a, b) => a == b,
    }
}

/// The same secret encrypted again is no change; without a password nobody can tell.
fn opened_alike(old: &str, old_vault: &Vault, new: &str, new_vault: &Vault) -> bool {
    matches!((old_vault.open(old), new_vault.open(new)), (Ok(old), Ok(new)) if old == new)
}

/// A scalar's text, everything else as JSON.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) | Value::Unsafe(text) | Value::BigInt(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => python::float(*number),
        Value::Bool(value) => value.to_string(),
        Value::Null => "null".to_owned(),
        Value::Vault(_) => VAULTED.to_owned(),
        Value::List(_) | Value::Map(_) => serde_json::to_string(value).unwrap_or_default(),
    }
}

/// The value of `name` as it may be shown, on one line.
pub(super) fn told(name: &str, value: &Value, vault: &Vault) -> String {
    let text = vault.redactor().redact(&plain(&secret::masked(name, value)));
    let text = text.replace(['\n', '\r', '\t'], " ");
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

/// One difference inside of two values: its path, and what was and is there.
pub(super) struct Difference<'a> {
    pub(super) path: String,
    pub(super) old: Option<&'a Value>,
    pub(super) new: Option<&'a Value>,
}

/// The differences of two values by their paths; lists are looked at as a whole.
pub(super) fn differences<'a>(
    path: &str,
    old: (Option<&'a Value>, &Inventory),
    new: (Option<&'a Value>, &Inventory),
) -> Vec<Difference<'a>> {
    match (old.0, new.0) {
        (None, None) => Vec::new(),
        (Some(a), Some(b)) if same((a, old.1), (b, new.1)) => Vec::new(),
        // What lies in a secret is one secret.
        (Some(Value::Map(a)), Some(Value::Map(b))) if !is_secret(path) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            let inner =
                |name: &String| differences(&format!("{path}.{name}"), (a.get(name), old.1), (b.get(name), new.1));
            names.flat_map(inner).collect()
        }
        (old, new) => vec![Difference { path: path.to_owned(), old, new }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::HIDDEN;

    #[test]
    fn secrets_inside_of_text_and_mappings_are_masked() {
        let vault = Vault::default();
        let map =
            Value::Map([("db_password".to_owned(), Value::from("x1")), ("user".to_owned(), Value::from("u"))].into());
        for (name, value) in [
            ("a", map),
            ("url", Value::from("postgres://u:x1@db/x")),
            ("args", Value::from("run --token=x1 now")),
            ("list", Value::List(vec![Value::from("DB_PASSWORD=x1")])),
            ("token", Value::Int(11)),
            ("pem", Value::from("-----BEGIN PRIVATE KEY-----\nx1")),
        ] {
            let told = told(name, &value, &vault);
            assert!(!told.contains("x1") && !told.contains("11") && told.contains(HIDDEN), "{name}: {told}");
        }
    }
}
