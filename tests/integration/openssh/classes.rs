//! One table of faults, met by every way to a host: the class, the host that is named and the advice are the same.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    thread,
    time::Duration,
};

use hive_preflight::transport::{Credentials, Endpoint, ExecOutput, SshEndpoint, TransportError, connect};
use socket2::{Domain, Socket, Type};

use super::{from_mother, listener, program};
use crate::lab::{
    Closed,
    sshd::{Sshd, keygen, roomy, soon},
};

/// The ways, as messages of the tests call them.
const WAYS: [&str; 3] = ["ssh2", "openssh", "from the mother"];

/// Servers that the faults are made with.
struct World {
    server: Sshd,
    mother: Sshd,
    root: tempfile::TempDir,
    closed: Closed,
}

/// A fault: where and how one connects, and through which jump host.
struct Fault {
    what: &'static str,
    class: &'static str,
    endpoint: SshEndpoint,
    jump: Option<u16>,
}

impl Fault {
    fn new(what: &'static str, class: &'static str, endpoint: SshEndpoint) -> Self {
        Self { what, class, endpoint, jump: None }
    }
}

impl World {
    fn new() -> Self {
        Self { server: Sshd::start(), mother: Sshd::start(), root: tempfile::tempdir().unwrap(), closed: Closed::new() }
    }

    /// The endpoint of every way.
    fn ways(&self, fault: &Fault) -> [Endpoint; 3] {
        let SshEndpoint { host, port, .. } = &fault.endpoint;
        let mut ours = fault.endpoint.clone();
        let mut theirs = program(&fault.endpoint);
        if let Some(jump) = fault.jump {
            let options = "-oBatchMode=yes -oStrictHostKeyChecking=no -F none";
            ours.proxy_command = Some(format!("ssh {options} -p {jump} -W {host}:{port} root@127.0.0.1"));
            theirs.args.push(format!("-oProxyJump=root@127.0.0.1:{jump}"));
        }
        [Endpoint::Ssh(Box::new(ours)), Endpoint::Openssh(Box::new(theirs)), self.behind_mother(fault)]
    }

    fn behind_mother(&self, fault: &Fault) -> Endpoint {
        let endpoint = &fault.endpoint;
        let mut lines = vec!["Host *".to_owned(), "IdentitiesOnly yes\nStrictHostKeyChecking yes".to_owned()];
        lines.push(format!("UserKnownHostsFile {}", endpoint.known_hosts_files[0].display()));
        lines.extend(endpoint.identity_files.iter().map(|file| format!("IdentityFile {}", file.display())));
        lines.extend(fault.jump.map(|jump| format!("ProxyJump root@127.0.0.1:{jump}")));
        fs::write(self.root.path().join("ssh_config"), lines.join("\n") + "\n").unwrap();
        from_mother(&self.mother, self.root.path(), endpoint)
    }

    fn at(&self, port: u16) -> SshEndpoint {
        SshEndpoint { port, ..self.server.endpoint("root") }
    }

    /// The same, where nothing comes: what is waited for is the `ssh` on the mother, which has to be started by then.
    fn in_vain(&self, port: u16) -> SshEndpoint {
        SshEndpoint { connect_timeout: Duration::from_secs(8), ..self.at(port) }
    }

    fn with_key(&self, file: PathBuf) -> SshEndpoint {
        SshEndpoint { identity_files: vec![file], ..self.server.endpoint("root") }
    }

    fn knowing(&self, name: &str, text: &str) -> SshEndpoint {
        let file = self.server.path(name);
        fs::write(&file, text).unwrap();
        SshEndpoint { known_hosts_files: vec![file], ..self.server.endpoint("root") }
    }
}

/// What is needed so that a port answers no connection: it is waited upon, and its queue is full.
fn unanswering() -> (u16, Socket, Vec<TcpStream>) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let short = Duration::from_millis(500);
    let waiting = std::iter::from_fn(|| TcpStream::connect_timeout(&address, short).ok()).take(64).collect();
    (address.port(), socket, waiting)
}

/// A server that says this and nothing else.
fn saying(words: &'static [u8]) -> u16 {
    listener(move |mut socket| {
        let _ = socket.write_all(words);
        let _ = socket.read(&mut [0; 64]);
    })
}

/// Faults that stand in the way of a login.
fn faults(world: &World, unanswering: u16) -> Vec<Fault> {
    let (server, at) = (&world.server, |name: &str| world.server.path(name));
    for name in ["other", "stranger"] {
        keygen(&at(name), &["-t", "ed25519"]);
    }
    fs::copy(server.key(), at("open")).unwrap();
    fs::set_permissions(at("open"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(at("junk"), "junk").unwrap();
    fs::set_permissions(at("junk"), fs::Permissions::from_mode(0o600)).unwrap();
    let other = fs::read_to_string(at("other.pub")).unwrap();
    let unknown_name = SshEndpoint { host: "no-such-host.invalid".to_owned(), ..server.endpoint("root") };
    let silent = listener(|mut socket| drop(socket.read_to_end(&mut Vec::new())));
    let own = fs::read_to_string(at("host_ed25519.pub")).unwrap();
    let mut faults = vec![
        Fault::new("no address", "name", unknown_name),
        Fault::new("nobody listens", "refused", world.at(world.closed.port())),
        Fault::new("no answer to TCP", "timeout", world.in_vain(unanswering)),
        Fault::new("silence", "timeout", world.in_vain(silent)),
        Fault::new("a web server", "not_ssh", world.at(saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"))),
        Fault::new("MaxStartups", "busy", world.at(saying(b"Exceeded MaxStartups\r\n"))),
        Fault::new("hangs up", "lost", world.at(listener(drop))),
        Fault::new("unknown host key", "host_key_unknown", world.knowing("empty", "")),
        Fault::new(
            "changed host key",
            "host_key_changed",
            world.knowing("changed", &format!("[127.0.0.1]:{} {other}", server.port())),
        ),
        Fault::new("revoked host key", "host_key_revoked", world.knowing("revoked", &format!("@revoked * {own}"))),
        Fault::new("key file that is missing", "key_file", world.with_key(at("missing"))),
        Fault::new("key file that others may read", "key_file", world.with_key(at("open"))),
        Fault::new("key file that is none", "key_file", world.with_key(at("junk"))),
        Fault::new("rejected key", "auth", world.with_key(at("stranger"))),
    ];
    let jump = Fault::new("jump host that is down", "proxy", world.server.endpoint("root"));
    faults.push(Fault { jump: Some(world.closed.port()), ..jump });
    faults
}

/// The errors of every way, which are gone side by side.
fn errors(world: &World, fault: &Fault) -> Vec<TransportError> {
    let fails = |endpoint: Endpoint| connect(&endpoint, &Credentials::batch(), soon()).map(drop).unwrap_err();
    thread::scope(|scope| {
        let tried = world.ways(fault).map(|endpoint| scope.spawn(move || fails(endpoint)));
        tried.into_iter().map(|error| error.join().unwrap()).collect()
    })
}

fn advice(error: &TransportError) -> Vec<String> {
    error.remedy().into_iter().map(|step| step.text.en).collect()
}

#[test]
fn every_fault_has_one_class_one_host_and_one_advice_whichever_way_was_taken() {
    let world = World::new();
    let (port, _socket, _waiting) = unanswering();
    let mut wrong = Vec::new();
    for fault in faults(&world, port) {
        let errors = errors(&world, &fault);
        for (way, error) in WAYS.iter().zip(&errors) {
            let (message, host) = (error.message(), &fault.endpoint.host);
            let same = error.class() == fault.class
                && (&error.host, error.port) == (host, fault.endpoint.port)
                && message.en.contains(host.as_str())
                && message.ja.contains(host.as_str())
                && advice(error) == advice(&errors[0]);
            if !same {
                wrong.push(format!("{}, {way}: {} {error}\n  {:?}", fault.what, error.class(), advice(error)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What `script` came to by every way.
fn runs(world: &World, fault: &Fault, script: &str) -> Vec<Result<ExecOutput, TransportError>> {
    let run = |endpoint| connect(&endpoint, &Credentials::batch(), soon())?.exec(script, &roomy());
    world.ways(fault).map(run).into()
}

/// Kills the server's own process for the connection that the script came through, once it has passed the word on.
const CUT: &str =
    "echo begun; sleep 3; p=$$; while ! grep -q sshd /proc/$p/comm; do p=$(cut -d' ' -f4 /proc/$p/stat); done
    kill -KILL $p; sleep 5; echo never";

#[test]
fn a_command_that_is_refused_and_a_connection_that_breaks_are_the_same_whichever_way_was_taken() {
    let mut world = World::new();
    let lost = Fault::new("link cut", "", world.server.endpoint("root"));
    for (way, output) in WAYS.iter().zip(runs(&world, &lost, CUT)) {
        let output = output.unwrap();
        assert!(output.lost && output.exit_status.is_none() && !output.timed_out, "{way}: {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "begun\n", "{way}");
    }
    world.server = Sshd::with(&["MaxSessions 0"]);
    let refused = Fault::new("no sessions", "channel", world.server.endpoint("root"));
    for (way, output) in WAYS.iter().zip(runs(&world, &refused, "true")) {
        let error = output.unwrap_err();
        assert_eq!((error.class(), error.host.as_str()), (refused.class, "127.0.0.1"), "{way}: {error}");
        assert!(error.message().en.contains("127.0.0.1"), "{way}: {error}");
    }
}
