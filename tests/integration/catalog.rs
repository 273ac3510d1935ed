//! Check files as their writers meet them: `lint`, `list` and `explain` on good and broken ones.

use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

use crate::support::{CliTest, Run};

const GOOD: &str = r#"
id: ssh/good
title: {en: "The client is new enough", ja: "クライアントが十分に新しい"}
why: {en: "An old client cannot forward unix sockets.", ja: "古いクライアントは unix ソケットを転送できません。"}
hosts: mother
when: hive is defined
needs: [ssh/first]
phases: [build-images, initialize-services]
tags: [seed, ssh]
vars: {minimum: "6.7"}
probe: {command: {argv: [ssh, -V]}}
register: version
evidence:
  - register: socket
    become: true
    probe: {unix_socket: {path: "{{ hive.temp_dir }}/docker.sock"}}
that: version.stderr | regex_search('OpenSSH_([0-9.]+)', '\\1') | first is version(minimum, '>=')
fail_msg: {en: "{{ version.stderr }} is older than {{ minimum }}", ja: "{{ version.stderr }} は {{ minimum }} より古い"}
remedy:
  - text: {en: "Update it.", ja: "更新してください。"}
    command: "yum update {{ package }}"
    on: mother
  - command: ssh -V
    when: socket.state == 'absent'
faq: old-client
"#;

const FIRST: &str = r#"
id: ssh/first
title: {en: "A banner comes", ja: "バナーが来る"}
why: {en: "w", ja: "w"}
hosts: "all:!mother"
probe: {connection: {}}
that: [result.banner is defined]
severity: "{{ 'warning' if hive is defined else 'error' }}"
fail_msg: {en: "no banner", ja: "バナーなし"}
effect: network
"#;

const ENTRY: &str = r#"
id: old-client
title: {en: "Bad local forwarding specification", ja: "Bad local forwarding specification が出る"}
message: Bad local forwarding specification
phases: [build-images]
text: {en: "The client is too old.", ja: "クライアントが古すぎます。"}
url: https://example.com/faq
remedy:
  - text: {en: "Update the client.", ja: "クライアントを更新してください。"}
"#;

/// A pack with two good checks and a FAQ entry.
fn pack() -> CliTest {
    let test = CliTest::new();
    test.write("pack/ssh/good.yml", GOOD);
    test.write("pack/ssh/first.yml", FIRST);
    test.write("pack/faq/old-client.yml", ENTRY);
    test
}

/// The pack with `ssh/good` after `change`d once.
fn changed(from: &str, to: &str) -> (CliTest, Run) {
    let test = pack();
    assert!(GOOD.contains(from), "{from}");
    test.write("pack/ssh/good.yml", &GOOD.replacen(from, to, 1));
    let run = test.run(&["lint", "pack"]);
    (test, run)
}

/// The problems that a change brings, as they are shown.
fn told(from: &str, to: &str) -> String {
    let (test, run) = changed(from, to);
    assert_eq!(run.status, Some(2), "{from} -> {to}: {}", run.stdout);
    test.redacted(&run.stdout)
}

#[test]
fn a_good_pack_is_told_in_one_line() {
    let run = pack().run(&["lint", "pack"]);
    assert_eq!(
        (run.status, run.stdout.as_str(), run.stderr.as_str()),
        (Some(0), "2 checks, 1 FAQ entry: no problems\n", "")
    );
}

#[test]
fn the_built_in_pack_has_no_problems() {
    let run = CliTest::new().run(&["lint"]);
    assert_eq!(run.status, Some(0), "{}", run.stdout);
    assert!(run.stdout.ends_with(": no problems\n"), "{}", run.stdout);
}

#[test]
fn a_topic_and_a_file_are_judged_within_their_pack() {
    let test = pack();
    for path in ["pack/ssh", "pack/ssh/good.yml", "./pack/ssh/../ssh/good.yml"] {
        let run = test.run(&["lint", path]);
        assert_eq!(run.status, Some(0), "{path}: {}", run.stdout);
    }
    let inside = Run::of(test.command().current_dir(test.path("pack/ssh")).args(["lint", "good.yml"]));
    assert_eq!(inside.stdout, "1 check, 0 FAQ entries: no problems\n");
    let topic = Run::of(test.command().current_dir(test.path("pack/ssh")).args(["lint", "."]));
    assert_eq!(topic.stdout, "2 checks, 0 FAQ entries: no problems\n");
}

#[test]
fn every_problem_of_every_file_is_told_at_once() {
    let test = pack();
    test.write("pack/ssh/broken.yml", "id: [\n");
    test.write("pack/ssh/empty.yml", "# nothing\n");
    test.write("pack/ssh/two.yml", "id: ssh/two\n---\nid: ssh/two\n");
    test.write("pack/ssh/wrong.yaml", "id: ssh/wrong\n");
    fs::write(test.path("pack/ssh/latin.yml"), b"id: \xe9\n").expect("writable");
    test.write(
        "pack/ssh/many.yml",
        r#"id: ssh/manny
title: {en: "日本語 {{ x }}", jp: "条件"}
hostz: mother
become: yes
timeout: 0
phases: [build-image]
needs: [ssh/god, ssh/many, SSH/x]
probe:
  comand: {argv: [ls]}
  tcp: {host: "", port: 99999}
register: hive
evidence:
  - register: hive
    probe: {script: {file: ../secret}}
  - register: 2nd
    probe: {}
loop: abc
that: []
severity: fatal
severity: error
fail_msg: {en: "{{ a | defalt('x') }}", ja: ""}
remedy:
  - txt: {en: a, ja: b}
  - command: echo "{{ path }}"
  - on: mother
effect: nothing
faq: old-clint
"#,
    );
    let run = test.run(&["lint", "pack"]);
    assert_eq!(run.status, Some(2));
    insta::assert_snapshot!(test.redacted(&run.stdout));
}

#[test]
fn expressions_and_templates_are_told_by_their_place() {
    let all = [
        told("when: hive is defined", "when: hive is defind"),
        told("when: hive is defined", "when: version.rc == 0"),
        told("when: hive is defined", "when:\n  - hive is defined\n  - >\n    a ==\n    b and foo(1)"),
        told("[ssh, -V]", "[ssh, \"{{ version.rc }}\"]"),
        told("vars: {minimum: \"6.7\"}", "vars: {minimum: \"{{ nope(1) }}\"}"),
        told("vars: {minimum: \"6.7\"}", "vars: {version: \"6.7\"}"),
        told("yum update {{ package }}", "yum update '{{ package }}'"),
        told("yum update {{ package }}", "yum update {{ package | quote }}"),
        told(
            "on: mother\n  - command: ssh -V",
            "on: mother\n  - command: |\n      cat <<END\n      日本 {{ a }}\n      END",
        ),
        told(r"'\\1')", r"'\1')"),
        told("{{ version.stderr }} is older", "{{ version.stderr | safe }} is older"),
        told("{{ version.stderr }} is older", "{% include 'a' %} is older"),
        told("{{ version.stderr }} is older", "{{ version.stderr is older"),
    ];
    insta::assert_snapshot!(all.join("=====\n"));
}

#[test]
fn references_that_lead_nowhere_or_in_circles_are_told() {
    let test = pack();
    test.write("pack/ssh/first.yml", &FIRST.replace("probe:", "needs: [ssh/good]\nprobe:"));
    let run = test.run(&["lint", "pack"]);
    assert_eq!(run.status, Some(2));
    insta::assert_snapshot!(test.redacted(&run.stdout));
}

#[test]
fn what_has_no_end_is_refused() {
    let test = pack();
    symlink(test.path("pack"), test.path("pack/ssh/loop")).expect("a link can be made");
    symlink("/dev/zero", test.path("pack/ssh/endless.yml")).expect("a link can be made");
    symlink("nowhere", test.path("pack/ssh/dangling.yml")).expect("a link can be made");
    assert!(Command::new("mkfifo").arg(test.path("pack/ssh/pipe.yml")).status().expect("mkfifo is there").success());
    test.write("pack/ssh/huge.yml", &"# x\n".repeat(400_000));
    test.write("pack/ssh/deep.yml", &"[".repeat(100_000));
    let run = test.run(&["lint", "pack"]);
    assert_eq!(run.status, Some(2));
    insta::assert_snapshot!(test.redacted(&run.stdout));
}

#[test]
fn a_path_that_is_not_there_is_told() {
    let test = CliTest::new();
    let run = test.run(&["lint", "missing"]);
    assert_eq!(run.status, Some(2));
    assert_eq!(
        run.stdout,
        "error: the file cannot be read: No such file or directory (os error 2)\n --> missing\n\n1 problem\n"
    );
}

#[test]
fn scripts_stand_beside_their_check() {
    let (test, run) =
        changed("{command: {argv: [ssh, -V]}}", "{script: {file: ask.sh, args: [\"{{ hive.root }}\", 5]}}");
    assert_eq!(run.status, Some(2), "no such file yet");
    test.write("pack/ssh/ask.sh", "echo a\n");
    assert_eq!(test.run(&["lint", "pack"]).status, Some(0));
    test.write("outside.sh", "echo a\n");
    fs::remove_file(test.path("pack/ssh/ask.sh")).expect("it is there");
    symlink("../../outside.sh", test.path("pack/ssh/ask.sh")).expect("a link can be made");
    let run = test.run(&["lint", "pack"]);
    assert!(run.stdout.contains("it must lie in the check's own directory"), "{}", run.stdout);
}

#[test]
fn colour_only_where_it_is_asked_for() {
    let (test, plain) = changed("hosts: mother", "hostz: mother");
    assert!(!plain.stdout.contains('\u{1b}'));
    let colour = test.run(&["--color", "always", "lint", "pack"]);
    assert!(colour.stdout.contains("\u{1b}[1m\u{1b}[31merror\u{1b}[0m"), "{:?}", &colour.stdout[..80]);
}

#[test]
fn checks_of_a_directory_join_the_built_in_ones_and_replace_them() {
    let test = pack();
    let ids = |args: &[&str]| -> Vec<String> {
        let list = test.run(&[&["list", "--format", "json"], args].concat()).json();
        let ids = list.as_array().expect("a list").iter().map(|check| check["id"].as_str().expect("an id").to_owned());
        ids.collect()
    };
    let (built_in, joined) = (ids(&[]), ids(&["--checks", "pack"]));
    assert!(joined.contains(&"ssh/good".to_owned()) && !built_in.contains(&"ssh/good".to_owned()));
    assert!(built_in.iter().all(|id| joined.contains(id)), "{built_in:?} {joined:?}");

    test.write("mine/ssh/good.yml", &GOOD.replace("new enough", "the newest"));
    let explained = test.run(&["explain", "ssh/good", "--checks", "pack", "--checks", "mine"]);
    assert!(explained.stdout.contains("The client is the newest"), "{}", explained.stdout);
}

#[test]
fn a_broken_directory_of_checks_ends_the_program_with_all_problems() {
    let (test, _) = changed("hosts: mother", "hostz: mother");
    let run = test.run(&["list", "--checks", "pack"]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""));
    assert!(
        run.stderr.contains("unknown key `hostz`") && run.stderr.contains("hint: did you mean `hosts`?"),
        "{}",
        run.stderr
    );
}

/// The checks of [`pack`] alone, as `list` shows them.
fn listed(test: &CliTest, args: &[&str]) -> String {
    let run = test.run(&[&["list", "--checks", "pack"], args].concat());
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    run.stdout
}

#[test]
fn the_table_is_aligned_in_both_languages() {
    let test = pack();
    let only = ["--check", "ssh/good", "--check", "ssh/first"];
    let japanese = listed(&test, &[&only[..], &["--lang", "ja"]].concat());
    insta::assert_snapshot!(format!("{}\n{japanese}", listed(&test, &only)));
}

#[test]
fn the_locale_decides_where_nothing_is_said() {
    let test = pack();
    let run = Run::of(test.command().env("LANG", "ja_JP.UTF-8").args(["explain", "ssh/good", "--checks", "pack"]));
    assert!(run.stdout.contains("クライアントが十分に新しい"), "{}", run.stdout);
}

#[test]
fn the_list_can_be_narrowed() {
    let test = pack();
    let count = |args: &[&str]| {
        listed(&test, args).lines().filter(|line| line.starts_with("ssh/good") || line.starts_with("ssh/first")).count()
    };
    assert_eq!(count(&[]), 2);
    assert_eq!(count(&["--before", "setup-hosts"]), 1);
    assert_eq!(count(&["--skip", "ssh/first"]), 1);
    assert_eq!(count(&["--tags", "ssh"]), 1);
    for (args, hint) in [
        (["--check", "ssh/god"], "there is no check `ssh/god`\nhint: did you mean `ssh/good`?"),
        (["--tags", "sed"], "no check has the tag `sed`\nhint: did you mean `seed`?"),
    ] {
        let run = test.run(&[&["list", "--checks", "pack"], &args[..]].concat());
        assert_eq!(run.status, Some(2));
        assert!(run.stderr.contains(hint), "{}", run.stderr);
    }
}

#[test]
fn a_check_and_an_entry_are_explained_in_both_languages() {
    let test = pack();
    let explained = |id: &str, lang: &str| {
        let run = test.run(&["explain", id, "--checks", "pack", "--lang", lang]);
        assert_eq!(run.status, Some(0), "{}", run.stderr);
        run.stdout
    };
    let all: Vec<String> = ["ssh/good", "ssh/first", "old-client"]
        .iter()
        .flat_map(|id| [explained(id, "en"), explained(id, "ja")])
        .collect();
    insta::assert_snapshot!(all.join("=====\n"));
}

#[test]
fn what_cannot_be_explained_has_a_neighbour() {
    let run = pack().run(&["explain", "old-clint", "--checks", "pack"]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""));
    assert_eq!(run.stderr, "error: there is no check or FAQ entry `old-clint`\nhint: did you mean `old-client`?\n");
}

#[test]
fn every_built_in_check_and_entry_can_be_explained() {
    let test = CliTest::new();
    let checks = test.run(&["list", "--format", "json"]).json();
    for check in checks.as_array().expect("a list") {
        let id = check["id"].as_str().expect("an id");
        let run = test.run(&["explain", id, "--lang", "ja"]);
        assert_eq!(run.status, Some(0), "{id}: {}", run.stderr);
        assert!(run.stdout.contains(check["title"]["ja"].as_str().expect("a title").trim()), "{id}: {}", run.stdout);
    }
}

/// A reader that goes away is no error: nothing is said, and the program does not die of it.
#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let test = pack();
    let script = format!("'{}' lint --schema | true; '{0}' list | head -n 1", env!("CARGO_BIN_EXE_hive-preflight"));
    let run = Run::of(Command::new("bash").args(["-o", "pipefail", "-c", &script]).current_dir(test.path(".")));
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
}

/// What the built-in checks and the examples here must be valid against.
fn schema() -> serde_json::Value {
    CliTest::new().run(&["lint", "--schema"]).json()
}

fn judged_by_schema(schema: &serde_json::Value, yaml: &str) -> Vec<String> {
    let value: serde_json::Value = serde_yaml::from_str(yaml).expect("valid YAML");
    let validator = jsonschema::validator_for(schema).expect("a valid schema");
    validator.iter_errors(&value).map(|error| error.to_string()).collect()
}

#[test]
fn the_schema_takes_what_lint_takes() {
    let schema = schema();
    let checks = Path::new(env!("CARGO_MANIFEST_DIR")).join("checks");
    let topics = fs::read_dir(checks).expect("the pack").map(|entry| entry.expect("readable").path());
    let files = topics.filter(|path| path.is_dir() && !path.ends_with("faq")).flat_map(|topic| {
        fs::read_dir(topic).expect("a directory").map(|entry| entry.expect("readable").path()).collect::<Vec<_>>()
    });
    for file in files.filter(|path| path.extension().is_some_and(|extension| extension == "yml")) {
        let text = fs::read_to_string(&file).expect("readable");
        assert_eq!(judged_by_schema(&schema, &text), Vec::<String>::new(), "{}", file.display());
    }
    for text in [GOOD, FIRST] {
        assert_eq!(judged_by_schema(&schema, text), Vec::<String>::new());
    }
}

#[test]
fn the_schema_refuses_what_lint_refuses() {
    let schema = schema();
    for (from, to) in [
        ("hosts: mother", "hostz: mother"),
        ("id: ssh/good", "id: good"),
        ("phases: [build-images,", "phases: [build-image,"),
        ("{command: {argv: [ssh, -V]}}", "{command: {argv: [ssh, -V]}, clock: {}}"),
        ("{command: {argv: [ssh, -V]}}", "{}"),
        ("{command: {argv: [ssh, -V]}}", "{command: {}}"),
        ("become: true", "become: 'yes'"),
        ("faq: old-client", "faq: 5"),
        ("faq: old-client", "severity: fatal"),
        ("faq: old-client", "timeout: 0"),
    ] {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from}");
        assert_ne!(judged_by_schema(&schema, &text), Vec::<String>::new(), "{to}");
        let (_, run) = changed(from, to);
        assert_eq!(run.status, Some(2), "{to}");
    }
}
