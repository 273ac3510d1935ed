//! `diff` and `run --changed-since`, on repositories with a real history.

mod rules;
mod untrusted;

use std::process::Command;

use serde_json::Value;

use crate::support::{CliTest, Run};

const HIVE: &str = "\
plugin: hive_inventory
name: site
stages:
  production:
    provider: prepared
    internal_cidr: 172.30.0.0/16
    cidr: 10.0.0.0/24
    number_of_hosts: 4
";

const SERVICES: &str = "\
plugin: hive_services
services:
  web:
    image: nginx:1.25
    environment:
      TZ: UTC
    ports: [\"80:80\", \"443:443\", \"9000\"]
    volumes:
      - {source: data, target: /d, drbd: {size: 1G, fs: xfs}}
      - {source: more, target: /m, drbd: {size: 1G, fs: xfs}}
";

const PERSISTENTS: &str = "\
stage: {global: production}
published_port_map: {production: {web9000: 61001}}
drbd_device_map: {production: {data: 1, more: 2}}
";

/// A directory under version control, and the program run in it.
struct Repository {
    test: CliTest,
}

impl Repository {
    fn new(files: &[(&str, &str)]) -> Self {
        let repository = Self { test: CliTest::new() };
        repository.git(&["init", "--quiet", "--initial-branch", "main"]);
        repository.test.write(".gitignore", "home\nup.git\n");
        repository.commit(files);
        repository
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(self.test.path(""))
            .env_clear()
            .env("PATH", path())
            .env("HOME", self.test.path("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs([("GIT_AUTHOR_NAME", "op"), ("GIT_AUTHOR_EMAIL", "op@example.com")])
            .envs([("GIT_COMMITTER_NAME", "op"), ("GIT_COMMITTER_EMAIL", "op@example.com")])
            .envs([("GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z"), ("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z")])
            .output()
            .expect("git starts");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn commit(&self, files: &[(&str, &str)]) {
        for (path, text) in files {
            self.test.write(path, text);
        }
        self.git(&["add", "--all", "--force", "--", ".", ":!home"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", "change"]);
    }

    fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.test.command().env("PATH", path()).args(arguments))
    }

    /// What a user sees, without what depends on the day.
    fn seen(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments);
        self.test.redacted(&format!("{}{}[exit {:?}]", run.stdout, run.stderr, run.status))
    }
}

fn path() -> String {
    std::env::var("PATH").expect("there is a path to programs")
}

fn site() -> Repository {
    Repository::new(&[
        ("inventory/hive.yml", HIVE),
        ("inventory/web.yml", SERVICES),
        (".hive/persistents.yml", PERSISTENTS),
    ])
}

fn failed(run: &Run) -> Vec<String> {
    let report = run.json();
    let results = report["results"].as_array().expect("results");
    let failed = results.iter().filter(|result| result["outcome"] == "fail");
    failed.map(|result| result["check"].as_str().expect("an id").to_owned()).collect()
}

const H: &str = "inventory/hive.yml";
const S: &str = "inventory/web.yml";
const P: &str = ".hive/persistents.yml";

#[test]
fn a_majority_that_leaves_at_once_is_an_error() {
    let repository = site();
    repository.commit(&[(H, &HIVE.replace("hosts: 4", "hosts: 2"))]);
    let run = repository.run(&["diff", "HEAD~1", "--format", "json", "--check", "change/quorum-stays"]);
    let report = run.json();
    assert_eq!((report["results"][0]["severity"].as_str(), run.status), (Some("error"), Some(1)));
    assert_eq!(run.stderr, "");
}

#[test]
fn changes_come_first_and_then_what_hurts_in_both_languages() {
    let repository = site();
    let hive = HIVE.replace("hosts: 4", "hosts: 5").replace("10.0.0.0", "10.0.1.0");
    let services = SERVICES
        .replace("nginx:1.25", "nginx:1.27")
        .replace(" \"443:443\",", "")
        .replace("TZ: UTC", "TZ: UTC\n      DB_PASSWORD: hunter22")
        .replace("/d, drbd: {size: 1G", "/d, drbd: {size: 2G");
    repository.commit(&[(H, &hive), (S, &services), ("inventory/group_vars/hives.yml", "tuned: true\n")]);
    for lang in ["en", "ja"] {
        insta::assert_snapshot!(format!("site_{lang}"), repository.seen(&["diff", "HEAD~1", "--lang", lang]));
    }
}

#[test]
fn the_checkout_and_its_index_stay_as_they_are() {
    let repository = site();
    repository.commit(&[(H, &HIVE.replace("hosts: 4", "hosts: 6"))]);
    repository.test.write(S, &SERVICES.replace("UTC", "Asia/Tokyo"));
    let state = |repository: &Repository| {
        let index = std::fs::read(repository.test.path(".git/index")).expect("there is an index");
        (index, repository.git(&["stash", "list"]), repository.git(&["rev-parse", "HEAD"]), repository.test.read(S))
    };
    let before = state(&repository);
    assert_eq!(repository.run(&["diff", "HEAD~1", "--format", "json"]).status, Some(1));
    assert!(before == state(&repository), "something of the repository changed");
    assert_eq!(repository.git(&["status", "--porcelain"]), " M inventory/web.yml\n");
}

#[test]
fn nothing_that_changed_is_said_so() {
    let repository = site();
    insta::assert_snapshot!(repository.seen(&["diff", "HEAD"]));
}

#[test]
fn persistents_outside_of_git_count_for_both_sides() {
    let repository = Repository::new(&[(".gitignore", "home\n.hive\n"), (H, HIVE), (S, SERVICES)]);
    repository.test.write(P, PERSISTENTS);
    repository
        .test
        .write(S, &SERVICES.replace("services:\n", "services:\n  early: {image: alpine, ports: ['9000']}\n"));
    let run = repository.run(&["diff", "HEAD"]);
    assert!(run.stdout.contains("`.hive/persistents.yml` is not in git"), "{}", run.stdout);
    assert!(run.stdout.contains("  + early\n") && !run.stdout.contains("~ web"), "{}", run.stdout);
    assert_eq!(run.status, Some(0));
}

#[test]
fn without_persistents_a_number_is_only_worth_knowing() {
    let repository = Repository::new(&[(H, HIVE), (S, SERVICES)]);
    let early = SERVICES.replace("services:\n", "services:\n  early: {image: alpine, ports: ['9000']}\n");
    repository.test.write(S, &early);
    let args = ["diff", "HEAD", "--format", "json", "--check", "change/numbers-stay", "-s", "production"];
    let run = repository.run(&args);
    let results = run.json()["results"].clone();
    assert_eq!((results[0]["outcome"].as_str(), results[0]["severity"].as_str()), (Some("fail"), Some("info")));
    assert_eq!(run.status, Some(0));
}

#[test]
fn an_inventory_that_could_not_be_read_then_is_named_with_its_revision() {
    let repository = Repository::new(&[("inventory/hive.yml", "plugin: hive_inventory\nname: [\n")]);
    repository.commit(&[("inventory/hive.yml", HIVE)]);
    insta::assert_snapshot!(repository.seen(&["diff", "HEAD~1"]));
    assert_eq!(repository.run(&["diff", "HEAD~1"]).status, Some(2));
}

#[test]
fn an_inventory_that_was_not_there_then_is_all_new() {
    let repository = Repository::new(&[("README", "empty\n")]);
    repository.commit(&[("hosts", "[web]\nw1 ansible_host=192.0.2.1\n")]);
    let run = repository.run(&["diff", "HEAD~1", "-i", "hosts"]);
    assert!(run.stdout.contains("  + w1\n") && run.stdout.contains("there was no inventory yet"), "{run:?}");
}

#[test]
fn a_branch_is_compared_with_where_it_left_its_upstream() {
    let repository = site();
    repository.git(&["init", "--quiet", "--bare", "up.git"]);
    repository.git(&["remote", "add", "origin", "./up.git"]);
    repository.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
    repository.commit(&[(H, &HIVE.replace("hosts: 4", "hosts: 5"))]);
    repository.commit(&[(S, &SERVICES.replace("UTC", "Asia/Tokyo"))]);
    let run = repository.run(&["diff"]);
    assert!(
        run.stdout.contains("  + hive4.site\n") && run.stdout.contains("environment.TZ: UTC -> Asia/Tokyo"),
        "{run:?}"
    );
}

#[test]
fn what_git_cannot_do_is_said() {
    let bare = CliTest::new();
    bare.write("hosts", "[web]\nw1\n");
    let told = |run: Run| format!("{}[exit {:?}]", bare.redacted(&run.stderr), run.status);
    let outside = bare
        .command()
        .env("PATH", path())
        .env("GIT_DISCOVERY_ACROSS_FILESYSTEM", "1")
        .args(["diff", "-i", "hosts"])
        .output();
    let outside = outside.expect("it starts");
    let outside =
        format!("{}[exit {:?}]", bare.redacted(&String::from_utf8_lossy(&outside.stderr)), outside.status.code());
    let no_git = told(Run::of(bare.command().env("PATH", bare.path("home")).args(["diff", "-i", "hosts"])));
    let repository = site();
    let no_upstream = repository.seen(&["diff"]);
    let no_revision = repository.seen(&["diff", "no-such-branch"]);
    let option = repository.seen(&["diff", "--", "--output=x"]);
    insta::assert_snapshot!([outside, no_git, no_upstream, no_revision, option].join("\n"));
}

const OLD: &str = "\
[web]
w1 ansible_host=192.0.2.1
w2 ansible_host=192.0.2.2
w3 ansible_host=192.0.2.3
[web:vars]
ansible_user=root
db_password=first-secret
api=https://u:first-secret@db.example.com/
size=1
";

const NEW: &str = "\
[web]
w1 ansible_host=192.0.2.1
w9 ansible_host=192.0.2.2
w3 ansible_host=192.0.2.9 ansible_port=2222
w4 ansible_host=192.0.2.4
[web:vars]
ansible_user=op
db_password=second-secret
api=https://u:second-secret@db.example.com/
size=2
";

#[test]
fn two_directories_are_compared_without_git_and_secrets_stay_hidden() {
    let test = CliTest::new();
    test.write("old/hosts", OLD);
    test.write("new/hosts", NEW);
    let run = Run::of(test.command().env("PATH", test.path("home")).args(["diff", "old", "new"]));
    let seen = format!("{}{}[exit {:?}]", run.stdout, run.stderr, run.status);
    assert!(!seen.contains("first-secret") && !seen.contains("second-secret"), "{seen}");
    insta::assert_snapshot!(test.redacted(&seen));
    let missing = test.run(&["diff", "old", "nowhere"]);
    assert_eq!(missing.status, Some(2));
    assert!(missing.stderr.contains("`nowhere` is no file and no directory"), "{missing:?}");
}

/// A file that is encrypted as a whole, with the password `pw`; made by Ansible itself.
const VAULTED: [&str; 2] = [
    "$ANSIBLE_VAULT;1.1;AES256\n\
66366134656661666262633135363439646335643636323738356566653337313237653732373462\n\
6466363931396261666331326561343039636162333836650a303464663333313137353964346364\n\
66343037393831363330643831623434313536326534353163633566383530633337316665646262\n\
6332303661386634650a666637336637323038643936663335343366333863323965316265373231\n\
63656139633466353063643064383133323865363936353361316232646536313331\n",
    "$ANSIBLE_VAULT;1.1;AES256\n\
61323861623130383430323264633766376633373061636536653532373138333162343264653761\n\
6631376436356335613833333137663536313132303032640a306339346334396639343233666331\n\
66396333383132656563623761663761626165366335656434383836336661613039666538656631\n\
3266613938663634630a616535373565343361323030613566623732633366376331396566336163\n\
30633138613634363439656666656337376231316339373439363435383039656134\n",
];

#[test]
fn what_is_vaulted_is_compared_by_what_it_holds_and_never_shown() {
    let [first, second] = VAULTED;
    let files = [("hosts", "[web]\nw1 ansible_host=192.0.2.1\n"), ("pw", "pw\n"), ("group_vars/all.yml", first)];
    let repository = Repository::new(&files);
    let args = ["diff", "HEAD", "-i", "hosts", "--vault-password-file", "pw"];
    repository.test.write("group_vars/all.yml", second);
    let run = repository.run(&args);
    assert!(run.stdout.contains("other: changed  [w1]") && !run.stdout.contains("k:"), "{run:?}");
    assert!(!run.stdout.contains("filesecret"), "{run:?}");
    let run =
        repository.run(&["run", "--offline", "-i", "hosts", "--vault-password-file", "pw", "--changed-since", "HEAD"]);
    assert!(run.stdout.contains("w1 (`other`)"), "{run:?}");
}

#[test]
fn a_limit_leaves_out_what_happened_to_others() {
    let test = CliTest::new();
    test.write("old/hosts", OLD);
    test.write("new/hosts", NEW);
    let run = test.run(&["diff", "old", "new", "--limit", "w3"]);
    assert!(run.stdout.contains("w3  address: 192.0.2.3 -> 192.0.2.9") && !run.stdout.contains("w4"), "{run:?}");
}

#[test]
fn findings_come_in_every_format_and_never_only_tells() {
    let repository = site();
    repository.commit(&[(H, &HIVE.replace("hosts: 4", "hosts: 5"))]);
    let run =
        repository.run(&["diff", "HEAD~1", "--format", "sarif", "--format", "terminal=seen.txt", "--fail-on", "never"]);
    let sarif: Value = serde_json::from_str(&run.stdout).expect("SARIF is JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let found = |id: &str| results.iter().any(|result| result["ruleId"] == id && result["kind"] == "fail");
    assert!(found("change/repository-stays") && found("change/quorum-stays"), "{sarif}");
    assert!(repository.test.read("seen.txt").starts_with("hive-preflight diff  HEAD~1 ("));
    assert_eq!(run.status, Some(0));
}

const LOCAL: &str = "\
[web]
w1 ansible_connection=local
w2 ansible_connection=local
[db]
d1 ansible_connection=local
";

#[test]
fn a_run_asks_only_hosts_that_a_change_touches() {
    let repository =
        Repository::new(&[("hosts", LOCAL), ("group_vars/web.yml", "size: 1\n"), ("group_vars/db.yml", "size: 1\n")]);
    repository.commit(&[("group_vars/web.yml", "size: 2\n")]);
    let args =
        ["run", "-i", "hosts", "--changed-since", "HEAD~1", "--format", "json", "--check", "ssh/remote-tmp-usable"];
    let report = repository.run(&args).json();
    let hosts: Vec<&str> =
        report["hosts"].as_array().expect("hosts").iter().filter_map(|host| host["name"].as_str()).collect();
    assert_eq!(hosts, ["w1", "w2"], "{report}");
    let notices = report["notices"].to_string();
    for told in ["touch 3 of 4 hosts", "w1 (`size`)", "mother (the mother applies every change)"] {
        assert!(notices.contains(told), "{told}: {notices}");
    }
    let offline = ["run", "-i", "hosts", "--offline", "--changed-since", "HEAD", "--format", "json"];
    let nothing = repository.run(&offline);
    assert_eq!((nothing.json()["hosts"].as_array().map(Vec::len), nothing.status), (Some(0), Some(0)));
    assert!(nothing.stdout.contains("nothing that changed since HEAD"), "{nothing:?}");
}

#[test]
fn a_service_touches_the_hives_of_its_stage_and_the_mother() {
    let repository = site();
    repository.commit(&[(S, &SERVICES.replace("nginx:1.25", "nginx:1.27"))]);
    let run = repository.run(&["run", "--offline", "--changed-since", "HEAD~1"]);
    assert!(run.stdout.contains("touch 4 of 5 hosts"), "{run:?}");
    assert!(run.stdout.contains("hive0.site (runs `web`)") && !run.stdout.contains("hive3.site ("), "{run:?}");
}

#[test]
fn programs_and_readers_of_other_formats_get_the_changes_too() {
    let repository = site();
    let services = SERVICES.replace("nginx:1.25", "nginx:1.27").replace("TZ: UTC", "TOKEN: hunter22");
    repository.commit(&[(H, &HIVE.replace("hosts: 4", "hosts: 5")), (S, &services)]);
    let formats = ["--format", "json=diff.json", "--format", "markdown=diff.md", "--format", "html=diff.html"];
    let shown = repository.run(&[&["diff", "HEAD~1"], &formats[..]].concat());
    let report: Value = serde_json::from_str(&repository.test.read("diff.json")).expect("JSON");
    let schema: Value = serde_json::from_str(include_str!("../../docs/report-v1.schema.json")).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    assert_eq!(validator.iter_errors(&report).map(|error| error.to_string()).collect::<Vec<_>>(), [""; 0]);
    let (old, new) = (&report["changes"]["old"], &report["changes"]["new"]);
    assert!(old.as_str().is_some_and(|old| old.starts_with("HEAD~1 (")) && new.is_null(), "{old} {new}");
    let list = report["changes"]["list"].as_array().expect("changes");
    let told: Vec<String> = list
        .iter()
        .map(|change| {
            let word = |key: &str| change[key].as_str().unwrap_or("-").to_owned();
            format!("{} {} {} {}", word("section"), word("what"), change["subjects"], word("key"))
        })
        .collect();
    assert!(told.contains(&"services changed [\"web\"] hive_image".to_owned()), "{told:#?}");
    assert!(told.iter().any(|line| line.starts_with("hosts added")), "{told:#?}");
    for file in ["diff.json", "diff.md", "diff.html"] {
        let text = repository.test.read(file);
        assert!(text.contains("nginx:1.27") && !text.contains("hunter22"), "{file}: {text}");
    }
    let again = repository.run(&["report", "render", "diff.json"]);
    assert_eq!(again.stdout, shown.stdout, "a saved report shows the changes as they were shown");
    let again = repository.run(&["report", "render", "diff.json", "--format", "json"]);
    assert_eq!(again.stdout, repository.test.read("diff.json"));
    let markdown = repository.run(&["report", "render", "diff.json", "--format", "markdown"]);
    assert_eq!(markdown.stdout, repository.test.read("diff.md"));
}
