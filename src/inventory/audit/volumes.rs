//! Volumes on drbd: what they need, that their definitions agree, and whether they fit on the disk.

use indexmap::IndexMap;

use super::{
    Finding, Rule,
    definition::{Definitions, DrbdVolume, Service, Stage, is_template},
};
use crate::inventory::{
    Inventory,
    tree::{Data, Node},
};

const MIB: f64 = 1024.0 * 1024.0;
const GIB: f64 = 1024.0 * MIB;

/// Below this much mkfs.xfs gives up, whatever its version.
const XFS_NEVER: f64 = 100.0 * MIB;

/// Below this much mkfs.xfs has given up since xfsprogs 5.19, and drbd takes its own data off the volume.
const XFS_NOW: f64 = 300.0 * MIB;

/// Variables with which a site says itself what the disks are.
const OWN_DISKS: [&str; 3] = ["hive_mirrored_disk_devices", "hive_no_mirrored_device", "hive_no_mirrored_devices"];

pub(super) fn findings(definitions: &Definitions, inventory: Option<&Inventory>) -> Vec<Finding> {
    let services: Vec<Service<'_>> = definitions.services().collect();
    let volumes: Vec<DrbdVolume<'_>> = services.iter().flat_map(Service::drbd_volumes).collect();
    let mut by_name: IndexMap<&str, Vec<&DrbdVolume<'_>>> = IndexMap::new();
    for volume in &volumes {
        by_name.entry(volume.name).or_default().push(volume);
    }
    let mut findings: Vec<Finding> = volumes.iter().filter_map(definition).collect();
    findings.extend(by_name.values().flat_map(|same| disagreements(same)));
    let own_disks = |stage: &Stage<'_>| inventory.is_none_or(|inventory| has_own_disks(inventory, stage.name));
    findings.extend(definitions.stages().filter(|stage| !own_disks(stage)).filter_map(|stage| total(&stage, &by_name)));
    findings
}

/// A size as `lvcreate` takes it: without a unit in megabytes, and every unit by 1024.
fn size(node: &Node) -> Size {
    let text = match &node.data {
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        _ => match node.as_str() {
            Some(text) => text.trim().to_owned(),
            None => return Size::Wrong,
        },
    };
    if is_template(&text) || text.contains('%') {
        return Size::Unknown;
    }
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "b" => 1.0,
        "s" => 512.0,
        "k" => 1024.0,
        "" | "m" => MIB,
        "g" => GIB,
        "t" => GIB * 1024.0,
        "p" => GIB * 1024.0 * 1024.0,
        "e" => GIB * 1024.0 * 1024.0 * 1024.0,
        _ => return Size::Wrong,
    };
    let plain = !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit() || c == b'.');
    digits.parse::<f64>().ok().filter(|_| plain).map_or(Size::Wrong, |number| Size::Bytes(number * factor))
}

enum Size {
    Bytes(f64),
    /// Known only when hive runs.
    Unknown,
    Wrong,
}

/// What of a volume drbd or the file system would stumble over.
fn definition(volume: &DrbdVolume<'_>) -> Option<Finding> {
    let at = |mark| {
        Finding::at(Rule::VolumeDefinition, volume.service.source, mark, volume.name)
            .fact("volume", volume.name)
            .fact("service", volume.service.name)
    };
    for key in ["size", "fstype"] {
        if volume.get(key).is_none_or(|node| node.data == Data::Null || node.as_str() == Some("")) {
            return Some(at(volume.mark).fact("kind", "missing").fact("key", key));
        }
    }
    let (node, fstype) = (volume.get("size")?, volume.get("fstype")?);
    let finding = at(node.mark).fact("size", written(node));
    match size(node) {
        Size::Wrong => Some(finding.fact("kind", "size")),
        Size::Bytes(bytes) if fstype.as_str() == Some("xfs") && bytes <= XFS_NOW => {
            let never = bytes <= XFS_NEVER;
            let severity = if never { "error" } else { "warning" };
            Some(finding.fact("kind", "xfs").fact("severity", severity))
        }
        _ => None,
    }
}

fn written(node: &Node) -> String {
    match &node.data {
        Data::Int(number) => number.to_string(),
        Data::Float(number) => crate::inventory::python::float(*number),
        _ => node.as_str().map_or_else(|| node.kind().to_string(), str::to_owned),
    }
}

/// Definitions of one volume that differ from its first one. hive makes one host of all of them, and the last one wins.
fn disagreements(same: &[&DrbdVolume<'_>]) -> Vec<Finding> {
    let Some((first, rest)) = same.split_first() else { return Vec::new() };
    let differing = rest.iter().filter_map(|volume| {
        ["size", "fstype"].into_iter().find_map(|key| {
            let (one, other) = (first.get(key)?, volume.get(key)?);
            (!agree(one, other)).then(|| disagreement(first, volume, key, one, other))
        })
    });
    differing.collect()
}

fn agree(one: &Node, other: &Node) -> bool {
    match (size(one), size(other)) {
        (Size::Bytes(one), Size::Bytes(other)) => (one - other).abs() < 1.0,
        _ => written(one) == written(other),
    }
}

fn disagreement(first: &DrbdVolume<'_>, volume: &DrbdVolume<'_>, key: &str, one: &Node, other: &Node) -> Finding {
    Finding::at(Rule::VolumeSizeConsistent, volume.service.source, other.mark, volume.name)
        .fact("volume", volume.name)
        .fact("key", key)
        .fact("service", volume.service.name)
        .fact("value", written(other))
        .fact("other_service", first.service.name)
        .fact("other_value", written(one))
        .fact("other_place", first.service.source.location(one.mark).to_string())
}

fn has_own_disks(inventory: &Inventory, stage: &str) -> bool {
    let members = inventory.groups.get(stage).map(|group| group.hosts.as_slice()).unwrap_or_default();
    let mut hosts = members.iter().filter_map(|name| inventory.hosts.get(name));
    hosts.any(|host| OWN_DISKS.iter().any(|name| host.vars.contains_key(name)))
}

/// The volumes of a stage against the disk that hive makes for them.
fn total(stage: &Stage<'_>, by_name: &IndexMap<&str, Vec<&DrbdVolume<'_>>>) -> Option<Finding> {
    let here = |volume: &&&DrbdVolume<'_>| volume.stages.contains(&stage.name);
    let of_volume = |volumes: &Vec<&DrbdVolume<'_>>| {
        let sizes = volumes.iter().filter(here).filter_map(|volume| match size(volume.get("size")?) {
            Size::Bytes(bytes) => Some(bytes),
            Size::Unknown | Size::Wrong => None,
        });
        sizes.reduce(f64::max)
    };
    let sizes: Vec<f64> = by_name.values().filter_map(of_volume).collect();
    if sizes.is_empty() {
        return None;
    }
    let sum: f64 = sizes.iter().sum();
    let at = |mark| {
        let volumes = i64::try_from(sizes.len()).unwrap_or(i64::MAX);
        let finding = Finding::at(Rule::VolumeTotal, stage.source, mark, stage.name);
        finding.fact("stage", stage.name).fact("volumes", volumes).fact("sum", gigabytes(sum))
    };
    match stage.get("mirrored_disk_size") {
        None if matches!(stage.text("provider"), Some("kickstart" | "prepared")) => None,
        None => Some(at(stage.mark).fact("kind", "none").fact("severity", "error")),
        Some(node) => {
            let disk = disk(node).filter(|disk| sum > disk * GIB)?;
            Some(at(node.mark).fact("kind", "small").fact("severity", "warning").fact("disk", gigabytes(disk * GIB)))
        }
    }
}

/// The size of the mirrored disk in gigabytes, which every provider takes it for.
fn disk(node: &Node) -> Option<f64> {
    match &node.data {
        Data::Int(number) => i32::try_from(*number).ok().map(f64::from),
        Data::Float(number) => Some(*number),
        _ => node.as_str()?.trim().parse().ok(),
    }
}

/// A size for people: `12.5`, `3`.
fn gigabytes(bytes: f64) -> String {
    let tenths = (bytes / GIB * 10.0).ceil() / 10.0;
    format!("{tenths}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::tree::Mark;

    fn bytes(text: &str) -> Option<f64> {
        match size(&Node::new(Mark::default(), Data::Str(text.to_owned()))) {
            Size::Bytes(bytes) => Some(bytes),
            Size::Unknown => Some(-1.0),
            Size::Wrong => None,
        }
    }

    #[test]
    fn sizes_are_read_as_lvcreate_reads_them() {
        let cases = [
            ("500M", Some(500.0 * MIB)),
            ("500", Some(500.0 * MIB)),
            ("1.5g", Some(1.5 * GIB)),
            ("2048s", Some(MIB)),
            ("{{ size }}", Some(-1.0)),
            ("50%VG", Some(-1.0)),
            ("", None),
            ("1GB", None),
            ("-1G", None),
            ("ten", None),
            ("1e3M", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(bytes(text), wanted, "{text}");
        }
    }

    #[test]
    fn gigabytes_are_never_told_smaller_than_they_are() {
        assert_eq!([gigabytes(GIB), gigabytes(1.21 * GIB), gigabytes(MIB)], ["1", "1.3", "0.1"]);
    }
}
