//! Servers and programs that were given a password, and say it again wherever they may say something.

use std::{
    borrow::Cow,
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::Arc,
    thread,
    time::Duration,
};

use hive_preflight::report::Format;
use russh::{
    Channel, ChannelId, MethodKind, MethodSet, SshId,
    keys::{PrivateKey, ssh_key::private::Ed25519Keypair},
    server::{Auth, ChannelOpenHandle, Config, Handler, Msg, Response, Session, run_stream},
};
use tokio::runtime::Runtime;

use super::{formats, markers::Markers, project::write_check};
use crate::support::{CliTest, Run, findings};

/// An SSH server; its banner and its questions hold the password, too, as if somebody had told it before.
#[derive(Clone)]
struct Server {
    password: String,
    /// Lets everybody in, and says the password instead of running a command.
    accepts: bool,
}

impl Handler for Server {
    type Error = russh::Error;

    async fn authentication_banner(&mut self) -> Result<Option<String>, Self::Error> {
        Ok(Some(format!("use {0}\r\nor password: {0}\r\n", self.password)))
    }

    async fn auth_password(&mut self, _: &str, password: &str) -> Result<Auth, Self::Error> {
        assert_eq!(password, self.password, "it is the one of this host");
        Ok(if self.accepts { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _: &str,
        _: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        if response.is_some() {
            return Ok(Auth::reject());
        }
        let said = || Cow::Owned(self.password.clone());
        let prompts = Cow::Owned(vec![(said(), false), (said(), true)]);
        Ok(Auth::Partial { name: said(), instructions: said(), prompts })
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(&mut self, id: ChannelId, _: &[u8], session: &mut Session) -> Result<(), Self::Error> {
        session.channel_success(id)?;
        session.data(id, format!("welcome {}\n", self.password))?;
        session.extended_data(id, 1, format!("no shell for {}\n", self.password))?;
        session.exit_status_request(id, 1)?;
        session.close(id)
    }
}

impl Server {
    /// Listens; the port.
    fn start(self, runtime: &Runtime, key: &PrivateKey, method: MethodKind) -> u16 {
        let config = Arc::new(Config {
            server_id: SshId::Standard(Cow::Owned(format!("SSH-2.0-OpenSSH_9.2p1 {}", self.password))),
            keys: vec![key.clone()],
            auth_rejection_time: Duration::ZERO,
            methods: MethodSet::from(&[method][..]),
            ..Config::default()
        });
        let (listener, port) = listen();
        listener.set_nonblocking(true).expect("a socket");
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
            while let Ok((stream, _)) = listener.accept().await {
                let (config, server) = (Arc::clone(&config), self.clone());
                tokio::spawn(async move {
                    if let Ok(session) = run_stream(config, stream, server).await {
                        let _ = session.await;
                    }
                });
            }
        });
        port
    }
}

fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("a port").port();
    (listener, port)
}

/// Says the same to everybody; the port.
fn says(bytes: Vec<u8>) -> u16 {
    let (listener, port) = listen();
    thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.write_all(&bytes);
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = stream.read_to_end(&mut Vec::new());
        }
    });
    port
}

/// An SSH server that takes leave at once, with some words.
fn leaves(words: &str) -> Vec<u8> {
    const DISCONNECT: u8 = 1;
    let field = |text: &str| [&u32::try_from(text.len()).expect("short").to_be_bytes()[..], text.as_bytes()].concat();
    let payload = [&[DISCONNECT, 0, 0, 0, 2][..], &field(words), &field("en")].concat();
    let padding = 8 - (payload.len() + 5) % 8 + 8;
    let length = u32::try_from(payload.len() + padding + 1).expect("short").to_be_bytes();
    let packet = [&length[..], &[u8::try_from(padding).expect("short")], &payload, &vec![0; padding]].concat();
    [format!("SSH-2.0-OpenSSH_9.2p1 {words}\r\n").into_bytes(), packet].concat()
}

/// Hosts whose servers say what they were given: name, further variables, and the outcome of the check.
fn hosts(test: &CliTest, markers: &mut Markers, runtime: &Runtime) -> Vec<(&'static str, String, &'static str)> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).expect("random bytes");
    let key = PrivateKey::from(Ed25519Keypair::from_seed(&seed));
    let (mut hosts, mut known) = (Vec::new(), Vec::new());
    for (name, method, accepts, outcome) in [
        ("refuses", MethodKind::Password, false, "unreachable"),
        ("asks", MethodKind::KeyboardInteractive, false, "unreachable"),
        ("welcomes", MethodKind::Password, true, "error"),
    ] {
        let password = markers.add(name);
        let port = Server { password: password.clone(), accepts }.start(runtime, &key, method);
        known.push(format!("[127.0.0.1]:{port} {}\n", key.public_key().to_openssh().expect("a key")));
        hosts.push((name, reach(test, port, &password), outcome));
    }
    let [greets, leaves_] = ["greets", "leaves"].map(|place| markers.add(place));
    hosts.push((
        "greets",
        reach(test, says(format!("try {greets}\r\npassword={greets}\r\n").into()), &greets),
        "unreachable",
    ));
    hosts.push(("leaves", reach(test, says(leaves(&leaves_)), &leaves_), "unreachable"));
    test.write("known_hosts", &known.concat());
    // `sudo` that repeats what it read.
    let become_password = markers.add("become password");
    test.write("sudo", "#!/bin/sh\nread -r password\necho \"sudo: $password: incorrect password\" >&2\nexit 1\n");
    test.set_mode("sudo", 0o755);
    let exe = test.path("sudo").display().to_string();
    let local = format!(
        "ansible_connection: local, ansible_become_user: nobody, ansible_become_exe: {exe}, ansible_become_password: {become_password}"
    );
    hosts.push(("here", local, "error"));
    hosts
}

fn reach(test: &CliTest, port: u16, password: &str) -> String {
    format!(
        "ansible_host: 127.0.0.1, ansible_port: {port}, ansible_user: u, ansible_password: {password}, \
         ansible_ssh_common_args: '-F none -o IdentityAgent=none -o UserKnownHostsFile={}'",
        test.path("known_hosts").display()
    )
}

#[test]
fn what_a_server_was_given_it_cannot_show() {
    let (test, mut markers, runtime) = (CliTest::new(), Markers::default(), Runtime::new().expect("a runtime"));
    let hosts = hosts(&test, &mut markers, &runtime);
    let printed = format!("ansible_connection: local, ansible_password: {}", markers.add("printed"));
    let of_all = hosts.iter().map(|(name, variables, _)| (*name, variables)).chain([("prints", &printed)]);
    let lines: Vec<String> = of_all.map(|(name, variables)| format!("    {name}: {{{variables}}}\n")).collect();
    test.write("hosts.yml", &format!("all:\n  hosts:\n{}", lines.concat()));
    let check = "hosts: all:!mother\nprobe: {shell: 'echo {{ ansible_password | default(1) }}; echo so: \
                 {{ ansible_password | default(1) }} >&2; exit 3'}\nthat: [result.rc == 0]\n\
                 fail_msg: {en: '{{ result.stdout }} {{ connection.banner | default(1) }}', ja: '{{ result.stderr }}'}";
    write_check(&test, "asked", check);
    write_check(
        &test,
        "become",
        "hosts: here\nbecome: true\nprobe: {shell: 'true'}\nthat: [result.rc == 0]\nfail_msg: {en: f, ja: f}",
    );
    for lang in ["en", "ja"] {
        let mut command = test.command();
        command.args("run -i hosts.yml --checks mine --check t/asked --check t/become -vvv".split(' '));
        let run = Run::of(command.args(["--connect-timeout", "60", "--lang", lang]).args(formats(&test)));
        markers.assert_absent("standard output", run.stdout.as_bytes());
        markers.assert_absent("standard error", run.stderr.as_bytes());
        let json = serde_json::from_str(&test.read("out/json")).expect("JSON");
        let of = |check: &str, host: &str, outcome: &str| (check.to_owned(), host.to_owned(), outcome.to_owned());
        let mut wanted: Vec<_> = hosts.iter().map(|(name, _, outcome)| of("t/asked", name, outcome)).collect();
        wanted.extend([of("t/asked", "prints", "error"), of("t/become", "here", "error")]);
        wanted.sort();
        assert_eq!(findings(&json), wanted, "{json:#}");
        assert_eq!(markers.assert_absent_below(&test.path("out")), Format::ALL.len());
    }
}
