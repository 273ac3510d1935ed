//! The same rows by the installed `ssh` program: each comes out as by the default transport, but for a few.

use std::time::Duration;

use super::{
    ALLOWANCE, FLOOD, GOOD, HOST, MEMORY, args, assert_good_hosts_are_well,
    behaviour::Behaviour,
    document, escaped, limits,
    table::TABLE,
    world::{Finished, World, asked_for, outcomes},
};
use crate::openssh::processes;

/// Rows that come out otherwise: the name, the outcomes, and why.
const OTHERWISE: [(&str, &str, &str); 5] = [
    ("endless-ignore", "timeout", "`ssh` reads on"),
    ("asks-for-ever", "inventory", "`ssh` is given no password"),
    ("refuses-first-channels", "error", "`ssh` asks once"),
    ("clogged", "timeout", "`ssh` says more in the handshake"),
    ("nags", "pass or lost", "`ssh` takes no such request during the login"),
];

/// How many hosts are asked at a time: each is a process here, and many have one on the other side.
const FORKS: usize = 60;

pub(super) fn wanted(row: &Behaviour) -> &'static str {
    OTHERWISE.iter().find(|(name, _, _)| *name == row.name).map_or(row.outcome, |(_, outcome, _)| outcome)
}

/// Runs the program over `rows`, and holds their outcomes and the good hosts' against what is told.
fn run_over<'a>(world: &mut World, rows: impl Iterator<Item = &'a Behaviour>, more: &[&str]) -> Finished {
    let run = world.run(&[more, &["--transport", "openssh"]].concat());
    let found = outcomes(&run.report);
    let is_wrong = |row: &&Behaviour| !wanted(row).split(" or ").any(|outcome| outcome == found[row.name].0);
    let wrong = rows.filter(is_wrong).map(|row| format!("{}: {}, got {:?}", row.name, wanted(row), found[row.name]));
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{:?}\n{}\n{}", run.status, run.stderr, wrong.join("\n"));
    assert_good_hosts_are_well(&run);
    let left = processes(&world.test.path("known").display().to_string());
    assert!(left.is_empty(), "{left:?}");
    run
}

#[test]
fn by_the_ssh_program_every_server_that_misbehaves_comes_to_the_same() {
    let rows = || TABLE.iter().filter(|row| !row.is_flood());
    let mut world = World::up(rows(), GOOD);
    world.forks = FORKS;
    let limits = limits(HOST);
    world.run(&[&args(&limits)[..], &["--limit", "replays", "--transport", "openssh"]].concat());
    let formats = escaped::formats();
    let run = run_over(&mut world, rows(), &[args(&limits), args(&formats)].concat());
    let asked = asked_for(&run);
    assert!(asked <= 2 * Duration::from_secs(HOST) + ALLOWANCE, "{asked:?}");
    // The name of a signal is not told by `ssh`.
    escaped::assert_in_every_format(&world.test, &[1, 2, 3, 4, 7]);
}

#[test]
fn by_the_ssh_program_floods_are_cut_off_and_memory_stays_bounded() {
    let rows = || TABLE.iter().filter(|row| row.is_flood());
    let mut world = World::up(rows(), GOOD);
    let run = run_over(&mut world, rows(), &args(&limits(FLOOD)));
    assert!(run.memory > 0 && run.memory < MEMORY, "{} MiB", run.memory >> 20);
}

#[test]
fn the_document_says_what_comes_out_otherwise() {
    let does = |name: &str| TABLE.iter().find(|row| row.name == name).map(|row| row.does).unwrap();
    let told = OTHERWISE.map(|(name, outcome, why)| format!("{} ({outcome}: {why})", does(name)));
    let sentence = format!(
        " the outcome is the same in {} of {} rows, within the same times. It is another one where a server {}. \
         Behind a mother (`--via-mother`) it is that of her `ssh`; a mother whom nobody can log in to is `proxy`.",
        TABLE.len() - OTHERWISE.len(),
        TABLE.len(),
        told.join("; ")
    );
    document::hold("By `--transport openssh`", &sentence);
}
