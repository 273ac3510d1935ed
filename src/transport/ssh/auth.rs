//! Logging in: certificates, keys of the agent, key files, and the password, in the order that `ssh_config` wants.

mod candidates;

use std::{path::Path, time::Instant};

use candidates::Candidate;
use ssh2::{KeyboardInteractivePrompt, Prompt};

use super::{
    agent::Patient,
    greeting::LONGEST_QUOTE,
    wire::{Stop, Wire, code},
};
use crate::{
    secret::Secret,
    text::Text,
    transport::{
        config::is_default_identity,
        credentials::{AgentKey, Credentials},
        endpoint::{AuthMethod, SshEndpoint},
        error::{AuthRefusal, KeyFileFault, KeyFileProblem, Phase, TransportErrorKind as Kind},
        refused_key::{self, RefusedKey},
    },
};

/// What an attempt came to.
#[derive(PartialEq, Eq)]
enum Attempted {
    In,
    Refused,
}

/// What has become of a login so far, over all its connections: a server hangs up after some keys that it does not know.
#[derive(Debug, Default)]
pub(super) struct SoFar {
    refusal: AuthRefusal,
    /// The password was given and refused, or is not to be given.
    password_given: bool,
    connections: u32,
    /// The server hung up although something was left to try.
    is_cut_off: bool,
    /// The agent does not even say what keys it has.
    is_agent_silent: bool,
}

/// A server that watches its log must not take us for somebody who guesses.
const MOST_CONNECTIONS: u32 = 3;

/// OpenSSH's own `MaxAuthTries`.
const USUAL_TRIES: usize = 6;

impl SoFar {
    /// Whether another connection can try what this one could not.
    pub(super) fn is_worth_another(&self) -> bool {
        self.is_cut_off && self.connections < MOST_CONNECTIONS
    }

    /// Gives no password to a host whose key is known to be wrong: as with `ssh`, whoever answers gets no secret.
    pub(super) fn keep_password(&mut self, endpoint: &SshEndpoint, credentials: &Credentials) {
        self.password_given = true;
        if endpoint.password.is_some() {
            let host = &endpoint.host;
            credentials.note(Text::new(
                format!(
                    "`{host}` shows a host key that is not the known one or is revoked: as with `ssh`, it gets no password"
                ),
                format!(
                    "`{host}` のホスト鍵は登録済みの鍵と異なるか失効しているため、`ssh` と同様にパスワードは送りません"
                ),
            ));
        }
    }

    /// The refusal of an earlier connection.
    pub(super) fn told(&mut self) -> Option<Kind> {
        (self.connections > 0).then(|| Kind::Auth(Box::new(std::mem::take(&mut self.refusal))))
    }
}

/// One login: what it may use and what has become of it so far.
struct Login<'a> {
    wire: &'a Wire,
    endpoint: &'a SshEndpoint,
    credentials: &'a Credentials,
    started: Instant,
    deadline: Instant,
    /// The server was asked what it offers.
    is_asked: bool,
    so_far: &'a mut SoFar,
}

/// Logs in over `wire` before `deadline`, with what was not tried over earlier connections.
pub(super) fn log_in(
    wire: &Wire,
    endpoint: &SshEndpoint,
    credentials: &Credentials,
    deadline: Instant,
    so_far: &mut SoFar,
) -> Result<(), Kind> {
    so_far.connections += 1;
    so_far.is_cut_off = false;
    so_far.refusal.disconnected = None;
    so_far.refusal.way = refused_key::way(endpoint);
    let started = Instant::now();
    let login = Login { wire, endpoint, credentials, started, deadline, is_asked: false, so_far };
    login.by_all_methods().map_err(|mut kind| {
        if let Kind::Auth(refusal) = &mut kind {
            refusal.said = said(wire);
        }
        kind
    })
}

/// What the server had to say to whoever logs in, for example that it lets nobody in for now.
fn said(wire: &Wire) -> Option<String> {
    let banner = wire.session.userauth_banner().ok()??;
    let line = banner.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(line.chars().take(LONGEST_QUOTE).collect())
}

impl Login<'_> {
    fn by_all_methods(mut self) -> Result<(), Kind> {
        // What was refused over an earlier connection is not offered again; what was refused out of its turn is.
        let mut refused = self.so_far.refusal.tried.clone();
        for _ in 0..self.endpoint.auth_methods.len() {
            if self.each_method(&refused)? == Attempted::In {
                return Ok(());
            }
            if !self.wants_more() {
                break;
            }
            refused.clear();
        }
        // What the server would take is a part of every refusal.
        self.ask()?;
        if self.wire.session.authenticated() { Ok(()) } else { Err(self.verdict()) }
    }

    fn each_method(&mut self, refused: &[String]) -> Result<Attempted, Kind> {
        for method in &self.endpoint.auth_methods {
            let attempted = match method {
                AuthMethod::PublicKey => self.keys(refused)?,
                AuthMethod::KeyboardInteractive | AuthMethod::Password => self.secret(*method)?,
            };
            if attempted == Attempted::In {
                return Ok(Attempted::In);
            }
        }
        Ok(Attempted::Refused)
    }

    /// Whether the server took something and now wants what comes before it in our order: it offers other methods then.
    fn wants_more(&mut self) -> bool {
        if !self.is_asked {
            return false;
        }
        let before = self.so_far.refusal.clone();
        self.is_asked = false;
        if self.ask().is_err() {
            // Whoever hangs up now has answered already.
            self.so_far.refusal = before;
            self.is_asked = true;
            return false;
        }
        self.so_far.refusal.offered != before.offered
    }

    fn keys(&mut self, refused: &[String]) -> Result<Attempted, Kind> {
        let mut candidates = self.candidates();
        candidates.retain(|candidate| !refused.contains(&candidate.name()));
        let has_password = self.endpoint.password.is_some() && !self.so_far.password_given;
        let is_stray = |candidate: &Candidate| matches!(candidate, Candidate::Stray(_));
        // A server that hung up over the agent's keys is not asked for more of them while there is something better.
        if self.so_far.connections > 1 && (has_password || !candidates.iter().all(is_stray)) {
            candidates.retain(|candidate| !is_stray(candidate));
        }
        let count = candidates.len();
        for (index, candidate) in candidates.iter().enumerate() {
            match self.offer(candidate) {
                Ok(Attempted::In) => {
                    let passed_over = candidates[index..].iter().filter(|candidate| is_stray(candidate)).count();
                    self.tell_of_luck(candidate, passed_over);
                    return Ok(Attempted::In);
                }
                Ok(Attempted::Refused) => {}
                Err(kind) => {
                    self.so_far.is_cut_off = matches!(kind, Kind::Auth(_)) && (index + 1 < count || has_password);
                    return Err(kind);
                }
            }
        }
        Ok(Attempted::Refused)
    }

    /// A login that `ssh` might not have come to, as it offers all keys of the agent before this one.
    fn tell_of_luck(&self, candidate: &Candidate, passed_over: usize) {
        let Candidate::File(file) = candidate else { return };
        if passed_over >= USUAL_TRIES {
            let file = file.display();
            self.credentials.note(Text::new(
                format!(
                    "`ssh` offers the agent's {passed_over} other keys before `{file}`, and most servers hang up after {USUAL_TRIES} (`MaxAuthTries`): set `IdentitiesOnly yes`, or add the key to the agent"
                ),
                format!(
                    "`ssh` は `{file}` より先に ssh-agent の他の鍵 {passed_over} 個を試しますが、多くのサーバーは {USUAL_TRIES} 回で切断します (`MaxAuthTries`)。`IdentitiesOnly yes` を設定するか、この鍵を ssh-agent に登録してください"
                ),
            ));
        }
    }

    /// Writes down a key file that cannot be used; one that nobody asked for by name may well be missing.
    fn note(&mut self, problem: KeyFileProblem) {
        let is_expected = problem.why == KeyFileFault::Missing && is_default_identity(&problem.file);
        let problems = &mut self.so_far.refusal.problems;
        if !is_expected && !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    fn offer(&mut self, candidate: &Candidate) -> Result<Attempted, Kind> {
        match candidate {
            Candidate::Agent(key) | Candidate::Stray(key) => self.offer_agent_key(key, candidate),
            Candidate::File(file) => self.offer_file(file, None, candidate),
            Candidate::Certificate(file, certificate) => self.offer_file(file, Some(&certificate.line), candidate),
        }
    }

    /// Offers the key in `file`, with a certificate in the place of its public key where there is one.
    fn offer_file(&mut self, file: &Path, certificate: Option<&str>, candidate: &Candidate) -> Result<Attempted, Kind> {
        let key = match self.credentials.key(file) {
            Ok(key) => key,
            Err(problem) => {
                self.note(problem);
                return Ok(Attempted::Refused);
            }
        };
        let (user, passphrase) = (&self.endpoint.user, key.passphrase.as_ref().map(Secret::expose));
        let public = certificate.or(key.public.as_deref());
        let result = self.wire.drive(self.deadline, |session| {
            session.userauth_pubkey_memory(user, public, key.private.expose(), passphrase)
        });
        self.key_result(result, candidate, Some(file))
    }

    fn offer_agent_key(&mut self, key: &AgentKey, candidate: &Candidate) -> Result<Attempted, Kind> {
        let Some(socket) = self.agent_socket() else { return Ok(Attempted::Refused) };
        let user = &self.endpoint.user;
        let agent = || -> std::io::Result<_> {
            let stop = &self.credentials.stop;
            let mut patient = Patient::connect(&self.wire.session, &socket, self.deadline, stop)?;
            patient.agent.list_identities()?;
            let found = patient.agent.identities()?.into_iter().find(|identity| identity.blob() == key.blob);
            Ok(found.map(|identity| (patient, identity)))
        };
        match agent() {
            Ok(Some((patient, identity))) => {
                let result = self.wire.drive(self.deadline, |_| patient.agent.userauth(user, &identity));
                if result.is_err() && patient.is_late() {
                    return Err(Kind::Timeout { phase: Phase::Agent, after: self.started.elapsed() });
                }
                self.key_result(result, candidate, None)
            }
            // The agent lost the key or went away since it was listed.
            Ok(None) | Err(_) => Ok(Attempted::Refused),
        }
    }

    fn key_result(
        &mut self,
        result: Result<(), Stop>,
        candidate: &Candidate,
        file: Option<&Path>,
    ) -> Result<Attempted, Kind> {
        let stop = match result {
            Ok(()) => return Ok(Attempted::In),
            Err(stop) => stop,
        };
        if let (Some(file), code::FILE | code::METHOD_NOT_SUPPORTED) = (file, stop.code()) {
            let why = KeyFileFault::Bad(stop.words());
            self.so_far.refusal.problems.push(KeyFileProblem { file: file.to_path_buf(), why });
            return Ok(Attempted::Refused);
        }
        self.tried(candidate.name());
        let (before, key) = (self.so_far.refusal.key.take(), self.refused_key(candidate));
        self.so_far.refusal.key = Some(RefusedKey::or_better(before, key));
        // The bare key was welcome and the signed request was not: the usual reason is a second factor.
        self.so_far.refusal.partial |= stop.code() == code::PUBLICKEY_UNVERIFIED;
        self.refused_or_gone(&stop)
    }

    fn tried(&mut self, name: String) {
        let tried = &mut self.so_far.refusal.tried;
        if !tried.contains(&name) {
            tried.push(name);
        }
    }

    fn refused_or_gone(&mut self, stop: &Stop) -> Result<Attempted, Kind> {
        match stop {
            Stop::TimedOut => {
                // An agent that hangs has taken the time that the server did not get.
                let phase = if self.so_far.is_agent_silent { Phase::Agent } else { Phase::Auth };
                Err(Kind::Timeout { phase, after: self.started.elapsed() })
            }
            stop if stop.is_gone() => {
                self.so_far.refusal.disconnected = Some(String::new());
                // Whoever hangs up does not ask for more.
                self.so_far.refusal.partial = false;
                Err(Kind::Auth(Box::new(self.so_far.refusal.clone())))
            }
            Stop::Ssh(_) => Ok(Attempted::Refused),
        }
    }

    /// Gives the password in the way of `method`, where there is one and the server takes it. A password that was refused in
    /// one way is not given in another: that would count as a second wrong one.
    fn secret(&mut self, method: AuthMethod) -> Result<Attempted, Kind> {
        let Some(password) = self.endpoint.password.clone().filter(|_| !self.so_far.password_given) else {
            return Ok(Attempted::Refused);
        };
        self.ask()?;
        if self.wire.session.authenticated() {
            return Ok(Attempted::In);
        }
        match method {
            method if !self.offers(method.as_str()) => Ok(Attempted::Refused),
            AuthMethod::KeyboardInteractive => self.keyboard(password.expose()),
            AuthMethod::Password | AuthMethod::PublicKey => self.password(password.expose()),
        }
    }

    /// Asks what the server offers, which costs a round trip.
    fn ask(&mut self) -> Result<(), Kind> {
        if std::mem::replace(&mut self.is_asked, true) {
            return Ok(());
        }
        let user = &self.endpoint.user;
        let methods = self.wire.drive(self.deadline, |session| session.auth_methods(user).map(str::to_owned));
        match methods {
            Ok(list) => {
                self.so_far.refusal.offered = list.split(',').filter(|m| !m.is_empty()).map(str::to_owned).collect();
                Ok(())
            }
            Err(stop) => self.refused_or_gone(&stop).map(|_| ()),
        }
    }

    fn offers(&self, method: &str) -> bool {
        self.so_far.refusal.offered.iter().any(|offered| offered == method)
    }

    fn password(&mut self, password: &str) -> Result<Attempted, Kind> {
        let user = &self.endpoint.user;
        match self.wire.drive(self.deadline, |session| session.userauth_password(user, password)) {
            Ok(()) => Ok(Attempted::In),
            Err(stop) => {
                self.so_far.password_given = true;
                self.tried("password".to_owned());
                self.refused_or_gone(&stop)
            }
        }
    }

    fn keyboard(&mut self, password: &str) -> Result<Attempted, Kind> {
        let user = &self.endpoint.user;
        let mut answers = Answers { password, are_given: false };
        let result =
            self.wire.drive(self.deadline, |session| session.userauth_keyboard_interactive(user, &mut answers));
        match result {
            Ok(()) => Ok(Attempted::In),
            Err(stop) => {
                self.so_far.password_given |= answers.are_given;
                self.tried("keyboard-interactive with the password".to_owned());
                self.refused_or_gone(&stop)
            }
        }
    }

    /// Nothing could be tried because of the key files, or what was tried was refused.
    fn verdict(self) -> Kind {
        let mut refusal = self.so_far.refusal.clone();
        // A server that still wants a key did not take the one before for a first factor.
        refusal.partial &= !self.offers("publickey") || refusal.offered.is_empty();
        if refusal.tried.is_empty() && self.so_far.is_agent_silent {
            return Kind::Timeout { phase: Phase::Agent, after: self.started.elapsed() };
        }
        if refusal.tried.is_empty() && !refusal.problems.is_empty() {
            return Kind::KeyFile { problems: refusal.problems, offered: refusal.offered };
        }
        Kind::Auth(Box::new(refusal))
    }
}

/// Answers every hidden question with the password, as `sshpass` does for Ansible.
struct Answers<'a> {
    password: &'a str,
    /// There was a question that it answers.
    are_given: bool,
}

impl KeyboardInteractivePrompt for Answers<'_> {
    fn prompt(&mut self, _user: &str, _instructions: &str, prompts: &[Prompt<'_>]) -> Vec<String> {
        self.are_given |= prompts.iter().any(|prompt| !prompt.echo);
        prompts.iter().map(|p| if p.echo { String::new() } else { self.password.to_owned() }).collect()
    }
}
