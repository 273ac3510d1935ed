//! Ctrl-C and its like: the first one stops a run politely, the second one ends the program at once.

use std::{
    fs,
    sync::{
        LazyLock, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM},
    iterator::Signals,
    low_level,
};

use crate::stop::Stop;

/// What this process must not leave behind. Signals are for a whole process, and so is this.
static STOP: LazyLock<Stop> = LazyLock::new(Stop::default);
/// Somebody comes to an end by himself once he is asked to.
static HEEDED: AtomicBool = AtomicBool::new(false);
/// The first signal and when it came.
static FIRST: Mutex<Option<(i32, Instant)>> = Mutex::new(None);

/// Two signals within this time are one: `timeout` and service managers send theirs to the process and to its group.
const ONE: Duration = Duration::from_millis(100);

/// Begins to listen, before anything is started that must not stay behind.
pub(super) fn listen() {
    let wanted: Vec<i32> =
        [SIGINT, SIGTERM, SIGHUP, SIGQUIT].into_iter().filter(|signal| !is_ignored(*signal)).collect();
    // What a signal leads to takes its time. Who listens has none, or the next one would seem to come later than it did.
    let (sender, receiver) = mpsc::channel();
    let act = move || receiver.into_iter().for_each(|(signal, came)| take(signal, came));
    let (ready, is_ready) = mpsc::channel();
    let listen = move || {
        let signals = Signals::new(wanted);
        let _ = ready.send(());
        if let Ok(mut signals) = signals {
            for signal in signals.forever() {
                let _ = sender.send((signal, Instant::now()));
            }
        }
    };
    // Without the threads, signals do what they do to every program.
    let named = |name: &str| thread::Builder::new().name(name.into());
    if named("stopping").spawn(act).and_then(|_| named("signals").spawn(listen)).is_ok() {
        let _ = is_ready.recv();
    }
}

/// What ends when the program is asked to stop.
pub(super) fn stop() -> &'static Stop {
    &STOP
}

/// Promises that from now on a stop that is requested leads to an end by itself.
pub(super) fn heed() {
    HEEDED.store(true, Ordering::SeqCst);
}

/// The exit status of a program that was asked to stop: 130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP. Does not
/// come back where the program is being ended already.
pub(super) fn status() -> Option<u8> {
    STOP.is_requested().then(|| status_of(first().map_or(SIGINT, |(signal, _)| signal)))
}

/// Does what a `signal` asks for that `came` then.
fn take(signal: i32, came: Instant) {
    let (is_first, since) = {
        let mut first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
        (first.is_none(), came.saturating_duration_since(first.get_or_insert((signal, came)).1))
    };
    if is_first && signal != SIGQUIT && HEEDED.load(Ordering::SeqCst) {
        STOP.request();
    } else if is_first || since > ONE {
        STOP.end();
        // Not `exit`: other threads are at work, and what libraries do at the exit is not made for that.
        low_level::exit(status_of(signal).into());
    }
}

fn first() -> Option<(i32, Instant)> {
    *FIRST.lock().unwrap_or_else(PoisonError::into_inner)
}

/// As shells tell it.
fn status_of(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}

/// Whether who started us wants the signal ignored, as `nohup` does; where the system does not tell, not.
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask >> (signal - 1) & 1 == 1
}
