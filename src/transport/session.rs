//! A connection, whichever way it goes.

use std::time::Instant;

use super::{
    config::LocalUser,
    container::{self, ContainerSession},
    credentials::Credentials,
    endpoint::{Endpoint, ExecLimits, ExecOutput, StreamLocalReply},
    error::TransportError,
    facts::SessionFacts,
    local::LocalSession,
    openssh::{self, OpensshSession},
    ssh::{self, SshSession},
};

/// An open connection to a host, owned by one worker. Dropping it ends it, without waiting for the other side.
#[derive(Debug)]
pub enum Session {
    /// Through SSH.
    Ssh(Box<SshSession>),
    /// Through the `ssh` program.
    Openssh(Box<OpensshSession>),
    /// A container.
    Container(ContainerSession),
    /// This machine.
    Local(LocalSession),
}

/// Connects to `endpoint`. Name lookup, TCP, handshake and host key have the endpoint's own connect timeout, and
/// everything together ends at `deadline`.
///
/// # Errors
/// Every way in which a connection can fail, with its class and remedy.
pub fn connect(endpoint: &Endpoint, credentials: &Credentials, deadline: Instant) -> Result<Session, TransportError> {
    match endpoint {
        Endpoint::Local(local) => {
            Ok(Session::Local(LocalSession::new(local.clone(), LocalUser::current().name, &credentials.stop)))
        }
        Endpoint::Ssh(endpoint) => Ok(Session::Ssh(Box::new(ssh::open(endpoint, credentials, deadline)?))),
        Endpoint::Openssh(endpoint) => Ok(Session::Openssh(Box::new(openssh::open(endpoint, credentials, deadline)?))),
        Endpoint::Container(endpoint) => Ok(Session::Container(container::open(endpoint, credentials, deadline)?)),
        Endpoint::FromMother(endpoint) => {
            Ok(Session::Openssh(Box::new(openssh::open_on_mother(endpoint, credentials, deadline)?)))
        }
    }
}

impl Session {
    /// Runs `script` by the other side's `sh`, whatever the login shell is. It travels in the command line where it fits
    /// there, else over standard input; [`ExecOutput::sent_as`] says which. The script finds its own text on standard
    /// input: what it starts must read from elsewhere.
    ///
    /// A deadline or cap that is hit, and a connection that breaks while the script runs, are told in the output.
    ///
    /// # Errors
    /// The script could not be started: `channel`, `lost`, `timeout`, or `local` where `sh` is not there.
    pub fn exec(&mut self, script: &str, limits: &ExecLimits<'_>) -> Result<ExecOutput, TransportError> {
        match self {
            Self::Ssh(session) => session.exec(script, limits),
            Self::Openssh(session) => session.exec(script, limits),
            Self::Local(session) => session.exec(script, limits),
            Self::Container(session) => session.exec(script, limits),
        }
    }

    /// The same over the standard input of plain `sh`: for hosts without `base64` or `gzip`, which a caller knows by the
    /// missing frame in the output of [`Self::exec`] (`sent_as` is [`super::SentAs::CommandLine`]).
    ///
    /// # Errors
    /// As [`Self::exec`].
    pub fn exec_stdin(&mut self, script: &str, limits: &ExecLimits<'_>) -> Result<ExecOutput, TransportError> {
        match self {
            Self::Ssh(session) => session.exec_stdin(script, limits),
            Self::Openssh(session) => session.exec(script, limits),
            Self::Local(session) => session.exec(script, limits),
            Self::Container(session) => session.exec(script, limits),
        }
    }

    /// Opens the unix socket at `path` on the other side; sends `request`, where there is one, and reads the answer until
    /// the other side closes. After a timeout the connection cannot be used for anything else: ask this last.
    pub fn stream_local(&mut self, path: &str, request: Option<&[u8]>, deadline: Instant) -> StreamLocalReply {
        match self {
            Self::Ssh(session) => session.stream_local(path, request, deadline),
            Self::Openssh(session) => session.stream_local(path, request, deadline),
            Self::Local(_) => LocalSession::stream_local(path, request, deadline),
            Self::Container(_) => {
                StreamLocalReply::Failed("a unix socket in a container cannot be opened from outside".to_owned())
            }
        }
    }

    /// What the connection tells about itself.
    #[must_use]
    pub fn facts(&self) -> SessionFacts {
        match self {
            Self::Ssh(session) => session.facts(),
            Self::Openssh(session) => session.facts(),
            Self::Local(session) => session.facts(),
            Self::Container(session) => session.facts(),
        }
    }
}
