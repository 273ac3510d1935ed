//! A command on the other side whose streams are read and written as they come, with the connection under it.

use std::{
    io::{self, Write as _},
    time::Instant,
};

use ssh2::{Channel, Stream};

use super::{
    SshSession,
    wire::{Stop, would_block},
};
use crate::transport::{
    endpoint::StreamLocalReply,
    error::{TransportError, TransportErrorKind as Kind},
};

/// A running command; dropping it ends the connection, and so what runs there and reads its input.
pub(in crate::transport) struct Shell {
    session: SshSession,
    channel: Channel,
    out: Stream,
    err: Stream,
    buffer: Box<[u8]>,
}

impl std::fmt::Debug for Shell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shell").field("session", &self.session).finish_non_exhaustive()
    }
}

impl SshSession {
    /// Starts `command`, which has the connection to itself from now on.
    pub(in crate::transport) fn shell(self, command: &str, deadline: Instant) -> Result<Shell, TransportError> {
        let refused = |session: &Self, stop: &Stop| {
            session.error(Kind::Channel { detail: format!("the command was refused: {}", stop.words()) })
        };
        self.ready().map_err(|kind| self.error(kind))?;
        let opened = self.wire.drive(deadline, ssh2::Session::channel_session);
        let mut channel = opened.map_err(|stop| refused(&self, &stop))?;
        let started = self.wire.drive(deadline, |_| channel.exec(command));
        started.map_err(|stop| refused(&self, &stop))?;
        let (out, err) = (channel.stream(0), channel.stderr());
        Ok(Shell { session: self, channel, out, err, buffer: vec![0; 32 * 1024].into_boxed_slice() })
    }
}

impl Shell {
    /// Writes some of `bytes`; zero where nothing can be written now.
    pub(in crate::transport) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.out.write(bytes) {
            Err(error) if would_block(&error) => Ok(0),
            // The command is over and reads no more; what it said is still to be read.
            Err(_) if self.channel.eof() => Ok(bytes.len()),
            written => written,
        }
    }

    /// What there is to read of standard output and error; whether there was anything.
    pub(in crate::transport) fn read(&mut self, mut take: impl FnMut(bool, &[u8])) -> io::Result<bool> {
        let mut moved = false;
        for (is_error, stream) in [(false, &mut self.out), (true, &mut self.err)] {
            let count = self.session.wire.read(stream, &mut self.buffer)?;
            moved |= count > 0;
            take(is_error, &self.buffer[..count]);
        }
        Ok(moved)
    }

    /// Whether both streams are over.
    pub(in crate::transport) fn is_over(&self) -> bool {
        self.channel.eof()
    }

    /// Waits for the connection, at most until `until`; only shortly where something is there to be read already, of
    /// which the socket would not tell again.
    pub(in crate::transport) fn wait(&self, until: Instant) {
        let queued = self.channel.read_window().available > 0;
        let until = if queued { until.min(Instant::now() + super::exec::SHORT_LOOK) } else { until };
        self.session.wire.wait(until);
    }

    /// Opens a unix socket of the other side beside the command.
    pub(in crate::transport) fn stream_local(
        &self,
        path: &str,
        request: Option<&[u8]>,
        deadline: Instant,
    ) -> StreamLocalReply {
        super::stream_local::open(&self.session.wire, path, request, deadline).0
    }
}

impl Drop for Shell {
    /// The connection is shut before libssh2 frees the channel, because it would wait for the other side to close it.
    fn drop(&mut self) {
        self.session.wire.hang_up();
    }
}
