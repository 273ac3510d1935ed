//! The lab itself: its hosts are what the other tests take them for.

use crate::lab::{Fleet, Site};

#[test]
fn hosts_reach_each_other_and_leave_the_machine_alone() {
    let site = Site::new(Fleet::up(1));
    let [hive, repository] = &site.fleet.servers[..] else { panic!("two servers were asked for") };
    let ssh = format!("ssh -F site/.hive/private/ssh_config {} 'hostname; sudo -n id -u'", hive.name());
    assert_eq!(site.fleet.mother.sh_as("admin", &ssh), format!("{}\n0\n", hive.name()));
    hive.sh("rm /usr/sbin/conntrack; echo changed >/etc/motd; touch /root/mark");
    assert!(std::path::Path::new("/usr/sbin/conntrack").exists(), "the machine's own file is still there");
    repository.sh("test -x /usr/sbin/conntrack; test ! -e /root/mark");
}

#[test]
fn accounts_are_what_they_are_called() {
    let fleet = Fleet::up(0);
    let host = &fleet.servers[0];
    let sudo = |user| host.ask(user, "sudo -n id -u");
    for user in ["admin", "noisy", "dash", "fish", "csh", "restricted"] {
        assert_eq!(sudo(user).stdout, "0\n", "{user}");
    }
    assert!(sudo("asked").stderr.contains("a password is required"));
    assert!(sudo("needstty").stderr.contains("you must have a tty"));
    assert!(sudo("plain").stderr.contains("a password is required"));
    assert!(host.ask("admin", "id -nG").stdout.contains("docker"));
}
