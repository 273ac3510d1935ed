//! Secrets that were not there in clear before.

use std::collections::{BTreeSet, HashSet};

use super::shown;
use crate::{
    inventory::{Finding, Inventory, Rule, Value, secret::is_about},
    location::Location,
    secret::names_secret,
};

/// Every secret in clear that was not one before, once for each place: group variables belong to many hosts.
pub(super) fn findings(old: &Inventory, new: &Inventory) -> Vec<Finding> {
    let known: BTreeSet<(String, String)> = all(old).into_iter().map(|secret| (secret.path, secret.text)).collect();
    let fresh = all(new).into_iter().filter(|secret| !known.contains(&(secret.path.clone(), secret.text.clone())));
    fresh
        .map(|secret| {
            let finding = Finding::nowhere(Rule::NoSecretInClear, secret.path.as_str());
            let finding = Finding { location: secret.location, ..finding };
            finding.fact("variable", secret.path).fact("host", secret.host)
        })
        .collect()
}

/// A secret in clear.
struct Secret {
    location: Option<Location>,
    path: String,
    text: String,
    /// The first host that has it.
    host: String,
}

fn all(inventory: &Inventory) -> Vec<Secret> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    for host in inventory.hosts.values() {
        for (name, var) in host.vars.iter() {
            let mut secrets = Vec::new();
            collect(name, name, &var.value, &mut secrets);
            for (path, text) in secrets {
                // What stands at one place is one secret, for however many hosts. hive copies a stage's key to its hosts.
                if seen.insert((var.location.clone(), path.clone(), text.clone())) {
                    found.push(Secret { location: var.location.clone(), path, text, host: host.name.to_string() });
                }
            }
        }
    }
    found
}

/// Secrets in clear inside of a value: not encrypted, no template, and something at all.
fn collect(path: &str, name: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Map(map) => {
            for (key, value) in map.iter().filter(|(key, _)| !is_about(key)) {
                let inherited = if names_secret(name) { name } else { key };
                collect(&format!("{path}.{key}"), inherited, value, found);
            }
        }
        Value::List(list) => list.iter().for_each(|value| collect(path, name, value, found)),
        Value::String(text) | Value::Unsafe(text) => {
            let is_elsewhere = text.is_empty() || text.contains("{{") || text.starts_with("/run/secrets/");
            if (names_secret(name) && !is_elsewhere) || text.contains("PRIVATE KEY-----") {
                found.push((path.to_owned(), text.clone()));
            }
        }
        Value::Int(_) | Value::Float(_) | Value::BigInt(_) if names_secret(name) => {
            found.push((path.to_owned(), shown::plain(value)));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(name: &str, json: &str) -> Vec<String> {
        fn value(json: &serde_json::Value) -> Value {
            match json {
                serde_json::Value::Object(map) => {
                    Value::Map(map.iter().map(|(key, inner)| (key.clone(), value(inner))).collect())
                }
                serde_json::Value::Array(list) => Value::List(list.iter().map(value).collect()),
                serde_json::Value::String(text) => Value::from(text.as_str()),
                other => Value::from(other.as_i64().unwrap_or_default()),
            }
        }
        let mut found = Vec::new();
        collect(name, name, &value(&serde_json::from_str(json).expect("JSON")), &mut found);
        found.into_iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn secrets_are_found_at_any_depth_and_words_about_them_are_not() {
        assert_eq!(paths("db_password", "\"x\""), ["db_password"]);
        assert_eq!(paths("pin_token", "12"), ["pin_token"]);
        assert_eq!(paths("app", r#"{"db": {"password": "x", "user": "u"}}"#), ["app.db.password"]);
        assert_eq!(paths("api_tokens", r#"{"one": "x", "two": "{{ vaulted }}"}"#), ["api_tokens.one"]);
        assert_eq!(paths("pem", r#""-----BEGIN PRIVATE KEY-----""#), ["pem"]);
        assert!(paths("docker_secrets", r#"[{"name": "x", "file": "/etc/x"}]"#).is_empty());
        assert!(paths("db_password", r#""/run/secrets/db""#).is_empty());
        assert!(paths("token_type", r#""bearer""#).is_empty());
    }
}
