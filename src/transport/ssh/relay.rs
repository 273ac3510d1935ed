//! The way of the bytes between the network and libssh2, where they are counted.
//!
//! libssh2 reads for as long as there is something to read, and keeps every packet that it did not ask for. So it gets one
//! end of a pair of sockets, and bytes are carried to and from the other end between its steps: every step comes to an end,
//! and a server that sends without end is cut off after so many bytes, however fast its link is.

use std::{
    mem::MaybeUninit,
    os::{fd::OwnedFd, unix::net::UnixStream},
    sync::Arc,
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
    net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown},
};

use super::timespec;

/// What is carried at once: less than a pair of sockets holds, so that nothing has to wait here as a rule.
const PORTION: usize = 16 * 1024;

/// So much of the beginning is kept for who wants to know what a server said before anything was encrypted: OpenSSH's own
/// limits of a greeting and of a packet.
const BEGINNING: usize = 64 * 1024 + 35_000;

/// How the network's side of a connection came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The other side closed it.
    Closed,
    /// It broke.
    Broken(Errno),
    /// We cut it off, because more came than anybody asked for.
    Flooded,
}

/// Both sockets, and what is on its way from one to the other.
#[derive(Debug)]
pub(super) struct Relay {
    network: Arc<OwnedFd>,
    /// Our end of the pair.
    near: UnixStream,
    /// From the network, and not yet in the pair.
    inward: Vec<u8>,
    /// Out of the pair, and not yet on the network.
    outward: Vec<u8>,
    /// The first bytes that came, until nobody wants to know them any more.
    beginning: Option<Vec<u8>>,
    /// Bytes that came and were of no use to anybody yet, and how many of them there may be.
    unused: u64,
    most: u64,
    end: Option<End>,
}

impl Relay {
    /// A relay for `network`, over which the other side may send `most` bytes that nobody takes; libssh2's end of the pair
    /// comes with it.
    pub(super) fn new(network: Arc<OwnedFd>, most: u64) -> std::io::Result<(Self, UnixStream)> {
        let (near, far) = UnixStream::pair()?;
        let (inward, outward) = (Vec::new(), Vec::new());
        Ok((Self { network, near, inward, outward, beginning: Some(Vec::new()), unused: 0, most, end: None }, far))
    }

    /// How it ended, if it did.
    pub(super) fn end(&self) -> Option<End> {
        self.end
    }

    /// The first bytes that came.
    pub(super) fn beginning(&self) -> &[u8] {
        self.beginning.as_deref().unwrap_or_default()
    }

    /// From now on the other side may send `most` bytes that nobody takes, and its first ones are of no interest.
    pub(super) fn restart(&mut self, most: u64) {
        (self.beginning, self.unused, self.most) = (None, 0, most);
    }

    /// Somebody asked for `count` of the bytes that came.
    pub(super) fn used(&mut self, count: usize) {
        self.unused = self.unused.saturating_sub(count as u64);
    }

    /// Puts what libssh2 wrote on the network, as far as that takes it; whether there was anything.
    pub(super) fn send(&mut self) -> bool {
        let mut moved = false;
        while self.fetch() {
            moved = true;
            let is_last = self.outward.len() < PORTION;
            match send(&*self.network, &self.outward, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(sent) => drop(self.outward.drain(..sent)),
                Err(Errno::AGAIN | Errno::INTR) => return moved,
                // What the other side said before it left is still to be read, and then its end is found out.
                Err(_) => self.outward.clear(),
            }
            if is_last && self.outward.is_empty() {
                break;
            }
        }
        moved
    }

    /// Takes the next portion out of the pair, unless there is one; whether there is.
    fn fetch(&mut self) -> bool {
        if self.outward.is_empty() {
            let mut room = [MaybeUninit::uninit(); PORTION];
            if let Ok(((bytes, _), _)) = recv(&self.near, &mut room, RecvFlags::DONTWAIT) {
                self.outward.extend_from_slice(bytes);
            }
        }
        !self.outward.is_empty()
    }

    /// Gives libssh2 the next portion of what came; whether there was anything, or the end.
    pub(super) fn receive(&mut self) -> bool {
        if !self.inward.is_empty() {
            return self.hand_over();
        }
        if self.end.is_some() {
            return false;
        }
        let mut room = [MaybeUninit::uninit(); PORTION];
        match recv(&*self.network, &mut room, RecvFlags::DONTWAIT) {
            Ok(((bytes, _), _)) if !bytes.is_empty() => self.take(bytes),
            Ok(_) => self.close(End::Closed),
            Err(Errno::AGAIN | Errno::INTR) => return false,
            Err(errno) => self.close(End::Broken(errno)),
        }
        true
    }

    /// Counts what came and hands it over.
    fn take(&mut self, bytes: &[u8]) {
        if let Some(beginning) = &mut self.beginning {
            beginning.extend(bytes.iter().take(BEGINNING - beginning.len()));
        }
        self.unused += bytes.len() as u64;
        if self.unused > self.most {
            let _ = shutdown(&*self.network, Shutdown::Both);
            return self.close(End::Flooded);
        }
        self.inward.extend_from_slice(bytes);
        self.hand_over();
    }

    /// Puts into the pair what it takes; whether it took anything.
    fn hand_over(&mut self) -> bool {
        match send(&self.near, &self.inward, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
            Ok(sent) => drop(self.inward.drain(..sent)),
            Err(_) => return false,
        }
        true
    }

    /// Lets libssh2 find the end behind what it was given. It may go on to write: an error would keep it from reading.
    fn close(&mut self, end: End) {
        self.end = Some(end);
        let _ = shutdown(&self.near, Shutdown::Write);
    }

    /// Waits for `pause`, or until something can be carried; whether the pause was over before.
    pub(super) fn wait(&self, pause: Duration) -> bool {
        let mut fds = Vec::with_capacity(2);
        let mut network = PollFlags::empty();
        network.set(PollFlags::IN, self.inward.is_empty() && self.end.is_none());
        network.set(PollFlags::OUT, !self.outward.is_empty());
        // A network of which nothing is wanted would still tell that it has ended, again and again.
        if !network.is_empty() {
            fds.push(PollFd::new(&*self.network, network));
        }
        if !self.inward.is_empty() {
            fds.push(PollFd::new(&self.near, PollFlags::OUT));
        }
        // An interrupted poll is another round of the caller's loop.
        poll(&mut fds, Some(&timespec(pause))) == Ok(0)
    }

    /// Whether the other side has hung up, also where something that it said before was not read.
    pub(super) fn is_closed(&self) -> bool {
        let mut polled = [PollFd::new(&*self.network, HUNG_UP)];
        self.end.is_some()
            || poll(&mut polled, Some(&timespec(Duration::ZERO))).is_ok() && polled[0].revents().intersects(HUNG_UP)
    }

    /// Ends the connection, for both sides.
    pub(super) fn hang_up(&mut self) {
        let _ = shutdown(&*self.network, Shutdown::Both);
        let _ = shutdown(&self.near, Shutdown::Both);
        self.end = self.end.or(Some(End::Closed));
    }
}

/// What poll says of a connection that the other side has ended.
#[cfg(target_os = "linux")]
const HUNG_UP: PollFlags = PollFlags::HUP.union(PollFlags::ERR).union(PollFlags::RDHUP);
#[cfg(not(target_os = "linux"))]
const HUNG_UP: PollFlags = PollFlags::HUP.union(PollFlags::ERR);

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        os::unix::net::UnixStream,
        sync::Arc,
        time::Duration,
    };

    use super::{End, PORTION, Relay};

    /// A relay with libssh2's end and the other side of the network.
    fn relay(most: u64) -> (Relay, UnixStream, UnixStream) {
        let (network, peer) = UnixStream::pair().unwrap();
        let (relay, far) = Relay::new(Arc::new(network.into()), most).unwrap();
        for socket in [&far, &peer] {
            socket.set_nonblocking(true).unwrap();
        }
        (relay, far, peer)
    }

    fn all(mut socket: &UnixStream) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = socket.read_to_end(&mut bytes);
        bytes
    }

    #[test]
    fn bytes_go_both_ways_and_the_end_comes_behind_them() {
        let (mut relay, mut far, mut peer) = relay(1 << 20);
        assert!(!relay.send() && !relay.receive());
        far.write_all(b"question").unwrap();
        assert!(relay.send());
        assert_eq!(all(&peer), b"question");
        peer.write_all(b"answer").unwrap();
        drop(peer);
        assert!(relay.receive() && relay.receive() && !relay.receive());
        assert_eq!((relay.end(), relay.beginning()), (Some(End::Closed), &b"answer"[..]));
        assert_eq!(all(&far), b"answer");
        assert_eq!(far.read(&mut [0]).unwrap(), 0);
        far.write_all(b"more").unwrap();
        assert!(relay.send());
        assert!(relay.wait(Duration::from_millis(1)), "it does not wake for what is over");
    }

    #[test]
    fn what_one_side_does_not_take_waits_for_it() {
        let (mut relay, far, peer) = relay(1 << 30);
        let block = vec![b'x'; PORTION];
        let full = |mut socket: &UnixStream| std::iter::from_fn(|| socket.write(&block).ok()).sum::<usize>();
        let mut sent = full(&peer);
        while relay.receive() {
            sent += full(&peer);
        }
        let mut came = 0;
        while came < sent {
            came += all(&far).len();
            while relay.receive() {}
        }
        assert_eq!(came, sent);
        let (sent, mut came) = (full(&far), 0);
        while came < sent {
            relay.send();
            came += all(&peer).len();
        }
        assert_eq!(came, sent);
    }

    #[test]
    fn who_sends_more_than_anybody_takes_is_cut_off() {
        let (mut relay, far, mut peer) = relay(100);
        peer.write_all(&[b'x'; 80]).unwrap();
        assert!(relay.receive());
        relay.used(80);
        peer.write_all(&[b'x'; 80]).unwrap();
        assert!(relay.receive());
        assert_eq!((relay.end(), all(&far).len()), (None, 160));
        peer.write_all(&[b'x'; 80]).unwrap();
        assert!(relay.receive());
        assert_eq!((relay.end(), all(&far).len()), (Some(End::Flooded), 0));
        assert_eq!(peer.read(&mut [0]).unwrap(), 0, "the network is shut down");
    }

    #[test]
    fn a_restart_counts_from_zero() {
        let (mut relay, _far, mut peer) = relay(100);
        for _ in 0..3 {
            peer.write_all(&[b'x'; 80]).unwrap();
            relay.restart(100);
            assert!(relay.receive());
        }
        assert_eq!((relay.end(), relay.beginning()), (None, &b""[..]));
    }
}
