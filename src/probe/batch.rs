//! All questions to a host as one script, and its answers apart again.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{
    Nonce, Observation, Probe, ProbeError,
    becoming::Becoming,
    call,
    call::Call,
    frame::{self, Close, Exit, Header, Stream, Sudo},
    observe,
};
use crate::shell::quote;

/// Bytes that the two markers of a frame may take of its cap.
const MARKERS: usize = 256;
/// Seconds that `sudo` itself may take (a directory service that does not answer), beside its probes.
const SUDO_SECONDS: u64 = 15;
const PRELUDE: &str = include_str!("sh/prelude.sh");

/// One question to a host.
#[derive(Debug, Clone)]
pub struct Question {
    /// Names the answer.
    pub id: u32,
    /// What is asked.
    pub probe: Arc<Probe>,
    /// Asked as another user: see [`Batch::becoming`].
    pub r#become: bool,
    /// Its text holds a secret: it stands in no list of processes.
    pub is_secret: bool,
    /// Time for this question; the script counts whole seconds, up to one more than asked for.
    pub timeout: Duration,
}

/// How the exec that carried a batch ended, for messages about what is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExchangeEnd {
    /// By itself.
    #[default]
    Complete,
    /// By the host's deadline.
    TimedOut,
    /// By a lost connection.
    Lost,
    /// The whole output was longer than its cap.
    Truncated,
}

/// What surrounds the two streams.
#[derive(Debug, Clone, Copy)]
pub struct Exchange {
    /// Our clock when the script was sent.
    pub sent: SystemTime,
    /// Our clock when the last byte had come.
    pub received: SystemTime,
    /// How it ended.
    pub end: ExchangeEnd,
}

/// What one probe of the script answered, byte for byte.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Exit status.
    pub status: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// Time on the host, to a hundredth of a second; zero where the host does not tell.
    pub duration: Duration,
    /// Seconds since the host's boot at its end.
    pub(super) uptime: Option<f64>,
}

/// The questions that travel in one script; see [`Batch::carries`].
#[derive(Debug)]
pub struct Batch {
    nonce: Nonce,
    becoming: Arc<Becoming>,
    /// In the order of the script: those of the login user first.
    asked: Vec<Asked>,
    /// Questions that no shell can be asked.
    impossible: BTreeMap<u32, ProbeError>,
}

#[derive(Debug)]
struct Asked {
    question: Question,
    call: Call,
}

impl Batch {
    /// Whether `probe` is one for the script: not [`Probe::StreamLocal`], [`Probe::Connection`] and
    /// [`Probe::Inventory`], which need no shell.
    #[must_use]
    pub fn carries(probe: &Probe) -> bool {
        call::of(probe, Duration::ZERO).is_some()
    }

    /// Joins `questions`; those that the script does not carry are left out. A text with a NUL or of more than
    /// 128 KiB cannot reach a shell, and no program or an empty path is no question: these are answered with an error.
    #[must_use]
    pub fn new(questions: Vec<Question>, nonce: Nonce) -> Self {
        let mut batch = Self { nonce, becoming: Arc::default(), asked: Vec::new(), impossible: BTreeMap::new() };
        for question in questions {
            match call::of(&question.probe, question.timeout) {
                None => {}
                Some(call) => match call.impossible() {
                    Some(why) => drop(batch.impossible.insert(question.id, ProbeError::Unreadable(why.to_owned()))),
                    None => batch.asked.push(Asked { question, call }),
                },
            }
        }
        batch.asked.sort_by_key(|asked| asked.question.r#become);
        batch
    }

    /// The same batch, whose questions with `become` are asked in this way instead of by `sudo -n` to root.
    #[must_use]
    pub fn becoming(self, becoming: Arc<Becoming>) -> Self {
        Self { becoming, ..self }
    }

    /// Whether the script holds a secret, so that it must not travel in a command line.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        let is_fed = self.becoming.fed().is_some();
        self.asked.iter().any(|Asked { question, .. }| question.is_secret || (question.r#become && is_fed))
    }

    /// Whether there is nothing to ask.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.asked.is_empty()
    }

    /// The script, POSIX `sh` text. It is read as a whole before any of it is run, and leaves standard input alone.
    #[must_use]
    pub fn script(&self) -> String {
        let prelude = self.prelude();
        let (own, root): (Vec<_>, Vec<_>) =
            self.asked.iter().enumerate().partition(|(_, asked)| !asked.question.r#become);
        let mut script = String::from("{\n");
        if root.is_empty() {
            script.push_str(&prelude);
        } else {
            // Writing to a `String` cannot fail.
            let _ = writeln!(script, "hpS={}\neval \"$hpS\"", quote(&prelude));
        }
        script.push_str("hpstart\n");
        script.push_str(&calls(&own));
        if !root.is_empty() {
            script.push_str(&self.sudo(&root));
        }
        script.push_str("hpstop\n}\n");
        script
    }

    /// The questions of another user.
    fn sudo(&self, asked: &[(usize, &Asked)]) -> String {
        let becoming = &self.becoming;
        let (password, tried) =
            (quote(becoming.fed().unwrap_or_default()), if becoming.is_tried() { "1" } else { "''" });
        let mut line = format!("hpsudo {} {}", quote(&calls(asked)), sudo_seconds(asked));
        // Writing to a `String` cannot fail.
        let _ = write!(line, " {} {password} {tried}", quote(&becoming.user));
        let words = becoming.words().into_iter().map(|word| format!(" {}", quote(&word)));
        line.extend(words);
        line + "\n"
    }

    fn prelude(&self) -> String {
        let mut prelude = without_comments(PRELUDE).replace("@NONCE@", self.nonce.as_str());
        let mut helpers: Vec<_> = self.asked.iter().filter_map(|asked| asked.call.helper()).collect();
        helpers.sort_unstable_by_key(|helper| helper.name());
        helpers.dedup();
        for helper in helpers {
            let _ = writeln!(prelude, "{}={}", helper.name(), quote(&without_comments(helper.text())));
        }
        prelude
    }

    /// What stands at the end of both streams, once every question was asked.
    #[must_use]
    pub fn last_mark(&self) -> String {
        format!("{} Z ", self.nonce.as_str())
    }

    /// What the host told about itself at the beginning, where it answered at all.
    #[must_use]
    pub fn header(&self, stdout: &[u8]) -> Option<Header> {
        frame::read(stdout, &self.nonce).header
    }

    /// The answers, byte for byte, to every question that the script carries.
    #[must_use]
    pub fn answers(
        &self,
        stdout: &[u8],
        stderr: &[u8],
        exchange: &Exchange,
    ) -> BTreeMap<u32, Result<Answer, ProbeError>> {
        let (out, err) = (frame::read(stdout, &self.nonce), frame::read(stderr, &self.nonce));
        let answers = self.asked.iter().enumerate();
        let impossible = self.impossible.iter().map(|(id, error)| (*id, Err(error.clone())));
        answers
            .map(|(index, asked)| (asked.question.id, answer(index, asked, &out, &err, exchange)))
            .chain(impossible)
            .collect()
    }

    /// What was observed, for every question that the script carries. Whatever is not a complete answer is an error.
    #[must_use]
    pub fn read(
        &self,
        stdout: &[u8],
        stderr: &[u8],
        exchange: &Exchange,
    ) -> BTreeMap<u32, Result<Observation, ProbeError>> {
        let clock = self.timing(stdout, exchange);
        let mut answers = self.answers(stdout, stderr, exchange);
        let mut observations = BTreeMap::new();
        for asked in &self.asked {
            if let Some(answer) = answers.remove(&asked.question.id) {
                let probe = &asked.question.probe;
                observations.insert(asked.question.id, answer.and_then(|answer| observe::read(probe, &answer, &clock)));
            }
        }
        observations.extend(answers.into_iter().filter_map(|(id, answer)| Some((id, Err(answer.err()?)))));
        observations
    }

    fn timing(&self, stdout: &[u8], exchange: &Exchange) -> observe::Timing {
        let stream = frame::read(stdout, &self.nonce);
        observe::Timing {
            sent: exchange.sent,
            received: exchange.received,
            began: stream.header.and_then(|header| header.uptime),
            ended: stream.ended,
        }
    }
}

fn without_comments(script: &str) -> String {
    script.lines().filter(|line| !line.starts_with('#')).flat_map(|line| [line, "\n"]).collect()
}

fn calls(asked: &[(usize, &Asked)]) -> String {
    asked.iter().fold(String::new(), |mut text, (index, asked)| {
        let call = &asked.call;
        let (seconds, cap) = (seconds(asked.question.timeout), call.max_bytes.saturating_add(MARKERS));
        let words = if asked.question.is_secret { call.fed_words() } else { call.words() };
        let fed = call.own_text().filter(|_| asked.question.is_secret).map(quote).unwrap_or_default();
        if !fed.is_empty() {
            let _ = writeln!(text, "hpv={fed}");
        }
        let _ = writeln!(text, "hpp {index} {seconds} {cap} {} {words}", quote(&call.directory));
        text
    })
}

/// Whole seconds, at least one.
fn seconds(timeout: Duration) -> u64 {
    timeout.as_secs().saturating_add(u64::from(timeout.subsec_nanos() > 0)).max(1)
}

/// The time of all its probes one after the other, each with what the script needs to end it.
fn sudo_seconds(asked: &[(usize, &Asked)]) -> u64 {
    asked
        .iter()
        .map(|(_, asked)| seconds(asked.question.timeout).saturating_add(3))
        .fold(SUDO_SECONDS, u64::saturating_add)
}

fn answer(
    index: usize,
    asked: &Asked,
    out: &Stream<'_>,
    err: &Stream<'_>,
    exchange: &Exchange,
) -> Result<Answer, ProbeError> {
    let (Some(stdout), Some(stderr)) = (out.frames.get(index), err.frames.get(index)) else {
        return Err(missing(asked, out, err, exchange));
    };
    let max_bytes = asked.call.max_bytes;
    if stdout.data.len() > max_bytes || stderr.data.len() > max_bytes {
        return Err(ProbeError::Truncated(max_bytes));
    }
    match (stdout.close, stderr.close) {
        (Close::TimedOut, _) | (_, Close::TimedOut) => Err(ProbeError::TimedOut(asked.question.timeout)),
        (Close::Ended { exit: Exit::Status(status), from, to }, other) if other == stdout.close => Ok(Answer {
            status,
            stdout: stdout.data.to_vec(),
            stderr: stderr.data.to_vec(),
            duration: elapsed(from, to),
            uptime: to,
        }),
        (Close::Ended { exit: Exit::NoDirectory, .. }, other) if other == stdout.close => Err(ProbeError::NoAnswer(
            format!("the directory `{}` cannot be entered: {}", asked.call.directory, observe::first_line(stderr.data)),
        )),
        _ => Err(ProbeError::NoAnswer(ended_early(exchange).unwrap_or("its frame has no end").to_owned())),
    }
}

fn elapsed(from: Option<f64>, to: Option<f64>) -> Duration {
    let seconds = from.zip(to).map_or(0.0, |(from, to)| to - from);
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// Why there is no frame at all.
fn missing(asked: &Asked, out: &Stream<'_>, err: &Stream<'_>, exchange: &Exchange) -> ProbeError {
    if asked.question.r#become {
        match &err.sudo {
            Sudo::Refused(words) => return ProbeError::Sudo(super::sudo::meaningful(words)),
            Sudo::Silent if exchange.end == ExchangeEnd::Complete => {
                return ProbeError::Sudo("it gave no answer".to_owned());
            }
            Sudo::Unused | Sudo::Ran | Sudo::Silent => {}
        }
    }
    if let Some(words) = ended_early(exchange) {
        return ProbeError::NoAnswer(words.to_owned());
    }
    if out.header.is_none() || err.header.is_none() {
        return ProbeError::NoAnswer(never_ran(out, err));
    }
    ProbeError::NoAnswer("its frame is missing".to_owned())
}

fn ended_early(exchange: &Exchange) -> Option<&'static str> {
    match exchange.end {
        ExchangeEnd::Complete => None,
        ExchangeEnd::TimedOut => Some("the host's deadline passed before"),
        ExchangeEnd::Lost => Some("the connection was lost before"),
        ExchangeEnd::Truncated => Some("output truncated: the host sent more than is read"),
    }
}

/// The script did not run: what the login shell said instead (`nologin`, a restricted shell, no `sh`).
fn never_ran(out: &Stream<'_>, err: &Stream<'_>) -> String {
    let said = [err.noise, out.noise].map(observe::first_line);
    match said.iter().find(|line| !line.is_empty()) {
        Some(line) => format!("the script did not run: {line}"),
        None => "the script did not run, and nothing was said".to_owned(),
    }
}
