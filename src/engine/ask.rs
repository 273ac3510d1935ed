//! One host: connect, ask everything in one exec, and take the answers apart.

use std::time::{Duration, Instant};

use minijinja::Value;

use super::{conversation::Conversation, host_error, retry::reach};
use crate::{
    event::HostError,
    jinja::value_of,
    judge::Answers,
    plan::{Question, Reach, Target, Task},
    probe::{self, ConnectionFacts},
    text::Text,
    transport::{Credentials, Endpoint, SessionFacts},
};

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
    /// How often a host is tried again within its time, where that may help.
    pub retries: u32,
    /// Until when hosts that may come up are tried again, beyond their own time.
    pub repeat_until: Option<Instant>,
}

/// What became of asking one host.
#[derive(Debug)]
pub(super) enum Asked {
    /// It answered.
    Answered {
        /// Answers of each task, in plan order.
        answers: Vec<Answers>,
        /// `connection`, with what the connection told.
        connection: Value,
        /// The user that asked.
        user: String,
    },
    /// It could not be reached.
    NotReached(HostError),
    /// It is not there yet.
    NotYet(Text),
    /// The run was stopped before it was done.
    Interrupted,
}

impl Asked {
    /// Whether a connection that was cut off has changed it, or may have.
    pub(super) fn is_cut_off(&self) -> bool {
        match self {
            Self::Answered { answers, .. } => {
                answers.iter().flat_map(|task| task.iter()).any(|(_, answer)| answer.is_err())
            }
            Self::NotReached(error) => error.class != host_error::INVENTORY,
            Self::NotYet(_) => false,
            Self::Interrupted => true,
        }
    }
}

/// What is to be told of a host while it is asked.
pub(super) enum Sign {
    /// It let us in.
    Connected,
    /// It was tried so often, could not be reached, and will be tried again.
    Waiting(u32, Box<HostError>),
}

/// Asks one host everything that its tasks need to know.
pub(super) fn ask(
    target: &Target,
    credentials: &Credentials,
    settings: &Settings,
    started: Instant,
    tell: &dyn Fn(Sign),
) -> Asked {
    let endpoint = match &target.reach {
        Err(error) => return Asked::NotReached(host_error::of_inventory(error)),
        Ok(Reach::NotYet(why)) => return Asked::NotYet(why.clone()),
        Ok(Reach::At(endpoint)) => endpoint,
    };
    if !target.tasks.iter().any(Task::needs_connection) {
        return without_connection(target, endpoint);
    }
    match reach(endpoint, credentials, settings, started, tell) {
        Err(error) => Asked::NotReached(error),
        Ok((mut session, deadline)) => {
            tell(Sign::Connected);
            let facts = session.facts();
            let told = told(&facts);
            let answers = Conversation::new(&mut session, settings, deadline, &told).ask(target);
            let connection = value_of(&probe::connection(&told).values.into());
            Asked::Answered { answers, connection, user: facts.user }
        }
    }
}

impl Settings {
    pub(super) fn deadline(&self, started: Instant) -> Instant {
        let own = started + self.host_timeout;
        self.run_deadline.map_or(own, |run| own.min(run))
    }
}

/// The answers where the inventory knows everything.
fn without_connection(target: &Target, endpoint: &Endpoint) -> Asked {
    let answer = |question: &Question| (question.register.clone(), Ok(probe::inventory()));
    let answers = target.tasks.iter().map(|task| task.questions.iter().map(answer).collect()).collect();
    let user = endpoint.ssh().map(|ssh| ssh.user.clone()).unwrap_or_default();
    Asked::Answered { answers, connection: target.connection(), user }
}

/// What the connection told, as probes know it.
fn told(facts: &SessionFacts) -> ConnectionFacts {
    ConnectionFacts {
        kind: facts.kind.to_owned(),
        address: Some(facts.address.clone()),
        port: facts.port,
        user: Some(facts.user.clone()),
        banner: facts.banner.clone(),
    }
}
