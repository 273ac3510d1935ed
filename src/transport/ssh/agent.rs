//! An agent that cannot hold us up: libssh2 waits for its answer for ever, and it may wait for a person who is not there.
//!
//! libssh2 is given the path of a socket of ours; what goes over it is carried to the agent and back, until it is too late.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::net::{UnixListener, UnixStream},
    },
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use rustix::event::{PollFd, PollFlags, poll};
use ssh2::Agent;

use super::timespec;
use crate::stop::{Kept, Stop, Undo};

/// A message of an agent is carried in portions of this size.
const PORTION: usize = 16 * 1024;

/// An agent of libssh2 whose answers have a deadline.
pub(super) struct Patient {
    pub(super) agent: Agent,
    is_late: Arc<AtomicBool>,
}

impl Patient {
    /// Connects libssh2's agent of `session` to the one that listens at `socket`, until `deadline` or until `stop` is requested.
    pub(super) fn connect(session: &ssh2::Session, socket: &Path, deadline: Instant, stop: &Stop) -> io::Result<Self> {
        let far = UnixStream::connect(socket)?;
        let mut agent = session.agent()?;
        let (directory, _kept) = stop.keep(|| {
            let directory = tempfile::Builder::new().prefix("hpf").tempdir()?;
            let undo = Undo::Path(directory.path().to_path_buf());
            Ok((directory, undo))
        })?;
        let path = directory.path().join("agent");
        let listener = UnixListener::bind(&path)?;
        agent.set_identity_path(&path)?;
        // The queue of the listener takes it, so that nobody waits here.
        agent.connect()?;
        let link = Link::new(listener.accept()?.0, far, stop)?;
        let is_late = Arc::new(AtomicBool::new(false));
        let late = Arc::clone(&is_late);
        let carry = move || {
            late.store(!link.carry(deadline), Ordering::SeqCst);
            link.shut();
        };
        std::thread::Builder::new().name("ssh-agent".into()).spawn(carry)?;
        Ok(Self { agent, is_late })
    }

    /// Whether the agent was given up, because it had no answer in time.
    pub(super) fn is_late(&self) -> bool {
        self.is_late.load(Ordering::SeqCst)
    }
}

/// Both connections; each is shut down where the run is stopped.
struct Link {
    near: UnixStream,
    far: UnixStream,
    _kept: [Kept; 2],
}

impl Link {
    fn new(near: UnixStream, far: UnixStream, stop: &Stop) -> io::Result<Self> {
        let watched = |stream: &UnixStream| {
            let socket: OwnedFd = stream.try_clone()?.into();
            stop.keep(|| Ok(((), Undo::Connection(Arc::new(socket))))).map(|((), kept)| kept)
        };
        Ok(Self { _kept: [watched(&near)?, watched(&far)?], near, far })
    }

    /// Carries everything both ways until one side hangs up; whether that was before `deadline`.
    fn carry(&self, deadline: Instant) -> bool {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let mut fds = [&self.near, &self.far].map(|stream| PollFd::from_borrowed_fd(stream.as_fd(), PollFlags::IN));
            // An interrupted poll is another round.
            let _ = poll(&mut fds, Some(&timespec(left)));
            let [near, far] = fds.map(|fd| !fd.revents().is_empty());
            let goes_on = (!near || portion(&self.near, &self.far)) && (!far || portion(&self.far, &self.near));
            if !goes_on {
                return true;
            }
        }
    }

    fn shut(&self) {
        for stream in [&self.near, &self.far] {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    }
}

/// Carries what is there; whether that side is still there. An agent and libssh2 take turns, so that neither is written to
/// while it does not read.
fn portion(mut from: &UnixStream, mut to: &UnixStream) -> bool {
    let mut buffer = [0; PORTION];
    match from.read(&mut buffer) {
        Ok(0) => false,
        Ok(count) => to.write_all(&buffer[..count]).is_ok(),
        Err(error) => error.kind() == ErrorKind::Interrupted,
    }
}
