//! Stopping: who may go on, and what must not stay behind (child processes, temporary files, a terminal without echo).
//!
//! [`Stop::request`] is the polite way: children end, and everybody who looks at [`Stop::is_requested`] comes to an end.
//! [`Stop::end`] is for a program that ends at once.

mod group;

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rustix::{
    net::{Shutdown, shutdown},
    process::Pid,
    termios::{OptionalActions, Termios, tcsetattr},
};

pub(crate) use group::Group;

/// Shared by everybody who can be stopped; a clone is the same stop.
#[derive(Clone, Default)]
pub struct Stop(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    requested: bool,
    next: u64,
    undo: BTreeMap<u64, Undo>,
}

/// What is to be done where the owner cannot do it any more.
pub(crate) enum Undo {
    /// End a process that was not collected yet, its group where it leads one, and everything that it started.
    Group(Pid),
    /// Remove a file, or a directory with all that is in it.
    Path(PathBuf),
    /// Shut a connection down.
    Connection(Arc<OwnedFd>),
    /// Write this to standard error, so that what was drawn there does not stay.
    Line(&'static str),
    /// Give a terminal its settings back.
    Terminal(OwnedFd, Box<Termios>),
}

/// Keeps an [`Undo`] on the list as long as it lives.
pub(crate) struct Kept {
    shared: Arc<Shared>,
    key: u64,
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop").field("requested", &self.is_requested()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("key", &self.key).finish_non_exhaustive()
    }
}

impl Stop {
    /// Asks everybody to come to an end. Children and connections are ended, and those that start later too.
    pub fn request(&self) {
        let mut state = self.0.lock();
        state.requested = true;
        end_work(state.undo.values());
        drop(state);
        self.0.changed.notify_all();
    }

    /// Whether it is time to come to an end.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.0.lock().requested
    }

    /// Sleeps for `pause`, or until a stop is requested; tells whether one was.
    #[must_use]
    pub fn sleep(&self, pause: Duration) -> bool {
        let until = Instant::now() + pause;
        let mut state = self.0.lock();
        while !state.requested {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.0.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Makes something that must not stay behind. Nobody ends the program between its making and its being known.
    pub(crate) fn keep<T>(&self, make: impl FnOnce() -> io::Result<(T, Undo)>) -> io::Result<(T, Kept)> {
        let mut state = self.0.lock();
        let (thing, undo) = make()?;
        if state.requested && undo.is_at_work() {
            undo.run();
        }
        state.next += 1;
        let key = state.next;
        state.undo.insert(key, undo);
        Ok((thing, Kept { shared: Arc::clone(&self.0), key }))
    }

    /// Ends all children, removes all temporary files, gives the terminal back, and lets nobody make anything new: the
    /// caller ends the program now.
    pub fn end(&self) {
        let mut state = self.0.lock();
        let undo = std::mem::take(&mut state.undo);
        // Children before the directories that they work in.
        end_work(undo.values());
        undo.values().rev().filter(|undo| !undo.is_at_work()).for_each(Undo::run);
        // Never unlocked: who wants to make something waits for the end of the program.
        std::mem::forget(state);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Undo {
    /// Whether somebody waits for its end, once a stop was requested.
    fn is_at_work(&self) -> bool {
        matches!(self, Self::Group(_) | Self::Connection(_))
    }

    /// Does it as well as it can be done: nobody is there to be told.
    fn run(&self) {
        match self {
            Self::Group(_) | Self::Connection(_) => end_work(std::iter::once(self)),
            Self::Path(path) => remove(path),
            // Not by the standard library: somebody who writes there may hold its lock for good.
            Self::Line(text) => drop(rustix::io::write(io::stderr(), text.as_bytes())),
            Self::Terminal(terminal, settings) => drop(tcsetattr(terminal, OptionalActions::Now, settings)),
        }
    }
}

/// Ends all processes and connections among `undo`, the processes together: that takes hardly longer than one.
fn end_work<'a>(undo: impl Iterator<Item = &'a Undo>) {
    let mut leaders = Vec::new();
    for undo in undo {
        match undo {
            Undo::Group(leader) => leaders.push(*leader),
            Undo::Connection(socket) => drop(shutdown(&**socket, Shutdown::Both)),
            Undo::Path(_) | Undo::Line(_) | Undo::Terminal(..) => {}
        }
    }
    group::kill(&leaders);
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.shared.lock().undo.remove(&self.key);
    }
}

/// Removes a file or a tree, in which a copy may have directories that nobody may empty. A child that was just ended may
/// still have been making a file.
fn remove(path: &Path) {
    for _ in 0..REMOVALS {
        let result = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        match result {
            Ok(()) => return,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(_) => open_all(path),
        }
    }
}

/// How often the removal of a tree is tried.
const REMOVALS: usize = 5;

/// Lets the owner empty every directory of a tree.
fn open_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mut waiting = vec![path.to_path_buf()];
    while let Some(directory) = waiting.pop() {
        let _ = fs::set_permissions(&directory, fs::Permissions::from_mode(0o700));
        let entries = fs::read_dir(&directory).into_iter().flatten().flatten();
        waiting.extend(entries.filter(|e| e.file_type().is_ok_and(|kind| kind.is_dir())).map(|e| e.path()));
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        io::Read as _,
        os::unix::{fs::PermissionsExt as _, net::UnixStream},
        process::Command,
        sync::Arc,
        time::{Duration, Instant},
    };

    use super::{Group, Stop, Undo};

    #[test]
    fn a_request_wakes_sleepers_and_ends_children_also_those_that_come_later() {
        let stop = Stop::default();
        assert!(!stop.sleep(Duration::from_millis(1)));
        let far = Instant::now() + Duration::from_secs(300);
        let mut before = Group::start(&stop, Command::new("sleep").arg("300")).unwrap();
        std::thread::scope(|scope| {
            let sleeper = scope.spawn(|| stop.sleep(Duration::from_secs(300)));
            stop.request();
            assert!(sleeper.join().unwrap());
        });
        let mut after = Group::start(&stop, Command::new("sleep").arg("300")).unwrap();
        for group in [&mut before, &mut after] {
            assert!(group.ended_by(far));
            assert_eq!(group.finish().and_then(|status| status.code()), None, "a signal ended it");
        }
    }

    #[test]
    fn connections_are_shut_down_once_it_is_requested_and_later_ones_at_once() {
        let stop = Stop::default();
        let connected = || {
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            let ours = Arc::new(ours.into());
            let kept = stop.keep(|| Ok(((), Undo::Connection(Arc::clone(&ours))))).unwrap().1;
            theirs.set_nonblocking(true).unwrap();
            (move || theirs.read(&mut [0]).ok(), ours, kept)
        };
        let (mut let_go, _socket, kept) = connected();
        drop(kept);
        let (mut early, _socket, _kept) = connected();
        assert_eq!(early(), None);
        stop.request();
        let (mut late, _socket, _kept) = connected();
        assert_eq!((let_go(), early(), late()), (None, Some(0), Some(0)), "end of file where it was kept");
    }

    #[test]
    fn the_end_leaves_no_kept_file_and_no_child_and_what_was_let_go_stays() {
        let (stop, directory) = (Stop::default(), tempfile::tempdir().unwrap());
        let at = |name: &str| directory.path().join(name);
        let keep = |name: &str| stop.keep(|| Ok(((), Undo::Path(at(name))))).unwrap().1;
        for name in ["gone/locked", "kept"] {
            fs::create_dir_all(at(name)).unwrap();
            fs::write(at(name).join("file"), "text").unwrap();
        }
        fs::set_permissions(at("gone/locked"), fs::Permissions::from_mode(0o500)).unwrap();
        let gone = keep("gone");
        drop(keep("kept"));
        // What left its group is ended with it.
        let mut command = Command::new("sh");
        let script = format!("setsid sleep 300 & echo $! >{}; wait", at("pid").display());
        let group = Group::start(&stop, command.args(["-c", &script])).unwrap();
        let child = loop {
            let text = fs::read_to_string(at("pid")).unwrap_or_default();
            if text.ends_with('\n') {
                break text.trim().to_owned();
            }
        };
        stop.end();
        assert!(!at("gone").exists() && at("kept/file").exists());
        let stat = || fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        assert!((0..1000).any(|_| {
            std::thread::sleep(Duration::from_millis(5));
            stat().is_empty() || stat().contains(") Z ")
        }));
        // The stop stays locked for good, so that its owner cannot let go of it.
        std::mem::forget((group, gone));
    }
}
