//! A key with a passphrase: asked for once on a terminal, never without one.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its world fails")]

use std::{
    fs,
    process::{Command, Stdio},
};

use crate::{
    lab::sshd::{Sshd, run},
    support::on_terminal,
};

/// Ten hosts that are one server, by turns with keys that only `secret` opens.
struct World {
    server: Sshd,
}

impl World {
    fn new() -> Self {
        Self::with_keys(1)
    }

    fn with_keys(count: usize) -> Self {
        let world = Self { server: Sshd::start() };
        let server = &world.server;
        let keys: Vec<_> = (0..count).map(|number| server.path(&format!("locked{number}"))).collect();
        for key in &keys {
            fs::copy(server.key(), key).unwrap();
            run(Command::new("ssh-keygen").args(["-q", "-p", "-P", "", "-N", "secret", "-f"]).arg(key));
        }
        let host = |number: usize| {
            format!(
                "host{number} ansible_host=127.0.0.1 ansible_port={} ansible_user=root ansible_ssh_private_key_file={} \
                 ansible_ssh_common_args='-F none -o IdentityAgent=none -o UserKnownHostsFile={}'\n",
                server.port(),
                keys[number % count].display(),
                server.known_hosts().display()
            )
        };
        let hosts: Vec<String> = (0..10).map(host).collect();
        fs::write(server.path("hosts"), hosts.concat()).unwrap();
        fs::create_dir_all(server.path("checks/t")).unwrap();
        let check = "id: t/here\ntitle: {en: t, ja: t}\nwhy: {en: w, ja: w}\nhosts: all\nprobe: {shell: echo here}\n\
                     that: [\"result.stdout is search('here')\"]\nseverity: error\nfail_msg: {en: f, ja: f}\n\
                     remedy: [{text: {en: r, ja: r}}]\n";
        fs::write(server.path("checks/t/here.yml"), check).unwrap();
        world
    }

    fn command(&self) -> String {
        let at = |name: &str| self.server.path(name).display().to_string();
        let (hosts, checks) = (at("hosts"), at("checks"));
        shell_words::join([
            env!("CARGO_BIN_EXE_hive-preflight"),
            "run",
            "-i",
            &hosts,
            "--checks",
            &checks,
            "--check",
            "t/here",
            "--format",
            "json",
        ])
    }
}

#[test]
fn one_passphrase_serves_every_host() {
    let world = World::new();
    let (screen, status) = on_terminal(&world.command(), "passphrase of", &["wrong", "secret"]);
    assert_eq!(screen.matches("passphrase of").count(), 2, "one wrong, one right, none for the other hosts: {screen}");
    assert!(!screen.contains("secret"), "it is not shown: {screen}");
    assert_eq!(status, Some(0), "{screen}");
}

#[test]
fn each_of_several_keys_is_asked_for_once() {
    let world = World::with_keys(2);
    let (screen, status) = on_terminal(&world.command(), "passphrase of", &["secret", "secret"]);
    assert_eq!(screen.matches("passphrase of").count(), 2, "{screen}");
    for key in ["locked0", "locked1"] {
        assert!(screen.contains(&world.server.path(key).display().to_string()), "{key}: {screen}");
    }
    assert_eq!(status, Some(0), "{screen}");
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let world = World::new();
    let output =
        Command::new("setsid").args(["-w", "sh", "-c", &world.command()]).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.contains("key_file") && text.contains("passphrase"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(3));
}
