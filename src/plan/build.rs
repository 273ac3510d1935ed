//! Joins hosts and checks.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    Fleet, Globals, HostScope, ManualTask, Plan, PlanError, PlanOptions, Reach, ReachError, Target, Wanted,
    planner::{Chosen, Planner},
};
use crate::{
    catalog::{Catalog, Check},
    inventory::{Host, HostName},
    jinja::Jinja,
    probe::Becoming,
};

/// Makes the plan. `reach` joins what the inventory wants with `ssh_config` and options.
///
/// # Errors
/// [`PlanError::NothingSelected`] where the limit means no host.
pub fn build(
    jinja: &Arc<Jinja>,
    fleet: &Arc<Fleet>,
    catalog: &Catalog,
    checks: &[Arc<Check>],
    options: &PlanOptions,
    reach: &dyn Fn(&Wanted) -> Result<Reach, ReachError>,
) -> Result<Plan, PlanError> {
    let mut wanted = selected(fleet, options)?;
    wanted.retain(|host| options.only.as_ref().is_none_or(|only| only.contains(host)));
    let globals = Globals::new(Arc::clone(jinja), Arc::clone(fleet), options.phase, &options.ssh_config_hosts);
    let globals = globals.with_playbook_dir(options.playbook_dir.as_deref()).with_variables(&options.variables);
    let globals = globals.with_scripts(options.scripts);
    let globals = Arc::new(globals);
    if options.via_mother && !wanted.contains(&fleet.mother) {
        // The way to the others leads over it, also where it is not asked itself.
        let mother = fleet.inventory.hosts.get(&fleet.mother);
        let scope = mother.map(|host| Arc::new(HostScope::new(Arc::clone(&globals), host.clone())));
        let _ = scope.map(|scope| Wanted::of(&scope).and_then(|wanted| reach(&wanted)));
    }
    let chosen: Vec<Chosen> = checks
        .iter()
        .map(|check| Chosen {
            check: Arc::clone(check),
            faq: check.faq.as_ref().and_then(|id| catalog.faq.get(id)).map(Arc::clone),
            hosts: fleet.select(&check.hosts),
        })
        .collect();
    let mut targets: Vec<Target> = ordered(fleet)
        .filter(|host| wanted.contains(&host.name))
        .map(|host| target(&globals, host, &chosen, options, reach))
        .collect();
    let manual = targets.iter().flat_map(manual).collect();
    for target in &mut targets {
        target.tasks.retain(|task| options.has_signatures || !task.is_manual());
    }
    targets.retain(|target| !target.tasks.is_empty());
    Ok(Plan { globals, targets, manual, phase: options.phase })
}

fn manual(target: &Target) -> impl Iterator<Item = ManualTask> {
    let tasks = target.tasks.iter().filter(|task| task.is_manual());
    tasks.map(|task| ManualTask { scope: Arc::clone(&target.scope), task: task.clone() })
}

fn selected(fleet: &Fleet, options: &PlanOptions) -> Result<BTreeSet<HostName>, PlanError> {
    let Some(limit) = &options.limit else {
        return Ok(fleet.inventory.hosts.keys().cloned().collect());
    };
    let chosen = fleet.select(limit);
    if chosen.is_empty() {
        return Err(PlanError::NothingSelected { pattern: limit.to_string(), hosts: fleet.members("all").len() });
    }
    Ok(chosen)
}

/// All hosts, the mothers first: what others need is known early.
fn ordered(fleet: &Fleet) -> impl Iterator<Item = &Host> {
    let mothers = fleet.members("mother");
    let (first, rest): (Vec<&Host>, Vec<&Host>) =
        fleet.inventory.hosts.values().partition(|host| mothers.contains(&host.name));
    first.into_iter().chain(rest)
}

fn target(
    globals: &Arc<Globals>,
    host: &Host,
    chosen: &[Chosen],
    options: &PlanOptions,
    reach: &dyn Fn(&Wanted) -> Result<Reach, ReachError>,
) -> Target {
    let scope = Arc::new(HostScope::new(Arc::clone(globals), host.clone()));
    let wanted = Wanted::of(&scope);
    let becoming = Arc::new(becoming(wanted.as_ref().ok(), options));
    let reach = wanted.and_then(|wanted| reach(&wanted));
    let mut target = Target { scope, reach, becoming, tasks: Vec::new() };
    let connection = target.connection();
    let chosen = chosen.iter().filter(|chosen| chosen.hosts.contains(&host.name));
    let planner = |chosen| Planner { scope: &target.scope, chosen, connection: &connection, options };
    target.tasks = chosen.flat_map(|chosen| planner(chosen).tasks()).collect();
    target
}

/// What the inventory says, with the password that was asked for where it gives none.
fn becoming(wanted: Option<&Wanted>, options: &PlanOptions) -> Becoming {
    let mut becoming = wanted.map(|wanted| wanted.becoming.clone()).unwrap_or_default();
    becoming.password = becoming.password.or_else(|| options.become_password.clone());
    becoming
}
