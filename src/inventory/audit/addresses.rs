//! The addresses that `hive.yml` lists itself.

use std::{collections::HashMap, net::IpAddr};

use super::{
    Finding, Rule,
    definition::{Definitions, Stage, items},
};
use crate::inventory::tree::{Data, Node};

/// Addresses of a list that are none, or stand there twice.
pub(super) fn findings(definitions: &Definitions) -> Vec<Finding> {
    let with_list = definitions.stages().filter(|stage| stage.get("subnets").is_none());
    with_list
        .flat_map(|stage| stage.get("ip_address_list").map(|list| of_list(&stage, list)).unwrap_or_default())
        .collect()
}

fn of_list(stage: &Stage<'_>, list: &Node) -> Vec<Finding> {
    let mut first = HashMap::new();
    let mut findings = Vec::new();
    for (index, node) in items(list).iter().enumerate() {
        let host = format!("{}{}{index}", stage.prefix(), stage.text("custom_hostname").unwrap_or("hive"));
        let finding = Finding::at(Rule::UnreachableDefinition, stage.source, node.mark, host.clone())
            .fact("host", host.clone())
            .fact("stage", stage.name)
            .fact("address", node.clone().into_value());
        let address = node.as_str().and_then(|text| text.parse::<IpAddr>().ok());
        match address.map(|address| first.entry(address).or_insert_with(|| host.clone()).clone()) {
            None if node.data == Data::Null => findings.push(finding.fact("kind", "none")),
            None => findings.push(finding.fact("kind", "invalid")),
            Some(other) if other != host => findings.push(finding.fact("kind", "address").fact("other", other)),
            Some(_) => {}
        }
    }
    findings
}
