//! A thousand runs over loopback SSH, each ended at a moment that nobody chose: whatever it was doing, no process of it
//! stays behind here or on its hosts, no file is torn, and its exit status tells the truth.

mod ground;
mod judge;
mod shot;
mod tally;
mod traces;

use std::{
    collections::BTreeSet,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    io::Write as _,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
};

use self::{ground::Ground, judge::judge, shot::Shot, tally::Tally};

const RUNS: u32 = 1000;
/// Grounds on which runs are ended side by side: a run is waiting for half of its time.
const GROUNDS: usize = 4;
/// Repeats what was thrown; the test tells it where it fails.
const SEED: &str = "KILLS_SEED";

#[test]
fn a_thousand_runs_that_are_ended_at_any_moment_leave_nothing_behind() {
    let seed =
        std::env::var(SEED).map_or_else(|_| RandomState::new().build_hasher().finish(), |seed| seed.parse().unwrap());
    // The first runs of each ground are not ended: they show how long one takes, and write the first reports.
    let (next, failed, tally) = (AtomicU32::new(0), AtomicBool::new(false), Mutex::new(Tally::default()));
    thread::scope(|scope| {
        for number in 0..GROUNDS {
            let (next, failed, tally) = (&next, &failed, &tally);
            scope.spawn(move || {
                let _herald = Herald(seed, failed);
                lane(number, seed, next, failed, tally);
            });
        }
    });
    tally.into_inner().unwrap().settle();
}

/// Tells how to repeat what failed, and lets the others come to an end.
struct Herald<'a>(u64, &'a AtomicBool);

impl Drop for Herald<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.1.store(true, Ordering::SeqCst);
            let _ = writeln!(std::io::stderr(), "repeat it with {SEED}={}", self.0);
        }
    }
}

/// Runs on one ground, one after the other, as long as there are any.
fn lane(number: usize, seed: u64, next: &AtomicU32, failed: &AtomicBool, tally: &Mutex<Tally>) {
    let (mut ground, mut history) = (Ground::new(number), BTreeSet::new());
    for first in 0..3 {
        let shot = Shot { hangs: false, stuck: None, ..Shot::of(seed, RUNS + first) };
        let ended = ground.run(&shot, false);
        judge(&mut ground, &shot, &ended, &mut history);
        ground.usual = ended.took;
    }
    while !failed.load(Ordering::SeqCst) {
        let shot = Shot::of(seed, next.fetch_add(1, Ordering::SeqCst));
        if shot.number >= RUNS {
            break;
        }
        let _scene = Scene(&shot);
        let ended = ground.run(&shot, true);
        let left = judge(&mut ground, &shot, &ended, &mut history);
        if ended.stage == traces::Stage::Over {
            // The machine may be busier now, or less so.
            ground.usual = (ground.usual * 3 + ended.took) / 4;
        }
        tally.lock().unwrap().count(shot.blow, ended.stage, left);
    }
    ground.assert_nobody_there();
    ground.assert_nobody_here();
}

/// Tells what was done where it fails.
struct Scene<'a>(&'a Shot);

impl Drop for Scene<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = writeln!(std::io::stderr(), "in {:#?}", self.0);
        }
    }
}
