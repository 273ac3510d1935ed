//! What is said to one host over one session: one script for everything that a shell can answer, then the sockets.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use super::Settings;
use crate::{
    judge::Answers,
    plan::{Target, Task},
    probe::{
        self, Batch, Becoming, ConnectionFacts, Exchange, ExchangeEnd, Nonce, Observation, Probe, ProbeError,
        StreamLocalAnswer,
    },
    transport::{ExecLimits, ExecOutput, SentAs, Session, StreamLocalReply},
};

/// Bytes of each stream that one host may send in all; the caps of single probes are lower.
const HOST_BYTES: usize = 16 << 20;

type Answer = Result<Observation, ProbeError>;

/// Probes that are the same question are asked once; this is what makes them the same.
type Key = (Arc<Probe>, bool, Duration, bool);

/// One host's session and the bounds on it.
pub(super) struct Conversation<'a> {
    session: &'a mut Session,
    settings: &'a Settings,
    deadline: Instant,
    facts: &'a ConnectionFacts,
}

impl<'a> Conversation<'a> {
    pub(super) fn new(
        session: &'a mut Session,
        settings: &'a Settings,
        deadline: Instant,
        facts: &'a ConnectionFacts,
    ) -> Self {
        Self { session, settings, deadline, facts }
    }

    /// Asks everything that the target's tasks want to know; the answers stand in the order of the tasks.
    pub(super) fn ask(&mut self, target: &Target) -> Vec<Answers> {
        let (keys, numbers) = self.distinct(&target.tasks);
        let mut known = self.ask_script(&keys, &target.becoming);
        for (number, key) in keys.iter().enumerate() {
            if !Batch::carries(&key.0) {
                known.insert(number, self.ask_without_script(key));
            }
        }
        numbers.iter().map(|task| answers_of(task, &known)).collect()
    }

    /// The distinct questions of all tasks, and for each task its registers with the numbers of their questions.
    fn distinct(&self, tasks: &[Task]) -> (Vec<Key>, Vec<Vec<(String, usize)>>) {
        let mut keys: Vec<Key> = Vec::new();
        let mut seen: HashMap<Key, usize> = HashMap::new();
        let numbers = tasks
            .iter()
            .map(|task| {
                let number = |question: &crate::plan::Question| {
                    let timeout = question.timeout.unwrap_or(self.settings.probe_timeout);
                    let key = (Arc::clone(&question.probe), question.r#become, timeout, question.is_secret);
                    let number = *seen.entry(key.clone()).or_insert_with(|| {
                        keys.push(key);
                        keys.len() - 1
                    });
                    (question.register.clone(), number)
                };
                task.questions.iter().map(number).collect()
            })
            .collect();
        (keys, numbers)
    }

    fn ask_script(&mut self, keys: &[Key], becoming: &Arc<Becoming>) -> BTreeMap<usize, Answer> {
        let questions: Vec<probe::Question> = (0u32..)
            .zip(keys)
            .filter(|(_, (probe, ..))| Batch::carries(probe))
            .map(|(id, (probe, r#become, timeout, is_secret))| probe::Question {
                id,
                probe: Arc::clone(probe),
                r#become: *r#become,
                timeout: *timeout,
                is_secret: *is_secret,
            })
            .collect();
        let ids: Vec<u32> = questions.iter().map(|question| question.id).collect();
        let all = |error: &ProbeError| ids.iter().map(|id| (place(*id), Err(error.clone()))).collect();
        let nonce = match Nonce::random() {
            Ok(nonce) => nonce,
            Err(error) => return all(&ProbeError::NoAnswer(error.to_string())),
        };
        let batch = Batch::new(questions, nonce).becoming(Arc::clone(becoming));
        if batch.is_empty() {
            return batch.read(b"", b"", &nothing()).into_iter().map(|(id, answer)| (place(id), answer)).collect();
        }
        match self.exchange(&batch) {
            Ok(answers) => answers.into_iter().map(|(id, answer)| (place(id), answer)).collect(),
            Err(error) => all(&error),
        }
    }

    fn exchange(&mut self, batch: &Batch) -> Result<BTreeMap<u32, Answer>, ProbeError> {
        let script = batch.script();
        let last_mark = batch.last_mark();
        let limits = ExecLimits {
            deadline: self.deadline,
            max_stdout: HOST_BYTES,
            max_stderr: HOST_BYTES,
            last_mark: Some(last_mark.as_bytes()),
        };
        let lost = |error: crate::transport::TransportError| ProbeError::NoAnswer(error.message().en);
        let mut sent = SystemTime::now();
        let mut output = if batch.is_secret() {
            // A command line stands in the list of processes.
            self.session.exec_stdin(&script, &limits)
        } else {
            self.session.exec(&script, &limits)
        }
        .map_err(lost)?;
        let unanswered = batch.header(&output.stdout).is_none();
        let may_go_on = !output.lost && !output.timed_out && !output.truncated;
        if unanswered && output.sent_as == SentAs::CommandLine && may_go_on {
            // Nothing ran: `base64` or `gzip` is missing there, so the script goes over standard input.
            sent = SystemTime::now();
            output = self.session.exec_stdin(&script, &limits).map_err(lost)?;
        }
        let exchange = Exchange { sent, received: SystemTime::now(), end: end_of(&output) };
        if batch.header(&output.stdout).is_none() {
            return Err(no_frame(&output, self.deadline));
        }
        Ok(batch.read(&output.stdout, &output.stderr, &exchange))
    }

    fn ask_without_script(&mut self, (probe, _, timeout, _): &Key) -> Answer {
        match &**probe {
            Probe::StreamLocal { path, http_get } => self.ask_socket(path, http_get.as_deref(), *timeout),
            Probe::Connection => Ok(probe::connection(self.facts)),
            _ => Ok(probe::inventory()),
        }
    }

    fn ask_socket(&mut self, path: &str, http_get: Option<&str>, timeout: Duration) -> Answer {
        let began = Instant::now();
        let request = http_get.map(http_request);
        let answer = match self.session.stream_local(path, request.as_deref(), self.deadline.min(began + timeout)) {
            StreamLocalReply::Opened(bytes) => StreamLocalAnswer::Opened(bytes),
            StreamLocalReply::Refused(words) => StreamLocalAnswer::Refused(words),
            StreamLocalReply::TimedOut => StreamLocalAnswer::TimedOut,
            StreamLocalReply::Failed(words) => StreamLocalAnswer::Failed(words),
        };
        probe::stream_local(path, http_get, &answer, timeout, began.elapsed())
    }
}

/// One request after which the other side closes. The target is data: what would end its line is left out.
fn http_request(target: &str) -> Vec<u8> {
    let target: String = target.chars().filter(|c| !c.is_control() && *c != ' ').collect();
    format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").into_bytes()
}

fn place(id: u32) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}

fn answers_of(task: &[(String, usize)], known: &BTreeMap<usize, Answer>) -> Answers {
    let missing = || Err(ProbeError::NoAnswer("it is not among the answers".to_owned()));
    task.iter()
        .map(|(register, number)| (register.clone(), known.get(number).cloned().unwrap_or_else(missing)))
        .collect()
}

fn nothing() -> Exchange {
    Exchange { sent: SystemTime::now(), received: SystemTime::now(), end: ExchangeEnd::Complete }
}

fn end_of(output: &ExecOutput) -> ExchangeEnd {
    match output {
        ExecOutput { timed_out: true, .. } => ExchangeEnd::TimedOut,
        ExecOutput { lost: true, .. } => ExchangeEnd::Lost,
        ExecOutput { truncated: true, .. } => ExchangeEnd::Truncated,
        _ => ExchangeEnd::Complete,
    }
}

/// Why not even the beginning of an answer came back.
fn no_frame(output: &ExecOutput, deadline: Instant) -> ProbeError {
    if output.timed_out {
        return ProbeError::NoAnswer(format!(
            "the host's time was over{}",
            if Instant::now() >= deadline { "" } else { " before it said anything" }
        ));
    }
    if output.lost {
        return ProbeError::NoAnswer("the connection broke".to_owned());
    }
    if output.truncated {
        return ProbeError::Truncated(HOST_BYTES);
    }
    let words = first_words(&output.stderr).or_else(|| first_words(&output.stdout));
    let said = words.map_or_else(|| "and said nothing".to_owned(), |words| format!("and said: {words}"));
    ProbeError::NoAnswer(match (&output.exit_signal, output.exit_status) {
        (Some(signal), _) => format!("the remote shell was killed by SIG{signal} {said}"),
        // Also where the server sent no status.
        (None, Some(0)) => format!("the remote shell ended without running the probes {said}"),
        (None, Some(status)) => {
            format!("the remote shell ended with status {status} without running the probes {said}")
        }
        (None, None) => format!("the remote shell ended without a status {said}"),
    })
}

fn first_words(stream: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(stream);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(line.chars().take(200).collect())
}
