//! Published ports: one service for each port and protocol of a stage.

use std::collections::HashMap;

use super::{
    Finding, Rule,
    definition::{Definitions, Service, items},
};
use crate::inventory::{
    Value,
    python::{self, Integer},
    tree::{Data, Mark, Node},
};

/// A port as far as it can be understood.
pub(super) struct Port {
    mark: Mark,
    published: Option<i64>,
    pub(super) target: String,
    protocol: String,
    /// `mode: host`: on the node's own address only.
    host: bool,
}

impl Port {
    /// Reads a port in either form.
    pub(super) fn of(node: &Node) -> Option<Self> {
        match &node.data {
            Data::Str(text) => Self::of_text(text, node.mark),
            Data::Map(_) => {
                let published = node.get("published_port");
                Some(Self {
                    mark: published.unwrap_or(node).mark,
                    published: published.and_then(whole),
                    target: text_of(node.get("target_port")?),
                    protocol: node.get("protocol")?.as_str()?.to_owned(),
                    host: node.get("mode").and_then(Node::as_str) == Some("host"),
                })
            }
            _ => None,
        }
    }

    fn of_text(text: &str, mark: Mark) -> Option<Self> {
        let mut slashes = text.split('/');
        let mut numbers = slashes.next()?.split(':').map(|text| match python::int_of_text(text) {
            Some(Integer::Small(number)) => Some(number),
            _ => None,
        });
        let first = numbers.next()??;
        let (published, target) = match numbers.next() {
            Some(target) => (Some(first), target?),
            None => (None, first),
        };
        let protocol = slashes.next().unwrap_or("tcp").to_owned();
        Some(Self { mark, published, target: target.to_string(), protocol, host: false })
    }
}

fn whole(node: &Node) -> Option<i64> {
    match &node.data {
        Data::Int(number) => Some(*number),
        _ => None,
    }
}

/// The text that hive's map of ports uses.
fn text_of(node: &Node) -> String {
    match &node.data {
        Data::Int(number) => number.to_string(),
        _ => node.as_str().unwrap_or_default().to_owned(),
    }
}

struct Publisher<'a> {
    service: &'a Service<'a>,
    target: String,
    host: bool,
}

/// Every port that a service publishes in a stage in which an earlier one has it. Swarm refuses the later service, unless
/// both have it on their nodes' own addresses.
pub(super) fn findings(definitions: &Definitions) -> Vec<Finding> {
    let services: Vec<Service<'_>> = definitions.services().collect();
    let mut taken: HashMap<(&str, i64, String), Publisher<'_>> = HashMap::new();
    let mut findings = Vec::new();
    for service in &services {
        for port in service.get("ports").map(items).unwrap_or_default().iter().filter_map(Port::of) {
            let key = format!("{}{}", service.name, port.target);
            let given = || {
                definitions
                    .ports
                    .get(&key)
                    .and_then(|value| if let Value::Int(number) = value { Some(*number) } else { None })
            };
            let Some(number) = port.published.or_else(given) else { continue };
            findings.extend(meet(service, &port, number, &mut taken));
        }
    }
    findings
}

fn meet<'a>(
    service: &'a Service<'a>,
    port: &Port,
    number: i64,
    taken: &mut HashMap<(&'a str, i64, String), Publisher<'a>>,
) -> Option<Finding> {
    let mut stages = Vec::new();
    let mut first = None;
    for stage in &service.stages {
        let key = (*stage, number, port.protocol.clone());
        match taken.get(&key) {
            Some(other) if !(other.host && port.host) => {
                stages.push(*stage);
                first = first.or(Some((
                    other.service.name,
                    other.target.clone(),
                    other.service.source.location(other.service.mark),
                )));
            }
            Some(_) => {}
            None => drop(taken.insert(key, Publisher { service, target: port.target.clone(), host: port.host })),
        }
    }
    let (other, target, place) = first?;
    let finding = Finding::at(Rule::PublishedPortsUnique, service.source, port.mark, service.name)
        .fact("port", number)
        .fact("protocol", port.protocol.clone())
        .fact("service", service.name)
        .fact("other", other)
        .fact("other_target", target)
        .fact("other_place", place.to_string());
    Some(finding.fact("stages", stages.join(", ")))
}
