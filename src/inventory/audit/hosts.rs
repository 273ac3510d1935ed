//! Where hosts are: every machine has an address of its own, and is written once.

use std::{collections::HashMap, net::IpAddr};

use super::{Finding, Rule, definition::is_template};
use crate::inventory::{
    GroupName, Host, Inventory, Value, Var,
    hive::STAGES,
    structure::{Builder, Of},
};

/// Connections that lead nowhere else, or have no address of a machine.
const NO_ADDRESS: [&str; 9] = ["local", "docker", "podman", "buildah", "kubectl", "lxc", "lxd", "chroot", "jail"];

pub(super) fn findings(inventory: &Inventory, builder: &Builder) -> Vec<Finding> {
    let machines: Vec<&Host> = inventory.hosts.values().filter(|host| is_machine(inventory, host)).collect();
    let mut findings: Vec<Finding> = machines.iter().filter_map(|host| unreachable(inventory, host)).collect();
    findings.extend(duplicate_addresses(&machines));
    if inventory.hive.is_none() {
        findings.extend(written_twice(builder));
    }
    findings
}

/// In a hive project images, volumes and networks are hosts for Ansible, too, and the mother is this machine.
fn is_machine(inventory: &Inventory, host: &Host) -> bool {
    let connection = text(host, "ansible_connection").unwrap_or_default();
    let connection = connection.rsplit('.').next().unwrap_or_default();
    let server = inventory.hive.is_none() || host.groups.iter().any(|group| group.as_str() == "servers");
    server && !NO_ADDRESS.contains(&connection)
}

fn text<'a>(host: &'a Host, name: &str) -> Option<&'a str> {
    host.vars.get(name)?.value.as_str()
}

/// What Ansible connects to, as far as a variable says it. Null is as if it were not written.
fn address_var(host: &Host) -> Option<&Var> {
    let known = ["ansible_ssh_host", "ansible_host"].into_iter().filter_map(|name| host.vars.get(name));
    let mut known = known.filter(|var| var.value != Value::Null);
    known.next().or_else(|| host.vars.get("hive_private_ip"))
}

fn at(host: &Host, var: Option<&Var>) -> Finding {
    let place = var.and_then(|var| var.location.clone()).or_else(|| host.location.clone());
    let finding = Finding { location: place, ..Finding::nowhere(Rule::UnreachableDefinition, host.name.as_str()) };
    finding.fact("host", host.name.as_str())
}

/// A host whose address is empty: SSH is then called without a name. Outside of hive a host without an address is reached
/// by its own name. The addresses of `hive.yml` are judged where they are written.
fn unreachable(inventory: &Inventory, host: &Host) -> Option<Finding> {
    let var = ["ansible_ssh_host", "ansible_host"].into_iter().find_map(|name| host.vars.get(name));
    let empty = var.filter(|var| var.value.as_str().is_some_and(|text| text.trim().is_empty()));
    let found = empty.is_some() && (inventory.hive.is_none() || host.vars.contains_key("hive_private_ip"));
    found.then(|| at(host, empty).fact("kind", "none").fact("address", ""))
}

/// The way to a machine: two hosts with the same one are one machine.
#[derive(PartialEq, Eq, Hash)]
struct Way<'a> {
    address: String,
    port: String,
    /// Behind different jump hosts one address is two machines.
    arguments: &'a str,
    /// Stages of hive may share addresses.
    stage: Option<&'a str>,
}

fn way(host: &Host) -> Option<Way<'_>> {
    let address = match address_var(host) {
        Some(var) => var.value.as_str()?,
        None => host.name.as_str(),
    };
    if is_template(address) || address.trim().is_empty() {
        return None;
    }
    let port = ["ansible_ssh_port", "ansible_port"].into_iter().find_map(|name| host.vars.get(name));
    let stage = host.groups.iter().map(GroupName::as_str).find(|group| STAGES.contains(group));
    Some(Way {
        address: address.parse::<IpAddr>().map_or_else(|_| address.to_lowercase(), |address| address.to_string()),
        port: port.map_or_else(|| "22".to_owned(), |port| shown(&port.value)),
        arguments: text(host, "ansible_ssh_common_args").unwrap_or_default(),
        stage,
    })
}

fn shown(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

/// Two hosts at one address are one machine, which is then provisioned twice, and at the same time.
fn duplicate_addresses(machines: &[&Host]) -> Vec<Finding> {
    let mut first: HashMap<Way<'_>, &Host> = HashMap::new();
    let mut findings: Vec<Finding> = Vec::new();
    for host in machines {
        let Some(way) = way(host) else { continue };
        let (address, other) = (way.address.clone(), *first.entry(way).or_insert(host));
        // What a list of `hive.yml` says twice is told there.
        let of_hive = address_var(host).is_some_and(|var| host.vars.get("hive_private_ip") == Some(var));
        if other.name == host.name || of_hive {
            continue;
        }
        let finding = at(host, address_var(host)).fact("kind", "address").fact("address", address);
        findings.push(finding.fact("other", other.name.as_str()));
    }
    findings
}

/// Hosts whose variable is set in two places of one file, to two values. Across files that is how values are laid over
/// others; within one it is a name that was meant for another host.
fn written_twice(builder: &Builder) -> Vec<Finding> {
    let mut later: HashMap<(usize, &str), &Var> = HashMap::new();
    let mut findings: Vec<Finding> = Vec::new();
    for replaced in builder.replaced.iter().rev() {
        let Of::Host(place) = replaced.of else { continue };
        let Some((host, draft)) = builder.hosts.get_index(place) else { continue };
        let by = later.insert((place, &replaced.name), &replaced.var).or_else(|| draft.vars.get(&replaced.name));
        let Some(by) = by.filter(|by| by.value != replaced.var.value) else { continue };
        let (Some(here), Some(before)) = (&by.location, &replaced.var.location) else { continue };
        if here.file != before.file || here == before {
            continue;
        }
        let finding =
            Finding { location: Some(here.clone()), ..Finding::nowhere(Rule::UnreachableDefinition, host.as_str()) };
        let finding =
            finding.fact("kind", "twice").fact("host", host.as_str()).fact("variable", replaced.name.as_str());
        findings.push(finding.fact("other_place", before.to_string()));
    }
    findings.reverse();
    findings
}
