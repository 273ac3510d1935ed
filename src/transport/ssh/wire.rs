//! The socket under a session, and libssh2 driven over it without blocking: every wait has a deadline of ours.

use std::{
    cell::Cell,
    os::fd::OwnedFd,
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    net::RecvFlags,
};
use ssh2::{BlockDirections, ErrorCode};

use super::{
    proxy::ProxyChild,
    watchdog::{Watch, Watchdog},
};
use crate::transport::endpoint::ServerAlive;

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

    /// Whether the connection is gone.
    pub(super) fn is_gone(&self) -> bool {
        code::GONE.contains(&self.code())
    }
}

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
const MOST_BEFORE_LOGIN: u64 = 4 << 20;
/// How long libssh2 may go on in the handshake without once waiting for the server.
const LONGEST_STEP: Duration = Duration::from_secs(2);

/// A libssh2 session, its socket, and what must go with them.
pub(super) struct Wire {
    pub(super) session: ssh2::Session,
    pub(super) socket: Arc<OwnedFd>,
    is_tcp: bool,
    watch: Watch,
    /// Whether a silent server is asked for a sign of life, and how many questions it has not answered.
    alive: Option<ServerAlive>,
    unanswered: Cell<u32>,
    stage: Stage,
    /// Bytes that were waiting when libssh2 went to fetch them, before the login.
    fetched: Cell<u64>,
    is_flooded: Cell<bool>,
    /// The process behind the socket; dropped, and so ended, after the socket.
    pub(super) proxy: Option<ProxyChild>,
}

impl Wire {
    /// Puts a fresh session on `socket`, which is watched until `deadline`.
    pub(super) fn new(
        socket: OwnedFd,
        is_tcp: bool,
        proxy: Option<ProxyChild>,
        watchdog: &Watchdog,
        deadline: Instant,
    ) -> Result<Self, ssh2::Error> {
        let mut session = ssh2::Session::new()?;
        let socket = Arc::new(socket);
        session.set_tcp_stream(Arc::clone(&socket));
        session.set_blocking(false);
        let watch = watchdog.watch(&socket, deadline);
        Ok(Self {
            session,
            socket,
            is_tcp,
            watch,
            alive: None,
            unanswered: Cell::new(0),
            stage: Stage::Handshake,
            fetched: Cell::new(0),
            is_flooded: Cell::new(false),
            proxy,
        })
    }

    /// Whether the other side has hung up, also where something that it said before was not read.
    pub(super) fn is_closed(&self) -> bool {
        let mut polled = [PollFd::new(&*self.socket, HUNG_UP)];
        if poll(&mut polled, Some(&timespec(Duration::ZERO))).is_ok() && polled[0].revents().intersects(HUNG_UP) {
            return true;
        }
        let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
        match rustix::net::recv(&*self.socket, &mut [0u8; 1], flags) {
            Ok((read, _)) => read == 0,
            Err(error) => error != rustix::io::Errno::AGAIN,
        }
    }

    /// What has come and was not read yet, where that is the beginning of everything.
    pub(super) fn first_words(&self) -> Vec<u8> {
        let mut words = [0u8; 256];
        let count = rustix::net::recv(&*self.socket, &mut words, RecvFlags::PEEK | RecvFlags::DONTWAIT);
        words[..count.map_or(0, |(read, _)| read)].to_vec()
    }

    /// Lets the watchdog wait until `deadline`.
    pub(super) fn watch_until(&mut self, deadline: Instant) {
        self.watch.extend(deadline);
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
            return super::shut(&self.socket);
        }
        self.unanswered.set(self.unanswered.get() + 1);
        // A connection that is gone is found out by the next step.
        let _ = self.session.keepalive_send();
    }

    /// What comes next.
    pub(super) fn enter(&mut self, stage: Stage) {
        self.stage = stage;
    }

    /// Whether the server was cut off because it sent without end before the login.
    pub(super) fn is_flooded(&self) -> bool {
        self.is_flooded.get()
    }

    /// One step before the login: libssh2 keeps every packet that it did not ask for, and goes on for as long as there are
    /// any, so that a server could fill our memory.
    fn guarded<T>(&self, step: impl FnOnce() -> Result<T, ssh2::Error>) -> Result<T, ssh2::Error> {
        self.fetched.set(self.fetched.get() + rustix::io::ioctl_fionread(&*self.socket).unwrap_or(0));
        let longest = Instant::now() + LONGEST_STEP;
        // A step of the login may wait for a person who confirms the use of a key.
        let _watch = (self.stage == Stage::Handshake).then(|| self.watch.also_until(longest));
        if self.fetched.get() > MOST_BEFORE_LOGIN {
            self.is_flooded.set(true);
            super::shut(&self.socket);
        }
        let result = step();
        let is_late = self.stage == Stage::Handshake && Instant::now() > longest && result.is_err();
        self.is_flooded.set(self.is_flooded.get() || is_late);
        result
    }

    /// Waits for `pause`, or until there is something to read or the socket is shut down.
    pub(super) fn rest(&self, pause: Duration) {
        let _ = poll(&mut [PollFd::new(&*self.socket, PollFlags::IN)], Some(&timespec(pause)));
    }

    /// Repeats `step` until it does not want to wait any more, or `deadline` passes.
    pub(super) fn drive<T>(
        &self,
        deadline: Instant,
        mut step: impl FnMut(&ssh2::Session) -> Result<T, ssh2::Error>,
    ) -> Result<T, Stop> {
        let deadline = match self.stage {
            Stage::Login(patience) => deadline.min(Instant::now() + patience),
            Stage::Handshake | Stage::Open => deadline,
        };
        loop {
            let result = match self.stage {
                Stage::Open => step(&self.session),
                Stage::Handshake | Stage::Login(_) => self.guarded(|| step(&self.session)),
            };
            match result {
                Ok(value) => return Ok(value),
                // What a shut-down socket says is only the echo of the deadline.
                Err(_) if Instant::now() >= deadline => return Err(Stop::TimedOut),
                Err(error) if code_of(&error) == code::EAGAIN => self.wait(deadline),
                Err(error) => return Err(Stop::Ssh(error)),
            }
        }
    }

    /// Waits for the socket in the directions that libssh2 waits for, at most until `deadline`.
    pub(super) fn wait(&self, deadline: Instant) {
        self.ack_at_once();
        let flags = match self.session.block_directions() {
            BlockDirections::Outbound => PollFlags::OUT,
            BlockDirections::Both => PollFlags::IN | PollFlags::OUT,
            BlockDirections::Inbound | BlockDirections::None => PollFlags::IN,
        };
        let left = deadline.saturating_duration_since(Instant::now());
        // In the middle of a packet of ours there is no place for a question.
        let alive = self.alive.filter(|alive| flags == PollFlags::IN && alive.interval < left);
        let pause = alive.map_or(left, |alive| alive.interval);
        // An interrupted poll is another round of the caller's loop.
        match (poll(&mut [PollFd::new(&*self.socket, flags)], Some(&timespec(pause))), alive) {
            (Ok(0), Some(alive)) => self.ask_for_life(alive),
            (Ok(0) | Err(_), _) => {}
            (Ok(_), _) => self.unanswered.set(0),
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

/// What poll says of a connection that the other side has ended.
#[cfg(target_os = "linux")]
const HUNG_UP: PollFlags = PollFlags::HUP.union(PollFlags::ERR).union(PollFlags::RDHUP);
#[cfg(not(target_os = "linux"))]
const HUNG_UP: PollFlags = PollFlags::HUP.union(PollFlags::ERR);

/// The largest pause that is asked of poll; the callers' loops look at their deadline again after it.
const LONGEST_POLL: Duration = Duration::from_secs(3600);

/// A duration in poll's form, rounded up so that a short rest is not polled with zero.
pub(in crate::transport) fn timespec(duration: Duration) -> Timespec {
    let duration = duration.min(LONGEST_POLL);
    Timespec { tv_sec: i64::try_from(duration.as_secs()).unwrap_or(3600), tv_nsec: duration.subsec_nanos().into() }
}

impl Drop for Wire {
    /// Says goodbye without waiting for an answer. The socket is shut before libssh2 frees its channels, because it
    /// would wait for the other side to close them.
    fn drop(&mut self) {
        let _ = self.session.disconnect(None, "done", None);
        super::shut(&self.socket);
    }
}
