//! A whole fleet on one machine, to look at hive-preflight without any server: `cargo run --example demo`.
//!
//! An in-process SSH server plays the mother, three hives and a repository of a hive-builder project; each host is a
//! directory with its own programs, several of them with a fault from the FAQ. What checks them is the real pipeline over
//! real SSH on loopback. Options of `hive-preflight run` may follow `--`, for example `-- --lang ja` or `-- --format json`.

mod fleet;
mod project;
mod roots;
mod story;

use std::{
    env,
    ffi::OsString,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use fleet::Fleet;

fn main() -> io::Result<ExitCode> {
    let lab = tempfile::Builder::new().prefix("hive-demo-").tempdir()?;
    let fleet = Fleet::start(story::hosts(lab.path()))?;
    for host in &fleet.hosts {
        roots::write(lab.path(), host)?;
    }
    let dockers = story::start_dockers(&fleet)?;
    story::leave_socket_behind(&fleet)?;
    let project = project::write(&fleet)?;

    say(OPENING)?;
    let code = hive_preflight::cli::run(arguments(&project));
    drop((fleet, dockers));
    lab.close()?;
    close(code)
}

const OPENING: &str = "\
This fleet is simulated: a mother, three hives and a repository, all inside this program, with faults put in on purpose.
What checks them is the real hive-preflight, over real SSH on 127.0.0.1.
これは模擬環境です。マザーマシン、コンテナ収容サーバ3台、リポジトリサーバはすべてこのプログラムの中にあり、わざと不具合を入れてあります。

";

/// What a user would type in the project's directory, then what was typed behind `--`.
fn arguments(project: &Path) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = ["hive-preflight", "run", "--root"].map(OsString::from).into();
    arguments.push(project.into());
    arguments.extend(["--mother-root", story::PROJECT_ON_MOTHER].map(OsString::from));
    arguments.extend(env::args_os().skip(1));
    arguments
}

/// Findings are what the demo is for, so they are no failure of it; wrong usage is.
fn close(code: ExitCode) -> io::Result<ExitCode> {
    for findings in [1_u8, 3] {
        if code == ExitCode::from(findings) {
            say(&format!("\nOn a real fleet this would have ended with exit status {findings}.\n"))?;
            return Ok(ExitCode::SUCCESS);
        }
    }
    Ok(code)
}

/// Words of the demo go to standard error, so that `--format json` leaves standard output to the report.
fn say(text: &str) -> io::Result<()> {
    io::stderr().lock().write_all(text.as_bytes())
}
