//! What a plan is, and what it is made for.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use minijinja::value::{Serde, Value};

use super::{Globals, HostScope, ManualTask, Preset, Reach, ReachError, Task};
use crate::{
    catalog::{Check, Phase},
    inventory::{Audit, Finding, HostName, Pattern},
    probe::Becoming,
    secret::Secret,
    transport::Endpoint,
    trust::Scripts,
};

/// What a run is about, beside inventory and catalogue.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct PlanOptions {
    /// Only hosts that this pattern means.
    pub limit: Option<Pattern>,
    /// The phase of `--before`.
    pub phase: Option<Phase>,
    /// Run checks whose effect is `active`, too.
    pub allow_active: bool,
    /// The `Host` names of hive's own `ssh_config`.
    pub ssh_config_hosts: Vec<String>,
    /// What was found in the inventory itself.
    pub audit: Audit,
    /// There are waivers to judge.
    pub has_waivers: bool,
    /// There are signatures to judge, so that manual items are judged like other checks.
    pub has_signatures: bool,
    /// The inventory was compared with an earlier one.
    pub has_changes: bool,
    /// Only these hosts, whatever the limit means; none of them is nothing to do.
    pub only: Option<BTreeSet<HostName>>,
    /// Values that checks see before their own variables: the project's thresholds.
    pub variables: BTreeMap<String, serde_json::Value>,
    /// What variables see as `playbook_dir`; absent = they do not see it.
    pub playbook_dir: Option<PathBuf>,
    /// Whether code of the project may run: where not, templates get nothing of the environment.
    pub scripts: Scripts,
    /// For becoming another user on hosts to which the inventory gives no password.
    pub become_password: Option<Secret>,
    /// The others are reached over the mother.
    pub via_mother: bool,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The limit means no host.
    #[error("the host pattern `{pattern}` means none of the {hosts} hosts of this inventory")]
    NothingSelected {
        /// The pattern.
        pattern: String,
        /// How many hosts there are.
        hosts: usize,
    },
}

/// Everything that a run will do.
#[derive(Debug)]
pub struct Plan {
    /// What all hosts see alike.
    pub globals: Arc<Globals>,
    /// The hosts that have something to check, in the inventory's order, the mother first.
    pub targets: Vec<Target>,
    /// What a person has to verify, on the hosts where it applies; with signatures it stands in the targets, too.
    pub manual: Vec<ManualTask>,
    /// The phase of `--before`.
    pub phase: Option<Phase>,
}

impl Drop for Plan {
    fn drop(&mut self) {
        self.globals.forget();
    }
}

/// One host and what is asked of it.
#[derive(Debug)]
pub struct Target {
    /// What the host's expressions see.
    pub scope: Arc<HostScope>,
    /// Where it is.
    pub reach: Result<Reach, ReachError>,
    /// How questions with `become` are asked.
    pub becoming: Arc<Becoming>,
    /// The checks.
    pub tasks: Vec<Task>,
}

impl Target {
    /// The host's name.
    #[must_use]
    pub fn name(&self) -> &HostName {
        &self.scope.host().name
    }

    /// Where it is looked for: `user@address:port`, `local`, or nothing where that is not known.
    #[must_use]
    pub fn address(&self) -> String {
        match &self.reach {
            Ok(Reach::At(endpoint)) => endpoint.address(),
            Ok(Reach::NotYet(_)) | Err(_) => String::new(),
        }
    }

    /// `connection` as far as it is known before connecting.
    #[must_use]
    pub fn connection(&self) -> Value {
        match &self.reach {
            Ok(Reach::At(Endpoint::Container(container))) => {
                minijinja::context! { kind => container.program, address => container.container.as_str() }
            }
            Ok(Reach::At(endpoint)) => match endpoint.ssh() {
                None => minijinja::context! { kind => "local" },
                Some(ssh) => {
                    minijinja::context! { kind => "ssh", address => ssh.host.as_str(), port => ssh.port, user => ssh.user.as_str() }
                }
            },
            // Not to be had now; it would be SSH.
            Ok(Reach::NotYet(_)) | Err(_) => minijinja::context! { kind => "ssh" },
        }
    }
}

impl Plan {
    /// The tasks of `check` on the mother for findings that came in after the plan was made; none: all is well.
    #[must_use]
    pub fn afterwards(&self, check: &Arc<Check>, findings: Vec<Finding>) -> Vec<Task> {
        let task = |item, preset| Task {
            check: Arc::clone(check),
            faq: None,
            item,
            questions: Vec::new(),
            preset: Some(preset),
        };
        if findings.is_empty() {
            return vec![task(None, Preset::Sound)];
        }
        findings.into_iter().map(|finding| task(Some(item(&finding)), Preset::Found(Arc::new(finding)))).collect()
    }

    /// What the mother's expressions see.
    #[must_use]
    pub fn mother(&self) -> Option<Arc<HostScope>> {
        let fleet = &self.globals.fleet;
        let host = fleet.inventory.hosts.get(&fleet.mother)?.clone();
        Some(Arc::new(HostScope::new(Arc::clone(&self.globals), host)))
    }

    /// Whether servers that are not built yet stand in the way: every phase but the first works on them.
    #[must_use]
    pub fn needs_servers(&self) -> bool {
        self.phase.is_some_and(|phase| phase > Phase::BuildInfra)
    }

    /// How many verdicts will come.
    #[must_use]
    pub fn verdicts(&self) -> usize {
        self.targets.iter().map(|target| target.tasks.len()).sum()
    }
}

/// A finding as the item that a check's messages see.
pub(super) fn item(finding: &Finding) -> (Value, String) {
    (Value::from(Serde(&finding.facts)), finding.subject.clone())
}
