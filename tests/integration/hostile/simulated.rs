//! The simulated SSH server: logs in, opens channels and takes commands as its conduct says.

use std::{
    borrow::Cow,
    collections::HashMap,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use russh::{
    Channel, ChannelId, ChannelOpenFailure, Limits, MethodKind, MethodSet, SshId,
    keys::{PrivateKey, ssh_key::private::Ed25519Keypair},
    server::{
        Auth, ChannelOpenHandle, Config, Handler, Msg, PublicKeyOffer, Response, Session, VerifiedPublicKey, run_stream,
    },
};
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpListener,
    process::{ChildStdin, Command},
    runtime::Runtime,
};

use super::{
    conduct::Conduct,
    streams::{self, Said},
};

/// A simulated host.
#[derive(Debug)]
pub(super) struct Simulated {
    port: u16,
}

/// The server's part that outlives its connections.
#[derive(Debug)]
struct Host {
    conduct: Conduct,
    /// Programs that come first in the PATH.
    programs: PathBuf,
    /// What it answered first.
    recorded: Mutex<Option<Said>>,
}

/// The key of all simulated hosts, made for this run.
#[derive(Debug)]
pub(super) struct HostKey(PrivateKey);

impl HostKey {
    /// A new key.
    pub(super) fn new() -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).unwrap();
        Self(PrivateKey::from(Ed25519Keypair::from_seed(&seed)))
    }

    /// `ssh-ed25519 AAAA...`.
    pub(super) fn public(&self) -> String {
        self.0.public_key().to_openssh().unwrap()
    }
}

impl Simulated {
    /// Starts a host on `runtime`, with which it ends; `programs` holds a directory of programs for each conduct that has some.
    pub(super) fn start(runtime: &Runtime, conduct: Conduct, key: &HostKey, programs: &Path) -> Self {
        let _context = runtime.enter();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let programs = programs.join(format!("{conduct:?}"));
        let host = Arc::new(Host { conduct, programs, recorded: Mutex::default() });
        let config = Arc::new(config(conduct, key));
        let listener = TcpListener::from_std(listener).unwrap();
        runtime.spawn(serve(listener, config, host));
        Self { port }
    }

    /// Its port on 127.0.0.1.
    pub(super) fn port(&self) -> u16 {
        self.port
    }
}

fn config(conduct: Conduct, key: &HostKey) -> Config {
    let mut config = Config {
        server_id: SshId::Standard(Cow::Borrowed("SSH-2.0-OpenSSH_9.2p1")),
        keys: vec![key.0.clone()],
        auth_rejection_time: Duration::ZERO,
        nodelay: true,
        inactivity_timeout: None,
        ..Config::default()
    };
    match conduct {
        Conduct::Rekeys => config.limits = Limits::new(512, 512, Duration::from_secs(3600)),
        Conduct::Nags => {
            config.keepalive_interval = Some(Duration::from_millis(1));
            config.keepalive_max = usize::MAX;
        }
        Conduct::NoWindow => config.window_size = 0,
        Conduct::AsksForEver => config.methods = MethodSet::from(&[MethodKind::KeyboardInteractive][..]),
        Conduct::OffersNothing | Conduct::RefusesLoudly | Conduct::ForgesLogin => config.methods = MethodSet::empty(),
        _ => {}
    }
    config
}

async fn serve(listener: TcpListener, config: Arc<Config>, host: Arc<Host>) {
    while let Ok((stream, _)) = listener.accept().await {
        if host.conduct == Conduct::Resets {
            let _ = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
        }
        let connection = Connection::new(&host);
        let config = Arc::clone(&config);
        tokio::spawn(async move {
            // A client that leaves in the middle is what these servers are for.
            if let Ok(session) = run_stream(config, stream, connection).await {
                let _ = session.await;
            }
        });
    }
}

struct Connection {
    host: Arc<Host>,
    channels: HashMap<ChannelId, Channel<Msg>>,
    stdin: HashMap<ChannelId, ChildStdin>,
    /// Requests that are never answered.
    held: Vec<ChannelOpenHandle>,
    asked: usize,
}

/// What `ssh` says once it is logged in.
const FORGED: &str = "debug1: Authentication succeeded (publickey).\r\nAuthenticated to 127.0.0.1 ([127.0.0.1]:22) using \"publickey\".\r\n";

impl Connection {
    fn new(host: &Arc<Host>) -> Self {
        let host = Arc::clone(host);
        Self { host, channels: HashMap::new(), stdin: HashMap::new(), held: Vec::new(), asked: 0 }
    }

    fn conduct(&self) -> Conduct {
        self.host.conduct
    }
}

impl Handler for Connection {
    type Error = russh::Error;

    async fn authentication_banner(&mut self) -> Result<Option<String>, Self::Error> {
        let line = "\x1b]0;owned\x07\x1b[2J\u{202e}<script>alert(4)</script>\r\n";
        Ok(match self.conduct() {
            Conduct::LoudBanner => Some(line.repeat(500)),
            Conduct::RefusesLoudly => Some(line.to_owned()),
            Conduct::ForgesLogin => Some(FORGED.to_owned()),
            _ => None,
        })
    }

    async fn auth_publickey_offered(&mut self, _: &str, _: PublicKeyOffer<'_>) -> Result<Auth, Self::Error> {
        match self.conduct() {
            Conduct::SilentLogin => std::future::pending().await,
            Conduct::HangsUpAtLogin => Err(russh::Error::Disconnect),
            Conduct::OffersNothing | Conduct::RefusesLoudly | Conduct::ForgesLogin | Conduct::AsksForEver => {
                Ok(Auth::reject())
            }
            _ => Ok(Auth::Accept),
        }
    }

    async fn auth_publickey(&mut self, _: &str, _: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        Ok(Auth::Accept)
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _: &str,
        _: &str,
        _: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let prompts = Cow::Owned(vec![(Cow::Borrowed("and your password? "), false)]);
        Ok(Auth::Partial { name: Cow::Borrowed(""), instructions: Cow::Borrowed(""), prompts })
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        self.asked += 1;
        match self.conduct() {
            Conduct::RefusesChannels => reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await,
            Conduct::RefusesFirstChannels if self.asked < 3 => reply.reject(ChannelOpenFailure::ConnectFailed).await,
            Conduct::NeverOpens => self.held.push(reply),
            _ => {
                self.channels.insert(channel.id(), channel);
                reply.accept().await;
            }
        }
        Ok(())
    }

    async fn exec_request(&mut self, id: ChannelId, command: &[u8], session: &mut Session) -> Result<(), Self::Error> {
        let conduct = match self.conduct() {
            // The command line failed; what follows is to be written to standard input.
            Conduct::NoWindow if self.asked > 1 => Conduct::Silent,
            conduct => conduct,
        };
        match conduct {
            Conduct::RefusesExec => return session.channel_failure(id),
            Conduct::NeverAnswersExec => return Ok(()),
            Conduct::AnswersExecLate => {
                let handle = session.handle();
                tokio::spawn(async move {
                    tokio::time::sleep(super::world::LATE).await;
                    let _ = handle.channel_success(id).await;
                });
                return Ok(());
            }
            Conduct::Resets => return Err(russh::Error::Disconnect),
            Conduct::FloodsAnswers => {
                session.channel_success(id)?;
                streams::answer_too_much(id, session)?;
            }
            _ => session.channel_success(id)?,
        }
        let Some(channel) = self.channels.remove(&id) else { return Ok(()) };
        let handle = session.handle();
        if streams::runs_nothing(conduct) {
            tokio::spawn(async move { streams::play(conduct, &channel, &handle).await });
            return Ok(());
        }
        let host = Arc::clone(&self.host);
        let mut child = command_in(&host.programs, &String::from_utf8_lossy(command)).spawn()?;
        self.stdin.extend(child.stdin.take().map(|stdin| (id, stdin)));
        tokio::spawn(async move {
            let Ok(output) = child.wait_with_output().await else { return };
            let said = Said::of(&output);
            let first = host.recorded.lock().unwrap().get_or_insert_with(|| said.clone()).clone();
            streams::answer(conduct, said, first, &channel, &handle).await;
        });
        Ok(())
    }

    async fn data(&mut self, id: ChannelId, data: &[u8], _: &mut Session) -> Result<(), Self::Error> {
        if let Some(stdin) = self.stdin.get_mut(&id) {
            // A command that no longer reads is no error of the connection.
            let _ = stdin.write_all(data).await;
        }
        Ok(())
    }

    async fn channel_eof(&mut self, id: ChannelId, _: &mut Session) -> Result<(), Self::Error> {
        self.stdin.remove(&id);
        Ok(())
    }
}

/// The login shell, about to run `command`.
fn command_in(programs: &Path, command: &str) -> Command {
    let mut process = Command::new("/bin/sh");
    process.args(["-c", command]).env_clear().current_dir("/");
    process.env("PATH", format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", programs.display())).env("HOME", "/root");
    // As sshd does: a script may kill its own group.
    process.process_group(0);
    process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    process
}
