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
