//! The run as JSON lines.

use std::time::Duration;

use hive_preflight::{
    event::Event,
    report::{Report, json, ndjson},
    text::Lang,
};
use serde_json::Value;

use super::fleet;

fn lines(text: &str) -> Vec<Value> {
    assert!(text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[test]
fn the_lines_of_a_run() {
    super::snapshot("ndjson-mixed-en", &ndjson::render(&fleet::mixed(), Lang::En));
}

#[test]
fn the_first_line_is_a_header_and_the_last_a_summary() {
    for report in fleet::all() {
        for lang in [Lang::En, Lang::Ja] {
            let lines = lines(&ndjson::render(&report, lang));
            let (first, last) = (&lines[0], &lines[lines.len() - 1]);
            assert_eq!((&first["event"], &first["schema_version"]), (&"run_started".into(), &1.into()));
            assert_eq!(first["checks"], report.verdicts.len());
            assert_eq!(last["event"], "run_finished");
            assert_eq!(last["summary"]["total"], report.verdicts.len());
            assert_eq!(lines.len(), 2 + report.hosts.len() + report.verdicts.len());
        }
    }
}

#[test]
fn results_and_hosts_have_the_keys_of_the_json_report() {
    let report = fleet::mixed();
    let whole: Value = serde_json::from_str(&json::render(&report, Lang::Ja)).expect("JSON");
    let of = |event: &str| -> Vec<Value> {
        let mut lines = lines(&ndjson::render(&report, Lang::Ja));
        lines.retain(|line| line["event"] == event);
        for line in &mut lines {
            line.as_object_mut().expect("an object").remove("event");
        }
        lines
    };
    assert_eq!(Value::from(of("result")), whole["results"]);
    assert_eq!(Value::from(of("host_finished")), whole["hosts"]);
}

#[test]
fn events_become_lines_one_by_one_without_hidden_characters() {
    let report = fleet::hostile();
    let host = report.hosts[0].name.clone();
    let verdict = Event::Verdict(Box::new(report.verdicts[0].clone()));
    let events = [Event::HostStarted { host: host.clone() }, Event::HostConnected { host }, verdict];
    for event in &events {
        let line = ndjson::line(event, Lang::En).expect("a line");
        assert_eq!(line.matches('\n').count(), 1);
        assert!(!line.contains(|c: char| c.is_control() && c != '\n'), "{line}");
    }
    assert_eq!(ndjson::line(&Event::RunFinished { duration: Duration::ZERO }, Lang::En), None);
    let header = lines(&ndjson::first(&Report::default(), 3, 12, Lang::En));
    assert_eq!((&header[0]["hosts"], &header[0]["checks"]), (&3.into(), &12.into()));
}
