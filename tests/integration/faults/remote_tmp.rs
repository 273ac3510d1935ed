//! `ssh/remote-tmp-usable`: `~/.ansible/tmp` of a server made useless in every way that gives the same message of Ansible.
//!
//! | at `~/.ansible/tmp`                    | verdict on the server      |
//! |----------------------------------------|----------------------------|
//! | nothing yet, or a directory            | pass                       |
//! | a full file system                     | fail, no space             |
//! | no inode left                          | fail, no inodes            |
//! | read-only                              | fail, read-only            |
//! | somebody else's                        | fail, permission           |
//! | a file                                 | fail, not a directory      |
//! | `noexec`                               | fail                       |

use crate::lab::{Fleet, Site};

const CHECK: &str = "ssh/remote-tmp-usable";
const HOME: &str = "/home/admin/.ansible";

/// Makes `~/.ansible/tmp` a file system of its own, with these mount options.
fn mount(options: &str) -> String {
    format!(
        "install -d -o admin -g admin {HOME} {HOME}/tmp; mount -t tmpfs -o {options} tmp {HOME}/tmp; chown admin:admin {HOME}/tmp"
    )
}

#[test]
fn a_server_without_the_directory_is_healthy_and_stays_as_it_is() {
    let site = Site::new(Fleet::up(1));
    site.verdicts(CHECK).assert_healthy();
    for server in &site.fleet.servers {
        assert_eq!(server.sh(&format!("ls -A {HOME}/tmp 2>/dev/null || true")), "", "nothing is left behind");
    }
}

#[test]
fn every_cause_is_told_apart() {
    let site = Site::new(Fleet::up(7));
    let servers = &site.fleet.servers;
    let faults = [
        (
            format!("{}; dd if=/dev/zero of={HOME}/tmp/filler bs=4k 2>/dev/null || true", mount("size=64k")),
            "No space left",
            "space",
        ),
        (
            format!("{}; while touch {HOME}/tmp/$((n=n+1)) 2>/dev/null; do :; done", mount("nr_inodes=16")),
            "No space left",
            "inode",
        ),
        (format!("{}; mount -o remount,ro {HOME}/tmp", mount("size=1m")), "Read-only", "read-only"),
        (format!("install -d -o root -m 700 {HOME} {HOME}/tmp"), "Permission denied", "permission"),
        (format!("install -d -o admin -g admin {HOME}; touch {HOME}/tmp"), "Not a directory", "not a directory"),
        (format!("touch {HOME}"), "Not a directory", "not a directory"),
    ];
    for (server, (fault, words, _)) in servers.iter().zip(&faults) {
        server.sh(fault);
        let tried = server.ask("admin", &format!("LC_ALL=C dd if=/dev/zero of={HOME}/tmp/probe bs=4k count=1"));
        assert!(tried.stderr.contains(words), "{}: {}", server.name(), tried.stderr);
    }
    let verdicts = site.verdicts(CHECK);
    for (server, (_, _, words)) in servers.iter().zip(&faults) {
        let [verdict] = verdicts.on(server.name())[..] else { panic!("one verdict a host: {verdicts:#?}") };
        assert_eq!(verdict.outcome, "fail", "{verdict:#?}");
        verdict.severity("error").says(words);
    }
    for server in &servers[faults.len()..] {
        assert!(verdicts.on(server.name()).iter().all(|verdict| verdict.outcome == "pass"), "{verdicts:#?}");
    }
}

#[test]
fn a_directory_that_nothing_may_be_run_in_is_told() {
    let site = Site::new(Fleet::up(1));
    let hive = site.fleet.first_hive();
    hive.sh(&mount("size=1m,noexec"));
    let tried = hive.ask("admin", &format!("printf '#!/bin/sh\\n' >{HOME}/tmp/run; chmod +x {HOME}/tmp/run; {HOME}/tmp/run; s=$?; rm {HOME}/tmp/run; exit $s"));
    assert_eq!(tried.status, Some(126), "{}", tried.stderr);
    site.verdicts(CHECK).the_only(hive.name(), "fail").says("noexec");
}
