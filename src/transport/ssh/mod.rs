//! The ssh2 way: dial, shake hands, check the host key, log in, and then scripts and unix sockets over one connection.

mod agent;
mod algorithms;
mod auth;
mod dial;
mod exec;
mod greeting;
mod host_key;
mod kexinit;
mod proxy;
mod relay;
mod shell;
mod stream_local;
mod wire;

use std::{
    net::{IpAddr, SocketAddr},
    time::Instant,
};

pub(super) use greeting::LONGEST_QUOTE;
pub(super) use shell::Shell;
pub(super) use stream_local::ANSWER_CAP;
pub(super) use wire::timespec;

use self::{
    exec::Request,
    host_key::Shown,
    proxy::ProxyChild,
    wire::{Stage, Wire},
};
use super::{
    credentials::Credentials,
    endpoint::{ExecLimits, ExecOutput, SentAs, SshEndpoint, StreamLocalReply},
    error::{HostKey, Phase, TransportError, TransportErrorKind as Kind},
    facts::SessionFacts,
    pack,
};

/// Each answer of the login may take so many times as long as connecting: name services and PAM modules take theirs. What a
/// person is asked in between does not count.
const LOGIN_PATIENCE: u32 = 3;

/// A connection that is logged in.
pub struct SshSession {
    wire: Wire,
    endpoint: SshEndpoint,
    address: Option<SocketAddr>,
    host_key: HostKey,
    /// Set once an operation left libssh2 in the middle of something.
    spent: Option<&'static str>,
}

impl std::fmt::Debug for SshSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SshSession")
            .field("host", &self.endpoint.host)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Opens a connection, whose errors get their host and address here.
pub(super) fn open(
    endpoint: &SshEndpoint,
    credentials: &Credentials,
    deadline: Instant,
) -> Result<SshSession, TransportError> {
    let mut address = None;
    let result = open_kind(endpoint, credentials, deadline, &mut address);
    result.map_err(|kind| error(endpoint, address, kind))
}

fn error(endpoint: &SshEndpoint, address: Option<SocketAddr>, kind: Kind) -> TransportError {
    TransportError {
        host: endpoint.host.clone(),
        address,
        port: endpoint.port,
        user: endpoint.user.clone(),
        kind: Box::new(kind),
    }
}

fn open_kind(
    endpoint: &SshEndpoint,
    credentials: &Credentials,
    deadline: Instant,
    address: &mut Option<SocketAddr>,
) -> Result<SshSession, Kind> {
    let mut login = auth::SoFar::default();
    loop {
        let (wire, shown) = match connected(endpoint, credentials, deadline, address) {
            Ok(connected) => connected,
            // The server that hung up on us turns us away: why it did that says more.
            Err(kind) => return Err(login.told().unwrap_or(kind)),
        };
        if shown.is_contradicted {
            login.keep_password(endpoint, credentials);
        }
        match auth::log_in(&wire, endpoint, credentials, deadline, &mut login) {
            Ok(()) => return Ok(session(wire, endpoint, *address, shown.key)),
            Err(_) if login.is_worth_another() && !credentials.stop.is_requested() => {}
            Err(kind) => return Err(kind),
        }
    }
}

fn session(mut wire: Wire, endpoint: &SshEndpoint, address: Option<SocketAddr>, host_key: HostKey) -> SshSession {
    wire.enter(Stage::Open);
    wire.keep_alive(endpoint.server_alive);
    SshSession { wire, endpoint: endpoint.clone(), address, host_key, spent: None }
}

/// A connection whose host is the one that is known.
fn connected(
    endpoint: &SshEndpoint,
    credentials: &Credentials,
    deadline: Instant,
    address: &mut Option<SocketAddr>,
) -> Result<(Wire, Shown), Kind> {
    let connect_deadline = deadline.min(Instant::now() + endpoint.connect_timeout);
    let mut wire = socket(endpoint, credentials, connect_deadline, address)?;
    let ip = address.map(|address| address.ip());
    let shown = greet(&wire, endpoint, credentials, connect_deadline, ip)?;
    wire.enter(Stage::Login(endpoint.connect_timeout * LOGIN_PATIENCE));
    Ok((wire, shown))
}

/// A socket to the host, by TCP or by a proxy command.
fn socket(
    endpoint: &SshEndpoint,
    credentials: &Credentials,
    deadline: Instant,
    address: &mut Option<SocketAddr>,
) -> Result<Wire, Kind> {
    let wire = if let Some(command) = endpoint.proxy_command.clone() {
        let (socket, child) = ProxyChild::start(&command, &credentials.stop)
            .map_err(|error| Kind::Proxy { command: command.clone(), detail: error.to_string() })?;
        Wire::new(socket, false, Some(child), &credentials.stop)
    } else {
        let (stream, answered) = dial::dial(endpoint, deadline, &credentials.stop)?;
        *address = Some(answered);
        Wire::new(stream.into(), true, None, &credentials.stop)
    };
    wire.map_err(|error| Kind::Local { detail: error.to_string() })
}

/// Banner, key exchange and host key.
fn greet(
    wire: &Wire,
    endpoint: &SshEndpoint,
    credentials: &Credentials,
    deadline: Instant,
    address: Option<IpAddr>,
) -> Result<Shown, Kind> {
    let started = Instant::now();
    algorithms::prefer(wire, endpoint, credentials)?;
    let mut session = wire.session.clone();
    match wire.drive(deadline, |_| session.handshake()) {
        Ok(()) => host_key::verify(wire, endpoint, credentials, address),
        Err(stop) => Err(greeting::no_handshake(wire, endpoint, &stop, started)),
    }
}

impl SshSession {
    pub(super) fn exec(&mut self, script: &str, limits: &ExecLimits<'_>) -> Result<ExecOutput, TransportError> {
        match pack::command_line(script) {
            Some(command) => self.run(&Request { command: &command, stdin: b"", sent_as: SentAs::CommandLine }, limits),
            None => self.exec_stdin(script, limits),
        }
    }

    pub(super) fn exec_stdin(&mut self, script: &str, limits: &ExecLimits<'_>) -> Result<ExecOutput, TransportError> {
        let request = Request { command: pack::PLAIN_SH, stdin: script.as_bytes(), sent_as: SentAs::Stdin };
        self.run(&request, limits)
    }

    fn run(&mut self, request: &Request<'_>, limits: &ExecLimits<'_>) -> Result<ExecOutput, TransportError> {
        self.ready().map_err(|kind| self.error(kind))?;
        match exec::run(&self.wire, request, limits) {
            Ok((output, reusable)) => {
                if !reusable {
                    self.spend("the command before was cut off");
                }
                Ok(output)
            }
            Err(kind) => {
                if !matches!(kind, Kind::Channel { .. }) {
                    self.spend("a channel could not be opened");
                }
                Err(self.error(kind))
            }
        }
    }

    pub(super) fn stream_local(&mut self, path: &str, request: Option<&[u8]>, deadline: Instant) -> StreamLocalReply {
        if let Err(kind) = self.ready() {
            return StreamLocalReply::Failed(self.error(kind).to_string());
        }
        let (reply, reusable) = stream_local::open(&self.wire, path, request, deadline);
        if !reusable {
            self.spend("a unix socket was cut off");
        }
        reply
    }

    /// Refuses a connection that was cut off in the middle of something.
    fn ready(&self) -> Result<(), Kind> {
        self.spent.map_or(Ok(()), |why| Err(Kind::Lost { phase: Phase::Exec, detail: why.to_owned() }))
    }

    /// Ends the connection: nothing on the other side is waited for any more.
    fn spend(&mut self, why: &'static str) {
        self.spent = Some(why);
        self.wire.hang_up();
    }

    fn error(&self, kind: Kind) -> TransportError {
        error(&self.endpoint, self.address, kind)
    }

    pub(super) fn facts(&self) -> SessionFacts {
        let banner = self.wire.session.banner_bytes().map(|b| String::from_utf8_lossy(b).into_owned());
        SessionFacts {
            kind: "ssh",
            software: banner.as_deref().and_then(software),
            banner,
            address: self.address.map_or_else(|| self.endpoint.host.clone(), |a| a.ip().to_string()),
            port: Some(self.endpoint.port),
            user: self.endpoint.user.clone(),
            host_key: Some(self.host_key.clone()),
        }
    }
}

/// `OpenSSH_9.2p1` out of `SSH-2.0-OpenSSH_9.2p1 Debian-2`.
fn software(banner: &str) -> Option<String> {
    let rest = banner.strip_prefix("SSH-")?.split_once('-')?.1;
    rest.split_ascii_whitespace().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::software;

    #[test]
    fn software_is_the_first_word_after_the_protocol() {
        assert_eq!(software("SSH-2.0-OpenSSH_9.2p1 Debian-2").as_deref(), Some("OpenSSH_9.2p1"));
        assert_eq!(software("SSH-1.99-Cisco-1.25").as_deref(), Some("Cisco-1.25"));
        assert_eq!(software("SSH-2.0"), None);
    }
}
