//! The three streams of an `ssh` program, wherever it runs.

use std::{io, time::Instant};

use super::{
    log::{Filter, Log},
    mark::Mark,
};
use crate::transport::{
    capture::{Capture, End, Ending},
    endpoint::ExecLimits,
};

/// What goes in and what came out so far.
#[derive(Debug)]
pub(super) struct Streams {
    /// What is still to be written.
    pub(super) input: Vec<u8>,
    pub(super) written: usize,
    /// Whether the input is over once it is written.
    pub(super) closes: bool,
    pub(super) stdout: Capture,
    pub(super) stderr: Capture,
    ending: Ending,
    /// What `ssh` says once it is logged in.
    mark: Option<Mark>,
    /// Takes `ssh`'s own lines out of standard error, once it is logged in.
    filter: Option<Filter>,
}

impl Streams {
    /// Nothing to be written, and everything on standard error is `ssh`'s own until it says `mark`.
    pub(super) fn new(mark: Option<Mark>) -> Self {
        let (stdout, stderr) = (Capture::new(super::LOG_CAP), Capture::new(super::LOG_CAP));
        let ending = Ending::by(None);
        Self { input: Vec::new(), written: 0, closes: false, stdout, stderr, ending, mark, filter: None }
    }

    /// What `ssh` said until it was logged in, where it is: from there on standard error is the host's, but for `ssh`'s own
    /// lines.
    pub(super) fn enter(&mut self) -> Option<Log> {
        let (begin, end) = self.mark.as_ref()?.find(self.stderr.kept())?;
        let before = std::mem::replace(&mut self.stderr, Capture::new(super::LOG_CAP)).into_bytes();
        self.filter = Some(Filter::default());
        self.push_stderr(&before[end..]);
        Some(Log::read(&before[..begin]))
    }

    /// The rest of what is to be written.
    pub(super) fn rest(&self) -> &[u8] {
        &self.input[self.written..]
    }

    pub(super) fn push_stdout(&mut self, bytes: &[u8]) {
        self.stdout.push(bytes);
    }

    pub(super) fn push_stderr(&mut self, bytes: &[u8]) {
        match &mut self.filter {
            Some(filter) => filter.push(bytes, &mut self.stderr),
            None => self.stderr.push(bytes),
        }
    }

    /// What `ssh` itself said since it was logged in.
    pub(super) fn said(&mut self) -> Log {
        self.filter.take().map(|filter| filter.finish(&mut self.stderr)).unwrap_or_default()
    }

    /// Until when the program is waited for.
    fn until(&mut self, deadline: Instant) -> Instant {
        self.ending.until([&self.stdout, &self.stderr], deadline)
    }

    /// Takes the script, and what came early into captures of their own caps.
    fn load(&mut self, script: Vec<u8>, limits: &ExecLimits<'_>) {
        for (capture, cap) in [(&mut self.stdout, limits.max_stdout), (&mut self.stderr, limits.max_stderr)] {
            let early = std::mem::replace(capture, Capture::new(cap)).into_bytes();
            capture.push(&early);
        }
        (self.input, self.written, self.ending) = (script, 0, Ending::by(limits.last_mark));
    }
}

/// A running `ssh` program.
pub(super) trait Link: std::fmt::Debug + Send {
    /// Its streams.
    fn streams(&mut self) -> &mut Streams;
    /// One go at everything that can move; whether anything did.
    fn round(&mut self) -> io::Result<bool>;
    /// Waits until something can move, at most until `until`.
    fn wait(&mut self, until: Instant);
    /// Both output streams are over.
    fn is_over(&self) -> bool;
    /// Whether the program has ended by itself by `deadline`, after its streams did.
    fn has_ended(&mut self, deadline: Instant) -> bool;
    /// Ends the program: its exit status, where it ended by itself, and what it said itself since it was logged in.
    fn finish(&mut self) -> (Option<i32>, Log);
    /// The script as it is to be sent, and whether the end of the input tells the other side that it is over.
    fn prepare(&self, script: &str) -> (Vec<u8>, bool);

    /// Sends the script and reads both streams to their end.
    fn carry(&mut self, script: &str, limits: &ExecLimits<'_>) -> End {
        let (script, closes) = self.prepare(script);
        self.streams().load(script, limits);
        self.streams().closes = closes;
        loop {
            let until = self.streams().until(limits.deadline);
            if Instant::now() >= until {
                return self.streams().ending.too_late();
            }
            let Ok(moved) = self.round() else { return End::Lost };
            let streams = self.streams();
            if streams.stdout.is_flood() || streams.stderr.is_flood() {
                return End::Flood;
            }
            if self.is_over() {
                return if self.has_ended(limits.deadline) { End::Complete } else { End::TimedOut };
            }
            if !moved {
                self.wait(until);
            }
        }
    }
}
