//! Questions whose answers are not shown.

use std::{
    io::{self, Write as _},
    os::fd::{AsFd as _, BorrowedFd},
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr},
};
use zeroize::Zeroizing;

use super::secrets;
use crate::{
    secret::{Kind, Secret},
    stop::{Stop, Undo},
};

/// How often somebody looks whether the program is to stop.
const SLICE: Duration = Duration::from_millis(50);

/// Asks `question` on standard error and reads a line from the terminal on standard input; nothing where it ends without
/// one, or where the program is to stop. The terminal is itself again afterwards, however the program ends.
pub(super) fn secret(question: &str, stop: &Stop) -> io::Result<Option<Secret>> {
    let stdin = io::stdin();
    let terminal = stdin.as_fd();
    let before = tcgetattr(terminal)?;
    let ((), kept) = stop.keep(|| {
        let undo = Undo::Terminal(terminal.try_clone_to_owned()?, Box::new(before.clone()));
        tcsetattr(terminal, OptionalActions::Now, &without_echo(before.clone()))?;
        Ok(((), undo))
    })?;
    let answer = ask(question, terminal, stop);
    let restored = tcsetattr(terminal, OptionalActions::Now, &before);
    drop(kept);
    restored?;
    answer
}

/// The end of the line is still shown.
fn without_echo(mut settings: Termios) -> Termios {
    settings.local_modes.remove(LocalModes::ECHO);
    settings.local_modes.insert(LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
    settings
}

fn ask(question: &str, terminal: BorrowedFd<'_>, stop: &Stop) -> io::Result<Option<Secret>> {
    let mut stderr = io::stderr().lock();
    stderr.write_all(question.as_bytes()).and_then(|()| stderr.flush())?;
    let mut line = Zeroizing::new(Vec::new());
    while !line.ends_with(b"\n") {
        match next(terminal, stop)? {
            Some(bytes) => line.extend_from_slice(&bytes),
            None if line.is_empty() => {
                stderr.write_all(b"\n")?;
                return Ok(None);
            }
            None => break,
        }
    }
    let text = line.strip_suffix(b"\n").unwrap_or(&line);
    let text = std::str::from_utf8(text).map_err(|_| io::ErrorKind::InvalidData)?;
    secrets::redactor().learn(text, Kind::Named);
    Ok(Some(text.into()))
}

/// What was typed, line by line; nothing at the end, or where the program is to stop.
fn next(terminal: BorrowedFd<'_>, stop: &Stop) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let slice = Timespec { tv_sec: 0, tv_nsec: SLICE.subsec_nanos().into() };
    while !stop.is_requested() {
        match poll(&mut [PollFd::new(&terminal, PollFlags::IN)], Some(&slice)) {
            Ok(0) | Err(Errno::INTR) => continue,
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let mut bytes = Zeroizing::new(vec![0; 4096]);
        match rustix::io::read(terminal, bytes.as_mut_slice()) {
            Ok(0) => return Ok(None),
            Ok(count) => {
                bytes.truncate(count);
                return Ok(Some(bytes));
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}
