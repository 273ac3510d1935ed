//! One host: connect, ask everything in one exec, and take the answers apart.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use minijinja::Value;

use crate::{
    event::HostError,
    judge::Answers,
    plan::{Question, Reach, Target},
    probe::{self, Batch, Observation, Probe, ProbeError},
    text::Text,
    transport::{Credentials, Endpoint, ExecLimits, Session, StreamLocalReply, connect},
};

use super::host_error;

/// Bytes of one stream that one host may send in all, beside the caps of each probe.
const HOST_BYTES: usize = 16 << 20;

/// Bounds of a run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Hosts asked at the same time.
    pub forks: usize,
    /// One probe, unless its check says otherwise.
    pub probe_timeout: Duration,
    /// Everything that is asked of one host.
    pub host_timeout: Duration,
    /// When the run must be over.
    pub run_deadline: Option<Instant>,
}

/// What became of asking one host.
pub(super) enum Asked {
    /// It answered: answers by task, `connection` with what the connection told, the user that asked.
    Answered { answers: Vec<Answers>, connection: Value, user: String },
    /// It could not be reached.
    NotReached(HostError),
    /// It is not there yet.
    NotYet(Text),
}

/// Asks one host everything that its tasks need to know; `connected` is called once it let us in.
pub(super) fn ask(
    target: &Target,
    credentials: &Credentials,
    settings: &Settings,
    started: Instant,
    connected: &dyn Fn(),
) -> Asked {
    let endpoint = match &target.reach {
        Err(error) => return Asked::NotReached(host_error::of_inventory(error, target)),
        Ok(Reach::NotYet(why)) => return Asked::NotYet(why.clone()),
        Ok(Reach::At(endpoint)) => endpoint,
    };
    let user = user(endpoint);
    if !target.tasks.iter().any(Task::needs_connection) {
        let answers = target.tasks.iter().map(|task| without_connection(&task.questions)).collect();
        return Asked::Answered { answers, connection: Value::from(()), user };
    }
    let deadline = settings.deadline(started);
    match connect(endpoint, credentials, deadline) {
        Err(error) => Asked::NotReached(host_error::of_transport(&error, target)),
        Ok(mut session) => {
            connected();
            let connection = connection(&session);
            let answers = Asker { session: &mut session, settings, deadline, connection: &connection }.ask(target);
            Asked::Answered { answers, connection: plain_json(&connection.into()), user }
        }
    }
}

impl Settings {
    fn deadline(&self, started: Instant) -> Instant {
        let own = started + self.host_timeout;
        self.run_deadline.map_or(own, |run| own.min(run))
    }
}

fn user(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Ssh(ssh) => ssh.user.clone(),
        Endpoint::Local(_) => std::env::var("USER").unwrap_or_else(|_| "root".to_owned()),
    }
}

/// Answers of a host that nothing has to be asked of.
fn without_connection(questions: &[Question]) -> Answers {
    questions.iter().map(|question| (question.register.clone(), Ok(probe::observe_inventory()))).collect()
}
