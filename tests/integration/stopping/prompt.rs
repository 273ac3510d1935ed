//! A signal while a passphrase is asked: the run stops, and the terminal shows again what is typed.

use std::{
    fs,
    io::Read as _,
    process::{Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{World, wait_until};
use crate::lab::sshd::{Sshd, run};

/// Asks for a passphrase on a terminal, does `then` with the keyboard and the program's process id, and gives what was to
/// be seen, with the status and the terminal's settings at its end.
fn asked(then: impl FnOnce(&mut dyn std::io::Write, i32)) -> (World, String) {
    let (world, server) = (World::new(), Sshd::start());
    run(Command::new("ssh-keygen").args(["-q", "-p", "-P", "", "-N", "secret", "-f"]).arg(server.key()));
    world.test.write(
        "hosts",
        &format!(
            "far ansible_host=127.0.0.1 ansible_port={} ansible_user=root ansible_ssh_private_key_file={} \
             ansible_ssh_common_args='-F none -o IdentityAgent=none -o UserKnownHostsFile={}'\n",
            server.port(),
            server.key().display(),
            server.known_hosts().display()
        ),
    );
    let program = world.command("hosts");
    let words = std::iter::once(program.get_program()).chain(program.get_args()).map(|word| word.to_str().unwrap());
    let directory = world.test.path(".").display().to_string();
    // The shell outlives the signal and shows the terminal as it is left.
    let command = format!(
        "cd {directory}; trap : INT; sh -c 'echo $$ >pid; exec \"$@\"' sh {} --format json=report; echo status $?; stty -a",
        shell_words::join(words)
    );
    let mut terminal = Command::new("script");
    terminal.args(["-qec", &shell_words::join(["sh", "-c", &command]), "/dev/null"]);
    let mut terminal = terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut keyboard = terminal.stdin.take().unwrap();
    let mut screen = terminal.stdout.take().unwrap();
    let (mut seen, mut buffer) = (Vec::new(), [0; 4096]);
    while !String::from_utf8_lossy(&seen).contains("passphrase of") {
        let count = screen.read(&mut buffer).unwrap();
        assert_ne!(count, 0, "{}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&buffer[..count]);
    }
    let pid = fs::read_to_string(world.test.path("pid")).unwrap().trim().parse().unwrap();
    then(&mut keyboard, pid);
    screen.read_to_end(&mut seen).unwrap();
    terminal.wait().unwrap();
    (world, String::from_utf8_lossy(&seen).into_owned())
}

fn assert_stopped(world: &World, screen: &str, status: i32) {
    assert!(screen.contains(&format!("status {status}")), "{screen}");
    assert!(screen.split_whitespace().any(|word| word == "echo"), "{screen}");
    wait_until("the report is there", || world.test.path("report").exists());
    let report = world.report("report");
    assert_eq!(report["interrupted"], true, "{report:#}");
    assert_eq!(report["hosts"][0]["error"]["class"], "interrupted", "{report:#}");
}

#[test]
fn ctrl_c_is_an_answer() {
    let (world, screen) = asked(|keyboard, _| keyboard.write_all(b"half\x03").unwrap());
    assert_stopped(&world, &screen, 130);
    assert!(!screen.contains("half"), "{screen}");
}

#[test]
fn a_signal_from_elsewhere_is_one_too() {
    let terminate = |pid| kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
    let (world, screen) = asked(|_, pid| terminate(pid));
    assert_stopped(&world, &screen, 143);
}

#[test]
fn whoever_ends_it_at_once_gets_the_terminal_back() {
    let quit = |pid| kill_process(Pid::from_raw(pid).unwrap(), Signal::QUIT).unwrap();
    let (_, screen) = asked(|_, pid| quit(pid));
    assert!(screen.contains("status 131"), "{screen}");
    assert!(screen.split_whitespace().any(|word| word == "echo"), "{screen}");
}
