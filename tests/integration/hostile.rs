//! Everything that a server can do wrong, on loopback: what a user gets, how long it takes, and that good hosts do not suffer.
//!
//! The one table is in [`table`]; the test run writes it, with what was measured, into docs/reliability.md.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its world fails")]

mod behaviour;
mod behind_mother;
mod conduct;
mod deadlines;
mod document;
mod escaped;
mod machines;
mod openssh;
mod program;
mod raw;
mod simulated;
mod streams;
mod table;
mod world;

use std::{collections::BTreeSet, fmt::Write as _, time::Duration};

use self::{
    behaviour::Behaviour,
    document::Line,
    table::TABLE,
    world::{Finished, World, asked_for, outcomes},
};

/// Seconds for connecting, and for everything that is asked of one host.
const CONNECT: u64 = 6;
const HOST: u64 = 20;
/// The same for floods: the machine that sends them is this one, too.
const FLOOD: u64 = 60;
const GOOD: usize = 12;
/// What a machine that does other things at the same time may take longer.
const ALLOWANCE: Duration = Duration::from_secs(5);
/// What a run over floods may hold: 16 MiB of each stream of each host are kept, a vector grows by doubling, and what comes
/// within two seconds of a handshake is held by libssh2.
const MEMORY: u64 = 384 << 20;

fn limits(seconds: u64) -> [String; 6] {
    ["--connect-timeout", &CONNECT.to_string(), "--timeout", &seconds.to_string(), "--probe-timeout", "5"]
        .map(str::to_owned)
}

fn args(limits: &[String]) -> Vec<&str> {
    limits.iter().map(String::as_str).collect()
}

/// Compares a run with the rows; gives the lines for the document.
fn judge<'a>(rows: impl Iterator<Item = &'a Behaviour>, run: &Finished) -> Vec<Line> {
    let found = outcomes(&run.report);
    let mut wrong = String::new();
    let lines = rows
        .map(|row| {
            let (outcome, message, took) = &found[row.name];
            if outcome != row.outcome || !message.contains(row.says) {
                let wanted = format!("{}: {} ({})", row.name, row.outcome, row.says);
                let _ = write!(wrong, "wanted {wanted}\n   got {outcome}: {message} [{took:.1?}]\n");
            }
            Line::measured(row, outcome, message, *took)
        })
        .collect();
    assert!(wrong.is_empty(), "exit {:?}, {:.1?}\n{}\n{wrong}", run.status, run.took, run.stderr);
    lines
}

/// The good hosts' results are all there; the time of the slowest.
fn assert_good_hosts_are_well(run: &Finished) -> Duration {
    let found = outcomes(&run.report);
    let good: Vec<_> = found.iter().filter(|(name, _)| name.starts_with("good-")).collect();
    assert_eq!(good.len(), GOOD);
    for (name, (outcome, message, _)) in &good {
        assert_eq!(outcome, "pass", "{name}: {message}");
    }
    let results = run.report["results"].as_array().unwrap();
    let of_good = results.iter().filter(|result| result["host"].as_str().unwrap().starts_with("good-"));
    assert_eq!(of_good.count(), 3 * GOOD);
    good.iter().map(|(_, (_, _, took))| *took).max().unwrap()
}

#[test]
fn every_server_that_misbehaves_has_its_outcome_and_good_ones_do_not_suffer() {
    let rows = || TABLE.iter().filter(|row| !row.is_flood());
    let mut world = World::up(rows(), GOOD);
    let limits = limits(HOST);
    // What it answers now it will answer again.
    let primed = world.run(&[&args(&limits)[..], &["--limit", "replays"]].concat());
    let primed = outcomes(&primed.report)["replays"].clone();
    assert_eq!(primed.0, "pass", "{}", primed.1);
    let formats = escaped::formats();
    let run = world.run(&[args(&limits), args(&formats)].concat());
    let lines = judge(rows(), &run);
    let slowest = assert_good_hosts_are_well(&run);
    let asked = asked_for(&run);
    assert!(asked <= Duration::from_secs(HOST + 1) + ALLOWANCE, "{asked:?}, the program {:?}", run.took);
    escaped::assert_in_every_format(&world.test, &[1, 2, 4, 5, 7]);
    let sentence = format!(
        " {} such hosts among {GOOD} good ones, asked at once: all results of the good ones were there, the last after {:.1} s; the \
         run took {:.1} s with {HOST} s a host.",
        rows().count(),
        slowest.as_secs_f64(),
        asked.as_secs_f64()
    );
    document::settle(&lines, "Measured here:", &sentence);
}

#[test]
fn floods_are_cut_off_and_memory_stays_bounded() {
    let rows = || TABLE.iter().filter(|row| row.is_flood());
    let mut world = World::up(rows(), GOOD);
    let run = world.run(&args(&limits(FLOOD)));
    let lines = judge(rows(), &run);
    assert_good_hosts_are_well(&run);
    assert!(run.memory > 0 && run.memory < MEMORY, "{} MiB", run.memory >> 20);
    let sentence = format!(
        " {} hosts that flood us among {GOOD} good ones: the program held {} MiB at most.",
        rows().count(),
        run.memory >> 20
    );
    document::settle(&lines, "Floods:", &sentence);
}

#[test]
fn the_document_has_every_row_and_no_other() {
    let names: BTreeSet<_> = TABLE.iter().map(|row| row.name).collect();
    let sentences: BTreeSet<_> = TABLE.iter().map(|row| row.does).collect();
    assert_eq!((names.len(), sentences.len()), (TABLE.len(), TABLE.len()), "each is there once");
    assert!(TABLE.len() >= 40);
    document::assert_complete();
}
