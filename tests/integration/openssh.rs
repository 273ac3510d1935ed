//! `--transport openssh`: the installed `ssh` program as the way to a real OpenSSH server, held against the built-in one.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its world fails")]

mod classes;
mod forged;
mod host_keys;
mod kerberos;
mod one_host;
mod security_keys;

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::net::UnixListener,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use hive_preflight::{
    stop::Stop,
    transport::{
        Credentials, Endpoint, ExecLimits, ExecOutput, HostKeyPolicy, HostSettings, MotherEndpoint, OpensshEndpoint,
        Session, SshEndpoint, StreamLocalReply, TransportError, TransportErrorKind, connect,
    },
};

use crate::{
    lab::{
        Begun, Closed,
        sshd::{Account, Sshd, keygen, roomy, run, soon},
    },
    support::{CliTest, Run},
};

/// What the `ssh` program is given for the same host.
fn program(endpoint: &SshEndpoint) -> OpensshEndpoint {
    let policy = if endpoint.host_key_policy == HostKeyPolicy::Off { "no" } else { "yes" };
    let file = |key: &str, path: &Path| format!("-o{key}={}", path.display());
    let mut args = vec!["-F".to_owned(), "none".to_owned(), format!("-oStrictHostKeyChecking={policy}")];
    args.extend([format!("-oPort={}", endpoint.port), format!("-oUser={}", endpoint.user)]);
    args.extend(endpoint.known_hosts_files.iter().map(|path| file("UserKnownHostsFile", path)));
    args.push("-oGlobalKnownHostsFile=/dev/null".to_owned());
    args.extend(endpoint.identity_files.iter().map(|path| file("IdentityFile", path)));
    args.push("-oIdentitiesOnly=yes".to_owned());
    args.extend(endpoint.host_key_alias.iter().map(|alias| format!("-oHostKeyAlias={alias}")));
    args.extend(endpoint.proxy_command.iter().map(|command| format!("-oProxyCommand={command}")));
    OpensshEndpoint { alias: endpoint.host.clone(), args, resolved: endpoint.clone() }
}

fn open(endpoint: OpensshEndpoint) -> Result<Session, TransportError> {
    connect(&Endpoint::Openssh(Box::new(endpoint)), &Credentials::batch(), soon())
}

fn both(endpoint: &SshEndpoint) -> [Endpoint; 2] {
    [Endpoint::Ssh(Box::new(endpoint.clone())), Endpoint::Openssh(Box::new(program(endpoint)))]
}

/// The same by the `ssh` of `mother`, whose configuration is in `root`.
fn from_mother(mother: &Sshd, root: &Path, endpoint: &SshEndpoint) -> Endpoint {
    let root = root.display().to_string();
    let settings = HostSettings {
        host: endpoint.host.clone(),
        port: Some(endpoint.port),
        user: Some(endpoint.user.clone()),
        connect_timeout: Some(endpoint.connect_timeout),
        ..HostSettings::default()
    };
    Endpoint::FromMother(Box::new(MotherEndpoint::new(mother.endpoint("root"), root.clone(), &root, &settings)))
}

/// The error of each transport, which must be of one class.
#[track_caller]
fn refusals(what: &str, endpoint: &SshEndpoint, class: &str) -> [TransportError; 2] {
    both(endpoint).map(|endpoint| {
        let error = connect(&endpoint, &Credentials::batch(), soon()).unwrap_err();
        assert_eq!(error.class(), class, "{what}: {error} {error:#?}");
        assert!(!error.message().en.is_empty() && !error.message().ja.is_empty());
        error
    })
}

fn stdout(output: &ExecOutput) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_script_runs_and_both_streams_and_the_status_come_back_without_a_word_of_ssh() {
    let server = Sshd::start();
    let mut session = open(program(&server.endpoint("root"))).unwrap();
    for round in 0..2 {
        let output = session.exec("echo out; echo err >&2; exit 7", &roomy()).unwrap();
        assert_eq!((stdout(&output).as_str(), output.exit_status), ("out\n", Some(7)), "{round} {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "err\n", "{round}");
        assert_eq!((output.truncated, output.timed_out, output.lost), (false, false, false));
    }
    let output = session.exec("exit 255", &roomy()).unwrap();
    assert_eq!((output.exit_status, output.lost), (Some(255), false), "the command's own 255 is an answer");
    let output = session.exec("kill -KILL $$", &roomy()).unwrap();
    assert_eq!((output.exit_status, output.lost), (None, false));
}

#[test]
fn facts_are_those_of_the_other_transport() {
    let server = Sshd::start();
    let facts = both(&server.endpoint("root")).map(|e| connect(&e, &Credentials::batch(), soon()).unwrap().facts());
    assert_eq!(facts[0], facts[1]);
}

#[test]
fn every_login_shell_runs_the_same_script() {
    let server = Sshd::start();
    for shell in ["/bin/bash", "/bin/dash", "/usr/bin/fish", "/bin/csh", "/bin/rbash"] {
        let account = Account::with_shell(shell);
        account.write(".bashrc", "echo noise; echo noise >&2; alias sh=false; set -u\n");
        let mut session = open(program(&server.endpoint(account.name()))).unwrap();
        let output = session.exec("echo \"it's $((1+1))\"; exit 7", &roomy()).unwrap();
        assert!(stdout(&output).ends_with("it's 2\n"), "{shell}: {output:?}");
        assert_eq!(output.exit_status, Some(7), "{shell}: {output:?}");
    }
}

#[test]
fn large_streams_are_capped_and_the_status_comes_through_behind_them() {
    let server = Sshd::start();
    let mut session = open(program(&server.endpoint("root"))).unwrap();
    let mut limits = roomy();
    (limits.max_stdout, limits.max_stderr) = (1000, 2000);
    let script = "head -c 5000000 /dev/zero >&2; echo out; head -c 3000000 /dev/zero; echo end >&2; exit 4";
    let output = session.exec(script, &limits).unwrap();
    assert_eq!((output.stdout.len(), output.stderr.len(), output.truncated), (1000, 2000, true));
    assert_eq!((output.exit_status, output.timed_out, output.lost), (Some(4), false, false));
    let output = session.exec("yes", &limits).unwrap();
    assert!(output.truncated && output.exit_status.is_none(), "an endless stream is cut off");
}

/// A server that treats each connection by `serve`, until the test is over.
fn listener(serve: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || listener.incoming().flatten().for_each(serve));
    port
}

#[test]
fn hosts_that_are_no_ssh_server_have_one_class_with_both() {
    let server = Sshd::start();
    let at = |port| SshEndpoint { port, connect_timeout: Duration::from_secs(4), ..server.endpoint("root") };
    let closed = Closed::new();
    refusals("nobody listens", &at(closed.port()), "refused");
    let unknown = SshEndpoint { host: "no-such-host.invalid".to_owned(), ..server.endpoint("root") };
    refusals("no address", &unknown, "name");
    let silent = listener(|mut socket| drop(socket.read_to_end(&mut Vec::new())));
    refusals("silence", &at(silent), "timeout");
    let endless = listener(|mut socket| while socket.write_all(b"welcome\r\n").is_ok() {});
    for endpoint in both(&at(endless)) {
        // `ssh` gives up after 1024 lines, the other at the deadline.
        connect(&endpoint, &Credentials::batch(), soon()).unwrap_err();
    }
    let web = listener(|mut socket| {
        let _ = socket.read(&mut [0; 64]);
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    for error in refusals("a web server", &at(web), "not_ssh") {
        assert!(error.to_string().contains("400 Bad Request"), "{error}");
    }
    refusals("hangs up", &at(listener(drop)), "lost");
    let full = listener(|mut socket| {
        let _ = socket.write_all(b"Exceeded MaxStartups\r\n");
        let _ = socket.read(&mut [0; 64]);
    });
    for error in refusals("MaxStartups", &at(full), "busy") {
        assert!(error.to_string().contains("MaxStartups"), "{error}");
    }
}

#[test]
fn host_keys_that_do_not_hold_have_one_class_with_both_and_the_same_remedy() {
    let server = Sshd::start();
    let known = fs::read_to_string(server.known_hosts()).unwrap();
    let endpoint = server.endpoint("root");
    fs::write(server.known_hosts(), "").unwrap();
    let [ours, theirs] = refusals("unknown", &endpoint, "host_key_unknown");
    assert_eq!((ours.to_string(), ours.remedy()), (theirs.to_string(), theirs.remedy()));
    let accepting = SshEndpoint { host_key_policy: HostKeyPolicy::AcceptNew, ..endpoint.clone() };
    let accepted = OpensshEndpoint { args: program(&endpoint).args, ..program(&accepting) };
    open(accepted).unwrap();
    assert_eq!(fs::read_to_string(server.known_hosts()).unwrap(), "", "nothing is written down");

    keygen(&server.path("other"), &["-t", "ed25519"]);
    server.write_known_hosts(&server.path("other.pub"));
    let [ours, theirs] = refusals("changed", &endpoint, "host_key_changed");
    assert_eq!((ours.to_string(), ours.remedy()), (theirs.to_string(), theirs.remedy()));
    let off = SshEndpoint { host_key_policy: HostKeyPolicy::Off, ..endpoint.clone() };
    open(program(&off)).unwrap();

    let key = fs::read_to_string(server.path("host_ed25519.pub")).unwrap();
    fs::write(server.known_hosts(), format!("{known}@revoked * {key}")).unwrap();
    let [ours, theirs] = refusals("revoked", &endpoint, "host_key_revoked");
    assert_eq!(ours.to_string(), theirs.to_string());
}

#[test]
fn keys_that_do_not_open_have_one_class_with_both() {
    let server = Sshd::start();
    let at = |name: &str| server.path(name);
    server.write_useless_keys();
    let with = |files: Vec<PathBuf>| SshEndpoint { identity_files: files, ..server.endpoint("root") };
    for name in ["open", "locked", "junk", "missing"] {
        let [ours, theirs] = refusals(name, &with(vec![at(name)]), "key_file");
        assert_eq!((ours.to_string(), ours.remedy()), (theirs.to_string(), theirs.remedy()), "{name}");
    }
    keygen(&at("stranger"), &["-t", "ed25519"]);
    let [ours, theirs] = refusals("rejected", &with(vec![at("stranger")]), "auth");
    assert_eq!((ours.to_string(), ours.remedy()), (theirs.to_string(), theirs.remedy()));
    open(program(&with(vec![at("missing"), server.key()]))).unwrap();
}

#[test]
fn too_many_keys_and_a_second_factor_have_one_class_with_both() {
    let strict = Sshd::with(&["MaxAuthTries 2"]);
    let keys: Vec<_> = (0..4).map(|n| strict.path(&format!("stranger{n}"))).collect();
    for key in &keys {
        keygen(key, &["-t", "ed25519"]);
    }
    let many = SshEndpoint { identity_files: keys, ..strict.endpoint("root") };
    for error in refusals("too many keys", &many, "auth") {
        let TransportErrorKind::Auth(refusal) = *error.kind.clone() else { panic!("{error}") };
        assert!(refusal.disconnected.is_some() && refusal.tried.len() >= 2, "{error}");
    }
    let account = Account::with_password("open sesame");
    let server = Sshd::with(&["AuthenticationMethods publickey,password", "PasswordAuthentication yes"]);
    for error in refusals("second factor", &server.endpoint(account.name()), "auth") {
        let TransportErrorKind::Auth(refusal) = *error.kind.clone() else { panic!("{error}") };
        assert!(refusal.partial && refusal.offered == ["password"], "{error}");
    }
}

#[test]
fn a_proxy_that_fails_and_algorithms_that_do_not_meet_have_one_class_with_both() {
    let server = Sshd::with(&["KexAlgorithms sntrup761x25519-sha512@openssh.com"]);
    let proxied = SshEndpoint {
        proxy_command: Some("sh -c 'echo no way >&2; sleep 0.2; exit 1'".to_owned()),
        ..server.endpoint("root")
    };
    for error in refusals("proxy", &proxied, "proxy") {
        assert!(error.to_string().contains("no way"), "{error}");
    }
    let mut endpoint = program(&server.endpoint("root"));
    endpoint.args.push("-oKexAlgorithms=curve25519-sha256".to_owned());
    let error = open(endpoint).unwrap_err();
    assert_eq!(error.class(), "handshake", "{error}");
    assert!(error.to_string().contains("no common key exchange: the server offers sntrup761"), "{error}");
}

#[test]
fn a_server_that_refuses_the_channel_is_told() {
    let server = Sshd::with(&["MaxSessions 0"]);
    for endpoint in both(&server.endpoint("root")) {
        let opened = connect(&endpoint, &Credentials::batch(), soon());
        let error = opened.and_then(|mut session| session.exec("true", &roomy())).unwrap_err();
        assert_eq!(error.class(), "channel", "{error}");
    }
}

#[test]
fn a_host_certificate_is_checked_by_ssh_and_named_by_the_other() {
    let server = Sshd::start();
    keygen(&server.path("ca"), &["-t", "ed25519"]);
    let sign = |principal: &str| {
        run(Command::new("ssh-keygen")
            .args(["-q", "-s"])
            .arg(server.path("ca"))
            .args(["-I", "lab", "-h", "-n", principal])
            .arg(server.path("host_ed25519.pub")));
    };
    sign("127.0.0.1");
    let config = fs::read_to_string(server.path("sshd_config")).unwrap();
    let certificate = server.path("host_ed25519-cert.pub");
    fs::write(server.path("sshd_config"), format!("{config}\nHostCertificate {}\n", certificate.display())).unwrap();
    let ca = fs::read_to_string(server.path("ca.pub")).unwrap();
    fs::write(server.known_hosts(), format!("@cert-authority * {ca}")).unwrap();

    let mut session = open(program(&server.endpoint("root"))).unwrap();
    assert_eq!(session.facts().host_key.unwrap().key_type, "ssh-ed25519-cert-v01@openssh.com");
    assert_eq!(stdout(&session.exec("echo in", &roomy()).unwrap()), "in\n");
    let error = connect(&both(&server.endpoint("root"))[0], &Credentials::batch(), soon()).unwrap_err();
    assert_eq!(error.class(), "host_key_unknown");
    assert!(error.to_string().contains("--transport openssh"), "{error}");
    assert!(error.remedy()[0].text.en.contains("--transport openssh"), "{error:?}");

    sign("other.example");
    let error = open(program(&server.endpoint("root"))).unwrap_err();
    assert_eq!(error.class(), "host_key_unknown", "{error}");
    assert!(error.to_string().contains("principal"), "{error}");
}

#[test]
fn unix_sockets_are_opened_and_refusals_told_as_by_the_other() {
    let server = Sshd::start();
    let path = server.path("socket");
    let listener = UnixListener::bind(&path).unwrap();
    thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let mut request = [0; 4];
            if socket.read_exact(&mut request).is_ok() {
                let _ = socket.write_all(b"pong");
            }
        }
    });
    let forbidding = Sshd::with(&["AllowStreamLocalForwarding no"]);
    for (server, path) in [(&server, path.clone()), (&server, server.path("nothing")), (&forbidding, path)] {
        let ask = |endpoint: Endpoint, request| {
            let mut session = connect(&endpoint, &Credentials::batch(), soon()).unwrap();
            session.stream_local(path.to_str().unwrap(), request, soon())
        };
        for request in [Some(b"ping".as_slice()), None] {
            let [ours, theirs] = both(&server.endpoint("root")).map(|endpoint| ask(endpoint, request));
            assert_eq!(ours, theirs, "{path:?} {request:?}");
        }
    }
    let mut session = open(program(&server.endpoint("root"))).unwrap();
    let reply = session.stream_local("/with:colon", None, soon());
    assert!(matches!(reply, StreamLocalReply::Failed(_)), "{reply:?}");
}

/// The processes whose command line has `text` in it, but for this one.
pub(crate) fn processes(text: &str) -> Vec<String> {
    let lines = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&line).replace('\0', " "))
    });
    lines.filter(|line| line.starts_with("ssh ") && line.contains(text)).collect()
}

#[test]
fn no_ssh_is_left_behind_by_a_deadline_a_stop_or_a_session_that_is_dropped() {
    let server = Sshd::start();
    let mark = format!("-oPort={}", server.port());
    let endpoint = Endpoint::Openssh(Box::new(program(&server.endpoint("root"))));
    let stop = Stop::default();
    let credentials = Credentials::batch().stopped_by(&stop);

    let mut session = connect(&endpoint, &credentials, soon()).unwrap();
    assert_eq!(processes(&mark).len(), 1, "one process a host");
    let limits = ExecLimits { deadline: Instant::now() + Duration::from_millis(300), ..roomy() };
    let output = session.exec("sleep 20", &limits).unwrap();
    assert!(output.timed_out && output.exit_status.is_none(), "{output:?}");
    assert_eq!(processes(&mark), [""; 0]);

    drop(connect(&endpoint, &credentials, soon()).unwrap());
    assert_eq!(processes(&mark), [""; 0]);

    let mut session = connect(&endpoint, &credentials, soon()).unwrap();
    let begun = Begun::new();
    thread::scope(|scope| {
        let running = scope.spawn(|| session.exec(&begun.script(60), &roomy()).unwrap());
        begun.wait();
        stop.request();
        let output = running.join().unwrap();
        assert!(output.lost && output.exit_status.is_none(), "{output:?}");
    });
    assert_eq!(processes(&mark), [""; 0]);
}

#[test]
fn options_that_would_share_forward_or_run_something_have_no_effect() {
    let server = Sshd::start();
    let mut endpoint = program(&server.endpoint("root"));
    let touched = server.path("touched");
    let config = format!(
        "Host *\n PermitLocalCommand yes\n LocalCommand touch {0}\n ControlMaster auto\n ControlPath {0}.ctl\n LogLevel FATAL\n \
         RemoteForward 127.0.0.1:1 127.0.0.1:1\n ExitOnForwardFailure yes\n RequestTTY force\n RemoteCommand false\n",
        touched.display()
    );
    fs::write(server.path("config"), config).unwrap();
    endpoint.args[1] = server.path("config").display().to_string();
    let mut session = open(endpoint.clone()).unwrap();
    let output = session.exec("tty; echo done", &roomy()).unwrap();
    assert_eq!(stdout(&output), "not a tty\ndone\n", "{output:?}");
    let left: Vec<_> = fs::read_dir(touched.parent().unwrap()).unwrap().flatten().collect();
    assert!(left.iter().all(|entry| !entry.file_name().to_string_lossy().starts_with("touched")), "{left:?}");
    // The cause is told although the configuration hides it.
    fs::write(server.known_hosts(), "").unwrap();
    assert_eq!(open(endpoint).unwrap_err().class(), "host_key_unknown");
}

#[test]
fn names_that_ssh_would_take_for_options_are_refused() {
    let server = Sshd::start();
    for alias in ["-oProxyCommand=touch /tmp/never", "", "a b", "a\nb"] {
        let endpoint = OpensshEndpoint { alias: alias.to_owned(), ..program(&server.endpoint("root")) };
        assert_eq!(open(endpoint).unwrap_err().class(), "name", "{alias}");
    }
}

/// An inventory with a host that answers, one at which nobody listens and one whose key has changed.
fn inventory(test: &CliTest, server: &Sshd) {
    keygen(&server.path("other"), &["-t", "ed25519"]);
    let other = fs::read_to_string(server.path("other.pub")).unwrap();
    fs::write(server.path("changed"), format!("[127.0.0.1]:{} {other}", server.port())).unwrap();
    test.write(
        "hosts.yml",
        &format!(
            "all:\n  vars: {{ansible_host: 127.0.0.1, ansible_user: root, ansible_port: {0}, ansible_ssh_common_args: '-F none -o IdentitiesOnly=yes \
             -o ControlMaster=auto -o UserKnownHostsFile={1}'}}\n  hosts:\n    good: {{}}\n    gone: {{ansible_port: 1}}\n    \
             changed: {{ansible_ssh_common_args: '-F none -o UserKnownHostsFile={2}'}}\n",
            server.port(),
            server.known_hosts().display(),
            server.path("changed").display()
        ),
    );
    let check = |id: &str, lines: &str| {
        test.write(
            &format!("mine/{id}.yml"),
            &format!("id: {id}\ntitle: {{en: t, ja: t}}\nwhy: {{en: w, ja: w}}\nfail_msg: {{en: 'rc {{{{ result.rc }}}}', ja: f}}\nseverity: error\nhosts: all\n{lines}\n"),
        );
    };
    check("t/pass", "probe: {shell: 'echo words >&2; true'}\nthat: \"result.stderr == 'words\\n'\"");
    check("t/fail", "probe: {shell: {cmd: 'exit 3', rc: any}}\nthat: result.rc == 0");
}

fn run_with(test: &CliTest, server: &Sshd, more: &[&str]) -> Run {
    let key = server.key().display().to_string();
    let args = ["run", "-i", "hosts.yml", "--checks", "mine", "--check", "t/pass", "--check", "t/fail"];
    let last = ["--private-key", &key, "--format", "json"];
    test.run(&[&args[..], &last, more].concat())
}

#[test]
fn a_whole_run_gives_the_same_verdicts_with_both() {
    let (test, server) = (CliTest::new(), Sshd::start());
    inventory(&test, &server);
    let told = |transport: &str| {
        let run = run_with(&test, &server, &["--transport", transport]);
        let mut report = run.json();
        for result in report["results"].as_array_mut().unwrap() {
            result.as_object_mut().unwrap().remove("duration_ms");
        }
        let hosts = report["hosts"].as_array().unwrap();
        let errors: Vec<_> = hosts.iter().map(|host| (host["name"].clone(), host["error"].clone())).collect();
        let mut results = report["results"].as_array().unwrap().clone();
        results.sort_by_key(|result| format!("{} {}", result["host"], result["check"]));
        (run.status, errors, results)
    };
    let (ours, theirs) = (told("ssh2"), told("openssh"));
    assert_eq!(ours.0, Some(1));
    assert_eq!(serde_json::json!(ours.1), serde_json::json!(theirs.1));
    assert_eq!(serde_json::json!(ours.2), serde_json::json!(theirs.2));
    assert!(ours.2.iter().any(|result| result["outcome"] == "pass"), "{:#?}", ours.2);
}

#[test]
fn a_missing_program_and_a_password_are_told() {
    let (test, server) = (CliTest::new(), Sshd::start());
    inventory(&test, &server);
    let error = |run: &Run| {
        let report = run.json();
        let good = report["hosts"].as_array().unwrap().iter().find(|host| host["name"] == "good").unwrap().clone();
        (good["error"]["class"].clone(), good["error"]["message"].as_str().unwrap_or_default().to_owned())
    };
    let key = server.key().display().to_string();
    let args = ["run", "-i", "hosts.yml", "--checks", "mine", "--check", "t/pass", "--private-key", &key];
    let mut command = test.command();
    let run = Run::of(command.args(args).args(["--format", "json", "--transport", "openssh"]).env("PATH", "/nowhere"));
    let (class, message) = error(&run);
    assert_eq!(class, "local");
    assert!(message.contains("`ssh`: it is not installed"), "{message}");
    let mut command = test.command();
    let run = Run::of(command.args(args).env("HIVE_PREFLIGHT_TRANSPORT", "telnet"));
    assert!(run.stderr.contains("telnet") && run.status == Some(2), "{}", run.stderr);
    test.write("host_vars/good.yml", "ansible_password: secret\n");
    let (class, message) = error(&run_with(&test, &server, &["--transport", "openssh"]));
    assert_eq!(class, "inventory");
    assert!(message.contains("ansible_password") && !message.contains("secret"), "{message}");
}
