//! The report for `node_exporter`, read by Prometheus' own Python library.

use hive_preflight::{
    judge::{Outcome, Verdict},
    report::{Report, prometheus},
};
use serde_json::Value;

use super::{fleet, readers::read_by};

/// Prints each sample as JSON: name, labels, value, and the type and help of its family.
const READER: &str = "
import json, sys
from prometheus_client.parser import text_fd_to_metric_families
seen = set()
for family in text_fd_to_metric_families(sys.stdin):
    assert family.name not in seen, family.name
    seen.add(family.name)
    for sample in family.samples:
        print(json.dumps([sample.name, sample.labels, sample.value, family.type, family.documentation]))
";

fn read(report: &Report) -> Vec<Value> {
    let told = read_by("/usr/bin/python3", &["-c", READER], &prometheus::render(report));
    told.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn value(samples: &[Value], name: &str, labels: &Value) -> f64 {
    let sample = samples.iter().find(|sample| sample[0] == name && sample[1] == *labels);
    sample.unwrap_or_else(|| panic!("{name} {labels} in {samples:#?}"))[2].as_f64().expect("a number")
}

#[test]
fn the_document() {
    super::snapshot("prometheus-mixed", &prometheus::render(&fleet::mixed()));
}

#[test]
fn the_numbers_are_those_of_the_report() {
    let samples = read(&fleet::mixed());
    let of = |name: &str, labels: Value| value(&samples, &format!("hive_preflight_{name}"), &labels).to_string();
    assert_eq!(of("results", serde_json::json!({"outcome": "unreachable"})), "3");
    assert_eq!(of("findings", serde_json::json!({"severity": "error"})), "3");
    assert_eq!(of("verdict", serde_json::json!({"verdict": "not_ready"})), "1");
    assert_eq!(of("run_timestamp_seconds", serde_json::json!({})), "1768446245");
    assert_eq!(of("host_asked", serde_json::json!({"host": "hive2.site", "class": "auth"})), "0");
    let blocked = serde_json::json!({"check": "ssh/docker-socket-reachable", "host": "hive0.site", "item": "",
                                     "outcome": "blocked", "severity": "error"});
    assert_eq!(of("check", blocked), "1");
}

#[test]
fn every_report_is_read_with_type_and_help_and_no_series_twice() {
    for report in fleet::all() {
        let samples = read(&report);
        let series: std::collections::HashSet<String> =
            samples.iter().map(|sample| format!("{} {}", sample[0], sample[1])).collect();
        assert_eq!(series.len(), samples.len());
        for sample in &samples {
            assert_eq!(sample[3], "gauge", "{sample}");
            assert!(!sample[4].as_str().expect("help").is_empty(), "{sample}");
        }
    }
}

#[test]
fn labels_bring_quotes_and_backslashes_back() {
    let evil = "a\"b\\c} 1\nhive_preflight_hosts 99";
    let verdict = Verdict { outcome: Outcome::Fail, item: Some(evil.into()), ..fleet::pass("t/a", evil) };
    let twice = vec![verdict.clone(), verdict];
    let samples = read(&fleet::collect(fleet::frame(), vec![fleet::host(evil, "local", Outcome::Fail)], twice));
    let shown = evil.replace('\n', "\\n");
    let check = samples.iter().find(|sample| sample[0] == "hive_preflight_check").expect("a sample");
    assert_eq!((check[1]["host"].as_str(), check[1]["item"].as_str()), (Some(shown.as_str()), Some(shown.as_str())));
    assert_eq!(check[2], 2.0, "a loop that meets an item twice is one series");
    assert_eq!(value(&samples, "hive_preflight_hosts", &serde_json::json!({})).to_string(), "1");
}
