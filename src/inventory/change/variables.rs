//! Variables of machines, the same change of many hosts told once.

use indexmap::IndexMap;

use super::{Change, Field, Pair, Section, What, hosts::ADDRESS, shown};
use crate::{
    inventory::{Host, Inventory, Var},
    location::Location,
};

/// What makes two changes of a variable one.
#[derive(PartialEq, Eq, Hash)]
struct Same {
    path: String,
    from: Option<String>,
    to: Option<String>,
    old: Option<Location>,
    new: Option<Location>,
}

/// What changed in the variables of machines that are on both sides, and on which of them.
pub(super) fn changes(machines: &Pair<'_>, old: &Inventory, new: &Inventory) -> Vec<Change> {
    let mut found: IndexMap<Same, Vec<String>> = IndexMap::new();
    for (name, before, after) in machines.both() {
        for same in of_host((before, old), (after, new)) {
            found.entry(same).or_default().push(name.to_owned());
        }
    }
    found.into_iter().map(|(same, hosts)| change(same, hosts)).collect()
}

fn change(same: Same, hosts: Vec<String>) -> Change {
    let section = if same.path.starts_with("ansible_") { Section::Connections } else { Section::Variables };
    let what = What::Changed { field: Field::Key(same.path), from: same.from, to: same.to };
    Change { section, subjects: hosts, what, old: same.old, new: same.new }
}

fn of_host(old: (&Host, &Inventory), new: (&Host, &Inventory)) -> Vec<Same> {
    let (before, after) = (&old.0.vars, &new.0.vars);
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(name)));
    names
        .filter(|name| !ADDRESS.contains(&name.as_str()))
        .flat_map(|name| of_variable(name, (before.get(name), old.1), (after.get(name), new.1)))
        .collect()
}

/// Each difference inside of one variable.
fn of_variable(name: &str, old: (Option<&Var>, &Inventory), new: (Option<&Var>, &Inventory)) -> Vec<Same> {
    if old.0.zip(new.0).is_some_and(|(a, b)| a.value == b.value) {
        return Vec::new();
    }
    let place = |var: Option<&Var>| var.and_then(|var| var.location.clone());
    let differences =
        shown::differences(name, (old.0.map(|var| &var.value), old.1), (new.0.map(|var| &var.value), new.1));
    let same = |difference: shown::Difference<'_>| {
        let shown::Difference { path, old: from, new: to } = difference;
        Same {
            from: from.map(|value| shown::told(&path, value, &old.1.vault)),
            to: to.map(|value| shown::told(&path, value, &new.1.vault)),
            old: place(old.0),
            new: place(new.0),
            path,
        }
    };
    differences.into_iter().map(same).collect()
}

/// The changes of what only one thing of both sides says itself, not its groups.
pub(super) fn own_changes(
    section: Section,
    name: &str,
    old: (&Host, &Inventory),
    new: (&Host, &Inventory),
    without: &[&str],
) -> Vec<Change> {
    let own = |host: &'_ Host| host.vars.own().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let (before, after) = (own(old.0), own(new.0));
    let names = before.iter().chain(after.iter().filter(|name| !before.contains(name)));
    names
        .filter(|name| !without.contains(&name.as_str()))
        .flat_map(|name| of_variable(name, (old.0.vars.get(name), old.1), (new.0.vars.get(name), new.1)))
        .map(|same| Change { section, ..change(same, vec![name.to_owned()]) })
        .collect()
}
