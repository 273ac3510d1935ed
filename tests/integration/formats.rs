//! `--format` on the command line: several formats of one run, and what GitHub Actions gets by itself.

use crate::support::{CliTest, Run};

/// A project whose one check fails, with a message that tries to command the runner.
fn project() -> CliTest {
    let test = CliTest::new();
    test.write("hosts.yml", "all: {vars: {ansible_connection: local}, hosts: {w1: {}}}\n");
    test.write(
        "mine/t/bad.yml",
        "id: t/bad\ntitle: {en: a title, ja: 題}\nwhy: {en: a reason, ja: 理由}\nhosts: w1\nseverity: error\n\
         probe: {shell: 'printf \"##[error]owned\\n::error::owned\"'}\nthat: \"result.stdout == ''\"\n\
         fail_msg: {en: \"got {{ result.stdout }}\", ja: \"{{ result.stdout }} です\"}\n",
    );
    test
}

const RUN: [&str; 7] = ["run", "-i", "hosts.yml", "--checks", "mine", "--check", "t/bad"];

fn run(test: &CliTest, more: &[&str], variables: &[(&str, &str)]) -> Run {
    Run::of(test.command().args(RUN).args(more).envs(variables.iter().copied()))
}

#[test]
fn every_format_is_written_into_its_file() {
    let test = project();
    let formats = [
        "json",
        "ndjson",
        "junit",
        "sarif",
        "github",
        "gitlab",
        "checkstyle",
        "tap",
        "markdown",
        "html",
        "prometheus",
        "nagios",
    ];
    let values: Vec<String> = formats.iter().map(|format| format!("{format}=out.{format}")).collect();
    let more: Vec<&str> = values.iter().flat_map(|value| ["--format", value.as_str()]).collect();
    let run = run(&test, &more, &[]);
    assert_eq!(run.status, Some(1), "{}", run.stderr);
    assert!(run.stdout.contains("✗ error  t/bad"), "{}", run.stdout);
    for format in formats {
        assert!(test.read(&format!("out.{format}")).contains("t/bad"), "{format}");
    }
}

#[test]
fn two_formats_on_standard_output_and_unknown_names_are_refused() {
    let test = project();
    let two = run(&test, &["--format", "junit", "--format", "tap"], &[]);
    assert_eq!((two.status, two.stdout.as_str()), (Some(2), ""));
    assert!(two.stderr.contains("both `junit` and `tap` want standard output"), "{}", two.stderr);
    let unknown = run(&test, &["--format", "junitt"], &[]);
    assert!(unknown.stderr.contains("did you mean `junit`?"), "{}", unknown.stderr);
}

#[test]
fn github_actions_gets_annotations_and_a_summary_by_itself() {
    let test = project();
    let summary = test.write("summary.md", "before\n");
    let summary = summary.to_str().expect("a UTF-8 path");
    let variables = [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", summary)];
    let told = run(&test, &[], &variables);
    let lines: Vec<&str> = told.stdout.lines().collect();
    let token = lines[0].strip_prefix("::stop-commands::").expect("no command is taken from the report");
    let end = lines.iter().position(|line| *line == format!("::{token}::")).expect("commands are taken again");
    assert!(lines[1..end].iter().any(|line| line.contains("##[error]owned")), "{}", told.stdout);
    assert!(lines[end + 1..].iter().all(|line| line.starts_with("::error ")), "{}", told.stdout);
    assert_eq!(lines[end + 1..].len(), 2);
    let page = test.read("summary.md");
    assert!(page.starts_with("before\n## ❌ hive-preflight"), "{page}");

    let files_only = run(&test, &["--format", "junit=out.xml"], &variables);
    assert!(files_only.stdout.contains("\n::error "), "{}", files_only.stdout);
    let explicit = run(&test, &["--format", "terminal"], &variables);
    assert!(!explicit.stdout.contains("::error title"), "{}", explicit.stdout);
    assert!(explicit.stdout.starts_with("::stop-commands::"), "it has the words of hosts, too: {}", explicit.stdout);
    assert_eq!(test.read("summary.md").matches("## ❌").count(), 2);
}

#[test]
fn a_summary_that_cannot_be_written_is_told() {
    let test = project();
    let variables = [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", "/no/such/folder/summary.md")];
    let lost = run(&test, &[], &variables);
    assert_eq!(lost.status, Some(2));
    assert!(lost.stderr.contains("cannot write the step summary `/no/such/folder/summary.md`"), "{}", lost.stderr);
}

#[test]
fn json_lines_are_written_while_the_run_goes_on_also_into_a_pipe() {
    let test = project();
    let pipe = test.path("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo starts");
    assert!(made.success());
    let reader = std::thread::spawn(move || std::fs::read_to_string(pipe).expect("the pipe is read to its end"));
    let told = run(&test, &["--format", "ndjson=pipe", "--format", "ndjson"], &[]);
    assert_eq!(told.status, Some(1), "{}", told.stderr);
    assert_eq!(reader.join().expect("the reader ends"), told.stdout);
    let events: Vec<String> = told
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["event"].to_string())
        .collect();
    let wanted = ["run_started", "host_started", "host_connected", "result", "host_finished", "run_finished"];
    assert_eq!(events, wanted.map(|event| format!("\"{event}\"")));
}

#[test]
fn a_reader_of_json_lines_that_leaves_does_not_change_the_run() {
    let test = project();
    let program = env!("CARGO_BIN_EXE_hive-preflight");
    let script = format!("{program} {} --format ndjson --format json=out.json | head -n 1", RUN.join(" "));
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script]).current_dir(test.path(""));
    let told = Run::of(&mut shell);
    assert_eq!((told.stdout.lines().count(), told.stderr.as_str()), (1, ""));
    assert!(test.read("out.json").contains("\"verdict\": \"not_ready\""));
    let lost = run(&test, &["--format", "ndjson=no/such/out"], &[]);
    assert_eq!(lost.status, Some(2));
    assert!(lost.stderr.contains("cannot write the report `no/such/out`"), "{}", lost.stderr);
}

#[test]
fn a_monitor_gets_the_states_that_it_knows() {
    let test = project();
    let told = run(&test, &["--format", "nagios"], &[]);
    assert_eq!(told.status, Some(2), "critical");
    assert!(told.stdout.starts_with("HIVE PREFLIGHT CRITICAL - not ready: 1 error ("), "{}", told.stdout);
    let refused = Run::of(test.command().args(["run", "-i", "missing.yml", "--format", "nagios"]));
    assert_eq!(refused.status, Some(2), "an inventory that cannot be read is critical");
    assert!(refused.stdout.contains("inventory/readable"), "{}", refused.stdout);
    let refused = Run::of(test.command().args(["run", "--check", "no/such", "--format", "nagios"]));
    assert_eq!(refused.status, Some(3), "unknown");
    let beside = run(&test, &["--format", "nagios=line.txt"], &[]);
    assert_eq!(beside.status, Some(1), "a file changes nothing");
}
