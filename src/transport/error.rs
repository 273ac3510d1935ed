//! Why a host could not be reached, named by what the operator does next.

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

use super::{message, refused_key::RefusedKey};
use crate::text::Text;

/// A connection that failed: to whom, and why.
///
/// [`Self::class`] is stable and for machines, [`Self::message`] and [`Self::remedy`] are for people.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", self.message().en)]
pub struct TransportError {
    /// Name or address as it was given.
    pub host: String,
    /// The address that answered, where it came so far.
    pub address: Option<SocketAddr>,
    /// Port.
    pub port: u16,
    /// User to log in as.
    pub user: String,
    /// What failed.
    pub kind: Box<TransportErrorKind>,
}

/// What failed.
#[derive(Debug, Clone, PartialEq)]
pub enum TransportErrorKind {
    /// The name has no address.
    Name {
        /// The resolver's words.
        detail: String,
    },
    /// Nobody listens there.
    Refused {
        /// Every address that was tried.
        attempts: Vec<Attempt>,
    },
    /// No way to the network, or a router said no.
    UnreachableNetwork {
        /// Every address that was tried.
        attempts: Vec<Attempt>,
    },
    /// No answer in time.
    Timeout {
        /// What was waited for.
        phase: Phase,
        /// How long.
        after: Duration,
    },
    /// No answer from any of several addresses in time.
    Silent {
        /// Every address that was tried.
        attempts: Vec<Attempt>,
        /// How long.
        after: Duration,
    },
    /// Something answers that is no SSH server.
    NotSsh {
        /// Its first words.
        said: String,
    },
    /// An SSH server that takes no further connection for now, and says so.
    Busy {
        /// Its words.
        said: String,
    },
    /// The two sides have no algorithm in common, or the key exchange failed.
    Handshake {
        /// libssh2's words.
        detail: String,
        /// Lists without a common entry.
        mismatches: Vec<AlgorithmMismatch>,
    },
    /// The host key is in none of the files.
    HostKeyUnknown {
        /// The key that the host shows.
        key: HostKey,
        /// The name under which it was looked for, as it stands in a file: `host` or `[host]:port`.
        name: String,
        /// The files that were read.
        files: Vec<PathBuf>,
        /// What the files say of the name instead.
        instead: KnownInstead,
    },
    /// The files have another key for this host.
    HostKeyChanged {
        /// The key that the host shows.
        key: HostKey,
        /// The name under which it was looked for.
        name: String,
        /// The keys that the files have.
        known: Vec<KnownKey>,
    },
    /// The key that the host shows is marked `@revoked`.
    HostKeyRevoked {
        /// The key that the host shows.
        key: HostKey,
        /// The line that revokes it.
        by: Box<KnownKey>,
    },
    /// No key could be tried, and this is why.
    KeyFile {
        /// Every key file that cannot be used.
        problems: Vec<KeyFileProblem>,
        /// What the server would take, where it was asked.
        offered: Vec<String>,
    },
    /// The server took none of what was tried.
    Auth(Box<AuthRefusal>),
    /// The server refused a session channel or the command.
    Channel {
        /// libssh2's words.
        detail: String,
    },
    /// The connection broke.
    Lost {
        /// What was going on.
        phase: Phase,
        /// What is known about it.
        detail: String,
    },
    /// The proxy command or the jump host failed.
    Proxy {
        /// The command.
        command: String,
        /// Last lines of its standard error, or why it could not be started.
        detail: String,
    },
    /// A program of this machine could not be started.
    Local {
        /// Why.
        detail: String,
    },
    /// The container cannot be asked.
    Container {
        /// `docker` or `podman`.
        program: &'static str,
        /// Why.
        fault: ContainerFault,
    },
    /// The mother reached the host no better; the class is that of what happened there.
    FromMother {
        /// The mother, as `user@host`.
        mother: String,
        /// Her port.
        port: u16,
        /// The `ssh_config` that is used on her.
        config: String,
        /// What happened, with the mother's own files.
        kind: Box<TransportErrorKind>,
    },
}

/// Why a container cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerFault {
    /// There is none of this name.
    Missing,
    /// It does not run; its status.
    NotRunning(String),
    /// The daemon does not answer; the program's words.
    NoDaemon(String),
    /// We may not talk to the daemon; the program's words.
    Forbidden(String),
    /// Something else; the program's words.
    Other(String),
}

/// One address that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The address.
    pub address: SocketAddr,
    /// What happened.
    pub detail: String,
}

/// The stretches of a connection that can take too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Looking up the name.
    Name,
    /// TCP connect.
    Connect,
    /// The server's first words.
    Banner,
    /// Banner and key exchange.
    Handshake,
    /// Authentication.
    Auth,
    /// What the agent of the keys has to do for it.
    Agent,
    /// Opening a channel and running a script.
    Exec,
}

impl Phase {
    /// The stable name: `name`, `connect`, `banner`, `handshake`, `auth`, `agent`, `exec`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Connect => "connect",
            Self::Banner => "banner",
            Self::Handshake => "handshake",
            Self::Auth => "auth",
            Self::Agent => "agent",
            Self::Exec => "exec",
        }
    }
}

/// A list on which the two sides do not meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlgorithmMismatch {
    /// What is negotiated: `key exchange`, `host key`, `cipher`, `mac`.
    pub what: &'static str,
    /// What the server offers.
    pub server: Vec<String>,
    /// What this side offers.
    pub client: Vec<String>,
}

/// A key that a host showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostKey {
    /// `ssh-ed25519` and the like.
    pub key_type: String,
    /// `SHA256:...` as `ssh-keygen -l` prints it.
    pub fingerprint: String,
}

/// A key of a known-hosts file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownKey {
    /// The key.
    pub key: HostKey,
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
}

/// What a known-hosts file has for a host whose key it has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnownInstead {
    /// Nothing.
    Nothing,
    /// Keys of types that cannot be negotiated here.
    OtherTypes(Vec<KnownKey>),
    /// A certificate authority; certificates are not checked here.
    Authority,
    /// The host showed a certificate that does not hold; the words of `ssh`, which checks them.
    CertificateRefused(Box<str>),
}

/// A private key file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFileProblem {
    /// The file.
    pub file: PathBuf,
    /// Why.
    pub why: KeyFileFault,
}

/// What is wrong with a private key file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyFileFault {
    /// It is not there.
    Missing,
    /// It cannot be read; the system's words.
    Unreadable(String),
    /// Others may read it; its permission bits. OpenSSH refuses such keys too.
    Mode(u32),
    /// It needs a passphrase, and nobody could be asked.
    Encrypted,
    /// The passphrase that was given does not fit.
    WrongPassphrase,
    /// It is no private key, or one of a kind that cannot be used; the words say which.
    Bad(String),
    /// It is a certificate whose private key only an agent has: only the `ssh` program joins the two.
    CertificateOfAgent,
    /// Its private part is in a security key (FIDO), and that is of no use.
    SecurityKey(SecurityKeyFault),
}

/// Why a security key is of no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecurityKeyFault {
    /// Only the `ssh` program asks security keys.
    OnlySsh,
    /// None that has the key is plugged in.
    Absent,
    /// It gave no answer for so long: nobody touched it.
    Untouched(Duration),
    /// It did not sign: it gave up waiting for a touch, or failed; the words of `ssh`, which do not tell these apart.
    Failed(String),
    /// It wants a PIN, and nobody is asked.
    Pin,
    /// The library by which `ssh` asks it cannot be used; the words of `ssh`.
    Library(String),
    /// It signed without being touched, and the server wants a touch.
    Unproven,
}

/// What became of a login by a Kerberos ticket (GSSAPI), where the server takes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KerberosFault {
    /// There is no ticket; the words of the library, as `ssh -v` tells them.
    NoTicket(String),
    /// The ticket has expired; the library's words.
    Expired(String),
    /// Kerberos failed; the library's words.
    Failed(String),
    /// The ticket was shown, and the server did not let us in.
    Refused,
    /// `ssh` was not to try it.
    SwitchedOff,
}

/// What was tried and what the server says it would take.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthRefusal {
    /// Keys and methods that were tried, in order.
    pub tried: Vec<String>,
    /// The key among them whose public half is to be installed: the first one with a file, else the agent's.
    pub key: Option<RefusedKey>,
    /// Options of `ssh` without which the host is not reached.
    pub way: Vec<String>,
    /// The directory of the mother in which they, and the key's name, hold; absent on this machine.
    pub directory: Option<String>,
    /// Methods that the server offers; empty where it said nothing.
    pub offered: Vec<String>,
    /// A key was right, and the server wants a second factor.
    pub partial: bool,
    /// Key files that could not be tried.
    pub problems: Vec<KeyFileProblem>,
    /// What the server had to say before it refused.
    pub said: Option<String>,
    /// What became of Kerberos; nothing where the server does not take it, or this way to connect has none.
    pub kerberos: Option<Box<KerberosFault>>,
    /// The server closed the connection; its words, empty where it gave none.
    pub disconnected: Option<String>,
}

/// What to do about an error: a sentence and commands that can be pasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorRemedy {
    /// What to do.
    pub text: Text,
    /// Commands for the machine that the tool runs on, in order.
    pub commands: Vec<String>,
}

impl TransportErrorKind {
    /// The stable name of the class.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::Name { .. } => "name",
            Self::Refused { .. } => "refused",
            Self::UnreachableNetwork { .. } => "unreachable_network",
            Self::Timeout { .. } | Self::Silent { .. } => "timeout",
            Self::NotSsh { .. } => "not_ssh",
            Self::Busy { .. } => "busy",
            Self::Handshake { .. } => "handshake",
            Self::HostKeyUnknown { .. } => "host_key_unknown",
            Self::HostKeyChanged { .. } => "host_key_changed",
            Self::HostKeyRevoked { .. } => "host_key_revoked",
            Self::KeyFile { .. } => "key_file",
            Self::Auth(_) => "auth",
            Self::Channel { .. } => "channel",
            Self::Lost { .. } => "lost",
            Self::Proxy { .. } => "proxy",
            Self::Local { .. } => "local",
            Self::Container { fault, .. } => match fault {
                ContainerFault::Missing => "container_missing",
                ContainerFault::NotRunning(_) => "container_not_running",
                ContainerFault::NoDaemon(_) => "container_daemon",
                ContainerFault::Forbidden(_) => "container_permission",
                ContainerFault::Other(_) => "container",
            },
            Self::FromMother { kind, .. } => kind.class(),
        }
    }

    fn is_turned_away(&self) -> bool {
        match self {
            Self::Busy { said } => said.contains("MaxStartups"),
            Self::Lost { phase, .. } => *phase == Phase::Banner,
            Self::FromMother { kind, .. } => kind.is_turned_away(),
            _ => false,
        }
    }
}

impl TransportError {
    /// The stable name of the class: `name`, `refused`, `timeout`, `unreachable_network`, `not_ssh`, `busy`, `handshake`,
    /// `host_key_unknown`, `host_key_changed`, `host_key_revoked`, `key_file`, `auth`, `channel`, `lost`, `proxy`, `local`, and for
    /// containers `container_missing`, `container_not_running`, `container_daemon`, `container_permission`, `container`.
    #[must_use]
    pub fn class(&self) -> &'static str {
        self.kind.class()
    }

    /// Whether the server turned the connection away before it said anything about itself, as OpenSSH does when too many
    /// log in at a time (`MaxStartups`): a moment later it may be welcome.
    #[must_use]
    pub fn is_turned_away(&self) -> bool {
        self.kind.is_turned_away()
    }

    /// What happened, in one or two lines.
    #[must_use]
    pub fn message(&self) -> Text {
        message::message(self)
    }

    /// What to do, in order; empty where nothing general helps.
    #[must_use]
    pub fn remedy(&self) -> Vec<ErrorRemedy> {
        message::remedy(self)
    }

    /// `user@host:port`, with the address in brackets where it differs.
    #[must_use]
    pub fn target(&self) -> String {
        let at = if self.user.is_empty() { "" } else { "@" };
        let name = format!("{}{at}{}:{}", self.user, bracketed(&self.host), self.port);
        match self.address {
            Some(address) if address.ip().to_string() != self.host => format!("{name} ({})", address.ip()),
            _ => name,
        }
    }
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

impl fmt::Display for KeyFileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&message::key_file(self).en)
    }
}
