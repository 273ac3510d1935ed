//! A child with everything that it starts.

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    os::unix::process::CommandExt as _,
    process::{Child, Command, ExitStatus},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};

use super::{Kept, Stop, Undo};

/// A child with everything that it starts, known to a [`Stop`]; dropping it ends all of it.
#[derive(Debug)]
pub(crate) struct Group {
    /// The child; who takes its streams takes them from here.
    pub(crate) child: Child,
    /// Nothing once the child was collected.
    kept: Option<Kept>,
}

impl Group {
    /// Starts `command` in a group of its own: a Ctrl-C does not reach it by itself, and it ends with all its children.
    ///
    /// # Errors
    /// The system's, where it cannot be started.
    pub(crate) fn start(stop: &Stop, command: &mut Command) -> io::Result<Self> {
        Self::start_beside_us(stop, command.process_group(0))
    }

    /// The same in our own group, whose members may ask on the terminal.
    ///
    /// # Errors
    /// The system's, where it cannot be started.
    pub(crate) fn start_beside_us(stop: &Stop, command: &mut Command) -> io::Result<Self> {
        let start = || {
            let child = command.spawn()?;
            let undo = Undo::Group(Pid::from_child(&child));
            Ok((child, undo))
        };
        let (child, kept) = stop.keep(start)?;
        Ok(Self { child, kept: Some(kept) })
    }

    /// Waits for the child to end, without collecting it: as long as it is not collected, its group cannot become another one's.
    pub(crate) fn ended_by(&self, deadline: Instant) -> bool {
        let mut pause = Duration::from_micros(200);
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        loop {
            match waitid(WaitId::Pid(Pid::from_child(&self.child)), options) {
                Ok(None) | Err(rustix::io::Errno::INTR) => {}
                Ok(Some(_)) | Err(_) => return true,
            }
            if Instant::now() >= deadline {
                return false;
            }
            thread::sleep(pause.min(deadline.saturating_duration_since(Instant::now())));
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// Ends what is left of the group and collects the child; nothing where that was done already.
    pub(crate) fn finish(&mut self) -> Option<ExitStatus> {
        // Taken off the list before it is collected: from then on the number may be somebody else's.
        let kept = self.kept.take()?;
        drop(kept);
        let leader = Pid::from_child(&self.child);
        if self.ended_by(Instant::now()) {
            // Whom it left behind has another parent now; who is still of its group ends.
            let _ = kill_process_group(leader, Signal::KILL);
        } else {
            kill(&[leader]);
        }
        self.child.wait().ok()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.finish();
    }
}

/// How often it is looked for what was started meanwhile; who starts something in each of so many rounds is not to be caught.
const ROUNDS: usize = 100;

/// Ends `leaders`, their groups and what these started, also in groups of their own. As long as a leader was not collected,
/// its number is its own.
///
/// All of them are halted before the first one ends: what is started at that moment would lose its parent, and with it the
/// one trace that leads to it.
pub(super) fn kill(leaders: &[Pid]) {
    send(leaders, &[], Signal::STOP);
    let mut found = HashSet::new();
    for _ in 0..ROUNDS {
        let new: Vec<Pid> = descendants(leaders).into_iter().filter(|process| !found.contains(process)).collect();
        if new.is_empty() {
            break;
        }
        send(&[], &new, Signal::STOP);
        found.extend(new);
    }
    send(leaders, &Vec::from_iter(found), Signal::KILL);
}

/// Nobody has to be there any more, and nobody of another user has to be ours to end.
fn send(leaders: &[Pid], processes: &[Pid], signal: Signal) {
    for leader in leaders {
        let _ = kill_process_group(*leader, signal);
    }
    for process in leaders.iter().chain(processes) {
        let _ = kill_process(*process, signal);
    }
}

/// What `ancestors` started, and what that started: probes run in sessions of their own. Without `/proc` nothing.
fn descendants(ancestors: &[Pid]) -> Vec<Pid> {
    if ancestors.is_empty() {
        return Vec::new();
    }
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let stat = fs::read(entry.path().join("stat")).unwrap_or_default();
        if let Some(parent) = parent(&String::from_utf8_lossy(&stat)) {
            children.entry(parent).or_default().push(process);
        }
    }
    let mut found = Vec::new();
    let mut waiting: Vec<i32> = ancestors.iter().map(|process| process.as_raw_nonzero().get()).collect();
    while let Some(process) = waiting.pop() {
        let own = children.remove(&process).unwrap_or_default();
        found.extend(own.iter().filter_map(|process| Pid::from_raw(*process)));
        waiting.extend(own);
    }
    found
}

/// The fourth field of `/proc/PID/stat`; the second is a name that may hold anything.
fn parent(stat: &str) -> Option<i32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::{fs, process::Command, thread, time::Duration};

    use super::{Group, Stop, parent};

    /// Processes whose command line has `mark`.
    fn count(mark: &str) -> usize {
        let lines =
            fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
        lines.filter(|line| String::from_utf8_lossy(line).contains(mark)).count()
    }

    #[test]
    fn what_is_started_while_all_is_ended_ends_too() {
        for round in 0..10 {
            let mark = format!("30.{}{round}", std::process::id());
            // Each in a session of its own, as probes are.
            let script = format!("n=0; while [ $n -lt 300 ]; do setsid sleep {mark} & n=$((n+1)); done; wait");
            let mut group = Group::start(&Stop::default(), Command::new("sh").args(["-c", &script])).unwrap();
            while count(&mark) < 5 * (round + 1) {
                thread::sleep(Duration::from_millis(1));
            }
            group.finish();
            // The kernel may still be ending some.
            assert!((0..1000).any(|_| {
                thread::sleep(Duration::from_millis(5));
                count(&mark) == 0
            }));
        }
    }

    #[test]
    fn a_parent_is_found_behind_any_name() {
        assert_eq!(parent("12 (sh) S 34 12"), Some(34));
        assert_eq!(parent("12 (a ) S 1 (b) S 34 12"), Some(34));
        assert_eq!(parent(""), None);
    }
}
