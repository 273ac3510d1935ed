//! The last resort against a server that keeps libssh2 busy: a thread that shuts sockets down when their time is over.
//!
//! All waiting is done with poll and a deadline, but some libssh2 calls (the banner, reading from the network) go on for as
//! long as the other side keeps sending. A socket that is shut down ends them.

use std::{
    collections::BTreeMap,
    os::fd::OwnedFd,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

/// What the polite way has before the socket is shut down under it.
const GRACE: Duration = Duration::from_millis(300);

#[derive(Debug, Default)]
struct State {
    next: u64,
    sockets: BTreeMap<(Instant, u64), Weak<OwnedFd>>,
    running: bool,
    closed: bool,
    aborted: bool,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// Owns the thread, which starts with the first socket and ends with its owner.
#[derive(Debug, Default)]
pub(in crate::transport) struct Watchdog(Arc<Shared>);

/// One watched socket; dropping it ends the watch.
#[derive(Debug)]
pub(in crate::transport) struct Watch {
    shared: Arc<Shared>,
    socket: Weak<OwnedFd>,
    key: (Instant, u64),
}

impl Watchdog {
    /// Shuts `socket` down a little after `deadline`, unless the watch was dropped or moved on by then.
    pub(in crate::transport) fn watch(&self, socket: &Arc<OwnedFd>, deadline: Instant) -> Watch {
        let mut state = self.0.lock();
        if !state.running {
            state.running = true;
            let shared = Arc::clone(&self.0);
            // Without the thread the deadlines of the poll loops still hold; only the hostile cases are lost.
            let started = std::thread::Builder::new().name("ssh-watchdog".into()).spawn(move || shared.guard());
            state.running = started.is_ok();
        }
        let key = state.insert(deadline, Arc::downgrade(socket));
        if state.aborted {
            super::shut(socket);
        }
        drop(state);
        self.0.changed.notify_one();
        Watch { shared: Arc::clone(&self.0), socket: Arc::downgrade(socket), key }
    }
}

impl Watchdog {
    /// Shuts down every watched socket now, and every one that comes later.
    pub(in crate::transport) fn abort(&self) {
        self.0.abort();
    }

    /// The same for somebody who does not own the watchdog, as long as there is one.
    pub(in crate::transport) fn aborter(&self) -> impl Fn() + Send + 'static {
        let shared = Arc::downgrade(&self.0);
        move || shared.upgrade().into_iter().for_each(|shared| shared.abort())
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_one();
    }
}

impl Watch {
    /// A second watch on the same socket.
    pub(in crate::transport) fn also_until(&self, deadline: Instant) -> Self {
        let key = self.shared.lock().insert(deadline, Weak::clone(&self.socket));
        self.shared.changed.notify_one();
        Self { shared: Arc::clone(&self.shared), socket: Weak::clone(&self.socket), key }
    }

    /// Moves the deadline.
    pub(in crate::transport) fn extend(&mut self, deadline: Instant) {
        let mut state = self.shared.lock();
        state.sockets.remove(&self.key);
        self.key = state.insert(deadline, Weak::clone(&self.socket));
        drop(state);
        self.shared.changed.notify_one();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.lock().sockets.remove(&self.key);
    }
}

impl State {
    fn insert(&mut self, deadline: Instant, socket: Weak<OwnedFd>) -> (Instant, u64) {
        self.next += 1;
        let key = (deadline + GRACE, self.next);
        self.sockets.insert(key, socket);
        key
    }

    /// Shuts down what is over; the time of the next one.
    fn expire(&mut self, now: Instant) -> Option<Instant> {
        while let Some(entry) = self.sockets.first_entry() {
            if entry.key().0 > now {
                return Some(entry.key().0);
            }
            if let Some(socket) = entry.remove().upgrade() {
                super::shut(&socket);
            }
        }
        None
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn abort(&self) {
        let mut state = self.lock();
        state.aborted = true;
        for socket in state.sockets.values().filter_map(Weak::upgrade) {
            super::shut(&socket);
        }
    }

    fn guard(&self) {
        let mut state = self.lock();
        while !state.closed {
            let now = Instant::now();
            let pause = state.expire(now).map_or(Duration::from_secs(3600), |next| next - now);
            state = self.changed.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Read as _,
        os::{fd::OwnedFd, unix::net::UnixStream},
        sync::Arc,
        time::Instant,
    };

    use super::Watchdog;

    #[test]
    fn a_socket_is_shut_down_at_its_deadline_and_one_that_is_let_go_is_not() {
        let dog = Watchdog::default();
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let (kept, mut peer) = UnixStream::pair().unwrap();
        let (ours, kept): (Arc<OwnedFd>, Arc<OwnedFd>) = (Arc::new(ours.into()), Arc::new(kept.into()));
        drop(dog.watch(&kept, Instant::now()));
        let _watch = dog.watch(&ours, Instant::now());
        assert_eq!(theirs.read(&mut [0]).unwrap(), 0, "end of file once it is shut down");
        peer.set_nonblocking(true).unwrap();
        assert_eq!(peer.read(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    }
}
