//! `ansible_connection: docker`: containers of a real `dockerd`, and everything that stands between.
//!
//! | container                                 | told as                 |
//! |-------------------------------------------|-------------------------|
//! | runs                                      | asked, pass             |
//! | has ended                                 | `container_not_running` |
//! | is not there                              | `container_missing`     |
//! | the user is not in group docker           | `container_permission`  |
//! | the daemon is down                        | `container_daemon`      |

use std::{collections::BTreeMap, process::Command};

use super::docker;
use crate::{
    lab::{BINARY, Fleet, Host},
    support::Run,
};

const CHECK: &str = "id: t/who\ntitle: {en: t, ja: t}\nwhy: {en: w, ja: w}\nfail_msg: {en: 'uid {{ result.stdout }}', ja: f}\n\
                     severity: error\nhosts: all\nprobe: {shell: 'id -u; id -u >&2'}\n\
                     that: \"result.stdout == ('7\\n' if inventory_hostname == 'named' else '0\\n')\"\n";

/// Makes containers of `program` on `host`, and a project with an inventory that names them, and some that are not there.
pub(super) fn prepare(host: &Host, program: &str, connection: &str) {
    host.sh(&format!(
        "{program} run -d --name up {0} /bin/sleep 600 >/dev/null; {program} run --name ended {0} /bin/echo done >/dev/null
         {program} exec up /bin/busybox --install -s /bin
         install -d -o admin /srv/project",
        docker::IMAGE
    ));
    let inventory = format!(
        "
all:
  vars: {{ansible_connection: {connection}}}
  hosts:
    up: {{}}
    named: {{ansible_host: up, ansible_user: '7', ansible_{program}_extra_args: --tls}}
    ended: {{}}
    missing: {{}}
    odd: {{ansible_host: '-v'}}
"
    );
    host.write("admin", "/srv/project/hosts.yml", &inventory);
    host.write("admin", "/srv/project/mine/t/who.yml", CHECK);
}

/// The report of a run as `user`, where `lines` of shell come before it.
pub(super) fn run(host: &Host, user: &str, lines: &str) -> serde_json::Value {
    let arguments = "run -i hosts.yml --checks mine --check t/who --limit all --format json --lang en";
    let script = format!("{lines}\ncd /srv/project && exec {BINARY} {arguments}");
    let mut command: Command = host.command(user, "/bin/sh");
    Run::of(command.args(["-c", &script])).json()
}

/// The class of each host's error, or the outcome of its check.
pub(super) fn told(report: &serde_json::Value) -> BTreeMap<String, String> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let results = report["results"].as_array().expect("results").iter();
    let mut told: BTreeMap<_, _> = results.map(|result| (text(&result["host"]), text(&result["outcome"]))).collect();
    for host in report["hosts"].as_array().expect("hosts").iter().filter(|host| host["error"].is_object()) {
        told.insert(text(&host["name"]), text(&host["error"]["class"]));
    }
    told
}

/// Who can be asked and who cannot, if all may be asked.
pub(super) fn assert_all_are_told_apart(report: &serde_json::Value, program: &str) {
    let wanted = [
        ("ended", "container_not_running"),
        ("missing", "container_missing"),
        ("named", "pass"),
        ("odd", "container_missing"),
        ("up", "pass"),
    ];
    let expected: BTreeMap<_, _> = wanted.map(|(name, class)| (name.to_owned(), class.to_owned())).into();
    assert_eq!(told(report), expected, "{report:#}");
    let notices = report["notices"].to_string();
    assert!(notices.contains(&format!("ansible_{program}_extra_args")), "{notices}");
}

#[test]
fn containers_are_asked_and_what_stands_in_the_way_is_told_apart() {
    let fleet = Fleet::up(0);
    let host = &fleet.servers[0];
    docker::start(host);
    prepare(host, "docker", "community.docker.docker");
    assert_all_are_told_apart(&run(host, "admin", ""), "docker");
    assert_eq!(told(&run(host, "plain", ""))["up"], "container_permission");
    host.sh("kill -KILL $(cat /var/run/docker.pid)");
    assert_eq!(told(&run(host, "admin", ""))["up"], "container_daemon");
}
