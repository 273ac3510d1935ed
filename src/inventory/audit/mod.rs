//! Judges the inventory itself, without any connection: what hive-builder or Ansible would stumble over, or do otherwise
//! than was meant. Every finding belongs to a [`Rule`]; the checks of the topic `inventory` give the rules their words.

mod definition;
mod finding;
mod hosts;
mod rule;
mod stages;
mod told;

use std::path::PathBuf;

pub use finding::Finding;
pub use rule::Rule;

pub(super) use definition::{Definition, Definitions};

use super::{
    HostName, Inventory,
    error::{Problem, Reason, Warning},
    structure::StructureFault,
};

/// What was found in an inventory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Audit {
    /// The inventory is a hive-builder project's.
    pub hive: bool,
    findings: Vec<Finding>,
    /// Files that cannot be read or are no YAML, so that most rules have nothing to judge.
    unread: Vec<PathBuf>,
}

impl Audit {
    /// What `rule` found on `host`. What belongs to no host belongs to the mother.
    pub fn of<'a>(&'a self, rule: Rule, host: &'a HostName, is_mother: bool) -> impl Iterator<Item = &'a Finding> {
        let here = move |finding: &&Finding| finding.host.as_ref().map_or(is_mother, |found| found == host);
        self.findings.iter().filter(move |finding| finding.rule == rule).filter(here)
    }

    /// Adds what was found elsewhere.
    pub fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.findings.extend(findings);
    }

    /// Everything that was found.
    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    /// The file that keeps `rule` from being judged, where there is one.
    #[must_use]
    pub fn unread(&self, rule: Rule) -> Option<&PathBuf> {
        self.unread.first().filter(|_| rule.needs_definition())
    }

    /// Judges a whole inventory; `inventory` is absent where a problem kept it from being merged.
    pub(super) fn new(
        definitions: &Definitions,
        problems: &[Problem],
        warnings: &[Warning],
        inventory: Option<&Inventory>,
    ) -> Self {
        let mut findings = told::of_problems(definitions, problems);
        findings.extend(told::of_warnings(warnings));
        findings.extend(stages::findings(definitions));
        findings.extend(inventory.map(hosts::findings).unwrap_or_default());
        let lost = |problem: &&Problem| {
            let sealed = |fault: &StructureFault| matches!(fault, StructureFault::Vaulted | StructureFault::Encrypted);
            match &*problem.reason {
                Reason::Yaml(_) | Reason::Source(_) | Reason::Vault(_) | Reason::Engine(_) => true,
                Reason::Structure(fault) => sealed(fault),
                Reason::Ini(_) | Reason::Hive(_) => false,
            }
        };
        let unread = problems.iter().filter(lost).map(|problem| problem.source.to_path_buf()).collect();
        Self { hive: definitions.project, findings, unread }
    }
}
