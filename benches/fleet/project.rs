//! The hive project of the bench: so many prepared hosts, on loopback, with one service of each kind that checks ask about.

use std::{fs, io, path::Path, process::Command};

use crate::sshd::Host;

const SERVICES: &str = "\
plugin: hive_services
services:
  syslog:
    image: bench_syslog
    ports: [\"20514:514/udp\"]
  dns:
    image: bench_dns
    initialize_roles: [dns-init]
    ports: [\"53:53/tcp\"]
";

/// Starts `count` hosts and writes the project and the ssh configurations that lead to them into `directory`.
///
/// # Errors
/// No port, or a file cannot be written.
pub(crate) fn write(directory: &Path, user: &str, count: usize) -> io::Result<Vec<Host>> {
    let context = directory.join(".hive/private");
    fs::create_dir_all(&context)?;
    fs::create_dir_all(directory.join("inventory"))?;
    let host_key = make_key(&directory.join("host_key"))?;
    fs::write(directory.join("authorized_keys"), make_key(&context.join("id_rsa"))?)?;

    let names = (0..count).map(|index| format!("p-hive{index}.bench"));
    let hosts = names.map(|name| Host::start(directory, name)).collect::<io::Result<Vec<_>>>()?;
    let known = hosts.iter().map(|host| format!("[127.0.0.1]:{} {host_key}", host.port));
    fs::write(context.join("known_hosts"), known.collect::<String>())?;
    let entries = hosts.iter().map(|host| ssh_config(host, user, &context));
    fs::write(context.join("ssh_config"), entries.collect::<String>())?;
    fs::write(directory.join("inventory/hive.yml"), definition(count))?;
    fs::write(directory.join("inventory/services.yml"), SERVICES)?;
    Ok(hosts)
}

fn definition(count: usize) -> String {
    format!(
        "plugin: hive_inventory\nname: bench\nstages:\n  private:\n    provider: prepared\n    separate_repository: true\n    \
         cidr: 10.0.0.0/16\n    number_of_hosts: {count}\n"
    )
}

/// Makes a key pair and gives the public half as a line.
fn make_key(file: &Path) -> io::Result<String> {
    let status =
        Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "bench", "-f"]).arg(file).status()?;
    if !status.success() {
        return Err(io::Error::other(format!("ssh-keygen: {status}")));
    }
    fs::read_to_string(file.with_extension("pub"))
}

fn ssh_config(host: &Host, user: &str, context: &Path) -> String {
    let (name, port, context) = (&host.name, host.port, context.display());
    format!(
        "Host {name}\n  HostName 127.0.0.1\n  User {user}\n  Port {port}\n  UserKnownHostsFile {context}/known_hosts\n  \
         StrictHostKeyChecking yes\n  PasswordAuthentication no\n  IdentityFile {context}/id_rsa\n  IdentitiesOnly yes\n  \
         LogLevel FATAL\n"
    )
}

/// Writes the configuration with which `ssh` sends to each host what was recorded there.
///
/// # Errors
/// A recorded command is missing, or a file cannot be written.
pub(crate) fn write_floor(directory: &Path, hosts: &[Host], config: &Path) -> io::Result<()> {
    let addresses = fs::read_to_string(directory.join(".hive/private/ssh_config"))?;
    let commands = hosts.iter().map(remote_command).collect::<io::Result<String>>()?;
    fs::write(config, addresses + &commands + FLOOR)
}

const FLOOR: &str = "\
Host *
  KexAlgorithms curve25519-sha256
  BatchMode yes
  GlobalKnownHostsFile /dev/null
  IdentityAgent none
  RequestTTY no
";

fn remote_command(host: &Host) -> io::Result<String> {
    let recorded = fs::read_to_string(&host.record);
    let command = recorded.map_err(|error| io::Error::other(format!("{} was sent no command: {error}", host.name)))?;
    Ok(format!("Host {}\n  RemoteCommand {}\n", host.name, command.replace('%', "%%")))
}
