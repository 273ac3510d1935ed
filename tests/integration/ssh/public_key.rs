//! A public key that the host does not know: the command that installs it, which is run here.

use std::{fs, path::PathBuf, process::Command};

use hive_preflight::transport::{Credentials, Endpoint, OpensshEndpoint, SshEndpoint, TransportError, connect};

use super::{commands, open, refusal};
use crate::lab::{
    agent::Agent,
    sshd::{Account, Sshd, keygen, run, soon},
};

/// An account, a server that knows another key for it than `site key`, and that other key in its home.
struct Site {
    account: Account,
    server: Sshd,
}

impl Site {
    fn new() -> Self {
        let (account, server) =
            (Account::with_shell("/bin/sh"), Sshd::with(&["AuthorizedKeysFile .ssh/authorized_keys"]));
        account.write(".ssh/known_hosts", &fs::read_to_string(server.known_hosts()).unwrap());
        let site = Self { account, server };
        for name in ["accepted", "site key"] {
            keygen(&site.path(name), &["-t", "ed25519"]);
        }
        let accepted = fs::read_to_string(site.path("accepted.pub")).unwrap();
        site.account.write(".ssh/authorized_keys", &accepted);
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.account.home().join(".ssh").join(name)
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    fn endpoint(&self) -> SshEndpoint {
        SshEndpoint { identity_files: vec![self.path("site key")], ..self.server.endpoint(self.account.name()) }
    }

    /// The commands of the remedy with a mark for what differs from run to run.
    fn told(&self, error: &TransportError) -> Vec<String> {
        let login = format!("-p {} {}@127.0.0.1", self.server.port(), self.account.name());
        let ssh = self.path("").display().to_string();
        commands(error).iter().map(|command| command.replace(&login, "LOGIN").replace(&ssh, "~/.ssh/")).collect()
    }

    /// Runs the commands as the account, whose agent has the key that is accepted.
    fn run(&self, commands: &[String]) {
        let script = format!("ssh-add -q ~/.ssh/accepted && {}", commands.join(" && "));
        let home = format!("HOME={}", self.account.home().display());
        run(Command::new("runuser").args(["-u", self.account.name(), "--", "env", &home]).args([
            "ssh-agent",
            "sh",
            "-c",
            &script,
        ]));
    }
}

#[test]
fn the_key_that_was_refused_is_installed_by_the_command_that_is_told() {
    let site = Site::new();
    let error = refusal(site.endpoint());
    assert_eq!(site.told(&error), ["ssh-copy-id -i '~/.ssh/site key.pub' LOGIN"]);
    site.run(&commands(&error));
    open(site.endpoint()).unwrap();
}

#[test]
fn a_public_key_that_is_in_no_file_is_made_first() {
    let site = Site::new();
    site.remove("site key.pub");
    let error = refusal(site.endpoint());
    let make = "ssh-keygen -yf '~/.ssh/site key' > '~/.ssh/site key.pub'";
    assert_eq!(site.told(&error), [make, "ssh-copy-id -i '~/.ssh/site key.pub' LOGIN"]);
    assert!(error.remedy()[0].text.en.contains("make the public key's file"), "{error:?}");
    assert!(error.remedy()[0].text.ja.contains("公開鍵のファイルがない"), "{error:?}");
    site.run(&commands(&error));
    open(site.endpoint()).unwrap();
}

#[test]
fn a_key_whose_private_half_only_an_agent_has_is_installed_by_its_public_file() {
    let (site, agent) = (Site::new(), Agent::start());
    agent.add(&site.path("site key"));
    site.remove("site key");
    for named in ["site key", "site key.pub"] {
        let endpoint = SshEndpoint {
            identity_agent: Some(agent.socket()),
            identity_files: vec![site.path(named)],
            ..site.endpoint()
        };
        let error = refusal(endpoint);
        assert_eq!(site.told(&error), ["ssh-copy-id -f -i '~/.ssh/site key.pub' LOGIN"], "{named}");
    }
    let endpoint = SshEndpoint { identity_agent: Some(agent.socket()), ..site.endpoint() };
    site.run(&commands(&refusal(endpoint.clone())));
    open(endpoint).unwrap();
}

#[test]
fn keys_that_only_an_agent_has_are_installed_out_of_it() {
    let (site, agent) = (Site::new(), Agent::start());
    agent.add(&site.path("site key"));
    let of_agent = SshEndpoint {
        identity_agent: Some(agent.socket()),
        identity_files: Vec::new(),
        identities_only: false,
        ..site.endpoint()
    };
    let error = refusal(of_agent.clone());
    assert_eq!(site.told(&error), [format!("SSH_AUTH_SOCK={} ssh-copy-id LOGIN", agent.socket().display())]);
    assert!(error.remedy()[0].text.en.contains("all that the agent has"), "{error:?}");
    assert!(error.remedy()[0].text.ja.contains("ssh-agent のすべての鍵"), "{error:?}");
    // A file is one key, and says which.
    keygen(&site.path("later"), &["-t", "ed25519"]);
    let both = SshEndpoint { identity_files: vec![site.path("later")], ..of_agent };
    assert_eq!(site.told(&refusal(both)), ["ssh-copy-id -i ~/.ssh/later.pub LOGIN"]);
}

#[test]
fn a_name_that_ssh_copy_id_would_run_is_not_given_to_it() {
    let site = Site::new();
    let name = "it's $(touch never) `touch never` \"key\"";
    keygen(&site.path(name), &["-t", "ed25519"]);
    // It hands the key over, too.
    site.account.write("readable", "");
    let endpoint = SshEndpoint { identity_files: vec![site.path(name)], ..site.endpoint() };
    let error = refusal(endpoint.clone());
    assert!(commands(&error)[0].starts_with("ssh -p "), "{error:?}");
    // What would be made is made in the home.
    let ours = [vec!["cd".to_owned()], commands(&error)].concat();
    site.run(&ours);
    open(endpoint).unwrap();
    assert!(!site.account.home().join("never").exists());
}

#[test]
fn the_way_through_a_proxy_is_a_part_of_the_command() {
    let site = Site::new();
    let proxy = format!("socat - TCP:127.0.0.1:{} #100%", site.server.port());
    let error = refusal(SshEndpoint { proxy_command: Some(proxy), ..site.endpoint() });
    let option = format!("ProxyCommand=socat - TCP:127.0.0.1:{} #100%%", site.server.port());
    assert_eq!(site.told(&error), [format!("ssh-copy-id -i '~/.ssh/site key.pub' -o '{option}' LOGIN")]);
    site.run(&commands(&error));
    open(site.endpoint()).unwrap();
}

#[test]
fn the_ssh_program_is_told_the_same_command_for_the_first_of_several_keys() {
    let site = Site::new();
    keygen(&site.path("other"), &["-t", "ed25519"]);
    let resolved = SshEndpoint { identity_files: vec![site.path("other"), site.path("site key")], ..site.endpoint() };
    let mut args: Vec<_> = ["-F", "none", "-oIdentitiesOnly=yes"].map(str::to_owned).to_vec();
    args.extend([format!("-oPort={}", resolved.port), format!("-oUser={}", resolved.user)]);
    args.push(format!("-oUserKnownHostsFile={}", resolved.known_hosts_files[0].display()));
    args.extend(resolved.identity_files.iter().flat_map(|key| ["-i".to_owned(), key.display().to_string()]));
    let theirs = OpensshEndpoint { alias: resolved.host.clone(), args, resolved: resolved.clone() };
    let theirs = connect(&Endpoint::Openssh(Box::new(theirs)), &Credentials::batch(), soon()).unwrap_err();
    assert_eq!(site.told(&theirs), ["ssh-copy-id -i ~/.ssh/other.pub LOGIN"]);
    assert_eq!(theirs.remedy(), refusal(resolved).remedy());
}
