//! One script on the other side: both streams drained together, under a deadline and caps of our own.

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use ssh2::{Channel, Stream};

use super::wire::{Stop, Wire, code, would_block};
use crate::transport::{
    capture::{Capture, End, Ending},
    endpoint::{ExecLimits, ExecOutput, SentAs},
    error::{Phase, TransportErrorKind as Kind},
};

/// The size of one read; libssh2 hands out at most one packet (32 KB) at a time.
const READ_SIZE: usize = 32 * 1024;

/// A wait that only lets the other side's window open, where something is there to be read.
pub(super) const SHORT_LOOK: Duration = Duration::from_millis(1);

/// The pauses between requests for a channel: each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(800);

/// What to run.
pub(super) struct Request<'a> {
    pub(super) command: &'a str,
    /// Written to the command's standard input.
    pub(super) stdin: &'a [u8],
    pub(super) sent_as: SentAs,
}

/// Runs `request` over `wire`. The second value says whether the connection can serve again.
pub(super) fn run(wire: &Wire, request: &Request<'_>, limits: &ExecLimits<'_>) -> Result<(ExecOutput, bool), Kind> {
    let started = Instant::now();
    let mut channel =
        open(wire, limits.deadline).map_err(|stop| refused(wire, &stop, "the channel was refused", started))?;
    wire.drive(limits.deadline, |_| channel.exec(request.command))
        .map_err(|stop| refused(wire, &stop, "the command was refused", started))?;
    let mut pump = Pump::new(channel, request.stdin, limits);
    let end = pump.run(wire, limits.deadline);
    Ok((pump.output(end, request.sent_as), matches!(end, End::Complete | End::Left)))
}

/// Opens a session channel. A server that has too many sessions (OpenSSH's `MaxSessions`) is asked again for a while.
fn open(wire: &Wire, deadline: Instant) -> Result<Channel, Stop> {
    let mut pause = FIRST_PAUSE;
    loop {
        match wire.drive(deadline, ssh2::Session::channel_session) {
            Err(stop) if is_full(&stop) && pause <= LONGEST_PAUSE => wire.rest(pause),
            result => return result,
        }
        pause *= 2;
    }
}

/// Whether the server refused a channel for want of room; what it forbids, it will forbid again.
fn is_full(stop: &Stop) -> bool {
    let words = stop.words();
    stop.code() == code::CHANNEL_FAILURE && (words.contains("connect failed") || words.contains("resource shortage"))
}

/// Why there is no command running.
fn refused(wire: &Wire, stop: &Stop, what: &str, started: Instant) -> Kind {
    match stop {
        Stop::TimedOut => Kind::Timeout { phase: Phase::Exec, after: started.elapsed() },
        stop if is_full(stop) => {
            let detail = format!("{what} again and again, as OpenSSH does beyond its `MaxSessions`: {}", stop.words());
            Kind::Channel { detail }
        }
        stop if matches!(stop.code(), code::CHANNEL_FAILURE | code::CHANNEL_REQUEST_DENIED) => {
            Kind::Channel { detail: format!("{what}: {}", stop.words()) }
        }
        Stop::Ssh(_) => Kind::Lost { phase: Phase::Exec, detail: wire.words(stop) },
    }
}

/// A running command and what came of it so far.
struct Pump<'a> {
    channel: Channel,
    out: Stream,
    err: Stream,
    stdin: &'a [u8],
    stdin_open: bool,
    stdout: Capture,
    stderr: Capture,
    ending: Ending,
    buffer: Box<[u8]>,
}

impl<'a> Pump<'a> {
    fn new(channel: Channel, stdin: &'a [u8], limits: &ExecLimits<'_>) -> Self {
        Self {
            out: channel.stream(0),
            err: channel.stderr(),
            channel,
            stdin,
            // Closed once everything is written, also where that is nothing: a login file that reads would wait for ever.
            stdin_open: true,
            stdout: Capture::new(limits.max_stdout),
            stderr: Capture::new(limits.max_stderr),
            ending: Ending::by(limits.last_mark),
            buffer: vec![0; READ_SIZE].into_boxed_slice(),
        }
    }

    fn run(&mut self, wire: &Wire, deadline: Instant) -> End {
        loop {
            // Looked at in every round, also when there is always something to read: a drip never extends the time.
            let until = self.ending.until([&self.stdout, &self.stderr], deadline);
            if Instant::now() >= until {
                return self.ending.too_late();
            }
            let progress = match self.round(wire) {
                Ok(progress) => progress,
                Err(_) if Instant::now() >= deadline => return End::TimedOut,
                Err(_) if wire.is_flooded() => return End::Flood,
                Err(_) => return End::Lost,
            };
            if self.stdout.is_flood() || self.stderr.is_flood() || wire.is_flooded() {
                return End::Flood;
            }
            if self.channel.eof() {
                let until = self.ending.until([&self.stdout, &self.stderr], deadline);
                return self.close(wire, until);
            }
            if !progress {
                wire.wait(self.patience(until));
            }
        }
    }

    /// How long the socket may be waited for. Reading one stream may have brought what belongs to the other, and then the
    /// socket would not tell of it again: it is only looked at shortly.
    fn patience(&self, deadline: Instant) -> Instant {
        let queued = self.channel.read_window().available > 0;
        if queued { deadline.min(Instant::now() + SHORT_LOOK) } else { deadline }
    }

    /// One go at everything that can move; whether anything did.
    fn round(&mut self, wire: &Wire) -> std::io::Result<bool> {
        let mut progress = self.write()?;
        for (stream, into) in [(&mut self.out, &mut self.stdout), (&mut self.err, &mut self.stderr)] {
            let count = wire.read(stream, &mut self.buffer)?;
            into.push(&self.buffer[..count]);
            progress |= count > 0;
        }
        Ok(progress)
    }

    fn write(&mut self) -> std::io::Result<bool> {
        if !self.stdin_open {
            return Ok(false);
        }
        if self.stdin.is_empty() {
            return match self.channel.send_eof().map_err(std::io::Error::from) {
                Ok(()) => {
                    self.stdin_open = false;
                    Ok(true)
                }
                Err(error) if would_block(&error) => Ok(false),
                Err(error) => Err(error),
            };
        }
        match self.out.write(self.stdin) {
            Ok(written) => {
                self.stdin = &self.stdin[written..];
                Ok(written > 0)
            }
            Err(error) if would_block(&error) => Ok(false),
            // The command is over and reads no more; what it said is still to be read.
            Err(_) if self.channel.eof() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The exit status comes with the close.
    fn close(&mut self, wire: &Wire, deadline: Instant) -> End {
        let channel = &mut self.channel;
        let closed =
            wire.drive(deadline, |_| channel.close()).and_then(|()| wire.drive(deadline, |_| channel.wait_close()));
        match closed {
            Ok(()) => End::Complete,
            Err(Stop::TimedOut) => self.ending.too_late(),
            Err(Stop::Ssh(_)) => End::Lost,
        }
    }

    fn output(self, end: End, sent_as: SentAs) -> ExecOutput {
        let exit_signal = self.channel.exit_signal().ok().and_then(|signal| signal.exit_signal);
        let exit_status = match (end, &exit_signal) {
            (End::Complete, None) => self.channel.exit_status().ok(),
            _ => None,
        };
        ExecOutput {
            truncated: end == End::Flood || self.stdout.truncated() || self.stderr.truncated(),
            stdout: self.stdout.into_bytes(),
            stderr: self.stderr.into_bytes(),
            exit_status,
            exit_signal,
            timed_out: end == End::TimedOut,
            lost: end == End::Lost,
            sent_as,
        }
    }
}
