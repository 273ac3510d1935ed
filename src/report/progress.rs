//! The live line on standard error: how far the run is, what was found so far, and which host is waited for.

mod screen;

use std::{
    borrow::Cow,
    fmt::Write as _,
    io::IsTerminal as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use indexmap::IndexMap;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use screen::{CLEAR, Screen};

use super::{
    escape,
    width::cut,
    words::{self, Word},
};
use crate::{
    event::Event,
    inventory::HostName,
    judge::{Outcome, Verdict},
    stop::{Kept, Stop, Undo},
    text::Lang,
};

/// How often the line is drawn anew while nothing happens, so that seconds count on.
const TICK: Duration = Duration::from_millis(120);
/// How often it is drawn at most, a second.
const FRAMES: u8 = 20;
/// A host is named once it was waited for so long.
const SLOW: Duration = Duration::from_secs(2);
/// What is kept free of the terminal's width: the spinner and its blank, the last column, in which a line would fold, and
/// the two columns of `^C`.
const MARGIN: usize = 5;

/// The live line. It disappears when dropped, also when the events stop before the run's end.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    state: Arc<Mutex<State>>,
    /// Who ends the program at once takes the line away.
    _kept: Option<Kept>,
}

impl Progress {
    /// Begins the line on standard error; with `hidden`, or where standard error is no terminal, nothing is shown.
    #[must_use]
    pub fn new(lang: Lang, hidden: bool, stop: &Stop) -> Self {
        let state = Arc::new(Mutex::new(State::new(lang)));
        let style = style(Arc::clone(&state), stop.clone());
        if hidden || !std::io::stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()).with_style(style);
            return Self { bar, state, _kept: None };
        }
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(Screen::default()), FRAMES);
        let bar = ProgressBar::with_draw_target(None, target).with_style(style);
        let kept = stop.keep(|| Ok(((), Undo::Line(CLEAR))));
        bar.enable_steady_tick(TICK);
        Self { bar, state, _kept: kept.ok().map(|((), kept)| kept) }
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

fn style(state: Arc<Mutex<State>>, stop: Stop) -> ProgressStyle {
    let line = move |_: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
        let text = lock(&state).line(Instant::now(), stop.is_requested());
        let _ = out.write_str(&cut(&text, usize::from(screen::width()).saturating_sub(MARGIN)));
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
    /// How often hosts were tried that will be tried again, and the class of the last failure.
    failing: IndexMap<HostName, (u32, Cow<'static, str>)>,
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
            failing: IndexMap::new(),
        }
    }

    fn take(&mut self, event: &Event, now: Instant) {
        match event {
            Event::RunStarted { hosts, checks } => (self.hosts, self.checks) = (*hosts, *checks),
            Event::HostStarted { host } => {
                self.running.insert(host.clone(), now);
            }
            Event::HostWaiting { host, tries, error } => {
                self.failing.insert(host.clone(), (*tries, error.class.clone()));
            }
            Event::HostConnected { host } => drop(self.failing.shift_remove(host)),
            Event::Verdict(verdict) => self.count(verdict),
            Event::HostFinished(result) => {
                self.hosts_done += 1;
                self.running.shift_remove(&result.name);
                self.failing.shift_remove(&result.name);
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

    fn line(&self, now: Instant, is_stopping: bool) -> String {
        let lang = self.lang;
        if is_stopping {
            return Word::Stopping.get(lang).to_owned();
        }
        let mut line = Word::HostsDone.with(lang, &format!("{}/{}", self.hosts_done, self.hosts));
        let checks = Word::ChecksDone.with(lang, &format!("{}/{}", self.checks_done, self.checks));
        let findings = Word::FindingsSoFar.count(lang, self.findings);
        let _ = write!(line, "  {checks}  {findings}");
        if self.unknown > 0 {
            let _ = write!(line, "  {}", Word::CountNotJudged.count(lang, self.unknown));
        }
        if let Some((host, since)) = self.slowest(now) {
            let _ = write!(line, "  {}", self.waiting(host, since));
        }
        line
    }

    /// Whom the run waits for, and why.
    fn waiting(&self, host: &HostName, since: Duration) -> String {
        let (lang, name) = (self.lang, escape::line(host.as_str()));
        let since = words::whole_seconds(lang, since.as_secs());
        let Some((tries, class)) = self.failing.get(host) else {
            return format!("{} {since}", Word::WaitingFor.with(lang, &name));
        };
        let others = self.failing.len() - 1;
        let others = if others > 0 { format!(" {}", Word::MoreHosts.count(lang, others)) } else { String::new() };
        let tries = Word::Tries.count(lang, usize::try_from(*tries).unwrap_or(usize::MAX));
        let retrying = Word::Retrying.with(lang, &name);
        format!("{retrying}{others} {since} ({class}{}{tries})", Word::Comma.get(lang))
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
        event::{Event, HostError, HostResult},
        judge::Outcome,
        stop::Stop,
        text::{Lang, Text},
    };

    fn started(host: &str) -> Event {
        Event::HostStarted { host: host.into() }
    }

    fn waiting(host: &str, tries: u32) -> Event {
        let error = HostError { class: "refused".into(), message: Text::new("", ""), remedy: Vec::new() };
        Event::HostWaiting { host: host.into(), tries, error: Box::new(error) }
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
        assert_eq!(state.line(at(1), false), "hosts 0/3  checks 0/12  0 findings");
        assert_eq!(state.line(at(5), false), "hosts 0/3  checks 0/12  0 findings  waiting for hive0.site 5 s");
        state.take(&finished("hive0.site"), at(6));
        assert_eq!(state.line(at(7), false), "hosts 1/3  checks 0/12  0 findings  waiting for hive1.site 6 s");
        state.lang = Lang::Ja;
        assert_eq!(state.line(at(7), false), "ホスト 1/3  検査 0/12  指摘 0 件  hive1.site の応答待ち 6 秒");
    }

    #[test]
    fn the_line_tells_which_hosts_are_tried_again_and_why() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut state = State::new(Lang::En);
        state.take(&Event::RunStarted { hosts: 3, checks: 12 }, at(0));
        for host in ["hive0.site", "hive1.site"] {
            state.take(&started(host), at(0));
            state.take(&waiting(host, 1), at(0));
        }
        let line =
            |state: &State, seconds| state.line(at(seconds), false).split_once("  0 findings  ").unwrap().1.to_owned();
        assert_eq!(line(&state, 2), "retrying hive0.site (+1) 2 s (refused, 1 try)");
        state.take(&waiting("hive0.site", 7), at(2));
        assert_eq!(line(&state, 95), "retrying hive0.site (+1) 1 min 35 s (refused, 7 tries)");
        state.take(&Event::HostConnected { host: "hive1.site".into() }, at(96));
        assert_eq!(line(&state, 96), "retrying hive0.site 1 min 36 s (refused, 7 tries)");
        state.take(&Event::HostConnected { host: "hive0.site".into() }, at(97));
        assert_eq!(line(&state, 97), "waiting for hive0.site 1 min 37 s");
        state.take(&waiting("hive0.site", 8), at(98));
        state.lang = Lang::Ja;
        assert!(state.line(at(98), false).ends_with("hive0.site を再試行中 1 分 38 秒 (refused、8 回試行)"));
    }

    #[test]
    fn a_run_that_is_stopped_says_so() {
        let line = |lang| State::new(lang).line(Instant::now(), true);
        assert_eq!(line(Lang::En), "stopping; a second Ctrl-C ends it at once");
        assert_eq!(line(Lang::Ja), "中断しています (もう一度 Ctrl-C で即時終了)");
    }

    #[test]
    fn hostile_names_do_not_reach_the_terminal() {
        let begin = Instant::now();
        let mut state = State::new(Lang::En);
        state.take(&started("a\x1b[2Jb"), begin);
        assert!(state.line(begin + Duration::from_secs(3), false).ends_with(r"waiting for a\x1b[2Jb 3 s"));
    }

    #[test]
    fn a_line_whose_events_stop_goes_away_when_dropped() {
        let progress = Progress::new(Lang::En, true, &Stop::default());
        progress.take(&Event::RunStarted { hosts: 1, checks: 1 });
        progress.take(&started("hive0.site"));
        assert_eq!(progress.suspend(|| 7), 7);
        let bar = progress.bar.clone();
        drop(progress);
        assert!(bar.is_finished());
    }
}
