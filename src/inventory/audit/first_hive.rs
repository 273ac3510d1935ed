//! The first hive of every stage, which makes the swarm.

use super::{
    Finding, Rule,
    definition::{Definitions, Stage},
};
use crate::inventory::{
    hive::Site,
    tree::{Data, Mapping, named},
};

/// Stages whose first hive is no hive. hive takes the number for granted, and makes a host without address and stage of it.
pub(super) fn findings(definitions: &Definitions) -> Vec<Finding> {
    let Some(site) = &definitions.site else { return Vec::new() };
    let names = definitions.of("hive_inventory").filter_map(|file| Some((&file.source.path, file.root.get("name")?)));
    let names: Vec<_> = names.filter_map(|(path, name)| Some((path, name.as_str()?))).collect();
    let name_of = |stage: &Stage<'_>| names.iter().find(|(path, _)| **path == stage.source.path).map(|(_, name)| *name);
    definitions.stages().filter_map(|stage| first_hive(site, &stage, name_of(&stage)?)).collect()
}

fn first_hive(site: &Site, stage: &Stage<'_>, name: &str) -> Option<Finding> {
    let number = number(site, stage.name);
    let hosts = stage.hosts()?.max(0);
    let kind = match number.parse::<i64>() {
        Ok(index) if (0..hosts).contains(&index) && index.to_string() == number => {
            let repository = stage.is_separate() && index == hosts - 1;
            repository.then_some("repository")?
        }
        _ => "phantom",
    };
    let custom = stage.text("custom_hostname").unwrap_or("hive");
    let host = |number: &str| format!("{}{custom}{number}.{name}", stage.prefix());
    let finding = Finding::at(Rule::FirstHive, stage.source, stage.mark, stage.name)
        .fact("kind", kind)
        .fact("stage", stage.name)
        .fact("host", host(&number))
        .fact("first", host("0"));
    Some(finding.fact("hives", (hosts - i64::from(stage.is_separate())).max(0)))
}

/// The number that hive would take for a stage: that of this run, else what the stage's persistents say.
fn number(site: &Site, stage: &str) -> String {
    if site.stage == stage {
        return site.first_hive.clone();
    }
    let written = site.persistents.as_ref().and_then(|(_, map)| persisted(map, "first_hive", stage));
    written.unwrap_or_else(|| "0".to_owned())
}

/// A number of the persistents: the stage's before the global one.
fn persisted(map: &Mapping, variable: &str, stage: &str) -> Option<String> {
    let value = &map.get(&named(variable))?.node;
    let node = value.get(stage).or_else(|| value.get("global"))?;
    match &node.data {
        Data::Int(number) => Some(number.to_string()),
        _ => node.as_str().map(str::to_owned),
    }
}
