//! `firewall/iptables-state-trusted` and `firewall/iptables-modules-unload`: a target that is a container, and one that is not.

use crate::lab::{Fleet, Site};

const TRUSTED: &str = "firewall/iptables-state-trusted";
const UNLOAD: &str = "firewall/iptables-modules-unload";
const CONFIGURATION: &str = "/etc/sysconfig/iptables-config";

#[test]
fn a_container_without_rights_over_its_network_is_named() {
    let site = Site::new(Fleet::with_container());
    let hive = site.fleet.first_hive();
    let through_ssh = format!(
        "ssh -F {}/ssh_config {} 'LC_ALL=C sudo -n iptables -t nat -S 2>&1; grep CapEff /proc/1/status'",
        site.context(),
        hive.name()
    );
    let told = site.fleet.mother.ask("admin", &through_ssh).stdout;
    assert!(told.contains("Permission denied"), "{told}");
    site.verdicts(TRUSTED).the_only(hive.name(), "fail").severity("warning");
}

#[test]
fn a_host_with_all_rights_is_trusted() {
    let site = Site::new(Fleet::up(1));
    assert_eq!(site.fleet.first_hive().ask("admin", "sudo -n iptables -t nat -S >/dev/null").status, Some(0));
    site.verdicts(TRUSTED).assert_healthy();
}

#[test]
fn module_unloading_is_a_finding_only_where_it_cannot_work() {
    let site = Site::new(Fleet::with_container());
    let [container, host] = &site.fleet.servers[..] else { panic!("two servers were asked for") };
    site.verdicts(UNLOAD).assert_healthy();
    for server in [container, host] {
        server.write("root", CONFIGURATION, "IPTABLES_MODULES=\"\"\nIPTABLES_MODULES_UNLOAD=\"no\"\n");
    }
    site.verdicts(UNLOAD).assert_healthy();
    container.write("root", CONFIGURATION, "IPTABLES_MODULES=\"\"\nIPTABLES_MODULES_UNLOAD=\"yes\"\n");
    site.verdicts(UNLOAD).the_only(container.name(), "fail").severity("warning").says("IPTABLES_MODULES_UNLOAD");
}
