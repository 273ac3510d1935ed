//! A service's volumes: what is mounted, and what has to be prepared, which is a host of its own.

use indexmap::IndexMap;

use super::{
    Data, Expected, HiveFault, Mapping, Mark, Node, Numbered, Place, Value,
    context::Numbers,
    services::{Service, exact},
    value,
};
use crate::inventory::tree::named;

/// Keys of a mount.
const MOUNT_KEYS: [&str; 4] = ["target", "type", "source", "readonly"];

/// Keys of what has to be prepared.
const PREPARED_KEYS: [&str; 4] = ["driver", "driver_opts", "drbd", "nfs"];

/// The devices that drbd may have.
const DEVICES: std::ops::Range<i64> = 1..256;

fn map(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// A mount that standalone containers have.
pub(super) fn tmpfs(target: &str) -> Value {
    let text = |text: &str| Value::String(text.to_owned());
    map([("source", text("")), ("target", text(target)), ("type", text("tmpfs"))])
}

/// Reads one volume, prepares what it needs, and gives the mount; nothing where there is a problem.
pub(super) fn read(service: &mut Service<'_, '_>, node: &Node, devices: &mut Numbers) -> Option<Value> {
    let options = match exact(node) {
        Data::Map(options) => options,
        Data::Str(text) => {
            service.file.fail(node.mark, HiveFault::ShortVolume(text.clone()));
            return None;
        }
        _ => {
            service.file.wrong_type("volumes", node, &service.place, Expected::YamlMappings);
            return None;
        }
    };
    let place = Place::Volume(service.name.clone());
    let source = service.file.required(options, "source", node.mark, &place);
    let target = service.file.required(options, "target", node.mark, &place);
    let (source, _) = source.zip(target)?;
    for (one, other) in [("driver", "nfs"), ("nfs", "drbd"), ("driver", "drbd")] {
        if value(options, one).is_some() && value(options, other).is_some() {
            service.file.fail(node.mark, HiveFault::VolumeKinds(one, other));
            return None;
        }
    }
    prepare(service, options, source, &place, devices)?;
    mount(service, options, &place)
}

fn mount(service: &mut Service<'_, '_>, options: &Mapping, place: &Place) -> Option<Value> {
    let mut mount = IndexMap::new();
    let mut known = true;
    for (key, entry) in options {
        match key.as_str() {
            Some(key) if MOUNT_KEYS.contains(&key) => {
                mount.insert(key.to_owned(), entry.node.clone().into_value());
            }
            Some(key) if PREPARED_KEYS.contains(&key) => {}
            _ => {
                known = false;
                let fault = HiveFault::unknown_key(key.shown(), place, MOUNT_KEYS.into_iter().chain(PREPARED_KEYS));
                service.file.fail(entry.key_mark, fault);
            }
        }
    }
    known.then_some(Value::Map(mount))
}

/// Adds the host of a volume with a driver, on nfs or on drbd; nothing where there is a problem.
fn prepare(
    service: &mut Service<'_, '_>,
    options: &Mapping,
    source: &Node,
    place: &Place,
    devices: &mut Numbers,
) -> Option<()> {
    let kinds = ["nfs", "driver", "drbd"];
    let Some((kind, node)) = kinds.into_iter().find_map(|kind| value(options, kind).map(|node| (kind, node))) else {
        return Some(());
    };
    let Some(name) = source.as_str() else {
        service.file.wrong_type("source", source, place, Expected::Text);
        return None;
    };
    let title = ("name", Value::String(name.to_owned()));
    if kind == "driver" {
        let driver = ("driver", node.clone().into_value());
        let more = value(options, "driver_opts").map(|node| ("driver_options", node.clone().into_value()));
        let stages = service.stages.clone();
        add(service, name, map([title, driver].into_iter().chain(more)), "volumes", &stages, source.mark);
        return Some(());
    }
    let Data::Map(inner) = &node.data else {
        service.file.wrong_type(kind, node, place, Expected::Mapping);
        return None;
    };
    let mut inner_value = node.clone().into_value();
    if kind == "drbd" {
        let device = device(service, inner, name, source.mark, devices)?;
        if let Value::Map(inner) = &mut inner_value {
            inner.insert("device_id".to_owned(), device);
        }
    }
    let stages = match value(inner, "available_on") {
        Some(node) => own_stages(service, node, place)?,
        None => service.stages.clone(),
    };
    let group = if kind == "drbd" { "drbd_volumes" } else { "nfs_volumes" };
    add(service, name, map([title, (kind, inner_value)]), group, &stages, source.mark);
    Some(())
}

/// The groups that a volume names itself: any that exist already, not only stages.
fn own_stages(service: &mut Service<'_, '_>, node: &Node, place: &Place) -> Option<Vec<String>> {
    let names: Option<Vec<String>> = match &node.data {
        Data::List(list) => list.iter().map(|node| node.as_str().map(str::to_owned)).collect(),
        Data::Map(map) => map.keys().map(|key| key.as_str().map(str::to_owned)).collect(),
        Data::Str(text) => Some(text.chars().map(String::from).collect()),
        _ => None,
    };
    if names.is_none() {
        service.file.wrong_type("available_on", node, place, Expected::Stages);
    }
    names
}

fn add(service: &mut Service<'_, '_>, name: &str, volume: Value, group: &str, stages: &[String], mark: Mark) {
    let host = format!("volume_{name}");
    for group in std::iter::once(group).chain(stages.iter().map(String::as_str)) {
        service.file.host(&host, group, mark);
    }
    service.file.set(&host, "hive_volume", volume, mark);
}

/// The volume's device: its own, else the one that it had before, else the first free one.
fn device(
    service: &mut Service<'_, '_>,
    drbd: &Mapping,
    name: &str,
    mark: Mark,
    devices: &mut Numbers,
) -> Option<Value> {
    let taken = |devices: &Numbers, id: &Value| devices.values().any(|known| super::same(known, id));
    let id = if let Some(entry) = drbd.get(&named("device_id")) {
        let id = entry.node.clone().into_value();
        let own = devices.get(name).is_some_and(|known| super::same(known, &id));
        if !own && taken(devices, &id) {
            let fault = HiveFault::DeviceId { id: super::shown(&entry.node), volume: name.to_owned() };
            service.file.fail(entry.key_mark, fault);
            return None;
        }
        id
    } else {
        let free = || DEVICES.map(Value::Int).find(|id| !taken(devices, id));
        let Some(id) = devices.get(name).cloned().or_else(free) else {
            service.file.fail(mark, HiveFault::NoFreeNumber(Numbered::Device));
            return None;
        };
        id
    };
    devices.insert(name.to_owned(), id.clone());
    Some(id)
}
