//! `service/log-driver-not-fluentd`: the log driver of a service, of a daemon, with and without a fluentd that answers.
//!
//! | log driver                                          | verdict            |
//! |-----------------------------------------------------|--------------------|
//! | none named, or another                              | pass               |
//! | fluentd in a service of the inventory, dead address | fail               |
//! | fluentd in a service of the inventory, live address | fail as a warning  |
//! | fluentd as a daemon's default, dead address         | fail on that hive  |

use super::docker;
use crate::lab::{Background, Fleet, Host, Site};

const CHECK: &str = "service/log-driver-not-fluentd";

fn services(logging: &str) -> String {
    format!("plugin: hive_services\nservices:\n  web:\n    image: {}\n{logging}", docker::IMAGE)
}

fn fluentd(address: &str) -> String {
    services(&format!("    logging:\n      driver: fluentd\n      options:\n        fluentd-address: {address}\n"))
}

/// A site whose hives all have a running daemon.
fn site() -> Site {
    let site = Site::new(Fleet::up(2));
    docker::start_on(&site.fleet.servers);
    site
}

fn repository(site: &Site) -> &Host {
    site.fleet.servers.last().expect("a site has a repository")
}

/// Something that takes what fluentd's clients send.
fn listen(host: &Host) -> Background {
    let listener = host.background("root", "exec socat -u TCP-LISTEN:24224,fork,reuseaddr OPEN:/dev/null");
    host.wait_for("socat -u /dev/null TCP:127.0.0.1:24224");
    listener
}

/// Runs a container with that log driver: what a service would meet.
fn run_logged(host: &Host, address: &str) -> Option<i32> {
    let options = format!("--log-driver fluentd --log-opt fluentd-address={address} --log-opt fluentd-max-retries=1");
    host.ask("root", &format!("docker run --rm {options} {} /bin/echo hello", docker::IMAGE)).status
}

#[test]
fn other_drivers_are_healthy() {
    let site = site();
    site.write("inventory/web.yml", &services(""));
    site.verdicts(CHECK).assert_healthy();
    site.write("inventory/web.yml", &services("    logging:\n      driver: json-file\n"));
    site.verdicts(CHECK).assert_healthy();
}

#[test]
fn a_service_that_logs_to_a_dead_fluentd_is_named() {
    let site = site();
    let address = format!("{}:24224", repository(&site).ipv4());
    site.write("inventory/web.yml", &fluentd(&address));
    assert_ne!(run_logged(site.fleet.first_hive(), &address), Some(0));
    let verdicts = site.verdicts(CHECK);
    for hive in &site.fleet.servers[..2] {
        let failed: Vec<_> = verdicts.on(hive.name()).into_iter().filter(|verdict| verdict.outcome == "fail").collect();
        let [verdict] = failed[..] else { panic!("one failure a hive: {verdicts:#?}") };
        verdict.severity("error").says("fluentd").says(&address);
    }
}

#[test]
fn a_service_that_logs_to_a_live_fluentd_is_a_warning() {
    let site = site();
    let address = format!("{}:24224", repository(&site).ipv4());
    site.write("inventory/web.yml", &fluentd(&address));
    let _fluentd = listen(repository(&site));
    assert_eq!(run_logged(site.fleet.first_hive(), &address), Some(0));
    let verdicts = site.verdicts(CHECK);
    for hive in &site.fleet.servers[..2] {
        let failed: Vec<_> = verdicts.on(hive.name()).into_iter().filter(|verdict| verdict.outcome == "fail").collect();
        let [verdict] = failed[..] else { panic!("one warning a hive: {verdicts:#?}") };
        verdict.severity("warning").says("fluentd");
    }
}

#[test]
fn a_daemon_that_logs_to_fluentd_by_default_is_named() {
    let site = Site::new(Fleet::up(2));
    site.write("inventory/web.yml", &services(""));
    let [first, second, ..] = &site.fleet.servers[..] else { panic!("two hives were asked for") };
    let address = format!("{}:24224", repository(&site).ipv4());
    let configuration =
        format!("{{\"log-driver\": \"fluentd\", \"log-opts\": {{\"fluentd-address\": \"{address}\"}}}}\n");
    first.write("root", "/etc/docker/daemon.json", &configuration);
    docker::start_on([first, second]);
    assert_eq!(first.sh("docker info -f '{{.LoggingDriver}}'"), "fluentd\n");
    site.verdicts(CHECK).the_only(first.name(), "fail").says("fluentd");
}
