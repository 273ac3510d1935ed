//! Recorded cases: what a probe really saw, and the verdict that a check must reach from it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hive_preflight::{
    catalog::{Catalog, Check, Phase},
    inventory::{GroupName, HiveSite, Host, HostName, HostVars, Inventory, Service, Value, Var},
    jinja::Jinja,
    judge::{Answers, Judge, Outcome, Severity, Verdict},
    plan::{Fleet, Globals, HostScope, Task},
    probe::{Observation, ProbeError},
};
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value as Json;

/// One case file; `docs/checks.md` describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[expect(dead_code, reason = "says to a reader where the recording comes from")]
    note: String,
    #[serde(default)]
    vars: IndexMap<String, Json>,
    hive: Option<IndexMap<String, Json>>,
    #[serde(default)]
    services: Vec<IndexMap<String, Json>>,
    #[serde(default)]
    connection: Option<Json>,
    phase: Option<Phase>,
    item: Option<Json>,
    observations: BTreeMap<String, serde_json::Map<String, Json>>,
    expect: Expect,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    outcome: Outcome,
    severity: Option<Severity>,
    message: Option<String>,
    #[serde(default)]
    remedy: Vec<String>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn cases_of(check: &Check) -> Vec<PathBuf> {
    let folder = root().join("tests/checks").join(check.id.as_str());
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .map(|entries| entries.map(|entry| entry.expect("readable").path()).collect())
        .unwrap_or_default();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yml"));
    files.sort();
    files
}

fn read(path: &Path) -> Case {
    let text = fs::read_to_string(path).expect("the case is readable");
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// JSON of a case as a value of the inventory.
fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => number.as_i64().map_or(Value::Float(number.as_f64().unwrap_or_default()), Value::Int),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(list) => Value::List(list.iter().map(value).collect()),
        Json::Object(map) => Value::Map(map.iter().map(|(key, item)| (key.clone(), value(item))).collect()),
    }
}

fn site(hive: &IndexMap<String, Json>, services: &[IndexMap<String, Json>]) -> HiveSite {
    let text = |name: &str, default: &str| hive.get(name).and_then(Json::as_str).unwrap_or(default).to_owned();
    HiveSite {
        root: text("root", "/home/op/site").into(),
        name: text("name", "example.com"),
        stage: text("stage", "private"),
        provider: text("provider", "vagrant"),
        context_dir: text("context_dir", "/home/op/site/.hive/private").into(),
        temp_dir: text("temp_dir", "/var/tmp/hive").into(),
        persistents: match hive.get("persistents").map(value) {
            Some(Value::Map(map)) => map,
            _ => IndexMap::new(),
        },
        services: services
            .iter()
            .map(|service| Service {
                name: service["name"].as_str().expect("a service has a name").to_owned(),
                definition: service.iter().map(|(key, item)| (key.clone(), value(item))).collect(),
                location: None,
            })
            .collect(),
    }
}

/// A fleet of a mother, three hives and a repository, whose first hive and mother carry the case's variables.
fn fleet(case: &Case) -> Fleet {
    let var = |json: &Json| Var { value: value(json), location: None };
    let vars: HostVars = case.vars.iter().map(|(name, json)| (name.clone(), var(json))).collect();
    let hive = case.hive.as_ref().map(|hive| site(hive, &case.services));
    let stage = hive.as_ref().map_or("private", |site| site.stage.as_str()).to_owned();
    let members: [(&str, &[&str]); 5] = [
        ("p-mother.example.com", &["hosts", "mother"]),
        ("p-hive0.example.com", &["first_hive", "hives", "hosts", "servers"]),
        ("p-hive1.example.com", &["hives", "hosts", "servers"]),
        ("p-hive2.example.com", &["hives", "hosts", "servers"]),
        ("p-hive3.example.com", &["hosts", "repository", "servers"]),
    ];
    let mut inventory = Inventory::default();
    inventory.hive = hive;
    for (name, groups) in members {
        let name = HostName::from(name);
        let mut groups: Vec<GroupName> = groups.iter().map(|group| GroupName::from(*group)).collect();
        groups.push(GroupName::from(stage.as_str()));
        groups.sort();
        for group in &groups {
            inventory.groups.entry(group.clone()).or_default().hosts.push(name.clone());
        }
        inventory.hosts.insert(name.clone(), Host { name, vars: vars.clone(), groups, location: None });
    }
    Fleet::of(&inventory)
}

fn answers(case: &Case) -> Answers {
    case.observations
        .iter()
        .map(|(register, values)| {
            let answer = match values.get("error").and_then(Json::as_str) {
                Some(kind) => Err(refusal(kind)),
                None => Ok(Observation { values: values.clone(), duration: Duration::ZERO, evidence: Vec::new() }),
            };
            (register.clone(), answer.map(with_lines))
        })
        .collect()
}

fn with_lines(mut observation: Observation) -> Observation {
    for stream in ["stdout", "stderr"] {
        if let Some(text) = observation.values.get(stream).and_then(Json::as_str) {
            let lines: Vec<Json> = text.lines().map(Json::from).collect();
            observation.values.entry(format!("{stream}_lines")).or_insert(Json::from(lines));
        }
    }
    observation
}

fn refusal(kind: &str) -> ProbeError {
    match kind {
        "timeout" => ProbeError::TimedOut(Duration::from_secs(10)),
        "truncated" => ProbeError::Truncated(1024),
        "no_frame" => ProbeError::NoAnswer("the end of the frame is missing".to_owned()),
        "sudo" => ProbeError::Sudo("a password is required".to_owned()),
        "rc" => ProbeError::ExitStatus { status: 1, detail: "something else".to_owned() },
        "missing_tool" => ProbeError::MissingTool("tool".to_owned()),
        other => panic!("unknown kind of refusal `{other}`"),
    }
}

fn judge(catalog: &Catalog, check: &Arc<Check>, case: &Case) -> Verdict {
    let jinja = Arc::new(Jinja::new());
    let globals = Arc::new(Globals::new(jinja, Arc::new(fleet(case)), case.phase, &[]));
    let wanted =
        if check.hosts.to_string().contains("mother") { "p-mother.example.com" } else { "p-hive0.example.com" };
    let host = globals.fleet.inventory.hosts[&HostName::from(wanted)].clone();
    let scope = Arc::new(HostScope::new(globals, host));
    let connection = case.connection.clone().unwrap_or_else(|| serde_json::json!({"kind": "ssh", "user": "admin"}));
    let item = case.item.as_ref().map(|item| {
        let item = hive_preflight::jinja::value_of(item);
        let text = item.to_string();
        (item, text)
    });
    let faq = check.faq.as_ref().and_then(|id| catalog.faq.get(id)).map(Arc::clone);
    let task = Task { check: Arc::clone(check), faq, item, questions: Vec::new(), preset: None };
    let connection = hive_preflight::jinja::value_of(&connection);
    Judge { scope: &scope, connection, user: "admin".to_owned(), becoming: Arc::default() }
        .decide(&task, &answers(case))
}

fn complaints(path: &Path, case: &Case, verdict: &Verdict) -> Vec<String> {
    let mut found = Vec::new();
    let mut complain = |text: String| found.push(format!("{}: {text}", path.display()));
    if verdict.outcome != case.expect.outcome {
        complain(format!("want {:?}, got {:?}: {}", case.expect.outcome, verdict.outcome, verdict.message.en));
    }
    if case.expect.severity.is_some_and(|severity| severity != verdict.severity) {
        complain(format!("want severity {:?}, got {}", case.expect.severity, verdict.severity));
    }
    if let Some(pattern) = &case.expect.message
        && !regex::Regex::new(pattern).expect("the pattern is valid").is_match(&verdict.message.en)
    {
        complain(format!("the message does not match `{pattern}`: {}", verdict.message.en));
    }
    let steps: Vec<String> = verdict
        .remedy
        .iter()
        .map(|step| format!("{} {} {}", step.text.en, step.text.ja, step.command.as_deref().unwrap_or_default()))
        .collect();
    for wanted in &case.expect.remedy {
        if !steps.iter().any(|step| step.contains(wanted)) {
            complain(format!("no step of the remedy says `{wanted}`: {steps:#?}"));
        }
    }
    for text in steps.iter().chain([&verdict.message.en, &verdict.message.ja]) {
        if text.contains("could not be filled in") || text.contains("{{") {
            complain(format!("a template was not filled in: {text}"));
        }
    }
    if verdict.outcome == Outcome::Fail && verdict.remedy.is_empty() {
        complain("a failure without a remedy".to_owned());
    }
    found
}

/// The checks that ask something; rules about the inventory have whole inventories as cases, and people ask themselves.
fn asking(catalog: &Catalog) -> impl Iterator<Item = &Arc<Check>> {
    catalog.checks.values().filter(|check| check.rule().is_none() && check.verify().is_none())
}

#[test]
fn every_check_reaches_the_recorded_verdicts() {
    let catalog = Catalog::load(&[]).expect("the built-in pack is valid");
    let mut found = Vec::new();
    let mut judged = 0;
    for check in asking(&catalog) {
        for path in cases_of(check) {
            let case = read(&path);
            found.extend(complaints(&path, &case, &judge(&catalog, check, &case)));
            judged += 1;
        }
    }
    assert!(judged > 0, "there are no cases");
    assert!(found.is_empty(), "{} complaints:\n{}", found.len(), found.join("\n"));
}

#[test]
fn every_check_has_a_pass_a_fail_and_a_could_not_judge() {
    let catalog = Catalog::load(&[]).expect("the built-in pack is valid");
    let mut missing = Vec::new();
    for check in asking(&catalog) {
        let outcomes: Vec<Outcome> = cases_of(check).iter().map(|path| read(path).expect.outcome).collect();
        for wanted in [Outcome::Pass, Outcome::Fail, Outcome::Error] {
            if !outcomes.contains(&wanted) {
                missing.push(format!("{}: no case with outcome {wanted:?}", check.id));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_recorded_case_belongs_to_a_check() {
    let catalog = Catalog::load(&[]).expect("the built-in pack is valid");
    let base = root().join("tests/checks");
    let folders = |path: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(path).expect("readable").map(|entry| entry.expect("readable").path());
        entries.filter(|path| path.is_dir()).collect()
    };
    for topic in folders(&base) {
        for folder in folders(&topic) {
            let id = folder.strip_prefix(&base).expect("below").display().to_string();
            assert!(catalog.checks.keys().any(|check| check.as_str() == id), "no check is called `{id}`");
        }
    }
}
