//! A hive project over a fleet: once on the mother, where hive is used, and once on this machine, from where the mother is
//! reached over SSH.

use std::{fmt::Write, path::Path};

use super::{
    fleet::{Fleet, HIVE},
    host::{BINARY, Host},
};
use crate::support::{CliTest, Run, Verdicts};

/// Where the project lies on the mother, and whose it is.
pub(crate) const ROOT: &str = "/home/admin/site";
/// The account on the mother and on the servers.
pub(crate) const USER: &str = "admin";

/// A fleet with its project.
#[derive(Debug)]
pub(crate) struct Site {
    /// The hosts.
    pub(crate) fleet: Fleet,
    user: &'static str,
    outside: CliTest,
}

impl Site {
    /// Writes the project of `fleet`, with a provider of prepared hosts and without services.
    pub(crate) fn new(fleet: Fleet) -> Self {
        let site = Self { fleet, user: USER, outside: CliTest::new() };
        site.write("inventory/hive.yml", &site.definition("prepared", ""));
        site.write_context();
        site
    }

    /// The same project, used by root on the mother.
    pub(crate) fn as_root(mut self) -> Self {
        self.user = "root";
        // Keys are for their owner only, so root's are a copy of the account's.
        self.fleet.mother.sh("cp -r /home/admin/site /root/site; chown -R root:root /root/site\nsed -i s,/home/admin,/root, /root/site/.hive/private/ssh_config");
        self
    }

    /// Makes `provider` the one of the stage; `more` are further lines of the stage, indented by four.
    pub(crate) fn set_provider(&self, provider: &str, more: &str) {
        self.write("inventory/hive.yml", &self.definition(provider, more));
    }

    /// Writes a file of the project in both places.
    pub(crate) fn write(&self, path: &str, text: &str) {
        self.fleet.mother.write(USER, &format!("{ROOT}/{path}"), text);
        self.outside.write(&format!("site/{path}"), text);
    }

    /// Where the project lies on the mother.
    pub(crate) fn root(&self) -> &'static str {
        if self.user == "root" { "/root/site" } else { ROOT }
    }

    /// The stage's directory on the mother.
    pub(crate) fn context(&self) -> String {
        format!("{}/.hive/private", self.root())
    }

    /// Who uses hive on the mother.
    pub(crate) fn user(&self) -> &'static str {
        self.user
    }

    /// Runs the program on the mother, as its user does.
    pub(crate) fn run_on_mother(&self, args: &[&str]) -> Run {
        let script = "cd \"$1\"; shift; exec \"$@\"";
        let mut command = self.fleet.mother.command(self.user, "/bin/sh");
        command.args(["-c", script, "sh", self.root(), BINARY, "run"]).args(args).args(["--lang", "en"]);
        Run::of(&mut command)
    }

    /// Runs the program on this machine, with the mother over SSH.
    pub(crate) fn run_from_outside(&self, args: &[&str]) -> Run {
        let mother = format!("{}@127.0.0.1:{}", self.user, self.fleet.mother.port());
        let key = self.fleet.keys.private_file();
        let mut command = self.outside.command();
        command.args(["run", "--root"]).arg(self.outside.path("site"));
        command
            .args(["--mother", &mother, "--mother-root", self.root(), "--lang", "en", "--private-key"])
            .arg(key)
            .args(args);
        Run::of(&mut command)
    }

    /// The verdicts of one check, which must be the same with the mother local and over SSH.
    pub(crate) fn verdicts(&self, check: &str) -> Verdicts {
        self.verdicts_with(check, &[])
    }

    /// The same with further arguments.
    pub(crate) fn verdicts_with(&self, check: &str, more: &[&str]) -> Verdicts {
        let args = [&["--check", check, "--format", "json"], more].concat();
        let local = self.run_on_mother(&args).verdicts(check);
        let remote = self.run_from_outside(&args).verdicts(check);
        assert_eq!(local.outcomes(), remote.outcomes(), "`{check}` with the mother local and over SSH");
        local
    }

    fn definition(&self, provider: &str, more: &str) -> String {
        let addresses: Vec<String> = self.fleet.servers.iter().map(|host| host.ipv4().to_string()).collect();
        format!(
            "plugin: hive_inventory\nname: {HIVE}\nstages:\n  private:\n    provider: {provider}\n    cidr: 192.168.56.0/24\n    \
             separate_repository: true\n    ip_address_list: [{}]\n{more}",
            addresses.join(", ")
        )
    }

    fn write_context(&self) {
        let mother = &self.fleet.mother;
        let key = self.fleet.keys.private();
        let [mut inner, mut outer, mut inner_keys, mut outer_keys] = <[String; 4]>::default();
        for host in &self.fleet.servers {
            inner += &ssh_config_entry(host, &host.ipv4().to_string(), 22, Path::new(ROOT));
            outer += &ssh_config_entry(host, "127.0.0.1", host.port(), &self.outside.path("site"));
            inner_keys += &format!("{} {}\n", host.ipv4(), host.key());
            outer_keys += &known_door(host);
        }
        for (path, inside, outside) in
            [("ssh_config", inner, outer), ("known_hosts", inner_keys, outer_keys), ("id_rsa", key.clone(), key)]
        {
            mother.write(USER, &format!("{ROOT}/.hive/private/{path}"), &inside);
            self.outside.write(&format!("site/.hive/private/{path}"), &outside);
        }
        mother.sh_as(USER, &format!("chmod 600 {ROOT}/.hive/private/id_rsa"));
        self.outside.set_mode("site/.hive/private/id_rsa", 0o600);
        self.outside.write("home/.ssh/known_hosts", &known_door(mother));
    }
}

/// The host's key as a client on this machine sees it.
fn known_door(host: &Host) -> String {
    format!("[127.0.0.1]:{} {}\n", host.port(), host.key())
}

/// An entry as hive's roles write it.
fn ssh_config_entry(host: &Host, address: &str, port: u16, root: &Path) -> String {
    let context = root.join(".hive/private");
    let mut entry = String::new();
    writeln!(entry, "Host {}", host.name())
        .and_then(|()| writeln!(entry, "  HostName {address}\n  User {USER}\n  Port {port}"))
        .and_then(|()| writeln!(entry, "  UserKnownHostsFile {}", context.join("known_hosts").display()))
        .and_then(|()| writeln!(entry, "  StrictHostKeyChecking yes\n  PasswordAuthentication no"))
        .and_then(|()| writeln!(entry, "  IdentityFile {}", context.join("id_rsa").display()))
        .and_then(|()| writeln!(entry, "  IdentitiesOnly yes\n  LogLevel FATAL"))
        .expect("text can be written to a string");
    entry
}
