//! `--inventory-engine`: inventories that only the real Ansible reads, in a copy, with the original left alone.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use serde_json::{Value, json};

use crate::support::{CliTest, Run, ansible};

/// The program's directory in front of the usual ones.
fn path() -> String {
    let programs = ansible("ansible-inventory");
    format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", programs.parent().expect("a directory").display())
}

fn run(test: &CliTest, args: &[&str]) -> Run {
    Run::of(test.command().env("PATH", path()).arg("inventory").args(args))
}

/// What the real program prints, in place.
fn real(test: &CliTest, args: &[&str]) -> Value {
    let mut command = Command::new(ansible("ansible-inventory"));
    let output = command.arg("--list").args(args).current_dir(test.path(".")).env("HOME", test.path("home")).output();
    let output = output.expect("it runs");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{args:?}: {error}: {}", String::from_utf8_lossy(&output.stderr));
    })
}

/// Everything below a directory: kind, mode, time, content.
fn state(directory: &Path) -> BTreeMap<PathBuf, (u32, SystemTime, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![directory.to_path_buf()];
    while let Some(path) = waiting.pop() {
        let metadata = path.symlink_metadata().expect("it is there");
        let content = if metadata.is_file() { fs::read(&path).expect("readable") } else { Vec::new() };
        if metadata.is_dir() {
            waiting.extend(fs::read_dir(&path).expect("readable").map(|entry| entry.expect("an entry").path()));
        }
        found.insert(path, (metadata.mode(), metadata.modified().expect("a time"), content));
    }
    found
}

const HOSTS: &str = "[web]\nw2 size=3\nw1\n[db]\nd1 size=10 port='x y'\n[all:vars]\nkind=big\n";
const CONSTRUCTED: &str = "plugin: constructed\nstrict: true\ngroups:\n  large: (size | default(0)) > 5\n\
                           compose:\n  doubled: (size | default(0)) * 2\n";

#[test]
fn an_unknown_plugin_is_read_by_ansible_and_said_so() {
    let test = CliTest::new();
    test.write("inv/hosts", HOSTS);
    test.write("inv/z.yml", CONSTRUCTED);
    test.write("inv/group_vars/large.yml", "from: group_vars\n");
    test.write("group_vars/web.yml", "beside: the playbook\n");
    let run = run(&test, &["-i", "inv", "--list"]);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    assert_eq!(run.json(), real(&test, &["-i", "inv"]));
    assert_eq!(run.json()["large"]["hosts"], json!(["d1"]));
    insta::assert_snapshot!(test.redacted(&run.stderr), @"warning: `ansible-inventory` reads the whole inventory, in a temporary copy: inv/z.yml:1:9: the inventory plugin `constructed` is none of those that hive-preflight reads itself [read-by-ansible]");
    let order = self::run(&test, &["-i", "inv", "--hosts"]);
    assert_eq!(order.stdout, "w2\nw1\nd1\n", "in the order of the file, not of the names");
}

#[test]
fn toml_is_read_by_ansible() {
    let test = CliTest::new();
    test.write("hosts.toml", "[web.hosts]\nw1 = {}\nw2 = { ansible_port = 44 }\n[web.vars]\nkind = 'big'\n");
    let run = run(&test, &["-i", "hosts.toml", "--list"]);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    assert_eq!(run.json(), real(&test, &["-i", "hosts.toml"]));
    let native = self::run(&test, &["-i", "hosts.toml", "--list", "--inventory-engine", "native"]);
    assert_eq!(native.status, Some(2));
    assert!(native.stderr.contains("--inventory-engine ansible"), "{}", native.stderr);
}

#[test]
fn both_engines_agree_where_both_can_read() {
    let test = CliTest::new();
    test.write("hosts", HOSTS);
    test.write("more.yml", "web: {hosts: {w3: {list: [1, 2.5, null, yes]}}, children: {sub: {hosts: {s1: {}}}}}\n");
    test.write("host_vars/w1.yml", "unsafe: !unsafe '{{ x }}'\nnested: {a: {b: [c]}}\n");
    let list = |engine| {
        let run =
            run(&test, &["-i", "hosts", "-i", "more.yml", "-i", "i1,i2,", "--list", "--inventory-engine", engine]);
        assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""), "{engine}");
        run.json()
    };
    assert_eq!(list("native"), list("ansible"));
    let hosts = |engine| run(&test, &["-i", "hosts", "-i", "more.yml", "--hosts", "--inventory-engine", engine]).stdout;
    let sorted = |text: String| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(hosts("native")), sorted(hosts("ansible")), "hosts without variables are there, too");
}

#[test]
fn the_original_is_left_alone_whatever_a_source_writes() {
    let test = CliTest::new();
    let script = "#!/bin/sh\necho written >> beside\necho written >> \"$(dirname \"$0\")/cache\"\n\
                  printf '{\"web\": {\"hosts\": [\"w1\"], \"vars\": {\"here\": \"%s\"}}}' \"$PWD\"\n";
    test.write("site/inv/dyn.sh", script);
    test.set_mode("site/inv/dyn.sh", 0o750);
    test.write("site/inv/z.yml", "plugin: constructed\ngroups: {all_of: true}\n");
    test.write("site/ansible.cfg", "[defaults]\nhash_behaviour = merge\n");
    test.write("site/.git/config", "[core]\n");
    symlink("inv/dyn.sh", test.path("site/link")).expect("a link");
    let before = state(&test.path("site"));
    let site = test.path("site");
    let mut command = test.command();
    command.env("PATH", path()).current_dir(&site).args(["inventory", "--list", "-i", "link", "-i", "inv/z.yml"]);
    let run = Run::of(command.args(["--inventory-engine", "ansible"]));
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    assert_eq!(run.json()["all_of"]["hosts"], json!(["w1"]));
    let here = run.json()["_meta"]["hostvars"]["w1"]["here"].clone();
    assert_eq!(here, json!(site.canonicalize().expect("there").display().to_string()), "the copy's name is not told");
    assert_eq!(state(&site), before);
}

#[test]
fn sources_of_other_directories_come_with_their_neighbours() {
    let test = CliTest::new();
    test.write("far/inv/hosts", HOSTS);
    test.write("far/inv/group_vars/web.yml", "beside: source\nwho: source\n");
    test.write("here/group_vars/web.yml", "who: here\n");
    test.write("here/ansible.cfg", "[defaults]\n");
    test.write("book/host_vars/w1.yml", "book: 1\n");
    let list = |more: &[&str], engine: &str| {
        let mut command = test.command();
        command.env("PATH", path()).current_dir(test.path("here"));
        command.args(["inventory", "--list", "-i", "../far/inv/hosts", "--inventory-engine", engine]).args(more);
        let run = Run::of(&mut command);
        assert_eq!(run.status, Some(0), "{}", run.stderr);
        run.json()
    };
    assert_eq!(list(&[], "ansible")["_meta"]["hostvars"]["w2"]["who"], "here");
    assert_eq!(list(&[], "ansible"), list(&[], "native"));
    let book = ["--playbook-dir", "../book"];
    assert_eq!(list(&book, "ansible")["_meta"]["hostvars"]["w1"]["book"], 1);
    assert_eq!(list(&book, "ansible"), list(&book, "native"));
}

#[test]
fn a_plugin_that_fails_is_told_in_its_own_words() {
    let test = CliTest::new();
    test.write("hosts", HOSTS);
    test.write("z.yml", "plugin: constructed\nstrict: true\ngroups: {odd: nowhere > 1}\n");
    let run = run(&test, &["-i", "hosts", "-i", "z.yml", "--list"]);
    assert_eq!(run.status, Some(2));
    assert!(run.stderr.contains("'nowhere' is undefined"), "{}", run.stderr);
    let original = test.path("z.yml").canonicalize().expect("there").display().to_string();
    assert!(run.stderr.replace("\n  | ", "").contains(&original), "{}", run.stderr);
    assert!(!run.stderr.contains("/hpf"), "the copy's name helps nobody: {}", run.stderr);
}

#[test]
fn without_ansible_the_message_says_what_to_install() {
    let test = CliTest::new();
    test.write("hosts", HOSTS);
    test.write("z.yml", CONSTRUCTED);
    let mut told = String::new();
    for args in [&["-i", "hosts", "-i", "z.yml"][..], &["-i", "hosts", "--inventory-engine", "ansible"]] {
        let run = test.run(&[&["inventory", "--hosts"], args].concat());
        assert_eq!(run.status, Some(2));
        let _ = write!(told, "$ {}\n{}\n", args.join(" "), test.redacted(&run.stderr));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn encrypted_values_stay_hidden_when_ansible_reads() {
    let test = CliTest::new();
    test.write("one", "one");
    test.write("hosts", HOSTS);
    test.write("z.yml", CONSTRUCTED);
    test.write("group_vars/web.yml", "secret: s3cret-file\npin: 4711\n");
    let mut encrypt = Command::new(ansible("ansible-vault"));
    encrypt.args(["encrypt", "--vault-password-file", "one", "group_vars/web.yml"]).current_dir(test.path("."));
    assert!(encrypt.output().expect("it runs").status.success());
    let run = run(&test, &["-i", "hosts", "-i", "z.yml", "--list", "--vault-password-file", "one"]);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    assert!(run.json()["_meta"]["hostvars"]["w1"]["pin"]["__ansible_vault"].is_string(), "{}", run.stdout);
    assert!(!run.stdout.contains("s3cret") && !run.stdout.contains("4711"), "{}", run.stdout);
}

const HIVE: &str = "plugin: hive_inventory\nname: demo\nstages:\n  private:\n    provider: vagrant\n    \
                    separate_repository: false\n    cidr: 192.168.0.96/27\n    memory_size: 4096\n    \
                    mother_memory_size: 4096\n    cpus: 1\n";
const SERVICES: &str =
    "plugin: hive_services\navailable_on: [private]\nservices: {web: {image: nginx, ports: ['80']}}\n";

#[test]
fn a_hive_project_is_read_by_hive_without_writing_into_it() {
    let test = CliTest::new();
    test.write("site/inventory/hive.yml", HIVE);
    test.write("site/inventory/web.yml", SERVICES);
    test.write("site/.hive/persistents.yml", "stage: {global: private}\n");
    fs::set_permissions(test.path("site/inventory"), fs::Permissions::from_mode(0o750)).expect("ours");
    let site = test.path("site");
    let list = |more: &[&str]| {
        let run = run(&test, &[&["--list", "--root", "site"], more].concat());
        assert_eq!(run.status, Some(0), "{}", run.stderr);
        run
    };
    let native = list(&["--inventory-engine", "native"]).json();
    let before = state(&site);
    let ansible = list(&["--inventory-engine", "ansible"]).json();
    assert_eq!(ansible["hives"], native["hives"]);
    let web = |list: &Value| list["_meta"]["hostvars"]["web"]["hive_ports"].clone();
    assert_eq!(web(&ansible), web(&native), "the numbers that hive would give");
    test.write("site/inventory/zz.yml", "plugin: constructed\ngroups: {firsts: \"'hive0' in inventory_hostname\"}\n");
    let with_plugin = state(&site);
    let auto = list(&[]);
    assert_eq!(auto.json()["firsts"]["hosts"], json!(["p-hive0.demo"]));
    assert!(auto.stderr.contains("`hive` reads the whole inventory"), "{}", auto.stderr);
    assert_eq!(state(&site), with_plugin);
    assert_eq!(before.len() + 1, with_plugin.len());
    let mut hosts = test.command();
    hosts.env("PATH", path()).args([
        "run",
        "--root",
        "site",
        "--check",
        "service/log-driver-not-fluentd",
        "--format",
        "json",
    ]);
    assert_eq!(Run::of(&mut hosts).json()["stage"], "private", "what hive says beside hosts is known");
}
