//! What variables of an inventory come to: the same as in Ansible, and an error on their own host where they come to
//! nothing.

use std::{fs, path::Path, sync::Arc};

use hive_preflight::{
    inventory::{LoadOptions, load},
    jinja::{Jinja, json_of},
    plan::{Fleet, Globals, HostScope},
};
use serde_json::{Value, json};

/// The hosts of `tests/variables/<file>`.
fn scopes(file: &str) -> Vec<Arc<HostScope>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/variables");
    let source = directory.join(file).display().to_string();
    let loaded = load(&LoadOptions { sources: vec![source], ..LoadOptions::default() }).expect("it is valid");
    let fleet = Arc::new(Fleet::of(&loaded.inventory));
    let globals = Arc::new(Globals::new(Arc::new(Jinja::new()), fleet, None, &[]));
    let hosts = loaded.inventory.hosts.values();
    hosts.map(|host| Arc::new(HostScope::new(Arc::clone(&globals), host.clone()))).collect()
}

/// What a variable comes to, in the form of the recording.
fn come_to(scope: &Arc<HostScope>, name: &str) -> Value {
    match scope.variable(name).unwrap_or_else(|| panic!("there is no `{name}`")) {
        Ok(value) => json!({"value": json_of(&value)}),
        Err(error) => json!({"error": error.to_string()}),
    }
}

/// Numbers that are equal are the same, however they are written.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, left)| right.get(key).is_some_and(|right| same(left, right)))
        }
        _ => left == right,
    }
}

/// Compares every recorded variable of a file; an error is an error, in our own words.
fn agree(file: &str) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/variables");
    let recorded = directory.join(file).with_extension("json");
    let recorded = fs::read_to_string(&recorded).expect("the recording is there");
    let recorded = recorded.replace("[DIR]", &directory.display().to_string());
    let recorded: Value = serde_json::from_str(&recorded).expect("it is JSON");
    let mut differences = Vec::new();
    let mut compared = 0;
    for scope in scopes(file) {
        let own = recorded[scope.host().name.as_str()].as_object().expect("the host was recorded");
        for (name, theirs) in own {
            let ours = come_to(&scope, name);
            compared += 1;
            let both_fail = ours.get("error").is_some() && theirs.get("error").is_some();
            if !both_fail && !same(&ours, theirs) {
                differences.push(format!("{name}: ours {ours}, Ansible's {theirs}"));
            }
        }
    }
    assert!(compared > 60, "{compared} is not much");
    assert!(differences.is_empty(), "{} of {compared}:\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn variables_come_to_what_ansible_makes_of_them() {
    agree("types.yml");
}

/// The table in the documentation is the one in the code, row by row.
#[test]
fn the_documented_table_of_connection_variables_is_the_real_one() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/inventory.md");
    let text = fs::read_to_string(file).expect("the document is there");
    let section = text.split("\n## Connection variables\n").nth(1).expect("it has the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let documented: Vec<&str> = section.lines().filter(|line| line.starts_with("| `ansible_")).collect();
    let real = hive_preflight::plan::connection_variable_rows();
    assert_eq!(documented, real, "the table must be:\n{}", real.join("\n"));
}
