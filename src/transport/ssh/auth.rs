//! Logging in: keys of the agent, key files, then the password.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use ssh2::{KeyboardInteractivePrompt, Prompt};

use super::wire::{Stop, Wire, code};
use crate::transport::{
    config::is_default_identity,
    credentials::{AgentKey, Credentials},
    endpoint::SshEndpoint,
    error::{AuthRefusal, KeyFileFault, KeyFileProblem, Phase, TransportErrorKind as Kind},
    known_hosts::fingerprint,
};

/// A key that can be offered.
enum Candidate {
    Agent(AgentKey),
    File(PathBuf),
}

/// What an attempt came to.
enum Attempted {
    In,
    Refused,
}

/// One login: what it may use and what has become of it so far.
struct Login<'a> {
    wire: &'a Wire,
    endpoint: &'a SshEndpoint,
    credentials: &'a Credentials,
    started: Instant,
    deadline: Instant,
    refusal: AuthRefusal,
}

/// Logs in over `wire` before `deadline`.
pub(super) fn log_in(
    wire: &Wire,
    endpoint: &SshEndpoint,
    credentials: &Credentials,
    deadline: Instant,
) -> Result<(), Kind> {
    let refusal = AuthRefusal::default();
    let mut login = Login { wire, endpoint, credentials, started: Instant::now(), deadline, refusal };
    for candidate in login.candidates() {
        if let Attempted::In = login.offer(&candidate)? {
            return Ok(());
        }
    }
    login.without_key()
}

impl Login<'_> {
    /// In `ssh`'s order: keys of the agent that are also configured, the agent's others, then files that the agent has not.
    fn candidates(&mut self) -> Vec<Candidate> {
        let agent = self.agent_keys();
        let (mut first, mut files) = (Vec::new(), Vec::new());
        for file in &self.endpoint.identity_files {
            match self.credentials.public_key(file) {
                Ok(Some(blob)) if agent.iter().any(|key| key.blob == blob) => first.push(blob),
                Ok(_) => files.push(Candidate::File(file.clone())),
                Err(problem) => self.note(problem),
            }
        }
        let rank = |key: &AgentKey| first.iter().position(|blob| *blob == key.blob);
        let mut keys: Vec<_> =
            agent.into_iter().filter(|key| !self.endpoint.identities_only || rank(key).is_some()).collect();
        keys.sort_by_key(|key| rank(key).unwrap_or(usize::MAX));
        keys.into_iter().map(Candidate::Agent).chain(files).collect()
    }

    fn agent_keys(&self) -> Vec<AgentKey> {
        // An agent that is gone or dead has no keys; `ssh` goes on without a word too.
        self.agent_socket().and_then(|socket| self.credentials.agent_keys(&socket).ok()).unwrap_or_default()
    }

    fn agent_socket(&self) -> Option<PathBuf> {
        match &self.endpoint.identity_agent {
            Some(socket) if socket == Path::new("none") => None,
            Some(socket) => Some(socket.clone()),
            None => std::env::var_os("SSH_AUTH_SOCK").filter(|path| !path.is_empty()).map(PathBuf::from),
        }
    }

    /// Writes down a key file that cannot be used; one that nobody asked for by name may well be missing.
    fn note(&mut self, problem: KeyFileProblem) {
        if problem.why != KeyFileFault::Missing || !is_default_identity(&problem.file) {
            self.refusal.problems.push(problem);
        }
    }

    fn offer(&mut self, candidate: &Candidate) -> Result<Attempted, Kind> {
        match candidate {
            Candidate::Agent(key) => self.offer_agent_key(key),
            Candidate::File(file) => match self.credentials.key(file) {
                Ok(key) => {
                    let user = &self.endpoint.user;
                    let result = self.wire.drive(self.deadline, |session| {
                        session.userauth_pubkey_memory(
                            user,
                            key.public.as_deref(),
                            &key.private,
                            key.passphrase.as_deref(),
                        )
                    });
                    self.key_result(result, format!("key {}", file.display()), Some(file))
                }
                Err(problem) => {
                    self.note(problem);
                    Ok(Attempted::Refused)
                }
            },
        }
    }

    fn offer_agent_key(&mut self, key: &AgentKey) -> Result<Attempted, Kind> {
        let name = format!("agent key {} {}", key.comment, fingerprint(&key.blob));
        let Some(socket) = self.agent_socket() else { return Ok(Attempted::Refused) };
        let user = &self.endpoint.user;
        let agent = || -> Result<_, ssh2::Error> {
            let mut agent = self.wire.session.agent()?;
            agent.set_identity_path(&socket)?;
            agent.connect()?;
            agent.list_identities()?;
            let found = agent.identities()?.into_iter().find(|identity| identity.blob() == key.blob);
            Ok(found.map(|identity| (agent, identity)))
        };
        match agent() {
            Ok(Some((agent, identity))) => {
                let result = self.wire.drive(self.deadline, |_| agent.userauth(user, &identity));
                self.key_result(result, name, None)
            }
            // The agent lost the key or went away since it was listed.
            Ok(None) | Err(_) => Ok(Attempted::Refused),
        }
    }

    fn key_result(&mut self, result: Result<(), Stop>, name: String, file: Option<&Path>) -> Result<Attempted, Kind> {
        let stop = match result {
            Ok(()) => return Ok(Attempted::In),
            Err(stop) => stop,
        };
        if let (Some(file), code::FILE | code::METHOD_NOT_SUPPORTED) = (file, stop.code()) {
            let why = KeyFileFault::Bad(stop.words());
            self.refusal.problems.push(KeyFileProblem { file: file.to_path_buf(), why });
            return Ok(Attempted::Refused);
        }
        self.refusal.tried.push(name);
        // The bare key was welcome and the signed request was not: the usual reason is a second factor.
        self.refusal.partial |= stop.code() == code::PUBLICKEY_UNVERIFIED;
        self.refused_or_gone(&stop)
    }

    fn refused_or_gone(&mut self, stop: &Stop) -> Result<Attempted, Kind> {
        match stop {
            Stop::TimedOut => Err(Kind::Timeout { phase: Phase::Auth, after: self.started.elapsed() }),
            stop if stop.is_gone() => {
                self.refusal.disconnected = Some(stop.words());
                // Whoever hangs up does not ask for more.
                self.refusal.partial = false;
                Err(Kind::Auth(std::mem::take(&mut self.refusal)))
            }
            Stop::Ssh(_) => Ok(Attempted::Refused),
        }
    }

    /// After the keys: asks what the server offers, which costs a round trip, and gives the password where there is one.
    fn without_key(mut self) -> Result<(), Kind> {
        self.offered()?;
        if self.wire.session.authenticated() {
            return Ok(());
        }
        if let Some(password) = self.endpoint.password.clone() {
            let attempted = if self.offers("password") {
                self.password(&password)?
            } else if self.offers("keyboard-interactive") {
                self.keyboard(&password)?
            } else {
                Attempted::Refused
            };
            if let Attempted::In = attempted {
                return Ok(());
            }
        }
        Err(self.verdict())
    }

    fn offered(&mut self) -> Result<(), Kind> {
        let user = &self.endpoint.user;
        let methods = self.wire.drive(self.deadline, |session| session.auth_methods(user).map(str::to_owned));
        match methods {
            Ok(list) => {
                self.refusal.offered = list.split(',').filter(|m| !m.is_empty()).map(str::to_owned).collect();
                Ok(())
            }
            Err(stop) => self.refused_or_gone(&stop).map(|_| ()),
        }
    }

    fn offers(&self, method: &str) -> bool {
        self.refusal.offered.iter().any(|offered| offered == method)
    }

    fn password(&mut self, password: &str) -> Result<Attempted, Kind> {
        let user = &self.endpoint.user;
        match self.wire.drive(self.deadline, |session| session.userauth_password(user, password)) {
            Ok(()) => Ok(Attempted::In),
            Err(stop) => {
                self.refusal.tried.push("password".to_owned());
                self.refused_or_gone(&stop)
            }
        }
    }

    fn keyboard(&mut self, password: &str) -> Result<Attempted, Kind> {
        let user = &self.endpoint.user;
        let mut answers = Answers { password };
        match self.wire.drive(self.deadline, |session| session.userauth_keyboard_interactive(user, &mut answers)) {
            Ok(()) => Ok(Attempted::In),
            Err(stop) => {
                self.refusal.tried.push("keyboard-interactive with the password".to_owned());
                self.refused_or_gone(&stop)
            }
        }
    }

    /// Nothing could be tried because of the key files, or what was tried was refused.
    fn verdict(mut self) -> Kind {
        // A server that still wants a key did not take the one before for a first factor.
        self.refusal.partial &= !self.offers("publickey") || self.refusal.offered.is_empty();
        if self.refusal.tried.is_empty() && !self.refusal.problems.is_empty() {
            return Kind::KeyFile { problems: self.refusal.problems, offered: self.refusal.offered };
        }
        Kind::Auth(self.refusal)
    }
}

/// Answers every hidden question with the password, as `sshpass` does for Ansible.
struct Answers<'a> {
    password: &'a str,
}

impl KeyboardInteractivePrompt for Answers<'_> {
    fn prompt(&mut self, _user: &str, _instructions: &str, prompts: &[Prompt<'_>]) -> Vec<String> {
        prompts.iter().map(|p| if p.echo { String::new() } else { self.password.to_owned() }).collect()
    }
}
