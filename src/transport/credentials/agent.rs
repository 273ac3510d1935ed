//! The keys that an agent holds, asked for with a deadline: libssh2 would wait for a dead agent for ever.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    os::unix::net::UnixStream,
    path::Path,
    time::{Duration, Instant},
};

use crate::transport::known_hosts::type_of;

/// How long an agent may take to list its keys.
const PATIENCE: Duration = Duration::from_secs(5);
/// `SSH_AGENTC_REQUEST_IDENTITIES` and its answer.
const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
/// OpenSSH's own limit of an agent's message.
const LONGEST_ANSWER: usize = 256 * 1024;

/// A key of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::transport) struct AgentKey {
    /// The public key in its wire form.
    pub(in crate::transport) blob: Vec<u8>,
    /// What the agent calls it.
    pub(in crate::transport) comment: String,
}

impl AgentKey {
    /// Whether its private part is in a security key (FIDO).
    pub(in crate::transport) fn is_in_device(&self) -> bool {
        type_of(&self.blob).is_some_and(|key_type| key_type.starts_with("sk-"))
    }
}

/// Asks the agent at `socket` for its keys, and waits for them until `deadline` at most.
pub(super) fn list(socket: &Path, deadline: Instant) -> std::io::Result<Vec<AgentKey>> {
    let deadline = deadline.min(Instant::now() + PATIENCE);
    let mut stream = UnixStream::connect(socket)?;
    stream.set_write_timeout(Some(left(deadline)))?;
    stream.write_all(&[0, 0, 0, 1, REQUEST_IDENTITIES])?;
    let mut length = [0; 4];
    read(&mut stream, &mut length, deadline)?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > LONGEST_ANSWER {
        return Err(std::io::Error::other("the agent's answer is too long"));
    }
    let mut answer = vec![0; length];
    read(&mut stream, &mut answer, deadline)?;
    parse(&answer).ok_or_else(|| std::io::Error::other("the agent's answer cannot be read"))
}

/// A socket takes no time-out of zero.
fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1))
}

/// Fills `buffer`, also where it comes byte by byte, before `deadline`.
fn read(stream: &mut UnixStream, buffer: &mut [u8], deadline: Instant) -> std::io::Result<()> {
    let mut filled = 0;
    while filled < buffer.len() {
        if Instant::now() >= deadline {
            return Err(ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left(deadline)))?;
        match stream.read(&mut buffer[filled..]) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn parse(answer: &[u8]) -> Option<Vec<AgentKey>> {
    let rest = answer.strip_prefix(&[IDENTITIES_ANSWER])?;
    let (count, mut rest) = rest.split_first_chunk::<4>()?;
    let mut keys = Vec::new();
    for _ in 0..u32::from_be_bytes(*count) {
        let blob = string(&mut rest)?.to_vec();
        let comment = String::from_utf8_lossy(string(&mut rest)?).into_owned();
        keys.push(AgentKey { blob, comment });
    }
    Some(keys)
}

/// Takes a length-prefixed string off the front of `rest`.
pub(super) fn string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, tail) = rest.split_first_chunk::<4>()?;
    let (taken, tail) = tail.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    *rest = tail;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use std::{
        io::{ErrorKind, Write as _},
        os::unix::net::UnixListener,
        time::{Duration, Instant},
    };

    use super::{AgentKey, list, parse};

    #[test]
    fn an_agent_that_drips_is_given_up() {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join("agent")).unwrap();
        let dripping = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(&[0, 0, 4, 0]).unwrap();
            while stream.write_all(&[0]).is_ok() {
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        let deadline = Instant::now() + Duration::from_millis(700);
        let error = list(&directory.path().join("agent"), deadline).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(Instant::now() < deadline + Duration::from_secs(30));
        dripping.join().unwrap();
    }

    #[test]
    fn an_answer_is_read_and_a_cut_one_is_not() {
        let answer = b"\x0c\0\0\0\x01\0\0\0\x03abc\0\0\0\x02me";
        let key = AgentKey { blob: b"abc".to_vec(), comment: "me".to_owned() };
        assert_eq!(parse(answer), Some(vec![key]));
        for cut in 0..answer.len() {
            assert_eq!(parse(&answer[..cut]), None, "{cut}");
        }
        assert_eq!(parse(b"\x0c\xff\xff\xff\xff"), None);
    }
}
