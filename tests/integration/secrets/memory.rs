//! What is left in the program's memory, which root reads: while a run is under way, when its report waits for somebody who
//! reads it, and at every end of the program.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Read as _},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use rustix::{
    fs::OFlags,
    process::{Pid, Signal, kill_process},
};

use super::{
    markers::Markers,
    project::{encrypted, write_check},
};
use crate::{
    lab::sshd::{Account, Sshd, run},
    support::{CliTest, Terminal},
};

/// Hosts that are reached with every kind of secret.
struct World {
    test: CliTest,
    markers: Markers,
    server: Sshd,
    /// Two that log in, and one that is become.
    accounts: [Account; 3],
}

const ACCOUNTS: [&str; 3] = ["stored login password", "login password", "become password"];

/// How often somebody looks for what must come, and how long he waits in between: two minutes.
const LOOKS: usize = 6000;
const PAUSE: Duration = Duration::from_millis(20);

impl World {
    fn new() -> Self {
        let (test, mut markers) = (CliTest::new(), Markers::default());
        let accounts = ACCOUNTS.map(|place| Account::with_password(&markers.add(place)));
        let server = Sshd::with(&["PasswordAuthentication yes"]);
        let protect = ["-q", "-p", "-P", "", "-N", &markers.add("passphrase"), "-f"];
        run(Command::new("ssh-keygen").args(protect).arg(server.key()));
        test.write("one", &markers.add("vault password"));
        for place in
            ["environment", "report", "variable", "in a mapping", "unknown", "vaulted value", "refused login password"]
        {
            markers.add(place);
        }
        let world = Self { test, markers, server, accounts };
        world.write_inventory();
        world.write_checks();
        world
    }

    fn text(&self, place: &str) -> &str {
        self.markers.text(place)
    }

    fn write_inventory(&self) {
        let vaulted = encrypted(&self.test, &["encrypt_string"], self.text("vaulted value"));
        let vaulted = vaulted.trim_end().replace('\n', "\n        ");
        let reach = format!(
            "ansible_host: 127.0.0.1, ansible_port: {}, ansible_ssh_common_args: '-F none -o IdentityAgent=none -o \
             UserKnownHostsFile={}'",
            self.server.port(),
            self.server.known_hosts().display()
        );
        let [stored, login, other] = self.accounts.each_ref().map(Account::name);
        let hosts = format!(
            "all:\n  vars:\n    db_password: {}\n    app: {{token: {}, notes: [x, {}]}}\n    vaulted: {vaulted}\n\
             \x20   derived: 'got {{{{ db_password }}}}'\n    everything: '{{{{ hostvars[inventory_hostname] }}}}'\n  hosts:\n\
             \x20   stored: {{{reach}, ansible_user: {stored}, ansible_password: {}}}\n\
             \x20   typed: {{{reach}, ansible_user: {login}, ansible_become_method: su, ansible_become_user: {other}}}\n\
             \x20   keyed: {{{reach}, ansible_user: root, ansible_ssh_private_key_file: {}}}\n\
             \x20   refused: {{{reach}, ansible_user: {other}, ansible_password: {}}}\n\
             \x20   here: {{ansible_connection: local}}\n",
            self.text("variable"),
            self.text("in a mapping"),
            self.text("unknown"),
            self.text("stored login password"),
            self.server.key().display(),
            self.text("refused login password")
        );
        self.test.write("hosts.yml", &hosts);
        self.test.write("broken.yml", &format!("{hosts}    stored: {{\n"));
        self.test.write("earlier.yml", &hosts.replace("    here:", "    there:"));
    }

    fn write_checks(&self) {
        let asked = "hosts: all:!mother\nprobe: {shell: \"printf %s {{ derived }} {{ vaulted }} {{ app.token }} | cksum\"}\n\
                     that: ['result.rc == 0', 'everything.db_password == db_password', 'app.notes[1] != derived']\n\
                     fail_msg: {en: f, ja: f}";
        write_check(&self.test, "asked", asked);
        let r#become = "hosts: typed\nbecome: true\nprobe: {shell: id -un}\n\
                        that: result.stdout | trim == ansible_become_user\nfail_msg: {en: '{{ result.stdout }}', ja: f}";
        write_check(&self.test, "become", r#become);
        let wait = format!(
            "hosts: here\ntimeout: 600\nprobe: {{shell: 'echo >{0}; until test -e {1}; do sleep 0.05; done'}}\n\
             that: result.rc == 0\nfail_msg: {{en: f, ja: f}}",
            self.test.path("begun").display(),
            self.test.path("go").display()
        );
        write_check(&self.test, "wait", &wait);
        // More than a pipe takes.
        let long = format!(
            "hosts: here\nloop: '{{{{ range(1000) | list }}}}'\nprobe: {{inventory: {{}}}}\nthat: item < 0\n\
             fail_msg: {{en: '{}', ja: f}}",
            self.text("report")
        );
        write_check(&self.test, "long", &long);
    }

    /// A shell script that becomes the program; its number is then in `pid`.
    fn script(&self, args: &[&str]) -> String {
        let plain = self.test.command();
        let variables = plain.get_envs().filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?)));
        // Whoever runs the tests may ignore the signal.
        let env = ["env", "-i", "--default-signal=INT"].map(str::to_owned);
        let mut words = [&env[..], &[format!("SOME_TOKEN={}", self.text("environment"))]].concat();
        words.extend(variables.map(|(name, value)| format!("{name}={value}")));
        words.push(plain.get_program().to_str().expect("text").to_owned());
        words.extend(args.iter().map(|word| (*word).to_owned()));
        let text = format!("cd {}\necho $$ >pid\nexec {}\n", self.test.path("").display(), shell_words::join(&words));
        self.test.write("start", &text).display().to_string()
    }

    /// Waits until the file says the words so often.
    fn wait_for(&self, file: &str, words: &str, count: usize) {
        let text = || fs::read_to_string(self.test.path(file)).unwrap_or_default();
        for _ in 0..LOOKS {
            if text().matches(words).count() >= count {
                return;
            }
            thread::sleep(PAUSE);
        }
        panic!("`{file}` does not say `{words}` {count} times: {}", text());
    }

    fn pid(&self) -> Pid {
        self.test.read("pid").trim().parse().ok().and_then(Pid::from_raw).expect("a number")
    }

    /// The places whose secrets are in the program's memory, each with the kinds of memory that has them.
    fn found(&self) -> BTreeSet<(String, String)> {
        let regions = memory(self.pid());
        let places = |(name, bytes): &(String, Vec<u8>)| {
            self.markers.found(bytes).into_iter().map(|place| (place, name.clone())).collect::<Vec<_>>()
        };
        regions.iter().flat_map(places).collect()
    }
}

/// Everything that the process can write to, with what it is.
fn memory(pid: Pid) -> Vec<(String, Vec<u8>)> {
    let at = |name: &str| format!("/proc/{}/{name}", pid.as_raw_nonzero());
    let maps = fs::read_to_string(at("maps")).expect("the process is there");
    let memory = File::open(at("mem")).expect("the tests run as root");
    let regions = maps.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (from, to) = words.first()?.split_once('-')?;
        let (from, to) = (u64::from_str_radix(from, 16).ok()?, u64::from_str_radix(to, 16).ok()?);
        let mut bytes = vec![0; usize::try_from(to - from).ok()?];
        let is_read = words.get(1)?.starts_with("rw") && memory.read_exact_at(&mut bytes, from).is_ok();
        is_read.then(|| ((*words.get(5).unwrap_or(&"no name")).to_owned(), bytes))
    });
    regions.collect()
}

fn places(found: &BTreeSet<(String, String)>) -> BTreeSet<&str> {
    found.iter().map(|(place, _)| &**place).collect()
}

/// A pipe that nobody empties before he is asked to.
struct Pipe(File);

impl Pipe {
    fn new(world: &World) -> Self {
        let name = world.test.path("pipe");
        run(Command::new("mkfifo").arg(&name));
        let flags = i32::try_from(OFlags::NONBLOCK.bits()).expect("a small number");
        Self(OpenOptions::new().read(true).custom_flags(flags).open(name).expect("a reader waits for no writer"))
    }

    /// The next bytes, up to so many; none at the end.
    fn next(&mut self, most: usize) -> Vec<u8> {
        let mut bytes = vec![0; most];
        for _ in 0..LOOKS {
            match self.0.read(&mut bytes) {
                Ok(count @ 1..) => return bytes[..count].to_vec(),
                Ok(_) if most > 1 => return Vec::new(),
                // Nobody writes yet.
                Ok(_) => {}
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
            }
            thread::sleep(PAUSE);
        }
        panic!("nothing comes through the pipe");
    }
}

#[test]
fn secrets_leave_the_memory_before_the_report_leaves_the_program() {
    let world = World::new();
    let mut pipe = Pipe::new(&world);
    let checks = ["asked", "become", "wait", "long"].map(|name| format!("--check=t/{name}"));
    let args =
        ["run", "-i", "hosts.yml", "--checks", "mine", "-J", "-k", "-K", "--connect-timeout=60", "--timeout=600"];
    let args = [&args[..], &["--format=ndjson=live", "--format=json=pipe"], &checks.each_ref().map(String::as_str)];
    let mut terminal = Terminal::start(&format!("sh {}", world.script(&args.concat())));
    for (question, place) in [
        ("vault password", "vault password"),
        ("SSH password", "login password"),
        ("BECOME password", "become password"),
        ("passphrase of", "passphrase"),
    ] {
        assert!(terminal.answer(question, world.text(place)), "{question}: {}", terminal.end().0);
    }
    // All but the host that waits.
    world.wait_for("live", "\"host_finished\"", 4);
    let found = world.found();
    // The report is not made yet; what nobody knows as a secret is one all the same.
    assert_eq!(places(&found), world.markers.places().collect(), "everything is still needed: {found:#?}");
    world.test.write("go", "");
    let mut report = pipe.next(1);
    let found = world.found();
    assert_eq!(places(&found), ["environment", "report"].into(), "{found:#?}");
    loop {
        match pipe.next(4096) {
            bytes if bytes.is_empty() => break,
            bytes => report.extend(bytes),
        }
    }
    let (screen, status) = terminal.end();
    assert_eq!(status, Some(1), "{screen}");
    let report: serde_json::Value = serde_json::from_slice(&report).expect("JSON");
    for host in &report["hosts"].as_array().expect("hosts")[..3] {
        assert_eq!(host["outcome"], "pass", "all secrets were good for something: {host}");
    }
}

/// Ways out of the program: arguments, and the exit status.
const ENDS: [(&str, i32); 8] = [
    ("run -i hosts.yml --checks mine --check t/asked --limit stored --format=json=out", 0),
    ("run -i hosts.yml --checks mine --check t/long --limit here --format=json=out", 1),
    ("run -i broken.yml --checks mine --check t/asked --format=json=out", 2),
    ("run -i hosts.yml --checks mine --check t/asked --limit keyed --format=json=out", 3),
    ("run -i hosts.yml --checks mine --check t/wait --check t/asked --format=json=out", 130),
    ("inventory -i hosts.yml --list", 0),
    ("inventory -i hosts.yml --explain stored", 0),
    ("diff earlier.yml hosts.yml --format=json=out", 0),
];

#[test]
fn no_secret_is_in_memory_at_any_end() {
    let world = World::new();
    for (args, status) in ENDS {
        for file in ["trace", "begun"] {
            let _ = fs::remove_file(world.test.path(file));
        }
        let args: Vec<&str> = args.split(' ').chain(["--vault-password-file=one"]).collect();
        // Holds the program at its last step.
        let mut tracer = Command::new("strace");
        tracer.args(["-qq", "-o"]).arg(world.test.path("trace")).args(["-e", "trace=exit_group"]);
        tracer.args(["-e", "inject=exit_group:delay_enter=300000000", "sh"]).arg(world.script(&args));
        let mut tracer =
            tracer.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("strace");
        if status == 130 {
            world.wait_for("begun", "\n", 1);
            kill_process(world.pid(), Signal::INT).expect("it runs");
        }
        world.wait_for("trace", "exit_group(", 1);
        let (trace, found) = (world.test.read("trace"), world.found());
        // Without its tracer the program takes that step.
        tracer.kill().and_then(|()| tracer.wait()).expect("it is ours");
        assert!(
            trace.contains(&format!("exit_group({status}")),
            "{args:?}: {trace} {}",
            fs::read_to_string(world.test.path("out")).unwrap_or_default()
        );
        assert_eq!(places(&found), ["environment"].into(), "{args:?}: {found:#?}");
    }
}
