//! What the documents say is true: their commands exist, their examples work, and both languages tell the same.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(repository().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn hive_preflight(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hive-preflight"));
    command.args(arguments).args(["--lang", "en"]).current_dir(repository()).env_remove("HIVE_PREFLIGHT_LANG");
    command.output().expect("the program starts")
}

fn stdout(arguments: &[&str]) -> String {
    let output = hive_preflight(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("output is UTF-8")
}

/// The fenced code blocks of a document, each with its language; a block inside a list loses its indentation.
fn code_blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut indent = None;
    for line in text.lines() {
        let fence = line.trim_start().strip_prefix("```");
        match (fence, indent) {
            (Some(language), None) => {
                indent = Some(line.len() - line.trim_start().len());
                blocks.push((language.to_owned(), String::new()));
            }
            (Some(_), Some(_)) => indent = None,
            (None, Some(spaces)) => {
                let block = blocks.last_mut().expect("a block is open");
                block.1 += line.get(spaces..).unwrap_or_default();
                block.1.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

/// The `#` marks of a document's headings, outside code.
fn heading_levels(text: &str) -> Vec<usize> {
    let outside = text.split("```").step_by(2).flat_map(str::lines);
    outside.filter(|line| line.starts_with('#')).map(|line| line.find(' ').unwrap_or(0)).collect()
}

/// The first cells of all table rows that are one piece of code.
fn coded_first_cells(text: &str) -> Vec<String> {
    let cells = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    cells.map(|(cell, _)| cell.to_owned()).collect()
}

fn subcommands() -> BTreeSet<String> {
    let help = stdout(&["--help"]);
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(str::to_owned).collect()
}

/// The relative targets of a document's links.
fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let targets = targets.map(|(target, _)| target.split('#').next().unwrap_or_default());
    targets.filter(|target| !target.is_empty() && !target.contains("://")).map(str::to_owned).collect()
}

const DOCUMENTS: [&str; 11] = [
    "README.md",
    "README.ja.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/architecture.md",
    "docs/checks.md",
    "docs/ci.md",
    "docs/connections.md",
    "docs/diff.md",
    "docs/inventory.md",
    "docs/reports.md",
];

#[test]
fn both_readmes_have_the_same_shape() {
    let (english, japanese) = (read("README.md"), read("README.ja.md"));
    assert_eq!(heading_levels(&english), heading_levels(&japanese));
    let commands =
        |text: &str| code_blocks(text).into_iter().filter(|(language, _)| language != "text").collect::<Vec<_>>();
    assert_eq!(commands(&english), commands(&japanese));
    assert_eq!(coded_first_cells(&english), coded_first_cells(&japanese));
    let other = |target: &String| !target.starts_with("README");
    let sorted = |text: &str| links(text).into_iter().filter(other).collect::<BTreeSet<_>>();
    assert_eq!(sorted(&english), sorted(&japanese));
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut dead = Vec::new();
    for document in DOCUMENTS {
        let directory = repository().join(document).parent().map(PathBuf::from).expect("a document has a directory");
        dead.extend(links(&read(document)).into_iter().filter(|l| !directory.join(l).exists()).map(|l| (document, l)));
    }
    assert_eq!(dead, []);
}

#[test]
fn the_readme_lists_every_subcommand() {
    let cells = coded_first_cells(&read("README.md"));
    let listed = cells.iter().filter_map(|cell| cell.strip_prefix("hive-preflight ")?.split(' ').next());
    assert_eq!(listed.map(str::to_owned).collect::<BTreeSet<_>>(), subcommands());
}

/// What the pipelines of docs/ci.md call exists, and the files that others read are what they expect.
#[test]
fn pipelines_call_what_there_is() {
    let yaml = |text: &str| -> serde_json::Value {
        serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error} in:\n{text}"))
    };
    let blocks = code_blocks(&read("docs/ci.md"));
    let pipelines: Vec<_> =
        blocks.iter().filter(|(language, _)| language == "yaml").map(|(_, text)| yaml(text)).collect();
    let [github, gitlab, commit] = pipelines.as_slice() else { panic!("three pipelines, not {}", pipelines.len()) };

    let action = yaml(&read("action.yml"));
    let steps = github["jobs"]["preflight"]["steps"].as_array().expect("steps");
    let given = steps.iter().find_map(|step| step["with"]["args"].as_str()).expect("the action's arguments");
    assert_options_exist("docs/ci.md", &format!("run {given}"));
    let inputs = action["inputs"].as_object().expect("inputs");
    let with = steps.iter().find_map(|step| step["with"].get("args").and(step["with"].as_object())).expect("inputs");
    assert!(with.keys().all(|input| inputs.contains_key(input)), "{with:?}");
    assert_options_exist("action.yml", &format!("run {}", inputs["args"]["default"].as_str().expect("a default")));

    let script = gitlab["preflight"]["script"][0].as_str().expect("a command");
    let call = script.strip_prefix(".cargo/bin/hive-preflight ").expect("the program");
    assert_options_exist("docs/ci.md", call);

    let hooks = yaml(&read(".pre-commit-hooks.yaml"));
    assert_eq!(hooks[0]["id"], commit["repos"][0]["hooks"][0]["id"]);
    assert_options_exist(
        ".pre-commit-hooks.yaml",
        hooks[0]["entry"].as_str().expect("a command").strip_prefix("hive-preflight ").expect("the program"),
    );
    let files = regex::Regex::new(hooks[0]["files"].as_str().expect("a pattern")).expect("a valid pattern");
    for file in ["inventory/hive.yml", "hosts", "site/group_vars/all.yml", "inventory.yml", "prod/hosts.ini"] {
        assert!(files.is_match(file), "{file}");
    }
    assert!(!files.is_match("src/main.rs"));
}

/// The action's own shell, with the program in its place.
#[test]
fn the_action_runs_the_program_with_its_arguments() {
    let action: serde_json::Value = serde_yaml::from_str(&read("action.yml")).expect("YAML");
    let steps = action["runs"]["steps"].as_array().expect("steps");
    let check = steps.iter().find(|step| step["name"] == "Check").expect("the step that checks");
    let home = tempfile::tempdir().expect("a temporary directory");
    let program = home.path().join("hive-preflight/bin");
    std::fs::create_dir_all(&program).expect("a directory");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_hive-preflight"), program.join("hive-preflight")).expect("a link");
    std::fs::write(home.path().join("hosts"), "[web]\nw1\n").expect("an inventory");
    let run = std::process::Command::new("bash")
        .args(["-eo", "pipefail", "-c", check["run"].as_str().expect("a script")])
        .current_dir(home.path())
        .env("RUNNER_TEMP", home.path())
        .env("PREFLIGHT_ARGS", "--offline -i hosts --limit $(touch${IFS}owned),w1")
        .env("PREFLIGHT_SARIF", "out.sarif")
        .output()
        .expect("bash runs");
    assert!(!home.path().join("owned").exists(), "nothing in the arguments is run");
    assert!(home.path().join("out.sarif").exists(), "{run:?}");
}

#[test]
fn every_format_has_its_section() {
    let refused = hive_preflight(&["run", "--format", "no-such-format-at-all"]);
    let told = String::from_utf8(refused.stderr).expect("UTF-8");
    let told = told.split_once("the formats are ").expect("the formats are listed").1;
    let formats: Vec<&str> = told.trim().split(", ").map(|name| name.trim_matches('`')).collect();
    assert!(formats.len() > 10, "{formats:?}");
    let (document, help) = (read("docs/reports.md"), stdout(&["run", "--help"]));
    for format in formats {
        assert!(document.contains(&format!("\n### `{format}`")), "docs/reports.md tells of `{format}`");
        assert!(help.contains(format), "the help of --format names `{format}`");
    }
}

#[test]
fn the_readme_lists_every_check() {
    let checks: serde_json::Value = serde_json::from_str(&stdout(&["list", "--format", "json"])).expect("JSON");
    let checks = checks.get("checks").unwrap_or(&checks).as_array().expect("a list of checks").clone();
    let ids: BTreeSet<_> = checks.iter().map(|check| check["id"].as_str().expect("an id").to_owned()).collect();
    let cells = coded_first_cells(&read("README.md"));
    let told: BTreeSet<_> = cells.into_iter().filter(|cell| cell.contains('/') && !cell.contains(' ')).collect();
    assert_eq!(told, ids);
}

#[test]
fn options_in_the_documents_exist() {
    for document in DOCUMENTS {
        let blocks = code_blocks(&read(document)).into_iter().filter(|(language, _)| language == "sh");
        for line in blocks.flat_map(|(_, block)| block.lines().map(str::to_owned).collect::<Vec<_>>()) {
            let command = line.split('#').next().unwrap_or_default();
            for call in command.split("&&").filter_map(|part| part.trim().strip_prefix("hive-preflight ")) {
                assert_options_exist(document, call);
            }
        }
    }
}

fn assert_options_exist(document: &str, call: &str) {
    let words = shell_words::split(call).unwrap_or_else(|error| panic!("{document}: {call}: {error}"));
    let subcommand = words.first().expect("a subcommand follows the program").as_str();
    let depth = if subcommand == "report" { 2 } else { 1 };
    let path: Vec<&str> = words.iter().take(depth).map(String::as_str).chain(["--help"]).collect();
    let help = stdout(&path);
    for option in words.iter().filter(|word| word.starts_with('-')) {
        let known = help.lines().any(|line| line.split([' ', ',', '=', '[']).any(|word| word == option));
        assert!(known, "{document}: `hive-preflight {subcommand}` has no option `{option}`");
    }
}

#[test]
fn the_two_commands_are_there() {
    let readme = read("README.md");
    assert!(readme.contains("\ncargo run --example demo\ntests/all.sh\n"));
    assert!(repository().join("examples/demo/main.rs").is_file());
    assert!(repository().join("tests/all.sh").is_file());
    assert!(read(".ci/run").contains("\nstep tests/all.sh\n"), "CI runs what the README says");
}

#[test]
fn no_placeholder_is_left() {
    for document in DOCUMENTS {
        let text = read(document);
        for mark in ["<!--", "TODO", "TBD", "FIXME"] {
            assert!(!text.contains(mark), "{document} still has a `{mark}`");
        }
    }
}

#[test]
fn the_example_inventory_is_read() {
    let listed: serde_json::Value =
        serde_json::from_str(&stdout(&["inventory", "-i", "inventory.example.yml", "--list"])).expect("JSON");
    let hosts = stdout(&["inventory", "-i", "inventory.example.yml", "--hosts"]);
    assert_eq!(
        hosts.lines().collect::<Vec<_>>(),
        ["mother.example", "hive0.example", "hive1.example", "repository.example"]
    );
    assert_eq!(listed["mother"]["hosts"], serde_json::json!(["mother.example"]));
    assert_eq!(listed["hives"]["hosts"], serde_json::json!(["hive0.example", "hive1.example"]));
    assert_eq!(listed["_meta"]["hostvars"]["hive1.example"]["ansible_port"], 2222);
}

#[test]
fn checks_shown_in_the_documents_are_valid() {
    for document in ["README.md", "CONTRIBUTING.md"] {
        let blocks = code_blocks(&read(document));
        let files = blocks.iter().filter(|(language, _)| language == "yaml");
        let checks = files.filter_map(|(_, text)| Some((text.lines().next()?.strip_prefix("# checks/")?, text)));
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut written = 0;
        for (path, text) in checks {
            let file = directory.path().join(path);
            fs::create_dir_all(file.parent().expect("a topic")).expect("a directory");
            fs::write(file, text).expect("a check file");
            written += 1;
        }
        assert!(written > 0, "{document} shows a check");
        stdout(&["lint", directory.path().to_str().expect("a UTF-8 path")]);
    }
}
