//! Hosts that are not there, and what answers like no SSH server.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
    time::Duration,
};

use hive_preflight::transport::{Phase, SshEndpoint, TransportError, TransportErrorKind};

use super::{open, refusal};
use crate::lab::{Closed, sshd::Sshd};

#[test]
fn nobody_listening_is_refused() {
    let server = Sshd::start();
    let closed = Closed::new();
    let error = refusal(SshEndpoint { port: closed.port(), ..server.endpoint("root") });
    assert_eq!(error.class(), "refused", "{error}");
}

#[test]
fn a_name_without_address_is_told() {
    let server = Sshd::start();
    let error = refusal(SshEndpoint { host: "no-such-host.invalid".to_owned(), ..server.endpoint("root") });
    assert_eq!(error.class(), "name", "{error}");
}

#[test]
fn every_address_of_a_name_is_tried() {
    let server = Sshd::start();
    let key = fs::read_to_string(server.path("host_ed25519.pub")).unwrap();
    fs::write(server.known_hosts(), format!("[localhost]:{} {key}", server.port())).unwrap();
    // Where the name is also ::1, nothing listens there.
    open(SshEndpoint { host: "localhost".to_owned(), ..server.endpoint("root") }).unwrap();
}

/// A server that treats each connection by `serve`, until the test is over.
fn listener(serve: impl Fn(std::net::TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        if let Ok((socket, _)) = listener.accept() {
            serve(socket);
        }
    });
    port
}

fn strange(server: &Sshd, port: u16) -> TransportError {
    refusal(SshEndpoint { port, ..server.endpoint("root") })
}

/// The same where only the time ends it.
fn endless(server: &Sshd, port: u16) -> TransportError {
    refusal(SshEndpoint { port, connect_timeout: Duration::from_secs(3), ..server.endpoint("root") })
}

#[test]
fn a_silent_server_times_out_in_the_handshake() {
    let server = Sshd::start();
    let port = listener(|mut socket| {
        let _ = socket.read_to_end(&mut Vec::new());
    });
    let error = endless(&server, port);
    assert!(matches!(*error.kind, TransportErrorKind::Timeout { phase: Phase::Handshake, .. }), "{error}");
}

#[test]
fn a_server_that_never_stops_greeting_is_cut_off() {
    let server = Sshd::start();
    let port = listener(|mut socket| while socket.write_all(b"welcome\r\n").is_ok() {});
    let error = endless(&server, port);
    assert!(matches!(&*error.kind, TransportErrorKind::NotSsh { said } if said == "welcome"), "{error}");
}

#[test]
fn a_web_server_is_no_ssh_server() {
    let server = Sshd::start();
    let port = listener(|mut socket| {
        let _ = socket.read(&mut [0; 64]);
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let error = strange(&server, port);
    assert_eq!(error.class(), "not_ssh", "{error}");
    assert!(error.to_string().contains("400 Bad Request"), "{error}");
}

#[test]
fn a_server_that_hangs_up_is_lost_and_one_that_is_full_says_so() {
    let server = Sshd::start();
    assert_eq!(strange(&server, listener(drop)).class(), "lost");
    let port = listener(|mut socket| {
        let _ = socket.write_all(b"Exceeded MaxStartups\r\n");
        let _ = socket.read(&mut [0; 64]);
    });
    let error = strange(&server, port);
    assert_eq!(error.class(), "busy", "{error}");
    assert!(error.to_string().contains("MaxStartups"), "{error}");
}

#[test]
fn no_common_key_exchange_is_told_with_what_the_server_offers() {
    let server = Sshd::with(&["KexAlgorithms sntrup761x25519-sha512@openssh.com"]);
    let error = refusal(server.endpoint("root"));
    assert_eq!(error.class(), "handshake", "{error}");
    assert!(error.to_string().contains("sntrup761x25519-sha512@openssh.com"), "{error}");
    assert!(error.to_string().contains("key exchange"), "{error}");
}
