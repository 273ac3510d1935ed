//! A `ProxyCommand` behind a pair of sockets: the command wants its standard streams, we want a socket.

use std::{
    io::{Error, Read},
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::Duration,
};

use crate::{
    stop::{Group, Stop},
    transport::config::users_shell,
};

/// A running proxy command; dropping it ends it with all its children.
#[derive(Debug)]
pub(super) struct ProxyChild {
    /// Never read: it is here to be dropped.
    _group: Group,
    stderr: Arc<Mutex<Vec<u8>>>,
    /// Comes to its end with standard error.
    silent: Receiver<()>,
}

/// What of the command's standard error is kept: its end, which goes into messages.
const STDERR_SHOWN: usize = 2000;

/// How long somebody who wants to know what the command said waits for a command that still speaks.
const LAST_WORDS: Duration = Duration::from_millis(200);

impl ProxyChild {
    /// Starts `command` by the user's shell, as `ssh` does, and returns our end of the pair.
    pub(super) fn start(command: &str, stop: &Stop) -> std::io::Result<(OwnedFd, Self)> {
        let (ours, theirs) = UnixStream::pair()?;
        let theirs: OwnedFd = theirs.into();
        let program = users_shell();
        let mut shell = Command::new(&program);
        shell
            .arg("-c")
            .arg(format!("exec {command}"))
            .stdin(Stdio::from(theirs.try_clone()?))
            .stdout(Stdio::from(theirs))
            .stderr(Stdio::piped());
        // `ssh -W` may have started another `ssh`, and a Ctrl-C is for us to handle.
        let named = |error: Error| Error::new(error.kind(), format!("the shell `{}`: {error}", program.display()));
        let mut group = Group::start(stop, &mut shell).map_err(named)?;
        let stderr = Arc::new(Mutex::new(Vec::new()));
        let (sender, silent) = sync_channel(0);
        if let Some(pipe) = group.child.stderr.take() {
            let kept = Arc::clone(&stderr);
            std::thread::Builder::new().name("proxy".into()).spawn(move || listen(pipe, &kept, sender))?;
        }
        Ok((ours.into(), Self { _group: group, stderr, silent }))
    }

    /// What the command said on standard error, in one line.
    pub(super) fn said(&self) -> String {
        let _ = self.silent.recv_timeout(LAST_WORDS);
        let stderr = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&stderr);
        let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        lines.join(" / ")
    }
}

/// Reads standard error to its end, however long it is, and keeps the last of it.
fn listen(mut pipe: impl Read, kept: &Mutex<Vec<u8>>, _end: SyncSender<()>) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = pipe.read(&mut buffer) {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&buffer[..count]);
        let surplus = kept.len().saturating_sub(STDERR_SHOWN);
        kept.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::{ProxyChild, STDERR_SHOWN};
    use crate::stop::Stop;

    #[test]
    fn the_last_words_are_kept_however_many_there_were() {
        let said = |command: &str| ProxyChild::start(command, &Stop::default()).unwrap().1.said();
        assert_eq!(said("sh -c 'echo one >&2; echo two >&2'"), "one / two");
        let long = said("sh -c 'yes endless | head -c 1000000 >&2; echo last >&2'");
        assert!(long.ends_with("endless / last") && long.len() <= STDERR_SHOWN * 2, "{}", long.len());
        assert!(said("sh -c 'echo speaks >&2; sleep 60'").starts_with("speaks"));
    }
}
