//! `ssh/client-unix-forward` and `ssh/server-unix-forward`: programs that are, or call themselves, older than OpenSSH 6.7.
//!
//! The server is the real `sshd` of a host with another version in its banner, so that everything but the name is real.

use crate::lab::{Fleet, Host, Site};

const CLIENT: &str = "ssh/client-unix-forward";
const SERVER: &str = "ssh/server-unix-forward";

/// Puts an `ssh` on the mother that answers `-V` with `words` on standard error.
fn set_client(mother: &Host, words: &str) {
    mother.write("root", "/usr/bin/ssh", &format!("#!/bin/sh\n[ \"$1\" = -V ] || exit 255\necho '{words}' >&2\n"));
    assert_eq!(mother.ask("admin", "ssh -V").stderr, format!("{words}\n"));
}

/// Makes the `sshd` of `host` announce `name`, which is as long as its own name is.
fn set_banner(site: &Site, host: &Host, name: &str) {
    host.sh(&format!(
        "[ -e /usr/sbin/sshd.packaged ] || cp /usr/sbin/sshd /usr/sbin/sshd.packaged
         perl -0777 -pe 's/OpenSSH_\\d\\.\\dp\\d/{name}/g' /usr/sbin/sshd.packaged >/usr/sbin/sshd.named
         chmod 755 /usr/sbin/sshd.named; mv /usr/sbin/sshd.named /usr/sbin/sshd"
    ));
    host.configure_sshd("DebianBanner no");
    let told = site.fleet.mother.sh(&format!("socat -t60 -T60 - TCP:{}:22 </dev/null | head -1", host.ipv4()));
    assert_eq!(told.trim(), format!("SSH-2.0-{name}"));
}

#[test]
fn the_clients_version_is_compared_as_a_version() {
    let site = Site::new(Fleet::up(1));
    let mother = &site.fleet.mother;
    site.verdicts(CLIENT).assert_healthy();
    for (version, library) in [("6.6.1", "OpenSSL 1.0.2s  28 May 2019"), ("5.3", "OpenSSL 1.0.1e-fips 11 Feb 2013")] {
        set_client(mother, &format!("OpenSSH_{version}p1, {library}"));
        site.verdicts(CLIENT).the_only(mother.name(), "fail").severity("error").says(version);
    }
    for new in ["OpenSSH_6.7p1, OpenSSL 1.0.2s  28 May 2019", "OpenSSH_10.0p2, OpenSSL 3.5.1 1 Jul 2025"] {
        set_client(mother, new);
        site.verdicts(CLIENT).assert_healthy();
    }
}

#[test]
fn a_client_that_is_not_openssh_or_says_nothing_is_no_pass() {
    let site = Site::new(Fleet::up(1));
    let mother = &site.fleet.mother;
    for words in ["Dropbear v2022.83", ""] {
        set_client(mother, words);
        site.verdicts(CLIENT).the_only(mother.name(), "error");
    }
    mother.sh("rm /usr/bin/ssh");
    site.verdicts(CLIENT).the_only(mother.name(), "error");
}

#[test]
fn an_old_server_is_named_and_its_neighbour_is_not() {
    let site = Site::new(Fleet::up(2));
    let [old, other, _repository] = &site.fleet.servers[..] else { panic!("three servers were asked for") };
    site.verdicts(SERVER).assert_healthy();
    set_banner(&site, old, "OpenSSH_6.6.1");
    site.verdicts(SERVER).the_only(old.name(), "fail").severity("error").says("6.6.1");
    set_banner(&site, old, "OpenSSH_6.7p1");
    site.verdicts(SERVER).assert_healthy();
    set_banner(&site, other, "dropbear_2022");
    site.verdicts(SERVER).the_only(other.name(), "error").says("dropbear_2022");
}
