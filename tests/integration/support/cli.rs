//! The program, run as a user runs it, in a directory and an environment of its own.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{redact::redact, verdicts::Verdicts};

/// A temporary directory with files, and the program run in it.
#[derive(Debug)]
pub(crate) struct CliTest {
    directory: tempfile::TempDir,
}

impl CliTest {
    /// An empty directory with an empty home in it.
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        fs::create_dir(directory.path().join("home")).expect("a directory can be made in a new one");
        Self { directory }
    }

    /// A path in the directory.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    /// Writes a file, making the directories above it.
    pub(crate) fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.path(path);
        let parent = path.parent().expect("a file stands in a directory");
        fs::create_dir_all(parent).unwrap_or_else(|error| panic!("cannot make {}: {error}", parent.display()));
        fs::write(&path, text).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        path
    }

    /// Sets a file's permission bits.
    pub(crate) fn set_mode(&self, path: &str, mode: u32) {
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(mode)).expect("the file is ours");
    }

    /// Reads a file that the program wrote.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("cannot read `{path}`: {error}"))
    }

    /// The program, in the directory, with nothing of the tester's own environment.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hive-preflight"));
        command
            .current_dir(self.directory.path())
            .env_clear()
            .env("HOME", self.path("home"))
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LANG", "C.UTF-8")
            .env("USER", "tester");
        command
    }

    /// Runs the program with `args`.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        Run::of(self.command().args(args))
    }

    /// What users see of a run, with what differs from run to run masked.
    pub(crate) fn redacted(&self, text: &str) -> String {
        redact(&text.replace(&*self.directory.path().to_string_lossy(), "[DIR]"))
    }
}

/// A finished run of the program.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// Exit status; absent when a signal ended it.
    pub(crate) status: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Run {
    /// Runs `command`, which is the program in some environment, to its end.
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", Path::new(command.get_program()).display()));
        Self {
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The JSON report on standard output.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!(
                "no JSON report ({error}), exit {:?}\n-- stdout\n{}\n-- stderr\n{}",
                self.status, self.stdout, self.stderr
            )
        })
    }

    /// The verdicts of `check` in the JSON report, of which there must be one at least.
    pub(crate) fn verdicts(&self, check: &str) -> Verdicts {
        let verdicts = Verdicts::of(&self.json(), check);
        assert!(
            !verdicts.is_empty(),
            "no verdict of `{check}`\n-- stdout\n{}\n-- stderr\n{}",
            self.stdout,
            self.stderr
        );
        verdicts
    }
}
