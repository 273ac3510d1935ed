//! The formats' own readers, as programs.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

/// What `program` says about `text` on its standard input; it must be content.
pub(super) fn read_by(program: &str, arguments: &[&str], text: &str) -> String {
    let (is_content, output) = ask(program, arguments, text);
    assert!(is_content, "{program} {arguments:?}: {output}\n-- input\n{text}");
    output
}

/// Whether `program` is content with `text`, and what it says.
pub(super) fn ask(program: &str, arguments: &[&str], text: &str) -> (bool, String) {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error} (tests/setup.sh installs it)"));
    let mut stdin = child.stdin.take().expect("a pipe");
    let text = text.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("the program ends");
    // A reader that is not content may leave before it has read all; its status tells.
    let _ = writer.join().expect("the writer does not panic");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// A file of `tests/schemas`.
pub(super) fn schema(name: &str) -> String {
    format!("{}/tests/schemas/{name}", env!("CARGO_MANIFEST_DIR"))
}
