//! The program and `ssh` side by side, with the same options and the same real server: who gets in, and what is told.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use hive_preflight::transport::{Credentials, Endpoint, HostKeyPolicy, SshEndpoint, connect};
use serde_json::{Value, json};

use crate::{
    lab::{
        agent::Agent,
        sshd::{Account, Sshd, keygen, run, soon},
    },
    support::{CliTest, Run, ansible},
};

/// A server, and a directory for those who ask it.
struct Beside {
    server: Sshd,
    test: CliTest,
}

/// How both log in.
struct Login<'a> {
    host: &'a str,
    user: Option<&'a str>,
    /// Beside those that every login has.
    options: &'a str,
    password: Option<&'a str>,
}

const AS_ROOT: Login<'_> = Login { host: "127.0.0.1", user: Some("root"), options: "", password: None };

/// What became of it.
#[derive(Debug)]
struct Told {
    report: Value,
    is_ssh_in: bool,
}

impl Told {
    fn class(&self) -> &str {
        self.report["hosts"][0]["error"]["class"].as_str().unwrap_or("in")
    }

    /// Asserts that both get in, or that neither does and ours is an error of `class`.
    fn assert(&self, class: &str, context: &str) {
        assert_eq!((self.class(), self.is_ssh_in), (class, class == "in"), "{context}: {self:#?}");
    }

    fn says(&self, words: &str) -> bool {
        self.report.to_string().contains(words)
    }
}

impl Beside {
    fn new(server: Sshd) -> Self {
        Self { server, test: CliTest::new() }
    }

    /// Another key of the server, of the type `kind`.
    fn with_host_key(self, kind: &str) -> Self {
        let key = self.server.path(&format!("host_{kind}"));
        keygen(&key, &["-t", kind]);
        let config = self.server.path("sshd_config");
        let text = fs::read_to_string(&config).unwrap();
        fs::write(&config, format!("{text}\nHostKey {}\n", key.display())).unwrap();
        self
    }

    /// Makes `lines` the known hosts; `{KEY}` is the server's own key.
    fn knows(&self, lines: &str) {
        let key = fs::read_to_string(self.server.path("host_ed25519.pub")).unwrap();
        let text = lines.replace("{KEY}", key.trim()).replace("{PORT}", &self.server.port().to_string());
        fs::write(self.server.known_hosts(), text + "\n").unwrap();
    }

    fn options(&self, more: &str) -> String {
        format!(
            "-F none -o GlobalKnownHostsFile=/dev/null -o UserKnownHostsFile={} -o IdentityFile={} -o IdentityAgent=none {more}",
            self.server.known_hosts().display(),
            self.server.key().display()
        )
    }

    fn ask(&self, login: &Login<'_>) -> Told {
        self.ask_with(login, &self.options(login.options))
    }

    /// The same with no option beside these.
    fn ask_with(&self, login: &Login<'_>, options: &str) -> Told {
        Told { report: self.ours(login, options).json(), is_ssh_in: self.theirs(login, options) }
    }

    fn ours(&self, login: &Login<'_>, options: &str) -> Run {
        let host = json!({
            "ansible_host": login.host,
            "ansible_port": self.server.port(),
            "ansible_user": login.user,
            "ansible_password": login.password,
            "ansible_ssh_common_args": options,
        });
        let host: serde_json::Map<_, _> =
            host.as_object().unwrap().clone().into_iter().filter(|(_, value)| !value.is_null()).collect();
        self.test.write("hosts.yml", &json!({"all": {"hosts": {"h": host}}}).to_string());
        self.test.run(&[
            "run",
            "-i",
            "hosts.yml",
            "--check",
            "ssh/server-unix-forward",
            "--lang",
            "en",
            "--format",
            "json",
        ])
    }

    fn theirs(&self, login: &Login<'_>, options: &str) -> bool {
        let answer = self.test.write("answer", &format!("#!/bin/sh\necho '{}'\n", login.password.unwrap_or_default()));
        fs::set_permissions(&answer, fs::Permissions::from_mode(0o700)).unwrap();
        let mut ssh = Command::new("ssh");
        ssh.args(shell_words::split(options).unwrap()).args(["-p", &self.server.port().to_string()]);
        if login.password.is_some() {
            ssh.env("SSH_ASKPASS", answer).env("SSH_ASKPASS_REQUIRE", "force");
        } else {
            ssh.args(["-o", "BatchMode=yes"]);
        }
        ssh.args(login.user.iter().flat_map(|user| ["-l", user])).args([login.host, "true"]);
        ssh.stdin(Stdio::null()).output().unwrap().status.success()
    }
}

fn public(file: &Path) -> String {
    fs::read_to_string(file.with_extension("pub")).unwrap().trim().to_owned()
}

const PASSWORD: &str = "open sesame";

/// A server at which a password opens the account.
fn by_password(account: &Account) -> (Beside, Login<'_>) {
    let beside = Beside::new(Sshd::with(&["PasswordAuthentication yes"]));
    (
        beside,
        Login {
            user: Some(account.name()),
            options: "-o PubkeyAuthentication=no",
            password: Some(PASSWORD),
            ..AS_ROOT
        },
    )
}

/// Where nobody checks keys, whoever shows a wrong one must not be told the password.
#[test]
fn a_host_with_a_wrong_key_gets_no_password_although_keys_are_not_checked() {
    let account = Account::with_password(PASSWORD);
    let (beside, login) = by_password(&account);
    let unchecked = "-o PubkeyAuthentication=no -o StrictHostKeyChecking=no";
    let other = public(&beside.server.key());
    beside.ask(&login).assert("in", "a known key");
    for (lines, class) in [
        ("", "in"),
        ("[127.0.0.1]:{PORT} {OTHER}", "auth"),
        ("@revoked [127.0.0.1]:{PORT} {KEY}", "auth"),
        ("127.0.0.1 {OTHER}", "in"),
    ] {
        beside.knows(&lines.replace("{OTHER}", &other));
        let told = beside.ask(&Login { options: unchecked, ..login });
        told.assert(class, lines);
        assert_eq!(told.says("as with `ssh`, it gets no password"), class != "in", "{told:#?}");
    }
    // A key tells whoever answers nothing.
    beside.knows(&format!("[127.0.0.1]:{{PORT}} {other}"));
    beside.ask(&Login { options: "-o StrictHostKeyChecking=no", ..AS_ROOT }).assert("in", "by a key");
    let credentials = Credentials::batch();
    let endpoint = SshEndpoint {
        host_key_policy: HostKeyPolicy::Off,
        password: Some(PASSWORD.into()),
        ..beside.server.endpoint("root")
    };
    connect(&Endpoint::Ssh(Box::new(endpoint)), &credentials, soon()).unwrap();
    assert!(credentials.told()[0].ja.contains("パスワードは送りません"), "{:?}", credentials.told());
}

#[test]
fn no_prompt_is_no_password() {
    let account = Account::with_password(PASSWORD);
    let (beside, login) = by_password(&account);
    for (prompts, class) in [(0, "auth"), (1, "in")] {
        let options = format!("-o PubkeyAuthentication=no -o NumberOfPasswordPrompts={prompts}");
        beside.ask(&Login { options: &options, ..login }).assert(class, &options);
    }
}

/// A key that is known for the bare name only does not make the key exchange prefer its type at another port.
#[test]
fn the_bare_name_does_not_say_which_key_another_port_shows() {
    let beside = Beside::new(Sshd::start()).with_host_key("rsa");
    let rsa = public(&beside.server.path("host_rsa"));
    for (lines, class) in [
        (format!("127.0.0.1 {rsa}"), "host_key_unknown"),
        (format!("[127.0.0.1]:{{PORT}} {rsa}"), "in"),
        ("127.0.0.1 {KEY}".to_owned(), "in"),
    ] {
        beside.knows(&lines);
        beside.ask(&AS_ROOT).assert(class, &lines);
    }
}

/// To `ssh` a host has changed that is known by keys of other types only, also of those that we cannot negotiate.
#[test]
fn a_host_that_is_known_by_a_key_of_any_type_is_not_new() {
    let beside = Beside::new(Sshd::start());
    let in_device = "sk-ssh-ed25519@openssh.com \
                     AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAICFo/k5LU8863u66YC9eUO2170QduohPURkQnbLa/dczAAAABHNzaDo=";
    for (lines, class) in
        [(format!("[127.0.0.1]:{{PORT}} {in_device}"), "host_key_changed"), (format!("other {in_device}"), "in")]
    {
        beside.knows(&lines);
        let login = Login { options: "-o StrictHostKeyChecking=accept-new", ..AS_ROOT };
        beside.ask(&login).assert(class, &lines);
    }
}

/// A server that wants several proofs, in an order that is not ours.
#[test]
fn proofs_are_given_in_the_order_in_which_the_server_wants_them() {
    let account = Account::with_password(PASSWORD);
    for wanted in ["password,publickey", "publickey,password", "keyboard-interactive,publickey"] {
        let beside = Beside::new(Sshd::with(&[
            "UsePAM yes",
            "PasswordAuthentication yes",
            "KbdInteractiveAuthentication yes",
            &format!("AuthenticationMethods {wanted}"),
        ]));
        for preferred in ["publickey,keyboard-interactive,password", "keyboard-interactive,password,publickey"] {
            let options = format!("-o PreferredAuthentications={preferred}");
            let login = Login { user: Some(account.name()), options: &options, password: Some(PASSWORD), ..AS_ROOT };
            beside.ask(&login).assert("in", &format!("{wanted} by {preferred}"));
            // Without the password neither gets in, and nobody goes on for ever.
            beside
                .ask(&Login { password: None, ..login })
                .assert("auth", &format!("{wanted} by {preferred}, no password"));
        }
    }
}

#[test]
fn a_user_before_the_name_is_who_logs_in() {
    let account = Account::with_shell("/bin/sh");
    let beside = Beside::new(Sshd::start());
    let named = format!("{}@127.0.0.1", account.name());
    for (host, user, who) in [
        (named.as_str(), None, account.name()),
        (named.as_str(), Some("root"), "root"),
        (&format!("ssh://{named}"), None, account.name()),
    ] {
        let told = beside.ask(&Login { host, user, ..AS_ROOT });
        told.assert("in", host);
        assert!(beside.server.logs(&format!("Accepted publickey for {who} ")), "{host}: {}", beside.server.log());
        let address = told.report["hosts"][0]["address"].as_str().unwrap();
        assert!(address.starts_with(&format!("{who}@127.0.0.1:")), "{host}: {address}");
    }
}

#[test]
fn a_jump_host_may_stand_in_brackets() {
    let (beside, jump) = (Beside::new(Sshd::start()), Sshd::start());
    let known = [&beside.server, &jump].map(|server| fs::read_to_string(server.known_hosts()).unwrap()).concat();
    let (hosts, config) = (beside.test.write("known", &known), beside.test.path("config"));
    let keys = [&beside.server, &jump].map(|server| format!("IdentityFile {}\n", server.key().display())).concat();
    fs::write(&config, format!("UserKnownHostsFile {}\nIdentityAgent none\n{keys}", hosts.display())).unwrap();
    for hop in ["root@[127.0.0.1]:{}", "root@127.0.0.1:{}", "ssh://root@127.0.0.1:{}"] {
        let hop = hop.replace("{}", &jump.port().to_string());
        let before = jump.log().matches("Accepted publickey").count();
        beside.ask_with(&AS_ROOT, &format!("-F {} -J {hop}", config.display())).assert("in", &hop);
        assert_eq!(jump.log().matches("Accepted publickey").count(), before + 2, "{hop}: both go over it");
    }
}

/// A cipher that `ssh` offers only to whom names it keeps it out, and so it keeps us out.
#[test]
fn a_server_with_given_up_ciphers_is_out_of_reach_unless_they_are_named() {
    let beside = Beside::new(Sshd::with(&["Ciphers aes128-cbc"]));
    for (options, class) in [
        ("", "handshake"),
        ("-o Ciphers=+aes256-cbc", "handshake"),
        ("-o Ciphers=+aes128-cbc", "in"),
        ("-c aes128-cbc", "in"),
    ] {
        let told = beside.ask(&Login { options, ..AS_ROOT });
        told.assert(class, options);
        assert_eq!(told.says("the server offers aes128-cbc"), class != "in", "{told:#?}");
    }
}

/// The keys that were offered over one connection, as the server saw them.
fn offered(log: &str) -> Vec<&str> {
    log.lines().filter_map(|line| line.split_once("publickey test pkalg ")?.1.split(' ').next()).collect()
}

#[test]
fn a_certificate_beside_a_key_is_offered_after_it_and_a_listed_one_first() {
    let beside = Beside::new(Sshd::with(&["LogLevel DEBUG2"]));
    let (server, key) = (&beside.server, beside.server.path("mine"));
    keygen(&key, &["-t", "ed25519"]);
    keygen(&server.path("ca"), &["-t", "ed25519"]);
    run(Command::new("ssh-keygen")
        .args(["-q", "-I", "test", "-n", "root", "-s"])
        .arg(server.path("ca"))
        .arg(key.with_extension("pub")));
    fs::copy(server.path("mine-cert.pub"), server.path("listed")).unwrap();
    let listed = format!("-o CertificateFile={}", server.path("listed").display());
    for (options, first) in [("", "ssh-ed25519"), (&listed, "ssh-ed25519-cert-v01@openssh.com")] {
        let options = beside.options(options).replace("/client ", "/mine ");
        let seen: Vec<_> = [true, false]
            .map(|ours| {
                let before = server.log().len();
                if ours {
                    beside.ours(&AS_ROOT, &options).json();
                } else {
                    beside.theirs(&AS_ROOT, &options);
                }
                while server.connections() > 0 {
                    thread::sleep(Duration::from_millis(20));
                }
                offered(&server.log()[before..]).into_iter().map(str::to_owned).collect::<Vec<_>>()
            })
            .into();
        assert_eq!((seen[0].len(), seen[0][0].as_str()), (2, first), "{options}: {seen:?}");
        assert_eq!(seen[0], seen[1], "{options}");
    }
}

/// libssh2 cannot join the two; who is refused for that is told.
#[test]
fn a_certificate_whose_private_key_only_an_agent_has_is_told() {
    let (beside, agent) = (Beside::new(Sshd::start()), Agent::start());
    let (server, key) = (&beside.server, beside.server.path("mine"));
    keygen(&key, &["-t", "ed25519"]);
    keygen(&server.path("ca"), &["-t", "ed25519"]);
    let config = fs::read_to_string(server.path("sshd_config")).unwrap();
    fs::write(server.path("sshd_config"), format!("TrustedUserCAKeys {}\n{config}", server.path("ca.pub").display()))
        .unwrap();
    agent.add(&key);
    fs::remove_file(&key).unwrap();
    run(Command::new("ssh-keygen")
        .args(["-q", "-I", "test", "-n", "root", "-s"])
        .arg(server.path("ca"))
        .arg(key.with_extension("pub")));
    let certificate = server.path("mine-cert.pub");
    let with = |more: &str| {
        let options = format!(
            "-F none -o UserKnownHostsFile={} -o IdentityAgent={} {more}",
            server.known_hosts().display(),
            agent.socket().display()
        );
        beside.ask_with(&AS_ROOT, &options)
    };
    let only = "which only the `ssh` program can use";
    for more in [
        format!("-o CertificateFile={}", certificate.display()),
        format!("-o IdentitiesOnly=yes -o IdentityFile={}", key.display()),
    ] {
        let told = with(&more);
        assert_eq!((told.class(), told.is_ssh_in), ("auth", true), "{more}: {told:#?}");
        assert!(told.says(only) && told.says("--transport openssh"), "{more}: {told:#?}");
    }
    let told = with(&format!("-o IdentitiesOnly=yes -o CertificateFile={}", certificate.display()));
    told.assert("auth", "a key of the agent that is not configured");
    let endpoint = SshEndpoint {
        identity_agent: Some(agent.socket()),
        identity_files: vec![key],
        certificate_files: vec![certificate],
        ..server.endpoint("root")
    };
    let error = connect(&Endpoint::Ssh(Box::new(endpoint)), &Credentials::batch(), soon()).unwrap_err();
    assert!(error.message().ja.contains("証明書ですが"), "{:?}", error.message());
    assert!(!told.says(only), "{told:#?}");
}

/// What Ansible itself puts among the arguments of `ssh` holds in its place: before the common arguments, after `ansible_ssh_args`.
#[test]
fn what_ansible_adds_stands_where_ansible_puts_it() {
    let beside = Beside::new(Sshd::start());
    let strict = "-o StrictHostKeyChecking=yes";
    let by_password = "-o PreferredAuthentications=password";
    for (known, variables, class) in [
        (true, json!({"ansible_ssh_common_args": by_password}), "in"),
        (true, json!({"ansible_ssh_args": by_password}), "auth"),
        (false, json!({"ansible_host_key_checking": false}), "in"),
        (false, json!({"ansible_host_key_checking": false, "ansible_ssh_common_args": strict}), "in"),
        (false, json!({"ansible_host_key_checking": false, "ansible_ssh_args": strict}), "host_key_unknown"),
        (false, json!({"ansible_host_key_checking": true, "ansible_ssh_common_args": strict}), "host_key_unknown"),
    ] {
        beside.knows(if known { "[127.0.0.1]:{PORT} {KEY}" } else { "" });
        let mut host = json!({
            "ansible_host": "127.0.0.1",
            "ansible_port": beside.server.port(),
            "ansible_user": "root",
            "ansible_ssh_private_key_file": beside.server.key(),
            "ansible_ssh_extra_args": beside.options("-o ControlPath=none -o ControlMaster=no"),
        });
        host.as_object_mut().unwrap().extend(variables.as_object().unwrap().clone());
        beside.test.write("hosts.yml", &json!({"all": {"hosts": {"h": host}}}).to_string());
        let mut theirs = Command::new(ansible("ansible"));
        theirs.args(["h", "-m", "raw", "-a", "true", "-i"]).arg(beside.test.path("hosts.yml"));
        theirs.current_dir(beside.test.path(".")).env("ANSIBLE_SSH_CONTROL_PATH_DIR", beside.test.path("control"));
        let theirs = theirs.stdin(Stdio::null()).output().unwrap();
        for options in [&["--transport", "ssh2"][..], &["--transport", "openssh"]] {
            let asked =
                ["run", "-i", "hosts.yml", "--check", "ssh/server-unix-forward", "--lang", "en", "--format", "json"];
            let report = beside.test.run(&[&asked[..], options].concat()).json();
            let told = Told { report, is_ssh_in: theirs.status.success() };
            told.assert(class, &format!("{variables} {options:?} {theirs:?}"));
        }
    }
}
