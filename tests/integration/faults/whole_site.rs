//! All checks of the seeds at once: a healthy site has no finding, and faults on several hosts give exactly theirs.

use super::docker;
use crate::lab::{Fleet, Site};

const SERVICES: &str = "plugin: hive_services
services:
  web:
    image: lab/busybox
    initialize_roles:
    - python-aptk
    ports:
    - \"20514:514/udp\"
";

/// Three hives with a swarm that runs a service, a repository, and nothing wrong.
fn site() -> Site {
    let site = Site::new(Fleet::up(3));
    site.write("inventory/services.yml", SERVICES);
    docker::start_on(&site.fleet.servers);
    let hive = site.fleet.first_hive();
    hive.sh(&format!("docker swarm init --advertise-addr {} >/dev/null", hive.ipv4()));
    let options = "--quiet --detach --no-resolve-image --restart-delay 1s --name web";
    hive.sh(&format!("docker service create {options} {} /bin/sleep 3600 >/dev/null", docker::IMAGE));
    hive.wait_for("docker service ps --format '{{.CurrentState}}' web | grep -q ^Running");
    site
}

#[test]
fn a_healthy_site_has_no_finding_before_any_phase() {
    let site = site();
    let phases = ["build-infra", "setup-hosts", "build-images", "build-volumes", "build-networks", "deploy-services"];
    for phase in phases.into_iter().chain(["initialize-services"]) {
        let run = ["--tags", "seed", "--before", phase];
        assert_eq!(site.findings(&run), [], "before {phase}");
    }
    assert_eq!(site.run_on_mother(&["--tags", "seed"]).status, Some(0));
}

#[test]
fn faults_on_several_hosts_give_exactly_their_findings() {
    let site = site();
    let [first, second, third, repository] = &site.fleet.servers[..] else { panic!("four servers were asked for") };
    let mother = &site.fleet.mother;
    mother.sh_as("admin", &format!("mkdir -p /var/tmp/hive; echo >/var/tmp/hive/docker.sock@{}", second.name()));
    first.sh("docker service update --quiet --detach --no-resolve-image --args /bin/nonsense web >/dev/null");
    first.wait_for("docker service ps --format '{{.CurrentState}}' web | grep -q '^Failed\\|^Rejected'");
    second.configure_sshd("AllowStreamLocalForwarding no");
    third.sh("rm /usr/sbin/conntrack");
    repository.sh("install -d -o admin -g admin /home/admin/.ansible; touch /home/admin/.ansible/tmp");
    let wanted = [
        ("hive/no-leftover-docker-socket", mother.name(), "fail"),
        ("network/conntrack-tools", third.name(), "fail"),
        ("service/stable-tasks", first.name(), "fail"),
        ("ssh/docker-socket-reachable", second.name(), "fail"),
        ("ssh/remote-tmp-usable", repository.name(), "fail"),
    ]
    .map(|(check, host, outcome)| (check.to_owned(), host.to_owned(), outcome.to_owned()));
    assert_eq!(site.findings(&["--tags", "seed"]), wanted);
    assert_eq!(site.run_on_mother(&["--tags", "seed"]).status, Some(1));
}
