//! An `ssh-agent` of a test's own.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its world fails")]

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use super::sshd::run;

/// An agent of the test's own.
pub(crate) struct Agent {
    dir: tempfile::TempDir,
    child: Child,
}

impl Agent {
    /// Starts it.
    pub(crate) fn start() -> Self {
        Self::of(&mut Command::new("ssh-agent"))
    }

    /// Starts one that asks security keys by `library`.
    pub(crate) fn with_security_keys(library: &Path) -> Self {
        Self::of(Command::new("ssh-agent").arg("-P").arg(library).env("LAB_KEY", "touched"))
    }

    fn of(command: &mut Command) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let child = command.arg("-D").arg("-a").arg(dir.path().join("agent")).stdout(Stdio::null()).spawn();
        let agent = Self { child: child.unwrap(), dir };
        while !agent.socket().exists() {
            thread::sleep(Duration::from_millis(5));
        }
        agent
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("agent")
    }

    /// Gives it a key.
    pub(crate) fn add(&self, key: &Path) {
        run(Command::new("ssh-add").arg("-q").arg(key).env("SSH_AUTH_SOCK", self.socket()));
    }
}

impl Agent {
    /// Gives it the security key of `key`.
    pub(crate) fn add_security_key(&self, key: &Path, library: &Path) {
        run(Command::new("ssh-add").arg("-q").arg("-S").arg(library).arg(key).env("SSH_AUTH_SOCK", self.socket()));
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
