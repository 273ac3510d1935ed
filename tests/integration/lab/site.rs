//! A hive project over a fleet: once on the mother, where hive is used, and once on this machine, from where the mother is
//! reached over SSH.

use std::{path::Path, process::Command};

use super::{
    fleet::{Fleet, HIVE},
    host::{BINARY, Host},
};
use crate::support::{CliTest, Run, Verdicts, findings};

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
    pub(crate) fn used_by_root(mut self) -> Self {
        self.user = "root";
        // Keys are for their owner only, so root's are a copy of the account's.
        self.fleet.mother.sh("cp -r /home/admin/site /root/site; chown -R root:root /root/site\nsed -i s,/home/admin,/root, /root/site/.hive/private/ssh_config");
        self
    }

    /// Makes the servers be reached as these accounts, in the inventory's order.
    pub(crate) fn reach_as(self, users: &[&str]) -> Self {
        self.write_ssh_config(users);
        self
    }

    /// Makes `provider` the one of the stage; `more` are further lines of the stage, indented by four.
    pub(crate) fn set_provider(&self, provider: &str, more: &str) {
        self.write("inventory/hive.yml", &self.definition(provider, more));
    }

    /// Writes a file of the project in both places.
    pub(crate) fn write(&self, path: &str, text: &str) {
        self.put(View::Mother, path, text);
        self.put(View::Machine, path, text);
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
        Run::of(&mut self.command_on_mother(args))
    }

    /// The same, to be started.
    pub(crate) fn command_on_mother(&self, args: &[&str]) -> Command {
        let script = "cd \"$1\"; shift; exec \"$@\"";
        let mut command = self.fleet.mother.command(self.user, "/bin/sh");
        command.args(["-c", script, "sh", self.root(), BINARY, "run"]).args(args).args(["--lang", "en"]);
        command
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

    /// Takes the stage's directory away from this machine: keys and `ssh_config` are on the mother only.
    pub(crate) fn forget_context(&self) {
        let directory = self.outside.path("site/.hive/private");
        std::fs::remove_dir_all(directory).expect("it was written here");
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
        assert_eq!(
            local.outcomes(),
            remote.outcomes(),
            "`{check}` with the mother local and over SSH\n{local:#?}\n{remote:#?}"
        );
        local
    }

    /// Every fault and everything unknown that a run with `args` tells, the same with the mother local and over SSH.
    pub(crate) fn findings(&self, args: &[&str]) -> Vec<(String, String, String)> {
        let args = [&["--format", "json"], args].concat();
        let local = findings(&self.run_on_mother(&args).json());
        assert_eq!(local, findings(&self.run_from_outside(&args).json()), "with the mother local and over SSH");
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
        self.write_ssh_config(&vec![USER; self.fleet.servers.len()]);
        for view in [View::Mother, View::Machine] {
            let keys: String = self.fleet.servers.iter().map(|host| known_host(host, view)).collect();
            self.put(view, ".hive/private/known_hosts", &keys);
        }
        self.write(".hive/private/id_rsa", &self.fleet.keys.private());
        self.fleet.mother.sh_as(USER, &format!("chmod 600 {ROOT}/.hive/private/id_rsa"));
        self.outside.set_mode("site/.hive/private/id_rsa", 0o600);
        // Like `ssh`, the program asks the user database for the home, not the environment: no test writes there.
        let trusted = self.outside.write("mother_known_hosts", &known_host(&self.fleet.mother, View::Machine));
        let vars = format!("ansible_ssh_common_args: -o UserKnownHostsFile={}\n", trusted.display());
        self.put(View::Machine, &format!("inventory/host_vars/{}.yml", self.fleet.mother.name()), &vars);
    }

    fn write_ssh_config(&self, users: &[&str]) {
        for (view, root) in [(View::Mother, ROOT.into()), (View::Machine, self.outside.path("site"))] {
            let servers = self.fleet.servers.iter().zip(users);
            let entries: String = servers.map(|(host, user)| ssh_config_entry(host, user, view, &root)).collect();
            self.put(view, ".hive/private/ssh_config", &entries);
        }
    }

    /// Writes a file of the project in one place.
    fn put(&self, view: View, path: &str, text: &str) {
        match view {
            View::Mother => self.fleet.mother.write(USER, &format!("{ROOT}/{path}"), text),
            View::Machine => drop(self.outside.write(&format!("site/{path}"), text)),
        }
    }
}

/// From where the servers are reached.
#[derive(Debug, Clone, Copy)]
enum View {
    /// From the mother, by their own addresses.
    Mother,
    /// From this machine, through their doors.
    Machine,
}

/// The host's line of `known_hosts`.
fn known_host(host: &Host, view: View) -> String {
    match view {
        View::Mother => format!("{} {}\n", host.ipv4(), host.key()),
        View::Machine => format!("[127.0.0.1]:{} {}\n", host.port(), host.key()),
    }
}

/// An entry as hive's roles write it, for a project at `root`.
fn ssh_config_entry(host: &Host, user: &str, view: View, root: &Path) -> String {
    let (address, port) = match view {
        View::Mother => (host.ipv4().to_string(), 22),
        View::Machine => ("127.0.0.1".to_owned(), host.port()),
    };
    let (name, context) = (host.name(), root.join(".hive/private"));
    let context = context.display();
    format!(
        "Host {name}\n  HostName {address}\n  UserKnownHostsFile {context}/known_hosts\n  StrictHostKeyChecking yes\n  \
         User {user}\n  Port {port}\n  PasswordAuthentication no\n  IdentityFile {context}/id_rsa\n  IdentitiesOnly yes\n  \
         LogLevel FATAL\n"
    )
}
