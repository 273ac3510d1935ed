//! Rules about how many hosts the stages of `hive.yml` have.

use super::{
    Finding, Rule,
    definition::{Definitions, Stage},
};
use crate::inventory::tree::Data;

pub(super) fn findings(definitions: &Definitions) -> Vec<Finding> {
    let mut findings = Vec::new();
    for stage in definitions.stages() {
        findings.extend(quorum(&stage));
        findings.extend(address_list(&stage));
    }
    findings
}

/// A swarm of an even number of managers loses its quorum as early as one manager fewer does, and fewer than three lose it with
/// the first one. Private stages are for trying things out.
fn quorum(stage: &Stage<'_>) -> Option<Finding> {
    let hives = stage.hosts()? - i64::from(stage.is_separate());
    let sound = hives >= 3 && hives % 2 == 1;
    if stage.name == "private" || hives < 1 || sound {
        return None;
    }
    let finding = Finding::at(Rule::Quorum, stage.source, stage.count_mark(), stage.name);
    Some(finding.fact("hives", hives).fact("stage", stage.name))
}

/// A list decides how many hosts there are, and is read for their addresses only where there are no subnets.
fn address_list(stage: &Stage<'_>) -> Option<Finding> {
    let list = stage.entry("ip_address_list")?;
    let Data::List(addresses) = &list.node.data else { return None };
    let count = i64::try_from(addresses.len()).ok()?;
    let finding = Finding::at(Rule::AddressList, stage.source, list.key_mark, stage.name)
        .fact("addresses", count)
        .fact("stage", stage.name);
    if stage.get("subnets").is_some() {
        return Some(finding.fact("kind", "subnets"));
    }
    match stage.get("number_of_hosts").map(|node| &node.data) {
        Some(Data::Int(number)) if *number != count => Some(finding.fact("kind", "length").fact("hosts", *number)),
        _ => None,
    }
}
