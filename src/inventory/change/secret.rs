//! Secrets that were not there in clear before.

use std::collections::{BTreeSet, HashSet};

use super::shown;
use crate::{
    inventory::{Finding, Inventory, Rule, Value},
    location::Location,
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
            for (key, value) in map {
                let inherited = if shown::is_secret(name) { name } else { key };
                collect(&format!("{path}.{key}"), inherited, value, found);
            }
        }
        Value::List(list) => list.iter().for_each(|value| collect(path, name, value, found)),
        Value::String(text) | Value::Unsafe(text) => {
            let is_clear = shown::is_secret(name) && !text.is_empty() && !text.contains("{{");
            if is_clear || text.contains("PRIVATE KEY-----") {
                found.push((path.to_owned(), text.clone()));
            }
        }
        Value::Int(_) | Value::Float(_) | Value::BigInt(_) if shown::is_secret(name) => {
            found.push((path.to_owned(), shown::plain(value)));
        }
        _ => {}
    }
}
