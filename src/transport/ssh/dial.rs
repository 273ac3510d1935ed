//! A TCP connection to the first address of a host that answers.

use std::{
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
use crate::transport::error::{Attempt, Phase, TransportErrorKind as Kind};

/// Connects to `host` at `port` before `deadline`. A name with several addresses is tried at each of them, each with its
/// share of the time that is left.
pub(super) fn dial(host: &str, port: u16, deadline: Instant, stop: &Stop) -> Result<(TcpStream, SocketAddr), Kind> {
    let started = Instant::now();
    let addresses = resolve(host, port, started, deadline, stop)?;
    let mut failures = Vec::new();
    for (index, address) in addresses.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        match connect(*address, Instant::now() + share, stop) {
            Ok(stream) => {
                // Without it the small packets of the handshake wait for each other's acknowledgement.
                let _ = stream.set_nodelay(true);
                return Ok((stream, *address));
            }
            Err(error) => failures.push((*address, error)),
        }
    }
    Err(classify(&failures, started.elapsed()))
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

/// `TcpStream::connect_timeout`, which a stop interrupts.
fn connect(address: SocketAddr, deadline: Instant, stop: &Stop) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    match socket.connect(&address.into()) {
        Err(error) if error.raw_os_error() != Some(Errno::INPROGRESS.raw_os_error()) => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let ready =
        |slice| poll(&mut [PollFd::new(&socket, PollFlags::OUT)], Some(&timespec(slice))).ok().filter(|n| *n > 0);
    in_slices(deadline, stop, ready).ok_or(ErrorKind::TimedOut)?;
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    socket.set_nonblocking(false)?;
    Ok(socket.into())
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
        time::Duration,
    };

    use super::classify;

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
