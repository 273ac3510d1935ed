//! `--via-mother`: targets that are reached from the mother, by the `ssh`, the `ssh_config` and the keys that lie there.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its world fails")]

use std::{
    fs,
    io::Read as _,
    net::TcpListener,
    os::unix::net::UnixListener,
    thread,
    time::{Duration, Instant},
};

use hive_preflight::{
    stop::Stop,
    transport::{
        Credentials, Endpoint, ExecLimits, HostSettings, MotherEndpoint, Session, StreamLocalReply, TransportError,
        connect,
    },
};

use crate::{
    lab::{
        Begun, Closed, Fleet, Site,
        sshd::{Account, Sshd, keygen, roomy, run, soon},
    },
    support::CliTest,
};

/// A mother with an account that alone has the key of the target.
struct Way {
    mother: Sshd,
    target: Sshd,
    account: Account,
}

/// The project on the mother has a name that no shell may take apart.
const PROJECT: &str = "a project's $(touch never) \"dir\"";

impl Way {
    fn new(mother: &[&str], shell: &str) -> Self {
        let way = Self { mother: Sshd::with(mother), target: Sshd::start(), account: Account::with_shell(shell) };
        way.account.write(&format!("{PROJECT}/id"), &fs::read_to_string(way.target.key()).unwrap());
        way.account.write(".bashrc", "echo noise; echo noise >&2\n");
        run(std::process::Command::new("chmod").arg("600").arg(way.path("id")));
        way.write_config("");
        way
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.account.home().join(PROJECT).join(name)
    }

    /// The `ssh_config` of the mother; `more` stands in front and wins.
    fn write_config(&self, more: &str) {
        let (known, key) = (self.target.known_hosts(), self.path("id"));
        let key = key.display().to_string().replace('"', "\\\"");
        let config = format!(
            "Host hive0\n{more}  HostName 127.0.0.1\n  Port {}\n  User root\n  UserKnownHostsFile {}\n  \
             StrictHostKeyChecking yes\n  IdentityFile \"{key}\"\n  IdentitiesOnly yes\n  LogLevel FATAL\n",
            self.target.port(),
            known.display(),
        );
        self.account.write(&format!("{PROJECT}/ssh_config"), &config);
    }

    fn endpoint(&self) -> MotherEndpoint {
        let root = self.account.home().join(PROJECT).display().to_string();
        let settings = HostSettings {
            host: "hive0".to_owned(),
            connect_timeout: Some(Duration::from_secs(20)),
            ..HostSettings::default()
        };
        MotherEndpoint::new(self.mother.endpoint(self.account.name()), root.clone(), &root, &settings)
    }

    fn open(&self) -> Result<Session, TransportError> {
        open(self.endpoint())
    }
}

fn open(endpoint: MotherEndpoint) -> Result<Session, TransportError> {
    connect(&Endpoint::FromMother(Box::new(endpoint)), &Credentials::batch(), soon())
}

/// Command lines of processes of `account` that hold `text`.
fn processes(account: &Account, text: &str) -> String {
    let output = std::process::Command::new("ps").args(["-o", "args=", "-u", account.name()]).output().unwrap();
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    lines.lines().filter(|line| line.contains(text)).collect::<Vec<_>>().join("\n")
}

/// Waits until none is left.
#[track_caller]
fn assert_nothing_left(account: &Account) {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let left = processes(account, "ssh -T") + &processes(account, "cat");
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < end, "left on the mother: {left}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_script_goes_through_the_mother_whatever_her_login_shell_is() {
    for shell in ["/bin/bash", "/bin/dash", "/usr/bin/fish", "/bin/csh"] {
        let way = Way::new(&[], shell);
        let mut session = way.open().unwrap_or_else(|error| panic!("{shell}: {error}"));
        let facts = session.facts();
        assert_eq!((facts.user.as_str(), facts.port, facts.kind), ("root", Some(way.target.port()), "ssh"), "{shell}");
        assert!(facts.banner.unwrap().starts_with("SSH-2.0-OpenSSH_"), "{shell}");
        let output = session.exec("echo \"it's $((1+1))\"; echo err >&2; exit 7", &roomy()).unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).ends_with("it's 2\n"), "{shell}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).ends_with("err\n"), "{shell}: {output:?}");
        assert_eq!((output.exit_status, output.lost, output.timed_out), (Some(7), false, false), "{shell}");
        assert!(way.mother.log().contains("Accepted publickey") && way.target.log().contains("Accepted publickey"));
        let output = session.exec("cat /proc/self/comm; id -un", &roomy()).unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).ends_with("cat\nroot\n"), "a second script: {output:?}");
        drop(session);
        assert_nothing_left(&way.account);
        assert!(!way.account.home().join("never").exists() && !way.path("never").exists());
    }
}

#[test]
fn what_fails_behind_the_mother_has_its_own_class_and_says_from_where() {
    let way = Way::new(&[], "/bin/bash");
    let refusal = |class: &str| {
        let error = way.open().unwrap_err();
        assert_eq!(error.class(), class, "{error}");
        assert!(error.to_string().contains(&format!("`{}@127.0.0.1`", way.account.name())), "{error}");
        error
    };
    way.write_config("  Port 1\n");
    assert!(refusal("refused").to_string().contains("nothing listens"));
    way.write_config("  HostName no-such-host.invalid\n");
    refusal("name");
    way.write_config("  IdentityFile none\n  PubkeyAuthentication no\n");
    refusal("auth");
    let stranger = way.account.home().join("stranger");
    keygen(&stranger, &["-t", "ed25519"]);
    // It hands the key over, too.
    way.account.write("readable", "");
    let trusted = fs::read(way.target.path("authorized_keys")).unwrap();
    fs::write(way.target.path("authorized_keys"), "").unwrap();
    way.write_config(&format!("  IdentityFile {}\n", stranger.display()));
    let told = refusal("auth").remedy().remove(0).commands.remove(0);
    let words = shell_words::split(&told).unwrap();
    let (login, port) = (format!("{}@127.0.0.1", way.account.name()), way.mother.port().to_string());
    assert_eq!(words[..5], ["ssh", "-t", "-p", &port, &login], "{told}");
    let there = shell_words::split(&words[5]).unwrap();
    let (root, port) = (way.path("").display().to_string(), way.target.port().to_string());
    assert_eq!(there[..3], ["cd", root.trim_end_matches('/'), "&&"], "{told}");
    let key = format!("{}.pub", stranger.display());
    let config = way.path("ssh_config").display().to_string();
    assert_eq!(there[3..], ["ssh-copy-id", "-i", &key, "-F", &config, "-p", &port, "root@hive0"], "{told}");
    fs::write(way.target.path("authorized_keys"), trusted).unwrap();
    way.write_config("  Nonsense 1\n");
    assert!(refusal("local").to_string().contains("nonsense"));
    way.write_config("");
    keygen(&way.target.path("other"), &["-t", "ed25519"]);
    way.target.write_known_hosts(&way.target.path("other.pub"));
    let error = refusal("host_key_changed");
    let commands: Vec<_> = error.remedy().into_iter().flat_map(|step| step.commands).collect();
    let login = format!("ssh -p {} {}@127.0.0.1 ", way.mother.port(), way.account.name());
    assert!(commands[0].starts_with(&login) && commands[0].contains("-R"), "{commands:?}");
    fs::write(way.target.known_hosts(), "").unwrap();
    refusal("host_key_unknown");
    fs::remove_file(way.path("ssh_config")).unwrap();
    assert!(refusal("local").to_string().contains("hive build-infra"));
    fs::remove_dir_all(way.account.home().join(PROJECT)).unwrap();
    assert!(refusal("local").to_string().contains("no directory"));
    assert_nothing_left(&way.account);
}

#[test]
fn a_mother_that_cannot_be_reached_is_told_as_the_way_that_failed() {
    let way = Way::new(&[], "/bin/bash");
    let mut endpoint = way.endpoint();
    let closed = Closed::new();
    endpoint.mother.port = closed.port();
    let error = open(endpoint).unwrap_err();
    assert_eq!((error.class(), error.host.as_str()), ("proxy", "hive0"));
    assert!(error.to_string().contains("--via-mother") && error.to_string().contains("nothing listens"), "{error}");
    let full = Way::new(&["MaxSessions 0"], "/bin/bash");
    assert_eq!(full.open().unwrap_err().class(), "proxy");
}

#[test]
fn a_mother_whose_shell_hangs_ends_or_floods_is_not_told_as_a_fault_of_the_target() {
    let login_file = |text: &str| {
        let way = Way::new(&[], "/bin/bash");
        way.account.write(".bashrc", text);
        way
    };
    let shell = |shell: &str| Way::new(&[], shell);
    for (way, words) in [
        (login_file("sleep 60\n"), "has not started `ssh` within"),
        (shell("/usr/sbin/nologin"), "ended without starting `ssh`"),
        (login_file("exec yes 'no such identity: /k: No such file or directory' >&2\n"), "prints more than anybody"),
        (login_file("exec yes\n"), "has not started `ssh` within"),
        (
            login_file("echo 'the disk is full' >&2; exit 3\n"),
            "ended without starting `ssh`; it said `the disk is full`",
        ),
        (login_file(&only("sh cat ssh")), "ended without starting `ssh`; it said `sh: 1: base64: not found`"),
        (login_file(&only("sh base64 ssh")), "ended without starting `ssh`"),
    ] {
        let mut endpoint = way.endpoint();
        // Only what hangs is ended by the time.
        let seconds = if words.contains("within") { 3 } else { 40 };
        endpoint.target.resolved.connect_timeout = Duration::from_secs(seconds);
        let error = open(endpoint).unwrap_err();
        assert_eq!((error.class(), error.host.as_str()), ("proxy", "hive0"), "{error}");
        assert!(error.to_string().contains("--via-mother") && error.to_string().contains(words), "{words}: {error}");
    }
    let error = login_file(&only("sh base64 cat")).open().unwrap_err();
    assert!(error.class() == "local" && error.to_string().contains("the mother has no `ssh` in PATH"), "{error}");
}

/// Lines of a login file that leave nothing but `programs` in PATH.
fn only(programs: &str) -> String {
    format!("mkdir -p ~/bin; for p in {programs}; do ln -sf \"$(command -v $p)\" ~/bin; done; PATH=~/bin\n")
}

#[test]
fn a_mother_that_dies_while_a_target_is_silent_is_told_as_the_way_that_failed() {
    let way = Way::new(&[], "/bin/bash");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    way.write_config(&format!("  Port {}\n", silent.local_addr().unwrap().port()));
    let error = thread::scope(|scope| {
        let opening = scope.spawn(|| way.open().unwrap_err());
        let held = silent.accept().unwrap();
        kill(&way.account, "sshd");
        let error = opening.join().unwrap();
        drop(held);
        error
    });
    assert_eq!(error.class(), "proxy", "{error}");
    assert_nothing_left(&way.account);
}

/// Kills the processes of `account` whose command line begins with `whom`.
fn kill(account: &Account, whom: &str) {
    let output = std::process::Command::new("ps").args(["-o", "pid=,args=", "-u", account.name()]).output().unwrap();
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let of = |line: &str| {
        line.trim().split_once(' ').filter(|(_, args)| args.starts_with(whom)).map(|(pid, _)| pid.to_owned())
    };
    let found: Vec<String> = lines.lines().filter_map(of).collect();
    assert!(!found.is_empty(), "{lines}");
    run(std::process::Command::new("kill").arg("-KILL").args(found));
}

#[test]
fn remedies_are_for_the_machine_on_which_they_help() {
    let way = Way::new(&[], "/bin/bash");
    let login = format!("ssh -p {} {}@127.0.0.1", way.mother.port(), way.account.name());
    let commands = || {
        let error = way.open().unwrap_err();
        error.remedy().into_iter().flat_map(|step| step.commands).collect::<Vec<_>>()
    };
    fs::write(way.target.known_hosts(), "").unwrap();
    let [console, write_down] = commands().try_into().unwrap();
    assert_eq!(console, "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub");
    assert!(write_down.starts_with(&format!("{login} ")), "{write_down}");
    assert!(
        write_down.contains(&format!("ssh-keyscan -t ed25519 -p {} 127.0.0.1 >> ", way.target.port())),
        "{write_down}"
    );
    let dropping = TcpListener::bind("127.0.0.1:0").unwrap();
    way.write_config(&format!("  Port {}\n", dropping.local_addr().unwrap().port()));
    thread::spawn(move || dropping.incoming().for_each(drop));
    let error = way.open().unwrap_err();
    assert!(error.class() == "lost" && error.is_turned_away(), "{error}");
    let [by_hand] = commands().try_into().unwrap();
    assert!(by_hand.starts_with(&format!("{login} ")) && by_hand.ends_with(" hive0'"), "{by_hand}");
    assert!(by_hand.contains("ssh -v -F "), "{by_hand}");
    way.write_config("  HostName no-such-host.invalid\n");
    assert!(way.open().unwrap_err().to_string().contains("no-such-host.invalid: "));
}

#[test]
fn a_silent_target_ends_at_its_time_and_nothing_stays_on_the_mother() {
    let way = Way::new(&[], "/bin/bash");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    way.write_config(&format!("  Port {}\n", silent.local_addr().unwrap().port()));
    thread::spawn(move || {
        let held: Vec<_> = silent.incoming().flatten().map(|mut s| s.read_to_end(&mut Vec::new())).collect();
        drop(held);
    });
    let mut endpoint = way.endpoint();
    // By then the mother has to have started `ssh`.
    endpoint.target.resolved.connect_timeout = Duration::from_secs(8);
    let error = open(endpoint).unwrap_err();
    assert_eq!(error.class(), "timeout", "{error}");
    assert_nothing_left(&way.account);
}

#[test]
fn deadlines_and_stops_leave_nothing_on_the_mother() {
    let way = Way::new(&[], "/bin/bash");
    let mut session = way.open().unwrap();
    let limits = ExecLimits { deadline: Instant::now() + Duration::from_secs(4), ..roomy() };
    let output = session.exec("sleep 60", &limits).unwrap();
    assert!(output.timed_out && output.exit_status.is_none(), "{output:?}");
    assert_nothing_left(&way.account);

    let stop = Stop::default();
    let credentials = Credentials::batch().stopped_by(&stop);
    let mut session = connect(&Endpoint::FromMother(Box::new(way.endpoint())), &credentials, soon()).unwrap();
    let begun = Begun::new();
    thread::scope(|scope| {
        let running = scope.spawn(|| session.exec(&begun.script(60), &roomy()).unwrap());
        begun.wait();
        stop.request();
        assert!(running.join().unwrap().lost);
    });
    assert_nothing_left(&way.account);
}

#[test]
fn many_targets_at_once_stay_below_what_the_mother_takes() {
    let way = Way::new(&["MaxSessions 1", "MaxStartups 10:100:10"], "/bin/bash");
    let endpoint = Endpoint::FromMother(Box::new(way.endpoint()));
    let credentials = Credentials::batch();
    thread::scope(|scope| {
        let ask = |n: usize| {
            let mut session = connect(&endpoint, &credentials, soon()).map_err(|error| error.to_string())?;
            let output = session.exec(&format!("echo {n}"), &roomy()).map_err(|error| error.to_string())?;
            Ok::<_, String>(String::from_utf8_lossy(&output.stdout).into_owned())
        };
        let asked: Vec<_> = (0..16).map(|n| (n, scope.spawn(move || ask(n)))).collect();
        for (n, asked) in asked {
            let answer = asked.join().unwrap().unwrap();
            assert!(answer.ends_with(&format!("{n}\n")), "{answer}");
        }
    });
}

#[test]
fn unix_sockets_are_opened_from_the_mother() {
    let way = Way::new(&[], "/bin/bash");
    let path = way.target.path("socket");
    let listener = UnixListener::bind(&path).unwrap();
    thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let _ = socket.read_exact(&mut [0; 4]);
            let _ = std::io::Write::write_all(&mut socket, b"pong");
        }
    });
    let mut session = way.open().unwrap();
    let mut ask = |path: &std::path::Path| session.stream_local(path.to_str().unwrap(), Some(b"ping"), soon());
    assert_eq!(ask(&path), StreamLocalReply::Opened(b"pong".to_vec()));
    assert_eq!(ask(&way.target.path("nothing")), StreamLocalReply::Refused("connect failed".to_owned()));
    drop(session);
    assert_nothing_left(&way.account);
    let closed = Way::new(&["AllowStreamLocalForwarding no"], "/bin/bash");
    let reply = closed.open().unwrap().stream_local(path.to_str().unwrap(), Some(b"ping"), soon());
    assert!(matches!(&reply, StreamLocalReply::Failed(words) if words.contains("mother")), "{reply:?}");
}

#[test]
fn a_site_whose_servers_only_the_mother_reaches_is_checked_from_elsewhere() {
    let site = Site::new(Fleet::up(1));
    let args = ["--check", "ssh/remote-tmp-usable", "--check", "ssh/server-unix-forward", "--format", "json"];
    let on_mother = site.run_on_mother(&args);
    site.forget_context();
    let from_here = site.run_from_outside(&[&args[..], &["--via-mother"]].concat());
    for check in ["ssh/remote-tmp-usable", "ssh/server-unix-forward"] {
        let (there, here) = (on_mother.verdicts(check), from_here.verdicts(check));
        assert_eq!(there.outcomes(), here.outcomes(), "{from_here:?}");
        here.assert_healthy();
    }
}

#[test]
fn without_a_hive_project_the_way_leads_through_the_mother_with_the_users_own_keys() {
    let (test, mother, target) = (CliTest::new(), Sshd::start(), Sshd::start());
    fs::copy(mother.path("authorized_keys"), target.path("authorized_keys")).unwrap();
    let known = test.path("known");
    fs::write(&known, fs::read(mother.known_hosts()).unwrap()).unwrap();
    fs::write(test.path("known_target"), fs::read(target.known_hosts()).unwrap()).unwrap();
    test.write(
        "hosts.yml",
        &format!(
            "all:\n  children:\n    mother: {{hosts: {{m: {{ansible_ssh_common_args: '-F none -o UserKnownHostsFile={}'}}}}}}\n  hosts:\n    \
             far: {{ansible_host: 127.0.0.1, ansible_user: root, ansible_port: {}, ansible_ssh_common_args: '-F none -o UserKnownHostsFile={}'}}\n",
            known.display(),
            target.port(),
            test.path("known_target").display()
        ),
    );
    test.write(
        "mine/t/pass.yml",
        "id: t/pass\ntitle: {en: t, ja: t}\nwhy: {en: w, ja: w}\nfail_msg: {en: f, ja: f}\nseverity: error\nhosts: far\n\
         probe: {shell: 'true'}\nthat: result.rc == 0\n",
    );
    let (login, key) = (format!("root@127.0.0.1:{}", mother.port()), mother.key().display().to_string());
    for transport in ["ssh2", "openssh"] {
        let run = test.run(&[
            "run",
            "-i",
            "hosts.yml",
            "--checks",
            "mine",
            "--check",
            "t/pass",
            "--private-key",
            &key,
            "--mother",
            &login,
            "--via-mother",
            "--transport",
            transport,
            "--format",
            "json",
        ]);
        let report = run.json();
        assert_eq!(report["results"][0]["outcome"], "pass", "{transport}: {report:#}");
    }
    assert_eq!(mother.log().matches("Accepted publickey").count(), 2, "{}", mother.log());
}

#[test]
fn wrong_combinations_are_one_clear_message_each() {
    let test = CliTest::new();
    test.write("hosts.yml", "all: {hosts: {h: {}}}\n");
    let run = test.run(&["run", "-i", "hosts.yml", "--via-mother"]);
    assert_eq!(run.status, Some(2));
    assert!(run.stderr.contains("--mother"), "{}", run.stderr);
    let hive = "plugin: hive_inventory\nname: site.example\nstages:\n  private:\n    provider: prepared\n    cidr: 192.168.56.0/24\n    \
                ip_address_list: [192.168.56.2]\n    number_of_hosts: 1\n";
    test.write("inventory/hive.yml", hive);
    let run = test.run(&["run", "--mother", "op@127.0.0.1", "--via-mother", "--transport", "openssh"]);
    assert_eq!(run.status, Some(2));
    assert!(run.stderr.contains("leave `--transport openssh` out"), "{}", run.stderr);
}
