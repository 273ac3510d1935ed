//! What one simulated host answers over SSH.

use std::{borrow::Cow, collections::HashMap, os::unix::ffi::OsStrExt, process::Stdio, sync::Arc, time::Duration};

use russh::{
    Channel, ChannelId, ChannelOpenFailure, SshId,
    server::{
        Auth, ChannelOpenHandle, Config, Handle, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey, run_stream,
    },
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    process::{ChildStdin, Command},
};

use super::{HostSpec, Key};

/// What becomes of a unix socket that is asked for through the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forwarding {
    /// `/var/run/docker.sock` opens and answers as dockerd does.
    Docker,
    /// The server's configuration forbids it (`AllowStreamLocalForwarding no`).
    Forbidden,
    /// The server is too old to know such channels.
    Unknown,
}

/// The configuration of the server that plays `spec`.
pub(super) fn config(spec: &HostSpec, key: &Key) -> Config {
    Config {
        server_id: SshId::Standard(Cow::Owned(format!("SSH-2.0-{}", spec.software))),
        keys: vec![key.pair()],
        auth_rejection_time: Duration::ZERO,
        nodelay: true,
        ..Config::default()
    }
}

/// Accepts connections until the runtime ends.
pub(super) async fn serve(listener: TcpListener, config: Arc<Config>, spec: Arc<HostSpec>, client: Key) {
    while let Ok((stream, _)) = listener.accept().await {
        let connection = Connection { spec: Arc::clone(&spec), client: client.clone(), stdin: HashMap::new() };
        let config = Arc::clone(&config);
        tokio::spawn(async move {
            // A client that goes away in the middle is no concern of the host's.
            if let Ok(session) = run_stream(config, stream, connection).await {
                let _ = session.await;
            }
        });
    }
}

struct Connection {
    spec: Arc<HostSpec>,
    client: Key,
    stdin: HashMap<ChannelId, ChildStdin>,
}

impl Handler for Connection {
    type Error = russh::Error;

    async fn auth_publickey_offered(&mut self, user: &str, offer: PublicKeyOffer<'_>) -> Result<Auth, Self::Error> {
        let known = user == self.spec.user && self.client.is_half_of(offer.public_key);
        Ok(if known { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        let known = user == self.spec.user && self.client.is_half_of(key.public_key);
        Ok(if known { Auth::Accept } else { Auth::reject() })
    }

    async fn channel_open_session(
        &mut self,
        _channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let mut process = command_in(&self.spec, &String::from_utf8_lossy(command));
        let Ok(mut child) = process.spawn() else {
            return session.channel_failure(channel);
        };
        session.channel_success(channel)?;
        self.stdin.extend(child.stdin.take().map(|stdin| (channel, stdin)));
        tokio::spawn(relay(child, channel, session.handle(), Arc::clone(&self.spec)));
        Ok(())
    }

    async fn data(&mut self, channel: ChannelId, data: &[u8], _session: &mut Session) -> Result<(), Self::Error> {
        if let Some(stdin) = self.stdin.get_mut(&channel) {
            // A command that no longer reads is no error of the connection.
            let _ = stdin.write_all(data).await;
        }
        Ok(())
    }

    async fn channel_eof(&mut self, channel: ChannelId, _session: &mut Session) -> Result<(), Self::Error> {
        self.stdin.remove(&channel);
        Ok(())
    }

    async fn channel_open_direct_streamlocal(
        &mut self,
        channel: Channel<Msg>,
        socket_path: &str,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        match self.spec.forwarding {
            Forwarding::Unknown => reply.reject(ChannelOpenFailure::UnknownChannelType).await,
            Forwarding::Forbidden => reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await,
            Forwarding::Docker if !matches!(socket_path, "/var/run/docker.sock" | "/run/docker.sock") => {
                reply.reject(ChannelOpenFailure::ConnectFailed).await;
            }
            Forwarding::Docker => {
                reply.accept().await;
                tokio::spawn(answer_as_dockerd(channel));
            }
        }
        Ok(())
    }
}

/// The login shell of `spec`'s account, about to run `command`.
fn command_in(spec: &HostSpec, command: &str) -> Command {
    let home = spec.root.join("home").join(spec.user);
    let mut process = Command::new("/bin/sh");
    process.args(["-c", command]).env_clear().current_dir(&home);
    process.env("PATH", spec.root.join("usr/bin")).env("HOME", home).env("SHELL", "/bin/sh");
    process.env("USER", spec.user).env("LOGNAME", spec.user).env("HOST_ROOT", &spec.root);
    process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    process
}

/// Sends what `child` writes, then how it ended.
async fn relay(mut child: tokio::process::Child, channel: ChannelId, handle: Handle, spec: Arc<HostSpec>) {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let root = spec.root.as_os_str().as_bytes();
    tokio::join!(pump(stdout, channel, None, &handle, root), pump(stderr, channel, Some(1), &handle, root));
    if let Ok(status) = child.wait().await {
        let code = status.code().and_then(|code| u32::try_from(code).ok()).unwrap_or(255);
        let _ = handle.exit_status_request(channel, code).await;
    }
    let _ = handle.eof(channel).await;
    let _ = handle.close(channel).await;
}

async fn pump(
    source: Option<impl AsyncRead + Unpin>,
    channel: ChannelId,
    extended: Option<u32>,
    handle: &Handle,
    root: &[u8],
) {
    let Some(mut source) = source else { return };
    let (mut buffer, mut held) = (vec![0; 16 * 1024], Vec::new());
    loop {
        let length = source.read(&mut buffer).await.unwrap_or(0);
        held.extend_from_slice(&buffer[..length]);
        let data = without_root(&mut held, root, length == 0);
        let sent = match extended {
            _ if data.is_empty() => Ok(()),
            None => handle.data(channel, data).await,
            Some(code) => handle.extended_data(channel, code, data).await,
        };
        if sent.is_err() || length == 0 {
            return;
        }
    }
}

/// Takes from `held` what can be sent: without the path of the host's root directory, which a real host would not know.
/// Unless this is the end, what may be the beginning of that path stays behind.
fn without_root(held: &mut Vec<u8>, root: &[u8], end: bool) -> Vec<u8> {
    let mut sent = Vec::with_capacity(held.len());
    let mut at = 0;
    while at < held.len() {
        let rest = &held[at..];
        if rest.starts_with(root) {
            at += root.len();
        } else if root.starts_with(rest) && !end {
            break;
        } else {
            sent.push(rest[0]);
            at += 1;
        }
    }
    held.drain(..at);
    sent
}

/// One HTTP request, answered as dockerd answers `GET /_ping`.
async fn answer_as_dockerd(channel: Channel<Msg>) {
    let mut stream = channel.into_stream();
    let (mut request, mut buffer) = (Vec::new(), [0; 1024]);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.len() < 16 * 1024 {
        match stream.read(&mut buffer).await {
            Ok(length @ 1..) => request.extend_from_slice(&buffer[..length]),
            _ => return,
        }
    }
    let response: &[u8] = if request.starts_with(b"GET /_ping ") {
        b"HTTP/1.1 200 OK\r\nApi-Version: 1.45\r\nServer: Docker/26.1.4 (linux)\r\nConnection: close\r\nContent-Length: 2\r\n\r\nOK"
    } else {
        b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    };
    let _ = stream.write_all(response).await;
    let _ = stream.shutdown().await;
}
