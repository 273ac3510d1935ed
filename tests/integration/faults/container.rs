//! `firewall/iptables-state-trusted` and `firewall/iptables-modules-unload`: targets that are containers, and one that is not.

use crate::lab::{Fleet, Host, Site};

const TRUSTED: &str = "firewall/iptables-state-trusted";
const UNLOAD: &str = "firewall/iptables-modules-unload";
const CONFIGURATION: &str = "/etc/sysconfig/iptables-config";

/// What root gets to see of the firewall through a login on `host`.
fn nat_rules(site: &Site, host: &Host) -> String {
    let command = "LC_ALL=C sudo -n iptables -t nat -S 2>&1";
    site.fleet.mother.ask("admin", &format!("ssh -F {}/ssh_config {} '{command}'", site.context(), host.name())).stdout
}

#[test]
fn containers_without_rights_over_their_network_are_named_and_the_machine_is_not() {
    let site = Site::new(Fleet::with_containers());
    let [container, user, machine] = &site.fleet.servers[..] else { panic!("three servers were asked for") };
    for host in [container, user] {
        assert!(nat_rules(&site, host).contains("Permission denied"), "{}", nat_rules(&site, host));
    }
    assert!(nat_rules(&site, machine).contains("-P PREROUTING ACCEPT"));
    let verdicts = site.verdicts(TRUSTED);
    for host in [container, user] {
        let [verdict] = verdicts.on(host.name())[..] else { panic!("one verdict a host: {verdicts:#?}") };
        assert_eq!(verdict.outcome, "fail");
        verdict.severity("warning");
    }
    assert!(verdicts.on(machine.name()).iter().all(|verdict| verdict.outcome == "pass"));
}

#[test]
fn machines_with_all_rights_are_trusted() {
    let site = Site::new(Fleet::up(1));
    site.verdicts(TRUSTED).assert_healthy();
}

#[test]
fn module_unloading_is_a_finding_only_where_it_cannot_work() {
    let site = Site::new(Fleet::with_containers());
    let [container, user, machine] = &site.fleet.servers[..] else { panic!("three servers were asked for") };
    // Without the iptables service there is nothing that could be stopped.
    let verdicts = site.verdicts(UNLOAD);
    assert!(verdicts.outcomes().iter().all(|(_, _, outcome)| *outcome == "skipped"), "{verdicts:#?}");
    for server in [container, user, machine] {
        server.write("root", CONFIGURATION, "IPTABLES_MODULES=\"\"\nIPTABLES_MODULES_UNLOAD=\"no\"\n");
    }
    site.verdicts(UNLOAD).assert_healthy();
    container.write("root", CONFIGURATION, "IPTABLES_MODULES=\"\"\nIPTABLES_MODULES_UNLOAD=\"yes\"\n");
    site.verdicts(UNLOAD).the_only(container.name(), "fail").severity("warning").says("IPTABLES_MODULES_UNLOAD");
}
