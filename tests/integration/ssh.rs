//! Connections to a real OpenSSH server, and every way in which they fail.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its world fails")]

mod beside;
mod proxy;

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    os::unix::{fs::PermissionsExt as _, net::UnixListener},
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use hive_preflight::transport::{
    Credentials, Endpoint, ExecOutput, HostKeyPolicy, KeyFileFault, LocalEndpoint, Phase, SentAs, Session, SshEndpoint,
    StreamLocalReply, TransportError, TransportErrorKind, connect,
};

use crate::lab::{
    agent::Agent,
    sshd::{Account, Sshd, keygen, roomy, run, soon},
};

/// Prints what quoting would break, on both streams, and exits with 7.
const AWKWARD: &str =
    "printf '%s\\n' 'single' \"double $((1+1))\" 'back\\slash' 'bang!' `echo tick`\necho err >&2\nexit 7\n";
const AWKWARD_OUT: &str = "single\ndouble 2\nback\\slash\nbang!\ntick\n";

fn open(endpoint: SshEndpoint) -> Result<Session, TransportError> {
    connect(&Endpoint::Ssh(Box::new(endpoint)), &Credentials::batch(), soon())
}

fn local() -> Session {
    connect(&Endpoint::Local(LocalEndpoint::default()), &Credentials::batch(), soon()).unwrap()
}

fn stdout(output: &ExecOutput) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_script_runs_and_both_streams_and_the_status_come_back() {
    let server = Sshd::start();
    let mut session = open(server.endpoint("root")).unwrap();
    let output = session.exec(AWKWARD, &roomy()).unwrap();
    assert_eq!(stdout(&output), AWKWARD_OUT);
    assert!(String::from_utf8_lossy(&output.stderr).contains("err\n"));
    assert_eq!(output.exit_status, Some(7));
    assert_eq!((output.truncated, output.timed_out, output.lost), (false, false, false));
    assert_eq!(output.sent_as, SentAs::CommandLine);
}

#[test]
fn facts_name_the_server() {
    let server = Sshd::start();
    let facts = open(server.endpoint("root")).unwrap().facts();
    assert!(facts.banner.as_deref().unwrap().starts_with("SSH-2.0-OpenSSH_"), "{facts:?}");
    assert!(facts.software.as_deref().unwrap().starts_with("OpenSSH_"), "{facts:?}");
    assert_eq!((facts.address.as_str(), facts.port, facts.user.as_str()), ("127.0.0.1", Some(server.port()), "root"));
    assert_eq!(facts.host_key.unwrap().key_type, "ssh-ed25519");
}

#[test]
fn every_login_shell_runs_the_same_script() {
    let server = Sshd::start();
    for shell in ["/bin/bash", "/bin/dash", "/usr/bin/fish", "/bin/csh", "/bin/rbash"] {
        let account = Account::with_shell(shell);
        account.write(".bashrc", "echo noise; echo noise >&2; alias sh=false; set -u\n");
        let mut session = open(server.endpoint(account.name())).unwrap();
        for output in [session.exec(AWKWARD, &roomy()).unwrap(), session.exec_stdin(AWKWARD, &roomy()).unwrap()] {
            assert!(stdout(&output).ends_with(AWKWARD_OUT), "{shell}: {output:?}");
            assert_eq!(output.exit_status, Some(7), "{shell}: {output:?}");
        }
    }
}

#[test]
fn a_local_script_runs_and_its_group_ends_at_the_deadline() {
    let output = local().exec(AWKWARD, &roomy()).unwrap();
    assert_eq!((stdout(&output).as_str(), output.exit_status), (AWKWARD_OUT, Some(7)));
    let mut limits = roomy();
    limits.deadline = Instant::now() + Duration::from_millis(300);
    let output = local().exec("sleep 1000 & echo $!; wait", &limits).unwrap();
    assert!(output.timed_out && output.exit_status.is_none(), "{output:?}");
    assert_ends(stdout(&output).trim());
}

/// Waits until the process has ended, or is left as a zombie: a killed one may stand in `/proc` a moment longer.
#[track_caller]
fn assert_ends(pid: &str) {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if state.is_empty() || state.contains(") Z") {
            return;
        }
        assert!(Instant::now() < end, "still alive: {state}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The error of a connection that must fail, with what a person would read.
fn refusal(endpoint: SshEndpoint) -> TransportError {
    let error = open(endpoint).unwrap_err();
    assert!(!error.message().en.is_empty() && !error.message().ja.is_empty());
    error
}

fn commands(error: &TransportError) -> Vec<String> {
    error.remedy().into_iter().flat_map(|step| step.commands).collect()
}

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
fn nobody_listening_is_refused() {
    let server = Sshd::start();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = refusal(SshEndpoint { port: free, ..server.endpoint("root") });
    assert_eq!(error.class(), "refused", "{error}");
}

#[test]
fn a_name_without_address_is_told() {
    let server = Sshd::start();
    let error = refusal(SshEndpoint { host: "no-such-host.invalid".to_owned(), ..server.endpoint("root") });
    assert_eq!(error.class(), "name", "{error}");
}

#[test]
fn every_address_of_a_name_is_tried() {
    let server = Sshd::start();
    let key = fs::read_to_string(server.path("host_ed25519.pub")).unwrap();
    fs::write(server.known_hosts(), format!("[localhost]:{} {key}", server.port())).unwrap();
    // Where the name is also ::1, nothing listens there.
    open(SshEndpoint { host: "localhost".to_owned(), ..server.endpoint("root") }).unwrap();
}

/// A server that treats each connection by `serve`, until the test is over.
fn listener(serve: impl Fn(std::net::TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        if let Ok((socket, _)) = listener.accept() {
            serve(socket);
        }
    });
    port
}

fn strange(server: &Sshd, port: u16) -> TransportError {
    refusal(SshEndpoint { port, connect_timeout: Duration::from_millis(600), ..server.endpoint("root") })
}

#[test]
fn a_silent_server_times_out_in_the_handshake() {
    let server = Sshd::start();
    let port = listener(|mut socket| {
        let _ = socket.read_to_end(&mut Vec::new());
    });
    let error = strange(&server, port);
    assert!(matches!(*error.kind, TransportErrorKind::Timeout { phase: Phase::Handshake, .. }), "{error}");
}

#[test]
fn a_server_that_never_stops_greeting_is_cut_off() {
    let server = Sshd::start();
    let port = listener(|mut socket| while socket.write_all(b"welcome\r\n").is_ok() {});
    let error = strange(&server, port);
    assert!(matches!(&*error.kind, TransportErrorKind::NotSsh { said } if said == "welcome"), "{error}");
}

#[test]
fn a_web_server_is_no_ssh_server() {
    let server = Sshd::start();
    let port = listener(|mut socket| {
        let _ = socket.read(&mut [0; 64]);
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let error = strange(&server, port);
    assert_eq!(error.class(), "not_ssh", "{error}");
    assert!(error.to_string().contains("400 Bad Request"), "{error}");
}

#[test]
fn a_server_that_hangs_up_is_lost_and_one_that_is_full_says_so() {
    let server = Sshd::start();
    assert_eq!(strange(&server, listener(drop)).class(), "lost");
    let port = listener(|mut socket| {
        let _ = socket.write_all(b"Exceeded MaxStartups\r\n");
        let _ = socket.read(&mut [0; 64]);
    });
    let error = strange(&server, port);
    assert_eq!(error.class(), "busy", "{error}");
    assert!(error.to_string().contains("MaxStartups"), "{error}");
}

#[test]
fn no_common_key_exchange_is_told_with_what_the_server_offers() {
    let server = Sshd::with(&["KexAlgorithms sntrup761x25519-sha512@openssh.com"]);
    let error = refusal(server.endpoint("root"));
    assert_eq!(error.class(), "handshake", "{error}");
    assert!(error.to_string().contains("sntrup761x25519-sha512@openssh.com"), "{error}");
    assert!(error.to_string().contains("key exchange"), "{error}");
}

fn with_key(server: &Sshd, key: &Path) -> SshEndpoint {
    SshEndpoint { identity_files: vec![key.to_path_buf()], ..server.endpoint("root") }
}

#[test]
fn key_files_that_cannot_be_used_are_told_apart() {
    let server = Sshd::start();
    let at = |name: &str| server.path(name);
    fs::write(at("open"), fs::read(server.key()).unwrap()).unwrap();
    fs::set_permissions(at("open"), fs::Permissions::from_mode(0o644)).unwrap();
    keygen(&at("locked"), &["-t", "ed25519", "-N", "secret"]);
    keygen(&at("locked_pem"), &["-t", "rsa", "-m", "PEM", "-N", "secret"]);
    for (name, text) in [
        ("junk", "junk"),
        ("cut", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\n-----END OPENSSH PRIVATE KEY-----\n"),
    ] {
        fs::write(at(name), text).unwrap();
        fs::set_permissions(at(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
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

#[test]
fn a_large_script_goes_over_standard_input() {
    let server = Sshd::start();
    let mut session = open(server.endpoint("root")).unwrap();
    // 40 KB that do not pack.
    let noise: Vec<_> =
        (0..2_500u64).map(|n| format!(": {:x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17))).collect();
    let noise: Vec<_> = noise
        .iter()
        .enumerate()
        .map(|(n, line)| format!("{line} {:x}", (n as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93)))
        .collect();
    let script = format!("{}\necho done\nexit 3\n", noise.join("\n"));
    assert!(script.len() > 80_000);
    let output = session.exec(&script, &roomy()).unwrap();
    assert_eq!((stdout(&output).as_str(), output.exit_status, output.sent_as), ("done\n", Some(3), SentAs::Stdin));
    let output = session.exec(&format!("{}\necho again", "# padding\n".repeat(4_000)), &roomy()).unwrap();
    assert_eq!(
        (stdout(&output).as_str(), output.sent_as),
        ("again\n", SentAs::CommandLine),
        "the connection serves again"
    );
}

#[test]
fn without_base64_the_other_way_is_left() {
    let server = Sshd::with(&["SetEnv PATH=/nowhere"]);
    let account = Account::with_shell("/bin/dash");
    let mut session = open(server.endpoint(account.name())).unwrap();
    let output = session.exec("echo frame", &roomy()).unwrap();
    assert_eq!((stdout(&output).as_str(), output.sent_as), ("", SentAs::CommandLine), "{output:?}");
}

#[test]
fn both_streams_are_capped_and_neither_stalls_the_other() {
    let server = Sshd::start();
    let script = "head -c 5000000 /dev/zero >&2; echo out; head -c 3000000 /dev/zero; echo end >&2; exit 4";
    for mut session in [open(server.endpoint("root")).unwrap(), local()] {
        let mut limits = roomy();
        (limits.max_stdout, limits.max_stderr) = (1000, 2000);
        let output = session.exec(script, &limits).unwrap();
        assert_eq!((output.stdout.len(), output.stderr.len(), output.truncated), (1000, 2000, true));
        assert_eq!((output.exit_status, output.timed_out, output.lost), (Some(4), false, false));
    }
}

#[test]
fn an_endless_stream_is_cut_off_before_its_deadline() {
    let server = Sshd::start();
    for mut session in [open(server.endpoint("root")).unwrap(), local()] {
        let started = Instant::now();
        let output = session.exec("yes", &roomy()).unwrap();
        assert!(output.truncated && !output.timed_out && output.exit_status.is_none(), "{:?}", started.elapsed());
    }
}

#[test]
fn a_deadline_holds_whatever_trickles_in() {
    let server = Sshd::start();
    let mut session = open(server.endpoint("root")).unwrap();
    let mut limits = roomy();
    limits.deadline = Instant::now() + Duration::from_secs(4);
    let output =
        session.exec("n=0; while [ $n -lt 600 ]; do echo drip; sleep 0.05; n=$((n+1)); done", &limits).unwrap();
    assert!(output.timed_out && output.stdout.starts_with(b"drip"), "{output:?}");
    assert_eq!(output.exit_status, None);
    let error = session.exec("echo more", &roomy()).unwrap_err();
    assert_eq!(error.class(), "lost", "a connection that was cut off is not used again");
}

#[test]
fn a_signal_is_no_exit_status() {
    let server = Sshd::start();
    let mut session = open(server.endpoint("root")).unwrap();
    let output = session.exec_stdin("echo before; kill -KILL $$", &roomy()).unwrap();
    assert!(stdout(&output).ends_with("before\n"));
    // bash runs `sh` in its own place, so that the signal is the command's.
    assert_eq!((output.exit_status, output.exit_signal.as_deref()), (None, Some("KILL")), "{output:?}");
    let output = local().exec("kill -TERM $$", &roomy()).unwrap();
    assert_eq!((output.exit_status, output.exit_signal.as_deref()), (None, Some("TERM")), "{output:?}");
}

#[test]
fn a_refused_shell_is_told() {
    let server = Sshd::with(&["MaxSessions 0"]);
    let error = open(server.endpoint("root")).unwrap().exec("true", &roomy()).unwrap_err();
    assert_eq!(error.class(), "channel", "{error}");
}

/// A unix socket that answers one line like a web server.
fn web_socket(dir: &Path) -> std::path::PathBuf {
    let path = dir.join("web.sock");
    let listener = UnixListener::bind(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    thread::spawn(move || {
        for socket in listener.incoming().flatten().take(4) {
            let mut socket = socket;
            let _ = socket.read(&mut [0; 1024]);
            let _ = socket.write_all(b"HTTP/1.0 200 OK\r\n\r\nOK");
        }
    });
    path
}

#[test]
fn a_unix_socket_opens_and_answers() {
    let server = Sshd::start();
    let path = web_socket(server.path("x").parent().unwrap());
    for mut session in [open(server.endpoint("root")).unwrap(), local()] {
        let path = path.to_str().unwrap();
        let reply = session.stream_local(path, Some(b"GET /_ping HTTP/1.0\r\n\r\n"), soon());
        assert_eq!(reply, StreamLocalReply::Opened(b"HTTP/1.0 200 OK\r\n\r\nOK".to_vec()));
        assert_eq!(session.stream_local(path, None, soon()), StreamLocalReply::Opened(Vec::new()));
        assert_eq!(stdout(&session.exec("echo after", &roomy()).unwrap()), "after\n");
    }
}

#[test]
fn a_unix_socket_that_cannot_be_opened_is_refused_with_the_servers_reason() {
    let account = Account::with_shell("/bin/sh");
    let free = Sshd::start();
    let path = web_socket(free.path("x").parent().unwrap());
    let path = path.to_str().unwrap();
    let ask = |server: &Sshd, user: &str, path: &str| {
        let mut session = open(server.endpoint(user)).unwrap();
        let reply = session.stream_local(path, None, soon());
        assert_eq!(stdout(&session.exec("echo after", &roomy()).unwrap()), "after\n");
        reply
    };
    // OpenSSH gives the same reason for what is missing, not permitted and forbidden by its configuration.
    let refused = StreamLocalReply::Refused("connect failed".to_owned());
    assert_eq!(ask(&free, "root", "/nowhere/x.sock"), refused);
    assert_eq!(ask(&free, account.name(), path), refused);
    let no_stream = Sshd::with(&["AllowStreamLocalForwarding no"]);
    assert_eq!(ask(&no_stream, "root", path), refused);
    let nothing = Sshd::with(&["DisableForwarding yes"]);
    assert_eq!(ask(&nothing, "root", path), refused);
    match local().stream_local("/nowhere/x.sock", None, soon()) {
        StreamLocalReply::Refused(words) => assert!(words.starts_with("connect failed: "), "{words}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_unix_socket_that_says_nothing_times_out() {
    let server = Sshd::start();
    let path = server.path("silent.sock");
    let _listener = UnixListener::bind(&path).unwrap();
    for mut session in [open(server.endpoint("root")).unwrap(), local()] {
        let deadline = Instant::now() + Duration::from_millis(400);
        assert_eq!(session.stream_local(path.to_str().unwrap(), Some(b"GET"), deadline), StreamLocalReply::TimedOut);
    }
}
