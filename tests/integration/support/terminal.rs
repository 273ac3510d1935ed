//! A terminal with somebody in front of it.

use std::{
    io::{Read as _, Write as _},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

/// Runs `command` on a terminal of its own and answers each `question`; what was to be seen, and the status.
pub(crate) fn on_terminal(command: &str, question: &str, answers: &[&str]) -> (String, Option<i32>) {
    let mut script = Command::new("script");
    script.args(["-qec", command, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = script.spawn().expect("`script` of util-linux");
    let mut keyboard = child.stdin.take().expect("a pipe");
    let mut screen = child.stdout.take().expect("a pipe");
    let (mut seen, mut buffer, mut answered) = (Vec::new(), [0; 4096], 0);
    while let Ok(count @ 1..) = screen.read(&mut buffer) {
        seen.extend_from_slice(&buffer[..count]);
        let asked = String::from_utf8_lossy(&seen).matches(question).count();
        if asked > answered {
            // Typed once the terminal no longer shows what is typed.
            thread::sleep(Duration::from_millis(300));
            writeln!(keyboard, "{}", answers.get(answered).unwrap_or(&"")).expect("somebody reads it");
            answered += 1;
        }
    }
    (String::from_utf8_lossy(&seen).into_owned(), child.wait().expect("it ends").code())
}
