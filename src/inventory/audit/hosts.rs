//! Rules about hosts and their variables, for any inventory.

use std::collections::HashMap;

use super::{Finding, Rule};
use crate::inventory::{Host, HostName, Inventory, Value};

/// Variables that hold a password.
const PASSWORDS: [&str; 9] = [
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_ssh_password",
    "ansible_become_password",
    "ansible_become_pass",
    "ansible_sudo_pass",
    "ansible_su_pass",
    "ansible_winrm_password",
    "hive_root_password",
];

pub(super) fn findings(inventory: &Inventory) -> Vec<Finding> {
    let machines: Vec<&Host> = inventory.hosts.values().filter(|host| is_machine(inventory, host)).collect();
    let mut findings = duplicate_addresses(&machines);
    findings.extend(machines.iter().flat_map(|host| plain_passwords(host)));
    findings
}

/// In a hive project images, volumes and networks are hosts for Ansible, too.
fn is_machine(inventory: &Inventory, host: &Host) -> bool {
    inventory.hive.is_none() || host.groups.iter().any(|group| group.as_str() == "hosts")
}

/// Where the host is, as far as that can be told without rendering: address and port.
fn address(host: &Host) -> Option<(&str, String)> {
    let text = |name: &str| host.vars.get(name)?.value.as_str();
    let address = ["ansible_host", "ansible_ssh_host", "hive_private_ip"].into_iter().find_map(text)?;
    let port = ["ansible_port", "ansible_ssh_port"].into_iter().find_map(|name| host.vars.get(name));
    let port = port.map_or_else(|| "22".to_owned(), |port| shown(&port.value));
    (!address.contains("{{")).then_some((address, port))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

/// Two hosts at one address are one machine, which is then provisioned twice. Hosts of different stages of hive may
/// share addresses.
fn duplicate_addresses(machines: &[&Host]) -> Vec<Finding> {
    let mut first: HashMap<(&str, String, Option<&str>), &HostName> = HashMap::new();
    let mut findings = Vec::new();
    for host in machines {
        let Some((address, port)) = address(host) else { continue };
        let stage = host
            .groups
            .iter()
            .map(crate::inventory::GroupName::as_str)
            .find(|group| crate::inventory::hive::STAGES.contains(group));
        match first.entry((address, port, stage)) {
            std::collections::hash_map::Entry::Vacant(slot) => drop(slot.insert(&host.name)),
            std::collections::hash_map::Entry::Occupied(slot) => {
                let mut finding = Finding::nowhere(Rule::UnreachableDefinition, address);
                finding.host = Some(host.name.clone());
                finding.location.clone_from(&host.location);
                findings
                    .push(finding.fact("kind", "address").fact("address", address).fact("other", slot.get().as_str()));
            }
        }
    }
    findings
}

fn plain_passwords(host: &Host) -> Vec<Finding> {
    let written = PASSWORDS.into_iter().filter_map(|name| Some((name, host.vars.get(name)?)));
    let plain = written.filter(|(_, var)| match &var.value {
        Value::String(text) | Value::Unsafe(text) => !text.is_empty() && !text.contains("{{"),
        Value::Int(_) | Value::Float(_) | Value::BigInt(_) => true,
        _ => false,
    });
    plain
        .map(|(name, var)| {
            let mut finding = Finding::nowhere(Rule::PlainPassword, name);
            finding.host = Some(host.name.clone());
            finding.location.clone_from(&var.location);
            finding.fact("variable", name)
        })
        .collect()
}
