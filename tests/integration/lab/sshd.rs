//! A real OpenSSH server on a free loopback port, and accounts with any login shell.
//!
//! The listener is the test's own: each accepted socket is handed to `sshd -i`, so that no port can be taken by another.
//! Needs root, `sshd` and `ssh-keygen`.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its world fails")]

use std::{
    fs,
    io::Write as _,
    net::{TcpListener, TcpStream},
    os::{
        fd::OwnedFd,
        unix::{fs::PermissionsExt as _, process::CommandExt as _},
    },
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use hive_preflight::transport::{ExecLimits, SshEndpoint};
use tempfile::TempDir;

const SSHD: &str = "/usr/sbin/sshd";

/// What holds for every server; a line that a test gives stands before these, and the first one wins.
const DEFAULTS: &str = "\
StrictModes no
UsePAM no
PidFile none
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowStreamLocalForwarding yes
MaxAuthTries 20
LogLevel VERBOSE
Subsystem sftp internal-sftp
";

/// A running server with keys of its own; everything goes when it is dropped.
pub(crate) struct Sshd {
    dir: TempDir,
    port: u16,
    stop: Arc<AtomicBool>,
    children: Arc<Mutex<Vec<Child>>>,
    acceptor: Option<JoinHandle<()>>,
    environment: Vec<(&'static str, String)>,
}

impl Sshd {
    /// A server that takes the client key of [`Self::key`] for every account.
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// The same with lines of `sshd_config` that win over the defaults.
    pub(crate) fn with(lines: &[&str]) -> Self {
        Self::with_environment(lines, Vec::new())
    }

    /// The same with variables in the server's environment.
    pub(crate) fn with_environment(lines: &[&str], environment: Vec<(&'static str, String)>) -> Self {
        fs::create_dir_all("/run/sshd").expect("sshd wants its directory; the tests run as root");
        let dir = tempfile::Builder::new().prefix("sshd-").tempdir().unwrap();
        // Accounts of the tests read authorized_keys in here.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let at = |name: &str| dir.path().join(name);
        keygen(&at("host_ed25519"), &["-t", "ed25519"]);
        keygen(&at("client"), &["-t", "ed25519"]);
        fs::copy(at("client.pub"), at("authorized_keys")).unwrap();
        let config = format!(
            "{}\nHostKey {}\nAuthorizedKeysFile {}\n{DEFAULTS}",
            lines.join("\n"),
            at("host_ed25519").display(),
            at("authorized_keys").display()
        );
        fs::write(at("sshd_config"), config).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self { port, stop: Arc::default(), children: Arc::default(), acceptor: None, environment, dir };
        server.write_known_hosts(&server.path("host_ed25519.pub"));
        server.accept(listener)
    }

    fn accept(mut self, listener: TcpListener) -> Self {
        let (stop, children) = (Arc::clone(&self.stop), Arc::clone(&self.children));
        let (config, log) = (self.path("sshd_config"), self.path("sshd.log"));
        let environment = self.environment.clone();
        self.acceptor = Some(std::thread::spawn(move || {
            while let Ok((socket, _)) = listener.accept() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let mut children = children.lock().unwrap();
                children.retain_mut(|child| child.try_wait().is_ok_and(|status| status.is_none()));
                children.push(serve(socket, &config, &log, &environment));
            }
        }));
        self
    }

    /// The port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// A file of the server's directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The client's private key.
    pub(crate) fn key(&self) -> PathBuf {
        self.path("client")
    }

    /// The file in which the server's key is known.
    pub(crate) fn known_hosts(&self) -> PathBuf {
        self.path("known_hosts")
    }

    /// What the servers wrote so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("sshd.log")).unwrap_or_default()
    }

    /// Whether the servers write `words` within ten seconds: they may do so after the client has its answer.
    pub(crate) fn logs(&self, words: &str) -> bool {
        (0..200).any(|_| {
            let is_there = self.log().contains(words);
            if !is_there {
                std::thread::sleep(Duration::from_millis(50));
            }
            is_there
        })
    }

    /// How many connections are open.
    pub(crate) fn connections(&self) -> usize {
        let mut children = self.children.lock().unwrap();
        children.retain_mut(|child| child.try_wait().is_ok_and(|status| status.is_none()));
        children.len()
    }

    /// Makes the public key in `file` the only one that is known for this server.
    pub(crate) fn write_known_hosts(&self, file: &Path) {
        let key = fs::read_to_string(file).unwrap();
        fs::write(self.known_hosts(), format!("[127.0.0.1]:{} {key}", self.port)).unwrap();
    }

    /// Writes keys that are of no use: `open` to everybody, `locked` by a passphrase, and `junk`.
    pub(crate) fn write_useless_keys(&self) {
        keygen(&self.path("locked"), &["-t", "ed25519", "-N", "secret"]);
        for (name, text, mode) in [("open", fs::read(self.key()).unwrap(), 0o644), ("junk", b"junk".to_vec(), 0o600)] {
            fs::write(self.path(name), text).unwrap();
            fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
        }
    }

    /// Where and how to connect as `user`.
    pub(crate) fn endpoint(&self, user: &str) -> SshEndpoint {
        SshEndpoint {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            user: user.to_owned(),
            identity_files: vec![self.key()],
            identities_only: true,
            known_hosts_files: vec![self.known_hosts()],
            connect_timeout: Duration::from_secs(60),
            ..SshEndpoint::default()
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the acceptor, which then sees that it is over.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
        for child in self.children.lock().unwrap().iter_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn serve(socket: TcpStream, config: &Path, log: &Path, environment: &[(&str, String)]) -> Child {
    let socket: OwnedFd = socket.into();
    Command::new(SSHD)
        .args(["-i", "-f"])
        .arg(config)
        .arg("-E")
        .arg(log)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::from(socket.try_clone().unwrap()))
        .stdout(Stdio::from(socket))
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("openssh-server is installed")
}

/// Makes a key pair without a passphrase, unless `options` give one.
pub(crate) fn keygen(file: &Path, options: &[&str]) {
    let passphrase: &[&str] = if options.contains(&"-N") { &[] } else { &["-N", ""] };
    run(Command::new("ssh-keygen").args(["-q", "-C", "test"]).args(options).args(passphrase).arg("-f").arg(file));
}

/// Runs a command that must succeed.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// Limits that a healthy exec does not come near.
pub(crate) fn roomy() -> ExecLimits<'static> {
    ExecLimits { deadline: soon(), max_stdout: 1 << 20, max_stderr: 1 << 20, last_mark: None }
}

/// A deadline that only a hanging test meets.
pub(crate) fn soon() -> Instant {
    Instant::now() + Duration::from_secs(120)
}

/// An account of this machine that goes with its home when it is dropped.
pub(crate) struct Account {
    name: String,
    home: TempDir,
}

/// One account file, one writer.
static ACCOUNTS: Mutex<()> = Mutex::new(());
static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Account {
    /// An account with `shell` and no password.
    pub(crate) fn with_shell(shell: &str) -> Self {
        Self::create(shell, "*")
    }

    /// An account with a POSIX shell that `password` opens.
    pub(crate) fn with_password(password: &str) -> Self {
        // Not as an argument: tests look for passwords in all arguments of this machine.
        let mut openssl = Command::new("openssl");
        let mut child =
            openssl.args(["passwd", "-6", "-stdin"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{password}").unwrap();
        let hash = child.wait_with_output().unwrap().stdout;
        Self::create("/bin/sh", String::from_utf8(hash).unwrap().trim())
    }

    fn create(shell: &str, password: &str) -> Self {
        let home = tempfile::Builder::new().prefix("home-").tempdir().unwrap();
        let name = format!("hp{}x{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
        let account = Self { name, home };
        locked(
            Command::new("useradd")
                .args(["-M", "-s", shell, "-p", password, "-d"])
                .arg(account.home())
                .arg(account.name()),
        );
        run(Command::new("chown").arg("-R").arg(account.name()).arg(account.home()));
        account
    }

    /// The login name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The home directory.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Writes a file of the home directory.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let file = self.home().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        run(Command::new("chown").arg("-R").arg(self.name()).arg(self.home()));
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let _lock = ACCOUNTS.lock();
        let _ = Command::new("userdel").args(["-f", &self.name]).stderr(Stdio::null()).status();
    }
}

/// Runs an account tool; another process on the machine may hold the lock for a moment.
fn locked(command: &mut Command) {
    let _lock = ACCOUNTS.lock();
    for _ in 0..100 {
        let output = command.output().unwrap();
        if output.status.success() {
            return;
        }
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(words.contains("lock"), "{command:?}: {words}");
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{command:?}: the account files stay locked");
}
