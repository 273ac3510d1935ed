//! `hive-preflight report`: what a run saved, rendered, joined and compared later.

use std::fmt::Write as _;

use crate::support::{CliTest, Run};

/// A project whose two checks look at files, so that what they find can be changed.
fn project() -> CliTest {
    let test = CliTest::new();
    test.write("hosts.yml", "all: {vars: {ansible_connection: local}, hosts: {w1: {}, w2: {}}}\n");
    for name in ["one", "two"] {
        test.write(
            &format!("mine/t/{name}.yml"),
            &format!(
                "id: t/{name}\ntitle: {{en: a title, ja: 題}}\nwhy: {{en: a reason, ja: 理由}}\nhosts: all\n\
                 severity: error\nprobe: {{shell: {{cmd: 'test -e {name}', rc: any, chdir: '{}'}}}}\n\
                 that: result.rc == 0\nfail_msg: {{en: it failed, ja: 失敗}}\n",
                test.path("").display()
            ),
        );
    }
    test.write("one", "");
    test
}

fn save(test: &CliTest, file: &str, more: &[&str]) -> Option<i32> {
    let output = format!("json={file}");
    let mut args = vec!["run", "-i", "hosts.yml", "--checks", "mine", "--format", &output, "--quiet"];
    args.extend(["--check", "t/one", "--check", "t/two"]);
    args.extend(more);
    test.run(&args).status
}

#[test]
fn a_saved_report_is_rendered_as_the_run_would_have() {
    let test = project();
    // Not `html`: a run has both languages, and a saved report one.
    let formats =
        ["json", "junit", "sarif", "github", "gitlab", "checkstyle", "tap", "markdown", "prometheus", "nagios"];
    let live: Vec<String> = formats.iter().map(|format| format!("{format}=live.{format}")).collect();
    let mut args = vec!["run", "-i", "hosts.yml", "--checks", "mine", "--check", "t/one", "--check", "t/two"];
    args.extend(live.iter().flat_map(|value| ["--format", value.as_str()]));
    let run = test.run(&args);
    assert_eq!(run.status, Some(1), "{}", run.stderr);
    let later: Vec<String> = formats.iter().map(|format| format!("{format}=later.{format}")).collect();
    let mut args = vec!["report", "render", "live.json", "--checks", "mine"];
    args.extend(later.iter().flat_map(|value| ["--format", value.as_str()]));
    let rendered = test.run(&args);
    assert_eq!((rendered.status, rendered.stderr.as_str()), (Some(0), ""));
    assert_eq!(rendered.stdout, run.stdout, "the terminal report too");
    for format in formats {
        let [live, later] = ["live", "later"].map(|name| test.read(&format!("{name}.{format}")));
        assert_eq!(later, live, "{format}");
    }
}

#[test]
fn a_saved_report_keeps_its_language() {
    let test = project();
    assert_eq!(save(&test, "ja.json", &["--lang", "ja"]), Some(1));
    let silent = test.run(&["report", "render", "ja.json"]);
    assert!(silent.stdout.contains("✗ エラー  t/two") && silent.stderr.is_empty(), "{}", silent.stdout);
    let told = test.run(&["report", "render", "ja.json", "--lang", "en"]);
    assert_eq!(told.stdout, silent.stdout);
    assert!(told.stderr.contains("`--lang`"), "{}", told.stderr);
}

#[test]
fn shards_are_joined_and_a_later_run_wins() {
    let test = project();
    assert_eq!(save(&test, "w1.json", &["--limit", "w1"]), Some(1));
    assert_eq!(save(&test, "w2.json", &["--limit", "w2"]), Some(1));
    test.write("two", "");
    assert_eq!(save(&test, "again.json", &["--limit", "w1"]), Some(0));
    let merged = test.run(&["report", "merge", "w1.json", "w2.json", "again.json"]);
    assert_eq!(merged.status, Some(0), "{}", merged.stderr);
    let report = merged.json();
    assert_eq!((&report["summary"]["hosts"], &report["summary"]["fail"]), (&2.into(), &1.into()));
    let saved = test.run(&["report", "merge", "w1.json", "w2.json", "--format", "json=all.json", "--format", "nagios"]);
    assert_eq!(saved.status, Some(2), "a monitor's critical state");
    assert!(test.read("all.json").contains("merged from 2 runs"));
}

#[test]
fn what_changed_between_two_runs_decides_the_exit_status() {
    let test = project();
    save(&test, "old.json", &[]);
    std::fs::rename(test.path("one"), test.path("two")).expect("a file");
    save(&test, "new.json", &[]);
    let worse = test.run(&["report", "compare", "old.json", "new.json"]);
    assert_eq!(worse.status, Some(1), "{}", worse.stderr);
    assert!(worse.stdout.contains("new 2, still 0, no longer checked 0, waived 0, fixed 2"), "{}", worse.stdout);
    assert_eq!(test.run(&["report", "compare", "new.json", "new.json"]).status, Some(0));
    let piped = Run::of(test.command().args(["report", "compare", "old.json", "new.json", "--format", "json"]));
    assert_eq!(piped.json()["summary"]["fixed"], 2);
}

#[test]
fn what_is_no_report_is_one_clear_message_each() {
    let test = project();
    save(&test, "good.json", &[]);
    let good = test.read("good.json");
    let (whole, _) = good.split_once("\"results\"").expect("it has results");
    test.write("cut.json", whole);
    test.write("other.json", "{\"version\": \"2.1.0\"}\n");
    test.write("newer.json", &good.replacen("\"schema_version\": 1", "\"schema_version\": 2", 1));
    test.write("odd.json", &good.replacen("\"check\": \"t/one\"", "\"check\": \"one\"", 1));
    test.write("binary.json", "");
    std::fs::write(test.path("binary.json"), [0xff, 0xfe, 0x00]).expect("a file");
    let mut told = String::new();
    for args in [
        &["report", "render", "missing.json"][..],
        &["report", "render", "cut.json"],
        &["report", "render", "other.json"],
        &["report", "render", "newer.json"],
        &["report", "merge", "good.json", "odd.json"],
        &["report", "compare", "good.json", "binary.json"],
        &["report", "merge", "good.json"],
        &["report", "render", "good.json", "--format", "pdf"],
    ] {
        let run = test.run(args);
        assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""), "{args:?}");
        let _ = writeln!(told, "$ hive-preflight {}\n{}", args.join(" "), test.redacted(&run.stderr));
    }
    let places = regex::Regex::new(r"line \d+ column \d+").expect("a pattern");
    insta::assert_snapshot!(places.replace_all(&told, "line [n] column [n]"));
}

#[test]
fn a_history_tells_since_when_a_finding_stands() {
    const FEW: &str = "separate_repository: false, number_of_hosts: 1, ";
    let test = CliTest::new();
    let hive = |production: &str| {
        format!(
            "plugin: hive_inventory\nname: site\nstages:\n  private: {{provider: prepared, cidr: 10.0.0.0/24}}\n  production: {{provider: prepared, {production}cidr: 10.0.2.0/24}}\n"
        )
    };
    let run = |production: &str| {
        test.write("inventory/hive.yml", &hive(production));
        test.run(&["run", "--offline", "--check", "inventory/quorum", "--format", "json", "--history", "runs"])
    };
    let empty = test.run(&["report", "trend", "."]);
    assert_eq!(empty.status, Some(2), "{empty:?}");
    for (production, findings) in [(FEW, 1), ("", 0), ("separate_repository: false, number_of_hosts: 2, ", 1), (FEW, 1)]
    {
        let run = run(production);
        let found = run.json()["summary"]["fail"].as_u64();
        assert_eq!(found, Some(findings), "{run:?}");
    }
    let trend = test.run(&["report", "trend", "runs", "--format", "json"]);
    let trend: serde_json::Value = serde_json::from_str(&trend.stdout).expect("JSON");
    assert_eq!(trend["runs"], 4);
    let finding = &trend["findings"][0];
    assert_eq!(
        (&finding["check"], &finding["seen"]),
        (&"inventory/quorum".into(), &2.into()),
        "the pass ended the first"
    );
    insta::assert_snapshot!(test.redacted(&test.run(&["report", "trend", "runs"]).stdout));
}
