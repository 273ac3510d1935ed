//! `preflight.yml`: where defaults come from, and what wins over what.

use crate::support::{CliTest, Run};

const HIVE: &str = "plugin: hive_inventory\nname: site\nstages:\n  staging: {provider: prepared, separate_repository: false, number_of_hosts: 1, cidr: 10.0.1.0/24}\n";

fn project(config: &str) -> CliTest {
    let test = CliTest::new();
    test.write("preflight.yml", config);
    test.write("inventory/hive.yml", HIVE);
    test.write("deep/er/hosts", "[web]\nw1\n");
    test
}

/// The program in `directory` of the test, with variables.
fn run_in(test: &CliTest, directory: &str, variables: &[(&str, &str)], args: &[&str]) -> Run {
    Run::of(test.command().current_dir(test.path(directory)).envs(variables.iter().copied()).args(args))
}

#[test]
fn flags_win_over_the_environment_and_this_over_the_file() {
    let test = project("options:\n  forks: 7\n  timeout: 33\n  format: [terminal, json=out.json]\n  quiet: true\n");
    let shown = run_in(&test, "deep/er", &[("HIVE_PREFLIGHT_TIMEOUT", "44")], &["config", "--show-origin"]);
    let wanted = ["forks:", "timeout:", "format:", "quiet:", "probe-timeout:"];
    let lines: Vec<&str> =
        shown.stdout.lines().filter(|line| wanted.iter().any(|name| line.starts_with(name))).collect();
    insta::assert_snapshot!(test.redacted(&(lines.join("\n") + "\n" + &shown.stderr)));

    let test = project("options: {check: inventory/quorum, offline: true, fail-on: warning, lang: ja}\n");
    let by_file = run_in(&test, ".", &[], &["run"]);
    assert_eq!(by_file.status, Some(1), "{by_file:?}");
    assert!(by_file.stdout.contains("ステージ"), "{by_file:?}");
    let by_environment = run_in(&test, ".", &[("HIVE_PREFLIGHT_FAIL_ON", "never")], &["run"]);
    assert_eq!(by_environment.status, Some(0), "{by_environment:?}");
    let by_flag =
        run_in(&test, ".", &[("HIVE_PREFLIGHT_FAIL_ON", "never")], &["run", "--fail-on", "warning", "--lang", "en"]);
    assert_eq!(by_flag.status, Some(1), "{by_flag:?}");
    assert!(by_flag.stdout.contains("stage staging"), "{by_flag:?}");
    let without =
        run_in(&test, ".", &[("HIVE_PREFLIGHT_CONFIG", "")], &["run", "--offline", "--check", "inventory/quorum"]);
    assert_eq!(without.status, Some(0), "{without:?}");
}

#[test]
fn severities_and_thresholds_are_the_projects() {
    let test = project("severity: {inventory/quorum: error, local/threshold: info}\nvariables: {least: 5}\n");
    test.write(
        "own/local/threshold.yml",
        "id: local/threshold\ntitle: {en: t, ja: t}\nwhy: {en: w, ja: w}\nhosts: mother\nvars: {least: 1}\nprobe: {inventory: {}}\nthat: least < 3\nfail_msg: {en: \"least is {{ least }}\", ja: \"{{ least }}\"}\nremedy: [{text: {en: r, ja: r}}]\n",
    );
    let run = test.run(&[
        "run",
        "--offline",
        "--checks",
        "own",
        "--format",
        "json",
        "--check",
        "inventory/quorum",
        "--check",
        "local/threshold",
    ]);
    let report: serde_json::Value =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    let told: Vec<(&str, &str)> = report["results"]
        .as_array()
        .expect("results")
        .iter()
        .map(|result| (result["severity"].as_str().unwrap_or(""), result["message"].as_str().unwrap_or("")))
        .collect();
    assert_eq!(told, [("error", "stage staging has 1 hive, which cannot lose any"), ("info", "least is 5")]);
    assert_eq!(run.status, Some(1));
}

#[test]
fn everything_that_is_wrong_with_the_file_is_told_at_once() {
    let test = project(
        "options:\n  fork: 7\n  timeout: soon\n  quiet: 3\n  format: {a: b}\nseverity: {inventory/quorum: fatal}\nvariable: {}\n",
    );
    let run = test.run(&["run"]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""));
    let unknown = project("severity: {inventory/quorom: error}\n").run(&["run", "--offline"]);
    assert_eq!(unknown.status, Some(2));
    insta::assert_snapshot!(test.redacted(&(run.stderr + "=====\n" + &unknown.stderr)));
}
