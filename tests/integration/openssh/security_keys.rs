//! Security keys (FIDO): keys that only a device can use, which may be absent, locked, or want a touch that does not come.

use std::{fs, path::Path, time::Instant};

use super::{
    one_host::{OneHost, Told, assert_both},
    processes,
};
use crate::{
    lab::{
        agent::Agent,
        security_key::SecurityKeys,
        sshd::{Account, Sshd},
    },
    support::on_terminal,
};

/// A server that knows security keys of a person.
struct World {
    keys: SecurityKeys,
    server: Sshd,
    account: Account,
}

impl World {
    fn new() -> Self {
        Self { keys: SecurityKeys::new(), server: Sshd::start(), account: Account::with_shell("/bin/sh") }
    }

    /// A new key, which `allowed` on the server stands before.
    fn key(&self, name: &str, kind: &str, options: &[&str], allowed: &str) -> String {
        let file = self.server.path(name);
        self.keys.make(&file, kind, options);
        let line = fs::read_to_string(self.server.path(&format!("{name}.pub"))).unwrap();
        fs::write(self.server.path("authorized_keys"), format!("{allowed} {line}")).unwrap();
        file.display().to_string()
    }

    fn host(&self) -> OneHost {
        OneHost::new(&self.server, self.account.name(), &self.lines())
    }

    fn lines(&self) -> String {
        format!("SecurityKeyProvider {}\nIdentitiesOnly yes", self.keys.library().display())
    }
}

fn ask(one: &OneHost, key: &str, behaviour: &str, more: &[&str]) -> [Told; 2] {
    let args = [&["--private-key", key, "--transport", "openssh"], more].concat();
    one.ask(&args, &[("LAB_KEY", behaviour.to_owned())])
}

#[test]
fn security_keys_of_both_kinds_open_the_host_touched_or_where_no_touch_is_wanted() {
    let world = World::new();
    let one = world.host();
    for kind in ["ed25519-sk", "ecdsa-sk"] {
        let key = world.key(kind, kind, &[], "");
        ask(&one, &key, "touched", &[])[0].assert("pass", &[]);
        let key = world.key(&format!("{kind}-untouched"), kind, &["no-touch-required"], "no-touch-required");
        ask(&one, &key, "unproven", &[])[0].assert("pass", &[]);
    }
    assert!(world.server.log().contains("Accepted publickey"), "{}", world.server.log());
}

#[test]
fn a_security_key_that_does_not_sign_is_told_with_what_helps() {
    let world = World::new();
    let one = world.host();
    let key = world.key("key", "ed25519-sk", &[], "");
    let told = |behaviour: &str, class: &str, word: &str, english: &str, japanese: &str| {
        let told = ask(&one, &key, behaviour, &[]);
        assert_both(&told, class, &[word, &key], english, japanese);
    };
    told("untouched", "key_file", "--forks 1", "nobody touched it", "タッチされなかった");
    told("absent", "key_file", &key, "is not plugged in", "接続されていません");
    told("locked", "key_file", "PIN", "wants a PIN", "PIN を求めます");
    told("unproven", "auth", "no-touch-required", "a touch is missing", "タッチを求める場合");
    one.configure(&world.server, "SecurityKeyProvider /nowhere/provider.so\nIdentitiesOnly yes");
    told("touched", "key_file", "/nowhere/provider.so", "cannot be asked", "使えません");
}

#[test]
fn a_touch_that_does_not_come_is_waited_for_no_longer_than_the_host_has() {
    let world = World::new();
    let one = world.host();
    let key = world.key("key", "ed25519-sk", &[], "");
    let started = Instant::now();
    let told = ask(&one, &key, "hangs", &["--timeout", "12"]);
    assert_both(&told, "key_file", &[&key, "--forks 1"], "nobody touched", "タッチされませんでした");
    assert!(started.elapsed().as_secs() < 100, "{:?}", started.elapsed());
    assert_eq!(processes(&world.server.port().to_string()), [""; 0]);
}

#[test]
fn nobody_is_asked_for_a_pin_on_a_terminal_either() {
    let world = World::new();
    let one = world.host();
    let key = world.key("key", "ed25519-sk", &["verify-required"], "");
    let command = one.command(&["--private-key", &key, "--transport", "openssh", "--lang", "en", "--timeout", "30"]);
    let words = command.get_args().map(|word| word.to_str().unwrap());
    let program = shell_words::join(std::iter::once(env!("CARGO_BIN_EXE_hive-preflight")).chain(words));
    let directory = command.get_current_dir().unwrap().display();
    let line = format!("cd {directory} && HOME={directory}/home LAB_KEY=locked exec {program}");
    let (screen, status) = on_terminal(&line, "PIN for", &[]);
    assert!(screen.contains("wants a PIN") && !screen.contains("PIN for"), "{screen}");
    assert_eq!(status, Some(3), "{screen}");
}

#[test]
fn the_default_transport_names_the_way_for_security_keys() {
    let world = World::new();
    let one = world.host();
    let key = world.key("key", "ed25519-sk", &[], "");
    let told = one.ask(&["--private-key", &key], &[("LAB_KEY", "touched".to_owned())]);
    let (english, japanese) = ("needs a security key (FIDO)", "セキュリティキー (FIDO) の鍵です");
    assert_both(&told, "key_file", &["`--transport openssh`", &key], english, japanese);
}

#[test]
fn security_keys_of_an_agent_are_asked_by_the_ssh_program_only() {
    let world = World::new();
    let key = world.key("key", "ed25519-sk", &[], "");
    let agent = Agent::with_security_keys(&world.keys.library());
    agent.add_security_key(Path::new(&key), &world.keys.library());
    let one = world.host();
    let socket = agent.socket();
    one.configure(&world.server, &format!("IdentityAgent {}", socket.display()));
    let [told, _] = one.ask(&["--transport", "openssh"], &[]);
    told.assert("pass", &[]);
    let told = one.ask(&[], &[]);
    let (english, japanese) = ("`test` needs a security key (FIDO)", "`test` はセキュリティキー (FIDO) の鍵です");
    assert_both(&told, "key_file", &["`--transport openssh`"], english, japanese);
}
