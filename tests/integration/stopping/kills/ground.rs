//! Where runs are ended: a project, its hosts behind a real server, and the files that runs write, over and over.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    os::unix::process::ExitStatusExt as _,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::{Value, json};

use super::{
    shot::{Blow, Reading, Shot},
    traces::{Stage, processes},
};
use crate::{
    lab::sshd::{Sshd, run},
    stopping::{send, wait_until},
    support::CliTest,
};

/// The reports of every run, beside its JSON lines and its history.
pub(super) const FILES: [&str; 6] = ["json", "junit", "html", "sarif", "tap", "markdown"];
/// What goes to standard output by turns.
const OUTPUTS: [&str; 5] = ["terminal", "json", "ndjson", "html", "junit"];
/// No host needs so long as this says; whoever waits for it fails.
const RUN: &str = "run --checks checks --history history --connect-timeout 600 --timeout 600";
/// The time of probes that hang. What another machine was asked ends with it, and so does what is asked here after a kill.
const SHORT: u32 = 2;
const LONG: u32 = 300;
const PASSES: &str = "that: result.rc == 0";

/// A project with hosts of its own.
pub(super) struct Ground {
    pub(super) test: CliTest,
    server: Sshd,
    /// Numbers that stand in the command line or the environment of everything that runs here, and on the hosts.
    here: String,
    there: String,
    /// How long a run takes that nothing ends.
    pub(super) usual: Duration,
    /// The run that wrote each file last.
    pub(super) written: BTreeMap<&'static str, u32>,
}

/// How a run ended.
pub(super) struct Ended {
    /// The stage in which it was hit.
    pub(super) stage: Stage,
    pub(super) status: ExitStatus,
    pub(super) stderr: String,
    pub(super) took: Duration,
}

impl Ended {
    /// As a shell tells it, and whether that was the signal's own doing.
    pub(super) fn code(&self) -> (i32, bool) {
        let by = self.status.signal();
        (by.map_or_else(|| self.status.code().unwrap(), |signal| 128 + signal), by.is_some())
    }
}

impl Ground {
    pub(super) fn new(number: usize) -> Self {
        let [here, there] = [1, 2].map(|side| format!("7{:07}{number}{side}", std::process::id()));
        let (test, usual) = (CliTest::new(), Duration::ZERO);
        // Root's own login files and a slow key exchange would be half of a run.
        let environment = format!("SetEnv MARK={there} HOME={}", test.path("home").display());
        let server = Sshd::with(&[&environment, "KexAlgorithms curve25519-sha256"]);
        for name in ["tmp", "out"] {
            fs::create_dir(test.path(name)).unwrap();
        }
        let ground = Self { test, server, here, there, usual, written: BTreeMap::new() };
        ground.write_checks();
        run(Command::new("mkfifo").arg(ground.test.path("out/pipe")));
        let list = ground.test.path("hosts").display().to_string();
        ground.program("script", &format!("sleep 0.02 0.00{}; exec cat {list}", ground.here));
        ground.program("bin/ansible-inventory", &format!("sleep 0.02 0.00{}; exec cat {list}", ground.here));
        ground
    }

    fn program(&self, name: &str, script: &str) {
        self.test.write(name, &format!("#!/bin/sh\n{script}\n"));
        self.test.set_mode(name, 0o755);
    }

    fn write_checks(&self) {
        let nap = |mark: &str| format!("sleep 0.02 0.00{mark}");
        let hang = |mark: &str| format!("sleep 900 0.00{mark}");
        self.check("quick", "all", "true", PASSES, SHORT);
        self.check("bad", "here-*", "true", "that: result.rc == 1", SHORT);
        self.check("nap-here", "here-*", &nap(&self.here), PASSES, SHORT);
        self.check("nap-there", "all:!here-*", &nap(&self.there), PASSES, SHORT);
        self.check(
            "become",
            "all:!behind-*",
            &format!("{}; id -u", nap(&self.there)),
            "become: true\nthat: result.rc == 0",
            SHORT,
        );
        self.check("hang-there", "all:!here-*", &hang(&self.there), PASSES, SHORT);
        self.check("hang-here", "here-*", &hang(&self.here), PASSES, LONG);
        self.check("hang-here-a-while", "here-*", &hang(&self.here), PASSES, SHORT);
    }

    fn check(&self, name: &str, hosts: &str, shell: &str, that: &str, timeout: u32) {
        let text = format!(
            "id: t/{name}\ntitle: {{en: t, ja: t}}\nwhy: {{en: w, ja: w}}\nhosts: '{hosts}'\nprobe: {{shell: '{shell}'}}\n\
             {that}\nseverity: error\ntimeout: {timeout}\nfail_msg: {{en: f, ja: f}}\n"
        );
        self.test.write(&format!("checks/t/{name}.yml"), &text);
    }

    /// The hosts of run `number`, whose names tell it: this machine, one over SSH and one behind a proxy command.
    fn hosts(&self, number: u32) -> Vec<(String, Value)> {
        let options =
            format!("-F none -o IdentityAgent=none -o UserKnownHostsFile={}", self.server.known_hosts().display());
        let proxy = format!("-o ProxyCommand='socat -lp {} - TCP:127.0.0.1:{}'", self.here, self.server.port());
        let far = |options: &str| {
            json!({
                "ansible_host": "127.0.0.1",
                "ansible_port": self.server.port(),
                "ansible_user": "root",
                "ansible_ssh_private_key_file": self.server.key(),
                "ansible_ssh_common_args": options,
                "ansible_become_user": "nobody",
            })
        };
        vec![
            (format!("here-{number:04}"), json!({ "ansible_connection": "local", "ansible_become_user": "nobody" })),
            (format!("far-{number:04}"), far(&options)),
            (format!("behind-{number:04}"), far(&format!("{options} {proxy}"))),
        ]
    }

    /// Makes everything ready for a run.
    fn prepare(&self, shot: &Shot) {
        let hosts = self.hosts(shot.number);
        let names: Vec<&String> = hosts.iter().map(|(name, _)| name).collect();
        let variables: serde_json::Map<_, _> = hosts.iter().cloned().collect();
        let list = match shot.reading {
            Reading::File => json!({ "all": { "hosts": variables } }),
            Reading::Script | Reading::Ansible => {
                json!({ "all": { "hosts": names }, "_meta": { "hostvars": variables } })
            }
        };
        self.test.write("hosts", &list.to_string());
        let _ = fs::remove_file(self.test.path("out/live"));
    }

    /// The program, whose signals are in their default state: whoever runs the tests may ignore some.
    fn command(&self, shot: &Shot) -> Command {
        let plain = self.test.command();
        let mut command = Command::new("env");
        command.arg("--default-signal=HUP,INT,QUIT,TERM").arg(plain.get_program()).env_clear();
        command.envs(plain.get_envs().filter_map(|(name, value)| value.map(|value| (name, value))));
        let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", self.test.path("bin").display());
        command.current_dir(self.test.path(".")).env("PATH", path).env("TMPDIR", self.test.path("tmp"));
        command.env("MARK", &self.here).stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(File::create(self.test.path("stderr")).unwrap());
        command.args(RUN.split(' ')).args(formats(shot)).args(checks(shot).map(|check| format!("--check=t/{check}")));
        match shot.reading {
            Reading::File => command.args(["-i", "hosts"]),
            Reading::Script => command.args(["-i", "script"]),
            Reading::Ansible => command.args(["-i", "hosts", "--inventory-engine", "ansible"]),
        };
        command.args(shot.openssh.then_some("--transport=openssh"));
        command
    }

    /// A run from its beginning to its end, which is that of `shot` if that comes first.
    pub(super) fn run(&self, shot: &Shot, is_hit: bool) -> Ended {
        self.prepare(shot);
        let began = Instant::now();
        let mut child = self.command(shot).spawn().unwrap();
        let stage = if is_hit { self.hit(&mut child, shot) } else { Stage::Over };
        let reader = child
            .stdout
            .take()
            .map(|mut stdout| thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink())));
        let status = child.wait().unwrap();
        let took = began.elapsed();
        drop(reader.map(thread::JoinHandle::join));
        Ended { stage, status, stderr: self.test.read("stderr"), took }
    }

    /// Waits for the moment and strikes; the stage in which that was.
    fn hit(&self, child: &mut Child, shot: &Shot) -> Stage {
        let is_over = |child: &mut Child| child.try_wait().unwrap().is_some();
        while shot.aim.is_some_and(|aim| self.stage() < aim) && !is_over(child) {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(self.usual.mul_f64(shot.share));
        let stage = self.stage();
        if is_over(child) {
            return Stage::Over;
        }
        match shot.blow.signal() {
            Some(signal) => send(child, signal),
            None => drop(child.stdout.take()),
        }
        if shot.blow == Blow::InterruptTwice {
            wait_until("the second signal ends it", || {
                // What comes within a tenth of a second is no second signal.
                thread::sleep(Duration::from_millis(105));
                is_over(child) || {
                    send(child, Signal::INT);
                    false
                }
            });
        }
        stage
    }

    /// What the run wrote down as it went on.
    pub(super) fn live(&self) -> String {
        fs::read_to_string(self.test.path("out/live")).unwrap_or_default()
    }

    fn stage(&self) -> Stage {
        Stage::of(&self.live())
    }

    /// Nothing that a run started on this machine is there any more.
    pub(super) fn assert_nobody_here(&self) {
        assert_nobody(&self.here);
    }

    /// Nothing runs on the hosts any more, and nobody is connected to them.
    pub(super) fn assert_nobody_there(&self) {
        assert_nobody(&self.there);
        wait_until("connections to the hosts are gone", || self.server.connections() == 0);
    }
}

/// A process that is being ended may take a moment.
fn assert_nobody(mark: &str) {
    let mut left = Vec::new();
    for _ in 0..3000 {
        left = processes(mark);
        if left.is_empty() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("left behind: {left:#?}");
}

/// The reports of a run, one of them for nobody where it shall be stuck.
fn formats(shot: &Shot) -> Vec<String> {
    let mut formats = FILES.map(|format| format!("--format={format}=out/{format}")).to_vec();
    if let Some(place) = shot.stuck {
        formats.insert(place, "--format=json=out/pipe".to_owned());
    }
    formats.push("--format=ndjson=out/live".to_owned());
    formats.push(format!("--format={}", OUTPUTS[shot.format % OUTPUTS.len()]));
    formats
}

/// The checks of a run.
fn checks(shot: &Shot) -> impl Iterator<Item = &'static str> {
    let mut checks = vec!["quick", "bad", "nap-here", "nap-there"];
    checks.extend(shot.becomes.then_some("become"));
    match (shot.hangs, shot.blow) {
        (false, _) => {}
        (true, Blow::Kill) => checks.extend(["hang-there", "hang-here-a-while"]),
        (true, _) => checks.extend(["hang-there", "hang-here"]),
    }
    checks.into_iter()
}
