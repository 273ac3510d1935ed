//! Programs that the lab runs, and what they leave.

use std::{
    io::Write,
    process::{Child, Command, Output, Stdio},
};

/// What a finished program left.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    /// Exit status; absent when a signal ended it.
    pub(crate) status: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Done {
    /// What it printed, if it ended well; `what` names it in the panic otherwise.
    pub(crate) fn expect_ok(self, what: &str) -> String {
        assert_eq!(self.status, Some(0), "`{what}` failed\n-- stdout\n{}\n-- stderr\n{}", self.stdout, self.stderr);
        self.stdout
    }
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A command that runs as root: as it is for root, through `sudo -n` for others.
pub(crate) fn privileged(program: &str) -> Command {
    if rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", "--preserve-env", "--", program]);
    command
}

/// Runs `command` with `input` on its standard input until it ends.
pub(crate) fn run(command: &mut Command, input: &str) -> Done {
    let mut child = start(command);
    let mut stdin = child.stdin.take().expect("standard input was asked for");
    let input = input.to_owned();
    // In a thread, for a program may answer before it has read all.
    let writer = std::thread::spawn(move || {
        // A program that ends without reading its input is no fault.
        let _ = stdin.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().expect("a started program can be waited for");
    writer.join().expect("the writer does not panic");
    output.into()
}

/// Starts `command` with all three streams as pipes.
pub(crate) fn start(command: &mut Command) -> Child {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}; tests/setup.sh installs what the lab needs"))
}
