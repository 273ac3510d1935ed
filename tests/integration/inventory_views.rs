//! What `hive-preflight inventory` shows beside `--list`: the tree, one host, YAML, and where variables come from.

use crate::support::{CliTest, Run};

/// One variable in every layer, and a host that only an inline port makes special.
fn layered() -> CliTest {
    let test = CliTest::new();
    test.write(
        "site/hosts.yml",
        "all:\n  vars: {port: 1}\n  children:\n    web:\n      vars: {port: 2}\n      hosts:\n        w1: {port: 7}\n        w2:22:\n    db: {hosts: {d1: }}\n",
    );
    test.write("site/group_vars/all.yml", "port: 3\nsecret: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n");
    test.write("site/group_vars/web/a.yml", "port: 5\n");
    test.write("site/group_vars/web/b.yml", "port: 5.5\n");
    test.write("site/host_vars/w1.yml", "port: [8, \"x\", null]\n");
    test.write("book/group_vars/all.yml", "port: 4\n");
    test.write("book/group_vars/web.yml", "port: \"6\"\n");
    test.write("book/host_vars/w1.yml", "port: {nine: 9}\n");
    test
}

fn show(test: &CliTest, args: &[&str]) -> Run {
    test.run(&[&["inventory", "-i", "site/hosts.yml", "--playbook-dir", "book"], args].concat())
}

#[test]
fn a_variables_origins_are_told_with_everything_that_it_beat() {
    let test = layered();
    let english = show(&test, &["--explain", "w1"]).stdout;
    let japanese = show(&test, &["--explain", "w1", "port", "--lang", "ja"]).stdout;
    insta::assert_snapshot!(format!("{english}=====\n{japanese}"));
    let listed: serde_json::Value =
        serde_json::from_str(&show(&test, &["--host", "w1"]).stdout).expect("the variables as JSON");
    assert_eq!(listed["port"], serde_json::json!({ "nine": 9 }), "the winner is what the inventory has");
}

#[test]
fn what_a_later_source_replaces_is_told_too() {
    let test = CliTest::new();
    test.write("first", "[web]\nw1 user=a\n[web:vars]\nuser=b\n");
    test.write("second", "[web]\nw1 user=c\n[web:vars]\nuser=d\n");
    let run = test.run(&["inventory", "-i", "first", "-i", "second", "--explain", "w1", "user"]);
    insta::assert_snapshot!(run.stdout);
}

#[test]
fn a_hive_projects_stages_fight_over_one_variable() {
    let test = CliTest::new();
    test.write(
        "inventory/hive.yml",
        "plugin: hive_inventory\nname: site\nstages:\n  private: {provider: prepared, cidr: 10.0.0.0/24}\n  production: {provider: prepared, cidr: 10.1.0.0/24}\n",
    );
    let run = test.run(&["inventory", "--explain", "p-hive0.site", "hive_swarm_master"]);
    insta::assert_snapshot!(run.stdout);
}

#[test]
fn names_that_nothing_has_are_told_with_the_nearest() {
    let test = layered();
    let asked = [
        &["--explain", "w3"][..],
        &["--explain", "w1", "prot"],
        &["--host", "w"],
        &["--graph", "wbe"],
        &["--limit", "d1", "--explain", "w1"],
        &["--yaml", "--graph"],
    ];
    let told = asked.map(|args| {
        let run = show(&test, args);
        assert_eq!(run.status, Some(2), "{args:?}");
        assert_eq!(run.stdout, "", "{args:?}");
        run.stderr
    });
    insta::assert_snapshot!(told.concat());
}

#[test]
fn the_tree_and_the_yaml_are_ansible_inventorys() {
    let test = layered();
    let tree = show(&test, &[]).stdout;
    let part = show(&test, &["--graph", "web", "--limit", "w2"]).stdout;
    let yaml = show(&test, &["--yaml"]).stdout;
    let host = show(&test, &["--host", "w2", "--yaml"]).stdout;
    insta::assert_snapshot!([tree, part, yaml, host].join("=====\n"));
}

/// Every id of a warning that the documentation lists, and the inventories that give it.
#[test]
fn every_surprise_of_the_documentation_is_warned_about() {
    let test = CliTest::new();
    test.write(
        "plain/hosts.yml",
        "web:\n  hots: {h1: }\n  hosts: {web: , h2: {a: 1, a: 2, p: 22:22, q: !unsafe 12, s: !!set {x: }, u: !unsafe [[1]]}}\nbad: 5\nm: {vars: {one: &one {k: 1, same: 1}, two: &two {k: 2, same: 1}, both: {<<: [*one, *two]}, own: {<<: [*one, *two], k: 3}}}\nd-b: {hosts: {localhost: , 127.0.0.1: }}\n",
    );
    test.write("plain/old.ini", "h9\n");
    test.write("plain/group_vars/web.yml", "x: 1\n");
    test.write("plain/group_vars/web/main.yml", "x: 2\n");
    test.write("plain/host_vars", "no directory\n");
    std::fs::write(test.path("plain/raw"), b"[g]\nh8 # \xff\n").expect("a file");
    let plain = test.run(&["inventory", "-i", "plain", "--hosts"]);
    test.write(
        "hive/inventory/hive.yml",
        "plugin: hive_inventory\nname: site\nstages:\n  staging:\n    provider: prepared\n    separate_repository: \"no\"\n    number_of_host: 4\n    number_of_hosts: 0\n    cidr: 10.0.0.0/24\n  production:\n    provider: aws\n    cidr: 10.0.1.0/24\n    shared_repository: false\n    mirrored_disk_encrypted: true\n",
    );
    test.write(
        "hive/inventory/s.yml",
        "plugin: hive_services\nservices:\n  a: {image: x, ports: [\"80:80\"]}\n  b: {image: x, ports: [\"80:81\"]}\n",
    );
    let hive = test.run(&["inventory", "--root", "hive", "--hosts"]);
    insta::assert_snapshot!(format!("{}=====\n{}", plain.stderr, hive.stderr));

    let documented = include_str!("../../docs/inventory.md");
    let section =
        documented.split("## Warnings").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("the section");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    // This one needs Ansible: the tests of the engine have it.
    let ids: Vec<&str> = rows.map(|(id, _)| id).filter(|id| *id != "read-by-ansible").collect();
    let told = format!("{}{}", plain.stderr, hive.stderr);
    let missing: Vec<&&str> = ids.iter().filter(|id| !told.contains(&format!("[{id}]"))).collect();
    assert!(missing.is_empty(), "documented, but not told here: {missing:?}\n{told}");
    let unknown: Vec<&str> = told
        .lines()
        .filter(|line| line.starts_with("warning: "))
        .filter_map(|line| line.rsplit_once('[')?.1.strip_suffix(']'))
        .filter(|id| !ids.contains(id))
        .collect();
    assert!(unknown.is_empty(), "told, but not documented: {unknown:?}");
}
