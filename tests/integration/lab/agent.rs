//! An `ssh-agent` of a test's own.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its world fails")]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use super::sshd::run;

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// An agent of the test's own.
pub(crate) struct Agent {
    dir: TempDir,
    child: Child,
}

impl Agent {
    /// Starts it.
    pub(crate) fn start() -> Self {
        Self::of(directory(), &mut Command::new("ssh-agent"))
    }

    /// Starts one that asks security keys by `library`.
    pub(crate) fn with_security_keys(library: &Path) -> Self {
        Self::of(directory(), Command::new("ssh-agent").arg("-P").arg(library).env("LAB_KEY", "touched"))
    }

    /// Starts one that asks whoever confirms the use of a key by this text of `sh`.
    pub(crate) fn asking(script: &str) -> Self {
        let dir = directory();
        let program = dir.path().join("ask");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        let mut command = Command::new("ssh-agent");
        command.env("SSH_ASKPASS", program).env("SSH_ASKPASS_REQUIRE", "force").env("DISPLAY", ":0");
        Self::of(dir, &mut command)
    }

    fn of(dir: TempDir, command: &mut Command) -> Self {
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

    /// Gives it a key whose every use is to be confirmed.
    pub(crate) fn add_confirmed(&self, key: &Path) {
        run(Command::new("ssh-add").args(["-q", "-c"]).arg(key).env("SSH_AUTH_SOCK", self.socket()));
    }

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
