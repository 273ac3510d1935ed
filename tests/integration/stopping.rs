//! Signals, kills and full disks: how the program ends, what it still tells, and that nothing stays behind.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its world fails")]

mod files;
mod kills;
mod prompt;
mod reading;
mod retrying;
mod terminal;

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use socket2::{Domain, Socket, Type};

use crate::{lab::sshd::Sshd, support::CliTest};

/// Every format that can go into a file.
const FORMATS: [&str; 11] =
    ["terminal", "json", "ndjson", "junit", "sarif", "gitlab", "checkstyle", "tap", "markdown", "prometheus", "nagios"];

/// A project in a directory of its own, with a word that stands in the command line of everything that hangs.
struct World {
    test: CliTest,
    marker: String,
}

impl World {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let (test, number) = (CliTest::new(), NUMBER.fetch_add(1, Ordering::SeqCst));
        fs::create_dir(test.path("tmp")).unwrap();
        // A number of seconds that nobody else sleeps for.
        let world = Self { test, marker: format!("77777.{:07}{number:03}", std::process::id()) };
        world.check("quick", "quick", "true", 10);
        world.check("hang", "all:!quick", &format!("sleep {}", world.marker), 12);
        world
    }

    fn check(&self, name: &str, hosts: &str, shell: &str, timeout: u32) {
        let text = format!(
            "id: t/{name}\ntitle: {{en: t, ja: t}}\nwhy: {{en: w, ja: w}}\nhosts: '{hosts}'\nprobe: {{shell: '{shell}'}}\n\
             that: result.rc == 0\nseverity: error\ntimeout: {timeout}\nfail_msg: {{en: f, ja: f}}\n"
        );
        self.test.write(&format!("checks/t/{name}.yml"), &text);
    }

    /// A run over `inventory`, with its temporary files where they can be counted.
    fn command(&self, inventory: &str) -> Command {
        self.command_with("HUP,INT,QUIT,TERM", inventory)
    }

    /// The same with only these signals in their default state: whoever runs the tests may ignore some.
    fn command_with(&self, signals: &str, inventory: &str) -> Command {
        let plain = self.test.command();
        let mut command = Command::new("env");
        command.arg(format!("--default-signal={signals}")).arg(plain.get_program()).args(plain.get_args()).env_clear();
        command.envs(plain.get_envs().filter_map(|(name, value)| value.map(|value| (name, value))));
        command.current_dir(plain.get_current_dir().unwrap());
        command.env("TMPDIR", self.test.path("tmp")).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.args(["run", "-i", inventory, "--checks", "checks", "--check", "t/quick", "--check", "t/hang"]);
        command
    }

    /// Processes of this machine, which is all hosts of these tests, that hang.
    fn hanging(&self) -> Vec<String> {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let lines = processes.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
        lines
            .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
            .filter(|line| line.contains(&self.marker))
            .collect()
    }

    /// Nothing hangs any more, at the latest when the last probe's own time is over, and no temporary file is left.
    fn assert_nothing_left(&self) {
        wait_until("hanging processes are gone", || self.hanging().is_empty());
        let left: Vec<PathBuf> =
            fs::read_dir(self.test.path("tmp")).unwrap().flatten().map(|entry| entry.path()).collect();
        assert!(left.is_empty(), "{left:?}");
    }

    fn report(&self, file: &str) -> Value {
        serde_json::from_str(&self.test.read(file)).unwrap()
    }
}

/// Only a test that hangs meets the end of this.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("{what}: not so after a minute");
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// A server that is there and says nothing, and one that does not even take connections.
struct Silent {
    mute: TcpListener,
    dark: Socket,
    _waiting: Vec<TcpStream>,
}

impl Silent {
    fn new() -> Self {
        let dark = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        dark.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
        dark.listen(0).unwrap();
        let address = dark.local_addr().unwrap().as_socket().unwrap();
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(300)).ok();
        let waiting = std::iter::from_fn(connect).take(100).collect();
        Self { mute: TcpListener::bind("127.0.0.1:0").unwrap(), dark, _waiting: waiting }
    }

    /// Inventory lines of both.
    fn lines(&self) -> String {
        let dark = self.dark.local_addr().unwrap().as_socket().unwrap().port();
        let ssh = "ansible_host=127.0.0.1 ansible_ssh_common_args='-F none'";
        format!("mute {ssh} ansible_port={}\ndark {ssh} ansible_port={dark}\n", self.mute.local_addr().unwrap().port())
    }
}

/// Every way to be under way: a local script, one over SSH, one behind a proxy command, a handshake, a connect. What comes
/// after them is not taken up.
fn hosts(world: &World, server: &Sshd, silent: &Silent) {
    let ssh = format!(
        "ansible_host=127.0.0.1 ansible_port={} ansible_user=root ansible_ssh_private_key_file={}",
        server.port(),
        server.key().display()
    );
    let options = format!("-F none -o IdentityAgent=none -o UserKnownHostsFile={}", server.known_hosts().display());
    let proxy = format!("-o ProxyCommand=\"sleep {}\"", world.marker);
    let text = format!(
        "quick ansible_connection=local\nhere ansible_connection=local\nfar {ssh} ansible_ssh_common_args='{options}'\n\
         behind {ssh} ansible_ssh_common_args='{options} {proxy}'\n{}late ansible_connection=local\n",
        silent.lines()
    );
    world.test.write("hosts", &text);
}

fn host<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["hosts"].as_array().unwrap().iter().find(|host| host["name"] == name).unwrap()
}

/// Starts a run whose hosts all hang but the first, and waits until they do.
fn hanging_run(world: &World, more: &[&str]) -> Child {
    let mut command = world.command("hosts");
    command
        .args(["--forks", "5", "--connect-timeout", "600", "--timeout", "600", "--format", "ndjson=live"])
        .args(more);
    let child = command.spawn().unwrap();
    wait_until("the run is under way", || {
        let live = fs::read_to_string(world.test.path("live")).unwrap_or_default();
        // The local probe, the remote one and the proxy; the shell around each has the word too.
        world.hanging().iter().filter(|line| line.starts_with("sleep")).count() == 3
            && live.matches("host_started").count() == 6
    });
    child
}

#[test]
fn one_signal_stops_the_run_and_everything_that_is_known_is_told() {
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let (world, server, silent) = (World::new(), Sshd::start(), Silent::new());
        hosts(&world, &server, &silent);
        let files = FORMATS.map(|format| format!("--format={format}=out.{format}"));
        let child = hanging_run(&world, &files.each_ref().map(String::as_str));
        send(&child, signal);
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{stderr}");
        let report = world.report("out.json");
        assert_eq!((&report["interrupted"], &report["verdict"]), (&true.into(), &"unknown".into()));
        assert_eq!(host(&report, "quick")["outcome"], "pass", "{report:#}");
        for name in ["here", "far", "behind", "mute", "dark", "late"] {
            assert_eq!(host(&report, name)["error"]["class"], "interrupted", "{name}: {report:#}");
        }
        assert_eq!(report["results"].as_array().unwrap().len(), 1, "only what was decided: {report:#}");
        let live = world.test.read("live");
        assert_eq!(live.matches("\"host_finished\"").count(), 7, "{live}");
        assert!(live.lines().last().unwrap().contains("\"interrupted\":true"), "{live}");
        for format in FORMATS {
            assert!(!world.test.read(&format!("out.{format}")).is_empty(), "{format}");
        }
        world.assert_nothing_left();
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let (world, server, silent) = (World::new(), Sshd::start(), Silent::new());
    hosts(&world, &server, &silent);
    // Nobody reads: the report can never be written.
    assert!(Command::new("mkfifo").arg(world.test.path("pipe")).status().unwrap().success());
    let mut child = hanging_run(&world, &["--format", "json=pipe"]);
    send(&child, Signal::INT);
    wait_until("the run is over", || world.test.read("live").contains("run_finished"));
    assert!(child.try_wait().unwrap().is_none(), "it waits for a reader");
    thread::sleep(Duration::from_millis(200));
    send(&child, Signal::TERM);
    assert_eq!(child.wait().unwrap().code(), Some(143));
    world.assert_nothing_left();
}

/// Lets every `kill` of the thread of this name take 60 ms, as on a machine that has no time.
fn slow_kills(world: &World, pid: u32, name: &str) -> Child {
    let is_it =
        |task: &fs::DirEntry| fs::read_to_string(task.path().join("comm")).is_ok_and(|comm| comm.trim() == name);
    let task = fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten().find(is_it).unwrap();
    let mut strace = Command::new("strace");
    strace.args(["-qq", "-e", "trace=kill", "-e", "inject=kill:delay_enter=60000", "-p"]).arg(task.file_name());
    let strace = strace.arg("-o").arg(world.test.path("kills")).stdin(Stdio::null()).spawn().unwrap();
    let is_traced = || fs::read_to_string(task.path().join("status")).is_ok_and(|s| !s.contains("TracerPid:\t0\n"));
    wait_until("the thread is slowed", is_traced);
    strace
}

#[test]
fn two_signals_that_arrive_together_are_one() {
    let (world, server, silent) = (World::new(), Sshd::start(), Silent::new());
    hosts(&world, &server, &silent);
    let child = hanging_run(&world, &["--format", "json=report"]);
    // What the first one leads to takes longer than two signals may be apart.
    let mut slowed = slow_kills(&world, child.id(), "stopping");
    // However late this process gets its next turn: they wait together.
    for signal in [Signal::STOP, Signal::TERM, Signal::HUP, Signal::CONT] {
        send(&child, signal);
    }
    let status = child.wait_with_output().unwrap().status.code();
    slowed.wait().unwrap();
    assert!(matches!(status, Some(143 | 129)), "{status:?}");
    assert_eq!(world.report("report")["interrupted"], true);
}

#[test]
fn what_the_caller_has_ignored_stays_ignored() {
    let (world, server, silent) = (World::new(), Sshd::start(), Silent::new());
    hosts(&world, &server, &silent);
    let program = world.command_with("INT,QUIT,TERM", "hosts");
    let mut nohup = Command::new("sh");
    nohup.current_dir(world.test.path(".")).env("TMPDIR", world.test.path("tmp")).env("HOME", world.test.path("home"));
    nohup.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]).arg(program.get_program()).args(program.get_args());
    nohup.args(["--forks", "5", "--connect-timeout", "600", "--timeout", "600"]).stdout(Stdio::null());
    let mut child = nohup.spawn().unwrap();
    wait_until("the run is under way", || world.hanging().iter().any(|line| line.starts_with("sleep")));
    send(&child, Signal::HUP);
    thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none());
    send(&child, Signal::INT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    world.assert_nothing_left();
}

#[test]
fn a_killed_run_leaves_the_old_report_or_the_new_one() {
    let world = World::new();
    world.test.write("hosts", "quick ansible_connection=local\n");
    let run = || {
        let mut command = world.command("hosts");
        command.args(["--format", "json=report"]).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let timed = || {
        let began = std::time::Instant::now();
        assert!(run().status().unwrap().success());
        began.elapsed()
    };
    let mut whole = timed();
    let (mut seen, mut killed) = (std::collections::BTreeSet::new(), 0);
    for round in 0..1000u32 {
        if round >= 60 && killed > 20 && seen.len() > 1 {
            break;
        }
        // The first one is slow, and a machine is not as quick at all times: kills must fall into a run, and some behind it.
        if round % 20 == 0 {
            whole = [timed(), timed()].into_iter().min().unwrap();
        }
        let mut child = run().spawn().unwrap();
        // From its start to twice its usual end.
        thread::sleep(whole * (round % 20) / 10);
        let _ = kill_process(Pid::from_child(&child), Signal::KILL);
        killed += u32::from(child.wait().unwrap().code().is_none());
        let report = world.report("report");
        assert_eq!((&report["verdict"], &report["interrupted"]), (&"ready".into(), &false.into()));
        seen.insert(report["started"].as_str().unwrap().to_owned() + &report["duration_ms"].to_string());
    }
    assert!(killed > 20, "{killed} were killed on the way");
    assert!(seen.len() > 1, "reports were replaced between the kills");
    wait_until("nothing hangs", || world.hanging().is_empty());
}
