//! The report for programs.

use hive_preflight::{report::json, text::Lang};
use serde_json::Value;

use super::fleet;

#[test]
fn the_document_in_full() {
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true, filters => vec![(env!("CARGO_PKG_VERSION"), "[version]")]}, {
        insta::assert_snapshot!("json-mixed-en", json::render(&fleet::mixed(), Lang::En));
    });
}

#[test]
fn messages_are_in_the_chosen_language() {
    let report: Value = serde_json::from_str(&json::render(&fleet::mixed(), Lang::Ja)).expect("JSON");
    assert_eq!(report["lang"], "ja");
    assert_eq!(report["results"][0]["message"], "OpenSSH 6.6.1 がインストールされています");
}

#[test]
fn hostile_texts_cannot_reach_a_terminal_through_the_file_and_come_back_as_they_were() {
    let text = json::render(&fleet::hostile(), Lang::En);
    let hidden = |c: char| (c.is_control() && c != '\n') || ('\u{200b}'..='\u{202e}').contains(&c);
    assert!(!text.contains(hidden));
    let report: Value = serde_json::from_str(&text).expect("JSON");
    let message = report["results"][0]["message"].as_str().expect("a message");
    assert!(message.starts_with("\x1b[2J\x1b]0;owned\x07\u{9b}31m\0\u{202e}drow\u{200b}\r\n"));
}

#[test]
fn commands_that_cannot_be_pasted_stand_in_the_steps_only() {
    let report: Value = serde_json::from_str(&json::render(&fleet::hostile(), Lang::En)).expect("JSON");
    let remedy = &report["results"][0]["remedy"];
    assert_eq!(remedy["commands"], serde_json::json!(["touch -- '/srv/日本語 x'"]));
    assert_eq!(remedy["steps"][0]["command"], "rm -- 'a\nrm -rf ~'");
}

/// Where the published schema stands.
fn published() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report-v1.schema.json")
}

#[test]
fn the_published_schema_is_that_of_the_code() {
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(published(), json::schema()).expect("the schema is written");
    }
    let published = std::fs::read_to_string(published()).expect("the published schema");
    assert_eq!(
        published,
        json::schema(),
        "run the tests with UPDATE_SCHEMA=1, and see whether the promise of docs/report-json.md holds"
    );
}

#[test]
fn every_report_follows_the_published_schema() {
    let schema: Value =
        serde_json::from_slice(&std::fs::read(published()).expect("the published schema")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for report in
        [fleet::mixed(), fleet::many(), fleet::clean(), fleet::nothing(), fleet::hostile(), fleet::interrupted()]
    {
        for lang in [Lang::En, Lang::Ja] {
            let document: Value = serde_json::from_str(&json::render(&report, lang)).expect("JSON");
            let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
            assert_eq!(errors, Vec::<String>::new());
        }
    }
    assert!(!validator.is_valid(&serde_json::json!({"schema_version": 1})));
}

#[test]
fn every_key_of_the_schema_is_described_in_the_documentation() {
    let documentation = include_str!("../../../docs/report-json.md");
    let schema: Value = serde_json::from_str(&json::schema()).expect("JSON");
    let mut keys = Vec::new();
    collect_keys(&schema, &mut keys);
    assert!(keys.len() > 40, "{keys:?}");
    let missing: Vec<&String> = keys.iter().filter(|key| !documentation.contains(&format!("`{key}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn collect_keys(schema: &Value, keys: &mut Vec<String>) {
    let Value::Object(object) = schema else { return };
    if let Some(Value::Object(properties)) = object.get("properties") {
        keys.extend(properties.keys().cloned());
    }
    object.values().for_each(|value| collect_keys(value, keys));
}
