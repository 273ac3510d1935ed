//! `hive-preflight run` as a whole, on hosts that are this machine: outcomes, needs, selections, exit statuses, reports.

use std::fmt::Write;

use crate::support::{CliTest, Run};

/// Two hosts that are this machine, one at which nobody listens, in a group each and together.
const INVENTORY: &str = "
all:
  vars: {ansible_connection: local}
  children:
    web: {hosts: {w1: {}, w2: {}}}
    down: {hosts: {gone: {ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1}}}
";

/// A project with these checks, each given by its name and the lines that differ.
fn project(checks: &[(&str, &str)]) -> CliTest {
    let test = CliTest::new();
    test.write("hosts.yml", INVENTORY);
    for (id, lines) in checks {
        let head = format!("id: {id}\ntitle: {{en: title of {id}, ja: {id} の題}}\nwhy: {{en: a reason, ja: 理由}}\n");
        let message = if lines.contains("fail_msg") { "" } else { "fail_msg: {en: it failed, ja: 失敗}\n" };
        let severity = if lines.contains("severity") { "" } else { "severity: error\n" };
        test.write(&format!("mine/{id}.yml"), &format!("{head}{message}{severity}{lines}\n"));
    }
    test
}

fn run(test: &CliTest, checks: &[&str], more: &[&str]) -> Run {
    let mut args = vec!["run", "-i", "hosts.yml", "--checks", "mine"];
    for check in checks {
        args.extend(["--check", check]);
    }
    args.extend(more);
    test.run(&args)
}

/// Host and outcome of each verdict of one check.
fn outcomes(run: &Run, check: &str) -> Vec<(String, String)> {
    let report = run.json();
    let results = report["results"].as_array().expect("results").iter().filter(|result| result["check"] == check);
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    results.map(|result| (text(&result["host"]), text(&result["outcome"]))).collect()
}

fn only(run: &Run, check: &str) -> serde_json::Value {
    let report = run.json();
    let mut found = report["results"].as_array().expect("results").iter().filter(|result| result["check"] == check);
    let one = found.next().unwrap_or_else(|| panic!("no verdict of {check}: {report:#}")).clone();
    assert!(found.next().is_none(), "more than one verdict of {check}");
    one
}

#[test]
fn each_kind_of_end_has_its_exit_status() {
    let test = project(&[
        ("t/good", "hosts: web\nprobe: {shell: 'true'}\nthat: result.rc == 0"),
        ("t/bad", "hosts: web\nprobe: {shell: {cmd: 'exit 3', rc: any}}\nthat: result.rc == 0"),
        ("t/warn", "hosts: web\nprobe: {shell: 'echo x'}\nthat: \"result.stdout == ''\"\nseverity: warning"),
        ("t/unknown", "hosts: web\nprobe: {shell: 'exit 3'}\nthat: result.rc == 0"),
        ("t/all", "hosts: all\nprobe: {shell: 'true'}\nthat: result.rc == 0"),
    ]);
    let status = |checks: &[&str], more: &[&str]| run(&test, checks, more).status;
    assert_eq!(status(&["t/good"], &[]), Some(0));
    assert_eq!(status(&["t/bad"], &[]), Some(1));
    assert_eq!(status(&["t/warn"], &[]), Some(0));
    assert_eq!(status(&["t/warn"], &["--strict"]), Some(1));
    assert_eq!(status(&["t/unknown"], &[]), Some(3));
    assert_eq!(status(&["t/all"], &[]), Some(3), "one host is down");
    assert_eq!(status(&["t/bad", "t/unknown", "t/all"], &[]), Some(1), "findings come before what is not known");
    assert_eq!(status(&["t/nothing"], &[]), Some(2));
}

#[test]
fn the_others_are_told_when_one_host_is_down() {
    let test = project(&[("t/all", "hosts: all\nprobe: {shell: 'true'}\nthat: result.rc == 0")]);
    let run = run(&test, &["t/all"], &["--format", "json"]);
    let mut found = outcomes(&run, "t/all");
    found.sort();
    let wanted = [("gone", "unreachable"), ("w1", "pass"), ("w2", "pass")];
    assert_eq!(found, wanted.map(|(host, outcome)| (host.to_owned(), outcome.to_owned())));
    let report = run.json();
    let gone = report["hosts"].as_array().expect("hosts").iter().find(|host| host["name"] == "gone").expect("is told");
    assert_eq!(gone["error"]["class"], "refused");
    assert_eq!(gone["location"]["line"], 6);
}

#[test]
fn a_failed_need_blocks_and_a_passed_one_does_not() {
    let test = project(&[
        ("t/first", "hosts: web\nprobe: {shell: 'true'}\nthat: inventory_hostname == 'w1'"),
        ("t/second", "hosts: web\nneeds: [t/first]\nprobe: {shell: 'true'}\nthat: result.rc == 0"),
        ("t/third", "hosts: web\nneeds: [t/second]\nprobe: {shell: 'true'}\nthat: result.rc == 0"),
    ]);
    let run = run(&test, &["t/first", "t/second", "t/third"], &["--format", "json"]);
    let pairs = |list: [(&str, &str); 2]| list.map(|(host, outcome)| (host.to_owned(), outcome.to_owned())).to_vec();
    assert_eq!(outcomes(&run, "t/first"), pairs([("w1", "pass"), ("w2", "fail")]));
    assert_eq!(outcomes(&run, "t/second"), pairs([("w1", "pass"), ("w2", "blocked")]));
    assert_eq!(outcomes(&run, "t/third"), pairs([("w1", "pass"), ("w2", "blocked")]));
}

#[test]
fn a_need_of_the_mother_blocks_the_servers() {
    let test = project(&[
        ("t/mother", "hosts: mother\nprobe: {shell: {cmd: 'false', rc: any}}\nthat: result.rc == 0"),
        ("t/server", "hosts: web\nneeds: [t/mother]\nprobe: {shell: 'true'}\nthat: result.rc == 0"),
    ]);
    let run = run(&test, &["t/mother", "t/server"], &["--format", "json"]);
    assert_eq!(only(&run, "t/mother")["outcome"], "fail");
    assert!(outcomes(&run, "t/server").iter().all(|(_, outcome)| outcome == "blocked"));
}

#[test]
fn what_cannot_be_asked_is_an_error_and_says_why() {
    let test = project(&[
        ("t/slow", "hosts: w1\nprobe: {shell: 'sleep 30'}\nthat: result.rc == 0\ntimeout: 1"),
        ("t/long", "hosts: w1\nprobe: {shell: {cmd: 'yes', max_bytes: 1000}}\nthat: result.rc == 0\ntimeout: 5"),
        ("t/tool", "hosts: w1\nprobe: {command: {argv: [no-such-program]}}\nthat: result.rc == 0"),
        ("t/undefined", "hosts: w1\nprobe: {shell: 'true'}\nthat: nowhere == 1"),
        (
            "t/says",
            "hosts: w1\nprobe: {shell: 'echo odd'}\nerror_when: \"'odd' in result.stdout\"\nthat: result.rc == 0",
        ),
        ("t/after", "hosts: w1\nprobe: {shell: 'echo fine'}\nthat: \"result.stdout == 'fine\\n'\""),
    ]);
    let checks = ["t/slow", "t/long", "t/tool", "t/undefined", "t/says", "t/after"];
    let run = run(&test, &checks, &["--format", "json"]);
    for (check, kind, words) in [
        ("t/slow", "timeout", "1 s"),
        ("t/long", "truncated", "1000 bytes"),
        ("t/tool", "missing_tool", "no-such-program"),
        ("t/undefined", "expression", "nowhere"),
        ("t/says", "undecidable", "odd"),
    ] {
        let verdict = only(&run, check);
        assert_eq!(verdict["outcome"], "error", "{check}");
        assert_eq!(verdict["error_kind"], kind, "{check}");
        let message = verdict["message"].as_str().expect("a message");
        assert!(message.contains(words), "{check}: {message}");
    }
    assert_eq!(only(&run, "t/after")["outcome"], "pass", "the probes around it do not matter");
}

#[test]
fn monitoring_plugins_decide_by_themselves() {
    let plugin = |status: u8| {
        format!("hosts: w1\nprobe: {{nagios: {{argv: [sh, -c, 'echo \"text | load={status}\"; exit {status}']}}}}")
    };
    let lines: Vec<String> = (0..4).map(plugin).collect();
    let ids = ["t/ok", "t/warning", "t/critical", "t/unknown"];
    let checks: Vec<(&str, &str)> = ids.into_iter().zip(lines.iter().map(String::as_str)).collect();
    let run = run(&project(&checks), &ids, &["--format", "json"]);
    let told = |id| (only(&run, id)["outcome"].clone(), only(&run, id)["severity"].clone());
    assert_eq!(told("t/ok").0, "pass");
    assert_eq!(told("t/warning"), ("fail".into(), "warning".into()));
    assert_eq!(told("t/critical"), ("fail".into(), "error".into()));
    assert_eq!(told("t/unknown").0, "error");
    assert_eq!(only(&run, "t/critical")["message"], "text");
}

#[test]
fn values_reach_the_shell_as_themselves_and_only_there() {
    let test = project(&[(
        "t/quoted",
        "hosts: w1\nvars: {evil: \"a'b\\\"; echo $(id) `id` \\\\ * \"}\nprobe: {shell: 'printf %s {{ evil }}'}\n\
         that: result.stdout == evil\nfail_msg: {en: 'got {{ result.stdout }}', ja: x}",
    )]);
    let verdict = only(&run(&test, &["t/quoted"], &["--format", "json"]), "t/quoted");
    assert_eq!(verdict["outcome"], "pass", "{verdict:#}");
}

#[test]
fn a_script_beside_its_check_is_run_by_its_interpreter() {
    let test = project(&[(
        "t/sh",
        "hosts: w1\nprobe: {script: {file: words.sh, args: [\"{{ inventory_hostname }}\", 'two words']}}\n\
         that: \"result.stdout == 'w1|two words\\n'\"",
    )]);
    test.write("mine/t/words.sh", "printf '%s|%s\\n' \"$1\" \"$2\"\n");
    let run = run(&test, &["t/sh"], &["--format", "json"]);
    assert_eq!(only(&run, "t/sh")["outcome"], "pass", "{}", run.stdout);
}

#[test]
fn selections_take_part_of_the_checks() {
    let test = project(&[
        ("t/one", "hosts: w1\ntags: [quick]\nphases: [build-images]\nprobe: {shell: 'true'}\nthat: result.rc == 0"),
        ("t/two", "hosts: w1\ntags: [slow]\nphases: [deploy-services]\nprobe: {shell: 'true'}\nthat: result.rc == 0"),
        ("t/three", "hosts: w1\ntags: [quick, slow]\nprobe: {shell: 'true'}\nthat: result.rc == 0"),
    ]);
    let ids = |more: &[&str]| -> Vec<String> {
        let report = run(&test, &[], &[&["--format", "json", "--limit", "w1"], more].concat()).json();
        let results = report["results"].as_array().expect("results").iter();
        let ids = results.map(|result| result["check"].as_str().expect("an id").to_owned());
        ids.filter(|id| id.starts_with("t/")).collect()
    };
    assert_eq!(ids(&[]), ["t/one", "t/three", "t/two"]);
    assert_eq!(ids(&["--tags", "quick"]), ["t/one", "t/three"]);
    assert_eq!(ids(&["--before", "build-images"]), ["t/one", "t/three"]);
    assert_eq!(ids(&["--skip", "t/three", "--tags", "slow,quick"]), ["t/one", "t/two"]);
}

#[test]
fn several_reports_come_from_one_run() {
    let test = project(&[("t/bad", "hosts: web\nprobe: {shell: 'echo no'}\nthat: \"result.stdout == ''\"")]);
    let run = run(&test, &["t/bad"], &["--format", "terminal", "--format", "json=out.json", "--lang", "ja"]);
    assert_eq!(run.status, Some(1));
    assert!(run.stdout.contains("失敗"), "{}", run.stdout);
    let report: serde_json::Value = serde_json::from_str(&test.read("out.json")).expect("JSON");
    assert_eq!(report["summary"]["fail"], 2);
    let lost = test.run(&[
        "run",
        "-i",
        "hosts.yml",
        "--checks",
        "mine",
        "--check",
        "t/bad",
        "--format",
        "json=no/such/out.json",
    ]);
    assert_eq!(lost.status, Some(2));
    assert!(lost.stderr.contains("no/such"), "{}", lost.stderr);
}

#[test]
fn wrong_input_is_one_clear_message_each() {
    let test = project(&[("t/good", "hosts: web\nprobe: {shell: 'true'}\nthat: result.rc == 0")]);
    test.write("broken/t/check.yml", "id: t/check\nhost: web\n");
    test.write("broken.yml", "all:\n  hosts: [w1\n");
    let mut told = String::new();
    for args in [
        &["run"][..],
        &["run", "-i", "missing.yml"],
        &["run", "-i", "broken.yml"],
        &["run", "-i", "hosts.yml", "--checks", "broken"],
        &["run", "-i", "hosts.yml", "--limit", "nobody"],
        &["run", "-i", "hosts.yml", "--check", "ssh/client-unix-foward"],
        &["run", "-i", "hosts.yml", "--tags", "sed"],
        &["run", "-i", "hosts.yml", "--format", "jsn"],
        &["run", "-i", "hosts.yml", "--mother", "op@"],
        &[
            "run",
            "-i",
            "hosts.yml",
            "--private-key",
            "missing_key",
            "--check",
            "ssh/remote-tmp-usable",
            "--limit",
            "gone",
        ],
    ] {
        let run = test.run(args);
        let stdout = test.redacted(&run.stdout);
        let _ = writeln!(
            told,
            "$ hive-preflight {}\n{stdout}{}exit {:?}\n",
            args.join(" "),
            test.redacted(&run.stderr),
            run.status
        );
    }
    insta::assert_snapshot!(told);
}
