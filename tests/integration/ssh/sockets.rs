//! Unix sockets behind the connection.

use std::{
    fs,
    io::{Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    os::unix::net::UnixListener,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use hive_preflight::transport::StreamLocalReply;

use super::{local, open, stdout};
use crate::lab::sshd::{Account, Sshd, roomy, soon};

/// A unix socket that answers one line like a web server.
fn web_socket(dir: &Path) -> std::path::PathBuf {
    let path = dir.join("web.sock");
    let listener = UnixListener::bind(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    thread::spawn(move || {
        for socket in listener.incoming().flatten().take(4) {
            let mut socket = socket;
            let _ = socket.read(&mut [0; 1024]);
            let _ = socket.write_all(b"HTTP/1.0 200 OK\r\n\r\nOK");
        }
    });
    path
}

#[test]
fn a_unix_socket_opens_and_answers() {
    let server = Sshd::start();
    let path = web_socket(server.path("x").parent().unwrap());
    for mut session in [open(server.endpoint("root")).unwrap(), local()] {
        let path = path.to_str().unwrap();
        let reply = session.stream_local(path, Some(b"GET /_ping HTTP/1.0\r\n\r\n"), soon());
        assert_eq!(reply, StreamLocalReply::Opened(b"HTTP/1.0 200 OK\r\n\r\nOK".to_vec()));
        assert_eq!(session.stream_local(path, None, soon()), StreamLocalReply::Opened(Vec::new()));
        assert_eq!(stdout(&session.exec("echo after", &roomy()).unwrap()), "after\n");
    }
}

#[test]
fn a_unix_socket_that_cannot_be_opened_is_refused_with_the_servers_reason() {
    let account = Account::with_shell("/bin/sh");
    let free = Sshd::start();
    let path = web_socket(free.path("x").parent().unwrap());
    let path = path.to_str().unwrap();
    let ask = |server: &Sshd, user: &str, path: &str| {
        let mut session = open(server.endpoint(user)).unwrap();
        let reply = session.stream_local(path, None, soon());
        assert_eq!(stdout(&session.exec("echo after", &roomy()).unwrap()), "after\n");
        reply
    };
    // OpenSSH gives the same reason for what is missing, not permitted and forbidden by its configuration.
    let refused = StreamLocalReply::Refused("connect failed".to_owned());
    assert_eq!(ask(&free, "root", "/nowhere/x.sock"), refused);
    assert_eq!(ask(&free, account.name(), path), refused);
    let no_stream = Sshd::with(&["AllowStreamLocalForwarding no"]);
    assert_eq!(ask(&no_stream, "root", path), refused);
    let nothing = Sshd::with(&["DisableForwarding yes"]);
    assert_eq!(ask(&nothing, "root", path), refused);
    match local().stream_local("/nowhere/x.sock", None, soon()) {
        StreamLocalReply::Refused(words) => assert!(words.starts_with("connect failed: "), "{words}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_unix_socket_that_says_nothing_times_out() {
    let server = Sshd::start();
    let path = server.path("silent.sock");
    let _listener = UnixListener::bind(&path).unwrap();
    for mut session in [open(server.endpoint("root")).unwrap(), local()] {
        let deadline = Instant::now() + Duration::from_millis(400);
        assert_eq!(session.stream_local(path.to_str().unwrap(), Some(b"GET"), deadline), StreamLocalReply::TimedOut);
    }
}
