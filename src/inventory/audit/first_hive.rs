//! The first hive of every stage, which makes the swarm.

use super::{
    Finding, Rule,
    definition::{Definitions, Stage},
};
use crate::inventory::{
    error::SourceText,
    hive::Site,
    tree::{Data, Node, named},
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
    let written = persisted(site, stage.name).filter(|(_, _, written)| *written == number);
    let (source, mark) = written.map_or((stage.source, stage.count_mark()), |(source, node, _)| (source, node.mark));
    let finding = Finding::at(Rule::FirstHive, source, mark, stage.name)
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
    persisted(site, stage).map_or_else(|| "0".to_owned(), |(_, _, number)| number)
}

/// What the persistents say for a stage, and where.
fn persisted<'a>(site: &'a Site, stage: &str) -> Option<(&'a SourceText, &'a Node, String)> {
    let (source, map) = site.persistents.as_ref()?;
    let value = &map.get(&named("first_hive"))?.node;
    let node = value.get(stage).or_else(|| value.get("global"))?;
    let number = match &node.data {
        Data::Int(number) => number.to_string(),
        _ => node.as_str()?.to_owned(),
    };
    Some((source, node, number))
}
