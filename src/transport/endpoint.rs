//! Where and as whom to connect, and what comes back: the plain data of this stage.

use std::{path::PathBuf, time::Duration};

use super::openssh::{MotherEndpoint, OpensshEndpoint};

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
    /// Accept unknown keys for this run without writing them down; refuse changed ones.
    AcceptNew,
    /// Accept everything; told loudly.
    Off,
}

/// Everything that an SSH connection needs, after inventory variables, `ssh_config` and options were joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshEndpoint {
    /// Name or address to connect to.
    pub host: String,
    /// Port.
    pub port: u16,
    /// User to log in as.
    pub user: String,
    /// Private key files, in the order in which they are tried.
    pub identity_files: Vec<PathBuf>,
    /// Try only `identity_files`, and agent keys that match them.
    pub identities_only: bool,
    /// The agent's socket; absent = `SSH_AUTH_SOCK`.
    pub identity_agent: Option<PathBuf>,
    /// Files with known host keys, all read.
    pub known_hosts_files: Vec<PathBuf>,
    /// The name under which the host key is looked up, where it differs from `host`.
    pub host_key_alias: Option<String>,
    /// What to do about unknown keys.
    pub host_key_policy: HostKeyPolicy,
    /// Time for TCP connect, handshake and host key together.
    pub connect_timeout: Duration,
    /// `ProxyJump` hops, nearest first, as `[user@]host[:port]`; `proxy_command` is made of them.
    pub proxy_jump: Vec<String>,
    /// `ProxyCommand`, tokens already replaced.
    pub proxy_command: Option<String>,
    /// Password, where the inventory gives one.
    pub password: Option<String>,
}

/// Bounds on one exec.
#[derive(Debug, Clone, Copy)]
pub struct ExecLimits {
    /// When it must be over.
    pub deadline: std::time::Instant,
    /// Bytes of standard output that are kept; what comes later is read and thrown away, and after 16 MiB of that the script is
    /// cut off (`truncated` without an exit status).
    pub max_stdout: usize,
    /// The same for standard error.
    pub max_stderr: usize,
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
    /// Exit status; absent where the other side sent none or died by a signal.
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
