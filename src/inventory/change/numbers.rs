//! What hurts about services: ports, numbers that hive gives out, and the size of volumes.

use std::collections::{BTreeSet, HashMap};

use super::{
    Pair,
    entity::{Side, is_in, stages},
    services::{FIRST_AUTOMATIC, Port, Sides, ports},
    shown,
    written::Written,
};
use crate::inventory::{Finding, Host, Rule, Value};

pub(super) fn findings(machines: &Pair<'_>, sides: &Sides<'_>, written: Written<'_>, are_kept: bool) -> Vec<Finding> {
    // A stage that is gone as a whole takes its ports along, which is no surprise.
    let known: BTreeSet<&str> = machines.new.values().flat_map(|host| stages(host)).collect();
    let mut findings = disappeared(&sides.services, &known);
    findings.extend(sides.volumes.both().filter_map(|(_, old, new)| resized(old, new, written)));
    let numbers = devices(&sides.volumes).into_iter().chain(automatic_ports(&sides.services));
    findings.extend(numbers.map(|finding| finding.fact("kept", Value::Bool(are_kept))));
    findings
}

/// Published ports of stages that nothing publishes any more.
fn disappeared(services: &Pair<'_>, known: &BTreeSet<&str>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (name, old) in &services.old {
        for port in ports(old) {
            let known = stages(old).filter(|stage| known.contains(stage));
            let lost: Vec<&str> = known.filter(|stage| !is_published(services, stage, &port)).collect();
            if lost.is_empty() || has_another_number(services, name, &port) {
                continue;
            }
            let now = services.now(name).and_then(|name| services.new.get(name));
            let mut finding =
                Finding::nowhere(Rule::PublishedPortStays, format!("{}/{}", port.published, port.protocol));
            finding.location = now.and_then(|host| place(host, "hive_ports"));
            findings.push(
                finding
                    .fact("service", *name)
                    .fact("port", port.published)
                    .fact("protocol", port.protocol.as_str())
                    .fact("stages", lost.join(", "))
                    .fact("gone", Value::Bool(now.is_none())),
            );
        }
    }
    findings
}

fn place(host: &Host, variable: &str) -> Option<crate::location::Location> {
    host.vars.get(variable).map_or_else(|| host.location.clone(), |var| var.location.clone())
}

fn is_published(services: &Pair<'_>, stage: &str, port: &Port) -> bool {
    let in_stage = services.new.values().filter(|service| is_in(service, stage));
    let same = |other: &Port| (other.published, &other.protocol) == (port.published, &port.protocol);
    in_stage.into_iter().any(|service| ports(service).iter().any(same))
}

/// An automatic port whose service has another one now is told by its own rule.
fn has_another_number(services: &Pair<'_>, name: &str, port: &Port) -> bool {
    let now = services.now(name).and_then(|name| services.new.get(name));
    port.published >= FIRST_AUTOMATIC
        && now.is_some_and(|service| ports(service).iter().any(|other| alike(other, port)))
}

fn alike(one: &Port, other: &Port) -> bool {
    (&one.target, &one.protocol) == (&other.target, &other.protocol)
}

fn drbd<'a>(volume: &'a Host, key: &str) -> Option<&'a Value> {
    let Value::Map(volume) = &volume.vars.get("hive_volume")?.value else { return None };
    let Value::Map(drbd) = volume.get("drbd")? else { return None };
    drbd.get(key)
}

fn resized(old: &Host, new: &Host, written: Written<'_>) -> Option<Finding> {
    let (from, to) = (drbd(old, "size"), drbd(new, "size"));
    if from == to || drbd(old, "device_id").is_none() || drbd(new, "device_id").is_none() {
        return None;
    }
    let text = |value: Option<&Value>| value.map_or(Value::Null, |value| Value::from(shown::plain(value)));
    let name = volume_name(new);
    let mut finding = Finding::nowhere(Rule::VolumeSizeStays, name);
    finding.location = written.volume_size(name).or_else(|| new.location.clone());
    Some(finding.fact("volume", name).fact("old", text(from)).fact("new", text(to)))
}

fn volume_name(volume: &Host) -> &str {
    let name = volume.name.as_str();
    name.strip_prefix("volume_").unwrap_or(name)
}

/// A number and whose it is.
struct Owned<'a> {
    owner: String,
    number: i64,
    host: &'a Host,
}

/// Numbers that something else has now, or had.
fn changed_hands(kind: &str, old: &[Owned<'_>], new: &[Owned<'_>]) -> Vec<Finding> {
    let by_owner: HashMap<&str, i64> = old.iter().map(|owned| (owned.owner.as_str(), owned.number)).collect();
    let by_number: HashMap<i64, &str> = old.iter().map(|owned| (owned.number, owned.owner.as_str())).collect();
    let changed = new.iter().filter_map(|owned| {
        let before = by_owner.get(owned.owner.as_str()).copied();
        let other = by_number.get(&owned.number).copied().filter(|other| *other != owned.owner);
        if before == Some(owned.number) || (before.is_none() && other.is_none()) {
            return None;
        }
        let mut finding = Finding::nowhere(Rule::NumbersStay, owned.owner.as_str());
        finding.location.clone_from(&owned.host.location);
        let finding = finding.fact("kind", kind).fact("owner", owned.owner.as_str()).fact("new", owned.number);
        let finding = finding.fact("old", before.map_or(Value::Null, Value::from));
        Some(finding.fact("other", other.map_or(Value::Null, Value::from)))
    });
    changed.collect()
}

fn devices(volumes: &Pair<'_>) -> Vec<Finding> {
    changed_hands("device", &owned_devices(&volumes.old), &owned_devices(&volumes.new))
}

fn owned_devices<'a>(volumes: &Side<'a>) -> Vec<Owned<'a>> {
    let owned = |host: &&'a Host| match drbd(host, "device_id") {
        Some(Value::Int(number)) => Some(Owned { owner: volume_name(host).to_owned(), number: *number, host }),
        _ => None,
    };
    volumes.values().filter_map(owned).collect()
}

/// Only what is automatic on both sides: what somebody writes down is meant.
fn automatic_ports(services: &Pair<'_>) -> Vec<Finding> {
    let new = owned_ports(&services.new, &|name| services.renamed(name));
    changed_hands("port", &owned_ports(&services.old, &|_| None), &new)
}

/// A service that has another name still has its ports.
fn owned_ports<'a>(services: &Side<'a>, before: &dyn Fn(&str) -> Option<&'a str>) -> Vec<Owned<'a>> {
    let owned = |(name, host): (&&'a str, &&'a Host)| {
        let (name, host) = (before(name).unwrap_or(name), *host);
        let automatic = ports(host).into_iter().filter(|port| port.published >= FIRST_AUTOMATIC);
        automatic
            .map(|port| Owned {
                owner: format!("{name}:{}/{}", port.target, port.protocol),
                number: port.published,
                host,
            })
            .collect::<Vec<_>>()
    };
    services.iter().flat_map(owned).collect()
}
