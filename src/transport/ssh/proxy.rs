//! A `ProxyCommand` behind a pair of sockets: libssh2 wants a socket, the command wants its standard streams.

use std::{
    fs::File,
    os::{
        fd::OwnedFd,
        unix::{fs::FileExt as _, net::UnixStream},
    },
    process::{Command, Stdio},
};

use crate::stop::{Group, Stop};

/// A running proxy command; dropping it ends it with all its children.
#[derive(Debug)]
pub(super) struct ProxyChild {
    /// Never read: it is here to be dropped.
    _group: Group,
    stderr: File,
}

/// What of the command's standard error goes into messages.
const STDERR_SHOWN: usize = 2000;

impl ProxyChild {
    /// Starts `command` by `sh`, as `ssh` does, and returns our end of the pair.
    pub(super) fn start(command: &str, stop: &Stop) -> std::io::Result<(OwnedFd, Self)> {
        let (ours, theirs) = UnixStream::pair()?;
        let theirs: OwnedFd = theirs.into();
        let stderr = tempfile::tempfile()?;
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(format!("exec {command}"))
            .stdin(Stdio::from(theirs.try_clone()?))
            .stdout(Stdio::from(theirs))
            .stderr(Stdio::from(stderr.try_clone()?));
        // `ssh -W` may have started another `ssh`, and a Ctrl-C is for us to handle.
        let group = Group::start(stop, &mut shell)?;
        Ok((ours.into(), Self { _group: group, stderr }))
    }

    /// What the command said on standard error, in one line.
    pub(super) fn said(&self) -> String {
        let mut text = vec![0; STDERR_SHOWN];
        let length = self.stderr.metadata().map_or(0, |m| m.len());
        // Read without the file's position, which is shared with the command.
        let read = self.stderr.read_at(&mut text, length.saturating_sub(STDERR_SHOWN as u64)).unwrap_or(0);
        text.truncate(read);
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        lines.join(" / ")
    }
}
