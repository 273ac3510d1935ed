//! This machine: scripts by a child `sh` with a process group of its own.

use std::{
    io::{ErrorKind, Read, Write as _},
    os::{
        fd::AsFd,
        unix::{net::UnixStream, process::ExitStatusExt as _},
    },
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    process::Signal,
};

use super::{
    capture::{Capture, End, Ending},
    endpoint::{ExecLimits, ExecOutput, LocalEndpoint, SentAs, StreamLocalReply},
    error::{TransportError, TransportErrorKind as Kind},
    facts::SessionFacts,
    ssh::{ANSWER_CAP, timespec},
};
use crate::stop::{Group, Stop};

/// Scripts and sockets of this machine.
#[derive(Debug)]
pub struct LocalSession {
    endpoint: LocalEndpoint,
    user: String,
    stop: Stop,
}

impl LocalSession {
    pub(super) fn new(endpoint: LocalEndpoint, user: String, stop: &Stop) -> Self {
        Self { endpoint, user, stop: stop.clone() }
    }

    pub(super) fn exec(&mut self, script: &str, limits: &ExecLimits<'_>) -> Result<ExecOutput, TransportError> {
        run(&mut shell(&self.endpoint), script, limits, &self.stop).map_err(|error| self.error(&error))
    }

    pub(super) fn stream_local(path: &str, request: Option<&[u8]>, deadline: Instant) -> StreamLocalReply {
        match talk(path, request.unwrap_or_default(), deadline) {
            Ok(reply) => reply,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                StreamLocalReply::TimedOut
            }
            Err(error) => StreamLocalReply::Failed(error.to_string()),
        }
    }

    pub(super) fn facts(&self) -> SessionFacts {
        SessionFacts {
            kind: "local",
            banner: None,
            software: None,
            address: "localhost".to_owned(),
            port: None,
            user: self.user.clone(),
            host_key: None,
        }
    }

    fn error(&self, error: &std::io::Error) -> TransportError {
        let kind = Box::new(Kind::Local { detail: format!("`sh`: {error}") });
        TransportError { host: "localhost".to_owned(), address: None, port: 0, user: self.user.clone(), kind }
    }
}

/// The name without `SIG`, as SSH servers send it; the number where it has no name of its own.
fn signal_name(number: i32) -> String {
    const NAMES: [(Signal, &str); 15] = [
        (Signal::ABORT, "ABRT"),
        (Signal::ALARM, "ALRM"),
        (Signal::BUS, "BUS"),
        (Signal::FPE, "FPE"),
        (Signal::HUP, "HUP"),
        (Signal::ILL, "ILL"),
        (Signal::INT, "INT"),
        (Signal::KILL, "KILL"),
        (Signal::PIPE, "PIPE"),
        (Signal::QUIT, "QUIT"),
        (Signal::SEGV, "SEGV"),
        (Signal::TERM, "TERM"),
        (Signal::USR1, "USR1"),
        (Signal::USR2, "USR2"),
        (Signal::XCPU, "XCPU"),
    ];
    let name = NAMES.iter().find(|(signal, _)| signal.as_raw() == number);
    name.map_or_else(|| number.to_string(), |(_, name)| (*name).to_owned())
}

/// The `sh` that takes the script.
fn shell(endpoint: &LocalEndpoint) -> Command {
    let mut command = Command::new("sh");
    if let Some(directory) = &endpoint.directory {
        command.current_dir(directory);
    }
    command
}

/// Starts `command`, gives it `script` on standard input and reads both streams to their end.
pub(super) fn run(
    command: &mut Command,
    script: &str,
    limits: &ExecLimits<'_>,
    stop: &Stop,
) -> std::io::Result<ExecOutput> {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut group = Group::start(stop, command)?;
    let mut pump = Pump::new(&mut group.child, script.as_bytes(), limits)?;
    let mut end = pump.run(limits.deadline);
    if end == End::Complete && !group.ended_by(limits.deadline) {
        end = End::TimedOut;
    }
    let (stdout, stderr) = (pump.stdout, pump.stderr);
    let status = group.finish();
    Ok(ExecOutput {
        truncated: stdout.truncated() || stderr.truncated(),
        stdout: stdout.into_bytes(),
        stderr: stderr.into_bytes(),
        exit_status: status.filter(|_| end == End::Complete).and_then(|status| status.code()),
        exit_signal: status.filter(|_| end == End::Complete).and_then(|s| s.signal()).map(signal_name),
        timed_out: end == End::TimedOut,
        lost: false,
        sent_as: SentAs::Stdin,
    })
}

/// The three streams of a running child; each is dropped at its end.
struct Pump<'a> {
    input: Option<ChildStdin>,
    script: &'a [u8],
    out: Option<ChildStdout>,
    err: Option<ChildStderr>,
    stdout: Capture,
    stderr: Capture,
    ending: Ending,
}

impl<'a> Pump<'a> {
    fn new(child: &mut Child, script: &'a [u8], limits: &ExecLimits<'_>) -> std::io::Result<Self> {
        let (input, out, err) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        for fd in [input.as_ref().map(AsFd::as_fd), out.as_ref().map(AsFd::as_fd), err.as_ref().map(AsFd::as_fd)]
            .into_iter()
            .flatten()
        {
            fcntl_setfl(fd, fcntl_getfl(fd)? | OFlags::NONBLOCK)?;
        }
        let (stdout, stderr) = (Capture::new(limits.max_stdout), Capture::new(limits.max_stderr));
        Ok(Self { input, script, out, err, stdout, stderr, ending: Ending::by(limits.last_mark) })
    }

    fn run(&mut self, deadline: Instant) -> End {
        while self.out.is_some() || self.err.is_some() {
            let until = self.ending.until([&self.stdout, &self.stderr], deadline);
            if Instant::now() >= until {
                return self.ending.too_late();
            }
            let mut progress = self.write();
            progress |= read(&mut self.out, &mut self.stdout);
            progress |= read(&mut self.err, &mut self.stderr);
            if self.stdout.is_flood() || self.stderr.is_flood() {
                return End::Flood;
            }
            if !progress {
                self.wait(until);
            }
        }
        End::Complete
    }

    fn write(&mut self) -> bool {
        let Some(input) = &mut self.input else { return false };
        match input.write(self.script) {
            Ok(written) => {
                self.script = &self.script[written..];
                if self.script.is_empty() {
                    self.input = None;
                }
                true
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => false,
            // The child reads no more.
            Err(_) => {
                self.input = None;
                true
            }
        }
    }

    fn wait(&self, deadline: Instant) {
        let mut fds = Vec::with_capacity(3);
        fds.extend(self.input.as_ref().map(|fd| PollFd::new(fd, PollFlags::OUT)));
        fds.extend(self.out.as_ref().map(|fd| PollFd::new(fd, PollFlags::IN)));
        fds.extend(self.err.as_ref().map(|fd| PollFd::new(fd, PollFlags::IN)));
        let left = deadline.saturating_duration_since(Instant::now());
        let _ = poll(&mut fds, Some(&timespec(left)));
    }
}

/// One read; whether anything came or the stream ended, in which case it is dropped.
fn read<R: Read>(stream: &mut Option<R>, into: &mut Capture) -> bool {
    let mut buffer = [0; 8192];
    let Some(reader) = stream else { return false };
    match reader.read(&mut buffer) {
        Ok(0) => *stream = None,
        Ok(count) => into.push(&buffer[..count]),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => return false,
        Err(_) => *stream = None,
    }
    true
}

/// Connects to the socket at `path`; a refusal has the words that `ssh` servers use where they fit.
fn talk(path: &str, request: &[u8], deadline: Instant) -> std::io::Result<StreamLocalReply> {
    let mut stream = match UnixStream::connect(path) {
        Ok(stream) => stream,
        Err(error) => return Ok(StreamLocalReply::Refused(format!("connect failed: {error}"))),
    };
    let mut answer = Capture::new(ANSWER_CAP);
    let left = || Some(deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1)));
    stream.set_write_timeout(left())?;
    stream.write_all(request)?;
    let mut buffer = [0; 8192];
    while !request.is_empty() && !answer.truncated() {
        if Instant::now() >= deadline {
            return Ok(StreamLocalReply::TimedOut);
        }
        stream.set_read_timeout(left())?;
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => answer.push(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(StreamLocalReply::Opened(answer.into_bytes()))
}
