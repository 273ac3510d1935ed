//! A script that tells that it runs.

use std::{thread, time::Duration};

/// How often one looks, and how long only a test that hangs waits.
const LOOK: Duration = Duration::from_millis(10);
const LOOKS: u32 = 6000;

/// The word of a script on this machine, which whoever is to interrupt it waits for: any fixed time is too short on some machine.
pub(crate) struct Begun(tempfile::TempDir);

impl Begun {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory can be made"))
    }

    fn file(&self) -> std::path::PathBuf {
        self.0.path().join("begun")
    }

    /// A script that gives the word and sleeps for so many seconds.
    pub(crate) fn script(&self, seconds: u32) -> String {
        format!("echo begun; >{}; sleep {seconds}; echo done", self.file().display())
    }

    /// Waits for the word.
    pub(crate) fn wait(&self) {
        let is_there = (0..LOOKS).any(|_| {
            thread::sleep(LOOK);
            self.file().exists()
        });
        assert!(is_there, "the script does not begin");
    }
}
