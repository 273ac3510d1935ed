//! The report for code scanning, held to the schema that OASIS publishes.

use hive_preflight::{
    catalog::Catalog,
    report::{Report, sarif},
    text::Lang,
};
use serde_json::Value;

use super::{fleet, readers::schema};

fn catalog() -> Catalog {
    Catalog::load(&[]).expect("the built-in pack is valid")
}

fn read(report: &Report, lang: Lang) -> Value {
    serde_json::from_str(&sarif::render(report, &catalog(), lang)).expect("JSON")
}

fn result<'a>(document: &'a Value, host: &str, check: &str) -> &'a Value {
    let results = document["runs"][0]["results"].as_array().expect("results");
    let is_it = |result: &&Value| result["ruleId"] == check && result["properties"]["host"] == host;
    results.iter().find(is_it).expect("a result for each verdict")
}

#[test]
fn the_document_in_both_languages() {
    // Without the built-in pack, whose words may change; another test looks at the rules.
    let render = |lang| sarif::render(&fleet::mixed(), &Catalog::default(), lang);
    super::snapshot("sarif-mixed-en", &render(Lang::En));
    super::snapshot("sarif-mixed-ja", &render(Lang::Ja));
}

#[test]
fn every_report_follows_the_published_schema() {
    let text = std::fs::read_to_string(schema("sarif-2.1.0.json")).expect("the published schema");
    // The pattern of languages as it is published has a stray bracket, which no strict reader of patterns takes.
    let stray = "^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$";
    assert!(text.contains(stray));
    let schema: Value = serde_json::from_str(&text.replace(stray, "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for report in fleet::all() {
        for lang in [Lang::En, Lang::Ja] {
            let document = read(&report, lang);
            let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
            assert_eq!(errors, Vec::<String>::new());
        }
    }
    assert!(!validator.is_valid(&serde_json::json!({"version": "2.1.0"})));
}

#[test]
fn every_outcome_has_its_kind_and_only_failures_a_level() {
    let document = read(&fleet::mixed(), Lang::En);
    let told = |host: &str, check: &str| {
        let result = result(&document, host, check);
        (result["kind"].as_str().expect("a kind").to_owned(), result["level"].as_str().expect("a level").to_owned())
    };
    let pair = |kind: &str, level: &str| (kind.to_owned(), level.to_owned());
    assert_eq!(told("hive0.site", "ssh/server-unix-forward"), pair("pass", "none"));
    assert_eq!(told("mother", "ssh/client-unix-forward"), pair("fail", "error"));
    assert_eq!(told("hive0.site", "network/conntrack-tools"), pair("fail", "warning"));
    assert_eq!(told("hive0.site", "drbd/build-for-kernel"), pair("fail", "note"));
    assert_eq!(told("hive1.site", "network/no-stale-udp-flow"), pair("open", "none"));
    assert_eq!(told("hive2.site", "network/conntrack-tools"), pair("open", "none"));
    assert_eq!(told("hive0.site", "ssh/docker-socket-reachable"), pair("open", "none"));
    assert_eq!(told("mother", "vagrant/machines-up"), pair("notApplicable", "none"));
    assert_eq!(told("mother", "inventory/quorum"), pair("fail", "warning"));
    assert_eq!(result(&document, "mother", "inventory/quorum")["suppressions"][0]["status"], "accepted");
}

#[test]
fn rules_come_from_the_catalogue_with_help() {
    let document = read(&fleet::mixed(), Lang::Ja);
    let rules = document["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    for result in document["runs"][0]["results"].as_array().expect("results") {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(rules[index]["help"]["text"].as_str().expect("help").contains("hive-preflight explain "));
    }
    let check = &catalog().checks[&"network/conntrack-tools".parse().expect("an id")];
    let rule = rules.iter().find(|rule| rule["id"] == "network/conntrack-tools").expect("a rule");
    assert_eq!(rule["shortDescription"]["text"], check.title.ja);
    assert_eq!(rule["properties"]["tags"], serde_json::json!(check.tags));
}

#[test]
fn fingerprints_survive_other_words_and_other_lines() {
    let prints = |report: &Report, lang| -> Vec<String> {
        let document = read(report, lang);
        let results = document["runs"][0]["results"].as_array().expect("results").iter();
        results.map(|result| result["partialFingerprints"]["hivePreflight/v1"].to_string()).collect()
    };
    let mut moved = fleet::mixed();
    for location in moved.verdicts.iter_mut().filter_map(|verdict| verdict.location.as_mut()) {
        location.line += 7;
    }
    let first = prints(&fleet::mixed(), Lang::En);
    assert_eq!(first, prints(&moved, Lang::Ja));
    let distinct: std::collections::HashSet<&String> = first.iter().collect();
    assert_eq!(distinct.len(), first.len());
}

#[test]
fn results_stand_at_the_key_else_at_the_host() {
    let document = read(&fleet::mixed(), Lang::En);
    let line = |host: &str, check: &str| {
        result(&document, host, check)["locations"][0]["physicalLocation"]["region"]["startLine"].clone()
    };
    assert_eq!(line("mother", "hive/no-leftover-docker-socket"), 12);
    assert_eq!(line("hive2.site", "ssh/server-unix-forward"), 10);
    let nowhere = &result(&document, "mother", "ssh/client-unix-forward")["locations"][0];
    assert_eq!(nowhere["logicalLocations"][0]["name"], "mother");
    let file = serde_json::json!({"artifactLocation": {"uri": "inventory/hive.yml"}});
    assert_eq!(nowhere["physicalLocation"], file, "GitHub wants a file for everything");
    let lost = &document["runs"][0]["invocations"][0]["toolExecutionNotifications"];
    assert_eq!(lost.as_array().map(Vec::len), Some(2));
}
