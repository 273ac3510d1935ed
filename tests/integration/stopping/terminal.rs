//! What a person sees who presses a key while a run is under way.

use regex::Regex;

use super::{World, wait_until};
use crate::{lab::Closed, support::Terminal};

/// Runs the program on a terminal with `more` arguments, presses `key` once `cue` is to be seen, and gives the screen up to
/// then, what came afterwards, and the status.
fn pressed(world: &World, more: &[&str], cue: &str, key: u8) -> (String, String, i32) {
    let program = world.command("hosts");
    let words = std::iter::once(program.get_program()).chain(program.get_args()).map(|word| word.to_str().unwrap());
    let words = shell_words::join(words.chain(more.iter().copied()));
    let directory = world.test.path(".").display().to_string();
    let mut terminal = Terminal::start(&format!("cd {directory}; stty cols 120 rows 30; exec {words}"));
    let before = terminal.press(cue, key);
    let (after, status) = terminal.end_since();
    wait_until("nothing hangs", || world.hanging().is_empty());
    (before, after, status.unwrap())
}

fn hanging() -> World {
    let world = World::new();
    world.test.write("hosts", "quick ansible_connection=local\nhere ansible_connection=local\n");
    world
}

#[test]
fn a_ctrl_c_leaves_the_report_and_nothing_of_the_progress_line() {
    let languages = [
        ("en", "waiting for here ", "cannot tell: interrupted (2 hosts, 1 check,"),
        ("ja", "here の応答待ち ", "判断できない項目があります: 中断されました (ホスト 2 台、検査 1 件、"),
    ];
    for (lang, cue, told) in languages {
        let world = hanging();
        let (_, after, status) = pressed(&world, &["--color", "never", "--lang", lang], cue, 3);
        // The terminal shows the key behind the line, and both are taken away together.
        let (_, report) = after.rsplit_once("\r\x1b[2K").unwrap();
        assert_eq!((status, report.contains(cue)), (130, false), "{after}");
        assert!(report.starts_with("hive-preflight ") && report.contains(told), "{report}");
        // The line may have been drawn again before the terminal shows the key.
        let line = after.split("\r\x1b[2K").find(|line| line.contains("^C")).unwrap();
        assert!(line.ends_with("^C") && !line.contains("  ^C"), "{line:?}");
    }
}

#[test]
fn a_run_that_is_ended_at_once_takes_its_line_away() {
    let (_, after, status) = pressed(&hanging(), &[], "waiting for here ", 28);
    assert_eq!(status, 131);
    assert!(after.ends_with("\r\x1b[2K"), "{after:?}");
}

#[test]
fn hosts_that_are_tried_again_are_told_with_their_fault() {
    let closed = Closed::new();
    let port = closed.port();
    let languages = [
        ("en", "(+1)", r"retrying a \(\+1\) \d+ s \(refused, \d+ tr(y|ies)\)"),
        ("ja", "(他 1 台)", r"a を再試行中 \(他 1 台\) \d+ 秒 \(refused、\d+ 回試行\)"),
    ];
    for (lang, cue, line) in languages {
        let world = World::new();
        let host = |name: &str| format!("{name} ansible_host=127.0.0.1 ansible_port={port}\n");
        world.test.write("hosts", &(host("a") + &host("b")));
        let more_arguments = ["--repeat-until-ok", "1h", "--color", "never", "--lang", lang];
        let (before, after, status) = pressed(&world, &more_arguments, cue, 3);
        let screen = before + &after;
        assert!(Regex::new(line).unwrap().is_match(&screen), "{screen}");
        assert_eq!(status, 130, "{screen}");
    }
}
