//! Addresses and networks, as the filters of `ansible.utils` have them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use minijinja::{Error, Value, value::ValueKind};

use super::wrong;

/// An address with the length of its network's prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Net {
    version: u8,
    value: u128,
    prefix: u32,
}

/// A value that was understood: what it is, whether a prefix was written, and its text.
struct Meant {
    net: Net,
    is_network: bool,
    text: String,
}

impl Net {
    fn new(address: IpAddr, prefix: u32) -> Self {
        match address {
            IpAddr::V4(address) => Self { version: 4, value: u32::from(address).into(), prefix },
            IpAddr::V6(address) => Self { version: 6, value: address.into(), prefix },
        }
    }

    fn bits(self) -> u32 {
        if self.version == 4 { 32 } else { 128 }
    }

    fn all(self) -> u128 {
        if self.version == 4 { u32::MAX.into() } else { u128::MAX }
    }

    fn host_mask(self) -> u128 {
        self.all().checked_shr(self.prefix).unwrap_or(0)
    }

    fn network(self) -> u128 {
        self.value & !self.host_mask()
    }

    fn last(self) -> u128 {
        self.network() | self.host_mask()
    }

    fn broadcast(self) -> Option<u128> {
        let none = self.version == 4 && self.bits() - self.prefix <= 1;
        (!none).then(|| self.last())
    }

    /// How many addresses there are, one less: the whole of IPv6 has one more than a number holds.
    fn size_less_one(self) -> u128 {
        self.host_mask()
    }

    fn show(self, value: u128) -> String {
        match u32::try_from(value) {
            Ok(value) if self.version == 4 => Ipv4Addr::from(value).to_string(),
            _ => Ipv6Addr::from(value).to_string(),
        }
    }

    fn ip(self) -> String {
        self.show(self.value)
    }

    fn with_prefix(self) -> String {
        format!("{}/{}", self.ip(), self.prefix)
    }

    /// The first and the last address that a host may have.
    fn usable(self) -> Option<(u128, u128)> {
        match self.size_less_one() {
            0 => None,
            1 => Some((self.network(), self.last())),
            _ => Some((self.network() + 1, self.last() - 1)),
        }
    }

    fn is_in(self, other: Self) -> bool {
        self.version == other.version && other.network() <= self.network() && self.last() <= other.last()
    }
}

fn parse(text: &str) -> Option<(Net, bool)> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let length = match prefix {
        None => bits,
        Some(prefix) => prefix.parse().ok().filter(|length| *length <= bits).or_else(|| mask_length(prefix))?,
    };
    Some((Net::new(address, length), prefix.is_some()))
}

/// The length of `255.255.255.0`.
fn mask_length(text: &str) -> Option<u32> {
    let mask = u32::from(text.parse::<Ipv4Addr>().ok()?);
    (mask.leading_ones() + mask.trailing_zeros() == 32 || mask == 0).then(|| mask.leading_ones())
}

fn meant(value: &Value) -> Option<Meant> {
    let text = value.to_string();
    if value.kind() == ValueKind::Number || (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())) {
        let number: u128 = text.parse().ok()?;
        let address = match u32::try_from(number) {
            Ok(number) => IpAddr::V4(number.into()),
            Err(_) => IpAddr::V6(number.into()),
        };
        let net = Net::new(address, if address.is_ipv4() { 32 } else { 128 });
        return Some(Meant { net, is_network: false, text: net.with_prefix() });
    }
    let (net, is_network) = parse(value.as_str()?)?;
    Some(Meant { net, is_network, text })
}

/// Nothing is written as nothing.
fn maybe(text: Option<String>) -> Value {
    text.map_or(Value::from(()), Value::from)
}

/// Whether a value is an address or a network, or what `query` asks about it; false where it is neither.
pub(super) fn ipaddr(value: &Value, query: Option<Value>) -> Result<Value, Error> {
    asked(value, query.as_ref(), None)
}

/// The same for IPv4 only.
pub(super) fn ipv4(value: &Value, query: Option<Value>) -> Result<Value, Error> {
    asked(value, query.as_ref(), Some(4))
}

/// The same for IPv6 only.
pub(super) fn ipv6(value: &Value, query: Option<Value>) -> Result<Value, Error> {
    asked(value, query.as_ref(), Some(6))
}

fn asked(value: &Value, query: Option<&Value>, version: Option<u8>) -> Result<Value, Error> {
    let query_text = query.map(ToString::to_string).unwrap_or_default();
    if matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        let answers: Result<Vec<Value>, Error> = value.try_iter()?.map(|item| asked(&item, query, version)).collect();
        return Ok(answers?.into_iter().filter(Value::is_true).collect());
    }
    if !value.is_true() || value.kind() == ValueKind::Bool {
        return Ok(Value::from(false));
    }
    let Some(meant) = meant(value) else { return Ok(Value::from(false)) };
    if version.is_some_and(|version| version != meant.net.version) {
        return Ok(Value::from(false));
    }
    answer(&meant, &query_text)
}

fn answer(meant: &Meant, query: &str) -> Result<Value, Error> {
    let net = meant.net;
    let several = net.size_less_one() > 0;
    let only_if = |holds: bool| if holds { Value::from(meant.text.as_str()) } else { Value::from(()) };
    let network_only = || {
        if meant.is_network { Ok(()) } else { Err(wrong(format!("`{}` is no network address", meant.text))) }
    };
    Ok(match query {
        "" => Value::from(if meant.is_network { net.with_prefix() } else { net.ip() }),
        "address" | "ip" => {
            let own = !several || net.value != net.network() || net.broadcast().is_none() || net.version == 6;
            maybe(own.then(|| net.ip()))
        }
        "address/prefix" | "gateway" | "gw" | "host/prefix" | "hostnet" | "router" => {
            let edge = net.size_less_one() > 1 && (net.value == net.network() || Some(net.value) == net.broadcast());
            if edge { Value::from(false) } else { Value::from(net.with_prefix()) }
        }
        "bool" => Value::from(true),
        "broadcast" => maybe(net.broadcast().filter(|_| net.size_less_one() > 1).map(|value| net.show(value))),
        "cidr" => Value::from(net.with_prefix()),
        "host" => {
            let own = !several || net.value != net.network() || net.broadcast().is_none();
            maybe(own.then(|| net.with_prefix()))
        }
        "hostmask" | "wildcard" => Value::from(net.show(net.host_mask())),
        "int" if meant.is_network => Value::from(format!("{}/{}", net.value, net.prefix)),
        "int" => Value::from(i128::try_from(net.value).map_err(|_| wrong("the number is too large"))?),
        "ip/prefix" => {
            let own = net.size_less_one() == 1 || (several && net.value != net.network());
            maybe(own.then(|| net.with_prefix()))
        }
        "ip_netmask" => {
            let own = net.size_less_one() == 1 || (several && net.value != net.network());
            maybe(own.then(|| format!("{} {}", net.ip(), net.show(!net.host_mask() & net.all()))))
        }
        "net" => maybe((several && net.value == net.network()).then(|| net.with_prefix())),
        "netmask" => Value::from(net.show(!net.host_mask() & net.all())),
        "network" | "network_id" => Value::from(net.show(net.network())),
        "network/prefix" | "subnet" => Value::from(format!("{}/{}", net.show(net.network()), net.prefix)),
        "network_netmask" => {
            Value::from(format!("{} {}", net.show(net.network()), net.show(!net.host_mask() & net.all())))
        }
        "network_wildcard" => Value::from(format!("{} {}", net.show(net.network()), net.show(net.host_mask()))),
        "prefix" => Value::from(net.prefix),
        "size" => Value::from(size(net, 0)?),
        "size_usable" if net.size_less_one() < 2 => Value::from(if several { 2 } else { 0 }),
        "size_usable" => Value::from(size(net, 2)?),
        "type" => Value::from(if several && net.value == net.network() { "network" } else { "address" }),
        "version" => Value::from(net.version),
        "wrap" if net.version == 4 => Value::from(meant.text.as_str()),
        "wrap" if meant.is_network => Value::from(format!("[{}]/{}", net.ip(), net.prefix)),
        "wrap" => Value::from(format!("[{}]", net.ip())),
        "loopback" | "lo" => only_if(net.value == 1 && net.version == 6 || net.version == 4 && net.value >> 24 == 127),
        "link-local" => only_if(match net.version {
            4 => net.value >> 16 == 0xa9fe,
            _ => net.value >> 118 == 0x3fa,
        }),
        "multicast" => only_if(is_multicast(net)),
        "unicast" => only_if(!is_multicast(net)),
        "revdns" => Value::from(reverse(net)),
        "first_usable" | "last_usable" | "next_usable" | "previous_usable" | "range_usable" => {
            network_only()?;
            maybe(usable(net, query))
        }
        "peer" => {
            network_only()?;
            peer(net)?
        }
        "6to4" | "ipv4" | "v4" | "ipv6" | "v6" | "private" | "public" => {
            return Err(wrong(format!("`ipaddr('{query}')` is not known here")));
        }
        _ => return by_number_or_network(meant, query),
    })
}

fn size(net: Net, less: u128) -> Result<i128, Error> {
    let size = net.size_less_one().checked_add(1).and_then(|size| i128::try_from(size - less).ok());
    size.ok_or_else(|| wrong("the network has too many addresses to count"))
}

fn is_multicast(net: Net) -> bool {
    if net.version == 4 { net.value >> 28 == 0xe } else { net.value >> 120 == 0xff }
}

fn usable(net: Net, query: &str) -> Option<String> {
    let (first, last) = net.usable()?;
    let between =
        |value: Option<u128>| value.filter(|value| (first..=last).contains(value)).map(|value| net.show(value));
    match query {
        "first_usable" => Some(net.show(first)),
        "last_usable" => Some(net.show(last)),
        "next_usable" => between(net.value.checked_add(1)),
        "previous_usable" => between(net.value.checked_sub(1)),
        _ => Some(format!("{}-{}", net.show(first), net.show(last))),
    }
}

fn peer(net: Net) -> Result<Value, Error> {
    match (net.size_less_one(), net.value % 4) {
        (1, _) => Ok(Value::from(net.show(net.value ^ 1))),
        (3, 1 | 2) => Ok(Value::from(net.show(net.value ^ 3))),
        _ => Err(wrong(format!("`{}` has no peer", net.with_prefix()))),
    }
}

fn reverse(net: Net) -> String {
    if net.version == 4 {
        let mut parts: Vec<String> = net.ip().split('.').map(str::to_owned).collect();
        parts.reverse();
        return format!("{}.in-addr.arpa.", parts.join("."));
    }
    let digits: Vec<String> = format!("{:032x}", net.value).chars().rev().map(String::from).collect();
    format!("{}.ip6.arpa.", digits.join("."))
}

/// `ipaddr('10.0.0.0/8')` asks whether it lies in there, `ipaddr('1')` for the address of that number.
fn by_number_or_network(meant: &Meant, query: &str) -> Result<Value, Error> {
    let net = meant.net;
    if let Ok(number) = query.parse::<i128>() {
        if net.size_less_one() == 0 {
            return Ok(Value::from(if meant.is_network { net.with_prefix() } else { net.ip() }));
        }
        let found = nth(net, number).map(|value| format!("{}/{}", net.show(value), net.prefix));
        return Ok(found.map_or(Value::from(false), Value::from));
    }
    match parse(query) {
        Some((other, _)) if net.is_in(other) => Ok(Value::from(meant.text.as_str())),
        Some(_) => Ok(Value::from(())),
        None => Err(wrong(format!("`ipaddr('{query}')` is not known here"))),
    }
}

/// The address of that number in its network; negative ones count from the end.
fn nth(net: Net, number: i128) -> Option<u128> {
    let steps = number.unsigned_abs();
    let value = if number < 0 { net.last().checked_sub(steps - 1) } else { net.network().checked_add(steps) };
    value.filter(|value| (net.network()..=net.last()).contains(value))
}

/// The host of that number in a network; false where there is none.
pub(super) fn nthhost(value: &Value, query: &Value) -> Value {
    let number = query.to_string().parse::<i128>().ok().filter(|number| *number != 0);
    let found =
        meant(value).zip(number).and_then(|(meant, number)| nth(meant.net, number).map(|value| meant.net.show(value)));
    found.map_or(Value::from(false), Value::from)
}

/// An address so many steps on.
pub(super) fn ipmath(value: &str, amount: i64) -> Result<String, Error> {
    let (net, _) = parse(value).ok_or_else(|| wrong(format!("`{value}` is no IP address")))?;
    let steps = u128::from(amount.unsigned_abs());
    let moved = if amount < 0 { net.value.checked_sub(steps) } else { net.value.checked_add(steps) };
    let moved = moved.filter(|moved| *moved <= net.all());
    moved.map(|moved| net.show(moved)).ok_or_else(|| wrong(format!("there is no address {amount} after `{value}`")))
}

/// IPv6 addresses in brackets, everything else as it is.
pub(super) fn ipwrap(value: &Value) -> Result<Value, Error> {
    if matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return value.try_iter()?.map(|item| ipwrap(&item)).collect();
    }
    match meant(value).filter(|_| value.as_str().is_some()) {
        Some(meant) => answer(&meant, "wrap"),
        None => Ok(value.clone()),
    }
}

/// How many networks of the size `query` are in a network, or the one of that number; of an address the network of that
/// size around it.
pub(super) fn ipsubnet(value: &Value, query: Option<Value>, index: Option<i64>) -> Result<Value, Error> {
    let Some(meant) = meant(value) else { return Ok(Value::from(false)) };
    let net = Net { value: meant.net.network(), ..meant.net };
    let Some(query) = query.map(|query| query.to_string()).filter(|query| !query.is_empty()) else {
        return Ok(Value::from(net.with_prefix()));
    };
    let Ok(length) = query.parse::<u32>() else {
        return Err(wrong(format!("`ipsubnet('{query}')` is not known here: expected the length of a prefix")));
    };
    if length > net.bits() {
        return Ok(Value::from(false));
    }
    match (net.size_less_one() > 0, index) {
        (true, _) if length < net.prefix => {
            Err(wrong(format!("`{}` has no parts of size /{length}", net.with_prefix())))
        }
        (true, None) if length - net.prefix < 127 => Ok(Value::from((1_u128 << (length - net.prefix)).to_string())),
        (true, Some(index)) => Ok(part(net, length, index).map_or(Value::from(false), Value::from)),
        (false, None) => {
            let around = Net { prefix: length, ..net };
            Ok(Value::from(format!("{}/{length}", around.show(around.network()))))
        }
        _ => Err(wrong("`ipsubnet` of an address with an index is not known here")),
    }
}

fn part(net: Net, length: u32, index: i64) -> Option<String> {
    let count = 1_i128.checked_shl(length - net.prefix).filter(|count| *count > 0)?;
    let index = if index < 0 { i128::from(index) + count } else { i128::from(index) };
    let index = u128::try_from(index).ok().filter(|_| index < count)?;
    let value = net.value + index.checked_shl(net.bits() - length).unwrap_or(0);
    Some(format!("{}/{length}", net.show(value)))
}
