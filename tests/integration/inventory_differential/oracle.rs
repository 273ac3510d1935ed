//! The real Ansible and hive, asked through `oracle.py`.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;

use crate::support::ansible;

/// Which program it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    Ansible,
    Hive,
}

/// The running program. It ends with its standard input.
#[derive(Debug)]
pub(super) struct Oracle {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What the program said.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: i64,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Oracle {
    /// Starts it with an empty directory for a home.
    pub(super) fn start(program: Program, home: &Path) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration/inventory_differential/oracle.py");
        let mut child = clean(&ansible("python3"), home)
            .arg(script)
            .arg(if program == Program::Hive { "hive" } else { "ansible" })
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let questions = child.stdin.take().expect("a pipe");
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, questions, answers }
    }

    /// Asks and waits for the answer.
    pub(super) fn ask(&mut self, question: &Value) -> Answer {
        self.put(question);
        self.answer()
    }

    /// Asks; [`Oracle::answer`] has to follow.
    pub(super) fn put(&mut self, question: &Value) {
        writeln!(self.questions, "{question}").expect("the oracle reads");
    }

    /// Waits for the answer to what was asked.
    pub(super) fn answer(&mut self) -> Answer {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the oracle answers");
        let answer: Value = serde_json::from_str(&line).expect("an answer");
        let text = |key: &str| answer[key].as_str().expect("a text").to_owned();
        Answer { status: answer["status"].as_i64().expect("a number"), stdout: text("stdout"), stderr: text("stderr") }
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // Nothing is asked any more, and whoever drops it in a panic has worse to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command of the real thing, with nothing of the tester's own environment or configuration.
pub(super) fn clean(program: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    // An empty one keeps Ansible from those of the machine and of the current directory.
    let config = home.join("empty.cfg");
    fs::write(&config, "").expect("a file in a directory of the test's own");
    let bin = program.parent().expect("a directory of programs").display();
    command
        .env_clear()
        .env("HOME", home)
        .env("PATH", format!("{bin}:/usr/sbin:/usr/bin:/sbin:/bin"))
        .env("LANG", "C.UTF-8")
        // Ansible walks over sets; so two of them walk alike.
        .env("PYTHONHASHSEED", "0")
        .env("LC_ALL", "C.UTF-8")
        .env("ANSIBLE_CONFIG", config)
        .env("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "True");
    command
}
