//! Which machines a change touches.

use indexmap::IndexMap;

use super::{
    Change, Field, Pair, Section, Touch, What,
    entity::{is_in, stages},
    services::Sides,
};
use crate::inventory::{Host, HostName};

/// The machines of the new side that any of `changes` touches. Where there is any, so is the mother.
pub(super) fn touched(machines: &Pair<'_>, services: &Sides<'_>, changes: &[Change]) -> IndexMap<HostName, Vec<Touch>> {
    let mut touched: IndexMap<HostName, Vec<Touch>> = IndexMap::new();
    for host in machines.new.values() {
        let mut why = Vec::new();
        for touch in changes.iter().filter_map(|change| touch(change, host, services)) {
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

fn touch(change: &Change, host: &Host, services: &Sides<'_>) -> Option<Touch> {
    let is_subject = change.subjects.iter().any(|name| name == host.name.as_str());
    match (change.section, &change.what) {
        (Section::Hosts | Section::Connections | Section::Variables, _) if !is_subject => None,
        (Section::Hosts | Section::Connections | Section::Variables, what) => match what {
            What::Added => Some(Touch::Added),
            What::Removed => None,
            What::Renamed { from } => Some(Touch::Renamed(from.clone())),
            What::Changed { field: Field::Key(path), .. } => Some(Touch::Variable(path.clone())),
            What::Changed { field, .. } => Some(Touch::Moved(field.clone())),
        },
        (section, _) => change.subjects.iter().find_map(|name| deploys(section, name, host, services)),
    }
}

/// Containers run on any hive of their stages; images lie in the repository, too.
fn deploys(section: Section, name: &str, host: &Host, services: &Sides<'_>) -> Option<Touch> {
    let runs = is_in(host, "hives") || (section == Section::Images && is_in(host, "repository"));
    let sides = services.find(section, name);
    let in_stage = sides.into_iter().flatten().flat_map(stages).any(|stage| is_in(host, stage));
    (runs && in_stage).then(|| Touch::Deploys(name.to_owned()))
}
