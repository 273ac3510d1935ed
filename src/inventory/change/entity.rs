//! Things of one kind on both sides, matched by name, and where that is another one by what they are.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::{Change, Section, What};
use crate::inventory::{Host, Inventory, hive};

/// Hosts of one kind, by name.
pub(super) type Side<'a> = IndexMap<&'a str, &'a Host>;

/// Both sides.
pub(super) struct Pair<'a> {
    pub(super) old: Side<'a>,
    pub(super) new: Side<'a>,
    /// The old name of what is renamed, by its new one.
    renamed: IndexMap<&'a str, &'a str>,
}

impl<'a> Pair<'a> {
    /// `sign` tells what something is beside its name; nothing where that cannot be told. A rename is one only where
    /// exactly one on each side is like the other.
    pub(super) fn new(old: Side<'a>, new: Side<'a>, sign: &dyn Fn(&Host) -> Option<String>) -> Self {
        let gone = signed(&old, &new, sign);
        let come = signed(&new, &old, sign);
        let mut renamed = IndexMap::new();
        for (signature, names) in come {
            if let ([new], Some([old])) = (names.as_slice(), gone.get(&signature).map(Vec::as_slice)) {
                renamed.insert(*new, *old);
            }
        }
        renamed.sort_unstable_keys();
        Self { old, new, renamed }
    }

    /// What `name` was called before, where it was there.
    pub(super) fn before(&self, name: &str) -> Option<&'a str> {
        let (known, _) = self.old.get_key_value(name).unzip();
        known.copied().or_else(|| self.renamed.get(name).copied())
    }

    /// What `name` is called now, where it is still there.
    pub(super) fn now(&self, name: &str) -> Option<&'a str> {
        let known = self.new.get_key_value(name).map(|(name, _)| *name);
        known.or_else(|| self.renamed.iter().find(|(_, old)| **old == name).map(|(new, _)| *new))
    }

    /// Whether `name` had another one.
    pub(super) fn renamed(&self, name: &str) -> Option<&'a str> {
        self.renamed.get(name).copied()
    }

    /// What is on both sides: its name now, and what it was and is.
    pub(super) fn both(&self) -> impl Iterator<Item = (&'a str, &'a Host, &'a Host)> {
        self.new.iter().filter_map(|(name, new)| Some((*name, *self.old.get(self.before(name)?)?, *new)))
    }

    /// What came, went and was renamed.
    pub(super) fn changes(&self, section: Section) -> Vec<Change> {
        let change = |name: &str, what, old: Option<&Host>, new: Option<&Host>| Change {
            section,
            subjects: vec![name.to_owned()],
            what,
            old: old.and_then(|host| host.location.clone()),
            new: new.and_then(|host| host.location.clone()),
        };
        let gone = self.old.iter().filter(|(name, _)| self.now(name).is_none());
        let gone = gone.map(|(name, host)| change(name, What::Removed, Some(host), None));
        let come = self.new.iter().filter(|(name, _)| self.before(name).is_none());
        let come = come.map(|(name, host)| change(name, What::Added, None, Some(host)));
        let renamed = self.renamed.iter().map(|(new, old)| {
            let what = What::Renamed { from: (*old).to_owned() };
            change(new, what, self.old.get(old).copied(), self.new.get(new).copied())
        });
        gone.chain(come).chain(renamed).collect()
    }
}

/// The names on one side only, by their signatures.
fn signed<'a>(
    side: &Side<'a>,
    other: &Side<'_>,
    sign: &dyn Fn(&Host) -> Option<String>,
) -> HashMap<String, Vec<&'a str>> {
    let mut signed: HashMap<String, Vec<&str>> = HashMap::new();
    for (name, host) in side.iter().filter(|(name, _)| !other.contains_key(*name)) {
        if let Some(signature) = sign(host) {
            signed.entry(signature).or_default().push(name);
        }
    }
    signed
}

/// Whether the host is in a group.
pub(super) fn is_in(host: &Host, group: &str) -> bool {
    host.groups.iter().any(|name| name.as_str() == group)
}

/// The members of any of `groups`.
pub(super) fn of_groups<'a>(inventory: &'a Inventory, groups: &[&str]) -> Side<'a> {
    let members = inventory.hosts.values().filter(|host| groups.iter().any(|group| is_in(host, group)));
    members.map(|host| (host.name.as_str(), host)).collect()
}

/// The stages of hive that the host is in.
pub(super) fn stages(host: &Host) -> impl Iterator<Item = &'static str> + '_ {
    hive::STAGES.into_iter().filter(|stage| is_in(host, stage))
}
