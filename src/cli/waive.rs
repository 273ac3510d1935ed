//! What the project lives with: waivers from a file, and what is wrong with them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use minijinja::Value;

use super::{report, run::Refused, ui::Ui};
use crate::{
    catalog::{Catalog, Check},
    judge::{Answers, Judge, Outcome, Verdict},
    plan::{Fleet, Plan},
    policy::{Known, Policy, Waivers},
    report::Report,
};

/// The file of waivers that is read without being named.
const FILE: &str = "preflight-waivers.yml";

/// The policy of a run, and whether there are waivers in it.
pub(super) fn policy(
    named: Option<&Path>,
    baseline: Option<&Path>,
    catalog: &Catalog,
    fleet: &Fleet,
    stage: Option<&str>,
    ui: Ui,
) -> Result<(Policy, bool), Refused> {
    let mut policy = Policy::default();
    if let Some(file) = baseline {
        policy.set_known(known(&report::read(file).map_err(|error| ui.error(&error))?.report));
    }
    let Some(file) = named.map(Path::to_owned).or_else(|| found(fleet)) else { return Ok((policy, false)) };
    let waivers = if named.is_some() { Waivers::load(&file, catalog) } else { Waivers::load_found(&file, catalog) };
    let waivers = waivers.map_err(|errors| ui.problems(&errors))?;
    let today = waivers.today(jiff::Timestamp::now());
    policy.set_waivers(&waivers, catalog, stage, today, &|pattern| fleet.select(pattern));
    Ok((policy, true))
}

/// What failed in an earlier run, waived or not.
fn known(report: &Report) -> Known {
    let failed = report.verdicts.iter().filter(|verdict| matches!(verdict.outcome, Outcome::Fail | Outcome::Waived));
    let findings = failed.map(|verdict| (verdict.check.clone(), verdict.host.clone(), verdict.item.clone())).collect();
    Known { since: report.started.clone(), findings }
}

/// In the hive project, else in the current directory.
fn found(fleet: &Fleet) -> Option<PathBuf> {
    let root = fleet.inventory.hive.as_ref().map_or(Path::new(""), |site| &site.root);
    let file = root.strip_prefix(".").unwrap_or(root).join(FILE);
    file.exists().then_some(file)
}

/// The verdicts about waivers that nothing needed.
pub(super) fn idle(plan: &Plan, check: Option<&Arc<Check>>, policy: &Policy) -> Vec<Verdict> {
    let (Some(check), Some(scope)) = (check, plan.mother()) else { return Vec::new() };
    let judge = Judge { scope: &scope, connection: Value::from(()), user: String::new(), becoming: Arc::default() };
    let tasks = plan.afterwards(check, policy.unused());
    tasks.iter().map(|task| judge.decide(task, &Answers::new())).collect()
}
