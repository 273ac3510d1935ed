//! The way from a port of 127.0.0.1 into a host that this machine has no route to.

use std::{
    io,
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// A listening port whose connections end at a unix socket, until this value is dropped.
#[derive(Debug)]
pub(crate) struct Door {
    port: u16,
    closed: Arc<AtomicBool>,
}

impl Door {
    /// Opens a port that the system chooses, leading to the unix socket at `path`.
    pub(crate) fn open(path: &Path) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let port = listener.local_addr().expect("a listener has an address").port();
        let closed = Arc::new(AtomicBool::new(false));
        let (path, flag) = (path.to_owned(), Arc::clone(&closed));
        thread::spawn(move || serve(&listener, &path, &flag));
        Self { port, closed }
    }

    /// The port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees the flag.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn serve(listener: &TcpListener, path: &Path, closed: &AtomicBool) {
    for client in listener.incoming() {
        if closed.load(Ordering::SeqCst) {
            return;
        }
        let Ok(client) = client else { continue };
        let path: PathBuf = path.to_owned();
        thread::spawn(move || {
            // A host that is gone closes the connection, as a host that is gone does.
            let _ = join(&client, &path);
        });
    }
}

fn join(client: &TcpStream, path: &Path) -> io::Result<()> {
    let host = UnixStream::connect(path)?;
    let (mut client_in, mut host_out) = (client.try_clone()?, host.try_clone()?);
    let upward = thread::spawn(move || {
        let copied = io::copy(&mut client_in, &mut host_out);
        let _ = host_out.shutdown(Shutdown::Write);
        copied
    });
    let (mut host_in, mut client_out) = (host, client.try_clone()?);
    io::copy(&mut host_in, &mut client_out)?;
    client.shutdown(Shutdown::Write)?;
    upward.join().expect("a copying thread does not panic")?;
    Ok(())
}
