//! Every kind of probe on this machine's real files, sockets and servers.

use std::{
    fs,
    net::TcpListener,
    os::unix::{
        fs::{PermissionsExt, symlink},
        net::{UnixDatagram, UnixListener},
    },
    path::Path,
};

use serde_json::Value;

use super::*;
use crate::lab::{Closed, sshd::Account};

fn path(path: &Path) -> String {
    path.to_str().expect("a path of ours is text").to_owned()
}

fn values(probe: Probe) -> serde_json::Map<String, Value> {
    let seen = observe(probe).unwrap_or_else(|error| panic!("no observation: {error}"));
    assert!(seen.evidence.first().is_some_and(|line| line.starts_with("$ ")), "{:?}", seen.evidence);
    assert_eq!(seen.values["ran"], true);
    seen.values
}

fn file(at: &Path) -> serde_json::Map<String, Value> {
    values(Probe::File { path: path(at) })
}

fn socket(at: &Path) -> serde_json::Map<String, Value> {
    values(Probe::UnixSocket { path: path(at) })
}

/// As an account without rights.
fn observe_as(account: &Account, probe: Probe) -> Result<Observation, ProbeError> {
    let batch = of_probes([probe]);
    let mut command = Command::new("setpriv");
    command.args(["--reuid", account.name(), "--regid", account.name(), "--init-groups", "sh"]).current_dir("/");
    let output = feed(&mut command, &batch.script());
    batch.read(&output.stdout, &output.stderr, &exchange()).remove(&0).expect("every question has an answer")
}

#[test]
fn files_of_every_type_and_name() {
    let home = tempfile::tempdir().expect("a directory");
    for name in ["plain", "a b", "-n", "line\nbreak", "it's \"$HOME\"", "~", "日本"] {
        let at = home.path().join(name);
        fs::write(&at, "12345").expect("a file");
        fs::set_permissions(&at, fs::Permissions::from_mode(0o4640)).expect("its mode");
        let seen = file(&at);
        assert_eq!(
            (&seen["exists"], &seen["type"], &seen["mode"]),
            (&true.into(), &"file".into(), &"4640".into()),
            "{name}"
        );
        assert_eq!((&seen["size"], &seen["owner"], &seen["uid"]), (&5.into(), &"root".into(), &0.into()), "{name}");
        let modified = fs::metadata(&at).and_then(|meta| meta.modified()).expect("its time");
        let epoch = modified.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
        assert_eq!(seen["mtime"], epoch, "{name}");
        assert_eq!((&seen["readable"], &seen["executable"]), (&true.into(), &false.into()), "{name}");
    }
    let link = home.path().join("link");
    symlink("line\nbreak\n", &link).expect("a link");
    assert_eq!((&file(&link)["type"], &file(&link)["target"]), (&"symlink".into(), &"line\nbreak\n".into()));
    assert_eq!(file(home.path())["type"], "directory");
    assert_eq!(file(Path::new("/dev/null"))["type"], "char");
    let _listener = UnixListener::bind(home.path().join("s")).expect("a socket");
    assert_eq!(file(&home.path().join("s"))["type"], "socket");
}

#[test]
fn nothing_at_a_path_is_told_apart_from_nothing_seen() {
    let home = tempfile::tempdir().expect("a directory");
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700)).expect("its mode");
    let missing = home.path().join("missing");
    assert_eq!(file(&missing)["exists"], false);
    assert_eq!(file(&missing)["type"], Value::Null);
    assert_eq!(file(Path::new("/etc/passwd/x"))["exists"], false);

    let account = Account::with_shell("/bin/sh");
    let hidden = observe_as(&account, Probe::File { path: path(&missing) });
    assert!(matches!(&hidden, Err(ProbeError::Unreadable(words)) if words.contains("Permission denied")), "{hidden:?}");
    let hidden = observe_as(&account, Probe::UnixSocket { path: path(&missing) });
    assert!(matches!(&hidden, Err(ProbeError::Unreadable(words)) if words.contains("Permission denied")), "{hidden:?}");
}

#[test]
fn without_stat_the_same_is_seen_through_ls() {
    let home = tempfile::tempdir().expect("a directory");
    let at = home.path().join("a\nb");
    fs::write(&at, "12345").expect("a file");
    fs::set_permissions(&at, fs::Permissions::from_mode(0o1741)).expect("its mode");
    let batch = of_probes([Probe::File { path: path(&at) }, Probe::File { path: path(&home.path().join("missing")) }]);
    let output = run(&["sh"], &batch.script().replace("stat -c", "no-stat -c"));
    let seen = batch.read(&output.stdout, &output.stderr, &exchange());
    let through_ls = seen[&0].as_ref().expect("an observation").values.clone();
    let mut through_stat = file(&at);
    for volatile in ["mtime", "duration"] {
        through_stat[volatile] = through_ls[volatile].clone();
    }
    assert_eq!(through_ls["mtime"], Value::Null);
    assert_eq!(through_ls, through_stat);
    assert_eq!(seen[&1].as_ref().expect("an observation").values["exists"], false);
}

#[test]
fn live_stale_and_other_sockets() {
    let home = tempfile::tempdir().expect("a directory");
    let at = home.path().join("docker.sock@h1");
    assert_eq!(socket(&at)["state"], "absent");

    let listener = UnixListener::bind(&at).expect("a socket");
    let seen = socket(&at);
    assert_eq!((&seen["state"], &seen["type"], &seen["confirmed"]), (&"live".into(), &"stream".into(), &true.into()));
    assert_eq!(
        (&seen["pid"], &seen["ppid"]),
        (&std::process::id().into(), &std::os::unix::process::parent_id().into())
    );
    assert!(seen["process"].as_str().is_some_and(|name| name.starts_with("integration")), "{seen:?}");
    assert!(seen["parent"].is_string());

    drop(listener);
    let seen = socket(&at);
    assert_eq!((&seen["state"], &seen["pid"]), (&"stale".into(), &Value::Null));

    let plain = home.path().join("plain");
    fs::write(&plain, "").expect("a file");
    assert_eq!((&socket(&plain)["state"], &socket(&plain)["type"]), (&"not_a_socket".into(), &"file".into()));
    assert_eq!(socket(home.path())["type"], "directory");
    symlink("/nowhere", home.path().join("dangling")).expect("a link");
    assert_eq!(socket(&home.path().join("dangling"))["type"], "symlink");

    let datagrams = UnixDatagram::bind(home.path().join("d")).expect("a socket");
    assert_eq!(
        (&socket(&home.path().join("d"))["state"], &socket(&home.path().join("d"))["type"]),
        (&"live".into(), &"dgram".into())
    );
    drop(datagrams);
    assert_eq!(socket(&home.path().join("d"))["state"], "stale");
    assert_eq!(socket(&home.path().join("x".repeat(120)))["state"], "path_too_long");
}

/// The table of the kernel knows the path of a socket whose file was replaced; only a connection tells.
#[test]
fn a_path_that_was_used_twice_is_judged_by_its_file() {
    let home = tempfile::tempdir().expect("a directory");
    let at = home.path().join("twice");
    let _first = UnixListener::bind(&at).expect("a socket");
    fs::remove_file(&at).expect("it is there");
    let second = UnixListener::bind(&at).expect("a socket");
    assert_eq!(socket(&at)["state"], "live");
    drop(second);
    assert_eq!(socket(&at)["state"], "stale");
    symlink(home.path(), home.path().join("elsewhere")).expect("a link");
    assert_eq!(socket(&home.path().join("elsewhere/twice"))["state"], "stale");
}

#[test]
fn without_a_connection_the_table_decides_and_says_so() {
    let home = tempfile::tempdir().expect("a directory");
    let (live, stale) = (home.path().join("live"), home.path().join("stale"));
    let _listener = UnixListener::bind(&live).expect("a socket");
    drop(UnixListener::bind(&stale).expect("a socket"));
    symlink(home.path(), home.path().join("alias")).expect("a link");
    let batch =
        of_probes([&live, &stale, &home.path().join("alias/live")].map(|at| Probe::UnixSocket { path: path(at) }));
    let script = batch.script().replace("command -v perl", "false").replace("command -v $y", "false");
    for shell_ in shells() {
        let output = run(shell_, &script);
        let seen = batch.read(&output.stdout, &output.stderr, &exchange());
        let of = |id: u32| seen[&id].as_ref().unwrap_or_else(|error| panic!("{shell_:?}: {error}"));
        for (id, state) in [(0, "live"), (1, "stale"), (2, "live")] {
            assert_eq!(
                (&of(id).values["state"], &of(id).values["confirmed"]),
                (&state.into(), &false.into()),
                "{shell_:?}"
            );
            assert!(of(id).evidence.iter().any(|line| line.contains("/proc/net/unix")), "{shell_:?}");
        }
        assert_eq!(of(0).values["pid"], std::process::id(), "{shell_:?}");
    }
}

#[test]
fn a_socket_of_another_user_is_live_all_the_same() {
    let home = tempfile::tempdir().expect("a directory");
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).expect("its mode");
    let at = home.path().join("private");
    let listener = UnixListener::bind(&at).expect("a socket");
    fs::set_permissions(&at, fs::Permissions::from_mode(0o600)).expect("its mode");
    let account = Account::with_shell("/bin/sh");
    let ask = || observe_as(&account, Probe::UnixSocket { path: path(&at) }).expect("an observation").values;
    let seen = ask();
    assert_eq!((&seen["state"], &seen["pid"]), (&"live".into(), &Value::Null));
    drop(listener);
    assert_eq!(ask()["state"], "stale");
}

/// A process of ours that is ended with its test.
struct Child(std::process::Child);

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A program called `ssh` that listens at `at`, so that the rule for orphans can be seen without a server.
const LISTENER: &str = "import ctypes, os, socket, sys, time
s = socket.socket(socket.AF_UNIX)
ctypes.CDLL(None).prctl(15, b'ssh')
parent = os.getpid()
if os.fork():
    os._exit(0) if sys.argv[2] == 'orphan' else os._exit(os.wait()[1])
while sys.argv[2] == 'orphan' and os.getppid() == parent:
    time.sleep(0.01)
s.bind(sys.argv[1])
s.listen(5)
print(os.getpid(), flush=True)
time.sleep(60)";

#[test]
fn an_ssh_that_lost_its_parent_is_orphaned() {
    use std::io::{BufRead, BufReader};
    let home = tempfile::tempdir().expect("a directory");
    for (kind, state) in [("orphan", "orphaned"), ("child", "live")] {
        let at = home.path().join(kind);
        let mut child = Command::new("python3")
            .args(["-c", LISTENER, &path(&at), kind])
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is there");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        let _parent = Child(child);
        BufReader::new(stdout).read_line(&mut line).expect("it tells its number");
        let pid: u32 = line.trim().parse().expect("a number");
        let seen = socket(&at);
        let killed = Command::new("kill").arg(pid.to_string()).status();
        assert_eq!(
            (&seen["state"], &seen["pid"], &seen["process"]),
            (&state.into(), &pid.into(), &"ssh".into()),
            "{kind}"
        );
        assert!(killed.is_ok_and(|status| status.success()));
    }
}

fn tcp(host: &str, port: u16) -> Result<Observation, ProbeError> {
    observe(Probe::Tcp { host: host.to_owned(), port })
}

#[test]
fn connections_that_open_are_refused_and_have_no_name() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let state = |host: &str, port| tcp(host, port).expect("a state").values["state"].clone();
    assert_eq!(state("127.0.0.1", port), "open");
    let closed = Closed::new();
    assert_eq!(state("127.0.0.1", closed.port()), "refused");
    assert_eq!(state("::1", closed.port()), "refused");
    assert_eq!(state("no-such-host.invalid", 80), "unresolved");
    assert_eq!(state("$(id)'; id", 80), "unresolved");
}

#[test]
fn every_tool_that_connects_tells_the_same() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let closed = Closed::new();
    let probes = [("127.0.0.1", port), ("127.0.0.1", closed.port()), ("no-such-host.invalid", 80)];
    let batch = of_probes(probes.map(|(host, port)| Probe::Tcp { host: host.to_owned(), port }));
    for without in [&[][..], &["bash"], &["bash", "python3"]] {
        let script =
            without.iter().fold(batch.script(), |script, tool| script.replace(&format!("command -v {tool}"), "false"));
        let output = run(&["sh"], &script);
        let seen = batch.read(&output.stdout, &output.stderr, &exchange());
        let state = |id: u32| seen[&id].as_ref().map(|seen| seen.values["state"].clone());
        assert_eq!(
            (state(0), state(1), state(2)),
            (Ok("open".into()), Ok("refused".into()), Ok("unresolved".into())),
            "{without:?}"
        );
    }
    let script = ["bash", "python3", "perl", "nc"]
        .iter()
        .fold(batch.script(), |script, tool| script.replace(&format!("command -v {tool}"), "false"));
    let output = run(&["sh"], &script);
    let seen = batch.read(&output.stdout, &output.stderr, &exchange());
    assert!(matches!(&seen[&0], Err(ProbeError::MissingTool(_))));
}

/// A listener whose queue is full answers nobody, as a firewall that drops does.
#[test]
fn a_connection_that_nobody_answers_times_out() {
    let script = "import socket, sys, time
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(0)
held = [socket.socket() for _ in range(4)]
for h in held: h.setblocking(False); h.connect_ex(s.getsockname())
print(s.getsockname()[1], flush=True); time.sleep(60)";
    let mut child =
        Command::new("python3").args(["-c", script]).stdout(Stdio::piped()).spawn().expect("python3 is there");
    let stdout = child.stdout.take().expect("it is piped");
    let _child = Child(child);
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).expect("it tells its port");
    let port = line.trim().parse().expect("a number");
    let probe = Probe::Tcp { host: "127.0.0.1".to_owned(), port };
    let batch = batch(vec![Question { timeout: Duration::from_secs(2), ..question(0, probe) }]);
    let output = run(&["sh"], &batch.script());
    let seen = batch.read(&output.stdout, &output.stderr, &exchange()).remove(&0).expect("an answer");
    assert_eq!(seen.map(|seen| seen.values["state"].clone()), Ok("timeout".into()));
}

#[test]
fn the_clock_of_this_machine_agrees_with_itself() {
    let batch = of_probes([shell("sleep 1"), Probe::Clock, shell("sleep 1")]);
    let sent = SystemTime::now();
    let output = run(&["sh"], &batch.script());
    let exchange = Exchange { sent, received: SystemTime::now(), end: ExchangeEnd::Complete };
    let seen = batch.read(&output.stdout, &output.stderr, &exchange).remove(&1).expect("an answer").expect("a time");
    let (offset, way) =
        (seen.values["offset"].as_f64().expect("a number"), seen.values["round_trip"].as_f64().expect("a number"));
    let total = exchange.received.duration_since(sent).expect("time goes on").as_secs_f64();
    assert!(way <= total - 2.0, "the two seconds of sleep are not on the way: {way} of {total}");
    assert!(offset.abs() <= way / 2.0 + 0.05, "{offset} with {way} on the way");
}

#[test]
fn a_plugin_tells_status_message_and_data() {
    let plugin = |text: &str| values(Probe::Nagios { argv: ["sh", "-c", text].map(str::to_owned).to_vec() });
    let seen = plugin("echo \"DISK CRITICAL - full | '/ root'=99%;80;@90:100;0;100 n=U\"; exit 2");
    assert_eq!((&seen["status"], &seen["message"]), (&2.into(), &"DISK CRITICAL - full".into()));
    assert_eq!(seen["perfdata"][0]["label"], "/ root");
    assert_eq!(seen["perfdata"][1]["value"], Value::Null);
    let missing = observe(Probe::Nagios { argv: vec!["/usr/lib/nagios/plugins/check_nothing".to_owned()] });
    assert_eq!(missing, Err(ProbeError::MissingTool("/usr/lib/nagios/plugins/check_nothing".to_owned())));
}
