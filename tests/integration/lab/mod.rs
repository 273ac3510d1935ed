//! The test lab: real hosts to make real faults on.
//!
//! A [`Host`] is a set of namespaces with an overlay root over this machine's own `/usr` and `/etc`, its own accounts and
//! its own `sshd`; it is up in a tenth of a second and gone with the test. A [`Network`] joins hosts by a bridge that only
//! they see. A [`Door`] leads from a port of 127.0.0.1 to a host's `sshd`. A [`Site`] is a hive project over such hosts,
//! seen from the mother among them or from this machine.

pub(crate) mod agent;
mod begun;
mod closed;
mod command;
mod door;
mod fleet;
mod host;
pub(crate) mod kerberos;
mod keys;
mod network;
pub(crate) mod security_key;
mod site;
pub(crate) mod sshd;

pub(crate) use begun::Begun;
pub(crate) use closed::Closed;
pub(crate) use fleet::Fleet;
pub(crate) use host::{BINARY, Background, Host, HostSpec};
pub(crate) use keys::Keys;
pub(crate) use network::Network;
pub(crate) use site::Site;
