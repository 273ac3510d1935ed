//! One host: namespaces, an overlay root, accounts and an `sshd`.

use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, Ipv6Addr},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::{
    command::{Done, privileged, run, start},
    door::Door,
    keys::Keys,
    network::{Network, Place},
};

/// What a host shall be.
#[derive(Debug, Clone)]
pub(crate) struct HostSpec {
    name: String,
    kind: &'static str,
}

impl HostSpec {
    /// A healthy host.
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), kind: "machine" }
    }

    /// A host that is a container without the rights over its network and over kernel modules.
    pub(crate) fn container(name: &str) -> Self {
        Self { name: name.to_owned(), kind: "container" }
    }

    /// A host whose logins are root of a user namespace only.
    pub(crate) fn user_namespace(name: &str) -> Self {
        Self { name: name.to_owned(), kind: "user-namespace" }
    }
}

/// A host that is up; dropping it ends every process on it and removes every trace.
#[derive(Debug)]
pub(crate) struct Host {
    name: String,
    init: Child,
    /// Process 1 lives as long as this is open: also a killed test leaves no host behind.
    life: Option<ChildStdin>,
    pid: u32,
    place: Place,
    key: String,
    cgroup: String,
    door: Door,
    /// Holds the mount point and the door; removed when the host is down.
    _directory: tempfile::TempDir,
}

/// A path of the tested program on every host.
pub(crate) const BINARY: &str = "/opt/hive-preflight/hive-preflight";

const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Processes of a host that are ended with this value.
#[derive(Debug)]
pub(crate) struct Background {
    host_pid: u32,
    group: u32,
}

impl Drop for Background {
    fn drop(&mut self) {
        // They may have ended by themselves, which is just as well.
        run(enter(self.host_pid).args(["kill", "-KILL", "--", &format!("-{}", self.group)]), "");
    }
}

/// A command line to be continued, whose program runs as root on the host with this process 1.
fn enter(pid: u32) -> Command {
    let mut command = privileged("nsenter");
    command.args(["--target", &pid.to_string(), "--all", "--root", "--wd", "--"]);
    command
}

impl Host {
    /// Brings a host up in `network`; `keys` open all its accounts.
    pub(crate) fn up(network: &Network, keys: &Keys, spec: &HostSpec) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let unique = directory.path().file_name().expect("a new directory has a name").to_string_lossy();
        let cgroup = format!("hive-preflight-lab-{}", unique.trim_start_matches('.'));
        let mut init = start(&mut init_command(directory.path(), &cgroup, keys, spec));
        let mut life = init.stdin.take().expect("standard input was asked for");
        let mut lines = BufReader::new(init.stdout.take().expect("standard output was asked for"));
        let pid: u32 = told(&mut lines, &mut init, "pid").parse().expect("a process id is a number");
        let place = network.plug(pid);
        writeln!(life, "{} {}", place.ipv4(), place.ipv6()).expect("process 1 reads its input");
        let key = told(&mut lines, &mut init, "key");
        let _ready = told(&mut lines, &mut init, "ready");
        let door = Door::open(&directory.path().join("door/ssh.sock"));
        Self { name: spec.name.clone(), init, life: Some(life), pid, place, key, cgroup, door, _directory: directory }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its address in its network.
    pub(crate) fn ipv4(&self) -> Ipv4Addr {
        self.place.ipv4()
    }

    /// Its IPv6 address in its network.
    pub(crate) fn ipv6(&self) -> Ipv6Addr {
        self.place.ipv6()
    }

    /// The port of 127.0.0.1 that leads to its `sshd`.
    pub(crate) fn port(&self) -> u16 {
        self.door.port()
    }

    /// Its host key: type and base64.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// A command on this host, as `user`, with that user's environment and nothing else.
    pub(crate) fn command(&self, user: &str, program: &str) -> Command {
        let mut command = enter(self.pid);
        command.args([
            "setpriv",
            "--reuid",
            user,
            "--regid",
            user,
            "--init-groups",
            "--reset-env",
            "--",
            "env",
            PATH,
            "LANG=C.UTF-8",
        ]);
        command.arg(program);
        command
    }

    /// Runs a `sh` text as `user` in the user's home, whatever comes of it.
    pub(crate) fn ask(&self, user: &str, script: &str) -> Done {
        run(self.command(user, "/bin/sh").args(["-c", &format!("cd && {{ {script}\n}}")]), "")
    }

    /// Runs a `sh` text as root, which must succeed, and gives what it printed.
    pub(crate) fn sh(&self, script: &str) -> String {
        self.ask("root", &format!("set -e\n{script}")).expect_ok(script)
    }

    /// Runs a `sh` text as `user`, which must succeed, and gives what it printed.
    pub(crate) fn sh_as(&self, user: &str, script: &str) -> String {
        self.ask(user, &format!("set -e\n{script}")).expect_ok(script)
    }

    /// Starts a `sh` text as `user`, in a session of its own, that runs until the value is dropped or the host goes down.
    pub(crate) fn background(&self, user: &str, script: &str) -> Background {
        let group = self.detach(user, script);
        Background { host_pid: self.pid, group }
    }

    /// Starts a `sh` text as `user`, in a session of its own, that lives as long as the host; gives its process id there.
    pub(crate) fn detach(&self, user: &str, script: &str) -> u32 {
        let quoted = script.replace('\'', "'\\''");
        let started = self.ask(user, &format!("setsid sh -c '{quoted}' </dev/null >/dev/null 2>&1 & echo $!"));
        started.expect_ok(script).trim().parse().expect("a process id is a number")
    }

    /// Adds lines to `sshd_config` and makes `sshd` read them.
    pub(crate) fn configure_sshd(&self, lines: &str) {
        self.sh(&format!(
            "printf '%s\\n' '{lines}' >>/etc/ssh/sshd_config; pid=$(cat /run/sshd.pid); rm /run/sshd.pid; kill -HUP $pid"
        ));
        self.wait_for("[ -s /run/sshd.pid ]");
    }

    /// Writes a file as `user`, making the directories above it.
    pub(crate) fn write(&self, user: &str, path: &str, text: &str) {
        let script = "mkdir -p \"$(dirname \"$1\")\" && cat >\"$1\"";
        run(self.command(user, "/bin/sh").args(["-c", script, "sh", path]), text).expect_ok(path);
    }

    /// Waits until a `sh` text succeeds as root, at most 30 s.
    pub(crate) fn wait_for(&self, script: &str) {
        let patient = format!("n=0; until {script}\ndo n=$((n+1)); [ $n -lt 300 ] || exit 1; sleep 0.1; done");
        self.ask("root", &patient).expect_ok(script);
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.life.take());
        // Process 1 sees the end of its input; the kernel then ends all others, and unmounts everything.
        let _ = self.init.wait();
        remove_cgroup(&self.cgroup);
    }
}

fn init_command(directory: &Path, cgroup: &str, keys: &Keys, spec: &HostSpec) -> Command {
    let [root, door] = ["root", "door"].map(|name| directory.join(name));
    for made in [&root, &door] {
        std::fs::create_dir(made).expect("a directory can be made in a new one");
    }
    let mut command = privileged("unshare");
    command.args([
        "--mount",
        "--propagation",
        "private",
        "--uts",
        "--ipc",
        "--net",
        "--pid",
        "--fork",
        "--kill-child",
        "--",
    ]);
    command.args(["/bin/sh", "-c", include_str!("init.sh"), "init"]);
    command
        .env("LAB_NAME", &spec.name)
        .env("LAB_ROOT", root)
        .env("LAB_DOOR", door)
        .env("LAB_BINARY", env!("CARGO_BIN_EXE_hive-preflight"))
        .env("LAB_CGROUP", cgroup)
        .env("LAB_BOOT", include_str!("boot.sh"))
        .env("LAB_AUTHORIZED", keys.public())
        .env("LAB_KIND", spec.kind);
    command
}

/// The rest of the line that process 1 begins with `word`.
fn told(lines: &mut BufReader<ChildStdout>, init: &mut Child, word: &str) -> String {
    let mut line = String::new();
    lines.read_line(&mut line).expect("process 1 prints text");
    if let Some(rest) = line.strip_prefix(word) {
        return rest.trim().to_owned();
    }
    let words = init.stderr.take().and_then(|stream| std::io::read_to_string(stream).ok());
    panic!("the host did not come up: wanted `{word}`, got `{}`\n{}", line.trim(), words.unwrap_or_default());
}

/// A control group outlives its processes; it is removed from a view of the tree that nobody else sees. Those that killed
/// tests left are swept along, once they are too old to be just coming up; one that is in use cannot be removed.
fn remove_cgroup(name: &str) {
    let script = "mount -t cgroup2 cgroup2 /mnt && cd /mnt || exit
        for group in \"$1\" $(find . -maxdepth 1 -name 'hive-preflight-lab-*' -mmin +60); do
            [ ! -d \"$group\" ] || find \"$group\" -depth -type d -exec rmdir {} +
        done";
    let mut command = privileged("unshare");
    command.args(["--mount", "--propagation", "private", "--", "/bin/sh", "-c", script, "sh", name]);
    run(&mut command, "");
}
