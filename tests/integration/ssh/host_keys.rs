//! Host keys: what is known, what has changed, and what a policy makes of it.

use std::{fs, process::Command};

use hive_preflight::transport::{Credentials, Endpoint, HostKeyPolicy, SshEndpoint, connect};

use super::{commands, open, refusal};
use crate::lab::sshd::{Sshd, keygen, run, soon};

#[test]
fn an_unknown_host_key_is_told_with_its_fingerprint() {
    let server = Sshd::start();
    fs::write(server.known_hosts(), "this is no entry\nother.example ssh-ed25519 AAAA\n").unwrap();
    let error = refusal(server.endpoint("root"));
    assert_eq!(error.class(), "host_key_unknown");
    let listed = run(Command::new("ssh-keygen").arg("-lf").arg(server.path("host_ed25519.pub"))).stdout;
    let fingerprint = String::from_utf8(listed).unwrap().split(' ').nth(1).unwrap().to_owned();
    assert!(error.to_string().contains(&fingerprint), "{error}");
    // The remedy is what makes it known.
    let keyscan = commands(&error).pop().unwrap();
    assert!(keyscan.starts_with("ssh-keyscan"), "{keyscan}");
    run(Command::new("sh").arg("-c").arg(&keyscan));
    open(server.endpoint("root")).unwrap();
}

#[test]
fn policies_accept_what_they_say() {
    let server = Sshd::start();
    let with = |policy| SshEndpoint { host_key_policy: policy, ..server.endpoint("root") };
    fs::write(server.known_hosts(), "").unwrap();
    open(with(HostKeyPolicy::AcceptNew)).unwrap();
    assert_eq!(fs::read_to_string(server.known_hosts()).unwrap(), "", "nothing is written down");
    keygen(&server.path("other"), &["-t", "ed25519"]);
    server.write_known_hosts(&server.path("other.pub"));
    assert_eq!(refusal(with(HostKeyPolicy::AcceptNew)).class(), "host_key_changed");
    open(with(HostKeyPolicy::Off)).unwrap();
}

#[test]
fn a_changed_host_key_is_told_with_its_place_and_the_command_that_forgets_it() {
    let server = Sshd::start();
    keygen(&server.path("other"), &["-t", "ed25519"]);
    server.write_known_hosts(&server.path("other.pub"));
    let error = refusal(server.endpoint("root"));
    assert_eq!(error.class(), "host_key_changed");
    let file = server.known_hosts();
    assert!(error.to_string().contains(&format!("{}:1", file.display())), "{error}");
    assert_eq!(commands(&error), [format!("ssh-keygen -f {} -R '[127.0.0.1]:{}'", file.display(), server.port())]);
    run(Command::new("sh").arg("-c").arg(&commands(&error)[0]));
    assert_eq!(refusal(server.endpoint("root")).class(), "host_key_unknown");
}

#[test]
fn a_revoked_host_key_is_refused_although_another_line_knows_it() {
    let server = Sshd::start();
    let known = fs::read_to_string(server.known_hosts()).unwrap();
    let key = fs::read_to_string(server.path("host_ed25519.pub")).unwrap();
    fs::write(server.known_hosts(), format!("{known}@revoked * {key}")).unwrap();
    let error = refusal(server.endpoint("root"));
    assert_eq!(error.class(), "host_key_revoked");
    assert!(error.to_string().contains(&format!("{}:2", server.known_hosts().display())), "{error}");
}

#[test]
fn a_host_known_by_another_key_type_shows_that_one() {
    let server = Sshd::with(&[]);
    keygen(&server.path("host_rsa"), &["-t", "rsa", "-b", "2048"]);
    keygen(&server.path("host_ecdsa"), &["-t", "ecdsa"]);
    let config = fs::read_to_string(server.path("sshd_config")).unwrap();
    let (rsa, ecdsa) = (server.path("host_rsa"), server.path("host_ecdsa"));
    fs::write(
        server.path("sshd_config"),
        format!("{config}\nHostKey {}\nHostKey {}\n", rsa.display(), ecdsa.display()),
    )
    .unwrap();
    for (file, key_type) in [("host_rsa.pub", "ssh-rsa"), ("host_ecdsa.pub", "ecdsa-sha2-nistp256")] {
        server.write_known_hosts(&server.path(file));
        let facts = open(server.endpoint("root")).unwrap().facts();
        assert_eq!(facts.host_key.unwrap().key_type, key_type);
    }
}

#[test]
fn known_hosts_written_by_ssh_itself_are_understood() {
    let server = Sshd::start();
    for hash in ["yes", "no"] {
        fs::remove_file(server.known_hosts()).unwrap();
        let known = format!("UserKnownHostsFile={}", server.known_hosts().display());
        let options = [&known, "StrictHostKeyChecking=accept-new", &format!("HashKnownHosts={hash}"), "BatchMode=yes"];
        run(Command::new("ssh")
            .args(["-F", "none", "-p", &server.port().to_string(), "-i"])
            .arg(server.key())
            .args(options.iter().flat_map(|option| ["-o", option]))
            .args(["root@127.0.0.1", "true"]));
        assert_eq!(fs::read_to_string(server.known_hosts()).unwrap().starts_with("|1|"), hash == "yes");
        open(server.endpoint("root")).unwrap();
    }
}

#[test]
fn an_alias_stands_for_host_and_port() {
    let server = Sshd::start();
    let key = fs::read_to_string(server.path("host_ed25519.pub")).unwrap();
    fs::write(server.known_hosts(), format!("hive0.example {key}")).unwrap();
    assert_eq!(refusal(server.endpoint("root")).class(), "host_key_unknown");
    open(SshEndpoint { host_key_alias: Some("hive0.example".to_owned()), ..server.endpoint("root") }).unwrap();
}

#[test]
fn known_hosts_that_cannot_be_read_are_told_and_missing_ones_are_not() {
    let server = Sshd::start();
    let (directory, missing) = (server.path("."), server.path("missing"));
    let known_hosts_files = vec![missing, directory.clone(), server.known_hosts()];
    let endpoint = SshEndpoint { known_hosts_files, ..server.endpoint("root") };
    let credentials = Credentials::batch();
    connect(&Endpoint::Ssh(Box::new(endpoint)), &credentials, soon()).unwrap();
    let told = credentials.told();
    let wanted = format!("`{}` cannot be read (", directory.display());
    assert!(told.len() == 1 && told[0].en.starts_with(&wanted) && told[0].ja.contains("未登録"), "{told:?}");
}
