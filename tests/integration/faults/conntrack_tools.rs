//! `network/conntrack-tools`: the tool is there, or it is not.

use crate::lab::{Fleet, Site};

const CHECK: &str = "network/conntrack-tools";

#[test]
fn a_hive_without_the_tool_is_named_with_the_command_of_its_own_package_manager() {
    let site = Site::new(Fleet::up(3));
    let [debian, red_hat, healthy, _repository] = &site.fleet.servers[..] else {
        panic!("four servers were asked for")
    };
    site.verdicts(CHECK).assert_healthy();
    for hive in [debian, red_hat] {
        hive.sh("rm /usr/sbin/conntrack");
    }
    red_hat.sh("rm -f /usr/bin/apt /usr/bin/apt-get /usr/bin/dpkg; printf '#!/bin/sh\\nexit 0\\n' >/usr/bin/dnf; chmod +x /usr/bin/dnf");
    let verdicts = site.verdicts(CHECK);
    for (hive, command) in [(debian, "apt-get install -y conntrack"), (red_hat, "dnf install -y conntrack-tools")] {
        let [verdict] = verdicts.on(hive.name())[..] else { panic!("one verdict a host: {verdicts:#?}") };
        assert_eq!(verdict.outcome, "fail");
        verdict.severity("warning").advises(command);
    }
    assert!(verdicts.on(healthy.name()).iter().all(|verdict| verdict.outcome == "pass"));
}
