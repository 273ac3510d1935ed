//! Security keys (FIDO) without hardware: a library that OpenSSH loads in place of its own USB support.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its world fails")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use super::sshd::run;

/// The library, built for the test.
pub(crate) struct SecurityKeys {
    dir: TempDir,
}

impl SecurityKeys {
    /// Builds it.
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("fido-").tempdir().unwrap();
        let source = dir.path().join("security_key.c");
        fs::write(&source, include_str!("security_key.c")).unwrap();
        let keys = Self { dir };
        let mut compiler = Command::new("gcc");
        compiler.args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"]);
        run(compiler.arg(keys.library()).arg(&source).arg("-lcrypto"));
        keys
    }

    /// The library's file, as `SecurityKeyProvider` wants it.
    pub(crate) fn library(&self) -> PathBuf {
        self.dir.path().join("security_key.so")
    }

    /// Makes a key of `kind` in `file`, with `options` of `ssh-keygen -O`.
    pub(crate) fn make(&self, file: &Path, kind: &str, options: &[&str]) {
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-q", "-C", "test", "-N", "", "-t", kind, "-w"]).arg(self.library());
        run(keygen
            .args(options.iter().flat_map(|option| ["-O", option]))
            .arg("-f")
            .arg(file)
            .env("LAB_KEY", "touched"));
    }
}
