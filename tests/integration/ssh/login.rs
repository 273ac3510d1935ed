//! Keys, passwords and the agent.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use hive_preflight::transport::{KeyFileFault, SshEndpoint, TransportErrorKind};

use super::{commands, open, refusal};
use crate::lab::{
    agent::Agent,
    sshd::{Account, Sshd, keygen, run},
};

fn with_key(server: &Sshd, key: &Path) -> SshEndpoint {
    SshEndpoint { identity_files: vec![key.to_path_buf()], ..server.endpoint("root") }
}

#[test]
fn key_files_that_cannot_be_used_are_told_apart() {
    let server = Sshd::start();
    let at = |name: &str| server.path(name);
    server.write_useless_keys();
    keygen(&at("locked_pem"), &["-t", "rsa", "-m", "PEM", "-N", "secret"]);
    let cut = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\n-----END OPENSSH PRIVATE KEY-----\n";
    fs::write(at("cut"), cut).unwrap();
    fs::set_permissions(at("cut"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::create_dir(at("directory")).unwrap();
    let fault = |name: &str| {
        let error = refusal(with_key(&server, &at(name)));
        assert_eq!(error.class(), "key_file", "{name}: {error}");
        assert_eq!(commands(&error).len(), 1, "{name}");
        match *error.kind {
            TransportErrorKind::KeyFile { mut problems, offered } => {
                assert_eq!(offered, ["publickey"]);
                problems.remove(0).why
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(fault("nothing"), KeyFileFault::Missing);
    assert_eq!(fault("open"), KeyFileFault::Mode(0o644));
    assert_eq!(fault("locked"), KeyFileFault::Encrypted);
    assert_eq!(fault("locked_pem"), KeyFileFault::Encrypted);
    for bad in ["junk", "cut", "directory"] {
        assert!(matches!(fault(bad), KeyFileFault::Bad(_)), "{bad}");
    }
    fs::remove_file(at("client.pub")).unwrap();
    open(server.endpoint("root")).unwrap();
}

#[test]
fn a_bad_key_beside_a_good_one_does_no_harm() {
    let server = Sshd::start();
    let identity_files = vec![server.path("nothing"), server.key()];
    open(SshEndpoint { identity_files, ..server.endpoint("root") }).unwrap();
}

#[test]
fn keys_of_every_kind_log_in() {
    let server = Sshd::start();
    let kinds: [(&str, &[&str]); 5] = [
        ("ed25519", &["-t", "ed25519"]),
        ("rsa", &["-t", "rsa", "-b", "2048"]),
        ("ecdsa", &["-t", "ecdsa", "-b", "384"]),
        ("rsa_pem", &["-t", "rsa", "-b", "2048", "-m", "PEM"]),
        ("ecdsa_pkcs8", &["-t", "ecdsa", "-m", "PKCS8"]),
    ];
    for (name, options) in kinds {
        keygen(&server.path(name), options);
        fs::copy(server.path(&format!("{name}.pub")), server.path("authorized_keys")).unwrap();
        for beside in [true, false] {
            if !beside {
                fs::remove_file(server.path(&format!("{name}.pub"))).unwrap();
            }
            open(with_key(&server, &server.path(name))).unwrap_or_else(|error| panic!("{name} {beside}: {error}"));
        }
    }
}

#[test]
fn a_rejected_key_is_told_with_what_was_tried_and_offered() {
    let server = Sshd::start();
    keygen(&server.path("stranger"), &["-t", "ed25519"]);
    let error = refusal(with_key(&server, &server.path("stranger")));
    let TransportErrorKind::Auth(refusal) = *error.kind.clone() else { panic!("{error}") };
    assert_eq!((error.class(), refusal.offered, refusal.partial), ("auth", vec!["publickey".to_owned()], false));
    assert_eq!(refusal.tried, [format!("key {}", server.path("stranger").display())]);
    assert!(commands(&error)[0].starts_with("ssh-copy-id"), "{error:?}");
}

#[test]
fn too_many_keys_are_told_as_the_server_hanging_up() {
    let server = Sshd::with(&["MaxAuthTries 2"]);
    let keys: Vec<_> = (0..4).map(|n| server.path(&format!("stranger{n}"))).collect();
    for key in &keys {
        keygen(key, &["-t", "ed25519"]);
    }
    let error = refusal(SshEndpoint { identity_files: keys, ..server.endpoint("root") });
    assert_eq!(error.class(), "auth", "{error}");
    let TransportErrorKind::Auth(refusal) = *error.kind.clone() else { panic!("{error}") };
    assert!(refusal.disconnected.is_some() && refusal.tried.len() >= 2, "{error}");
}

#[test]
fn a_second_factor_is_told() {
    let account = Account::with_password("open sesame");
    let server = Sshd::with(&["AuthenticationMethods publickey,password", "PasswordAuthentication yes"]);
    let error = refusal(server.endpoint(account.name()));
    let TransportErrorKind::Auth(refusal) = *error.kind.clone() else { panic!("{error}") };
    assert!(refusal.partial, "{error}");
    assert_eq!(refusal.offered, ["password"]);
    open(SshEndpoint { password: Some("open sesame".into()), ..server.endpoint(account.name()) }).unwrap();
}

#[test]
fn a_password_opens_and_a_wrong_one_is_told() {
    let account = Account::with_password("open sesame");
    let server = Sshd::with(&["PasswordAuthentication yes", "PubkeyAuthentication no"]);
    let with = |password: &str| SshEndpoint { password: Some(password.into()), ..server.endpoint(account.name()) };
    open(with("open sesame")).unwrap();
    let error = refusal(with("wrong"));
    assert_eq!(error.class(), "auth", "{error}");
    assert!(error.to_string().contains("tried: ") && error.to_string().contains("password"), "{error}");
    let error = refusal(server.endpoint(account.name()));
    assert!(error.to_string().contains("it offers: password"), "{error}");
}

#[test]
fn the_agent_logs_in_also_for_a_key_that_is_encrypted_on_disk() {
    let (server, agent) = (Sshd::start(), Agent::start());
    keygen(&server.path("stranger"), &["-t", "ed25519"]);
    agent.add(&server.path("stranger"));
    agent.add(&server.key());
    let with = |files: Vec<_>, only| SshEndpoint {
        identity_agent: Some(agent.socket()),
        identity_files: files,
        identities_only: only,
        ..server.endpoint("root")
    };
    open(with(vec![], false)).unwrap();
    assert_eq!(refusal(with(vec![], true)).class(), "auth", "the agent's keys are not among the configured ones");
    run(Command::new("ssh-keygen").args(["-q", "-p", "-N", "secret", "-P", "", "-f"]).arg(server.key()));
    assert_eq!(refusal(server.endpoint("root")).class(), "key_file");
    open(with(vec![server.key()], true)).unwrap();
    let log = server.log();
    assert!(log.contains("Accepted publickey"), "{log}");
}

#[test]
fn an_agent_that_is_gone_does_no_harm() {
    let server = Sshd::start();
    open(SshEndpoint {
        identity_agent: Some(server.path("no-agent")),
        identities_only: false,
        ..server.endpoint("root")
    })
    .unwrap();
}
