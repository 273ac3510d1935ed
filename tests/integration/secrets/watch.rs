//! Who looks at the arguments and environments of all processes while something runs.

use std::{
    collections::BTreeSet,
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

/// Looks until it is dropped or asked.
pub(super) struct Watch {
    over: Arc<AtomicBool>,
    seen: JoinHandle<Seen>,
}

/// Everything that was seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Arguments, each process's own joined by blanks.
    pub(super) arguments: BTreeSet<Vec<u8>>,
    /// Environments.
    pub(super) environments: BTreeSet<Vec<u8>>,
}

impl Watch {
    pub(super) fn start() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&over);
        let seen = std::thread::spawn(move || {
            let mut seen = Seen::default();
            while !is_over.load(Ordering::Relaxed) {
                seen.look();
                std::thread::sleep(Duration::from_millis(2));
            }
            seen
        });
        Self { over, seen }
    }

    pub(super) fn end(self) -> Seen {
        self.over.store(true, Ordering::Relaxed);
        self.seen.join().expect("the watcher ends")
    }
}

impl Seen {
    fn look(&mut self) {
        for entry in fs::read_dir("/proc").expect("/proc").flatten() {
            if !entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit) {
                continue;
            }
            // Who has ended meanwhile has nothing to show.
            if let Ok(words) = fs::read(entry.path().join("cmdline")) {
                self.arguments.insert(words);
            }
            if let Ok(variables) = fs::read(entry.path().join("environ")) {
                self.environments.insert(variables);
            }
        }
    }
}
