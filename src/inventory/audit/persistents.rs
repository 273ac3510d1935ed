//! hive's own record of the numbers that it gave away.

use std::collections::HashSet;

use super::{
    Finding, Rule,
    definition::{Definitions, items, mapping},
    ports::Port,
};
use crate::inventory::tree::{Entry, Mapping, named};

/// Numbers in hive's persistents for what no file names any more.
pub(super) fn findings(definitions: &Definitions) -> Vec<Finding> {
    let Some((source, map)) = definitions.site.as_ref().and_then(|site| site.persistents.as_ref()) else {
        return Vec::new();
    };
    let services: Vec<_> = definitions.services().collect();
    let volumes = services.iter().flat_map(|service| service.drbd_volumes().map(|volume| volume.name.to_owned()));
    let ports = definitions.ports_of_services().map(|(service, target)| format!("{service}{target}"));
    let known = [("drbd_device_map", volumes.collect()), ("published_port_map", ports.collect())];
    let mut findings = Vec::new();
    for (variable, known) in known {
        let known: HashSet<String> = known;
        for (stage, name, entry) in numbers(map, variable).filter(|(_, name, _)| !known.contains(*name)) {
            let number = entry.node.clone().into_value();
            let finding = Finding::at(Rule::StalePersistents, source, entry.key_mark, format!("{stage}/{name}"));
            findings.push(
                finding
                    .fact("kind", if variable == "drbd_device_map" { "device" } else { "port" })
                    .fact("variable", variable)
                    .fact("stage", stage)
                    .fact("name", name)
                    .fact("number", number),
            );
        }
    }
    findings
}

type Number<'a> = (&'a str, &'a str, &'a Entry);

/// The entries of a map of numbers, stage by stage.
fn numbers<'a>(map: &'a Mapping, variable: &str) -> impl Iterator<Item = Number<'a>> {
    let stages = map.get(&named(variable)).and_then(|entry| mapping(&entry.node));
    stages.into_iter().flatten().flat_map(|(stage, entry)| {
        let numbers = mapping(&entry.node).into_iter().flatten();
        numbers.filter_map(move |(name, entry)| Some((stage.as_str()?, name.as_str()?, entry)))
    })
}

impl Definitions {
    /// The target ports of every service, in the text that hive's map of ports uses.
    fn ports_of_services(&self) -> impl Iterator<Item = (&str, String)> {
        self.services().flat_map(|service| {
            let ports = service.get("ports").map(items).unwrap_or_default();
            ports.iter().filter_map(move |node| Some((service.name, Port::of(node)?.target)))
        })
    }
}
