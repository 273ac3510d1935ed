//! A network with a mother and servers, named as hive names them.

use super::{
    host::{Host, HostSpec},
    keys::Keys,
    network::Network,
};

/// The name of the lab's hive.
pub(crate) const HIVE: &str = "site.example";

/// A mother and the servers of its stage `private`; the last server is the repository.
#[derive(Debug)]
pub(crate) struct Fleet {
    /// The mother.
    pub(crate) mother: Host,
    /// The servers in the inventory's order.
    pub(crate) servers: Vec<Host>,
    /// The key that opens all accounts on all of them.
    pub(crate) keys: Keys,
    network: Network,
}

impl Fleet {
    /// A mother, `hives` container hosts and a repository, all healthy.
    pub(crate) fn up(hives: usize) -> Self {
        Self::of((0..=hives).map(|index| HostSpec::new(&server_name(index))).collect())
    }

    /// A mother, a hive that is a container without rights over network and modules, a hive that is a user namespace, and a
    /// repository.
    pub(crate) fn with_containers() -> Self {
        let [container, user, repository] = [0, 1, 2].map(server_name);
        Self::of(vec![HostSpec::container(&container), HostSpec::user_namespace(&user), HostSpec::new(&repository)])
    }

    fn of(servers: Vec<HostSpec>) -> Self {
        let (network, keys) = (Network::new(), Keys::new());
        let mother = HostSpec::new(&format!("p-mother.{HIVE}"));
        let specs: Vec<HostSpec> = std::iter::once(mother).chain(servers).collect();
        let mut hosts = up_together(&network, &keys, &specs);
        let mother = hosts.remove(0);
        Self { mother, servers: hosts, keys, network }
    }

    /// Another host in the same network that no inventory knows: a client, a log server.
    pub(crate) fn stranger(&self, name: &str) -> Host {
        Host::up(&self.network, &self.keys, &HostSpec::new(name))
    }

    /// The first hive.
    pub(crate) fn first_hive(&self) -> &Host {
        &self.servers[0]
    }
}

/// The name that hive gives the server with this index.
pub(crate) fn server_name(index: usize) -> String {
    format!("p-hive{index}.{HIVE}")
}

fn up_together(network: &Network, keys: &Keys, specs: &[HostSpec]) -> Vec<Host> {
    std::thread::scope(|scope| {
        let coming: Vec<_> = specs.iter().map(|spec| scope.spawn(|| Host::up(network, keys, spec))).collect();
        coming.into_iter().map(|host| host.join().expect("a host comes up")).collect()
    })
}
