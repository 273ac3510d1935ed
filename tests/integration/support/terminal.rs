//! A terminal with somebody in front of it.

use std::{
    io::{Read as _, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::Duration,
};

/// A command on a terminal of its own.
pub(crate) struct Terminal {
    child: Child,
    keyboard: ChildStdin,
    screen: ChildStdout,
    seen: Vec<u8>,
    /// How much of what was seen is older than the last answer.
    answered: usize,
}

impl Terminal {
    /// Runs `command` on a new terminal by `sh`. The user's own shell, which `script` asks, does not stay beside it: a key
    /// like Ctrl-\ would end that first, and the screen with it.
    pub(crate) fn start(command: &str) -> Self {
        let command = format!("exec {}", shell_words::join(["sh", "-c", command]));
        let mut script = Command::new("script");
        script.args(["-qec", &command, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = script.spawn().expect("`script` of util-linux");
        let keyboard = child.stdin.take().expect("a pipe");
        let screen = child.stdout.take().expect("a pipe");
        Self { child, keyboard, screen, seen: Vec::new(), answered: 0 }
    }

    /// Presses `key` once `cue` is to be seen; what was to be seen up to then.
    pub(crate) fn press(&mut self, cue: &str, key: u8) -> String {
        assert!(self.await_text(cue), "`{cue}` was never to be seen: {}", String::from_utf8_lossy(&self.seen));
        self.keyboard.write_all(&[key]).expect("somebody reads it");
        String::from_utf8_lossy(&self.seen).into_owned()
    }

    /// Waits for a `question` that has no answer yet, and answers it; false where the command ends without one.
    pub(crate) fn answer(&mut self, question: &str, answer: &str) -> bool {
        if !self.await_text(question) {
            return false;
        }
        // Typed once the terminal no longer shows what is typed.
        thread::sleep(Duration::from_millis(300));
        writeln!(self.keyboard, "{answer}").expect("somebody reads it");
        true
    }

    /// Whether `text` is to be seen behind the last answer, now or before the command ends.
    fn await_text(&mut self, text: &str) -> bool {
        while !String::from_utf8_lossy(&self.seen[self.answered..]).contains(text) {
            if self.read() == 0 {
                return false;
            }
        }
        self.answered = self.seen.len();
        true
    }

    /// What was to be seen behind the last answer or key, and the status.
    pub(crate) fn end_since(mut self) -> (String, Option<i32>) {
        self.seen.drain(..self.answered);
        self.end()
    }

    /// What was to be seen up to the end, and the status.
    pub(crate) fn end(mut self) -> (String, Option<i32>) {
        while self.read() > 0 {}
        (String::from_utf8_lossy(&self.seen).into_owned(), self.child.wait().expect("it ends").code())
    }

    fn read(&mut self) -> usize {
        let mut buffer = [0; 4096];
        let count = self.screen.read(&mut buffer).unwrap_or(0);
        self.seen.extend_from_slice(&buffer[..count]);
        count
    }
}

/// Runs `command` on a terminal of its own and answers each `question`; what was to be seen, and the status.
pub(crate) fn on_terminal(command: &str, question: &str, answers: &[&str]) -> (String, Option<i32>) {
    let mut terminal = Terminal::start(command);
    let mut answers = answers.iter();
    while terminal.answer(question, answers.next().unwrap_or(&"")) {}
    terminal.end()
}
