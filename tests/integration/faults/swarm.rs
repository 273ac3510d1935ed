//! `service/stable-tasks`: a real swarm with services that run, restart, cannot start, and are not there.
//!
//! | service of the inventory with `initialize_roles` | verdict on the first hive |
//! |---------------------------------------------------|---------------------------|
//! | its task runs                                     | pass                      |
//! | its task has just started for the first time      | pass                      |
//! | its command ends again and again                  | fail, the task's error    |
//! | its command cannot be started                     | fail, the task's error    |
//! | it is not in the swarm, before initialize-services | fail                      |
//! | the same without a phase                          | skipped                   |

use super::docker;
use crate::{
    lab::{Fleet, Host, Site},
    support::Verdicts,
};

const CHECK: &str = "service/stable-tasks";
const STEADY: &str = "/bin/sleep 3600";
/// Ends sooner than Docker's own view of the service notices.
const RESTLESS: &str = "/bin/sh -c 'sleep 1; exit 3'";
const BROKEN: &str = "/bin/nonsense";

/// A site whose first hive is the manager of a swarm, and whose inventory has these services.
fn site(services: &[&str]) -> Site {
    let site = Site::new(Fleet::up(1));
    let entry = |name| format!("  {name}:\n    image: {}\n    initialize_roles:\n    - python-aptk\n", docker::IMAGE);
    let entries: Vec<String> = services.iter().map(entry).collect();
    site.write("inventory/services.yml", &format!("plugin: hive_services\nservices:\n{}", entries.concat()));
    let hive = site.fleet.first_hive();
    docker::start(hive);
    hive.sh(&format!("docker swarm init --advertise-addr {} >/dev/null", hive.ipv4()));
    site
}

fn create(hive: &Host, name: &str, command: &str) {
    let options = "--quiet --detach --no-resolve-image --restart-delay 1s";
    hive.sh(&format!("docker service create {options} --name {name} {} {command} >/dev/null", docker::IMAGE));
}

/// The verdicts before the phase that the check guards.
fn judged(site: &Site) -> Verdicts {
    site.verdicts_with(CHECK, &["--before", "initialize-services"])
}

fn wait_for_tasks(hive: &Host, name: &str, state: &str, count: u32) {
    let states = format!("docker service ps --format '{{{{.CurrentState}}}}' {name}");
    hive.wait_for(&format!("[ \"$({states} | grep -c '^{state}')\" -ge {count} ]"));
}

#[test]
fn steady_services_are_healthy() {
    let site = site(&["web", "log"]);
    let hive = site.fleet.first_hive();
    create(hive, "web", STEADY);
    wait_for_tasks(hive, "web", "Running", 1);
    // As right after deploy-services: the second has just come up for the first time.
    create(hive, "log", STEADY);
    wait_for_tasks(hive, "log", "Running", 1);
    judged(&site).assert_healthy();
}

#[test]
fn a_service_that_restarts_is_named_with_its_own_error() {
    let site = site(&["web", "restless"]);
    let hive = site.fleet.first_hive();
    create(hive, "web", STEADY);
    create(hive, "restless", RESTLESS);
    wait_for_tasks(hive, "restless", "Failed", 2);
    wait_for_tasks(hive, "web", "Running", 1);
    judged(&site).the_only(hive.name(), "fail").severity("error").says("restless").says("non-zero exit (3)");
}

#[test]
fn a_service_that_cannot_start_is_named() {
    let site = site(&["web", "broken"]);
    let hive = site.fleet.first_hive();
    create(hive, "web", STEADY);
    create(hive, "broken", BROKEN);
    wait_for_tasks(hive, "broken", "\\(Failed\\|Rejected\\)", 1);
    wait_for_tasks(hive, "web", "Running", 1);
    judged(&site).the_only(hive.name(), "fail").says("broken").says("/bin/nonsense");
}

#[test]
fn a_service_that_was_never_deployed_is_named() {
    let site = site(&["web", "forgotten"]);
    let hive = site.fleet.first_hive();
    create(hive, "web", STEADY);
    wait_for_tasks(hive, "web", "Running", 1);
    judged(&site).the_only(hive.name(), "fail").says("forgotten");
    // Nobody has said yet that it should be there.
    site.verdicts(CHECK).assert_healthy();
}

#[test]
fn without_a_daemon_nothing_is_known() {
    let site = site(&["web"]);
    let hive = site.fleet.first_hive();
    hive.sh("kill -KILL $(cat /var/run/docker.pid)");
    judged(&site).the_only(hive.name(), "error");
}
