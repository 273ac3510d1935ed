//! The socket under a session, and libssh2 driven over it without blocking: every wait has a deadline of ours.

use std::{
    cell::{Cell, Ref, RefCell},
    io::Read,
    os::fd::OwnedFd,
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::event::Timespec;
use ssh2::{BlockDirections, ErrorCode};

use super::{
    proxy::ProxyChild,
    relay::{End, Relay},
};
use crate::{
    stop::{Kept, Stop as StopRun, Undo},
    transport::endpoint::ServerAlive,
};

/// libssh2's codes that are told apart; the crate keeps them in a module of its own `-sys` crate.
pub(super) mod code {
    /// It would block.
    pub(in crate::transport) const EAGAIN: i32 = -37;
    /// The signed request was refused, although the key alone was welcome.
    pub(in crate::transport) const PUBLICKEY_UNVERIFIED: i32 = -19;
    /// The key file cannot be read or decrypted.
    pub(in crate::transport) const FILE: i32 = -16;
    /// The algorithm of a key is not supported.
    pub(in crate::transport) const METHOD_NOT_SUPPORTED: i32 = -33;
    /// The other side refused to open a channel.
    pub(in crate::transport) const CHANNEL_FAILURE: i32 = -21;
    /// The other side refused a request on a channel.
    pub(in crate::transport) const CHANNEL_REQUEST_DENIED: i32 = -22;
    /// The connection is gone.
    pub(in crate::transport) const GONE: [i32; 4] = [-7, -13, -43, -45];
}

/// Why a step of the protocol did not come to its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// The deadline passed.
    TimedOut,
    /// libssh2 says no.
    Ssh(ssh2::Error),
}

impl Stop {
    /// libssh2's code, or 0.
    pub(super) fn code(&self) -> i32 {
        match self {
            Self::Ssh(error) => code_of(error),
            Self::TimedOut => 0,
        }
    }

    /// libssh2's words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::TimedOut => "timed out".to_owned(),
            Self::Ssh(error) => error.message().to_owned(),
        }
    }

    /// Whether the connection is gone. For a login that got no answer libssh2 has the code of one that was refused.
    pub(super) fn is_gone(&self) -> bool {
        code::GONE.contains(&self.code()) || matches!(self, Self::Ssh(error) if error.message().starts_with(UNANSWERED))
    }
}

/// How libssh2 begins what it says where no answer came.
const UNANSWERED: &str = "Waiting for ";

fn code_of(error: &ssh2::Error) -> i32 {
    match error.code() {
        ErrorCode::Session(code) | ErrorCode::SFTP(code) => code,
    }
}

/// Whether a read or write said "not now".
pub(super) fn would_block(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::WouldBlock
}

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Banner and key exchange.
    Handshake,
    /// Authentication; each step has so much time at most.
    Login(Duration),
    /// Logged in.
    Open,
}

/// What a server may send before the login; a key exchange and a long greeting take some 30 KB.
const MOST_BEFORE_LOGIN: u64 = 512 << 10;
/// What it may send afterwards beyond what is read of its streams.
const MOST_UNUSED: u64 = 16 << 20;

/// A libssh2 session, the way to the network, and what must go with them.
pub(super) struct Wire {
    pub(super) session: ssh2::Session,
    relay: RefCell<Relay>,
    /// The network's side, which ends the connection where it is shut down.
    socket: Arc<OwnedFd>,
    is_tcp: bool,
    /// Whether a silent server is asked for a sign of life, and how many questions it has not answered.
    alive: Option<ServerAlive>,
    unanswered: Cell<u32>,
    stage: Stage,
    /// Ends the connection where the run is stopped.
    _kept: Kept,
    /// The process behind the socket; dropped, and so ended, after the socket.
    pub(super) proxy: Option<ProxyChild>,
}

impl Wire {
    /// Puts a fresh session on `socket`, until `stop` is requested.
    pub(super) fn new(
        socket: OwnedFd,
        is_tcp: bool,
        proxy: Option<ProxyChild>,
        stop: &StopRun,
    ) -> std::io::Result<Self> {
        let ((socket, kept), mut session) = (until_stopped(socket, stop)?, ssh2::Session::new()?);
        let (relay, far) = Relay::new(Arc::clone(&socket), MOST_BEFORE_LOGIN)?;
        session.set_tcp_stream(far);
        session.set_blocking(false);
        Ok(Self {
            session,
            relay: RefCell::new(relay),
            socket,
            is_tcp,
            alive: None,
            unanswered: Cell::new(0),
            stage: Stage::Handshake,
            _kept: kept,
            proxy,
        })
    }

    /// Whether the other side has hung up, also where something that it said before was not read.
    pub(super) fn is_closed(&self) -> bool {
        self.relay.borrow().is_closed()
    }

    /// Whether the server was cut off because it sent without end.
    pub(super) fn is_flooded(&self) -> bool {
        self.relay.borrow().end() == Some(End::Flooded)
    }

    /// Why a connection is lost: what became of it says more than libssh2, which only missed something.
    pub(super) fn words(&self, stop: &Stop) -> String {
        match self.relay.borrow().end() {
            Some(End::Flooded) => "it was cut off, because the server sends without end".to_owned(),
            Some(End::Closed) => "the server closed it".to_owned(),
            Some(End::Broken(errno)) => std::io::Error::from(errno).kind().to_string(),
            None => stop.words(),
        }
    }

    /// The first bytes that came, which are not encrypted; nothing any more after the handshake.
    pub(super) fn beginning(&self) -> Ref<'_, [u8]> {
        Ref::map(self.relay.borrow(), Relay::beginning)
    }

    /// From now on a silent server is asked for a sign of life; only for connections that are logged in.
    pub(super) fn keep_alive(&mut self, alive: Option<ServerAlive>) {
        let seconds = alive.map_or(0, |alive| u32::try_from(alive.interval.as_secs()).unwrap_or(u32::MAX));
        self.session.set_keepalive(true, seconds);
        self.alive = alive;
    }

    /// Asks a server that said nothing for so long, or gives it up.
    fn ask_for_life(&self, alive: ServerAlive) {
        if self.unanswered.get() >= alive.count_max {
            return self.hang_up();
        }
        self.unanswered.set(self.unanswered.get() + 1);
        // A connection that is gone is found out by the next step.
        let _ = self.session.keepalive_send();
    }

    /// What comes next.
    pub(super) fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        match stage {
            Stage::Handshake | Stage::Login(_) => {}
            Stage::Open => self.relay.get_mut().restart(MOST_UNUSED),
        }
    }

    /// Ends the connection, for both sides.
    pub(super) fn hang_up(&self) {
        self.relay.borrow_mut().hang_up();
    }

    /// Waits for `pause`, or until there is something to read or the socket is shut down.
    pub(super) fn rest(&self, pause: Duration) {
        self.relay.borrow().wait(pause);
    }

    /// Repeats `step` until it does not want to wait any more, or `deadline` passes.
    pub(super) fn drive<T>(
        &self,
        deadline: Instant,
        mut step: impl FnMut(&ssh2::Session) -> Result<T, ssh2::Error>,
    ) -> Result<T, Stop> {
        let mut until = match self.stage {
            Stage::Login(patience) => deadline.min(Instant::now() + patience),
            Stage::Handshake | Stage::Open => deadline,
        };
        loop {
            let began = Instant::now();
            let result = step(&self.session);
            // The server does not have to answer for what takes its time here: an agent that asks a person.
            until = deadline.min(until + began.elapsed());
            match result {
                Ok(value) => {
                    self.relay.borrow_mut().send();
                    return Ok(value);
                }
                // What a connection that was cut off says is only the echo of the deadline.
                Err(_) if Instant::now() >= until => return Err(Stop::TimedOut),
                Err(error) if code_of(&error) == code::EAGAIN => self.wait(until),
                Err(error) => {
                    // Whether the server has left is known only once it was looked for.
                    self.relay.borrow_mut().receive();
                    return Err(Stop::Ssh(error));
                }
            }
        }
    }

    /// Carries what libssh2 wrote and what came for it; waits for that at most until `deadline`.
    pub(super) fn wait(&self, deadline: Instant) {
        let mut relay = self.relay.borrow_mut();
        let wants_room = matches!(self.session.block_directions(), BlockDirections::Outbound | BlockDirections::Both);
        if relay.send() && wants_room {
            return;
        }
        self.ack_at_once();
        let left = deadline.saturating_duration_since(Instant::now());
        // In the middle of a packet of ours there is no place for a question.
        let alive = self.alive.filter(|alive| !wants_room && alive.interval < left);
        let is_silent = relay.wait(alive.map_or(left, |alive| alive.interval));
        relay.send();
        if relay.receive() {
            self.unanswered.set(0);
        } else if let Some(alive) = alive.filter(|_| is_silent) {
            drop(relay);
            self.ask_for_life(alive);
        }
    }

    /// What there is to read of `stream` now, into `buffer`; nothing also where it has ended.
    pub(super) fn read(&self, stream: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
        match stream.read(buffer) {
            Ok(count) => {
                self.relay.borrow_mut().used(count);
                Ok(count)
            }
            Err(error) if would_block(&error) => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Asks the kernel to acknowledge what comes next without waiting for something to send along: the kernel forgets
    /// this by itself, and a delayed acknowledgement costs 40 ms where the other side's Nagle waits for it.
    #[cfg(target_os = "linux")]
    fn ack_at_once(&self) {
        if self.is_tcp {
            let _ = rustix::net::sockopt::set_tcp_quickack(&*self.socket, true);
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn ack_at_once(&self) {
        let _ = self.is_tcp;
    }
}

/// Has `socket` shut down once `stop` is requested.
fn until_stopped(socket: OwnedFd, stop: &StopRun) -> std::io::Result<(Arc<OwnedFd>, Kept)> {
    stop.keep(|| {
        let socket = Arc::new(socket);
        let undo = Undo::Connection(Arc::clone(&socket));
        Ok((socket, undo))
    })
}

/// The largest pause that is asked of poll; the callers' loops look at their deadline again after it.
const LONGEST_POLL: Duration = Duration::from_secs(3600);

/// A duration in poll's form, rounded up so that a short rest is not polled with zero.
pub(in crate::transport) fn timespec(duration: Duration) -> Timespec {
    let duration = duration.min(LONGEST_POLL);
    Timespec { tv_sec: i64::try_from(duration.as_secs()).unwrap_or(3600), tv_nsec: duration.subsec_nanos().into() }
}

impl Drop for Wire {
    /// Says goodbye without waiting for an answer. The connection is shut before libssh2 frees its channels, because it
    /// would wait for the other side to close them.
    fn drop(&mut self) {
        let _ = self.session.disconnect(None, "done", None);
        let relay = self.relay.get_mut();
        relay.send();
        relay.hang_up();
    }
}
