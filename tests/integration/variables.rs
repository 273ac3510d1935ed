//! What variables of an inventory come to: the same as in Ansible, and an error on their own host where they come to
//! nothing.

use std::{fs, path::Path, sync::Arc};

use hive_preflight::{
    inventory::{LoadOptions, load},
    jinja::{Jinja, json_of},
    plan::{Fleet, Globals, HostScope},
};
use serde_json::{Value, json};

use crate::support::{CliTest, Run};

/// The hosts of `tests/variables/<file>`.
fn scopes(file: &str) -> Vec<Arc<HostScope>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/variables");
    let source = directory.join(file).display().to_string();
    let loaded = load(&LoadOptions { sources: vec![source], ..LoadOptions::default() }).expect("it is valid");
    let fleet = Arc::new(Fleet::of(&loaded.inventory));
    let globals = Arc::new(Globals::new(Arc::new(Jinja::new()), fleet, None, &[]));
    let hosts = loaded.inventory.hosts.values();
    hosts.map(|host| Arc::new(HostScope::new(Arc::clone(&globals), host.clone()))).collect()
}

/// What a variable comes to, in the form of the recording.
fn come_to(scope: &Arc<HostScope>, name: &str) -> Value {
    match scope.variable(name).unwrap_or_else(|| panic!("there is no `{name}`")) {
        Ok(value) => json!({"value": json_of(&value)}),
        Err(error) => json!({"error": error.to_string()}),
    }
}

fn source(scope: &HostScope, name: &str) -> String {
    format!("{:?}", scope.host().vars.get(name).expect("a variable").value)
}

/// Numbers that are equal are the same, however they are written.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, left)| right.get(key).is_some_and(|right| same(left, right)))
        }
        _ => left == right,
    }
}

/// Compares every recorded variable of a file; an error is an error, in our own words.
fn agree(file: &str) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/variables");
    let recorded = directory.join(file).with_extension("json");
    let recorded = fs::read_to_string(&recorded).expect("the recording is there");
    let recorded = recorded.replace("[DIR]", &directory.display().to_string());
    let recorded: Value = serde_json::from_str(&recorded).expect("it is JSON");
    let mut differences = Vec::new();
    let mut compared = 0;
    for scope in scopes(file) {
        let own = recorded[scope.host().name.as_str()].as_object().expect("the host was recorded");
        for (name, theirs) in own {
            let ours = come_to(&scope, name);
            compared += 1;
            let both_fail = ours.get("error").is_some() && theirs.get("error").is_some();
            if !both_fail && !same(&ours, theirs) {
                differences.push(format!("{name}: {}: ours {ours}, Ansible's {theirs}", source(&scope, name)));
            }
        }
    }
    assert!(compared > 60, "{compared} is not much");
    assert!(differences.is_empty(), "{} of {compared}:\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn variables_come_to_what_ansible_makes_of_them() {
    agree("types.yml");
}

#[test]
fn filters_come_to_what_ansible_makes_of_them() {
    agree("filters.yml");
}

/// The table in the documentation is the one in the code, row by row.
#[test]
fn the_documented_table_of_connection_variables_is_the_real_one() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/inventory.md");
    let text = fs::read_to_string(file).expect("the document is there");
    let section = text.split("\n## Connection variables\n").nth(1).expect("it has the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let documented: Vec<&str> = section.lines().filter(|line| line.starts_with("| `ansible_")).collect();
    let real = hive_preflight::plan::connection_variable_rows();
    assert_eq!(documented, real, "the table must be:\n{}", real.join("\n"));
}

/// A check of every host that needs no network, and the hosts given.
fn project(hosts: &str) -> CliTest {
    let test = CliTest::new();
    test.write("hosts.yml", hosts);
    test.write(
        "mine/t/all.yml",
        "id: t/all\ntitle: {en: t, ja: t}\nwhy: {en: w, ja: w}\nhosts: all\nprobe: {shell: 'true'}\n\
         that: result.rc == 0\nfail_msg: {en: f, ja: f}\nseverity: error\nremedy: [{text: {en: r, ja: r}}]\n",
    );
    test
}

const RUN: [&str; 9] = ["run", "-i", "hosts.yml", "--checks", "mine", "--check", "t/all", "--format", "json"];

/// What became of each host: the outcome of its verdict, and what is told about it.
fn told(run: &Run) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let report = run.json();
    let hosts = report["hosts"].as_array().expect("hosts").iter();
    let of_hosts: std::collections::HashMap<String, String> = hosts
        .filter(|host| !host["error"].is_null())
        .map(|host| {
            (text(&host["name"]), format!("{}: {}", text(&host["error"]["class"]), text(&host["error"]["message"])))
        })
        .collect();
    let results = report["results"].as_array().expect("results").iter();
    let mut lines: Vec<String> = results
        .map(|result| {
            let host = text(&result["host"]);
            let message = of_hosts.get(&host).cloned().unwrap_or_else(|| text(&result["message"]));
            format!("{host}: {} {message}", text(&result["outcome"]))
        })
        .collect();
    lines.sort();
    lines.join("\n")
}

/// The address of each host in the report.
fn addresses(run: &Run) -> Vec<String> {
    let report = run.json();
    let hosts = report["hosts"].as_array().expect("hosts").iter();
    hosts.map(|host| host["address"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn what_cannot_be_rendered_is_an_error_on_its_own_host_and_names_the_way() {
    let test = project(
        "all:
  vars: {ansible_connection: local}
  hosts:
    fine: {ansible_user: \"{{ lookup('env', 'USER') }}\"}
    undefined: {ansible_user: '{{ login_nam }}', login_name: op}
    through: {ansible_host: '{{ address }}', address: '{{ hive_private_ip }}'}
    other: {ansible_host: \"{{ hostvars['through'].address }}\"}
    circle: {ansible_port: '{{ a }}', a: '{{ b }}', b: '{{ a }}'}
    itself: {ansible_port: '{{ ansible_port }}'}
    pipe: {ansible_user: \"{{ lookup('pipe', 'touch canary; id -un') }}\"}
    filter: {ansible_user: \"{{ 'a' | uper }}\"}
    fact: {ansible_host: '{{ ansible_default_ipv4.address }}'}
    syntax: {ansible_user: '{{ a b }}'}
    text: {ansible_user: \"{{ 'x' * 1000000000 }}\"}
    list: {ansible_user: '{{ range(1000000000) | list | length }}'}
    items: {ansible_user: '{{ ([0] * 100000000) | join }}'}
    work: {ansible_user: '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}'}
",
    );
    let run = test.run(&RUN);
    insta::assert_snapshot!(test.redacted(&told(&run)));
    assert!(!test.path("canary").exists(), "a lookup ran a command");
    assert_eq!(run.status, Some(3));
}

#[test]
fn a_template_that_grows_without_end_costs_no_other_host_its_results() {
    let elifs = format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}".repeat(20_000));
    let test = project(&format!(
        "all:
  vars: {{ansible_connection: local}}
  hosts:
    fine: {{}}
    long: {{ansible_user: '{elifs}'}}
    found: {{ansible_user: \"{{{{ ('a' * 300000) | regex_findall('(?=(a*))') }}}}\"}}
    joined: {{ansible_user: \"{{{{ (['a' * 100000] * 30000) | join }}}}\"}}
    wide: {{ansible_user: \"{{{{ '%999999999s' | format('a') }}}}\"}}
    sliced: {{ansible_user: \"{{{{ [1] | slice(99999999999) | list }}}}\"}}
"
    ));
    let run = test.run(&RUN);
    insta::assert_snapshot!(test.redacted(&told(&run)), @"
    fine: pass t
    found: error inventory: a connection variable cannot be rendered: `ansible_user` (hosts.yml:6:13): too much work: `regex_findall` of more than 1000000 items or 16777216 bytes
    joined: error inventory: a connection variable cannot be rendered: `ansible_user` (hosts.yml:7:14): too much work: `join` of more than 1000000 items or 16777216 bytes
    long: error inventory: a connection variable cannot be rendered: `ansible_user` (hosts.yml:5:12): 40003 words and signs in one template: at most 5000 are expected
    sliced: error inventory: a connection variable cannot be rendered: `ansible_user` (hosts.yml:9:14): too much work: `slice` of more than 1000000 items or 16777216 bytes
    wide: error inventory: a connection variable cannot be rendered: `ansible_user` (hosts.yml:8:12): too much work: `format` of more than 1000000 items or 16777216 bytes
    ");
    assert_eq!(run.status, Some(3));
}

#[test]
fn variables_without_effect_are_told_once_and_refused_ones_are_errors() {
    let test = project(
        "all:
  vars: {ansible_connection: local, ansible_become_user: postgres, ansible_become_method: sudo}
  hosts:
    one: {ansible_become_password: secret, ansible_become_method: pbrun}
    two: {ansible_become_password: secret, ansible_become_method: pbrun}
    windows: {ansible_shell_type: powershell}
    device: {ansible_connection: ansible.netcommon.network_cli}
    full: {ansible_connection: ansible.builtin.local, ansible_timeout: 3}
    nameless: {ansible_host: ''}
",
    );
    let run = test.run(&RUN);
    let notices = serde_json::to_string_pretty(&run.json()["notices"]).expect("it is JSON");
    assert!(!run.stdout.contains("secret"), "{}", run.stdout);
    insta::assert_snapshot!(test.redacted(&format!("{}\n{notices}", told(&run))));
}

#[test]
fn a_variable_of_a_check_that_cannot_be_rendered_is_an_error_there() {
    let test = project(
        "all:
  vars: {ansible_connection: local, directory: '{{ base }}/data'}
  hosts:
    fine: {base: /srv, services: mine, word: '{{ services }}'}
    missing: {bas: /srv}
    loud: {base: \"{{ undef(hint='say where the data lies') }}\"}
",
    );
    let check =
        test.read("mine/t/all.yml").replace("{shell: 'true'}", "{shell: 'ls -d {{ directory }} {{ word }}; true'}");
    test.write("mine/t/all.yml", &check);
    insta::assert_snapshot!(test.redacted(&told(&test.run(&RUN))));
}

/// Nobody listens on port 1: the report says where the host was looked for.
#[test]
fn settings_of_ansible_hold_where_nobody_says_otherwise() {
    let test = project("all: {hosts: {h: {ansible_host: 127.0.0.1}}}\n");
    let run = |environment: &[(&str, &str)], more: &[&str]| {
        addresses(&Run::of(test.command().args(RUN).args(more).envs(environment.iter().copied())))
    };
    assert_eq!(run(&[("ANSIBLE_REMOTE_PORT", "1"), ("ANSIBLE_REMOTE_USER", "env")], &[]), ["env@127.0.0.1:1"]);
    test.write("home/.ansible.cfg", "[defaults]\nremote_user = home\nremote_port = 1\n");
    assert_eq!(run(&[], &[]), ["home@127.0.0.1:1"]);
    test.write("ansible.cfg", "[defaults]\nremote_user = here\n[ssh_connection]\nssh_args = -o Port=1\n");
    assert_eq!(run(&[], &[]), ["here@127.0.0.1:1"]);
    assert_eq!(run(&[("ANSIBLE_REMOTE_USER", "env")], &[]), ["env@127.0.0.1:1"]);
    assert_eq!(run(&[("ANSIBLE_REMOTE_USER", "env")], &["--user", "me"]), ["me@127.0.0.1:1"]);
    test.write("named/ansible.cfg", "[defaults]\nremote_user = named\nremote_port = 1\n");
    assert_eq!(run(&[("ANSIBLE_CONFIG", "named")], &[]), ["named@127.0.0.1:1"]);
    test.set_mode(".", 0o1777);
    assert_eq!(run(&[], &[]), ["home@127.0.0.1:1"]);
    let told = Run::of(test.command().args(RUN)).stdout;
    assert!(told.contains("everybody may write to this directory"), "{told}");
    test.write("home/.ansible.cfg", "[defaults]\nremote_user\n");
    let refused = Run::of(test.command().args(RUN));
    assert_eq!(refused.status, Some(2));
    assert!(refused.stderr.contains("ansible.cfg:2: `remote_user` is neither"), "{}", refused.stderr);
}

#[test]
fn of_several_variables_for_one_setting_the_one_wins_that_wins_in_ansible() {
    let test = project(
        "all:
  vars: {ansible_host: 127.0.0.1}
  hosts:
    a: {ansible_port: 9, ansible_ssh_port: 1, ansible_user: u1, ansible_ssh_user: u2}
    b: {ansible_port: 9, ansible_user: u1, ansible_ssh_args: -o Port=1 -o User=first}
    c: {ansible_port: 1.0, ansible_user: 5, ansible_ssh_common_args: -o Port=9 -o User=late}
    d: {ansible_port: '{{ port | int }}', port: '1', ansible_user: '{{ none }}'}
    e: {ansible_connection: paramiko, ansible_port: 9, ansible_paramiko_port: 1, ansible_paramiko_user: p}
    f: {ansible_port: 1, ansible_paramiko_user: p, ansible_user: u, ansible_ssh_host: localhost}
",
    );
    let run = Run::of(test.command().args(RUN).args(["--user", "me"]));
    let expected =
        ["u2@127.0.0.1:1", "first@127.0.0.1:1", "5@127.0.0.1:1", "me@127.0.0.1:1", "p@127.0.0.1:1", "u@localhost:1"];
    assert_eq!(addresses(&run), expected);
}
