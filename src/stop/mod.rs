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
    hooks: Vec<Box<dyn Fn() + Send>>,
}

/// What is to be done where the owner cannot do it any more.
pub(crate) enum Undo {
    /// End a process that was not collected yet, its group where it leads one, and everything that it started.
    Group(Pid),
    /// Remove a file, or a directory with all that is in it.
    Path(PathBuf),
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
    /// Asks everybody to come to an end. Children are ended, and those that start later too.
    pub fn request(&self) {
        let mut state = self.0.lock();
        state.requested = true;
        end_processes(state.undo.values());
        state.hooks.iter().for_each(|hook| hook());
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

    /// Has `hook` called when a stop is requested; at once where it was already. It must not use this stop itself.
    pub(crate) fn on_request(&self, hook: impl Fn() + Send + 'static) {
        let mut state = self.0.lock();
        if state.requested {
            hook();
        }
        state.hooks.push(Box::new(hook));
    }

    /// Makes something that must not stay behind. Nobody ends the program between its making and its being known.
    pub(crate) fn keep<T>(&self, make: impl FnOnce() -> io::Result<(T, Undo)>) -> io::Result<(T, Kept)> {
        let mut state = self.0.lock();
        let (thing, undo) = make()?;
        if state.requested && undo.is_process() {
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
        end_processes(undo.values());
        undo.values().rev().filter(|undo| !undo.is_process()).for_each(Undo::run);
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
    fn is_process(&self) -> bool {
        matches!(self, Self::Group(_))
    }

    /// Does it as well as it can be done: nobody is there to be told.
    fn run(&self) {
        match self {
            Self::Group(leader) => group::kill(&[*leader]),
            Self::Path(path) => remove(path),
            // Not by the standard library: somebody who writes there may hold its lock for good.
            Self::Line(text) => drop(rustix::io::write(io::stderr(), text.as_bytes())),
            Self::Terminal(terminal, settings) => drop(tcsetattr(terminal, OptionalActions::Now, settings)),
        }
    }
}

/// Ends all processes among `undo` together: that takes hardly longer than one.
fn end_processes<'a>(undo: impl Iterator<Item = &'a Undo>) {
    let leaders = undo.filter_map(|undo| if let Undo::Group(leader) = undo { Some(*leader) } else { None });
    group::kill(&leaders.collect::<Vec<_>>());
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
        os::unix::fs::PermissionsExt as _,
        process::Command,
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
    fn hooks_are_called_once_it_is_requested_and_later_ones_at_once() {
        let (stop, (sender, receiver)) = (Stop::default(), std::sync::mpsc::channel());
        let tell = |word: &'static str| {
            let sender = sender.clone();
            move || sender.send(word).unwrap()
        };
        stop.on_request(tell("early"));
        assert!(receiver.try_recv().is_err());
        stop.request();
        stop.on_request(tell("late"));
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), ["early", "late"]);
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
