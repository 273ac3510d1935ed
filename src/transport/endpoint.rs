//! Where and as whom to connect, and what comes back: the plain data of this stage.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use super::openssh::{MotherEndpoint, OpensshEndpoint};
use crate::secret::Secret;

/// How a host is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// This machine, through a child process.
    Local(LocalEndpoint),
    /// Through SSH.
    Ssh(Box<SshEndpoint>),
    /// Through the installed `ssh` program.
    Openssh(Box<OpensshEndpoint>),
    /// From the mother, through the `ssh` program there.
    FromMother(Box<MotherEndpoint>),
    /// A container of this machine.
    Container(ContainerEndpoint),
}

/// A container of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerEndpoint {
    /// `docker` or `podman`.
    pub program: &'static str,
    /// Its name or id.
    pub container: String,
    /// Who asks in it; absent = the container's own user.
    pub user: Option<String>,
}

impl Endpoint {
    /// Where it is looked for, for people: `local`, `user@host:port`, or the name and from where.
    #[must_use]
    pub fn address(&self) -> String {
        match (self, self.ssh()) {
            (Self::FromMother(endpoint), _) => format!("{} (from {})", endpoint.target.alias, endpoint.login()),
            (Self::Container(endpoint), _) => format!("{}:{}", endpoint.program, endpoint.container),
            (_, None) => "local".to_owned(),
            (_, Some(ssh)) => format!("{}@{}:{}", ssh.user, ssh.host, ssh.port),
        }
    }

    /// What is known of the host and the user before connecting; nothing for this machine and its containers.
    #[must_use]
    pub fn ssh(&self) -> Option<&SshEndpoint> {
        match self {
            Self::Local(_) | Self::Container(_) => None,
            Self::Ssh(endpoint) => Some(endpoint),
            Self::Openssh(endpoint) => Some(&endpoint.resolved),
            Self::FromMother(endpoint) => Some(&endpoint.target.resolved),
        }
    }
}

/// This machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LocalEndpoint {
    /// The directory in which scripts start; absent = the current one.
    pub directory: Option<PathBuf>,
}

/// What is done about a host key that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HostKeyPolicy {
    /// Refuse unknown and changed keys.
    #[default]
    Strict,
    /// Accept unknown keys, for this run and, where [`SshEndpoint::accept_into`] says so, for later ones; refuse changed ones.
    AcceptNew,
    /// Accept everything; told loudly.
    Off,
}

/// Which addresses of a name are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AddressFamily {
    /// All.
    #[default]
    Any,
    /// IPv4 only.
    Inet,
    /// IPv6 only.
    Inet6,
}

impl AddressFamily {
    /// Whether `address` is of this family.
    #[must_use]
    pub fn takes(self, address: SocketAddr) -> bool {
        match self {
            Self::Any => true,
            Self::Inet => address.is_ipv4(),
            Self::Inet6 => address.is_ipv6(),
        }
    }
}

/// The lists of algorithms as they are written in `ssh_config`, with `+`, `-` or `^` in front; absent = the default ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Algorithms {
    /// `HostKeyAlgorithms`.
    pub host_key: Option<String>,
    /// `KexAlgorithms`.
    pub kex: Option<String>,
    /// `Ciphers`.
    pub ciphers: Option<String>,
    /// `MACs`.
    pub macs: Option<String>,
    /// `PubkeyAcceptedAlgorithms`.
    pub pubkey: Option<String>,
}

/// A way to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMethod {
    /// Keys of an agent or in files.
    PublicKey,
    /// A password, asked for by the server's own questions.
    KeyboardInteractive,
    /// A password.
    Password,
}

/// `ServerAliveInterval` and `ServerAliveCountMax`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerAlive {
    /// How long the server may say nothing before it is asked.
    pub interval: Duration,
    /// After so many questions without an answer it is given up.
    pub count_max: u32,
}

/// Everything that an SSH connection needs, after inventory variables, `ssh_config` and options were joined.
///
/// [`Self::default`] is what `ssh` does where nothing is written, but has no host, no user and no files.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of ssh of its own")]
pub struct SshEndpoint {
    /// The name before `ssh_config` was asked, as it would be given to `ssh`; empty where nobody asked it.
    pub alias: String,
    /// Name or address to connect to; may have a zone (`fe80::1%eth0`).
    pub host: String,
    /// Port.
    pub port: u16,
    /// User to log in as.
    pub user: String,
    /// Private key files, in the order in which they are tried.
    pub identity_files: Vec<PathBuf>,
    /// `identity_files` are what `ssh` tries where nobody names any.
    pub identities_are_default: bool,
    /// Try only `identity_files`, and agent keys that match them.
    pub identities_only: bool,
    /// The agent's socket; absent = `SSH_AUTH_SOCK`; the path `none` for no agent.
    pub identity_agent: Option<PathBuf>,
    /// `CertificateFile`: certificates of the user's keys.
    pub certificate_files: Vec<PathBuf>,
    /// Files with known host keys, all read.
    pub known_hosts_files: Vec<PathBuf>,
    /// `RevokedHostKeys`: keys that are accepted from nobody.
    pub revoked_host_keys: Option<PathBuf>,
    /// The name under which the host key is looked up, where it differs from `host`.
    pub host_key_alias: Option<String>,
    /// `CheckHostIP`: the host's address must not be known by other keys.
    pub check_host_ip: bool,
    /// What to do about unknown keys.
    pub host_key_policy: HostKeyPolicy,
    /// The file that gets the unknown keys which [`HostKeyPolicy::AcceptNew`] accepts: the user's first one. Absent = they are
    /// written nowhere.
    pub accept_into: Option<PathBuf>,
    /// `HashKnownHosts`, for what is written to `accept_into`.
    pub hash_known_hosts: bool,
    /// Algorithms that differ from the default ones.
    pub algorithms: Algorithms,
    /// Ways to log in, in the order in which they are tried; one that is not in it is not tried.
    pub auth_methods: Vec<AuthMethod>,
    /// Which addresses of `host` are used.
    pub address_family: AddressFamily,
    /// `BindAddress`: the address or name of this machine that the connection comes from.
    pub bind_address: Option<String>,
    /// `BindInterface`: the interface of this machine that the connection goes through.
    pub bind_interface: Option<String>,
    /// How often all addresses are tried, a second apart; at least once.
    pub connection_attempts: u32,
    /// Time for TCP connect, handshake and host key together.
    pub connect_timeout: Duration,
    /// Whether the system is to find out that the other side is gone.
    pub tcp_keep_alive: bool,
    /// Whether and how often a silent server is asked for a sign of life once we are logged in.
    pub server_alive: Option<ServerAlive>,
    /// `ProxyJump` hops, nearest first, as `[user@]host[:port]`; `proxy_command` is made of them.
    pub proxy_jump: Vec<String>,
    /// The configuration file that is named to the `ssh` of these hops; absent where it finds its own, or reads none.
    pub jump_config: Option<String>,
    /// `ProxyCommand`, tokens already replaced.
    pub proxy_command: Option<String>,
    /// Password, where the inventory gives one.
    pub password: Option<Secret>,
}

impl Default for SshEndpoint {
    fn default() -> Self {
        Self {
            alias: String::new(),
            host: String::new(),
            port: 22,
            user: String::new(),
            identity_files: Vec::new(),
            identities_are_default: false,
            identities_only: false,
            identity_agent: None,
            certificate_files: Vec::new(),
            known_hosts_files: Vec::new(),
            revoked_host_keys: None,
            host_key_alias: None,
            check_host_ip: false,
            host_key_policy: HostKeyPolicy::Strict,
            accept_into: None,
            hash_known_hosts: false,
            algorithms: Algorithms::default(),
            auth_methods: AuthMethod::ALL.to_vec(),
            address_family: AddressFamily::Any,
            bind_address: None,
            bind_interface: None,
            connection_attempts: 1,
            connect_timeout: Duration::from_secs(10),
            tcp_keep_alive: true,
            server_alive: None,
            proxy_jump: Vec::new(),
            jump_config: None,
            proxy_command: None,
            password: None,
        }
    }
}

impl AuthMethod {
    /// All of them, in `ssh`'s order.
    pub const ALL: [Self; 3] = [Self::PublicKey, Self::KeyboardInteractive, Self::Password];

    /// The protocol's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PublicKey => "publickey",
            Self::KeyboardInteractive => "keyboard-interactive",
            Self::Password => "password",
        }
    }
}

/// Bounds on one exec.
#[derive(Debug, Clone, Copy)]
pub struct ExecLimits<'a> {
    /// When it must be over.
    pub deadline: std::time::Instant,
    /// Bytes of standard output that are kept; what comes later is read and thrown away, and after 16 MiB of that the script is
    /// cut off (`truncated` without an exit status).
    pub max_stdout: usize,
    /// The same for standard error.
    pub max_stderr: usize,
    /// What stands at the end of both streams: once both have it, the other side is not waited for longer than a second. It is
    /// looked for in the last 4 KiB.
    pub last_mark: Option<&'a [u8]>,
}

/// What one exec brought back. Whether it is an answer is for the frames inside to say, not for the exit status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecOutput {
    /// Standard output, cut at its cap.
    pub stdout: Vec<u8>,
    /// Standard error, cut at its cap.
    pub stderr: Vec<u8>,
    /// Standard output or error was longer than its cap.
    pub truncated: bool,
    /// Exit status; absent where the end was not seen (or not waited for) or was a signal. 0 also where an SSH server sent none.
    pub exit_status: Option<i32>,
    /// The signal that ended it.
    pub exit_signal: Option<String>,
    /// The deadline passed before the end.
    pub timed_out: bool,
    /// The connection broke before the end.
    pub lost: bool,
    /// How the script travelled, so that the caller knows whether another way is left to try.
    pub sent_as: SentAs,
}

/// How a script reached the other side's `sh`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentAs {
    /// Packed into the command line: needs `base64` and `gzip` there.
    CommandLine,
    /// As the standard input of plain `sh`.
    Stdin,
}

/// What became of opening a unix socket on the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamLocalReply {
    /// It opened; this came back for the request (empty where none was sent), cut at 64 KiB.
    Opened(Vec<u8>),
    /// The server refused the channel, with its reason: `connect failed`, `administratively prohibited`, `unknown channel type`.
    /// OpenSSH's server says `connect failed` also for what its configuration forbids.
    Refused(String),
    /// No answer in time.
    TimedOut,
    /// The connection broke, or the transport cannot open such a channel; the words say which.
    Failed(String),
}
