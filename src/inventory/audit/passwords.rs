//! Passwords in clear text. No value ever gets into a finding.

use std::collections::HashSet;

use super::{
    Finding, Rule,
    definition::{Definitions, is_template},
};
use crate::{
    inventory::{Inventory, Value, Var, tree::Data},
    location::Location,
};

/// One finding for each place where a password is written, however many hosts inherit it.
pub(super) fn findings(definitions: &Definitions, inventory: Option<&Inventory>) -> Vec<Finding> {
    let mut found = of_stages(definitions);
    let mut seen: HashSet<(Option<Location>, String)> =
        found.iter().map(|finding| (finding.location.clone(), "hive_root_password".to_owned())).collect();
    for host in inventory.iter().flat_map(|inventory| inventory.hosts.values()) {
        for (name, var) in host.vars.iter().filter(|(name, var)| is_secret(name) && is_plain(name, &var.value)) {
            if seen.insert((var.location.clone(), name.clone())) {
                found.push(finding(name, var));
            }
        }
    }
    found
}

fn finding(name: &str, var: &Var) -> Finding {
    let place = var.location.clone();
    Finding { location: place, ..Finding::nowhere(Rule::PlainPassword, name) }.fact("variable", name)
}

/// `root_password` of the stages of `hive.yml`, which every host of the stage gets.
fn of_stages(definitions: &Definitions) -> Vec<Finding> {
    let written = definitions.stages().filter_map(|stage| {
        let entry = stage.entry("root_password")?;
        let plain = match &entry.node.data {
            Data::Str(text) | Data::Unsafe(text) => is_plain_text(text),
            Data::Int(_) | Data::BigInt(_) | Data::Float(_) => true,
            _ => false,
        };
        let location = plain.then(|| stage.source.location(entry.key_mark))?;
        let finding = Finding::nowhere(Rule::PlainPassword, stage.name).fact("variable", "root_password");
        Some(Finding { location: Some(location), ..finding.fact("stage", stage.name) })
    });
    written.collect()
}

/// Whether the variable holds a password that Ansible or hive uses.
fn is_secret(name: &str) -> bool {
    let connection =
        name.starts_with("ansible_") && ["_pass", "_password", "_passphrase"].iter().any(|end| name.ends_with(end));
    connection || matches!(name, "hive_root_password" | "hive_ext_repositories")
}

fn is_plain(name: &str, value: &Value) -> bool {
    match value {
        Value::String(text) | Value::Unsafe(text) => is_plain_text(text),
        Value::Int(_) | Value::Float(_) | Value::BigInt(_) => true,
        Value::List(list) if name == "hive_ext_repositories" => list.iter().any(|item| match item {
            Value::Map(map) => map.get("password").is_some_and(|password| is_plain("password", password)),
            _ => false,
        }),
        _ => false,
    }
}

fn is_plain_text(text: &str) -> bool {
    !text.is_empty() && !is_template(text) && !text.starts_with("$ANSIBLE_VAULT")
}
