//! Stored inventories: what the real ansible-inventory and hive-builder gave, against what the program gives.
//!
//! `tests/inventories/FAMILY/CASE/`: `input/` is the working directory, `case.json` the call, `expected.json` what was given
//! back. Types count: `1` is not `1.0`, `true` is not `"true"`.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    str::FromStr,
};

use hive_preflight::inventory::{LoadOptions, Pattern, load};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{canonical, same, texts};

struct Case {
    name: String,
    directory: PathBuf,
    call: Value,
}

fn cases() -> Vec<Case> {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inventories");
    let mut cases = Vec::new();
    for family in directories(&base) {
        for directory in directories(&family) {
            let name = directory.strip_prefix(&base).expect("below the base").display().to_string();
            let call = read_json(&directory.join("case.json"));
            cases.push(Case { name, directory, call });
        }
    }
    cases
}

fn directories(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).expect("a directory of cases");
    let mut found: Vec<PathBuf> =
        entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a case's file")).expect("JSON")
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::write(target, fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

/// A private copy of the case's input, as the case wants it.
fn stage(case: &Case) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a temporary directory");
    copy(&case.directory.join("input"), home.path()).expect("a copy of the input");
    for file in texts(&case.call, "exec") {
        fs::set_permissions(home.path().join(file), fs::Permissions::from_mode(0o755)).expect("an executable");
    }
    for directory in texts(&case.call, "mkdirs") {
        fs::create_dir_all(home.path().join(directory)).expect("a directory");
    }
    for file in texts(&case.call, "remove") {
        fs::remove_file(home.path().join(file)).expect("a file to remove");
    }
    home
}

fn run(home: &Path, call: &Value, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hive-preflight"));
    command
        .current_dir(home)
        .env("LC_ALL", "C.UTF-8")
        .env_remove("HIVE_FIRST_HIVE")
        .args(["inventory", "--show-secrets"]);
    if call["kind"] == "hive" {
        command.args(["--root", "."]);
    }
    for source in texts(call, "sources") {
        command.args(["-i", &source]);
    }
    for (key, option) in [("stage", "--stage"), ("playbook_dir", "--playbook-dir")] {
        if let Some(text) = call[key].as_str() {
            command.args([option, text]);
        }
    }
    command.args(more).output().expect("the program runs")
}

/// Everything below a directory with its content, to see that nothing is written.
fn snapshot(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(snapshot(&path));
        } else {
            found.push((path.clone(), fs::read(&path).expect("a file")));
        }
    }
    found.sort();
    found
}

/// What is wrong with the program's answer to a case.
fn judge(case: &Case) -> Option<String> {
    let home = stage(case);
    let before = snapshot(home.path());
    let output = run(home.path(), &case.call, &["--list"]);
    if snapshot(home.path()) != before {
        return Some("the program wrote into the project".to_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    if case.call["exit"] != json!(output.status.code()) {
        return Some(format!("exit {:?}, wanted {}: {stderr}", output.status.code(), case.call["exit"]));
    }
    if case.call["exit"] != 0 {
        return stderr.is_empty().then(|| "an error without a word".to_owned());
    }
    let got = canonical(&serde_json::from_slice(&output.stdout).expect("JSON on standard output"));
    let want = read_json(&case.directory.join("expected.json"));
    (!same(&got, &want)).then(|| format!("wanted {want}\n   got {got}"))
}

#[test]
fn inventories_are_read_as_ansible_reads_them() {
    let cases: Vec<Case> = cases().into_iter().filter(|case| case.call["kind"] != "patterns").collect();
    assert!(cases.len() > 100, "only {} cases were found", cases.len());
    let wrong: Vec<String> =
        cases.iter().filter_map(|case| judge(case).map(|why| format!("{}: {why}", case.name))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn patterns_select_what_ansible_selects() {
    let cases: Vec<Case> = cases().into_iter().filter(|case| case.call["kind"] == "patterns").collect();
    assert!(!cases.is_empty());
    let mut wrong = Vec::new();
    for case in &cases {
        let home = stage(case);
        for wanted in case.call["patterns"].as_array().expect("patterns") {
            let pattern = wanted["pattern"].as_str().expect("a pattern");
            let output = run(home.path(), &case.call, &["--hosts", &format!("--limit={pattern}")]);
            let hosts: Vec<String> = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
            // No hosts at all is an error with `--limit`.
            let exit = if hosts.is_empty() { 2 } else { 0 };
            if json!(hosts) != wanted["hosts"] || output.status.code() != Some(exit) {
                wrong.push(format!("{} `{pattern}`: got {hosts:?} and {:?}", case.name, output.status.code()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn write(home: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = home.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, text).expect("a file");
    }
}

/// Standard error of a call that is refused, in both languages.
fn complaints(files: &[(&str, &str)], sources: &[&str]) -> String {
    let home = tempfile::tempdir().expect("a temporary directory");
    write(home.path(), files);
    let told = ["en", "ja"].map(|lang| {
        let output = run(home.path(), &json!({ "sources": sources }), &["--list", "--lang", lang]);
        assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8_lossy(&output.stderr).into_owned()
    });
    told.join("=====\n")
}

#[test]
fn all_problems_of_all_files_are_told_with_their_places() {
    let files = [
        ("inv/a.yml", "web:\n  hosts: [h1]\n  children:\n    db:\n      vars: 5\nyes:\n  hosts: {h: 7}\n"),
        ("inv/b", "[web]\nh1 ; x\nh2 a\n[gone:vars]\nx=1\n[also:vars]\ny=2\n"),
        ("inv/c.yml", "all:\n  hosts:\n    h1:\n      a: =\n"),
        ("inv/d.yml", "all:\n\thosts:\n"),
    ];
    insta::assert_snapshot!(complaints(&files, &["inv", "nowhere.yml"]));
}

#[test]
fn problems_of_a_hive_project_are_told_with_their_places() {
    let files = [
        (
            "inventory/hive.yml",
            "plugin: hive_inventory\nname: t.example.com\nstages:\n  private:\n    provider: vagrant\n    region: x\n    cidr: 192.168.10.5/24\n  \
             develop: {}\n  staging: {provider: vmware}\n",
        ),
        (
            "inventory/services.yml",
            "plugin: hive_services\nservices:\n  web:\n    image: x\n    ports: [2222:22]\n    volumes: [/a:/b]\n  db:\n    imag: y\n",
        ),
    ];
    insta::assert_snapshot!(complaints(&files, &["inventory"]));
}

#[test]
fn what_surprises_is_warned_about_with_a_stable_id() {
    let home = tempfile::tempdir().expect("a temporary directory");
    write(
        home.path(),
        &[
            ("inv/hosts.yml", "web:\n  host: {h1: }\n  hosts: {web: , h2: {a: 1, a: 2, p: 22:22}}\nbad: 5\n"),
            ("inv/old.ini", "h9\n"),
            ("inv/group_vars/web.yml", "x: 1\n"),
            ("inv/group_vars/web/main.yml", "x: 2\n"),
        ],
    );
    let told = ["en", "ja"].map(|lang| {
        let output = run(home.path(), &json!({ "sources": ["inv"] }), &["--hosts", "--lang", lang]);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "web\nh2\n");
        String::from_utf8_lossy(&output.stderr).into_owned()
    });
    insta::assert_snapshot!(told.join("=====\n"));
}

#[test]
fn every_variable_knows_its_file_and_line() {
    let home = tempfile::tempdir().expect("a temporary directory");
    write(home.path(), &[("hosts", "[web]\nh1 a=1 b=2\n"), ("group_vars/web.yml", "---\nb: 3\nc: 4\n")]);
    let hosts = home.path().join("hosts").display().to_string();
    let playbook_dir = Some(home.path().join("none"));
    let loaded =
        load(&LoadOptions { sources: vec![hosts], playbook_dir, ..LoadOptions::default() }).expect("an inventory");
    let vars = &loaded.inventory.hosts["h1"].vars;
    let places: Vec<(String, u32, u32)> = ["a", "b", "c"]
        .iter()
        .map(|name| {
            let location = vars.get(name).expect("a variable").location.as_ref().expect("a place");
            let file = location.file.strip_prefix(home.path()).expect("below").display().to_string();
            (file, location.line, location.column)
        })
        .collect();
    let expected = [("hosts", 2, 4), ("hosts", 2, 8), ("group_vars/web.yml", 3, 1)];
    assert_eq!(places, expected.map(|(file, line, column)| (file.to_owned(), line, column)));
}

#[test]
fn a_hive_project_tells_its_stage_and_services() {
    let home = tempfile::tempdir().expect("a temporary directory");
    write(
        home.path(),
        &[
            (
                "inventory/hive.yml",
                "plugin: hive_inventory\nname: t.example.com\nstages:\n  staging: {provider: prepared, cidr: 10.0.0.0/24}\n",
            ),
            (
                "inventory/s.yml",
                "plugin: hive_services\nservices:\n  web: {image: x, ports: [\"80:8080\", \"53/udp\"], logging: {driver: fluentd}}\n",
            ),
            (
                ".hive/persistents.yml",
                "stage: {global: staging}\ntemp_dir: {staging: /srv/t}\npublished_port_map: {staging: {web53: 61007}}\n",
            ),
        ],
    );
    let options = LoadOptions { root: Some(home.path().to_path_buf()), ..LoadOptions::default() };
    let site = load(&options).expect("an inventory").inventory.hive.expect("a site");
    assert_eq!(
        (site.name.as_str(), site.stage.as_str(), site.provider.as_str()),
        ("t.example.com", "staging", "prepared")
    );
    assert_eq!(site.context_dir, home.path().join(".hive/staging"));
    assert_eq!(site.temp_dir, Path::new("/srv/t"));
    let [web] = site.services.as_slice() else { panic!("one service, not {:?}", site.services) };
    let ports = serde_json::to_value(&web.definition["ports"]).expect("JSON");
    let expected = json!([
        { "published_port": 80, "target_port": 8080, "protocol": "tcp" },
        { "published_port": 61007, "target_port": 53, "protocol": "udp" },
    ]);
    assert!(same(&ports, &expected), "{ports}");
    assert_eq!(web.location.as_ref().map(|location| location.line), Some(3));
}

#[test]
fn a_script_that_hangs_or_shouts_is_told_and_ended() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let script = home.path().join("s.sh");
    fs::write(&script, "#!/bin/sh\necho oops >&2\nexit 3\n").expect("a script");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("an executable");
    let output = run(home.path(), &json!({ "sources": ["s.sh"] }), &["--list"]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("s.sh: the inventory script failed (exit 3): oops"), "{stderr}");
}

#[test]
fn a_text_file_is_never_handed_to_a_shell() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let file = home.path().join("hosts.yml");
    fs::write(&file, "touch: \n  hosts: {h1: }\n").expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("an executable");
    let output = run(home.path(), &json!({ "sources": ["hosts.yml"] }), &["--hosts"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "h1\n");
}

#[test]
fn hostile_files_end_in_a_clear_error() {
    let level = |n: usize| format!("a{n}: &a{n} [{}]", format!("*a{},", n - 1).repeat(10));
    let laughs = std::iter::once("a0: &a0 [x]".to_owned()).chain((1..12).map(level)).collect::<Vec<_>>().join("\n");
    let deep = format!("all: {}", "[".repeat(100_000));
    let cases = [
        (laughs.as_str(), "aliases expand to more than"),
        (deep.as_str(), "nested more than 256 deep"),
        ("all:\n  hosts:\n    h[0:999999999]:\n", "more than 250000 hosts"),
        ("a:\n  children:\n    b:\n      children:\n        a:\n", "cannot be its child"),
        ("a: &a {<<: *a}\n", "contains it"),
    ];
    for (text, message) in cases {
        let stderr = complaints(&[("h.yml", text)], &["h.yml"]);
        assert!(stderr.contains(message), "{stderr}");
    }
}

/// Loads a file of this name and content; all that counts is that it comes back.
fn survive(name: &str, bytes: &[u8]) {
    let home = tempfile::tempdir().expect("a temporary directory");
    let path = home.path().join(name);
    fs::write(&path, bytes).expect("a file");
    let sources = vec![path.display().to_string()];
    let playbook_dir = Some(home.path().to_path_buf());
    if let Err(errors) = load(&LoadOptions { sources, playbook_dir, ..LoadOptions::default() }) {
        assert!(!errors.problems.is_empty());
        assert!(errors.problems.iter().all(|problem| !problem.to_string().is_empty()));
    }
}

/// Lines that look like inventories, wildly combined.
fn lookalike() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "all:",
        "hosts:",
        "children:",
        "vars:",
        "h1",
        "h[1:3]",
        ": ",
        "\n",
        "  ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "&a ",
        "*a",
        "<<: ",
        "!vault ",
        "!unsafe ",
        "\"",
        "'",
        "#",
        "=",
        "a=1",
        "[g:vars]",
        "[g:children]",
        "22:22",
        "0644",
        "~",
        "\t",
        "|",
        ">",
        "---",
        "plugin: hive_inventory",
        "plugin: hive_services",
        "services:",
        "stages:",
        "private:",
        "cidr: 10.0.0.0/24",
        "provider: aws",
        "ports:",
        "1e3",
        "é",
        "\u{2028}",
        "\\",
    ]);
    prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_reader_panics_on_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200), name in "h(\\.yml|\\.json|\\.ini)?") {
        survive(&name, &bytes);
    }

    #[test]
    fn no_reader_panics_on_what_looks_like_an_inventory(text in lookalike(), name in "h(\\.yml|\\.json|\\.ini)?") {
        survive(&name, text.as_bytes());
    }

    #[test]
    fn no_pattern_panics(text in "[a-z0-9.:!&~,@*?\\[\\](|)\\\\ -]{0,20}|\\PC{0,12}") {
        let home = tempfile::tempdir().expect("a temporary directory");
        let hosts = home.path().join("hosts");
        fs::write(&hosts, "[web]\nweb1\nweb2\n[db]\ndb1\n").expect("a file");
        let loaded = load(&LoadOptions { sources: vec![hosts.display().to_string()], ..LoadOptions::default() }).expect("an inventory");
        for pattern in [Pattern::from_str(&text), Pattern::limit(&text)].into_iter().flatten() {
            if let Ok(selection) = loaded.inventory.try_select(&pattern) {
                prop_assert!(selection.hosts.len() <= 3);
            }
        }
    }
}
