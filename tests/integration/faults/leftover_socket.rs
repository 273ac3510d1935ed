//! `hive/no-leftover-docker-socket`: the forward that hive opens, made by a real `ssh` and left behind in every way.
//!
//! | at `/var/tmp/hive/docker.sock@HOST`                     | verdict on the mother |
//! |---------------------------------------------------------|-----------------------|
//! | nothing                                                 | pass                  |
//! | stale: `ssh` was killed with SIGKILL                    | fail, `rm` that file  |
//! | live, its parent runs                                   | fail, wait for hive   |
//! | orphaned: the parent is gone, `ssh` runs on             | fail, end that `ssh`  |
//! | a plain file                                            | fail, `rm` that file  |

use crate::lab::{Background, Fleet, Site};

const CHECK: &str = "hive/no-leftover-docker-socket";

fn site() -> Site {
    let site = Site::new(Fleet::up(1));
    site.fleet.mother.sh("mkdir -p /var/tmp/hive; chown admin:admin /var/tmp/hive");
    site
}

fn socket(site: &Site) -> String {
    format!("/var/tmp/hive/docker.sock@{}", site.fleet.first_hive().name())
}

/// The command line of hive's `phaseWithDockerSocket`.
fn forward(site: &Site) -> String {
    let host = site.fleet.first_hive().name();
    format!("ssh -N -F {}/ssh_config -L {}:/var/run/docker.sock {host}", site.context(), socket(site))
}

fn wait_until_listening(site: &Site) {
    // Flags of /proc/net/unix: a listening socket.
    site.fleet.mother.wait_for(&format!("grep -q ' 00010000 .*{}' /proc/net/unix", socket(site)));
}

/// A running hive with the forward as its child.
fn live(site: &Site) -> Background {
    let script = format!("exec perl -e \"\\$0 = q(hive); system @ARGV\" {}", forward(site));
    let parent = site.fleet.mother.background(site.user(), &script);
    wait_until_listening(site);
    parent
}

/// The forward's `ssh` is killed, and its socket stays.
fn make_stale(site: &Site) {
    let mother = &site.fleet.mother;
    let ssh = mother.detach(site.user(), &format!("exec {}", forward(site)));
    wait_until_listening(site);
    mother.sh(&format!("kill -KILL {ssh}; until [ ! -d /proc/{ssh} ]; do sleep 0.01; done"));
    assert_eq!(
        mother.ask("root", &format!("test -S {0} && socat -u /dev/null UNIX:{0}", socket(site))).status,
        Some(1)
    );
}

/// The forward's parent is killed, and `ssh` runs on as a child of process 1.
fn make_orphan(site: &Site) -> u32 {
    let mother = &site.fleet.mother;
    let parent = mother.detach(site.user(), &format!("{} & wait", forward(site)));
    wait_until_listening(site);
    let ssh = mother.sh(&format!("pgrep -P {parent}")).trim().parse().expect("a process id is a number");
    mother.sh(&format!(
        "kill -KILL {parent}; until [ \"$(ps -o ppid= -p {ssh} | tr -d ' ')\" = 1 ]; do sleep 0.01; done"
    ));
    ssh
}

fn every_kind_is_named(site: &Site) {
    let mother = &site.fleet.mother;
    let (path, name) = (socket(site), mother.name().to_owned());
    site.verdicts(CHECK).assert_healthy();

    make_stale(site);
    site.verdicts(CHECK).the_only(&name, "fail").severity("error").says(&path).advises(&format!("rm -- {path}"));
    mother.sh(&format!("rm {path}"));

    let parent = live(site);
    site.verdicts(CHECK).the_only(&name, "fail").severity("error").says(&path).advises("wait until");
    drop(parent);
    mother.sh(&format!("rm -f {path}"));

    let ssh = make_orphan(site);
    site.verdicts(CHECK).the_only(&name, "fail").severity("error").says(&path).advises(&format!("kill {ssh}"));
    mother.sh(&format!("kill -KILL {ssh}; rm -f {path}"));

    mother.sh(&format!("echo nothing >{path}"));
    site.verdicts(CHECK)
        .the_only(&name, "fail")
        .severity("error")
        .says(&path)
        .says("not a socket")
        .advises(&format!("rm -- {path}"));
    mother.sh(&format!("rm {path}"));
    site.verdicts(CHECK).assert_healthy();
}

#[test]
fn every_kind_is_named_to_an_unprivileged_user() {
    every_kind_is_named(&site());
}

#[test]
fn every_kind_is_named_to_root() {
    every_kind_is_named(&site().used_by_root());
}

#[test]
fn another_users_leftover_is_named_too() {
    let site = site();
    let path = socket(&site);
    // Root ran hive before; its `ssh` cannot be looked into by the account, the table of sockets can.
    site.fleet.mother.sh(&format!("socat UNIX-LISTEN:{path},mode=0600 - </dev/null & until [ -S {path} ]; do sleep 0.01; done; kill -KILL $!; test -S {path}"));
    site.verdicts(CHECK).the_only(site.fleet.mother.name(), "fail").says(&path);
}

#[test]
fn a_temporary_directory_of_ones_own_is_where_it_is_looked_for() {
    let site = site();
    site.write(".hive/persistents.yml", "temp_dir:\n  global: /home/admin/tmp\n");
    site.fleet.mother.sh_as("admin", &format!("mkdir tmp; : >tmp/docker.sock@{}", site.fleet.first_hive().name()));
    site.verdicts(CHECK).the_only(site.fleet.mother.name(), "fail").says("/home/admin/tmp/docker.sock@");
}
