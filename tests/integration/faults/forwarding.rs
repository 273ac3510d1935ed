//! `ssh/docker-socket-reachable`: a real `dockerd` behind a real `sshd`, and everything that stands between.
//!
//! | server                                         | verdict on it            |
//! |------------------------------------------------|--------------------------|
//! | `dockerd` runs, `admin` is in group docker     | pass                     |
//! | `AllowStreamLocalForwarding no`                | fail, names the option   |
//! | `DisableForwarding yes`                        | fail, names the option   |
//! | `AllowTcpForwarding no`                        | fail, names the option   |
//! | `restrict` before the key in `authorized_keys` | fail, names the key file |
//! | no socket                                      | fail, docker is not there|
//! | `admin` is not in group docker                 | fail, names the group    |
//! | a socket, but nobody listens                   | fail, dockerd is down    |

use super::docker;
use crate::lab::{Fleet, Host, Site};

const CHECK: &str = "ssh/docker-socket-reachable";
const PING: &str = "printf 'GET /_ping HTTP/1.0\\r\\n\\r\\n' | socat -t5 -";

/// What a client on the mother gets from `/_ping` through a forward as hive opens it.
fn ping_through_ssh(site: &Site, host: &Host) -> String {
    let socket = format!("/tmp/forward@{}", host.name());
    let ssh = format!("exec ssh -N -F {}/ssh_config -L {socket}:/var/run/docker.sock {}", site.context(), host.name());
    let _forward = site.fleet.mother.background("admin", &ssh);
    site.fleet.mother.wait_for(&format!("[ -S {socket} ]"));
    let answer = site.fleet.mother.ask("admin", &format!("{PING} UNIX:{socket}; rm -f {socket}"));
    answer.stdout
}

/// A site whose servers all have a running `dockerd`.
fn site(hives: usize) -> Site {
    let site = Site::new(Fleet::up(hives));
    std::thread::scope(|scope| {
        for host in &site.fleet.servers {
            scope.spawn(|| docker::daemon(host));
        }
    });
    site
}

#[test]
fn four_ways_of_forbidding_it_are_told_apart() {
    let site = site(4);
    site.verdicts(CHECK).assert_healthy();
    let [first, second, third, fourth, repository] = &site.fleet.servers[..] else {
        panic!("five servers were asked for")
    };
    assert!(ping_through_ssh(&site, first).ends_with("OK"));

    first.configure_sshd("AllowStreamLocalForwarding no");
    second.configure_sshd("DisableForwarding yes");
    // OpenSSH refuses unix sockets as well then.
    third.configure_sshd("AllowTcpForwarding no");
    fourth.sh("sed -i 's/^/restrict /' /home/admin/.ssh/authorized_keys");
    for host in [first, second, third, fourth] {
        assert_eq!(ping_through_ssh(&site, host), "", "{}", host.name());
    }
    let verdicts = site.verdicts(CHECK);
    let words = ["AllowStreamLocalForwarding", "DisableForwarding", "AllowTcpForwarding", "restrict"];
    for (host, words) in [first, second, third, fourth].into_iter().zip(words) {
        let [verdict] = verdicts.on(host.name())[..] else { panic!("one verdict a host: {verdicts:#?}") };
        assert_eq!(verdict.outcome, "fail");
        verdict.severity("error").says(words);
    }
    assert!(verdicts.on(repository.name()).iter().all(|verdict| verdict.outcome == "pass"));
}

#[test]
fn what_is_wrong_behind_the_connection_is_told_apart() {
    let site = site(3);
    let [missing, nobody, forbidden, repository] = &site.fleet.servers[..] else {
        panic!("four servers were asked for")
    };
    for host in [missing, nobody] {
        host.sh("kill -KILL $(cat /var/run/docker.pid)");
    }
    missing.sh("rm /var/run/docker.sock");
    nobody.sh("test -S /var/run/docker.sock");
    forbidden.sh("gpasswd -d admin docker");
    for host in [missing, nobody, forbidden] {
        assert_eq!(ping_through_ssh(&site, host), "", "{}", host.name());
    }
    let verdicts = site.verdicts(CHECK);
    for (host, words) in [(missing, "/var/run/docker.sock"), (nobody, "dockerd"), (forbidden, "group")] {
        let [verdict] = verdicts.on(host.name())[..] else { panic!("one verdict a host: {verdicts:#?}") };
        assert_eq!(verdict.outcome, "fail");
        verdict.severity("error").says(words);
    }
    verdicts.on(forbidden.name())[0].advises("usermod -aG docker admin");
    assert!(verdicts.on(repository.name()).iter().all(|verdict| verdict.outcome == "pass"));
}
