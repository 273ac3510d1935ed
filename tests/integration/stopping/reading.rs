//! A signal while the inventory is read: there is nothing to tell yet, and everything that was started ends.

use std::{fs, process::Command};

use rustix::process::{Pid, Signal, kill_process};

use super::{World, send, wait_until};
use crate::{lab::sshd::run, support::on_terminal};

/// Runs a program in place of an inventory script or of Ansible: itself hangs, and so does a child in its own session.
fn hang(world: &World) -> String {
    format!("#!/bin/sh\nsetsid sleep {0} &\nsleep {0}\n", world.marker)
}

fn is_hanging(world: &World) -> bool {
    world.hanging().iter().filter(|line| line.starts_with("sleep")).count() == 2
}

#[test]
fn a_script_ends_with_everything_that_it_started() {
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let world = World::new();
        world.test.write("script", &hang(&world));
        world.test.set_mode("script", 0o755);
        world.test.write("report", "the old one");
        let child = world.command("script").args(["--format", "json=report"]).spawn().unwrap();
        wait_until("the script hangs", || is_hanging(&world));
        send(&child, signal);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(status));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "it says nothing of a script that was ended");
        assert_eq!(world.test.read("report"), "the old one");
        world.assert_nothing_left();
    }
}

#[test]
fn a_vault_password_script_ends_too() {
    let world = World::new();
    world.test.write("secret", &hang(&world));
    world.test.set_mode("secret", 0o755);
    world.test.write("hosts", "quick ansible_connection=local\n");
    // Whole, as far as can be told without a password: salt, tag and text.
    world.test.write(
        "group_vars/all.yml",
        &format!(
            "$ANSIBLE_VAULT;1.1;AES256\n{}\n",
            "3030".to_owned() + "0a" + &"3030".repeat(32) + "0a" + &"3030".repeat(16)
        ),
    );
    let child = world.command("hosts").args(["--vault-password-file", "secret"]).spawn().unwrap();
    wait_until("the script hangs", || is_hanging(&world));
    send(&child, Signal::TERM);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(143));
    world.assert_nothing_left();
}

#[test]
fn a_command_of_match_exec_ends_too() {
    let world = World::new();
    world.test.write("command", &hang(&world));
    world.test.set_mode("command", 0o755);
    world.test.write("config", "Match exec ./command\n  Port 22\n");
    world.test.write("hosts", "far ansible_host=127.0.0.1 ansible_ssh_common_args='-F config'\n");
    let child = world.command("hosts").spawn().unwrap();
    wait_until("the command hangs", || is_hanging(&world));
    send(&child, Signal::TERM);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(143));
    world.assert_nothing_left();
}

#[test]
fn the_files_of_an_earlier_revision_go_with_the_git_that_writes_them() {
    let world = World::new();
    world.test.write("smudge", &hang(&world));
    world.test.set_mode("smudge", 0o755);
    world.test.write("hosts", "quick ansible_connection=local\n");
    world.test.write(".gitattributes", "hosts filter=slow\n");
    let git = |arguments: &[&str]| {
        run(Command::new("git").arg("-C").arg(world.test.path(".")).args(["-c", "user.name=t"]).args(arguments));
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["-c", "user.email=t@example.com", "commit", "-qm", "first"]);
    git(&["config", "filter.slow.smudge", "./smudge"]);
    let child = world.command("hosts").args(["--changed-since", "HEAD"]).spawn().unwrap();
    wait_until("git waits for the filter", || is_hanging(&world));
    assert_ne!(fs::read_dir(world.test.path("tmp")).unwrap().count(), 0, "there is an unfinished tree");
    send(&child, Signal::INT);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    world.assert_nothing_left();
}

#[test]
fn the_copy_for_ansible_goes_with_the_typed_password_in_it() {
    let world = World::new();
    world.test.write("bin/ansible-inventory", &hang(&world));
    world.test.set_mode("bin/ansible-inventory", 0o755);
    world.test.write("hosts", "quick ansible_connection=local\n");
    let program = world.command("hosts");
    let words = std::iter::once(program.get_program()).chain(program.get_args()).map(|word| word.to_str().unwrap());
    let at = |name: &str| world.test.path(name).display().to_string();
    let command = format!(
        "cd {}; echo $$ >pid; PATH={}:$PATH TMPDIR={} exec {} --inventory-engine ansible --ask-vault-pass",
        at("."),
        at("bin"),
        at("tmp"),
        shell_words::join(words)
    );
    let shell = shell_words::join(["sh", "-c", &command]);
    let (screen, status) = std::thread::scope(|scope| {
        let terminal = scope.spawn(|| on_terminal(&shell, "vault password", &["typed-secret"]));
        wait_until("Ansible hangs", || is_hanging(&world));
        assert!(Command::new("grep").args(["-rqx", "typed-secret", &at("tmp")]).status().unwrap().success());
        let pid = fs::read_to_string(world.test.path("pid")).unwrap().trim().parse().unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::INT).unwrap();
        terminal.join().unwrap()
    });
    assert_eq!(status, Some(130), "{screen}");
    world.assert_nothing_left();
}
