//! The subnets of a stage, from which its hosts take their addresses.

use super::{
    Data, Expected, HiveFault, Mark, Node, Place, Value,
    network::{Hosts, Network},
    stages::Stage,
    value,
};

/// A subnet, from which hosts take their addresses.
pub(super) struct Subnet {
    /// Where its addresses are written.
    pub(super) mark: Mark,
    pub(super) name: Value,
    pub(super) zone: Option<Value>,
    pub(super) netmask: String,
    pub(super) addresses: Addresses,
}

pub(super) enum Addresses {
    Network(Hosts),
    List(std::vec::IntoIter<Value>),
}

impl Addresses {
    pub(super) fn next(&mut self) -> Option<Value> {
        match self {
            Self::Network(hosts) => hosts.next().map(Value::String),
            Self::List(list) => list.next(),
        }
    }
}

impl Stage<'_, '_> {
    fn network(&mut self, node: &Node) -> Option<Network> {
        let fault = |reason| HiveFault::Network { text: super::shown(node), reason };
        Network::of(node).map_err(|reason| self.fail(node.mark, fault(reason))).ok()
    }

    fn addresses(&mut self, node: &Node, network: Network, skip: u128) -> Option<Hosts> {
        let fault = |reason| HiveFault::Network { text: super::shown(node), reason };
        network.hosts(skip).map_err(|reason| self.fail(node.mark, fault(reason))).ok()
    }

    pub(super) fn default_subnet(&mut self, cidr: &Node, name: String) -> Option<Subnet> {
        let network = self.network(cidr)?;
        let addresses = match value(self.options, "ip_address_list") {
            Some(list) => Addresses::List(self.address_list(list)?.into_iter()),
            None => Addresses::Network(self.addresses(cidr, network, 3)?),
        };
        Some(Subnet { mark: cidr.mark, name: Value::String(name), zone: None, netmask: network.netmask(), addresses })
    }

    /// What Python walks over: a list's values, a mapping's keys, a string's characters.
    pub(super) fn address_list(&mut self, node: &Node) -> Option<Vec<Value>> {
        match &node.data {
            Data::List(list) => Some(list.iter().map(|node| node.clone().into_value()).collect()),
            Data::Map(map) => Some(map.keys().map(|key| Value::String(key.shown())).collect()),
            Data::Str(text) | Data::Unsafe(text) => Some(text.chars().map(|c| Value::String(c.to_string())).collect()),
            _ => {
                self.file.wrong_type("ip_address_list", node, &self.place, Expected::Addresses);
                None
            }
        }
    }

    pub(super) fn subnets(&mut self, node: &Node) -> Option<Vec<Subnet>> {
        let empty = matches!(&node.data, Data::Map(map) if map.is_empty()) || node.as_str() == Some("");
        let list = match &node.data {
            Data::List(list) => list.as_slice(),
            _ if empty => &[],
            _ => {
                self.file.wrong_type("subnets", node, &self.place, Expected::Mappings);
                return None;
            }
        };
        let subnets: Vec<Option<Subnet>> =
            list.iter().enumerate().map(|(index, node)| self.subnet(index, node)).collect();
        subnets.into_iter().collect()
    }

    fn subnet(&mut self, index: usize, node: &Node) -> Option<Subnet> {
        let Data::Map(map) = &node.data else {
            self.file.wrong_type("subnets", node, &self.place, Expected::Mappings);
            return None;
        };
        let place = Place::Subnet(self.key.to_owned());
        let cidr = self.file.required(map, "cidr", node.mark, &place)?;
        let network = self.network(cidr)?;
        let addresses = Addresses::Network(self.addresses(cidr, network, 4)?);
        let owned = |key: &str| value(map, key).map(|node| node.clone().into_value());
        let name = owned("name").unwrap_or_else(|| Value::String(format!("{}subnet{index}", self.prefix)));
        Some(Subnet { mark: cidr.mark, name, zone: owned("available_zone"), netmask: network.netmask(), addresses })
    }
}
