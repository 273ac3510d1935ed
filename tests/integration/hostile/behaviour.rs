//! What one row of the table says.

use super::{conduct::Conduct, machines::Account, raw::Peer};

/// One way in which a server can be wrong, and what a user must get then.
#[derive(Debug)]
pub(super) struct Behaviour {
    /// Name of the host in the inventory.
    pub(super) name: &'static str,
    /// What the server does; the sentence begins with "a server that".
    pub(super) does: &'static str,
    /// Class of the host's error, or what became of its checks.
    pub(super) outcome: &'static str,
    /// Stands in the message that the user gets.
    pub(super) says: &'static str,
    /// Who plays it.
    pub(super) server: Server,
}

/// Who plays a behaviour.
#[derive(Debug, Clone, Copy)]
pub(super) enum Server {
    /// A port at which nobody listens.
    Nobody,
    /// A port whose queue is full: what comes next is dropped.
    Dark,
    /// A raw socket.
    Raw(Peer),
    /// A raw socket that sends as much as it can.
    Flood(Peer),
    /// Drops the first connections with these words, and hands the others to an honest server.
    DropsFirst(usize, &'static str),
    /// The simulated SSH server.
    Simulated(Conduct),
    /// OpenSSH's own server with these lines.
    OpenSsh(&'static [&'static str]),
    /// OpenSSH's own daemon with one place for those who log in, which is taken, for good or for a while.
    Crowded { for_good: bool },
    /// OpenSSH's own server behind a link that stops to carry what we send after so many bytes.
    Clogged(usize),
    /// An account of a lab host.
    On(Account),
    /// An honest server whose key is not the one that is known.
    OtherKey,
    /// An honest server that nobody knows.
    UnknownKey,
}

/// One row; the order of arguments is that of the columns.
pub(super) const fn row(
    name: &'static str,
    does: &'static str,
    outcome: &'static str,
    says: &'static str,
    server: Server,
) -> Behaviour {
    Behaviour { name, does, outcome, says, server }
}

impl Behaviour {
    /// Whether it sends so much that it gets a run of its own, with more time.
    pub(super) fn is_flood(&self) -> bool {
        match self.server {
            Server::Simulated(conduct) => conduct.is_flood(),
            Server::Flood(_) => true,
            _ => false,
        }
    }
}
