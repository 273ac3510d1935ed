//! The installed `ssh` program as the way to a host: one process a host, which carries the one script.
//!
//! It is for what libssh2 lacks: GSSAPI, security keys, host certificates. The program tells what it does in its debugging
//! lines ([`log`]), which say why where it is not logged in ([`classify`]); where it is, it says a word of ours ([`mark`]).

mod classify;
mod command;
mod endpoint;
mod log;
mod login;
mod mark;
mod mother;
mod program;
mod socket;
mod streams;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

pub use command::through;
pub use endpoint::{MotherEndpoint, OpensshEndpoint};
pub(super) use mother::Gate;

use self::{log::Log, streams::Link};
use super::{
    capture::End,
    credentials::Credentials,
    endpoint::{ExecLimits, ExecOutput, SentAs, StreamLocalReply},
    error::{Phase, TransportError, TransportErrorKind as Kind},
    facts::SessionFacts,
    ssh::LONGEST_QUOTE,
};

/// What `ssh` itself has beyond its own `ConnectTimeout`, so that its words come first, and another address its turn.
const GRACE: Duration = Duration::from_millis(300);

/// Bytes of what `ssh` says until it is logged in; more is not from `ssh`.
const LOG_CAP: usize = 256 * 1024;

/// Where the `ssh` program runs.
#[derive(Debug, Clone)]
enum Place {
    Here(Box<OpensshEndpoint>),
    OnMother(Box<MotherEndpoint>),
}

/// An `ssh` program that is logged in, or was.
#[derive(Debug)]
pub struct OpensshSession {
    place: Place,
    /// The one that was opened first and has not carried a script yet.
    fresh: Option<Box<dyn Link>>,
    log: Log,
    credentials: Credentials,
}

/// Starts `ssh` on this machine and waits until it is logged in.
pub(super) fn open(
    endpoint: &OpensshEndpoint,
    credentials: &Credentials,
    deadline: Instant,
) -> Result<OpensshSession, TransportError> {
    OpensshSession::open(Place::Here(Box::new(endpoint.clone())), credentials, deadline)
}

/// Logs in on the mother, starts `ssh` there, and waits until that is logged in.
pub(super) fn open_on_mother(
    endpoint: &MotherEndpoint,
    credentials: &Credentials,
    deadline: Instant,
) -> Result<OpensshSession, TransportError> {
    OpensshSession::open(Place::OnMother(Box::new(endpoint.clone())), credentials, deadline)
}

impl Place {
    fn target(&self) -> &OpensshEndpoint {
        match self {
            Self::Here(endpoint) => endpoint,
            Self::OnMother(endpoint) => &endpoint.target,
        }
    }

    fn start(&self, credentials: &Credentials, deadline: Instant) -> Result<Box<dyn Link>, Kind> {
        match self {
            Self::Here(endpoint) => Ok(Box::new(program::start(endpoint, &credentials.stop)?)),
            Self::OnMother(endpoint) => Ok(Box::new(mother::start(endpoint, credentials, deadline)?)),
        }
    }

    /// Where it is the way to `ssh` on the mother that failed: the target has no part in it.
    fn way_failed(&self, detail: impl FnOnce() -> String) -> Option<Kind> {
        let Self::OnMother(endpoint) = self else { return None };
        Some(Kind::Proxy { command: endpoint.way(), detail: detail() })
    }

    /// An error of this place, with what `log` knows about the host.
    fn error(&self, log: &Log, kind: Kind) -> TransportError {
        let resolved = &self.target().resolved;
        let answered = log.answered();
        let kind = match self {
            Self::OnMother(endpoint) if !matches!(kind, Kind::Proxy { .. }) => {
                let (mother, port, config) = (endpoint.login(), endpoint.mother.port, endpoint.config.clone());
                Kind::FromMother { mother, port, config, kind: Box::new(as_there(endpoint, kind)) }
            }
            _ => kind,
        };
        TransportError {
            host: resolved.host.clone(),
            address: answered.and_then(|(ip, port)| Some(SocketAddr::new(ip.parse().ok()?, port))),
            port: answered.map_or(resolved.port, |(_, port)| port),
            user: log.user().unwrap_or(&resolved.user).to_owned(),
            kind: Box::new(kind),
        }
    }
}

/// What happened on the mother, where the hive project's own configuration leads to the host.
fn as_there(endpoint: &MotherEndpoint, mut kind: Kind) -> Kind {
    if let Kind::Auth(refusal) = &mut kind {
        refusal.way = vec!["-F".to_owned(), endpoint.config.clone()];
        refusal.directory = Some(endpoint.root.clone());
    }
    kind
}

impl OpensshSession {
    fn open(place: Place, credentials: &Credentials, deadline: Instant) -> Result<Self, TransportError> {
        let (fresh, log) = log_in(&place, credentials, deadline)?;
        Ok(Self { place, fresh: Some(fresh), log, credentials: credentials.clone() })
    }

    pub(super) fn exec(&mut self, script: &str, limits: &ExecLimits<'_>) -> Result<ExecOutput, TransportError> {
        let mut link = match self.fresh.take() {
            Some(link) => link,
            None => log_in(&self.place, &self.credentials, limits.deadline)?.0,
        };
        let mut end = link.carry(script, limits);
        let (status, said) = link.finish();
        if end == End::Complete && !said.has_ended() {
            if let Some(detail) = said.channel_refusal() {
                return Err(self.place.error(&self.log, Kind::Channel { detail }));
            }
            end = End::Lost;
        }
        let streams = link.streams();
        Ok(ExecOutput {
            truncated: streams.stdout.truncated() || streams.stderr.truncated() || end == End::Flood,
            stdout: streams.stdout.take(),
            stderr: streams.stderr.take(),
            exit_status: status.filter(|_| end == End::Complete && said.has_status()),
            exit_signal: None,
            timed_out: end == End::TimedOut,
            lost: end == End::Lost,
            sent_as: SentAs::Stdin,
        })
    }

    pub(super) fn stream_local(&self, path: &str, request: Option<&[u8]>, deadline: Instant) -> StreamLocalReply {
        let (credentials, request) = (&self.credentials, request.unwrap_or_default());
        match &self.place {
            Place::Here(endpoint) => socket::ask(endpoint, path, request, credentials, deadline),
            Place::OnMother(endpoint) => socket::ask_on_mother(endpoint, path, request, credentials, deadline),
        }
    }

    pub(super) fn facts(&self) -> SessionFacts {
        let resolved = &self.place.target().resolved;
        let answered = self.log.answered();
        SessionFacts {
            kind: "ssh",
            banner: self.log.banner(),
            software: self.log.software().map(str::to_owned),
            address: answered.map_or_else(|| resolved.host.clone(), |(ip, _)| ip.to_owned()),
            port: Some(answered.map_or(resolved.port, |(_, port)| port)),
            user: self.log.user().unwrap_or(&resolved.user).to_owned(),
            host_key: self.log.host_key(),
        }
    }
}

/// A started `ssh` that is logged in, and what it said on the way.
fn log_in(place: &Place, credentials: &Credentials, deadline: Instant) -> Result<(Box<dyn Link>, Log), TransportError> {
    let mut link = place.start(credentials, deadline).map_err(|kind| place.error(&Log::default(), kind))?;
    // The login on the mother has its own time.
    let (started, limit) = (Instant::now(), place.target().resolved.connect_timeout);
    loop {
        let moved = link.round();
        if let Some(log) = link.streams().enter() {
            return Ok((link, log));
        }
        let log = Log::read(link.streams().stderr.kept());
        let until = patience(&log, started, limit, deadline);
        let kind = match &moved {
            Err(error) => place.way_failed(|| error.to_string()).or_else(|| Some(ended(place, &log, credentials))),
            Ok(_) if link.streams().stderr.truncated() => Some(flooded(place, &log)),
            Ok(_) if link.is_over() => Some(ended(place, &log, credentials)),
            Ok(_) => (Instant::now() >= until).then(|| late(place, &log, started.elapsed())),
        };
        if let Some(kind) = kind {
            return Err(place.error(&log, kind));
        }
        if !moved.unwrap_or(false) {
            link.wait(until);
        }
    }
}

/// `ssh` ended without being logged in, or the shell on the mother without telling how `ssh` did.
fn ended(place: &Place, log: &Log, credentials: &Credentials) -> Kind {
    let vain = (!log.has_begun() && !classify::is_unusable(log)).then_some("ended without starting `ssh`");
    let cut = log.mothers_status().is_none().then_some("ended before `ssh` did");
    let words = vain.or(cut.filter(|_| log.has_begun()));
    let kind = words.and_then(|words| place.way_failed(|| with_last_words(words, log)));
    kind.unwrap_or_else(|| classify::ended(log, place.target(), credentials, matches!(place, Place::Here(_))))
}

/// What the mother's shell said last tells what is wrong with it, as long as nobody else has said anything.
fn with_last_words(words: &str, log: &Log) -> String {
    let said = log.words().next_back().filter(|_| !log.has_begun());
    let said = said.map(|line| format!("; it said `{}`", line.chars().take(LONGEST_QUOTE).collect::<String>()));
    format!("the shell there {words}{}", said.unwrap_or_default())
}

/// More came than `ssh` says.
fn flooded(place: &Place, log: &Log) -> Kind {
    let words = || "the shell there has not started `ssh`, and prints more than anybody reads".to_owned();
    let shells = (!log.has_begun()).then(|| place.way_failed(words)).flatten();
    shells.unwrap_or_else(|| Kind::NotSsh { said: "more than anybody reads".to_owned() })
}

/// `ssh` is not logged in `after` so long.
fn late(place: &Place, log: &Log, after: Duration) -> Kind {
    let words = || format!("the shell there has not started `ssh` within {:.1} s", after.as_secs_f64());
    let shells = (!log.has_begun()).then(|| place.way_failed(words)).flatten();
    shells.unwrap_or_else(|| classify::timed_out(log, after))
}

/// Until when the login may take: as the other transport counts it, but for a name with several addresses, of which each
/// has `ssh`'s own `ConnectTimeout`.
fn patience(log: &Log, started: Instant, limit: Duration, deadline: Instant) -> Instant {
    let addresses = u32::try_from(log.addresses()).unwrap_or(u32::MAX).max(1);
    match log.phase() {
        Phase::Name | Phase::Connect | Phase::Banner | Phase::Handshake => {
            deadline.min(started + limit.saturating_mul(addresses) + GRACE)
        }
        Phase::Auth | Phase::Agent | Phase::Exec => deadline,
    }
}
