//! What all connections of a run share: key files, agents and known hosts, each read once, and the means to end them all.

mod accepted;
mod agent;
mod certificate;
mod key_file;
mod passphrase;

use std::{
    collections::{BTreeSet, HashMap},
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Instant,
};

pub(super) use agent::AgentKey;
pub(super) use certificate::Certificate;
pub(super) use key_file::KeyMaterial;

use accepted::Accepted;
use key_file::Found;
use passphrase::Asking;

use super::{
    endpoint::SshEndpoint,
    error::{KeyFileFault, KeyFileProblem},
    known_hosts::{KnownHosts, RevokedKeys},
    openssh::Gate,
};
use crate::{
    secret::{Kind, Redactor, Secret},
    stop::Stop,
    text::Text,
};

/// Reads every key file, agent and known-hosts file once a run, however many hosts and threads ask for it. A clone shares
/// what was read.
#[derive(Clone, Default)]
pub struct Credentials {
    asking: Option<Arc<Asking>>,
    files: Arc<Cache<PathBuf, Result<Found, KeyFileFault>>>,
    keys: Arc<Cache<PathBuf, Result<KeyMaterial, KeyFileFault>>>,
    agents: Arc<Cache<PathBuf, Result<Vec<AgentKey>, ErrorKind>>>,
    known_hosts: Arc<Cache<Vec<PathBuf>, KnownHosts>>,
    revoked: Arc<Cache<PathBuf, Result<RevokedKeys, String>>>,
    accepted: Arc<Accepted>,
    notes: Arc<Mutex<BTreeSet<(String, String)>>>,
    /// Who logs in on which mother: user, host and port.
    gates: Arc<Cache<(String, String, u16), Gate>>,
    pub(super) stop: Stop,
    redactor: Redactor,
}

impl std::fmt::Debug for Credentials {
    /// Without the secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("asks", &self.asking.is_some()).finish_non_exhaustive()
    }
}

/// Values that are made once for a key; who comes while one is being made waits for it.
#[derive(Debug)]
struct Cache<K, V>(Mutex<HashMap<K, Arc<OnceLock<Arc<V>>>>>);

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: std::hash::Hash + Eq + Clone, V> Cache<K, V> {
    fn get(&self, key: &K, make: impl FnOnce() -> V) -> Arc<V> {
        let cell = {
            let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(map.entry(key.clone()).or_default())
        };
        Arc::clone(cell.get_or_init(|| Arc::new(make())))
    }
}

impl Credentials {
    /// Credentials that get passphrases from `asker`, which is told the key file and returns nothing where nobody answers.
    /// It is called for one key at a time, up to three times for a key, from the thread of a host that needs it.
    #[must_use]
    pub fn asking(asker: impl Fn(&Path) -> Option<Secret> + Send + Sync + 'static) -> Self {
        Self { asking: Some(Arc::new(Asking::by(asker))), ..Self::default() }
    }

    /// Credentials that never ask: a key with a passphrase is a `key_file` problem.
    #[must_use]
    pub fn batch() -> Self {
        Self::default()
    }

    /// Ends every connection and every local script of the run at once, and those that are still to come: for a run that is
    /// cancelled. What is under way comes back as lost or killed.
    pub fn abort(&self) {
        self.stop.request();
    }

    /// The same credentials, whose connections and scripts end when `stop` is requested, as with [`Self::abort`].
    #[must_use]
    pub fn stopped_by(mut self, stop: &Stop) -> Self {
        self.stop = stop.clone();
        self
    }

    /// The same credentials; private keys and passphrases are made known to `redactor`.
    #[must_use]
    pub fn hidden_by(mut self, redactor: &Redactor) -> Self {
        self.redactor = redactor.clone();
        self
    }

    /// What ends these connections.
    #[must_use]
    pub fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Who logs in on `mother`.
    pub(super) fn gate(&self, mother: &SshEndpoint) -> Arc<Gate> {
        self.gates.get(&(mother.user.clone(), mother.host.clone(), mother.port), Gate::default)
    }

    /// The public key of the key in `file`, without asking for anything; `None` where only its passphrase would tell.
    pub(super) fn public_key(&self, file: &Path) -> Result<Option<Vec<u8>>, KeyFileProblem> {
        match &*self.file(file) {
            Ok(found) => Ok(found.blob.clone()),
            Err(why) => Err(KeyFileProblem { file: file.to_path_buf(), why: why.clone() }),
        }
    }

    /// The key in `file`, or why it cannot be used. Asks for its passphrase where that is allowed.
    pub(super) fn key(&self, file: &Path) -> Result<KeyMaterial, KeyFileProblem> {
        let key = self.keys.get(&file.to_path_buf(), || match &*self.file(file) {
            Ok(found) => {
                let key = key_file::open(file, found, self.asking.as_deref());
                if let Ok(key) = &key {
                    self.hide(key);
                }
                key
            }
            Err(why) => Err(why.clone()),
        });
        (*key).clone().map_err(|why| KeyFileProblem { file: file.to_path_buf(), why })
    }

    fn hide(&self, key: &KeyMaterial) {
        self.redactor.learn(key.private.expose(), Kind::Named);
        if let Some(passphrase) = &key.passphrase {
            self.redactor.learn(passphrase.expose(), Kind::Named);
        }
    }

    fn file(&self, file: &Path) -> Arc<Result<Found, KeyFileFault>> {
        self.files.get(&file.to_path_buf(), || key_file::find(file))
    }

    /// The keys of the agent at `socket`, or why it has none to give: it is asked once, until `deadline` at most.
    pub(super) fn agent_keys(&self, socket: &Path, deadline: Instant) -> Result<Vec<AgentKey>, ErrorKind> {
        let list = || agent::list(socket, deadline).map_err(|error| error.kind());
        let keys = self.agents.get(&socket.to_path_buf(), list);
        (*keys).clone()
    }

    /// The lines of `files`. It is told which of them could not be read: their hosts seem to be unknown.
    pub(super) fn known_hosts(&self, files: &[PathBuf]) -> Arc<KnownHosts> {
        let known = self.known_hosts.get(&files.to_vec(), || KnownHosts::read(files));
        for (file, error) in known.unread() {
            let file = file.display();
            self.note(Text::new(
                format!("`{file}` cannot be read ({error}): the host keys in it count as unknown"),
                format!("`{file}` を読み取れないため（{error}）、その中のホスト鍵は未登録として扱います"),
            ));
        }
        known
    }

    /// Whether the key in `file` opens only by its passphrase.
    pub(super) fn is_encrypted(&self, file: &Path) -> bool {
        matches!(&*self.file(file), Ok(found) if found.is_encrypted())
    }

    /// Whether `file` holds the private key of the public key `blob`.
    pub(super) fn has_private_key(&self, file: &Path, blob: &[u8]) -> bool {
        matches!(&*self.file(file), Ok(found) if !found.is_public() && found.blob.as_deref() == Some(blob))
    }

    /// The user certificate in `file`.
    #[expect(clippy::unused_self, reason = "where certificates come from is for the credentials to know")]
    pub(super) fn certificate(&self, file: &Path) -> Option<Certificate> {
        certificate::read(file)
    }

    /// The keys of a list of revoked ones, or why it cannot be read.
    pub(super) fn revoked_keys(&self, file: &Path) -> Arc<Result<RevokedKeys, String>> {
        self.revoked.get(&file.to_path_buf(), || RevokedKeys::read(file).map_err(|error| error.to_string()))
    }

    /// Accepts the unknown key `blob` for `name`, and writes it to `file` where there is one.
    ///
    /// # Errors
    /// The key that was accepted for this name before in this run, where it is another one.
    pub(super) fn accept(&self, file: Option<&Path>, name: &str, blob: &[u8], hashed: bool) -> Result<(), Vec<u8>> {
        self.accepted.accept(file, name, blob, hashed, &self.stop)
    }

    /// Remembers something that has to be told once.
    pub(super) fn note(&self, note: Text) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).insert((note.en, note.ja));
    }

    /// What has to be told about the connections so far: host keys that were accepted unseen, and logins that succeeded here
    /// and might not have with `ssh`.
    #[must_use]
    pub fn told(&self) -> Vec<Text> {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let others = notes.iter().map(|(en, ja)| Text::new(en, ja));
        self.accepted.told().into_iter().chain(others).collect()
    }
}
