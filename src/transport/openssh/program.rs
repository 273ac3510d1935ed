//! `ssh` as a child of ours.

use std::{
    io::{self, ErrorKind, Read, Write as _},
    os::{fd::AsFd, unix::process::ExitStatusExt as _},
    path::PathBuf,
    process::{ChildStderr, ChildStdin, ChildStdout, Command, Stdio},
    time::Instant,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
};

use super::{
    command,
    endpoint::OpensshEndpoint,
    log::Log,
    mark::Mark,
    streams::{Link, Streams},
};
use crate::{
    stop::{Group, Stop},
    transport::{error::TransportErrorKind as Kind, ssh::timespec},
};

/// A running `ssh`; dropping it ends it with all that it started.
#[derive(Debug)]
pub(super) struct Program {
    group: Group,
    streams: Streams,
    input: Option<ChildStdin>,
    out: Option<ChildStdout>,
    err: Option<ChildStderr>,
}

/// Starts `ssh` with a plain `sh` on the other side, which waits for the script.
pub(super) fn start(endpoint: &OpensshEndpoint, stop: &Stop) -> Result<Program, Kind> {
    // A command of the configuration's own would stand in the way of ours.
    let (mut args, mark) = (vec!["-oRemoteCommand=none".to_owned()], Mark::random()?);
    args.extend(mark.options());
    args.extend(command::arguments(endpoint, "sh")?);
    spawn(&args, Some(mark), stop)
}

/// Starts `ssh` with `args`, which let it say `mark`.
pub(super) fn spawn(args: &[String], mark: Option<Mark>, stop: &Stop) -> Result<Program, Kind> {
    let mut command = Command::new("ssh");
    command.args(args).env("LC_ALL", "C");
    // `BatchMode` does not keep `ssh` from asking for the PIN of a security key, nor a jump host's `ssh` from anything: it
    // would be stopped as soon as it touches the terminal, whose foreground is ours. Who wants questions elsewhere says so.
    if std::env::var_os("SSH_ASKPASS_REQUIRE").is_none() {
        command.env("SSH_ASKPASS", "false").env("SSH_ASKPASS_REQUIRE", "force");
    }
    if has_no_shell() {
        command.env("SHELL", "/bin/sh");
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut group = Group::start(stop, &mut command).map_err(|error| not_started(&error))?;
    let (input, out, err) = (group.child.stdin.take(), group.child.stdout.take(), group.child.stderr.take());
    let program = Program { group, streams: Streams::new(mark), input, out, err };
    program.unblock().map_err(|error| not_started(&error))?;
    Ok(program)
}

/// Whether `ssh` would ask a shell for its local commands that runs none: an account of a service has such a one.
fn has_no_shell() -> bool {
    let Some(shell) = std::env::var_os("SHELL").map(PathBuf::from) else { return false };
    let refuses = shell.file_name().is_some_and(|name| name == "nologin" || name == "false");
    refuses || !shell.exists()
}

fn not_started(error: &io::Error) -> Kind {
    let words = match error.kind() {
        ErrorKind::NotFound => "it is not installed, or not in PATH".to_owned(),
        _ => error.to_string(),
    };
    Kind::Local { detail: format!("`ssh`: {words}") }
}

impl Program {
    fn unblock(&self) -> io::Result<()> {
        let fds = [self.input.as_ref().map(AsFd::as_fd), self.out.as_ref().map(AsFd::as_fd)];
        for fd in fds.into_iter().chain([self.err.as_ref().map(AsFd::as_fd)]).flatten() {
            fcntl_setfl(fd, fcntl_getfl(fd)? | OFlags::NONBLOCK)?;
        }
        Ok(())
    }

    fn write(&mut self) -> bool {
        let Some(input) = &mut self.input else { return false };
        if self.streams.rest().is_empty() {
            if self.streams.closes {
                self.input = None;
            }
            return false;
        }
        match input.write(self.streams.rest()) {
            Ok(count) => self.streams.written += count,
            Err(error) if is_later(&error) => return false,
            // The child reads no more.
            Err(_) => self.input = None,
        }
        true
    }
}

impl Link for Program {
    fn streams(&mut self) -> &mut Streams {
        &mut self.streams
    }

    fn round(&mut self) -> io::Result<bool> {
        let mut moved = self.write();
        let streams = &mut self.streams;
        moved |= read(&mut self.out, |bytes| streams.push_stdout(bytes));
        moved |= read(&mut self.err, |bytes| streams.push_stderr(bytes));
        Ok(moved)
    }

    fn wait(&mut self, until: Instant) {
        let mut fds = Vec::with_capacity(3);
        let input = self.input.as_ref().filter(|_| !self.streams.rest().is_empty());
        fds.extend(input.map(|fd| PollFd::new(fd, PollFlags::OUT)));
        fds.extend(self.out.as_ref().map(|fd| PollFd::new(fd, PollFlags::IN)));
        fds.extend(self.err.as_ref().map(|fd| PollFd::new(fd, PollFlags::IN)));
        let left = until.saturating_duration_since(Instant::now());
        let _ = poll(&mut fds, Some(&timespec(left)));
    }

    fn is_over(&self) -> bool {
        self.out.is_none() && self.err.is_none()
    }

    fn has_ended(&mut self, deadline: Instant) -> bool {
        self.group.ended_by(deadline)
    }

    fn finish(&mut self) -> (Option<i32>, Log) {
        let status = self.group.finish();
        let status = status.filter(|status| status.signal().is_none()).and_then(|status| status.code());
        (status, self.streams.said())
    }

    fn prepare(&self, script: &str) -> (Vec<u8>, bool) {
        (script.as_bytes().to_vec(), true)
    }
}

fn is_later(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// One read; whether anything came or the stream ended, in which case it is dropped.
fn read<R: Read>(stream: &mut Option<R>, take: impl FnOnce(&[u8])) -> bool {
    let mut buffer = [0; 8192];
    let Some(reader) = stream else { return false };
    match reader.read(&mut buffer) {
        Ok(count @ 1..) => take(&buffer[..count]),
        Err(error) if is_later(&error) => return false,
        Ok(_) | Err(_) => *stream = None,
    }
    true
}
