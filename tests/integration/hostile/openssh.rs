//! OpenSSH's own server, as a daemon that counts who logs in.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use crate::lab::sshd::Sshd;

/// A daemon with one place for those who log in; somebody sits there.
#[derive(Debug)]
pub(super) struct Crowded {
    daemon: Child,
    port: u16,
    for_good: bool,
    sitting: Option<TcpStream>,
}

impl Crowded {
    /// Starts the daemon with the keys of `server`.
    pub(super) fn start(server: &Sshd, for_good: bool) -> Self {
        let config = fs::read_to_string(server.path("sshd_config")).unwrap();
        fs::write(server.path("crowded_config"), format!("MaxStartups 1:100:1\n{config}")).unwrap();
        // Another process may take the port in between; then the next one is tried.
        for _ in 0..20 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut daemon = start_daemon(server, port);
            if let Some(sitting) = sit_down(&mut daemon, port) {
                return Self { daemon, port, for_good, sitting: Some(sitting) };
            }
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
        panic!("no daemon came up");
    }

    /// Its port on 127.0.0.1.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// The run begins: the one place becomes free after a while, unless it is taken for good.
    pub(super) fn begin(&mut self) {
        if self.for_good {
            return;
        }
        if let Some(sitting) = self.sitting.take() {
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(1500));
                drop(sitting);
            });
        }
    }
}

impl Drop for Crowded {
    fn drop(&mut self) {
        drop(self.sitting.take());
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

fn start_daemon(server: &Sshd, port: u16) -> Child {
    Command::new("/usr/sbin/sshd")
        .args(["-D", "-o", &format!("ListenAddress=127.0.0.1:{port}"), "-f"])
        .arg(server.path("crowded_config"))
        .arg("-E")
        .arg(server.path("crowded.log"))
        .stdin(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("openssh-server is installed")
}

fn sit_down(daemon: &mut Child, port: u16) -> Option<TcpStream> {
    for _ in 0..200 {
        if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) {
            return Some(stream);
        }
        if daemon.try_wait().is_ok_and(|status| status.is_some()) {
            return None;
        }
        thread::sleep(Duration::from_millis(10));
    }
    None
}
