//! Values as they may be shown, and whether they are the same. What is secret is never shown.

use indexmap::IndexMap;

use crate::inventory::{CONCEALED, Inventory, Value, Vault, python};

/// What stands for a secret that is written in clear.
const HIDDEN: &str = "[hidden]";

/// The most characters of a value that are shown.
const LONGEST: usize = 100;

/// Parts of names that hold secrets, in lower case.
const SECRETS: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "ssh_pass",
    "become_pass",
    "sudo_pass",
    "su_pass",
    "secret",
    "token",
    "api_key",
    "apikey",
    "credential",
];

/// Ends of names that are secrets though they speak of one: where it lies, how long it holds.
const HARMLESS: [&str; 8] = ["_file", "_path", "_dir", "_length", "_policy", "_url", "_ttl", "_name"];

/// Whether a variable of this name holds a secret.
pub(super) fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    let key = ["private_key", "_pass"].iter().any(|end| name.ends_with(end)) || name == "pass";
    (key || SECRETS.iter().any(|part| name.contains(part))) && !HARMLESS.iter().any(|end| name.ends_with(end))
}

/// Whether a variable of this name is a secret itself, and not only something about one. Several lie under a plural.
pub(super) fn names_secret(name: &str) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    let one = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let one = if one.ends_with("ss") { one } else { one.strip_suffix('s').unwrap_or(one) };
    is_secret(&name) && SECRETS.iter().chain(&["private_key", "_pass"]).any(|end| one.ends_with(end))
}

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
        Value::Vault(_) => CONCEALED.to_owned(),
        Value::List(_) | Value::Map(_) => serde_json::to_string(value).unwrap_or_default(),
    }
}

/// The value of `name` as it may be shown, on one line.
pub(super) fn told(name: &str, value: &Value, vault: &Vault) -> String {
    let text = vault.conceal(&plain(&masked(name, value)));
    let text = text.replace(['\n', '\r', '\t'], " ");
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

fn masked(name: &str, value: &Value) -> Value {
    let hidden = || Value::String(HIDDEN.to_owned());
    match value {
        Value::Map(map) => {
            let entries = map.iter().map(|(key, value)| (key.clone(), masked(key, value)));
            if is_secret(name) { hidden() } else { Value::Map(entries.collect::<IndexMap<_, _>>()) }
        }
        Value::List(list) if !is_secret(name) => Value::List(list.iter().map(|value| masked(name, value)).collect()),
        Value::Null | Value::Bool(_) => value.clone(),
        Value::Vault(_) => Value::String(CONCEALED.to_owned()),
        Value::String(text) | Value::Unsafe(text) if !is_secret(name) => Value::String(masked_text(text)),
        Value::Int(_) | Value::Float(_) | Value::BigInt(_) if !is_secret(name) => value.clone(),
        _ => hidden(),
    }
}

/// Text that shows what it is: a private key, the password in an address, `NAME=value` of an environment.
fn masked_text(text: &str) -> String {
    if text.contains("PRIVATE KEY-----") {
        return HIDDEN.to_owned();
    }
    let words = text.split(' ').map(|word| match word.split_once('=') {
        Some((name, value)) if is_secret(name.trim_start_matches('-')) && !value.is_empty() => {
            format!("{name}={HIDDEN}")
        }
        _ => without_password(word),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// `scheme://user:password@host` without the password.
fn without_password(word: &str) -> String {
    let parts = word.split_once("://").and_then(|(scheme, rest)| {
        let (user, host) = rest.split_once('@')?;
        let (user, password) = user.split_once(':')?;
        (!password.is_empty()).then(|| format!("{scheme}://{user}:{HIDDEN}@{host}"))
    });
    parts.unwrap_or_else(|| word.to_owned())
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

    #[test]
    fn names_of_secrets_are_known_and_harmless_ones_are_not() {
        for name in [
            "ansible_password",
            "MYSQL_ROOT_PASSWORD",
            "db_pass",
            "api-key",
            "hive_environment.TOKEN",
            "ssl_private_key",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["bypass_count", "ansible_ssh_private_key_file", "password_policy", "compass", "token_ttl", "user"]
        {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn what_is_about_a_secret_is_none_itself() {
        for name in ["db_password", "api_tokens", "ssl_private_key", "PASSWORD_2", "db_pass", "become_pass"] {
            assert!(names_secret(name), "{name}");
        }
        for name in ["password_hash_algorithm", "token_type", "password_max_days", "secret_name", "compass"] {
            assert!(!names_secret(name), "{name}");
        }
    }

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
