//! What hurts about machines of a hive project.

use super::{
    Pair,
    entity::is_in,
    hosts::{address, members},
    shown,
    written::{ADDRESSES, HOSTS, Written},
};
use crate::{
    inventory::{Finding, Host, Rule, Value, hive},
    location::Location,
};

/// Every stage that had machines, and is still there.
pub(super) fn findings(machines: &Pair<'_>, written: Written<'_>) -> Vec<Finding> {
    hive::STAGES
        .into_iter()
        .filter_map(|name| Stage::new(machines, written, name))
        .flat_map(|stage| {
            let one = [stage.repository(), stage.swarm_master(), stage.addresses()];
            let two = [stage.managers(), stage.quorum(), stage.internal("hive_internal_cidr")];
            one.into_iter().chain(two).chain([stage.internal("hive_internal_cidr_v6")]).flatten().collect::<Vec<_>>()
        })
        .collect()
}

/// One stage on both sides.
struct Stage<'a> {
    machines: &'a Pair<'a>,
    written: Written<'a>,
    name: &'static str,
    old: Vec<&'a Host>,
    new: Vec<&'a Host>,
}

impl<'a> Stage<'a> {
    fn new(machines: &'a Pair<'a>, written: Written<'a>, name: &'static str) -> Option<Self> {
        let (old, new) = (members(&machines.old, name, "servers"), members(&machines.new, name, "servers"));
        let is_there = !new.is_empty() || written.has_stage(name);
        (!old.is_empty() && is_there).then_some(Self { machines, written, name, old, new })
    }

    fn finding(&self, rule: Rule, location: Option<Location>, subject: &str) -> Finding {
        let finding = Finding { location, ..Finding::nowhere(rule, subject) };
        finding.fact("stage", self.name)
    }

    /// Where one of `keys` is otherwise now, else where the stage is written.
    fn place(&self, keys: &[&str]) -> Option<Location> {
        let stage = || self.new.first().and_then(|host| host.location.clone());
        self.written.changed_key(self.name, keys).or_else(stage)
    }

    fn in_group<'h>(hosts: &[&'h Host], group: &str) -> Vec<&'h Host> {
        hosts.iter().copied().filter(|host| is_in(host, group)).collect()
    }

    /// The names that the members of a group have now; of those that are gone the old ones.
    fn before(&self, group: &str) -> Vec<&str> {
        let old = Self::in_group(&self.old, group);
        old.into_iter().map(|host| self.machines.now(host.name.as_str()).unwrap_or(host.name.as_str())).collect()
    }

    fn after(&self, group: &str) -> Vec<&str> {
        Self::in_group(&self.new, group).into_iter().map(|host| host.name.as_str()).collect()
    }

    /// The single role that `group` is, where it went to another machine.
    fn role(&self, rule: Rule, group: &str) -> Option<Finding> {
        let (old, new) = (self.before(group), self.after(group));
        if old.is_empty() || self.new.is_empty() || old == new {
            return None;
        }
        let finding = self.finding(rule, self.place(&HOSTS), self.name);
        Some(finding.fact("old", old.join(", ")).fact("new", new.join(", ")))
    }

    fn repository(&self) -> Option<Finding> {
        self.role(Rule::RepositoryStays, "repository")
    }

    fn swarm_master(&self) -> Option<Finding> {
        self.role(Rule::SwarmMasterStays, "first_hive")
    }

    /// Two machines that keep their names and change their addresses, or all that there are: more than a correction.
    fn addresses(&self) -> Option<Finding> {
        let common: Vec<(&Host, &Host)> =
            self.new.iter().filter_map(|new| Some((*self.machines.old.get(new.name.as_str())?, *new))).collect();
        let text = |host: &Host| address(host).map(|(text, _)| text);
        let shifted: Vec<String> = common
            .iter()
            .filter_map(|(old, new)| {
                let (from, to) = text(old).zip(text(new))?;
                (from != to).then(|| format!("{} {from} -> {to}", new.name))
            })
            .collect();
        if shifted.is_empty() || (shifted.len() < 2 && shifted.len() < common.len()) {
            return None;
        }
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let finding = self.finding(Rule::AddressesStay, self.place(&ADDRESSES), self.name);
        Some(
            finding
                .fact("shifted", count(shifted.len()))
                .fact("hosts", count(common.len()))
                .fact("list", Value::List(shifted.into_iter().map(Value::from).collect())),
        )
    }

    /// New managers join through one that is there already, and without any there is no swarm.
    fn managers(&self) -> Option<Finding> {
        let (old, new) = (self.before("hives"), self.after("hives"));
        if old.is_empty() || old.iter().any(|host| new.contains(host)) {
            return None;
        }
        let finding = self.finding(Rule::ManagerRemains, self.place(&HOSTS), self.name);
        Some(finding.fact("old", old.join(", ")).fact("new", new.join(", ")))
    }

    /// An even number, too few, or more leaving at once than the swarm survives. Private stages are for trying things out.
    fn quorum(&self) -> Option<Finding> {
        let (old, new) = (self.before("hives"), self.after("hives"));
        let kept = old.iter().filter(|host| new.contains(host)).count();
        let is_sound = new.len() >= 3 && new.len() % 2 == 1;
        let kind = if kept > 0 && kept * 2 <= old.len() {
            "majority"
        } else if self.name != "private" && old.len() != new.len() && !new.is_empty() && !is_sound {
            "number"
        } else {
            return None;
        };
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let finding = self.finding(Rule::QuorumStays, self.place(&HOSTS), self.name).fact("kind", kind);
        let finding = finding.fact("old", count(old.len())).fact("new", count(new.len()));
        Some(finding.fact("leave", count(old.len() - kept)))
    }

    /// Containers' networks keep their range.
    fn internal(&self, variable: &str) -> Option<Finding> {
        let of = |hosts: &[&Host]| {
            hosts.first()?.vars.get(variable).map(|var| (shown::plain(&var.value), var.location.clone()))
        };
        let (old, new) = (of(&self.old), of(&self.new));
        let text = |found: &Option<(String, Option<Location>)>| found.as_ref().map(|(text, _)| text.clone());
        if self.new.is_empty() || text(&old) == text(&new) {
            return None;
        }
        let place = new
            .as_ref()
            .map_or_else(|| self.place(&[variable.trim_start_matches("hive_")]), |(_, location)| location.clone());
        let finding = self.finding(Rule::InternalCidrStays, place, self.name);
        let fact = |found: &Option<(String, Option<Location>)>| text(found).map_or(Value::Null, Value::from);
        let key = variable.trim_start_matches("hive_");
        Some(finding.fact("key", key).fact("old", fact(&old)).fact("new", fact(&new)))
    }
}
