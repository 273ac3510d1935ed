//! `hive-preflight diff`: what a change of the inventory does, and what of it hurts. Connects to nobody.

mod git;
mod sides;
mod since;
mod words;

use std::{path::Path, process::ExitCode, sync::Arc, time::Duration};

use super::{
    args::{DiffArgs, FailOn, SelectionArgs},
    config::Config,
    deliver::{self, Delivery},
    exit, github,
    inventory::scripts,
    run::Refused,
    ui::Ui,
    waive,
};
use crate::{
    catalog::{Catalog, Check},
    engine::{self, Settings},
    event::Event,
    inventory::{Changes, Inventory, Loaded, Section},
    jinja::Jinja,
    plan::{self, Fleet, Plan, PlanOptions, Reach},
    policy::Policy,
    report::{self, Collector, Differences, Output, Report, terminal::Detail},
    transport::{Credentials, Endpoint, LocalEndpoint},
};

pub(super) use since::{Touched, touched};

pub(super) use words::changes;

use sides::Earlier;

/// Runs the subcommand.
pub(super) fn run(args: &DiffArgs, config: &Config, ui: Ui) -> ExitCode {
    match judge(args, config, ui) {
        Ok(told) => told.deliver(args, ui),
        Err(Refused) => exit::of_refusal(&args.telling.format),
    }
}

/// No check of the topic `change` is left.
#[derive(Debug, thiserror::Error)]
#[error("none of these checks is about changes; `hive-preflight list --tags change` shows those that are")]
struct NoRule;

/// What is told.
struct Told {
    report: Report,
    catalog: Catalog,
    outputs: Vec<Output>,
}

fn judge(args: &DiffArgs, config: &Config, ui: Ui) -> Result<Told, Refused> {
    let otherwise = github::on_stdout(|name| std::env::var(name).ok());
    let outputs = report::outputs(&args.telling.format, otherwise).map_err(|error| ui.error(&error))?;
    let catalog = Catalog::load(&args.catalog.checks).map_err(|errors| ui.problems(&errors))?;
    let checks = checks(args, &catalog, ui)?;
    let (earlier, later) = both(args, ui)?;
    let Loaded { inventory, mut audit, .. } = later;
    let mut changes = earlier.compare(&inventory);
    if let Some(hosts) = sides::limit(&args.source, &earlier.inventory, &inventory, ui)? {
        keep(&mut changes, &hosts);
    }
    audit.extend(changes.findings.drain(..));
    let mut policy = policy(args, config, &catalog, &inventory, ui)?;
    let options = PlanOptions {
        audit,
        has_changes: true,
        variables: config.variables.clone(),
        scripts: scripts(&args.source),
        ..PlanOptions::default()
    };
    let plan = plan(&inventory, &catalog, &checks, &options).map_err(|error| ui.error(&error))?;
    let frame = Report { differences: Some(differences(args, &earlier, changes)), ..frame(args, &earlier, &inventory) };
    let report = execute(&plan, frame, &mut policy, ui);
    Ok(Told { report, catalog, outputs })
}

fn checks(args: &DiffArgs, catalog: &Catalog, ui: Ui) -> Result<Vec<Arc<Check>>, Refused> {
    let selection = SelectionArgs { check: args.check.clone(), skip: args.skip.clone(), ..SelectionArgs::default() };
    let mut checks = catalog.select(&selection.to_selection()).map_err(|error| ui.error(&error))?;
    checks.retain(|check| check.rule().is_some_and(crate::inventory::Rule::is_about_changes));
    if checks.is_empty() { Err(ui.error(&NoRule)) } else { Ok(checks) }
}

/// The earlier reading and the one of now.
fn both(args: &DiffArgs, ui: Ui) -> Result<(Earlier, Loaded), Refused> {
    let options = super::vault::options(&args.source, ui)?;
    match (&args.base, &args.new) {
        (Some(old), Some(new)) => {
            let newer = sides::at(new, &options, ui)?;
            Ok((sides::of_path(Path::new(old), &options, ui)?, sides::newer(&newer, ui)?))
        }
        (base, _) => Ok((sides::of_revision(&options, base.as_deref(), ui)?, sides::newer(&options, ui)?)),
    }
}

/// Leaves out what happened to other machines than these.
fn keep(changes: &mut Changes, hosts: &[String]) {
    for change in &mut changes.changes {
        if matches!(change.section, Section::Hosts | Section::Connections | Section::Variables) {
            change.subjects.retain(|name| hosts.contains(name));
        }
    }
    changes.changes.retain(|change| !change.subjects.is_empty());
}

fn policy(
    args: &DiffArgs,
    config: &Config,
    catalog: &Catalog,
    inventory: &Inventory,
    ui: Ui,
) -> Result<Policy, Refused> {
    let stage = inventory.hive.as_ref().map(|site| site.stage.clone());
    let fleet = Fleet::of(inventory);
    let (mut policy, _) = waive::policy(args.telling.waivers.as_deref(), None, catalog, &fleet, stage.as_deref(), ui)?;
    policy.set_severities(config.severities(&catalog.checks.keys()).map_err(|error| ui.error(&error))?);
    Ok(policy)
}

fn plan(
    inventory: &Inventory,
    catalog: &Catalog,
    checks: &[Arc<Check>],
    options: &PlanOptions,
) -> Result<Plan, plan::PlanError> {
    let (jinja, fleet) = (Arc::new(Jinja::new()), Arc::new(Fleet::of(inventory)));
    // Nobody is asked anything.
    let reach = |_: &plan::Wanted| Ok(Reach::At(Endpoint::Local(LocalEndpoint::default())));
    plan::build(&jinja, &fleet, catalog, checks, options, &reach)
}

fn frame(args: &DiffArgs, earlier: &Earlier, inventory: &Inventory) -> Report {
    Report {
        stage: inventory.hive.as_ref().map(|site| site.stage.clone()),
        threshold: args.telling.threshold(),
        started: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        notices: earlier.notices.clone(),
        ..Report::default()
    }
}

fn differences(args: &DiffArgs, earlier: &Earlier, changes: Changes) -> Differences {
    let new = args.new.as_ref().map(|new| new.display().to_string());
    Differences { old: earlier.name.clone(), new, list: changes.changes }
}

/// Decides every rule.
fn execute(plan: &Plan, frame: Report, policy: &mut Policy, ui: Ui) -> Report {
    let mut collector =
        Collector::new(frame, plan.targets.iter().map(|target| (target.name().clone(), target.address())));
    let second = Duration::from_secs(1);
    let settings = Settings {
        forks: 1,
        probe_timeout: second,
        host_timeout: second,
        run_deadline: None,
        retries: 0,
        repeat_until: None,
    };
    engine::run(plan, &Credentials::batch(), &settings, &mut |mut event| {
        if let Event::Verdict(verdict) = &mut event {
            policy.apply(verdict);
        }
        collector.take(event);
    });
    let mut report = collector.finish();
    report.conceal(ui.redactor());
    report
}

impl Told {
    fn deliver(self, args: &DiffArgs, ui: Ui) -> ExitCode {
        let Self { report, catalog, outputs } = self;
        let code = if args.telling.fail_on == FailOn::Never { exit::CLEAN } else { deliver::code(&report) };
        let detail = if args.quiet { Detail::Quiet } else { Detail::Normal };
        Delivery { report: &report, catalog: &catalog, detail, ui }.all(&outputs, code)
    }
}
