//! What a project lives with: waivers, and the findings about them.

use serde_json::Value;

use crate::support::{CliTest, Run};

const HIVE: &str = "plugin: hive_inventory\nname: site\nstages:\n  private: {provider: prepared, cidr: 10.0.0.0/24}\n  staging: {provider: prepared, separate_repository: false, number_of_hosts: 1, cidr: 10.0.1.0/24}\n  production: {provider: prepared, separate_repository: false, number_of_hosts: 2, cidr: 10.0.2.0/24}\n";

/// A project whose stages staging and production have too few hives.
fn project(waivers: &str) -> CliTest {
    let test = CliTest::new();
    test.write("inventory/hive.yml", HIVE);
    test.write("preflight-waivers.yml", waivers);
    test
}

fn judge(test: &CliTest, args: &[&str]) -> Run {
    let base = ["run", "--offline", "--format", "json", "--check", "inventory/quorum"];
    let about = ["--check", "waiver/in-force", "--check", "waiver/allowed"];
    test.run(&[&base[..], &about, args].concat())
}

/// `check item outcome` of each result.
fn outcomes(run: &Run) -> Vec<String> {
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    let word = |result: &Value, key: &str| result[key].as_str().unwrap_or("-").to_owned();
    let results = report["results"].as_array().expect("results");
    results.iter().map(|result| ["check", "item", "outcome"].map(|key| word(result, key)).join(" ")).collect()
}

#[test]
fn a_waiver_answers_for_its_finding_and_no_other() {
    let test = project(
        "time_zone: Asia/Tokyo\nwaivers:\n  - check: inventory/quorum\n    hosts: mother\n    item: production\n    reason: the third machine comes in spring\n    owner: ops@example.com\n    expires: 2999-03-31\n",
    );
    let run = judge(&test, &["--strict"]);
    assert_eq!(
        outcomes(&run),
        [
            "inventory/quorum staging fail",
            "inventory/quorum production waived",
            "waiver/allowed - pass",
            "waiver/in-force - pass"
        ]
    );
    assert_eq!(run.status, Some(1), "the other stage is still a finding");
    let report: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let waived = &report["results"][1];
    assert_eq!(waived["excuse"]["kind"], "waiver");
    assert_eq!(waived["excuse"]["owner"], "ops@example.com");
    assert_eq!(waived["excuse"]["expires"], "2999-03-31");
    let message = waived["message"].as_str().expect("a message");
    assert!(message.contains("which cannot lose any") && message.contains("comes in spring"), "{message}");
    let terminal = test.run(&["run", "--offline", "--check", "inventory/quorum"]);
    insta::assert_snapshot!(test.redacted(&terminal.stdout));
}

#[test]
fn waivers_that_ended_or_are_refused_are_findings() {
    let test = project(
        "time_zone: +09:00\nwaivers:\n  - {check: inventory/quorum, reason: a, owner: b, expires: 2001-01-01}\n  - {check: waiver/in-force, reason: c, owner: d, expires: 2999-01-01}\n  - {check: inventory/quorum, stage: staging, reason: of another stage, owner: e, expires: 2001-01-01}\n",
    );
    let run = judge(&test, &[]);
    assert_eq!(
        outcomes(&run),
        [
            "inventory/quorum staging fail",
            "inventory/quorum production fail",
            "waiver/allowed waiver/in-force fail",
            "waiver/in-force inventory/quorum fail"
        ]
    );
    let report: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let place = &report["results"][3]["location"];
    assert_eq!((place["file"].as_str(), place["line"].as_u64()), (Some("preflight-waivers.yml"), Some(3)));
}

#[test]
fn a_waiver_that_nothing_needs_is_told_by_a_whole_run() {
    let test = CliTest::new();
    test.write("hosts", "[web]\nw1 ansible_connection=local\n");
    test.write(
        "preflight-waivers.yml",
        "time_zone: UTC\nwaivers:\n  - {check: ssh/server-unix-forward, hosts: w1, reason: a, owner: b, expires: 2999-01-01}\n",
    );
    let whole = ["run", "-i", "hosts", "--format", "json"];
    assert!(outcomes(&test.run(&whole)).contains(&"waiver/used ssh/server-unix-forward fail".to_owned()));
    let part = test.run(&[&whole[..], &["--tags", "waiver"]].concat());
    assert!(!outcomes(&part).iter().any(|line| line.starts_with("waiver/used")), "{part:?}");
}

#[test]
fn what_a_baseline_knows_does_not_count_and_what_is_new_does() {
    let test = project("time_zone: UTC\nwaivers: []\n");
    let one = HIVE.replace(", number_of_hosts: 2", "");
    test.write("inventory/hive.yml", &one);
    let earlier = judge(&test, &["--strict"]);
    assert_eq!(earlier.status, Some(1));
    test.write("baseline.json", &earlier.stdout);
    let same = judge(&test, &["--strict", "--baseline", "baseline.json"]);
    assert_eq!(same.status, Some(0), "{same:?}");
    assert!(outcomes(&same).contains(&"inventory/quorum staging waived".to_owned()), "{same:?}");
    assert!(same.stdout.contains("known since the baseline of"), "{same:?}");
    test.write("inventory/hive.yml", HIVE);
    let new = judge(&test, &["--strict", "--baseline", "baseline.json"]);
    assert_eq!(new.status, Some(1), "{new:?}");
    assert!(outcomes(&new).contains(&"inventory/quorum production fail".to_owned()), "{new:?}");
    let none = judge(&test, &["--baseline", "preflight-waivers.yml"]);
    assert_eq!((none.status, none.stdout.as_str()), (Some(2), ""));
}

#[test]
fn everything_that_is_wrong_with_the_file_is_told_at_once() {
    let test = project(
        "waivers:\n  - {check: inventory/quorom, hosts: '&', owner: '', expires: soon}\n  - {chek: inventory/quorum, reason: a, owner: b, expires: 2030-02-30}\ntime_zone: Tokyo\n",
    );
    let run = judge(&test, &[]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""));
    insta::assert_snapshot!(test.redacted(&run.stderr));
}
