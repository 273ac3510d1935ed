//! Which host has which fault. What the hosts' programs answer stands in `roots/`.

use std::{io, os::unix::net::UnixListener, path::Path};

use crate::fleet::{Fleet, Forwarding, HostSpec};

/// Where the project lies on the mother.
pub(crate) const PROJECT_ON_MOTHER: &str = "/srv/demo";
/// The mother's name in the inventory.
pub(crate) const MOTHER: &str = "p-mother.demo";

/// The hosts, in order of the inventory; `lab` is the directory in which their roots will be.
pub(crate) fn hosts(lab: &Path) -> Vec<HostSpec> {
    let host = |name: &str, user, software, forwarding, up| HostSpec {
        name: name.to_owned(),
        software,
        user,
        root: lab.join(name.split('.').next().unwrap_or(name)),
        forwarding,
        up,
    };
    vec![
        // A hive that was killed has left its socket here.
        host(MOTHER, "admin", "OpenSSH_9.6p1", Forwarding::Docker, true),
        // Still CentOS 7.2: its OpenSSH forwards no unix sockets, and a service restarts all the time.
        host("p-hive0.demo", "vagrant", "OpenSSH_6.6.1", Forwarding::Unknown, true),
        // A client's UDP flow went past the DNAT rule; IPTABLES_MODULES_UNLOAD is `yes`.
        host("p-hive1.demo", "vagrant", "OpenSSH_8.7", Forwarding::Docker, true),
        // Powered off.
        host("p-hive2.demo", "vagrant", "OpenSSH_8.7", Forwarding::Docker, false),
        // sshd_config says `AllowStreamLocalForwarding no`.
        host("p-hive3.demo", "vagrant", "OpenSSH_8.7", Forwarding::Forbidden, true),
    ]
}

/// Puts a docker socket on each server that is up, with somebody behind it as long as the result lives.
///
/// # Errors
/// A socket cannot be made.
pub(crate) fn start_dockers(fleet: &Fleet) -> io::Result<Vec<UnixListener>> {
    let servers = fleet.hosts.iter().filter(|host| host.spec.name != MOTHER && host.spec.up);
    servers.map(|host| UnixListener::bind(host.spec.root.join("var/run/docker.sock"))).collect()
}

/// Leaves on the mother what an `ssh -L` leaves that was killed: a socket file with nobody behind it.
///
/// # Errors
/// The file cannot be made.
pub(crate) fn leave_socket_behind(fleet: &Fleet) -> io::Result<()> {
    let mother = fleet.host(MOTHER).ok_or(io::ErrorKind::NotFound)?;
    drop(UnixListener::bind(mother.spec.root.join("var/tmp/hive/docker.sock@p-hive1.demo"))?);
    Ok(())
}
