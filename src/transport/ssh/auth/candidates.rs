//! The keys that can be offered, in the order in which they are.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::Login;
use crate::transport::{
    config::is_default_identity,
    credentials::{AgentKey, Certificate},
    error::{KeyFileFault, KeyFileProblem, SecurityKeyFault},
    known_hosts::{fingerprint, type_of},
    refused_key::RefusedKey,
    ssh::algorithms,
};

/// A key that can be offered.
pub(super) enum Candidate {
    /// A key of the agent that is one of the configured ones.
    Agent(AgentKey),
    /// One that is only in the agent.
    Stray(AgentKey),
    File(PathBuf),
    /// A certificate, and the file with its private key.
    Certificate(PathBuf, Certificate),
}

impl Candidate {
    /// What it is called among what was tried.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Agent(key) | Self::Stray(key) => format!("agent key {} {}", key.comment, fingerprint(&key.blob)),
            Self::File(file) => format!("key {}", file.display()),
            Self::Certificate(file, certificate) => format!("key {} with its {}", file.display(), certificate.key_type),
        }
    }
}

impl Login<'_> {
    /// In `ssh`'s order (listed certificates, keys of the agent that are also configured, the agent's others, files, each
    /// before the certificate beside it), but files that are named and open without a passphrase go before the agent's others: those may be so many that the server hangs up.
    pub(super) fn candidates(&mut self) -> Vec<Candidate> {
        let (in_devices, agent): (Vec<_>, Vec<_>) = self.agent_keys().into_iter().partition(AgentKey::is_in_device);
        self.pass_over(in_devices);
        let mut candidates = self.certificates(&agent);
        let (mut first, mut named, mut later) = (Vec::new(), Vec::new(), Vec::new());
        for file in &self.endpoint.identity_files {
            let turn =
                if self.is_named(file) && !self.credentials.is_encrypted(file) { &mut named } else { &mut later };
            match self.credentials.public_key(file) {
                Ok(Some(blob)) if agent.iter().any(|key| key.blob == blob) => first.push(blob),
                Ok(blob) if blob.as_deref().is_some_and(|blob| !self.accepts(blob)) => {}
                Ok(_) => turn.push(Candidate::File(file.clone())),
                Err(problem) => self.note(problem),
            }
            turn.extend(self.certificate_beside(file, &agent));
        }
        let rank = |key: &AgentKey| first.iter().position(|blob| *blob == key.blob);
        let (mut configured, others): (Vec<_>, Vec<_>) =
            agent.into_iter().filter(|key| self.accepts(&key.blob)).partition(|key| rank(key).is_some());
        configured.sort_by_key(|key| rank(key));
        let others = others.into_iter().filter(|_| !self.endpoint.identities_only);
        candidates.extend(configured.into_iter().map(Candidate::Agent));
        candidates.extend(named);
        candidates.extend(others.map(Candidate::Stray));
        candidates.extend(later);
        candidates
    }

    /// The certificates of `CertificateFile`.
    fn certificates(&mut self, agent: &[AgentKey]) -> Vec<Candidate> {
        let listed = &self.endpoint.certificate_files;
        listed.iter().filter_map(|file| self.certificate(file, agent)).collect()
    }

    /// `KEY-cert.pub`, which stands for itself where no `CertificateFile` is named.
    fn certificate_beside(&mut self, key: &Path, agent: &[AgentKey]) -> Option<Candidate> {
        let mut name = key.as_os_str().to_owned();
        name.push("-cert.pub");
        self.certificate(Path::new(&name), agent).filter(|_| self.endpoint.certificate_files.is_empty())
    }

    /// The certificate in `file` with the file of its private key; a problem where only an agent has that, which may be what
    /// lets `ssh` in.
    fn certificate(&mut self, file: &Path, agent: &[AgentKey]) -> Option<Candidate> {
        let certificate = self.credentials.certificate(file)?;
        if !algorithms::accepts(&self.endpoint.algorithms, &certificate.key_type) {
            return None;
        }
        let is_in = |file: &&PathBuf| self.credentials.has_private_key(file, &certificate.key);
        if let Some(key) = self.endpoint.identity_files.iter().find(is_in) {
            return Some(Candidate::Certificate(key.clone(), certificate));
        }
        if agent.iter().any(|key| key.blob == certificate.key) && self.may_use(&certificate.key) {
            self.note(KeyFileProblem { file: file.to_path_buf(), why: KeyFileFault::CertificateOfAgent });
        }
        None
    }

    /// Whether an agent's key may be used at all.
    fn may_use(&self, blob: &[u8]) -> bool {
        !self.endpoint.identities_only || self.file_of(blob).is_some()
    }

    /// The configured file of a public key.
    fn file_of(&self, blob: &[u8]) -> Option<&PathBuf> {
        let is_its =
            |file: &&PathBuf| self.credentials.public_key(file).is_ok_and(|found| found.as_deref() == Some(blob));
        self.endpoint.identity_files.iter().find(is_its)
    }

    fn accepts(&self, blob: &[u8]) -> bool {
        type_of(blob).is_none_or(|key_type| algorithms::accepts(&self.endpoint.algorithms, key_type))
    }

    /// Whether somebody asked for this file, and `ssh` does not just look for it.
    fn is_named(&self, file: &Path) -> bool {
        !(self.endpoint.identities_are_default && is_default_identity(file))
    }

    fn agent_keys(&mut self) -> Vec<AgentKey> {
        let Some(socket) = self.agent_socket() else { return Vec::new() };
        // An agent that is gone has no keys; `ssh` goes on without a word too. For one that hangs `ssh` would wait.
        let keys = self.credentials.agent_keys(&socket, self.deadline);
        self.so_far.is_agent_silent = matches!(keys, Err(ErrorKind::TimedOut));
        keys.unwrap_or_default()
    }

    pub(super) fn agent_socket(&self) -> Option<PathBuf> {
        match &self.endpoint.identity_agent {
            Some(socket) if socket == Path::new("none") => None,
            Some(socket) => Some(socket.clone()),
            None => std::env::var_os("SSH_AUTH_SOCK").filter(|path| !path.is_empty()).map(PathBuf::from),
        }
    }

    /// Security keys of the agent: libssh2 drops the half of their signatures that proves the touch.
    fn pass_over(&mut self, keys: Vec<AgentKey>) {
        let keys = keys.into_iter().filter(|_| !self.endpoint.identities_only);
        for key in keys.collect::<Vec<_>>() {
            let why = KeyFileFault::SecurityKey(SecurityKeyFault::OnlySsh);
            self.note(KeyFileProblem { file: PathBuf::from(key.comment), why });
        }
    }

    pub(super) fn refused_key(&self, candidate: &Candidate) -> RefusedKey {
        let file = match candidate {
            Candidate::File(file) | Candidate::Certificate(file, _) => Some(file),
            Candidate::Agent(key) | Candidate::Stray(key) => self.file_of(&key.blob),
        };
        file.map_or_else(|| RefusedKey::Agent(self.endpoint.identity_agent.clone()), |file| RefusedKey::of_file(file))
    }
}
