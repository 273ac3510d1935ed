//! Checks about the inventory itself: whole small inventories, judged by the program without any connection.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use hive_preflight::{
    catalog::{Catalog, Check},
    inventory::Rule,
};
use serde::Deserialize;
use serde_json::Value;

use crate::support::CliTest;

/// One case file below `tests/checks/inventory/<rule>/`; `docs/checks.md` describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[expect(dead_code, reason = "says to a reader what the case is about")]
    note: String,
    /// The files, by path.
    files: BTreeMap<String, String>,
    /// What stands behind `run --offline`; absent: a hive project in the directory itself.
    #[serde(default)]
    args: Vec<String>,
    /// Exactly these verdicts, in any order.
    expect: Vec<Expect>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    outcome: String,
    severity: Option<String>,
    host: Option<String>,
    item: Option<String>,
    /// `FILE:LINE:COLUMN`.
    location: Option<String>,
    /// A regular expression that the English message matches.
    message: Option<String>,
    #[serde(default)]
    remedy: Vec<String>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn cases(check: &Check) -> Vec<PathBuf> {
    let folder = root().join("tests/checks").join(check.id.as_str());
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    files
}

fn read(path: &Path) -> Case {
    let text = fs::read_to_string(path).expect("the case is readable");
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn judged(check: &Check, case: &Case, lang: &str) -> Vec<Value> {
    let test = CliTest::new();
    for (path, text) in &case.files {
        test.write(path, text);
    }
    let mut args = vec!["run", "--offline", "--check", check.id.as_str(), "--format", "json", "--lang", lang];
    args.extend(case.args.iter().map(String::as_str));
    let run = test.run(&args);
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    report["results"].as_array().expect("results").clone()
}

/// What of an expectation a result does not keep.
fn complaint(expect: &Expect, result: &Value) -> Option<String> {
    let text = |name: &str| result[name].as_str().unwrap_or_default().to_owned();
    let place = &result["location"];
    let location =
        place["file"].as_str().map(|file| format!("{file}:{}:{}", place["line"], place["column"])).unwrap_or_default();
    let fields = [
        ("outcome", Some(&expect.outcome), text("outcome")),
        ("severity", expect.severity.as_ref(), text("severity")),
        ("host", expect.host.as_ref(), text("host")),
        ("item", expect.item.as_ref(), text("item")),
        ("location", expect.location.as_ref(), location),
    ];
    let wrong = fields.iter().find(|(_, wanted, found)| wanted.is_some_and(|wanted| wanted != found));
    if let Some((name, wanted, found)) = wrong {
        return Some(format!("want {name} {wanted:?}, found {found}"));
    }
    let matches = |pattern: &String| regex::Regex::new(pattern).expect("a valid pattern").is_match(&text("message"));
    if expect.message.as_ref().is_some_and(|pattern| !matches(pattern)) {
        return Some(format!("the message does not match {:?}: {}", expect.message, text("message")));
    }
    let remedy = result["remedy"].to_string();
    expect.remedy.iter().find(|wanted| !remedy.contains(*wanted)).map(|wanted| format!("no `{wanted}` in {remedy}"))
}

fn complaints(path: &Path, case: &Case, results: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    let mut left: Vec<&Value> = results.iter().collect();
    for expect in &case.expect {
        let kept = left.iter().position(|result| complaint(expect, result).is_none());
        match kept {
            Some(place) => drop(left.remove(place)),
            None => found
                .push(left.first().and_then(|result| complaint(expect, result)).unwrap_or("nothing left".to_owned())),
        }
    }
    found.extend(left.iter().map(|result| format!("not expected: {result}")));
    for result in results {
        let all = result.to_string();
        if all.contains("could not be filled in") || all.contains("埋め込めません") || all.contains("{{") {
            found.push(format!("a template was not filled in: {all}"));
        }
        if result["outcome"] == "fail" && result["remedy"]["steps"].as_array().is_none_or(Vec::is_empty) {
            found.push("a failure without a remedy".to_owned());
        }
    }
    found.into_iter().map(|text| format!("{}: {text}", path.display())).collect()
}

fn offline_checks(catalog: &Catalog) -> impl Iterator<Item = &Check> {
    let about_the_inventory = |check: &&Check| {
        let is_other = |rule: Rule| rule.is_about_waivers() || rule.is_about_signatures() || rule.is_about_changes();
        check.rule().is_some_and(|rule| !is_other(rule))
    };
    catalog.checks.values().map(AsRef::as_ref).filter(about_the_inventory)
}

#[test]
fn every_rule_reaches_the_written_verdicts() {
    let catalog = Catalog::load(&[]).expect("the built-in pack is valid");
    let mut found = Vec::new();
    for check in offline_checks(&catalog) {
        for path in cases(check) {
            let case = read(&path);
            found.extend(complaints(&path, &case, &judged(check, &case, "en")));
            let japanese = judged(check, &Case { expect: Vec::new(), ..read(&path) }, "ja");
            found.extend(japanese.iter().map(ToString::to_string).filter(|text| text.contains("埋め込めません")));
        }
    }
    assert!(found.is_empty(), "{} complaints:\n{}", found.len(), found.join("\n"));
}

/// A rule that judges what is written in a hive project can be kept from it by a file that is no YAML.
#[test]
fn every_rule_has_a_pass_a_fail_and_where_it_can_be_a_could_not_judge() {
    let catalog = Catalog::load(&[]).expect("the built-in pack is valid");
    let mut missing = Vec::new();
    for check in offline_checks(&catalog) {
        let told: Vec<Expect> = cases(check).iter().flat_map(|path| read(path).expect).collect();
        let reads_all = ["readable"];
        let judges_always = reads_all.iter().any(|rule| check.id.as_str().ends_with(rule));
        for wanted in ["pass", "fail", "error"].into_iter().filter(|outcome| *outcome != "error" || !judges_always) {
            if !told.iter().any(|expect| expect.outcome == wanted) {
                missing.push(format!("{}: no case with outcome {wanted}", check.id));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn no_password_is_ever_shown() {
    let test = CliTest::new();
    let stage = "{provider: prepared, number_of_hosts: 2, cidr: 10.0.0.0/16, root_password: hunter2, mistyped: 1}";
    test.write("inventory/hive.yml", &format!("plugin: hive_inventory\nname: site\nstages:\n  staging: {stage}\n"));
    test.write("inventory/group_vars/all.yml", "ansible_password: hunter2\n");
    test.write("inventory/group_vars/nobody.yml", "ansible_password: hunter2\n");
    for format in ["terminal", "json"] {
        let run = test.run(&["run", "--offline", "--stage", "staging", "--format", format]);
        assert!(run.stdout.contains("inventory/quorum") && run.stdout.contains("inventory/plain-password"), "{run:?}");
        assert!(!format!("{run:?}").contains("hunter2"), "{run:?}");
    }
}
