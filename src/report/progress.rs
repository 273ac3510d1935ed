//! The live line on standard error: how far the run is, what was found so far, and which host is waited for.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use indexmap::IndexMap;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{
    escape,
    width::cut,
    words::{self, Word},
};
use crate::{
    event::Event,
    inventory::HostName,
    judge::{Outcome, Verdict},
    text::Lang,
};

/// How often the line is drawn anew while nothing happens, so that seconds count on.
const TICK: Duration = Duration::from_millis(120);
/// A host is named once it was waited for so long.
const SLOW: Duration = Duration::from_secs(2);

/// The live line. It disappears when dropped, also when the events stop before the run's end.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    state: Arc<Mutex<State>>,
}

impl Progress {
    /// Begins the line on standard error; with `hidden`, or where standard error is no terminal, nothing is shown.
    #[must_use]
    pub fn new(lang: Lang, hidden: bool) -> Self {
        let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let state = Arc::new(Mutex::new(State::new(lang)));
        let bar = ProgressBar::with_draw_target(None, target).with_style(style(Arc::clone(&state)));
        if !bar.is_hidden() {
            bar.enable_steady_tick(TICK);
        }
        Self { bar, state }
    }

    /// Takes in one event.
    pub fn take(&self, event: &Event) {
        lock(&self.state).take(event, Instant::now());
    }

    /// Runs `f` while the line is out of the way, for questions and messages on the terminal.
    pub fn suspend<T>(&self, f: impl FnOnce() -> T) -> T {
        self.bar.suspend(f)
    }

    /// Takes the line away; call this before anything is written to standard output.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // The state is only counted up: a panic elsewhere leaves it usable.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn style(state: Arc<Mutex<State>>) -> ProgressStyle {
    let line = move |_: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
        let width = terminal_size::terminal_size_of(std::io::stderr()).map_or(80, |(width, _)| usize::from(width.0));
        // The spinner and its blank stand before it; a line that fills the last column would fold.
        let text = cut(&lock(&state).line(Instant::now()), width.saturating_sub(3));
        let _ = out.write_str(&text);
    };
    ProgressStyle::with_template("{spinner:.cyan} {line}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ")
        .with_key("line", line)
}

/// What is known so far.
#[derive(Debug)]
struct State {
    lang: Lang,
    hosts: usize,
    hosts_done: usize,
    checks: usize,
    checks_done: usize,
    findings: usize,
    unknown: usize,
    running: IndexMap<HostName, Instant>,
}

impl State {
    fn new(lang: Lang) -> Self {
        Self {
            lang,
            hosts: 0,
            hosts_done: 0,
            checks: 0,
            checks_done: 0,
            findings: 0,
            unknown: 0,
            running: IndexMap::new(),
        }
    }

    fn take(&mut self, event: &Event, now: Instant) {
        match event {
            Event::RunStarted { hosts, checks } => (self.hosts, self.checks) = (*hosts, *checks),
            Event::HostStarted { host } => {
                self.running.insert(host.clone(), now);
            }
            Event::HostConnected { .. } | Event::HostWaiting { .. } => {}
            Event::Verdict(verdict) => self.count(verdict),
            Event::HostFinished(result) => {
                self.hosts_done += 1;
                self.running.shift_remove(&result.name);
            }
            Event::RunFinished { .. } => self.running.clear(),
        }
    }

    fn count(&mut self, verdict: &Verdict) {
        self.checks_done += 1;
        match verdict.outcome {
            Outcome::Fail => self.findings += 1,
            Outcome::Error | Outcome::Unreachable => self.unknown += 1,
            Outcome::Pass | Outcome::Blocked | Outcome::Skipped | Outcome::Waived => {}
        }
    }

    fn line(&self, now: Instant) -> String {
        let lang = self.lang;
        let mut line = Word::HostsDone.with(lang, &format!("{}/{}", self.hosts_done, self.hosts));
        let checks = Word::ChecksDone.with(lang, &format!("{}/{}", self.checks_done, self.checks));
        let findings = Word::FindingsSoFar.count(lang, self.findings);
        let _ = write!(line, "  {checks}  {findings}");
        if self.unknown > 0 {
            let _ = write!(line, "  {}", Word::CountNotJudged.count(lang, self.unknown));
        }
        if let Some((host, since)) = self.slowest(now) {
            let waiting = Word::WaitingFor.with(lang, &escape::line(host.as_str()));
            let _ = write!(line, "  {waiting} {}", words::whole_seconds(lang, since.as_secs()));
        }
        line
    }

    /// Hosts stand in the order in which they were taken up, so that the first is waited for longest.
    fn slowest(&self, now: Instant) -> Option<(&HostName, Duration)> {
        let (host, since) = self.running.first()?;
        let waited = now.saturating_duration_since(*since);
        (waited >= SLOW).then_some((host, waited))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Progress, State};
    use crate::{
        event::{Event, HostResult},
        judge::Outcome,
        text::Lang,
    };

    fn started(host: &str) -> Event {
        Event::HostStarted { host: host.into() }
    }

    fn finished(host: &str) -> Event {
        Event::HostFinished(Box::new(HostResult {
            name: host.into(),
            address: String::new(),
            outcome: Outcome::Pass,
            error: None,
            location: None,
            duration: Duration::ZERO,
        }))
    }

    #[test]
    fn the_line_names_the_host_that_is_waited_for_longest() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut state = State::new(Lang::En);
        state.take(&Event::RunStarted { hosts: 3, checks: 12 }, at(0));
        state.take(&started("hive0.site"), at(0));
        state.take(&started("hive1.site"), at(1));
        assert_eq!(state.line(at(1)), "hosts 0/3  checks 0/12  0 findings");
        assert_eq!(state.line(at(5)), "hosts 0/3  checks 0/12  0 findings  waiting for hive0.site 5 s");
        state.take(&finished("hive0.site"), at(6));
        assert_eq!(state.line(at(7)), "hosts 1/3  checks 0/12  0 findings  waiting for hive1.site 6 s");
        state.lang = Lang::Ja;
        assert_eq!(state.line(at(7)), "ホスト 1/3  検査 0/12  指摘 0 件  hive1.site の応答待ち 6 秒");
    }

    #[test]
    fn hostile_names_do_not_reach_the_terminal() {
        let begin = Instant::now();
        let mut state = State::new(Lang::En);
        state.take(&started("a\x1b[2Jb"), begin);
        assert!(state.line(begin + Duration::from_secs(3)).ends_with(r"waiting for a\x1b[2Jb 3 s"));
    }

    #[test]
    fn a_line_whose_events_stop_goes_away_when_dropped() {
        let progress = Progress::new(Lang::En, true);
        progress.take(&Event::RunStarted { hosts: 1, checks: 1 });
        progress.take(&started("hive0.site"));
        assert_eq!(progress.suspend(|| 7), 7);
        let bar = progress.bar.clone();
        drop(progress);
        assert!(bar.is_finished());
    }
}
