//! Services of a hive project, and their images, volumes and networks.

use std::fmt;

use super::{
    Change, Field, Pair, Section, What,
    entity::{of_groups, stages},
    shown, variables,
};
use crate::inventory::{Host, Inventory, Value};

/// From here on hive gives published ports to those that name none.
pub(super) const FIRST_AUTOMATIC: i64 = 61001;

const VOLUMES: [&str; 3] = ["volumes", "drbd_volumes", "nfs_volumes"];

/// Everything that a hive project deploys, on both sides.
pub(super) struct Sides<'a> {
    pub(super) services: Pair<'a>,
    pub(super) volumes: Pair<'a>,
    images: Pair<'a>,
    networks: Pair<'a>,
    old: &'a Inventory,
}

/// A port of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Port {
    pub(super) published: i64,
    pub(super) target: String,
    pub(super) protocol: String,
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.published, self.target, self.protocol)
    }
}

/// The ports of a service.
pub(super) fn ports(service: &Host) -> Vec<Port> {
    let Some(Value::List(list)) = service.vars.get("hive_ports").map(|var| &var.value) else { return Vec::new() };
    list.iter().filter_map(port).collect()
}

fn port(value: &Value) -> Option<Port> {
    let Value::Map(fields) = value else { return None };
    let Some(Value::Int(published)) = fields.get("published_port") else { return None };
    let text = |name: &str| fields.get(name).map(shown::plain);
    Some(Port { published: *published, target: text("target_port")?, protocol: text("protocol")? })
}

/// What a service is beside its name: what it says itself, without numbers that depend on the name.
fn sign(service: &Host) -> Option<String> {
    let mut words: Vec<String> = ports(service)
        .into_iter()
        .map(|port| match port.published {
            FIRST_AUTOMATIC.. => format!("{}/{}", port.target, port.protocol),
            _ => port.to_string(),
        })
        .collect();
    let own = service.vars.own().filter(|(name, _)| !matches!(name.as_str(), "hive_ports" | "hive_image_name"));
    words.extend(own.map(|(name, var)| format!("{name}={}", shown::plain(&var.value))));
    words.sort();
    (!words.is_empty()).then(|| words.join("\n"))
}

impl<'a> Sides<'a> {
    pub(super) fn new(old: &'a Inventory, new: &'a Inventory) -> Self {
        let pair = |groups: &[&str], sign: &dyn Fn(&Host) -> Option<String>| {
            Pair::new(of_hive(old, groups), of_hive(new, groups), sign)
        };
        let none = |_: &Host| None;
        Self {
            services: pair(&["services"], &sign),
            // A volume with another name is another volume: what lies in it stays behind.
            volumes: pair(&VOLUMES, &none),
            images: pair(&["images"], &sign),
            networks: pair(&["networks"], &none),
            old,
        }
    }

    /// Everything that changed.
    pub(super) fn changes(&self, new: &Inventory) -> Vec<Change> {
        let kinds = [
            (Section::Services, &self.services),
            (Section::Images, &self.images),
            (Section::Volumes, &self.volumes),
            (Section::Networks, &self.networks),
        ];
        kinds.into_iter().flat_map(|(section, pair)| self.of_kind(section, pair, new)).collect()
    }

    fn of_kind(&self, section: Section, pair: &Pair<'_>, new: &Inventory) -> Vec<Change> {
        let mut changes = pair.changes(section);
        for (name, before, after) in pair.both() {
            let texts = |host: &Host| {
                let ports: Vec<String> = ports(host).iter().map(ToString::to_string).collect();
                (!ports.is_empty()).then(|| ports.join(", "))
            };
            let stages = |host: &Host| Some(stages(host).collect::<Vec<_>>().join(", "));
            changes.extend(turned(section, Field::Stages, name, before, after, &stages));
            changes.extend(turned(section, Field::Ports, name, before, after, &texts));
            let (old, new) = ((before, self.old), (after, new));
            changes.extend(variables::own_changes(section, name, old, new, &["hive_ports", "hive_image_name"]));
        }
        changes
    }

    /// The kinds in which `name` may be, for the stages that something is in.
    pub(super) fn find(&self, section: Section, name: &str) -> [Option<&'a Host>; 2] {
        let pair = match section {
            Section::Services => &self.services,
            Section::Images => &self.images,
            Section::Volumes => &self.volumes,
            Section::Networks => &self.networks,
            Section::Hosts | Section::Connections | Section::Variables => return [None, None],
        };
        let old = pair.before(name).unwrap_or(name);
        [pair.old.get(old).copied(), pair.new.get(name).copied()]
    }
}

fn of_hive<'a>(inventory: &'a Inventory, groups: &[&str]) -> super::entity::Side<'a> {
    if inventory.hive.is_some() { of_groups(inventory, groups) } else { super::entity::Side::default() }
}

fn turned(
    section: Section,
    field: Field,
    name: &str,
    old: &Host,
    new: &Host,
    text: &dyn Fn(&Host) -> Option<String>,
) -> Option<Change> {
    let (from, to) = (text(old), text(new));
    let place = |host: &Host| {
        let var = host.vars.get("hive_ports").filter(|_| field == Field::Ports);
        var.and_then(|var| var.location.clone()).or_else(|| host.location.clone())
    };
    let (before, after) = (place(old), place(new));
    (from != to).then(|| Change {
        section,
        subjects: vec![name.to_owned()],
        what: What::Changed { field, from, to },
        old: before,
        new: after,
    })
}
