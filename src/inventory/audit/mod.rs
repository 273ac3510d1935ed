//! Judges the inventory itself, without any connection: what hive-builder or Ansible would stumble over, or do otherwise
//! than was meant. Every finding belongs to a [`Rule`]; the checks of the topic `inventory` give the rules their words.

mod addresses;
mod definition;
mod finding;
mod first_hive;
mod hosts;
mod networks;
mod passwords;
mod persistents;
mod ports;
mod provider;
mod registry;
mod release;
mod rule;
mod services;
mod stages;
mod told;
mod vars;
mod volumes;

use std::path::PathBuf;

pub use finding::Finding;
pub use rule::Rule;

pub(super) use definition::{Definition, Definitions, Stage};

use super::{
    HostName, Inventory,
    error::{Problem, Reason, Warning},
    merge::Bases,
    structure::{Builder, StructureFault},
};

/// What the sources became, where no problem kept them from being merged.
#[derive(Clone, Copy)]
pub(super) struct Merged<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) builder: &'a Builder,
    pub(super) bases: &'a Bases,
    /// The sources as they were named.
    pub(super) sources: &'a [String],
}

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

    /// Judges a whole inventory; `merged` is absent where a problem kept it from being merged.
    pub(super) fn new(
        definitions: &Definitions,
        problems: &[Problem],
        warnings: &[Warning],
        merged: Option<Merged<'_>>,
    ) -> Self {
        let mut findings = told::of_problems(definitions, problems);
        findings.extend(told::of_warnings(warnings));
        findings.extend(of_definitions(definitions, merged.map(|merged| merged.inventory)));
        findings.extend(merged.map(|merged| of_merged(definitions, merged)).unwrap_or_default());
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

/// What can be said of the files as they are written, in whole or not.
fn of_definitions(definitions: &Definitions, inventory: Option<&Inventory>) -> Vec<Finding> {
    let rules = [stages::findings, addresses::findings, first_hive::findings, provider::findings, networks::findings];
    let mut findings: Vec<Finding> = rules.into_iter().flat_map(|rule| rule(definitions)).collect();
    findings.extend(ports::findings(definitions));
    findings.extend(services::findings(definitions));
    findings.extend(volumes::findings(definitions, inventory));
    findings.extend(persistents::findings(definitions));
    findings.extend(passwords::findings(definitions, inventory));
    findings
}

/// What can be said only of the whole.
fn of_merged(definitions: &Definitions, merged: Merged<'_>) -> Vec<Finding> {
    let mut findings = hosts::findings(merged.inventory, merged.builder);
    findings.extend(vars::findings(merged.builder, merged.bases, merged.sources));
    findings.extend(registry::findings(definitions, merged.inventory));
    findings.extend(release::findings(definitions, merged.inventory));
    findings
}

/// What hive itself, or nobody, would say of a hive project and that is no problem of one file: the same as the rules find.
pub(super) fn warnings(definitions: &Definitions) -> Vec<Warning> {
    let found = first_hive::findings(definitions).into_iter().chain(ports::findings(definitions));
    found.filter_map(told::as_warning).collect()
}
