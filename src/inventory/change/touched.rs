//! Which machines a change touches.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::{
    Change, Field, Pair, Section, Touch, What,
    entity::{is_in, stages},
    services::Sides,
};
use crate::inventory::{Host, HostName};

/// The machines of the new side that any of `changes` touches. Where there is any, so is the mother.
pub(super) fn touched(machines: &Pair<'_>, services: &Sides<'_>, changes: &[Change]) -> IndexMap<HostName, Vec<Touch>> {
    let own = own_touches(changes);
    let mut touched: IndexMap<HostName, Vec<Touch>> = IndexMap::new();
    for host in machines.new.values() {
        let mut why = own.get(host.name.as_str()).cloned().unwrap_or_default();
        for touch in changes.iter().filter_map(|change| deploys(change, host, services)) {
            if !why.contains(&touch) {
                why.push(touch);
            }
        }
        if !changes.is_empty() && is_in(host, "mother") {
            why.push(Touch::Applies);
        }
        if !why.is_empty() {
            touched.insert(host.name.clone(), why);
        }
    }
    touched
}

/// What changed about machines themselves, by their names.
fn own_touches(changes: &[Change]) -> HashMap<&str, Vec<Touch>> {
    let mut touches: HashMap<&str, Vec<Touch>> = HashMap::new();
    for change in changes {
        let Some(touch) = own_touch(change) else { continue };
        for name in &change.subjects {
            let touches = touches.entry(name).or_default();
            if !touches.contains(&touch) {
                touches.push(touch.clone());
            }
        }
    }
    touches
}

fn own_touch(change: &Change) -> Option<Touch> {
    match (change.section, &change.what) {
        (Section::Services | Section::Images | Section::Volumes | Section::Networks, _) | (_, What::Removed) => None,
        (_, What::Added) => Some(Touch::Added),
        (_, What::Renamed { from }) => Some(Touch::Renamed(from.clone())),
        (_, What::Changed { field: Field::Key(path), .. }) => Some(Touch::Variable(path.clone())),
        (_, What::Changed { field, .. }) => Some(Touch::Moved(field.clone())),
    }
}

/// Containers run on any hive of their stages; images lie in the repository, too.
fn deploys(change: &Change, host: &Host, services: &Sides<'_>) -> Option<Touch> {
    let runs = is_in(host, "hives") || (change.section == Section::Images && is_in(host, "repository"));
    let in_stage = |name: &String| {
        let sides = services.find(change.section, name);
        sides.into_iter().flatten().flat_map(stages).any(|stage| is_in(host, stage))
    };
    change.subjects.iter().find(|name| runs && in_stage(name)).map(|name| Touch::Deploys(name.clone()))
}
