//! A unix socket of the host, opened through the connection as `ssh -L` does it.

use std::{io::Write as _, time::Instant};

use ssh2::Channel;

use super::wire::{Stop, Wire, code, would_block};
use crate::transport::{capture::Capture, endpoint::StreamLocalReply};

/// What is kept of an answer.
pub(in crate::transport) const ANSWER_CAP: usize = 64 * 1024;

/// Opens `path` over `wire`, sends `request` where there is one and reads the answer to its end. The second value says
/// whether the connection can serve again.
pub(super) fn open(wire: &Wire, path: &str, request: Option<&[u8]>, deadline: Instant) -> (StreamLocalReply, bool) {
    match wire.drive(deadline, |session| session.channel_direct_streamlocal(path, None)) {
        Ok(channel) => talk(wire, channel, request.unwrap_or_default(), deadline),
        Err(Stop::TimedOut) => (StreamLocalReply::TimedOut, false),
        Err(stop) if stop.code() == code::CHANNEL_FAILURE => (StreamLocalReply::Refused(reason(&stop.words())), true),
        Err(stop) => (StreamLocalReply::Failed(stop.words()), false),
    }
}

/// The server's reason out of libssh2's `Channel open failure (administratively prohibited)`.
fn reason(words: &str) -> String {
    let inner = words.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(words).to_owned()
}

fn talk(wire: &Wire, mut channel: Channel, mut request: &[u8], deadline: Instant) -> (StreamLocalReply, bool) {
    let wants_answer = !request.is_empty();
    let mut answer = Capture::new(ANSWER_CAP);
    let mut buffer = [0; 8192];
    while wants_answer && !channel.eof() && !answer.truncated() {
        if Instant::now() >= deadline {
            return (StreamLocalReply::TimedOut, false);
        }
        match step(wire, &mut channel, &mut request, &mut buffer) {
            // The read itself may have brought the end.
            Ok(0) if channel.eof() => break,
            Ok(0) => wire.wait(deadline),
            Ok(count) => answer.push(&buffer[..count]),
            Err(error) => return (StreamLocalReply::Failed(error.to_string()), false),
        }
    }
    // The channel is let go without waiting for the other side's close: libssh2 frees it with the session.
    let closed = wire.drive(deadline, |_| channel.close()).is_ok();
    (StreamLocalReply::Opened(answer.into_bytes()), closed)
}

/// Writes what is left of the request, then reads what there is.
fn step(wire: &Wire, channel: &mut Channel, request: &mut &[u8], buffer: &mut [u8]) -> std::io::Result<usize> {
    if !request.is_empty() {
        match channel.write(request) {
            Ok(written) => *request = &request[written..],
            Err(error) if would_block(&error) => {}
            Err(error) => return Err(error),
        }
    }
    wire.read(channel, buffer)
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn the_reason_stands_alone() {
        assert_eq!(reason("Channel open failure (administratively prohibited)"), "administratively prohibited");
        assert_eq!(reason("Channel open failure"), "Channel open failure");
    }
}
