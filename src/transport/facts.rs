//! What a connection tells about itself.

use super::error::HostKey;

/// Who answered, and how we came there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFacts {
    /// `ssh`, `local`, `docker` or `podman`.
    pub kind: &'static str,
    /// The server's whole banner, like `SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7`.
    pub banner: Option<String>,
    /// The software part of the banner, like `OpenSSH_9.2p1`.
    pub software: Option<String>,
    /// The address that answered; the name where a proxy connected.
    pub address: String,
    /// The port.
    pub port: Option<u16>,
    /// The user we are there.
    pub user: String,
    /// The host key that was checked.
    pub host_key: Option<HostKey>,
}
