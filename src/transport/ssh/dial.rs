//! A TCP connection to the address of a host that answers first, as RFC 8305 has it: a later address is tried while an
//! earlier one is still silent.

use std::{
    collections::VecDeque,
    io::ErrorKind,
    net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _},
    sync::mpsc,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
};
use socket2::{Domain, Protocol, Socket, Type};

use super::timespec;
use crate::stop::Stop;
use crate::transport::{
    endpoint::SshEndpoint,
    error::{Attempt, Phase, TransportErrorKind as Kind},
};

/// How long an address may be silent before the next one is tried beside it.
const HEAD_START: Duration = Duration::from_millis(250);
/// What lies between two rounds over all addresses, where several are wanted.
const ROUND_PAUSE: Duration = Duration::from_secs(1);

/// Connects to the endpoint's host before `deadline`.
pub(super) fn dial(endpoint: &SshEndpoint, deadline: Instant, stop: &Stop) -> Result<(TcpStream, SocketAddr), Kind> {
    let started = Instant::now();
    let mut addresses = resolve(&endpoint.host, endpoint.port, started, deadline, stop)?;
    addresses.retain(|address| endpoint.address_family.takes(*address));
    if addresses.is_empty() {
        let family = endpoint.address_family;
        return Err(Kind::Name {
            detail: format!("none of its addresses is of the family `{family:?}` (`AddressFamily`)"),
        });
    }
    let from = Origin::of(endpoint, started, deadline, stop)?;
    let addresses = alternating(addresses);
    for round in 1.. {
        let failures = match race(&addresses, &from, deadline, stop) {
            Ok((socket, address)) => return ready(socket, endpoint, address),
            Err(failures) => failures,
        };
        let pause = Instant::now() + ROUND_PAUSE;
        if round >= endpoint.connection_attempts || pause >= deadline || stop.sleep(ROUND_PAUSE) {
            return Err(classify(&failures, started.elapsed()));
        }
    }
    Err(classify(&[], started.elapsed()))
}

/// Readies a socket that is connected.
fn ready(socket: Socket, endpoint: &SshEndpoint, address: SocketAddr) -> Result<(TcpStream, SocketAddr), Kind> {
    let set = || {
        socket.set_nonblocking(false)?;
        socket.set_keepalive(endpoint.tcp_keep_alive)?;
        // Without it the small packets of the handshake wait for each other's acknowledgement.
        let _ = socket.set_tcp_nodelay(true);
        Ok(())
    };
    set().map_err(|error: std::io::Error| Kind::Local { detail: error.to_string() })?;
    Ok((socket.into(), address))
}

/// The resolver's order, but families by turns: a family without a route must not hold up the other one.
fn alternating(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let Some(first) = addresses.first().copied() else { return addresses };
    let (mut these, mut others): (VecDeque<_>, VecDeque<_>) =
        addresses.into_iter().partition(|address| address.is_ipv4() == first.is_ipv4());
    let mut order = Vec::new();
    while let Some(address) = these.pop_front() {
        order.push(address);
        order.extend(others.pop_front());
    }
    order.extend(others);
    order
}

/// Where connections come from: `BindAddress`, with its addresses; nothing for the system's choice.
struct Origin(Option<(String, Vec<SocketAddr>)>);

impl Origin {
    fn of(endpoint: &SshEndpoint, started: Instant, deadline: Instant, stop: &Stop) -> Result<Self, Kind> {
        let Some(name) = endpoint.bind_address.clone() else { return Ok(Self(None)) };
        let addresses = resolve(&name, 0, started, deadline, stop).map_err(|kind| match kind {
            Kind::Name { detail } => Kind::Local { detail: format!("`BindAddress {name}`: {detail}") },
            other => other,
        })?;
        Ok(Self(Some((name, addresses))))
    }

    fn bind(&self, socket: &Socket, target: SocketAddr) -> std::io::Result<()> {
        let Some((name, addresses)) = &self.0 else { return Ok(()) };
        let own = addresses.iter().find(|address| address.is_ipv4() == target.is_ipv4());
        let own = own.ok_or_else(|| {
            std::io::Error::new(ErrorKind::AddrNotAvailable, format!("`BindAddress {name}` is of another family"))
        })?;
        let told = |error: std::io::Error| std::io::Error::new(error.kind(), format!("`BindAddress {name}`: {error}"));
        socket.bind(&(*own).into()).map_err(told)
    }
}

/// A connection that is being made.
struct Runner {
    socket: Socket,
    address: SocketAddr,
}

impl Runner {
    /// Sets out; the socket may be connected already.
    fn start(address: SocketAddr, from: &Origin) -> std::io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        from.bind(&socket, address)?;
        match socket.connect(&address.into()) {
            Err(error) if error.raw_os_error() != Some(Errno::INPROGRESS.raw_os_error()) => Err(error),
            Ok(()) | Err(_) => Ok(Self { socket, address }),
        }
    }
}

type Failures = Vec<(SocketAddr, std::io::Error)>;

/// One connection of many that are started one after the other; the first that stands wins, the others are dropped.
fn race(
    addresses: &[SocketAddr],
    from: &Origin,
    deadline: Instant,
    stop: &Stop,
) -> Result<(Socket, SocketAddr), Failures> {
    let (mut waiting, mut runners) = (addresses.iter().copied().collect::<VecDeque<_>>(), Vec::<Runner>::new());
    let (mut failures, mut next) = (Failures::new(), Instant::now());
    while !(waiting.is_empty() && runners.is_empty()) {
        let now = Instant::now();
        if now >= deadline || stop.is_requested() {
            let silent = runners.into_iter().map(|runner| (runner.address, ErrorKind::TimedOut.into()));
            failures.extend(silent);
            break;
        }
        // Where nobody runs any more there is nobody to give a head start to.
        let is_due = now >= next || runners.is_empty();
        if let Some(address) = Some(&mut waiting).filter(|_| is_due).and_then(VecDeque::pop_front) {
            match Runner::start(address, from) {
                Ok(runner) => runners.push(runner),
                Err(error) => failures.push((address, error)),
            }
            next = now + HEAD_START;
        }
        let until = if waiting.is_empty() { deadline } else { next.min(deadline) };
        if let Some((runner, error)) = arrived(&mut runners, until.saturating_duration_since(now).min(SLICE)) {
            match error {
                None => return Ok((runner.socket, runner.address)),
                Some(error) => {
                    failures.push((runner.address, error));
                    next = Instant::now();
                }
            }
        }
    }
    Err(failures)
}

/// The first runner that comes to an end within `patience`, with its error if it failed.
fn arrived(runners: &mut Vec<Runner>, patience: Duration) -> Option<(Runner, Option<std::io::Error>)> {
    let mut fds: Vec<_> = runners.iter().map(|runner| PollFd::new(&runner.socket, PollFlags::OUT)).collect();
    poll(&mut fds, Some(&timespec(patience))).ok().filter(|count| *count > 0)?;
    let index = fds.iter().position(|fd| !fd.revents().is_empty())?;
    drop(fds);
    let runner = runners.remove(index);
    let error = runner.socket.take_error().unwrap_or_else(Some);
    Some((runner, error))
}

/// The addresses of `host`. The system's resolver knows no deadline, so a name is looked up on a thread that is left to
/// itself if it takes too long.
fn resolve(host: &str, port: u16, started: Instant, deadline: Instant, stop: &Stop) -> Result<Vec<SocketAddr>, Kind> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let (sender, receiver) = mpsc::sync_channel(1);
    let name = host.to_owned();
    let lookup = move || {
        let _ = sender.send((name.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>));
    };
    if let Err(error) = std::thread::Builder::new().name("resolve".into()).spawn(lookup) {
        return Err(Kind::Local { detail: error.to_string() });
    }
    match in_slices(deadline, stop, |slice| receiver.recv_timeout(slice).ok()).ok_or(()) {
        Ok(Ok(addresses)) if addresses.is_empty() => Err(Kind::Name { detail: "the resolver gave none".to_owned() }),
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(error)) => Err(Kind::Name { detail: resolver_words(&error) }),
        Err(()) => Err(Kind::Timeout { phase: Phase::Name, after: started.elapsed() }),
    }
}

/// How long is waited before somebody looks whether the run was stopped.
const SLICE: Duration = Duration::from_millis(50);

/// Waits in slices, until `wait` has something, the deadline passes, or the run is stopped.
fn in_slices<T>(deadline: Instant, stop: &Stop, mut wait: impl FnMut(Duration) -> Option<T>) -> Option<T> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if let Some(value) = wait(left.min(SLICE)) {
            return Some(value);
        }
        if left.is_zero() || stop.is_requested() {
            return None;
        }
    }
}

fn resolver_words(error: &std::io::Error) -> String {
    let words = error.to_string();
    words.strip_prefix("failed to lookup address information: ").unwrap_or(&words).to_owned()
}

/// The class is that of the failure that says most: somebody who refuses is there, a router that says no is nearer than silence.
fn classify(failures: &[(SocketAddr, std::io::Error)], after: Duration) -> Kind {
    let attempts: Vec<_> =
        failures.iter().map(|(address, error)| Attempt { address: *address, detail: words(error) }).collect();
    let any = |wanted: fn(ErrorKind) -> bool| failures.iter().any(|(_, error)| wanted(error.kind()));
    if any(|kind| matches!(kind, ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset)) {
        Kind::Refused { attempts }
    } else if any(|kind| !matches!(kind, ErrorKind::TimedOut | ErrorKind::WouldBlock)) {
        Kind::UnreachableNetwork { attempts }
    } else if attempts.len() > 1 {
        Kind::Silent { attempts, after }
    } else {
        Kind::Timeout { phase: Phase::Connect, after }
    }
}

fn words(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        ErrorKind::TimedOut => "timed out".to_owned(),
        ErrorKind::HostUnreachable => "no route to host".to_owned(),
        ErrorKind::NetworkUnreachable => "network is unreachable".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Error, ErrorKind},
        net::{SocketAddr, TcpListener},
        time::{Duration, Instant},
    };

    use super::{Kind, Origin, SshEndpoint, alternating, classify, dial, race};
    use crate::{stop::Stop, transport::endpoint::AddressFamily};

    fn endpoint(host: &str, listener: &TcpListener) -> SshEndpoint {
        let port = listener.local_addr().unwrap().port();
        SshEndpoint { host: host.to_owned(), port, ..SshEndpoint::default() }
    }

    /// A port that refuses: it is bound, so that nobody else gets it, and does not listen.
    fn refusing() -> socket2::Socket {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
        socket
    }

    fn dialled(endpoint: &SshEndpoint) -> Result<SocketAddr, Kind> {
        let dialled = dial(endpoint, Instant::now() + Duration::from_secs(60), &Stop::default());
        dialled.map(|(stream, _)| stream.local_addr().unwrap())
    }

    #[test]
    fn an_address_may_have_a_zone() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let class = |host| {
            let deadline = Instant::now() + Duration::from_secs(1);
            dial(&endpoint(host, &listener), deadline, &Stop::default()).map_err(|kind| kind.class())
        };
        // There is no such machine, but there is the interface.
        assert_ne!(class("fe80::1%lo").unwrap_err(), "name");
        assert_eq!(class("fe80::1%nosuch0").unwrap_err(), "name");
    }

    #[test]
    fn only_addresses_of_the_family_are_used() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let with = |address_family, host| SshEndpoint { address_family, ..endpoint(host, &listener) };
        assert!(dialled(&with(AddressFamily::Inet, "localhost")).unwrap().is_ipv4());
        assert_eq!(dialled(&with(AddressFamily::Inet6, "127.0.0.1")).unwrap_err().class(), "name");
    }

    #[test]
    fn the_connection_comes_from_the_address_that_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let from = |name: &str| SshEndpoint { bind_address: Some(name.to_owned()), ..endpoint("127.0.0.1", &listener) };
        assert_eq!(dialled(&from("127.0.0.9")).unwrap().ip().to_string(), "127.0.0.9");
        for wrong in ["192.0.2.1", "::1"] {
            let Err(Kind::UnreachableNetwork { attempts }) = dialled(&from(wrong)) else { panic!("{wrong}") };
            assert!(attempts[0].detail.contains(&format!("BindAddress {wrong}")), "{attempts:?}");
        }
    }

    #[test]
    fn a_host_that_refuses_is_tried_so_often_as_wanted() {
        let late = refusing();
        let port = late.local_addr().unwrap().as_socket().unwrap().port();
        let endpoint =
            SshEndpoint { host: "127.0.0.1".to_owned(), port, connection_attempts: 30, ..SshEndpoint::default() };
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(300));
                late.listen(1).unwrap();
            });
            assert!(dialled(&endpoint).is_ok());
        });
    }

    #[test]
    fn families_take_turns() {
        let parse = |list: &[&str]| list.iter().map(|text| text.parse().unwrap()).collect::<Vec<_>>();
        let addresses = parse(&["[::1]:1", "[::2]:1", "[::3]:1", "127.0.0.1:1"]);
        assert_eq!(alternating(addresses), parse(&["[::1]:1", "127.0.0.1:1", "[::2]:1", "[::3]:1"]));
    }

    #[test]
    fn an_address_that_is_silent_does_not_hold_up_one_that_answers() {
        // A listener whose backlog is full answers nobody, and none of the test's own sockets is ever accepted.
        let full = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        full.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
        full.listen(0).unwrap();
        let silent = full.local_addr().unwrap().as_socket().unwrap();
        let _fill: Vec<_> = (0..4)
            .map(|_| {
                let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
                socket.set_nonblocking(true).unwrap();
                let _ = socket.connect(&silent.into());
                socket
            })
            .collect();
        let good = TcpListener::bind("127.0.0.1:0").unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        let closed = refusing();
        let refused = closed.local_addr().unwrap().as_socket().unwrap();
        let addresses = [refused, silent, good.local_addr().unwrap()];
        let won = race(&addresses, &Origin(None), deadline, &Stop::default());
        assert_eq!(won.unwrap().1, addresses[2]);
        let lost = race(&[silent, refused], &Origin(None), Instant::now() + Duration::from_secs(4), &Stop::default());
        let failures = lost.unwrap_err();
        assert_eq!(failures.len(), 2, "{failures:?}");
        assert_eq!(classify(&failures, Duration::ZERO).class(), "refused");
    }

    #[test]
    fn the_class_is_the_failure_that_says_most() {
        let (v4, v6) = ("192.0.2.1:22".parse().unwrap(), "[2001:db8::1]:22".parse().unwrap());
        let class = |kinds: [ErrorKind; 2]| {
            classify(&[(v6, Error::from(kinds[0])), (v4, Error::from(kinds[1]))], Duration::ZERO).class()
        };
        assert_eq!(class([ErrorKind::NetworkUnreachable, ErrorKind::ConnectionRefused]), "refused");
        assert_eq!(class([ErrorKind::NetworkUnreachable, ErrorKind::TimedOut]), "unreachable_network");
        assert_eq!(class([ErrorKind::TimedOut, ErrorKind::TimedOut]), "timeout");
    }
}
