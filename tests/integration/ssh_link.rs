//! What the link does: how often it is crossed, and what happens when it stalls, breaks or lies at any byte.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its world fails")]

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use hive_preflight::transport::{
    Credentials, Endpoint, ExecLimits, ExecOutput, HostKeyPolicy, LocalEndpoint, Phase, Session, SshEndpoint,
    TransportError, TransportErrorKind, connect,
};

use crate::lab::{
    Begun,
    sshd::{Sshd, roomy, soon},
};

/// What the relay does to the server's bytes.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// Nothing.
    None,
    /// Nothing comes through after so many bytes.
    Stall(usize),
    /// The connection is closed after so many bytes.
    Close(usize),
    /// This byte comes through changed.
    Flip(usize),
}

/// Stands between client and server, counts and disturbs.
struct Relay {
    port: u16,
    /// Client flights: how often the client spoke after the server did.
    flights: Arc<AtomicUsize>,
    /// Bytes that the server sent.
    sent: Arc<AtomicUsize>,
}

impl Relay {
    /// Takes one connection to `server`. It goes with its two ends.
    fn start(server: &Sshd, fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Self { port: listener.local_addr().unwrap().port(), flights: Arc::default(), sent: Arc::default() };
        let (flights, sent, port) = (Arc::clone(&relay.flights), Arc::clone(&relay.sent), server.port());
        thread::spawn(move || {
            let Ok((client, _)) = listener.accept() else { return };
            let upstream = TcpStream::connect(("127.0.0.1", port)).unwrap();
            client.set_nodelay(true).unwrap();
            upstream.set_nodelay(true).unwrap();
            let (events, order) = mpsc::channel();
            let (client2, upstream2, events2) =
                (client.try_clone().unwrap(), upstream.try_clone().unwrap(), events.clone());
            thread::spawn(move || pump(client2, upstream2, Fault::None, &AtomicUsize::default(), &events2, 'c'));
            thread::spawn(move || pump(upstream, client, fault, &sent, &events, 's'));
            let mut last = 's';
            for who in order {
                if who == 'c' && last == 's' {
                    flights.fetch_add(1, Ordering::SeqCst);
                }
                last = who;
            }
        });
        relay
    }

    fn endpoint(&self, server: &Sshd) -> SshEndpoint {
        SshEndpoint { port: self.port, host_key_policy: HostKeyPolicy::Off, ..server.endpoint("root") }
    }
}

/// Copies one direction. Each read waits a moment first, so that what belongs together arrives together.
fn pump(
    mut from: TcpStream,
    mut to: TcpStream,
    fault: Fault,
    sent: &AtomicUsize,
    events: &mpsc::Sender<char>,
    who: char,
) {
    let mut buffer = [0; 16384];
    let mut passed = 0;
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let mut count = count;
        let _ = events.send(who);
        match fault {
            Fault::Stall(limit) | Fault::Close(limit) => count = count.min(limit - passed),
            Fault::Flip(at) if (passed..passed + count).contains(&at) => buffer[at - passed] ^= 0x55,
            Fault::Flip(_) | Fault::None => {}
        }
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
        passed += count;
        sent.store(passed, Ordering::SeqCst);
        match fault {
            Fault::Close(limit) if passed >= limit => break,
            // Reads on, so that the server sees nothing, and passes nothing.
            Fault::Stall(limit) if passed >= limit => while let Ok(1..) = from.read(&mut buffer) {},
            _ => {}
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// Connects through `relay` and runs a script, everything within `time`.
fn ask(server: &Sshd, relay: &Relay, time: Duration) -> Result<ExecOutput, TransportError> {
    let deadline = Instant::now() + time;
    let endpoint = Endpoint::Ssh(Box::new(SshEndpoint { connect_timeout: time, ..relay.endpoint(server) }));
    let mut session = connect(&endpoint, &Credentials::batch(), deadline)?;
    session
        .exec("echo one; echo two >&2", &ExecLimits { deadline, max_stdout: 1000, max_stderr: 1000, last_mark: None })
}

#[test]
fn a_script_costs_ten_round_trips_at_most() {
    let server = Sshd::start();
    // What is sent without waiting counts as a flight too where the two sides happen to take turns: the least of some tries
    // is what the protocol needs. The connect itself is one more.
    let trips = (0..20).map(|_| {
        let relay = Relay::start(&server, Fault::None);
        let output = ask(&server, &relay, Duration::from_secs(100)).unwrap();
        assert_eq!(output.stdout, b"one\n", "{output:?}");
        relay.flights.load(Ordering::SeqCst) + 1
    });
    let least = trips.min().unwrap();
    assert!(least <= 10, "{least} round trips");
}

/// How many bytes a healthy server sends.
fn healthy(server: &Sshd) -> usize {
    let relay = Relay::start(server, Fault::None);
    ask(server, &relay, Duration::from_secs(100)).unwrap();
    relay.sent.load(Ordering::SeqCst)
}

/// Places all over a conversation of `total` bytes.
fn places(total: usize) -> impl Iterator<Item = usize> {
    (0..24).map(move |n| n * (total - 40) / 23)
}

/// Runs `check` for every fault at once; the faults wait for deadlines, not for the processor.
fn for_each(faults: impl Iterator<Item = Fault>, check: impl Fn(Fault) + Sync) {
    let faults: Vec<_> = faults.collect();
    for some in faults.chunks(8) {
        thread::scope(|scope| {
            for fault in some {
                scope.spawn(|| check(*fault));
            }
        });
    }
}

/// Whether an answer is complete: what a caller takes for the truth.
fn complete(output: &ExecOutput) -> bool {
    !output.timed_out && !output.lost && output.exit_status.is_some()
}

#[test]
fn a_link_that_stalls_anywhere_ends_at_the_deadline() {
    let server = Sshd::start();
    for_each(places(healthy(&server)).map(Fault::Stall), |fault| {
        let relay = Relay::start(&server, fault);
        let started = Instant::now();
        match ask(&server, &relay, Duration::from_secs(4)) {
            Ok(output) => assert!(!complete(&output), "{fault:?}: {output:?}"),
            Err(error) => assert_eq!(error.class(), "timeout", "{fault:?}: {error}"),
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{fault:?} hangs");
    });
}

#[test]
fn a_link_that_breaks_anywhere_is_told_as_lost() {
    let server = Sshd::start();
    for_each(places(healthy(&server)).map(Fault::Close), |fault| {
        let relay = Relay::start(&server, fault);
        match ask(&server, &relay, Duration::from_secs(60)) {
            Ok(output) => assert!(!complete(&output) && !output.timed_out, "{fault:?}: {output:?}"),
            Err(error) => {
                // A server that hangs up during authentication may mean it: `MaxAuthTries`.
                let class = error.class();
                assert!(matches!(class, "lost" | "auth"), "{fault:?}: {class}: {error}");
            }
        }
    });
}

#[test]
fn a_link_that_changes_a_byte_never_gives_a_wrong_answer() {
    let server = Sshd::start();
    for_each(places(healthy(&server)).map(Fault::Flip), |fault| {
        let relay = Relay::start(&server, fault);
        if let Ok(output) = ask(&server, &relay, Duration::from_secs(4)) {
            assert!(!complete(&output) || output.stdout == b"one\n", "{fault:?}: {output:?}");
        }
    });
}

#[test]
fn a_server_that_dies_under_a_command_is_lost() {
    let server = Sshd::start();
    let mut session =
        connect(&Endpoint::Ssh(Box::new(server.endpoint("root"))), &Credentials::batch(), soon()).unwrap();
    let begun = Begun::new();
    let script = begun.script(60);
    let running = thread::spawn(move || session.exec(&script, &roomy()));
    begun.wait();
    drop(server);
    let output = running.join().unwrap().unwrap();
    assert!(output.lost && output.exit_status.is_none(), "{output:?}");
}

#[test]
fn a_connect_that_is_not_answered_times_out() {
    let server = Sshd::start();
    // A listener whose queue is full drops what comes next.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let _queued: Vec<_> = (0..4).map(|_| TcpStream::connect_timeout(&address, Duration::from_millis(200))).collect();
    let endpoint =
        SshEndpoint { port: address.port(), connect_timeout: Duration::from_millis(500), ..server.endpoint("root") };
    let error = connect(&Endpoint::Ssh(Box::new(endpoint)), &Credentials::batch(), soon()).unwrap_err();
    assert!(matches!(*error.kind, TransportErrorKind::Timeout { phase: Phase::Connect, .. }), "{error}");
}

#[test]
fn many_sessions_at_once_share_their_credentials() {
    let server = Sshd::start();
    let credentials = Credentials::batch();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..12)
            .map(|n| {
                let (credentials, endpoint) = (&credentials, Endpoint::Ssh(Box::new(server.endpoint("root"))));
                scope.spawn(move || {
                    let mut session: Session = connect(&endpoint, credentials, soon()).unwrap();
                    session.exec(&format!("echo {n}"), &roomy()).unwrap().stdout
                })
            })
            .collect();
        for (n, worker) in workers.into_iter().enumerate() {
            assert_eq!(worker.join().unwrap(), format!("{n}\n").into_bytes());
        }
    });
}

#[test]
fn a_cancelled_run_ends_what_is_under_way_and_starts_nothing_more() {
    let server = Sshd::start();
    let ssh = Endpoint::Ssh(Box::new(server.endpoint("root")));
    let credentials = Credentials::batch();
    let mut sessions =
        [ssh.clone(), Endpoint::Local(LocalEndpoint::default())].map(|e| connect(&e, &credentials, soon()).unwrap());
    let begun = [Begun::new(), Begun::new()];
    let scripts = begun.each_ref().map(|begun| begun.script(100));
    let (outputs, took) = thread::scope(|scope| {
        let mut scripts = scripts.iter();
        let running = sessions.each_mut().map(|session| {
            let script = scripts.next().unwrap();
            scope.spawn(move || session.exec(script, &roomy()).unwrap())
        });
        begun.iter().for_each(Begun::wait);
        let aborted = Instant::now();
        credentials.abort();
        (running.map(|thread| thread.join().unwrap()), aborted.elapsed())
    });
    assert!(took < Duration::from_secs(60), "{took:?}");
    assert!(outputs[0].lost, "{outputs:?}");
    assert_eq!(outputs[1].exit_signal.as_deref(), Some("KILL"), "{outputs:?}");
    connect(&ssh, &credentials, soon()).unwrap_err();
    assert_eq!(sessions[1].exec("echo late", &roomy()).unwrap().exit_signal.as_deref(), Some("KILL"));
}
