//! No secret of a project stands in anything that a run leaves or shows, whether it went well or not: each secret is a
//! text that stands nowhere else, and everything is searched for all of them, in base 64, too.

mod echo;
mod held;
mod hive;
mod markers;
mod memory;
mod project;
mod watch;

use std::{fs, process::Command};

use hive_preflight::report::Format;

use crate::support::{CliTest, Run, ansible, findings};
use markers::Markers;
use project::Project;
use watch::Watch;

/// All formats into files of `out`.
fn formats(test: &CliTest) -> Vec<String> {
    fs::create_dir_all(test.path("out")).expect("a directory");
    let file = |format: &Format| test.path("out").join(format.as_str()).display().to_string();
    Format::ALL
        .iter()
        .flat_map(|format| ["--format".to_owned(), format!("{}={}", format.as_str(), file(format))])
        .collect()
}

impl Project {
    fn command(&self) -> Command {
        let mut command = self.test.command();
        fs::create_dir_all(self.test.path("tmp")).expect("a directory");
        command.envs(self.environment.iter().map(|(name, value)| (*name, value))).env("TMPDIR", self.test.path("tmp"));
        command
    }

    /// Runs the program and searches what it says.
    fn quiet(&self, args: &[&str]) -> Run {
        let run = Run::of(self.command().args(args));
        self.search(&format!("{args:?}"), &run);
        run
    }

    fn search(&self, what: &str, run: &Run) {
        self.markers.assert_absent(&format!("{what}, standard output"), run.stdout.as_bytes());
        self.markers.assert_absent(&format!("{what}, standard error"), run.stderr.as_bytes());
    }
}

const PASSWORDS: [&str; 2] = ["--vault-password-file", "one"];

#[test]
fn a_run_shows_no_secret_in_any_format_and_in_no_process() {
    let project = Project::new();
    let test = &project.test;
    let watch = Watch::start();
    let mut command = project.command();
    command.args(["run", "-i", "hosts.yml", "--checks", "mine", "-vvv", "--history", "history"]);
    command.args(
        ["told", "broken", "looks", "seen", "words"]
            .iter()
            .flat_map(|name| ["--check".to_owned(), format!("t/{name}")]),
    );
    command.args(["--connect-timeout", "60"]).args(PASSWORDS).args(formats(test));
    command.env("GITHUB_STEP_SUMMARY", test.path("out/summary")).args(["--format", "github"]);
    let run = Run::of(&mut command);
    let seen = watch.end();
    project.search("run", &run);
    assert!(run.stdout.contains("[hidden]") && run.stdout.contains("[vaulted]"), "{}{}", run.stdout, run.stderr);
    let files = project.markers.assert_absent_below(&test.path("out"))
        + project.markers.assert_absent_below(&test.path("history"));
    assert_eq!(files, Format::ALL.len() + 2, "every format, the summary and the history were written");
    assert_eq!(
        project.markers.assert_absent_below(&test.path("tmp")),
        0,
        "nothing stays in the directory for temporary files"
    );
    assert_eq!(project.markers.assert_absent_below(&test.path("home")), 0);
    let json: serde_json::Value = serde_json::from_str(&test.read("out/json")).expect("JSON");
    let results = findings(&json);
    let of = |check: &str, host: &str, outcome: &str| (format!("t/{check}"), host.to_owned(), outcome.to_owned());
    let mut wanted = vec![of("looks", "here", "fail")];
    for host in ["good", "here"] {
        wanted.extend([of("told", host, "fail"), of("broken", host, "error"), of("words", host, "error")]);
    }
    wanted.sort();
    assert_eq!(results, wanted, "every check looked at what it should: {}", json["results"]);
    for words in &seen.arguments {
        project.markers.assert_absent("a process's arguments", words);
    }
    // The user's own environment is the program's, and that of what it starts here.
    let mut read = Markers::default();
    for place in ["password", "vaulted value", "login password", "become", "value in a vaulted file"] {
        read.add(place);
    }
    for variables in &seen.environments {
        read.assert_absent("a process's environment", variables);
    }
    let (mut lists, mut environments) = (0, 0);
    for entry in fs::read_dir(test.path("seen")).expect("a directory") {
        let file = entry.expect("an entry").path();
        let bytes = fs::read(&file).expect("readable");
        if file.extension().is_some_and(|extension| extension == "arguments") {
            assert!(String::from_utf8_lossy(&bytes).contains("eval"), "the shell that was asked was alive");
            project.markers.assert_absent("the host's list of processes", &bytes);
            lists += 1;
        } else {
            read.assert_absent("the environment of a probe", &bytes);
            environments += 1;
        }
    }
    assert_eq!((lists, environments), (2, 2), "both hosts looked at their own processes");
}

/// What the broken files of a project are, and what its error says at least.
const BROKEN: [(&str, &str, &str); 9] = [
    ("quote.yml", "all:\n  vars:\n    db_password: \"MARK\n  hosts:\n    h1:\n", "quote.yml:"),
    ("list.yml", "all:\n  vars:\n    api_tokens:\n      - MARK\n     - MARK\n", "list.yml:"),
    (
        "block.yml",
        "all:\n  vars:\n    private_key: |\n      -----BEGIN PRIVATE KEY-----\n\tMARK\n     MARK\n   x\n",
        "block.yml:",
    ),
    ("flow.yml", "all: {vars: {app: {secret: MARK, x: [}}}\n", "flow.yml:"),
    ("twice.yml", "all:\n  vars:\n    token: MARK\n    token: MARK\n  hosts: [MARK]\n", "twice.yml:"),
    ("hosts.ini", "h1 ansible_password='MARK\n", "hosts.ini:"),
    ("vars.ini", "[a:vars]\nansible_ssh_pass MARK\n[b\n", "vars.ini:"),
    ("json.json", "{\"all\": {\"vars\": {\"root_password\": \"MARK\", \"x\"\n", "json.json:"),
    (
        "script.sh",
        "#!/bin/sh\necho \"cannot log in with password=MARK\" >&2\nhead -c 600 /dev/zero | tr '\\0' x >&2\nexit 1\n",
        "script",
    ),
];

#[test]
fn broken_inventories_are_told_without_their_secrets() {
    let project = Project::new();
    for (file, text, words) in BROKEN {
        let mut markers = Markers::default();
        let text = text.replace("MARK", &markers.add(file));
        project.test.write(file, &text);
        if text.starts_with("#!") {
            project.test.set_mode(file, 0o755);
        }
        for args in [
            vec!["inventory", "-i", file, "--list"],
            vec!["run", "-i", file, "--offline", "-vvv", "--format", "json"],
            vec!["run", "-i", file, "--offline", "-vvv", "--lang", "ja"],
        ] {
            let run = project.quiet(&args);
            assert_eq!(run.status, Some(2), "{file}: {}", run.stderr);
            assert!(run.stderr.contains(words), "{file}: {}", run.stderr);
            markers.assert_absent(&format!("{args:?}"), format!("{}{}", run.stdout, run.stderr).as_bytes());
        }
    }
}

#[test]
fn views_of_the_inventory_and_of_the_settings_show_no_secret() {
    let mut project = Project::new();
    let setting = project.markers.add("preflight.yml");
    project.test.write("preflight.yml", &format!("options: {{forks: 3}}\nvariables: {{smtp_password: {setting}}}\n"));
    for view in [
        &["--list"][..],
        &["--yaml"],
        &["--host", "good"],
        &["--host", "denied", "--yaml"],
        &["--explain", "good"],
        &["--explain", "good", "odd_password"],
        &["--graph"],
    ] {
        let run = project.quiet(&[&["inventory", "-i", "hosts.yml"], view, &PASSWORDS].concat());
        assert_eq!(run.status, Some(0), "{view:?}: {}", run.stderr);
        let is_graph = view == ["--graph"];
        assert_eq!(run.stdout.contains("[hidden]"), !is_graph, "{view:?}: {}", run.stdout);
    }
    let shown =
        Run::of(project.command().args(["inventory", "-i", "hosts.yml", "--list", "--show-secrets"]).args(PASSWORDS));
    let found = project.markers.found(shown.stdout.as_bytes());
    assert!(found.contains(&"password".to_owned()) && !found.contains(&"vaulted value".to_owned()), "{found:?}");
    let run = project.quiet(&["config", "--show-origin"]);
    assert!(
        run.stdout.contains("smtp_password: [hidden]") || run.stdout.contains("smtp_password: \"[hidden]\""),
        "{}",
        run.stdout
    );
}

#[test]
fn other_ways_to_go_wrong_show_no_secret() {
    let mut project = Project::new();
    let (markers, test) = (&mut project.markers, &project.test);
    test.write("two", &markers.add("wrong vault password"));
    test.write(
        "bad/t/bad.yml",
        &format!("id: t/bad\nprobe: {{shell: 'x --password {}'\n", markers.add("in a check file")),
    );
    for side in ["old", "new"] {
        let (password, token) = (markers.add(&format!("{side} password")), markers.add(&format!("{side} token")));
        let hosts = format!(
            "all:\n  hosts:\n    h1: {{db_password: {password}, env: ['API_TOKEN={token}'], ansible_host: h1}}\n"
        );
        test.write(&format!("{side}/hosts.yml"), &hosts);
    }
    let engine = markers.add("engine");
    test.write(
        "cloud.yml",
        &format!(
            "plugin: constructed\nstrict: true\ngroups: {{x: \"'{engine}' | nosuchfilter\"}}\napi_token: {engine}\n"
        ),
    );
    let url = format!("https://u:{}@example.com", markers.add("on the command line"));
    let wrong = project.quiet(&["run", "-i", "hosts.yml", "--checks", "mine", "--vault-password-file", "two", "-vvv"]);
    assert_eq!(wrong.status, Some(2), "{}", wrong.stderr);
    assert!(wrong.stderr.contains("does not fit"), "{}", wrong.stderr);
    assert_eq!(project.quiet(&["lint", "bad"]).status, Some(2));
    let diff = project.quiet(&["diff", "old/hosts.yml", "new/hosts.yml"]);
    assert!(diff.stdout.contains("db_password"), "{}{}", diff.stdout, diff.stderr);
    assert_eq!(project.quiet(&["run", "--mother-root", "x", "--no-such", &url]).status, Some(2));
    let programs = ansible("ansible-inventory");
    let programs = programs.parent().expect("a directory").display();
    let mut command = project.command();
    command.env("PATH", format!("{programs}:/usr/bin:/bin")).args([
        "inventory",
        "-i",
        "hosts.yml",
        "-i",
        "cloud.yml",
        "--list",
    ]);
    let run = Run::of(command.args(["--inventory-engine", "ansible"]).args(PASSWORDS));
    project.search("ansible-inventory", &run);
    assert_eq!(run.status, Some(2), "{}", run.stderr);
    assert_eq!(project.markers.assert_absent_below(&project.test.path("tmp")), 0);
}

#[test]
fn a_saved_report_is_searched_again_when_it_is_rendered() {
    let mut project = Project::new();
    let run =
        project.quiet(&["run", "-i", "h1,", "--checks", "mine", "--check", "t/told", "--offline", "--format", "json"]);
    assert_eq!(run.status, Some(2), "the project's check needs a connection: {}", run.stderr);
    let secret = project.markers.add("saved");
    let report = project.quiet(&["run", "-i", "here,", "--offline", "--format", "json"]);
    let mut json = report.json();
    json["notices"] = serde_json::json!([format!("log in with password={secret}")]);
    project.test.write("saved.json", &json.to_string());
    let formats = formats(&project.test);
    let mut args = vec!["report", "render", "saved.json"];
    args.extend(formats.iter().map(String::as_str).take(Format::ALL.len() * 2));
    let run = project.quiet(&args);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    assert_eq!(project.markers.assert_absent_below(&project.test.path("out")), Format::ALL.len());
    assert!(project.test.read("out/terminal").contains("password=[hidden]"), "{}", project.test.read("out/terminal"));
}

#[test]
fn nothing_that_the_program_starts_dumps_its_memory() {
    let test = CliTest::new();
    project::write_check(
        &test,
        "core",
        "hosts: all\nprobe: {shell: ulimit -c}\nthat: \"result.stdout == '0\\n'\"\nfail_msg: {en: '{{ result.stdout }}', ja: f}",
    );
    test.write("hosts", "h1 ansible_connection=local\n");
    let mut command = Command::new("sh");
    let plain = test.command();
    command.args(["-c", "ulimit -c unlimited; exec \"$@\"", "sh"]).arg(plain.get_program()).current_dir(test.path("."));
    let run =
        Run::of(command.args(["run", "-i", "hosts", "--checks", "mine", "--check", "t/core", "--format", "json"]));
    run.verdicts("t/core").assert_healthy();
}
