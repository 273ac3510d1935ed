//! Networks that share addresses: what lies behind the other one cannot be reached from containers.

use std::collections::HashSet;

use super::{
    Finding, Rule,
    definition::{Definitions, Stage, items, mapping},
};
use crate::inventory::{
    hive::Network,
    tree::{Mark, Node, named},
};

/// Where docker0 is without `internal_cidr`: hive says so itself.
const DOCKER0: &str = "172.17.0.0/16";

/// How many networks of 256 addresses the swarm's pool has.
const POOL: usize = 256;

pub(super) fn findings(definitions: &Definitions) -> Vec<Finding> {
    let overlays = overlays(definitions);
    definitions.stages().flat_map(|stage| of_stage(&stage, overlays)).collect()
}

/// A network of a stage, by the key that names it.
struct Range {
    key: String,
    text: String,
    network: Network,
    mark: Mark,
}

impl Range {
    fn of(key: impl Into<String>, node: &Node) -> Option<Self> {
        let network = Network::of(node).ok()?;
        Some(Self { key: key.into(), text: node.as_str()?.to_owned(), network, mark: node.mark })
    }

    fn of_docker(key: &str, text: String) -> Option<Self> {
        let network = Network::parse(&text).ok()?;
        Some(Self { key: key.to_owned(), text, network, mark: Mark::default() })
    }
}

fn of_stage(stage: &Stage<'_>, overlays: usize) -> Vec<Finding> {
    let range = |key: &str| stage.get(key).and_then(|node| Range::of(key, node));
    let subnets: Vec<Range> = stage.get("subnets").map(items).unwrap_or_default().iter().filter_map(subnet).collect();
    let outside: Vec<Range> = ["cidr", "filestore_cidr"].into_iter().filter_map(range).collect();
    let inside = match stage.get("internal_cidr") {
        Some(node) => Range::of("internal_cidr", node).into_iter().collect(),
        None => of_docker(overlays),
    };
    let mut findings = Vec::new();
    // One overlay network after the other would say the same.
    let mut told = HashSet::new();
    for one in &inside {
        let other = outside.iter().chain(&subnets).find(|other| one.network.meets(other.network));
        findings.extend(other.filter(|_| told.insert(&one.key)).map(|other| overlap(stage, one, other)));
    }
    if let [cidr, filestore] = outside.as_slice()
        && cidr.network.meets(filestore.network)
    {
        findings.push(overlap(stage, filestore, cidr));
    }
    findings.extend(subnets.iter().enumerate().filter_map(|(index, one)| {
        let earlier = subnets[..index].iter().find(|other| other.network.meets(one.network))?;
        Some(overlap(stage, one, earlier))
    }));
    findings
}

fn subnet(node: &Node) -> Option<Range> {
    let name = node.get("name").and_then(Node::as_str).unwrap_or_default();
    Range::of(format!("subnet {name}").trim_end(), node.get("cidr")?)
}

/// What docker takes where `internal_cidr` does not say otherwise: a bridge, and the first parts of the swarm's pool, one
/// for each network and one for the published ports.
fn of_docker(overlays: usize) -> Vec<Range> {
    let pool = (0..overlays.min(POOL)).filter_map(|index| Range::of_docker("overlay", format!("10.0.{index}.0/24")));
    Range::of_docker("docker0", DOCKER0.to_owned()).into_iter().chain(pool).collect()
}

/// How many overlay networks the swarm gives addresses from its pool.
fn overlays(definitions: &Definitions) -> usize {
    let files = definitions.of("hive_services").filter_map(|file| mapping(file.root.get("networks")?));
    let own = files.flatten().filter(|(key, entry)| {
        let has_addresses = mapping(&entry.node).is_some_and(|options| options.contains_key(&named("ipam")));
        key.as_str() != Some("hive_default_network") && !has_addresses
    });
    // The default network and the one of the published ports come on top.
    own.count() + 2
}

/// `one` is the network that should give way.
fn overlap(stage: &Stage<'_>, one: &Range, other: &Range) -> Finding {
    let of_docker = matches!(one.key.as_str(), "docker0" | "overlay");
    let mark = if of_docker { other.mark } else { one.mark };
    let kind = match one.key.as_str() {
        "docker0" | "overlay" => "docker",
        key if key.starts_with("subnet") => "subnets",
        _ => "keys",
    };
    Finding::at(Rule::NetworkOverlap, stage.source, mark, stage.name)
        .fact("kind", kind)
        .fact("stage", stage.name)
        .fact("key", one.key.as_str())
        .fact("network", one.text.as_str())
        .fact("other_key", other.key.as_str())
        .fact("other", other.text.as_str())
}
