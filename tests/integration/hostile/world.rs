//! All servers of the table, an inventory that names them, and the program run over it.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use socket2::{Domain, Socket, Type};
use tokio::runtime::Runtime;

use super::{
    behaviour::{Behaviour, Server},
    conduct::Conduct,
    machines::Machines,
    openssh::Crowded,
    raw::{Listener, relay},
    simulated::{HostKey, Simulated},
};
use crate::{
    lab::{Closed, Keys, sshd::Sshd},
    support::CliTest,
};

/// How long after a question a server answers that answers too late.
pub(super) const LATE: Duration = Duration::from_secs(40);

/// What each host is asked.
const CHECKS: [(&str, &str); 3] = [
    ("plain", "probe: {shell: 'echo plain; echo aside >&2'}\nthat: result.stdout | trim == 'plain'"),
    (
        "text",
        "probe: {shell: 'if command -v hostile-text >/dev/null; then hostile-text; else echo quiet; fi'}\n\
         that: result.stdout | trim == 'quiet'\ntimeout: 3",
    ),
    ("root", "become: true\nprobe: {shell: 'id -u 2>/dev/null || echo 0'}\nthat: result.stdout | trim == '0'"),
];
const CLOCK: &str = "probe: {clock: {}}\nthat: result.offset | abs < 60";

/// Programs that stand first in the PATH of a simulated host.
const PROGRAMS: [(Conduct, &str, &str); 4] = [
    (
        Conduct::HostileText,
        "hostile-text",
        "printf '\\033]0;owned\\007\\033[2J\\200\\377\\000 \\342\\200\\256gnp.exe\\302\\23331m \
         <script>alert(7)</script> ]]> %%0A::error::x | `x`\\n'; printf '\\033[31mred\\r' >&2",
    ),
    (Conduct::WrongClock, "date", "echo 12345.000000000"),
    (Conduct::HangingProbe, "hostile-text", "sleep 60"),
    (Conduct::LongProbe, "hostile-text", "head -c 3000000 /dev/zero | tr '\\0' x"),
];

/// What has to live as long as the servers.
enum Kept {
    Closed(#[expect(dead_code, reason = "held")] Closed),
    Listener(#[expect(dead_code, reason = "held")] Listener),
    Dark(#[expect(dead_code, reason = "held")] Socket, #[expect(dead_code, reason = "held")] Vec<TcpStream>),
    Crowded(Crowded),
    Sshd(#[expect(dead_code, reason = "held")] Sshd),
}

/// Where a host is, for the inventory.
pub(super) struct Way {
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) key: PathBuf,
    known: Option<String>,
    more: String,
}

/// The servers of some rows, and good ones among them.
pub(super) struct World {
    pub(super) test: CliTest,
    runtime: Runtime,
    host_key: HostKey,
    keys: Keys,
    /// Only where a row is played there.
    machines: Option<Machines>,
    kept: Vec<Kept>,
    known: String,
    inventory: String,
    /// Where the hosts are, by name.
    pub(super) ways: BTreeMap<String, Way>,
    /// How many hosts are asked at a time.
    pub(super) forks: usize,
}

/// A finished run of the program.
pub(super) struct Finished {
    pub(super) status: Option<i32>,
    pub(super) took: Duration,
    /// The most memory that it held at a time, in bytes.
    pub(super) memory: u64,
    pub(super) stderr: String,
    pub(super) report: Value,
}

impl World {
    /// Starts the servers of `rows` and `good` honest ones.
    pub(super) fn up<'a>(rows: impl Iterator<Item = &'a Behaviour>, good: usize) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let mut world = Self {
            test: CliTest::new(),
            runtime,
            host_key: HostKey::new(),
            keys: Keys::new(),
            machines: None,
            kept: Vec::new(),
            known: String::new(),
            inventory: String::new(),
            ways: BTreeMap::new(),
            forks: 500,
        };
        world.write_checks();
        world.write_programs();
        for row in rows {
            world.add(row.name, row.server);
        }
        for number in 0..good {
            let server = if number % 4 == 3 { Server::OpenSsh(&[]) } else { Server::Simulated(Conduct::Honest) };
            world.add(&format!("good-{number}"), server);
        }
        world.test.write("known", &world.known);
        world.test.write("hosts", &world.inventory);
        world
    }

    fn write_checks(&self) {
        for (name, lines) in CHECKS.into_iter().chain([("clock", CLOCK)]) {
            let hosts = if name == "clock" { "wrong-clock" } else { "all" };
            let said = if name == "clock" { "{{ result.offset }}" } else { "{{ result.stdout }}" };
            let text = format!(
                "id: lab/{name}\ntitle: {{en: t, ja: t}}\nwhy: {{en: w, ja: w}}\nhosts: {hosts}\n{lines}\nseverity: error\n\
                 fail_msg: {{en: 'it says {said}', ja: 'it says {said}'}}\n"
            );
            self.test.write(&format!("checks/lab/{name}.yml"), &text);
        }
    }

    fn write_programs(&self) {
        for (conduct, name, body) in PROGRAMS {
            let path = format!("programs/{conduct:?}/{name}");
            self.test.write(&path, &format!("#!/bin/sh\n{body}\n"));
            self.test.set_mode(&path, 0o755);
        }
        // The simulated server runs commands as root, but an sshd may look from another account.
        fs::set_permissions(self.test.path("."), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn add(&mut self, name: &str, server: Server) {
        let way = self.start(server);
        if let Some(known) = &way.known {
            let _ = writeln!(self.known, "[127.0.0.1]:{} {known}", way.port);
        }
        let _ = writeln!(
            self.inventory,
            "{name} ansible_host=127.0.0.1 ansible_port={} ansible_user={} ansible_ssh_private_key_file={} \
             ansible_ssh_common_args='-F none -o IdentityAgent=none -o UserKnownHostsFile={}' {}",
            way.port,
            way.user,
            way.key.display(),
            self.test.path("known").display(),
            way.more
        );
        self.ways.insert(name.to_owned(), way);
    }

    fn start(&mut self, server: Server) -> Way {
        match server {
            Server::Nobody => self.nobody(),
            Server::Dark => self.dark(),
            Server::Raw(peer) | Server::Flood(peer) => self.listen(Listener::start(move |_, stream| peer(stream))),
            Server::DropsFirst(drops, words) => self.drops_first(drops, words),
            Server::Simulated(conduct) => self.simulated(conduct),
            Server::OtherKey => Way { known: Some(HostKey::new().public()), ..self.simulated(Conduct::Honest) },
            Server::UnknownKey => Way { known: None, ..self.simulated(Conduct::Honest) },
            Server::OpenSsh(lines) => self.openssh(Sshd::with(lines), None),
            Server::Crowded { for_good } => {
                let server = Sshd::start();
                let crowded = Crowded::start(&server, for_good);
                let port = crowded.port();
                self.kept.push(Kept::Crowded(crowded));
                self.openssh(server, Some(port))
            }
            Server::Clogged(bytes) => {
                let server = Sshd::start();
                let far = server.port();
                let listener = Listener::start(move |_, near| relay(near, far, bytes));
                let port = listener.port();
                self.kept.push(Kept::Listener(listener));
                self.openssh(server, Some(port))
            }
            Server::On(account) => {
                let machines = self.machines.get_or_insert_with(|| Machines::up(&self.keys));
                let (port, user, key) = machines.way_to(account);
                let (user, known) = (user.to_owned(), Some(key.to_owned()));
                Way { user, known, ..self.way(port) }
            }
        }
    }

    /// The way to a port at which any key is welcome, or nobody gets so far.
    fn way(&self, port: u16) -> Way {
        let key = self.keys.private_file();
        Way { port, user: "root".to_owned(), key, known: None, more: String::new() }
    }

    fn listen(&mut self, listener: Listener) -> Way {
        let way = self.way(listener.port());
        self.kept.push(Kept::Listener(listener));
        way
    }

    fn nobody(&mut self) -> Way {
        let closed = Closed::new();
        let way = self.way(closed.port());
        self.kept.push(Kept::Closed(closed));
        way
    }

    /// A listener whose queue is full drops what comes next.
    fn dark(&mut self) -> Way {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
        socket.listen(0).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        let wait = Duration::from_millis(200);
        let waiting = (0..4).filter_map(|_| TcpStream::connect_timeout(&address, wait).ok()).collect();
        self.kept.push(Kept::Dark(socket, waiting));
        self.way(address.port())
    }

    fn simulated(&mut self, conduct: Conduct) -> Way {
        let port = Simulated::start(&self.runtime, conduct, &self.host_key, &self.test.path("programs")).port();
        let more = if conduct.wants_password() { "ansible_password=secret" } else { "" };
        Way { known: Some(self.host_key.public()), more: more.to_owned(), ..self.way(port) }
    }

    fn drops_first(&mut self, drops: usize, words: &'static str) -> Way {
        let far = self.simulated(Conduct::Honest);
        let far_port = far.port;
        let way = self.listen(Listener::start(move |number, mut near| {
            if number < drops {
                return std::io::Write::write_all(&mut near, words.as_bytes());
            }
            relay(near, far_port, usize::MAX)
        }));
        Way { known: far.known, ..way }
    }

    fn openssh(&mut self, server: Sshd, through: Option<u16>) -> Way {
        let known = fs::read_to_string(server.path("host_ed25519.pub")).unwrap().trim().to_owned();
        let way = self.way(through.unwrap_or(server.port()));
        let way = Way { key: server.key(), known: Some(known), ..way };
        self.kept.push(Kept::Sshd(server));
        way
    }

    /// Runs the program over all hosts, or over those that `more` limits it to.
    pub(super) fn run(&mut self, more: &[&str]) -> Finished {
        let mut command = self.command(&["-i", "hosts"]);
        command.args(more);
        self.watched(&mut command)
    }

    /// The same over a hive project, in which the hosts have the names of servers, behind `mother`.
    pub(super) fn run_behind(&mut self, mother: &Sshd, more: &[&str]) -> Finished {
        let (login, root) = (format!("root@127.0.0.1:{}", mother.port()), mother.path("").display().to_string());
        let mut command =
            self.command(&["--root", "project", "--mother", &login, "--mother-root", &root, "--via-mother"]);
        command.arg("--private-key").arg(mother.key()).args(more);
        self.watched(&mut command)
    }

    fn watched(&mut self, command: &mut Command) -> Finished {
        for kept in &mut self.kept {
            if let Kept::Crowded(crowded) = kept {
                crowded.begin();
            }
        }
        let started = Instant::now();
        let mut child = command.spawn().unwrap();
        let memory = watch(&mut child);
        let status = child.wait().unwrap().code();
        let took = started.elapsed();
        let stderr = self.test.read("stderr");
        let report = serde_json::from_str(&self.test.read("report.json"))
            .unwrap_or_else(|error| panic!("no report ({error}), {status:?}: {stderr}"));
        Finished { status, took, memory, stderr, report }
    }

    fn command(&self, inventory: &[&str]) -> Command {
        let file = |name: &str| Stdio::from(fs::File::create(self.test.path(name)).unwrap());
        let mut command = self.test.command();
        command.arg("run").args(inventory).args(["--checks", "checks", "--format", "json=report.json"]);
        command.args(["--forks", &self.forks.to_string()]);
        for name in CHECKS.iter().map(|(name, _)| *name).chain(["clock"]) {
            command.args(["--check", &format!("lab/{name}")]);
        }
        command.stdin(Stdio::null()).stdout(file("stdout")).stderr(file("stderr"));
        command
    }
}

/// Waits until the program ends; the most memory that it held.
fn watch(child: &mut Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        most = most.max(kilobytes.unwrap_or(0) * 1024);
        thread::sleep(Duration::from_millis(10));
    }
    most
}

/// How long the hosts of a run were asked, all of them together.
pub(super) fn asked_for(run: &Finished) -> Duration {
    Duration::from_millis(run.report["duration_ms"].as_u64().unwrap())
}

/// What became of each host, by name: outcome, message and time.
pub(super) fn outcomes(report: &Value) -> BTreeMap<String, (String, String, Duration)> {
    let hosts = report["hosts"].as_array().unwrap();
    hosts
        .iter()
        .map(|host| {
            let name = host["name"].as_str().unwrap().to_owned();
            let took = Duration::from_millis(host["duration_ms"].as_u64().unwrap());
            let (outcome, message) = match &host["error"] {
                Value::Null => of_checks(report, &name),
                error => (error["class"].as_str().unwrap().to_owned(), error["message"].as_str().unwrap().to_owned()),
            };
            (name, (outcome, message, took))
        })
        .collect()
}

/// What became of a host's checks: one word where they agree, else `pass` and what differs; and the first message
/// that is not that of a pass.
fn of_checks(report: &Value, host: &str) -> (String, String) {
    let results = report["results"].as_array().unwrap().iter().filter(|result| result["host"] == host);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut words: Vec<(String, String, String)> =
        results.map(|result| (text(&result["check"]), text(&result["outcome"]), text(&result["message"]))).collect();
    words.sort();
    let first = words.first().expect("a host has results").1.clone();
    let message = words.iter().find(|(_, outcome, _)| outcome != "pass").map(|(_, _, message)| message.clone());
    if words.iter().all(|(_, outcome, _)| *outcome == first) {
        return (first, message.unwrap_or_default());
    }
    let differs = words.iter().filter(|(_, outcome, _)| outcome != "pass");
    let differs: Vec<String> =
        differs.map(|(check, outcome, _)| format!("{} {outcome}", check.trim_start_matches("lab/"))).collect();
    (format!("pass, {}", differs.join(", ")), message.unwrap_or_default())
}
