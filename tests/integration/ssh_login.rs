//! Logging in as `ssh` does, and where that would fail for no good reason, better.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use hive_preflight::transport::{
    Algorithms, AuthMethod, Credentials, Endpoint, ServerAlive, Session, SshEndpoint, TransportError, connect,
};

use crate::{
    lab::{
        agent::Agent,
        sshd::{Account, Sshd, keygen, roomy, run, soon},
    },
    support::on_terminal,
};

fn open(endpoint: SshEndpoint) -> Result<Session, TransportError> {
    connect(&Endpoint::Ssh(Box::new(endpoint)), &Credentials::batch(), soon())
}

/// An agent with so many keys that no server knows.
fn crowded(server: &Sshd, count: usize) -> Agent {
    let agent = Agent::start();
    for number in 0..count {
        let file = server.path(&format!("stranger{number}"));
        keygen(&file, &["-t", "ed25519"]);
        agent.add(&file);
    }
    agent
}

fn logins(server: &Sshd) -> usize {
    server.log().matches("Connection from").count()
}

#[test]
fn an_agent_with_many_keys_does_not_keep_a_named_key_from_its_turn() {
    let server = Sshd::with(&["MaxAuthTries 6"]);
    let agent = crowded(&server, 30);
    let endpoint =
        SshEndpoint { identity_agent: Some(agent.socket()), identities_only: false, ..server.endpoint("root") };
    // `ssh` itself fails here: it offers the agent's keys first.
    let ssh = Command::new("ssh")
        .args(["-F", "none", "-oBatchMode=yes", "-p", &server.port().to_string(), "-i"])
        .arg(server.key())
        .arg(format!("-oUserKnownHostsFile={}", server.known_hosts().display()))
        .args(["root@127.0.0.1", "true"])
        .env("SSH_AUTH_SOCK", agent.socket())
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&ssh.stderr).contains("Too many authentication failures"), "{ssh:?}");
    let before = logins(&server);
    let credentials = Credentials::batch();
    connect(&Endpoint::Ssh(Box::new(endpoint.clone())), &credentials, soon()).unwrap();
    assert_eq!(logins(&server), before + 1, "over one connection");
    let told = credentials.told();
    assert!(told.len() == 1 && told[0].en.contains("30 other keys"), "what `ssh` would have come to is told: {told:?}");
    let alone = Credentials::batch();
    connect(&Endpoint::Ssh(Box::new(SshEndpoint { identities_only: true, ..endpoint })), &alone, soon()).unwrap();
    assert!(alone.told().is_empty());
}

#[test]
fn a_server_that_hangs_up_over_an_agents_keys_is_asked_again_for_the_password() {
    let account = Account::with_password("open sesame");
    let server = Sshd::with(&["MaxAuthTries 3", "PasswordAuthentication yes"]);
    let agent = crowded(&server, 14);
    let with = |password: Option<&str>| SshEndpoint {
        identity_agent: Some(agent.socket()),
        identity_files: Vec::new(),
        identities_only: false,
        password: password.map(Into::into),
        ..server.endpoint(account.name())
    };
    open(with(Some("open sesame"))).unwrap();
    assert_eq!(logins(&server), 2);
    let error = open(with(None)).unwrap_err();
    assert_eq!(error.class(), "auth", "{error}");
    assert_eq!(logins(&server), 2 + 3, "a few connections, not one for every key");
}

#[test]
fn an_agent_that_nobody_confirms_holds_nobody_up() {
    let server = Sshd::start();
    let with = |agent: &Agent| {
        Endpoint::Ssh(Box::new(SshEndpoint {
            identity_agent: Some(agent.socket()),
            identity_files: Vec::new(),
            identities_only: false,
            ..server.endpoint("root")
        }))
    };
    let willing = Agent::asking("sleep 1; exit 0");
    willing.add_confirmed(&server.key());
    connect(&with(&willing), &Credentials::batch(), soon()).unwrap();
    let silent = Agent::asking("exec sleep 300");
    silent.add_confirmed(&server.key());
    let began = Instant::now();
    let error = connect(&with(&silent), &Credentials::batch(), began + Duration::from_secs(10)).unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert_eq!(error.class(), "timeout", "{error}");
    assert!(error.message().en.contains("the agent of the keys did not answer"), "{error}");
    // It is busy with the first question now, and does not even list its keys.
    let began = Instant::now();
    let error = connect(&with(&silent), &Credentials::batch(), began + Duration::from_secs(10)).unwrap_err();
    assert!(error.message().en.contains("the agent of the keys did not answer"), "{error}");
    let silent = Agent::asking("exec sleep 300");
    silent.add_confirmed(&server.key());
    // Somebody who stops the run does not wait for it either.
    let credentials = Credentials::batch();
    let stop = credentials.stop().clone();
    let stopper = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(1));
        stop.request();
    });
    let began = Instant::now();
    connect(&with(&silent), &credentials, began + Duration::from_secs(200)).unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    stopper.join().unwrap();
}

#[test]
fn a_user_certificate_opens_what_its_key_does_not() {
    let account = Account::with_shell("/bin/sh");
    let server = Sshd::start();
    keygen(&server.path("ca"), &["-t", "ed25519"]);
    let config = fs::read_to_string(server.path("sshd_config")).unwrap();
    let trust = format!("TrustedUserCAKeys {}\nAuthorizedKeysFile none\n", server.path("ca.pub").display());
    fs::write(server.path("sshd_config"), format!("{trust}{config}")).unwrap();
    for (kind, options) in
        [("ed25519", &["-t", "ed25519"][..]), ("ecdsa", &["-t", "ecdsa"]), ("rsa", &["-t", "rsa", "-b", "2048"])]
    {
        let key = server.path(kind);
        keygen(&key, options);
        let with = |certificate_files: Vec<PathBuf>| SshEndpoint {
            identity_files: vec![key.clone()],
            certificate_files,
            ..server.endpoint(account.name())
        };
        assert_eq!(open(with(vec![])).unwrap_err().class(), "auth", "{kind}");
        run(Command::new("ssh-keygen")
            .args(["-q", "-I", "test", "-n", account.name(), "-s"])
            .arg(server.path("ca"))
            .arg(server.path(&format!("{kind}.pub"))));
        let beside = server.path(&format!("{kind}-cert.pub"));
        open(with(vec![])).unwrap_or_else(|error| panic!("{kind}, beside the key: {error}"));
        let named = server.path(&format!("{kind}.named"));
        fs::rename(&beside, &named).unwrap();
        open(with(vec![named])).unwrap_or_else(|error| panic!("{kind}, by CertificateFile: {error}"));
    }
}

#[test]
fn a_public_key_as_identity_stands_for_the_agents_private_one() {
    let server = Sshd::start();
    let agent = crowded(&server, 3);
    agent.add(&server.key());
    fs::remove_file(server.key()).unwrap();
    let with = |name: &str| SshEndpoint {
        identity_agent: Some(agent.socket()),
        identity_files: vec![server.path(name)],
        ..server.endpoint("root")
    };
    open(with("client.pub")).unwrap();
    open(with("client")).unwrap();
    let error = open(SshEndpoint { identity_agent: Some("none".into()), ..with("client.pub") }).unwrap_err();
    assert!(error.to_string().contains("it is a public key"), "{error}");
}

#[test]
fn methods_and_keys_that_are_switched_off_are_not_tried() {
    let account = Account::with_password("open sesame");
    let server = Sshd::with(&["PasswordAuthentication yes"]);
    let with = |methods: &[AuthMethod]| SshEndpoint {
        auth_methods: methods.to_vec(),
        password: Some("open sesame".into()),
        ..server.endpoint(account.name())
    };
    open(with(&[AuthMethod::Password, AuthMethod::PublicKey])).unwrap();
    assert!(server.logs("Accepted password"), "{}", server.log());
    open(with(&AuthMethod::ALL)).unwrap();
    assert!(server.logs("Accepted publickey"), "{}", server.log());
    assert_eq!(open(with(&[AuthMethod::KeyboardInteractive])).unwrap_err().class(), "auth");
    let algorithms = Algorithms { pubkey: Some("rsa-sha2-512".to_owned()), ..Algorithms::default() };
    let error = open(SshEndpoint { algorithms, password: None, ..with(&AuthMethod::ALL) }).unwrap_err();
    assert!(error.to_string().contains("there was nothing to try"), "{error}");
}

#[test]
fn keyboard_interactive_is_answered_with_the_password() {
    let account = Account::with_password("open sesame");
    let server = Sshd::with(&["UsePAM yes", "KbdInteractiveAuthentication yes", "PubkeyAuthentication no"]);
    let with = |password: &str| SshEndpoint { password: Some(password.into()), ..server.endpoint(account.name()) };
    open(with("open sesame")).unwrap();
    assert!(server.logs("Accepted keyboard-interactive"), "{}", server.log());
    let error = open(with("wrong")).unwrap_err();
    assert!(error.to_string().contains("keyboard-interactive with the password"), "{error}");
}

#[test]
fn algorithms_of_the_configuration_are_the_ones_that_are_used() {
    let server = Sshd::with(&["LogLevel DEBUG1"]);
    let with = |algorithms| SshEndpoint { algorithms, ..server.endpoint("root") };
    let some = |text: &str| Some(text.to_owned());
    open(with(Algorithms {
        kex: some("ecdh-sha2-nistp384"),
        ciphers: some("aes192-ctr"),
        macs: some("hmac-sha2-512"),
        ..Algorithms::default()
    }))
    .unwrap();
    let log = server.log();
    for used in ["kex: algorithm: ecdh-sha2-nistp384", "aes192-ctr MAC: hmac-sha2-512 "] {
        assert!(log.contains(used), "{used}: {log}");
    }
    let error = open(with(Algorithms { ciphers: some("no-such-cipher"), ..Algorithms::default() })).unwrap_err();
    assert!(error.to_string().contains("`Ciphers no-such-cipher` leaves nothing"), "{error}");
    let error = open(with(Algorithms { host_key: some("rsa-sha2-512"), ..Algorithms::default() })).unwrap_err();
    assert!(error.to_string().contains("no common host key"), "{error}");
}

#[test]
fn a_server_that_froze_is_given_up_where_the_configuration_says_so() {
    let server = Sshd::start();
    let alive = ServerAlive { interval: Duration::from_secs(1), count_max: 2 };
    let mut session = open(SshEndpoint { server_alive: Some(alive), ..server.endpoint("root") }).unwrap();
    // Stops the server's own process for a while; nobody else can wake it up.
    let freeze = "p=$$; while ! grep -q sshd /proc/$p/comm; do p=$(cut -d' ' -f4 /proc/$p/stat); done\n\
                  (sleep 30; kill -CONT $p) >/dev/null 2>&1 &\nkill -STOP $p; sleep 28";
    let output = session.exec(freeze, &roomy()).unwrap();
    assert!(output.lost && !output.timed_out, "{output:?}");
}

#[test]
fn a_password_that_is_asked_for_opens_hosts_and_is_shown_nowhere() {
    let account = Account::with_password("open sesame");
    let server = Sshd::with(&["PasswordAuthentication yes", "PubkeyAuthentication no"]);
    let host = format!(
        "ansible_host=127.0.0.1 ansible_port={} ansible_user={} \
         ansible_ssh_common_args='-F none -o IdentityAgent=none -o UserKnownHostsFile={}'",
        server.port(),
        account.name(),
        server.known_hosts().display()
    );
    fs::write(server.path("hosts"), format!("one {host}\ntwo {host}\n")).unwrap();
    fs::create_dir_all(server.path("checks/t")).unwrap();
    let check = "id: t/here\ntitle: {en: t, ja: t}\nwhy: {en: w, ja: w}\nhosts: all\nprobe: {shell: echo here}\n\
                 that: [\"result.stdout is search('here')\"]\nseverity: error\nfail_msg: {en: f, ja: f}\n\
                 remedy: [{text: {en: r, ja: r}}]\n";
    fs::write(server.path("checks/t/here.yml"), check).unwrap();
    let at = |name: &str| server.path(name).display().to_string();
    let (hosts, checks) = (at("hosts"), at("checks"));
    let words = [
        env!("CARGO_BIN_EXE_hive-preflight"),
        "run",
        "-i",
        &hosts,
        "--checks",
        &checks,
        "--check",
        "t/here",
        "--ask-pass",
        "--format",
        "json",
        "--lang",
        "en",
    ];
    let command = shell_words::join(words);
    let (screen, status) = on_terminal(&command, "SSH password: ", &["open sesame"]);
    assert_eq!((screen.matches("SSH password: ").count(), status), (1, Some(0)), "{screen}");
    assert!(!screen.contains("sesame"), "{screen}");
    let output =
        Command::new("setsid").args(["-w", "sh", "-c", &command]).stdin(std::process::Stdio::null()).output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("`--ask-pass` needs a terminal") && output.status.code() != Some(0), "{output:?}");
}
