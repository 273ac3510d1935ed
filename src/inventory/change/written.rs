//! Where in `hive.yml` and the services' files a change was written: the key that is otherwise now.

use crate::{
    inventory::{
        Inventory,
        audit::Stage,
        tree::{Data, Entry, Mark, Node, named},
    },
    location::Location,
};

/// Where the hosts of a stage are decided.
pub(super) const HOSTS: [&str; 4] = ["number_of_hosts", "ip_address_list", "separate_repository", "custom_hostname"];

/// Where their addresses are decided.
pub(super) const ADDRESSES: [&str; 5] =
    ["cidr", "subnets", "ip_address_list", "number_of_hosts", "separate_repository"];

/// Both sides as they are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written<'a> {
    pub(super) old: &'a Inventory,
    pub(super) new: &'a Inventory,
}

impl<'a> Written<'a> {
    fn stage(inventory: &'a Inventory, name: &str) -> Option<Stage<'a>> {
        inventory.definitions.stages().find(|stage| stage.name == name)
    }

    /// Whether the stage is still there, if only without hosts.
    pub(super) fn has_stage(&self, name: &str) -> bool {
        Self::stage(self.new, name).is_some()
    }

    /// The first of `keys` of a stage that is otherwise now, or the value inside it that is; the stage itself where one of
    /// them is gone.
    pub(super) fn changed_key(&self, stage: &str, keys: &[&str]) -> Option<Location> {
        let (old, new) = (Self::stage(self.old, stage)?, Self::stage(self.new, stage)?);
        let mark = keys.iter().find_map(|key| match (old.entry(key), new.entry(key)) {
            (Some(before), Some(after)) => difference(before, after),
            (None, Some(after)) => Some(after.key_mark),
            (Some(_), None) => Some(new.mark),
            (None, None) => None,
        })?;
        Some(new.source.location(mark))
    }

    /// Where the size of a volume is written now.
    pub(super) fn volume_size(&self, volume: &str) -> Option<Location> {
        self.new.definitions.services().find_map(|service| {
            let drbd = service.drbd_volumes().find(|drbd| drbd.name == volume)?;
            Some(service.source.location(drbd.drbd.get(&named("size"))?.key_mark))
        })
    }
}

/// Where two values begin to differ: at the key, or deeper where both are lists or mappings of the same form.
fn difference(old: &Entry, new: &Entry) -> Option<Mark> {
    inside(&old.node, &new.node, new.key_mark)
}

/// The same for values that stand at `mark`; absent where both say the same.
fn inside(old: &Node, new: &Node, mark: Mark) -> Option<Mark> {
    match (&old.data, &new.data) {
        (Data::List(before), Data::List(after)) if before.len() == after.len() => {
            before.iter().zip(after).find_map(|(old, new)| inside(old, new, new.mark))
        }
        (Data::Map(before), Data::Map(after)) if before.keys().eq(after.keys()) => {
            before.values().zip(after.values()).find_map(|(old, new)| difference(old, new))
        }
        (Data::List(_), Data::List(_)) | (Data::Map(_), Data::Map(_)) => Some(mark),
        _ => (old.clone().into_value() != new.clone().into_value()).then_some(mark),
    }
}
