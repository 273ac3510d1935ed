//! Networks as Python's `ipaddress` reads them, and the addresses that hive gives away.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::NetworkFault;
use crate::inventory::tree::{Data, Node};

/// A network: its first address and the length of its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::inventory) struct Network {
    first: u128,
    prefix: u8,
    /// 32 or 128.
    width: u8,
}

impl Network {
    /// `ip_network(value)`.
    pub(in crate::inventory) fn of(node: &Node) -> Result<Self, NetworkFault> {
        match &node.data {
            Data::Str(text) | Data::Unsafe(text) => Self::parse(text),
            // Python takes a whole number for an address.
            Data::Int(number) => u128::try_from(*number).map(Self::address).map_err(|_| NetworkFault::Syntax),
            Data::Bool(value) => Ok(Self::address(u128::from(*value))),
            Data::BigInt(digits) => digits.parse().map(Self::address).map_err(|_| NetworkFault::Syntax),
            _ => Err(NetworkFault::Syntax),
        }
    }

    fn address(number: u128) -> Self {
        let width = if number <= u128::from(u32::MAX) { 32 } else { 128 };
        Self { first: number, prefix: width, width }
    }

    /// `ip_network(text)`.
    pub(in crate::inventory) fn parse(text: &str) -> Result<Self, NetworkFault> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let (first, width) = match without_scope(address).parse().map_err(|_| NetworkFault::Syntax)? {
            IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
            IpAddr::V6(address) => (address.to_bits(), 128),
        };
        let prefix = match prefix {
            Some(prefix) => prefix_length(prefix, width).ok_or(NetworkFault::Syntax)?,
            None => width,
        };
        let network = Self { first, prefix, width };
        if first & network.host_mask() != 0 {
            return Err(NetworkFault::HostBits);
        }
        Ok(network)
    }

    /// Whether there is an address in both.
    pub(in crate::inventory) fn meets(self, other: Self) -> bool {
        let last = |network: Self| network.first | network.host_mask();
        self.width == other.width && self.first <= last(other) && other.first <= last(self)
    }

    fn host_mask(self) -> u128 {
        match self.width - self.prefix {
            128 => u128::MAX,
            bits => (1 << bits) - 1,
        }
    }

    fn show(self, number: u128) -> String {
        if self.width == 32 {
            return Ipv4Addr::from_bits(u32::try_from(number).unwrap_or(u32::MAX)).to_string();
        }
        let address = Ipv6Addr::from_bits(number);
        // Python writes addresses that hold one of version 4 without dots.
        match (address.to_ipv4_mapped(), address.segments()) {
            (Some(_), [.., high, low]) => format!("::ffff:{high:x}:{low:x}"),
            _ => address.to_string(),
        }
    }

    /// The mask in the addresses' own form.
    pub(super) fn netmask(self) -> String {
        let all = if self.width == 32 { u128::from(u32::MAX) } else { u128::MAX };
        self.show(all & !self.host_mask())
    }

    /// The addresses of hosts from the one after the first `skip`; an error where there are not even those.
    pub(super) fn hosts(self, skip: u128) -> Result<Hosts, NetworkFault> {
        if self.width - self.prefix < 2 {
            return Err(NetworkFault::TooSmall);
        }
        // Version 6 has no broadcast address to keep free.
        let last = self.first + self.host_mask() - u128::from(self.width == 32);
        let next = self.first + 1 + skip;
        if next - 1 > last {
            return Err(NetworkFault::TooSmall);
        }
        Ok(Hosts { network: self, next, last })
    }
}

/// The addresses that are left.
#[derive(Debug, Clone)]
pub(super) struct Hosts {
    network: Network,
    next: u128,
    last: u128,
}

impl Iterator for Hosts {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let address = (self.next <= self.last).then(|| self.network.show(self.next));
        self.next = self.next.saturating_add(1);
        address
    }
}

/// An address of version 6 may name its zone, which changes nothing.
fn without_scope(address: &str) -> &str {
    match address.split_once('%') {
        Some((bare, zone)) if !zone.is_empty() && !zone.contains('%') && bare.contains(':') => bare,
        _ => address,
    }
}

/// A prefix's length: a number, or for version 4 a mask in dots, or its complement.
fn prefix_length(text: &str, width: u8) -> Option<u8> {
    if !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit()) {
        return text.parse().ok().filter(|prefix| *prefix <= width);
    }
    let mask = if width == 32 { text.parse::<Ipv4Addr>().ok()?.to_bits() } else { return None };
    let length = |mask: u32| {
        (mask.leading_ones() + mask.trailing_zeros() == 32 || mask == u32::MAX).then(|| mask.leading_ones())
    };
    length(mask).or_else(|| length(!mask)).and_then(|length| u8::try_from(length).ok())
}

/// The network that an address with host bits lies in, as it has to be written.
pub(super) fn around(text: &str) -> Option<String> {
    let (address, prefix) = text.split_once('/')?;
    let (number, width) = match without_scope(address).parse().ok()? {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let network = Network { first: number, prefix: prefix_length(prefix, width)?, width };
    Some(format!("{}/{prefix}", network.show(number & !network.host_mask())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Result<Network, NetworkFault> {
        Network::parse(text)
    }

    fn first(text: &str, skip: u128) -> Option<String> {
        network(text).ok()?.hosts(skip).ok()?.next()
    }

    #[test]
    fn hosts_begin_behind_what_providers_keep() {
        assert_eq!(first("192.168.10.0/24", 3).as_deref(), Some("192.168.10.4"));
        assert_eq!(first("10.0.0.0/255.255.255.0", 4).as_deref(), Some("10.0.0.5"));
        assert_eq!(first("10.0.0.0/0.0.0.255", 4).as_deref(), Some("10.0.0.5"));
        assert_eq!(first("2001:db8::/64", 3).as_deref(), Some("2001:db8::4"));
        assert_eq!(
            network("192.168.0.0/29").ok().and_then(|network| network.hosts(3).ok()).map(Iterator::count),
            Some(3)
        );
        assert_eq!(network("2001:db8::/64").map(Network::netmask).as_deref(), Ok("ffff:ffff:ffff:ffff::"));
    }

    #[test]
    fn the_network_around_an_address_is_told() {
        assert_eq!(around("192.168.10.5/24").as_deref(), Some("192.168.10.0/24"));
        assert_eq!(around("10.1.2.3/255.255.0.0").as_deref(), Some("10.1.0.0/255.255.0.0"));
        assert_eq!(around("2001:db8::5/64").as_deref(), Some("2001:db8::/64"));
        assert_eq!(around("10.1.2.3"), None);
    }

    #[test]
    fn wrong_networks_say_why() {
        assert_eq!(network("192.168.300.0/24"), Err(NetworkFault::Syntax));
        assert_eq!(network("192.168.10.5/24"), Err(NetworkFault::HostBits));
        assert_eq!(network("192.168.10.0/33"), Err(NetworkFault::Syntax));
        assert_eq!(network("192.168.010.0/24"), Err(NetworkFault::Syntax));
        assert_eq!(network("").map(|_| ()), Err(NetworkFault::Syntax));
        assert_eq!(network("10.0.0.1").and_then(|network| network.hosts(3).map(|_| ())), Err(NetworkFault::TooSmall));
        assert_eq!(
            network("10.0.0.0/30").and_then(|network| network.hosts(3).map(|_| ())),
            Err(NetworkFault::TooSmall)
        );
        assert_eq!(network("0.0.0.0/0").and_then(|network| network.hosts(3).map(|_| ())), Ok(()));
        assert_eq!(network("::/0").and_then(|network| network.hosts(3).map(|_| ())), Ok(()));
    }
}
