//! `ansible_connection: podman`: containers of a real `podman`, and everything that stands between.
//!
//! | container                                      | told as                 |
//! |------------------------------------------------|-------------------------|
//! | runs                                           | asked, pass             |
//! | has ended                                      | `container_not_running` |
//! | is not there, or is another user's             | `container_missing`     |
//! | the service of `CONTAINER_HOST` is not there   | `container_daemon`      |
//! | that service's socket is closed to the user    | `container_permission`  |

use super::{
    docker,
    docker_connection::{assert_all_are_told_apart, prepare, run, told},
};
use crate::lab::{Fleet, Host};

/// A lab host has no limits to raise and no controllers to hand on.
const CONTAINERS: &str = "[engine]\nruntime = \"runc\"\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\n\
                          [containers]\nnetns = \"none\"\nlog_driver = \"k8s-file\"\npids_limit = 0\n\
                          default_ulimits = [\"nofile=1024:1024\", \"nproc=4096:4096\"]\n";
const STORAGE: &str = "[storage]\ndriver = \"vfs\"\nrunroot = \"/run/containers/storage\"\n\
                       graphroot = \"/var/lib/containers/storage\"\n";

/// What the host `up` is told as, and what its user reads of it.
fn up(host: &Host, user: &str, lines: &str) -> (String, String) {
    let report = run(host, user, lines);
    let is_up = |host: &&serde_json::Value| host["name"] == "up";
    let told_of = report["hosts"].as_array().expect("hosts").iter().find(is_up).expect("the host is told").to_string();
    (told(&report)["up"].clone(), told_of)
}

#[test]
fn containers_are_asked_and_what_stands_in_the_way_is_told_apart() {
    let fleet = Fleet::up(0);
    let host = &fleet.servers[0];
    host.write("root", "/etc/containers/containers.conf", CONTAINERS);
    host.write("root", "/etc/containers/storage.conf", STORAGE);
    docker::import(host, "podman");
    prepare(host, "podman", "containers.podman.podman");
    assert_all_are_told_apart(&run(host, "root", ""), "podman");

    let (class, words) = up(host, "plain", "");
    assert_eq!(class, "container_missing");
    assert!(words.contains("each user has containers of their own") && words.contains("sudo podman ps"), "{words}");
    let (class, words) = up(host, "root", "export CONTAINER_HOST=unix:///nowhere");
    assert_eq!(class, "container_daemon");
    assert!(words.contains("`CONTAINER_HOST`") && !words.contains("docker"), "{words}");
    let service = "exec podman system service --time=0 unix:///run/closed";
    let _service = host.background("root", &format!("umask 077; {service}"));
    host.wait_for("[ -S /run/closed ]");
    let (class, words) = up(host, "plain", "export CONTAINER_HOST=unix:///run/closed");
    assert_eq!(class, "container_permission", "{words}");
    assert!(!words.contains("docker"), "{words}");
    assert_eq!(up(host, "root", "export CONTAINER_HOST=unix:///run/closed").0, "pass");
}
