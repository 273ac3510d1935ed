//! Real servers and hosts that tests make for themselves.

pub(crate) mod sshd;
