//! Rules about the stages of `hive.yml`.

use super::{
    Finding, Rule,
    definition::{Definitions, Stage},
};
use crate::inventory::tree::{Data, Node};

pub(super) fn findings(definitions: &Definitions) -> Vec<Finding> {
    definitions
        .stages()
        .flat_map(|stage| [quorum(&stage), address_list(&stage)].into_iter().flatten().collect::<Vec<_>>())
        .collect()
}

/// How many hosts hive makes, repository included: the list decides before the number does.
fn hosts(stage: &Stage<'_>) -> Option<i64> {
    if let Some(Data::List(list)) = stage.get("ip_address_list").map(|node| &node.data) {
        return i64::try_from(list.len()).ok();
    }
    match stage.get("number_of_hosts").map(|node| &node.data) {
        Some(Data::Int(number)) => Some(*number),
        Some(_) => None,
        None => Some(if is_separate(stage) { 4 } else { 3 }),
    }
}

fn is_separate(stage: &Stage<'_>) -> bool {
    stage.get("separate_repository").is_some_and(Node::truthy)
}

/// A swarm of an even number of managers loses its quorum as early as one manager fewer does, and fewer than three lose it with
/// the first one. Private stages are for trying things out.
fn quorum(stage: &Stage<'_>) -> Option<Finding> {
    let hives = hosts(stage)? - i64::from(is_separate(stage));
    let sound = hives >= 3 && hives % 2 == 1;
    if stage.name == "private" || hives < 1 || sound {
        return None;
    }
    let finding = Finding::at(Rule::Quorum, stage.source, stage.mark, stage.name);
    Some(finding.fact("hives", hives).fact("stage", stage.name))
}

/// A list decides how many hosts there are, and is read for their addresses only where there are no subnets.
fn address_list(stage: &Stage<'_>) -> Option<Finding> {
    let list = stage.get("ip_address_list")?;
    let Data::List(addresses) = &list.data else { return None };
    let count = i64::try_from(addresses.len()).ok()?;
    let finding = Finding::at(Rule::AddressList, stage.source, list.mark, stage.name).fact("addresses", count);
    if stage.get("subnets").is_some() {
        return Some(finding.fact("kind", "subnets"));
    }
    match stage.get("number_of_hosts").map(|node| &node.data) {
        Some(Data::Int(number)) if *number != count => Some(finding.fact("kind", "length").fact("hosts", *number)),
        _ => None,
    }
}
