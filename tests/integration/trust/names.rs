//! Names of hosts and users that `ssh` refuses reach no shell.

use std::process::{Command, Stdio};

use crate::support::CliTest;

/// What `ssh` itself has against a host or user as an argument.
fn refused_by_ssh(args: &[&str]) -> bool {
    let mut ssh = Command::new("ssh");
    ssh.args(["-F", "none", "-o", "BatchMode=yes", "-o", "ProxyCommand=false"]).args(args).stdin(Stdio::null());
    let output = ssh.output().expect("ssh starts");
    String::from_utf8_lossy(&output.stderr).contains("contains invalid characters")
}

/// Who is refused before anything runs, where an `ssh_config` hands names to a shell as they are: by number.
fn refused_names(test: &CliTest, hosts: &[serde_json::Value]) -> Vec<bool> {
    let code = "Match exec \"true %h %r %n\"\nHost *\n  ProxyCommand true %h %r %n\n";
    let config = test.write("ssh_config", code);
    let host = |(number, vars): (usize, &serde_json::Value)| {
        let mut vars = vars.clone();
        vars["ansible_ssh_common_args"] = format!("-F {}", config.display()).into();
        (format!("h{number}"), vars)
    };
    let all: serde_json::Map<_, _> = hosts.iter().enumerate().map(host).collect();
    test.write("hosts.json", &serde_json::json!({ "all": { "hosts": all } }).to_string());
    let run = test.run(&["run", "-i", "hosts.json", "--check", "ssh/remote-tmp-usable", "--format", "json"]);
    let report = run.json();
    let told = report["hosts"].as_array().expect("hosts").iter();
    let told = told.map(|host| host["error"]["message"].as_str().unwrap_or_default().to_owned());
    let told: Vec<String> = told.filter(|message| !message.is_empty()).collect();
    assert_eq!(told.len(), hosts.len(), "{told:?}");
    told.iter().map(|message| message.contains("that `ssh` takes") || message.contains("whom `ssh` takes")).collect()
}

/// Texts that are code where a shell reads them, with each character that could make them so.
fn nasty_names() -> Vec<String> {
    let marks = ";&|<>(){}$`'\"\\ \t-%*?#~!=@,:^+[]";
    let marked = marks.chars().flat_map(|mark| [format!("a{mark}touch"), format!("{mark}a"), format!("a{mark}")]);
    let code = ["a;touch${IFS}pwned", "$(touch pwned)", "`touch pwned`", "a -oX", "-oProxyCommand=x", "h1.site", "é"];
    marked.chain(code.map(str::to_owned)).collect()
}

#[test]
fn names_that_ssh_refuses_reach_no_shell() {
    let test = CliTest::new();
    let names = nasty_names();
    let as_host = |name: &String| serde_json::json!({ "ansible_host": { "__ansible_unsafe": name } });
    // `ssh` itself takes a user and a port out of an argument with these marks, which we never do.
    let hosts: Vec<&String> = names.iter().filter(|name| !name.contains(['@', '%'])).collect();
    let ours = refused_names(&test, &hosts.iter().map(|name| as_host(name)).collect::<Vec<_>>());
    for (name, ours) in hosts.iter().zip(ours) {
        assert_eq!(ours, refused_by_ssh(&["--", name]) || name.starts_with('-'), "host {name:?}");
    }
    let users = names.iter();
    let as_user =
        |name: &String| serde_json::json!({ "ansible_host": "h", "ansible_user": { "__ansible_unsafe": name } });
    let ours = refused_names(&test, &users.clone().map(as_user).collect::<Vec<_>>());
    for (name, ours) in users.zip(ours) {
        assert_eq!(ours, refused_by_ssh(&["-l", name, "--", "h"]), "user {name:?}");
    }
    assert!(!test.path("pwned").exists());
}
