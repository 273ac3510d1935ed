//! Two readings of an inventory, told apart: what changed, which hosts that touches, and what of it hurts. Pure; the
//! words of what hurts are those of the checks of the topic `change`.

mod entity;
mod hosts;
mod numbers;
mod rules;
mod secret;
mod services;
mod shown;
mod touched;
mod variables;
mod written;

use indexmap::IndexMap;

use super::{Finding, HostName, Inventory};
use crate::location::Location;

use entity::Pair;
use written::Written;

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Machines: which there are, their addresses and groups.
    Hosts,
    /// How Ansible reaches machines.
    Connections,
    /// Services of a hive project.
    Services,
    /// Images that hive builds.
    Images,
    /// Volumes that hive prepares.
    Volumes,
    /// Networks of services.
    Networks,
    /// Other variables of machines.
    Variables,
}

/// Which side of something changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// Where a machine is.
    Address,
    /// What a machine is in a site: mother, repository, hive, first hive.
    Role,
    /// The other groups of a machine.
    Groups,
    /// The stages in which a service is.
    Stages,
    /// Published ports.
    Ports,
    /// A variable or key, by its path.
    Key(String),
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has another name.
    Renamed {
        /// The name before.
        from: String,
    },
    /// One side of it changed; a text is absent where there was or is nothing. Secrets are masked.
    Changed {
        /// Which side.
        field: Field,
        /// What it was.
        from: Option<String>,
        /// What it is.
        to: Option<String>,
    },
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it is about.
    pub section: Section,
    /// Whose: hosts that a variable changes for alike, else one name.
    pub subjects: Vec<String>,
    /// What happened.
    pub what: What,
    /// Where it was written.
    pub old: Option<Location>,
    /// Where it is written now.
    pub new: Option<Location>,
}

/// Why a change touches a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touch {
    /// The host is new.
    Added,
    /// It had another name.
    Renamed(String),
    /// Its address, role or groups changed.
    Moved(Field),
    /// A variable changed.
    Variable(String),
    /// A service, image, volume or network of its stage changed.
    Deploys(String),
    /// It is the mother, from which every change is applied.
    Applies,
}

/// Everything between two readings of an inventory.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// What changed, by section.
    pub changes: Vec<Change>,
    /// What of it hurts.
    pub findings: Vec<Finding>,
    /// The machines that it touches, and why.
    pub touched: IndexMap<HostName, Vec<Touch>>,
}

/// Compares two readings of an inventory, made with the same vault. `numbers_are_kept` says that hive's persistents are there, so that automatic
/// numbers are the ones in use.
#[must_use]
pub fn compare(old: &Inventory, new: &Inventory, numbers_are_kept: bool) -> Changes {
    let machines = hosts::pair(old, new);
    let services = services::Sides::new(old, new);
    let mut changes = hosts::changes(&machines);
    changes.extend(variables::changes(&machines, old, new));
    changes.extend(services.changes(new));
    changes.sort_by_key(|change| change.section);
    let written = Written { old, new };
    let mut findings = rules::findings(&machines, written);
    findings.extend(numbers::findings(&machines, &services, written, numbers_are_kept));
    findings.extend(secret::findings(old, new));
    let touched = touched::touched(&machines, &services, &changes);
    Changes { changes, findings, touched }
}
