//! A fleet of simulated hosts: one in-process SSH server on 127.0.0.1 each, with its own host key, announced version and
//! root directory. A command that arrives is really run, by this machine's `sh`, with the host's own programs in PATH.

mod key;
mod server;

use std::{io, net::TcpListener, path::PathBuf, sync::Arc};

pub(crate) use key::Key;
pub(crate) use server::Forwarding;
use tokio::runtime::Runtime;

/// One host to play.
#[derive(Debug, Clone)]
pub(crate) struct HostSpec {
    /// Its name in the inventory.
    pub(crate) name: String,
    /// The software that it announces, as in `OpenSSH_9.6p1`.
    pub(crate) software: &'static str,
    /// The account that may log in.
    pub(crate) user: &'static str,
    /// Its root directory, with `usr/bin` and the account's home below it.
    pub(crate) root: PathBuf,
    /// What becomes of a unix socket that is asked for through the connection.
    pub(crate) forwarding: Forwarding,
    /// Whether anything listens at its port.
    pub(crate) up: bool,
}

/// A host that is played.
#[derive(Debug)]
pub(crate) struct Host {
    /// What was asked for.
    pub(crate) spec: HostSpec,
    /// Its port on 127.0.0.1.
    pub(crate) port: u16,
    /// Its host key.
    pub(crate) key: Key,
}

/// All hosts that are played; they end when this is dropped.
#[derive(Debug)]
pub(crate) struct Fleet {
    /// In the order in which they were asked for.
    pub(crate) hosts: Vec<Host>,
    /// The key with which every account lets in.
    pub(crate) key: Key,
    _runtime: Runtime,
}

impl Fleet {
    /// Starts a server for each of `specs`.
    ///
    /// # Errors
    /// No thread, no port or no randomness to be had.
    pub(crate) fn start(specs: Vec<HostSpec>) -> io::Result<Self> {
        let runtime = Runtime::new()?;
        let key = Key::new()?;
        let hosts = specs.into_iter().map(|spec| start_host(&runtime, spec, &key)).collect::<io::Result<_>>()?;
        Ok(Self { hosts, key, _runtime: runtime })
    }

    /// The host called `name`.
    pub(crate) fn host(&self, name: &str) -> Option<&Host> {
        self.hosts.iter().find(|host| host.spec.name == name)
    }

    /// Lines of a `known_hosts` file for the whole fleet.
    pub(crate) fn known_hosts(&self) -> String {
        let lines = self.hosts.iter().map(|host| format!("[127.0.0.1]:{} {}\n", host.port, host.key.public()));
        lines.collect()
    }
}

fn start_host(runtime: &Runtime, spec: HostSpec, client: &Key) -> io::Result<Host> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let key = Key::new()?;
    if spec.up {
        listener.set_nonblocking(true)?;
        let _context = runtime.enter();
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let config = Arc::new(server::config(&spec, &key));
        runtime.spawn(server::serve(listener, config, Arc::new(spec.clone()), client.clone()));
    }
    Ok(Host { spec, port, key })
}
