//! Host keys that are written down, and files that are shared.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its world fails")]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
};

use hive_preflight::transport::{Credentials, Endpoint, HostKeyPolicy, Session, SshEndpoint, TransportError, connect};

use crate::lab::sshd::{Sshd, keygen, run, soon};

fn open(endpoint: SshEndpoint) -> Result<Session, TransportError> {
    connect(&Endpoint::Ssh(Box::new(endpoint)), &Credentials::batch(), soon())
}

fn accepting(server: &Sshd, file: &Path, hashed: bool) -> SshEndpoint {
    SshEndpoint {
        known_hosts_files: vec![file.to_path_buf()],
        host_key_policy: HostKeyPolicy::AcceptNew,
        accept_into: Some(file.to_path_buf()),
        hash_known_hosts: hashed,
        ..server.endpoint("root")
    }
}

#[test]
fn an_accepted_key_is_known_to_us_and_to_ssh_from_then_on() {
    let server = Sshd::start();
    for hashed in [false, true] {
        let file = server.path(if hashed { "hashed" } else { "plain" });
        open(accepting(&server, &file, hashed)).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap().starts_with("|1|"), hashed);
        open(SshEndpoint { host_key_policy: HostKeyPolicy::Strict, ..accepting(&server, &file, hashed) }).unwrap();
        run(Command::new("ssh")
            .args(["-F", "none", "-oBatchMode=yes", "-oStrictHostKeyChecking=yes", "-p", &server.port().to_string()])
            .arg(format!("-oUserKnownHostsFile={}", file.display()))
            .arg("-i")
            .arg(server.key())
            .args(["root@127.0.0.1", "true"]));
    }
}

#[test]
fn a_key_that_changed_after_it_was_hashed_is_forgotten_by_one_command() {
    let server = Sshd::start();
    let file = server.path("hashed");
    open(accepting(&server, &file, true)).unwrap();
    let fresh = server.path("host_ed25519");
    fs::remove_file(&fresh).unwrap();
    keygen(&fresh, &["-t", "ed25519"]);
    let error = open(accepting(&server, &file, true)).unwrap_err();
    assert_eq!(error.class(), "host_key_changed", "{error}");
    assert!(error.to_string().contains(&format!("{}:1", file.display())), "{error}");
    let commands: Vec<_> = error.remedy().into_iter().flat_map(|step| step.commands).collect();
    assert_eq!(commands.len(), 1, "{commands:?}");
    run(Command::new("sh").arg("-c").arg(&commands[0]));
    open(accepting(&server, &file, true)).unwrap();
}

#[test]
fn one_name_has_one_key_in_a_run() {
    let (one, two) = (Sshd::start(), Sshd::start());
    let credentials = Credentials::batch();
    let as_same = |server: &Sshd| SshEndpoint {
        host_key_alias: Some("same".to_owned()),
        known_hosts_files: Vec::new(),
        host_key_policy: HostKeyPolicy::AcceptNew,
        ..server.endpoint("root")
    };
    let reach = |server: &Sshd| connect(&Endpoint::Ssh(Box::new(as_same(server))), &credentials, soon());
    reach(&one).unwrap();
    reach(&one).unwrap();
    assert_eq!(reach(&two).unwrap_err().class(), "host_key_changed");
}

#[test]
fn hosts_behind_one_address_are_told_apart_by_their_ports() {
    let (one, two) = (Sshd::start(), Sshd::start());
    let line = |server: &Sshd| fs::read_to_string(server.known_hosts()).unwrap();
    let shared = one.path("shared");
    fs::write(&shared, format!("{}{}", line(&one), line(&two))).unwrap();
    let with = |server: &Sshd, file: &Path| SshEndpoint {
        known_hosts_files: vec![file.to_path_buf()],
        ..server.endpoint("root")
    };
    open(with(&one, &shared)).unwrap();
    open(with(&two, &shared)).unwrap();
    let swapped = line(&one).replace(&one.port().to_string(), &two.port().to_string());
    fs::write(&shared, swapped).unwrap();
    assert_eq!(open(with(&two, &shared)).unwrap_err().class(), "host_key_changed");
    assert_eq!(open(with(&one, &shared)).unwrap_err().class(), "host_key_unknown");
}

#[test]
fn keys_behind_one_address_are_accepted_each_under_its_port_and_ssh_knows_both() {
    let (one, two) = (Sshd::start(), Sshd::start());
    for hashed in [false, true] {
        let file = one.path(if hashed { "shared_hashed" } else { "shared" });
        for server in [&one, &two] {
            open(accepting(server, &file, hashed)).unwrap();
        }
        for server in [&one, &two] {
            let name = format!("[127.0.0.1]:{}", server.port());
            let found = run(Command::new("ssh-keygen").args(["-F", &name, "-f"]).arg(&file)).stdout;
            let found = String::from_utf8(found).unwrap();
            let key = fs::read_to_string(server.path("host_ed25519.pub")).unwrap();
            let key = key.split(' ').nth(1).unwrap();
            assert!(found.matches(" found: line ").count() == 1 && found.contains(key), "{name}: {found}");
        }
    }
}

#[test]
fn a_key_in_the_list_of_revoked_ones_is_refused_whatever_the_policy_is() {
    let server = Sshd::start();
    let list = server.path("revoked");
    let key = fs::read_to_string(server.path("host_ed25519.pub")).unwrap();
    fs::write(&list, format!("# compromised\n{key}")).unwrap();
    for policy in [HostKeyPolicy::Strict, HostKeyPolicy::Off] {
        let endpoint =
            SshEndpoint { revoked_host_keys: Some(list.clone()), host_key_policy: policy, ..server.endpoint("root") };
        let error = open(endpoint).unwrap_err();
        assert_eq!(error.class(), "host_key_revoked", "{error}");
        assert!(error.to_string().contains("revoked:2"), "{error}");
    }
    run(Command::new("ssh-keygen").args(["-q", "-k", "-f"]).arg(&list).arg(server.path("client.pub")));
    let error = open(SshEndpoint { revoked_host_keys: Some(list), ..server.endpoint("root") }).unwrap_err();
    assert!(error.to_string().contains("key revocation list"), "{error}");
}

/// Runs the program over hosts `PREFIX0`, `PREFIX1`, ..., each of which has a name of its own for its key.
fn preflight(server: &Sshd, prefix: &str, count: usize, options: &[&str]) -> std::process::Child {
    let hosts: Vec<String> = (0..count)
        .map(|number| {
            format!(
                "{prefix}{number} ansible_host=127.0.0.1 ansible_port={} ansible_user=root ansible_ssh_private_key_file={} \
                 ansible_ssh_common_args='-F none -o IdentityAgent=none -o UserKnownHostsFile={} -o HostKeyAlias={prefix}{number}'\n",
                server.port(),
                server.key().display(),
                server.path("shared").display()
            )
        })
        .collect();
    let inventory = server.path(&format!("{prefix}.ini"));
    fs::write(&inventory, hosts.concat()).unwrap();
    let checks = server.path("checks");
    fs::create_dir_all(checks.join("t")).unwrap();
    let check = "id: t/here\ntitle: {en: t, ja: t}\nwhy: {en: w, ja: w}\nhosts: all\nprobe: {shell: echo here}\n\
                 that: [\"result.stdout is search('here')\"]\nseverity: error\nfail_msg: {en: f, ja: f}\n\
                 remedy: [{text: {en: r, ja: r}}]\n";
    fs::write(checks.join("t/here.yml"), check).unwrap();
    Command::new(env!("CARGO_BIN_EXE_hive-preflight"))
        .args(["run", "--lang", "en", "--check", "t/here", "--format", "json", "--checks"])
        .arg(&checks)
        .arg("-i")
        .arg(&inventory)
        .args(options)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn runs_at_the_same_time_lose_no_line() {
    let server = Sshd::start();
    let accept = ["--host-key-checking", "accept-new"];
    let runs: Vec<_> = ["a", "b"].map(|prefix| preflight(&server, prefix, 12, &accept)).into();
    for run in runs {
        let output = run.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(told(&output).contains("written to"), "{}", told(&output));
    }
    let text = fs::read_to_string(server.path("shared")).unwrap();
    let mut names: Vec<_> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!((text.lines().count(), names.len()), (24, 24), "{text}");
}

#[test]
fn what_cannot_be_written_is_told_and_is_not_fatal() {
    let server = Sshd::start();
    fs::write(server.path("shared"), "").unwrap();
    fs::set_permissions(server.path("shared"), fs::Permissions::from_mode(0o444)).unwrap();
    let output = preflight(&server, "a", 1, &["--host-key-checking", "accept-new"]).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(told(&output).contains("cannot be written"), "{}", told(&output));
    assert_eq!(fs::read_to_string(server.path("shared")).unwrap(), "");
}

#[test]
fn a_configuration_alone_writes_nothing_and_unchecked_keys_are_loud() {
    let server = Sshd::start();
    let file = server.path("ssh_config");
    fs::write(&file, "StrictHostKeyChecking accept-new\n").unwrap();
    let output = preflight(&server, "a", 1, &[]).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "strict without a word about it: {output:?}");
    let inventory = fs::read_to_string(server.path("a.ini")).unwrap();
    assert!(!inventory.contains("accept-new"));
    let output = run_with(&server, "-o StrictHostKeyChecking=accept-new");
    assert!(told(&output).contains("for this run only"), "{output:?}");
    assert!(!server.path("shared").exists());
    let output = preflight(&server, "a", 1, &["--host-key-checking", "no"]).wait_with_output().unwrap();
    assert!(told(&output).contains("host keys are not checked"), "{}", told(&output));
    let page = server.path("page");
    let terminal = format!("terminal={}", page.display());
    preflight(&server, "a", 1, &["--host-key-checking", "no", "--format", &terminal]).wait_with_output().unwrap();
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("host keys are not checked"), "{page}");
    assert!(!server.path("shared").exists());
}

/// One host with these ssh arguments beside its own.
fn run_with(server: &Sshd, arguments: &str) -> Output {
    let text = fs::read_to_string(server.path("a.ini")).unwrap();
    fs::write(server.path("b.ini"), format!("{} ansible_ssh_extra_args='{arguments}'\n", text.trim_end())).unwrap();
    Command::new(env!("CARGO_BIN_EXE_hive-preflight"))
        .args(["run", "--lang", "en", "--check", "t/here", "--format", "json", "--checks"])
        .arg(server.path("checks"))
        .arg("-i")
        .arg(server.path("b.ini"))
        .output()
        .unwrap()
}
