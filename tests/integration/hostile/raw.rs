//! Servers that never get as far as an encrypted connection: raw sockets.

use std::{
    io::{self, Read, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use socket2::SockRef;

/// What a raw server does with one connection; the connection is closed when it returns.
pub(super) type Peer = fn(&TcpStream) -> io::Result<()>;

/// A loopback listener that gives every connection a thread of its own.
#[derive(Debug)]
pub(super) struct Listener {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl Listener {
    /// Starts listening; `peer` is told the number of the connection, from 0.
    pub(super) fn start(peer: impl Fn(usize, &TcpStream) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
        let (stopped, peer) = (Arc::clone(&stop), Arc::new(peer));
        let acceptor = thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let peer = Arc::clone(&peer);
                // A client that goes away in the middle is what these servers are for.
                thread::spawn(move || drop(peer(number, &stream)));
            }
        });
        Self { address, stop, acceptor: Some(acceptor) }
    }

    /// Its port on 127.0.0.1.
    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

const BANNER: &[u8] = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n";

/// Holds the connection open until the other side leaves.
fn hold(mut stream: &TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer)? > 0 {}
    Ok(())
}

/// Reads once: the client's greeting.
fn heard(mut stream: &TcpStream) -> io::Result<usize> {
    stream.read(&mut [0; 4096])
}

/// Reads what comes within a moment.
fn drained(stream: &TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    while heard(stream).is_ok_and(|count| count > 0) {}
    Ok(())
}

/// Sends a reset when the connection is closed.
fn reset_at_close(stream: &TcpStream) -> io::Result<()> {
    SockRef::from(stream).set_linger(Some(Duration::ZERO))
}

/// A packet before encryption.
fn packet(payload: &[u8]) -> Vec<u8> {
    let padding = 16 - (payload.len() + 5) % 8;
    let length = u32::try_from(payload.len() + padding + 1).unwrap();
    let mut packet = length.to_be_bytes().to_vec();
    packet.push(u8::try_from(padding).unwrap());
    packet.extend(payload);
    packet.resize(packet.len() + padding, 0);
    packet
}

fn string(text: &str) -> Vec<u8> {
    let mut bytes = u32::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(text.bytes());
    bytes
}

/// What a server offers for the key exchange: key exchange, host key, cipher and mac.
fn kexinit(names: [&str; 4]) -> Vec<u8> {
    let [kex, key, cipher, mac] = names;
    let mut payload = vec![20];
    payload.extend([7; 16]);
    for list in [kex, key, cipher, cipher, mac, mac, "none", "none", "", ""] {
        payload.extend(string(list));
    }
    payload.extend([0; 5]);
    packet(&payload)
}

const USUAL: [&str; 4] = ["curve25519-sha256", "ssh-ed25519", "aes256-ctr", "hmac-sha2-256"];

pub(super) fn mute(stream: &TcpStream) -> io::Result<()> {
    hold(stream)
}

pub(super) fn endless_lines(mut stream: &TcpStream) -> io::Result<()> {
    loop {
        stream.write_all("nobody knows how long this goes on\r\n".repeat(100).as_bytes())?;
        thread::sleep(Duration::from_millis(2));
    }
}

pub(super) fn endless_line(mut stream: &TcpStream) -> io::Result<()> {
    loop {
        stream.write_all(&[b'A'; 4096])?;
        thread::sleep(Duration::from_millis(2));
    }
}

pub(super) fn slow_banner(mut stream: &TcpStream) -> io::Result<()> {
    for byte in BANNER {
        stream.write_all(&[*byte])?;
        thread::sleep(Duration::from_millis(500));
    }
    Ok(())
}

pub(super) fn http(mut stream: &TcpStream) -> io::Result<()> {
    heard(stream)?;
    stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<h1>400</h1>\r\n")
}

pub(super) fn tls(mut stream: &TcpStream) -> io::Result<()> {
    heard(stream)?;
    // A fatal alert: unexpected message.
    stream.write_all(&[0x15, 3, 1, 0, 2, 2, 10])
}

pub(super) fn smtp(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(b"220 mail.example ESMTP Postfix\r\n")?;
    hold(stream)
}

pub(super) fn markup(mut stream: &TcpStream) -> io::Result<()> {
    let text = "\x1b]0;owned\x07\x1b[2J\u{202e}gnp.exe\u{9b}31m<script>alert(1)</script>|`x`\r\n";
    stream.write_all(text.as_bytes())
}

/// Ends its side, and reads what still comes: a connection that is closed over unread bytes would be reset.
fn ended(stream: &TcpStream) -> io::Result<()> {
    stream.shutdown(std::net::Shutdown::Write)?;
    hold(stream)
}

pub(super) fn close(stream: &TcpStream) -> io::Result<()> {
    ended(stream)
}

pub(super) fn reset(stream: &TcpStream) -> io::Result<()> {
    heard(stream)?;
    reset_at_close(stream)
}

pub(super) fn close_after_banner(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(BANNER)?;
    heard(stream)?;
    ended(stream)
}

pub(super) fn silent_after_banner(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(BANNER)?;
    hold(stream)
}

pub(super) fn close_in_kex(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(BANNER)?;
    stream.write_all(&kexinit(USUAL))?;
    drained(stream)
}

pub(super) fn reset_in_kex(stream: &TcpStream) -> io::Result<()> {
    close_in_kex(stream)?;
    reset_at_close(stream)
}

pub(super) fn silent_in_kex(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(BANNER)?;
    stream.write_all(&kexinit(USUAL))?;
    hold(stream)
}

pub(super) fn garbage(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(BANNER)?;
    stream.write_all(&[0xa5; 4096])?;
    hold(stream)
}

pub(super) fn wrong_proof(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(BANNER)?;
    stream.write_all(&kexinit(USUAL))?;
    heard(stream)?;
    // A reply of the key exchange in which host key, public value and signature are empty.
    stream.write_all(&packet(&[vec![31], string(""), string(""), string("")].concat()))?;
    hold(stream)
}

pub(super) fn first_protocol(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(b"SSH-1.5-1.2.27\r\n")?;
    heard(stream)?;
    stream.write_all(b"Protocol major versions differ.\n")
}

pub(super) fn nothing_in_common(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(BANNER)?;
    stream.write_all(&kexinit(["sntrup4591761x25519-sha512@tinyssh.org", "ssh-dss", "arcfour128", "hmac-md5"]))?;
    hold(stream)
}

pub(super) fn hostile_names(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(BANNER)?;
    let name = "\x1b[31mred,<script>alert(2)</script>,\u{202e}txet";
    stream.write_all(&kexinit([name, name, name, name]))?;
    hold(stream)
}

pub(super) fn disconnect(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(BANNER)?;
    drained(stream)?;
    let reason = string("\x1b[31mthe owner is away<script>alert(3)</script>");
    stream.write_all(&packet(&[vec![1, 0, 0, 0, 11], reason, string("")].concat()))?;
    hold(stream)
}

pub(super) fn forged_farewell(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(BANNER)?;
    drained(stream)?;
    let words = "see the log\r\ndebug1: Authentication succeeded (publickey).\r\nAuthenticated to 127.0.0.1.\r\n";
    stream.write_all(&packet(&[vec![1, 0, 0, 0, 11], string(words), string("")].concat()))?;
    hold(stream)
}

pub(super) fn endless_ignore(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(BANNER)?;
    let ignored = packet(&[vec![2], string("never mind")].concat()).repeat(20);
    loop {
        stream.write_all(&ignored)?;
        thread::sleep(Duration::from_millis(2));
    }
}

pub(super) fn endless_packets(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(BANNER)?;
    stream.write_all(&kexinit(USUAL))?;
    // Something of the login, for which it is too early.
    let early = packet(&[60; 8_000]).repeat(8);
    loop {
        stream.write_all(&early)?;
        // Half a gigabit a second: what is held until it is cut off depends on the link.
        thread::sleep(Duration::from_millis(1));
    }
}

pub(super) fn max_startups(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(b"Exceeded MaxStartups\r\n")
}

pub(super) fn penalty(mut stream: &TcpStream) -> io::Result<()> {
    stream.write_all(b"Not allowed at this time\r\n")
}

/// Carries bytes between `near` and the port `far`; at most `upward` bytes of what comes from `near`, then it reads no more
/// from there but keeps both connections open.
pub(super) fn relay(near: &TcpStream, far: u16, upward: usize) -> io::Result<()> {
    let far = TcpStream::connect(("127.0.0.1", far))?;
    let (mut near_in, mut far_out) = (near.try_clone()?, far.try_clone()?);
    let up = thread::spawn(move || {
        let mut limited = Read::by_ref(&mut near_in).take(upward as u64);
        let copied = io::copy(&mut limited, &mut far_out);
        if upward == usize::MAX {
            let _ = far_out.shutdown(std::net::Shutdown::Write);
        }
        copied
    });
    io::copy(&mut &far, &mut &*near)?;
    let _ = near.shutdown(std::net::Shutdown::Both);
    let _ = up.join();
    Ok(())
}
