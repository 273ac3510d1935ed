//! A port at which nobody listens.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use socket2::{Domain, Socket, Type};

/// A port of 127.0.0.1 that refuses connections and that nobody else gets, until this value is dropped.
#[derive(Debug)]
pub(crate) struct Closed(Socket);

impl Closed {
    /// Takes a port that the system chooses. What is bound and does not listen refuses, and keeps its port.
    pub(crate) fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket can be made");
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).expect("loopback has a free port");
        Self(socket)
    }

    /// The port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        let address = self.0.local_addr().expect("a bound socket has an address");
        address.as_socket().expect("an address of the internet").port()
    }

    /// Listens from now on.
    pub(crate) fn open(&self) -> TcpListener {
        self.0.listen(128).expect("a bound socket can listen");
        self.0.try_clone().expect("a socket can be shared").into()
    }
}
