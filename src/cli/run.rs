//! `hive-preflight run`: joins all stages.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    args::{FailOn, RunArgs, SourceArgs},
    attest,
    config::Config,
    deliver::{self, Delivery},
    diff::{self, Touched},
    exit, github, history, inventory,
    live::Live,
    reach::Reacher,
    signals,
    source::{self, Read},
    ui::Ui,
    waive,
};
use crate::{
    catalog::{Catalog, Check, CheckId, Phase},
    engine::{self, Settings},
    event::Event,
    inventory::{HostName, Inventory, Rule},
    jinja::Jinja,
    judge::Outcome,
    plan::{self, Fleet, Plan, PlanOptions, Target},
    policy::Policy,
    report::{self, Collector, Format, ManualItem, Output, Report, progress::Progress},
    secret::Secret,
    text::Text,
    transport::Credentials,
};

/// Why a run ends before it begins; the message is printed already.
pub(super) struct Refused;

/// Runs the checks and writes the reports.
pub(super) fn run(args: &RunArgs, config: &Config, ui: Ui) -> ExitCode {
    let told = prepare(args, config, ui).and_then(|prepared| {
        let frame = prepared.frame(args);
        let mut live = Live::open(&prepared.outputs, frame.clone(), ui)?;
        let Prepared { catalog, outputs, broken, work, .. } = prepared;
        // The work goes with all that it knows: the report alone is delivered.
        let report = work.execute(frame, &mut live, args, ui);
        Ok((catalog, outputs, broken, live, report))
    });
    let Ok((catalog, outputs, broken, live, report)) = told else { return exit::of_refusal(&args.telling.format) };
    let lost = live.finish(&report);
    for error in &lost {
        ui.error(error);
    }
    let kept = args.history.as_ref().map_or(Ok(()), |directory| history::keep(directory, &report, ui));
    let is_kept = kept.map_err(|error| ui.error(&error)).is_ok();
    let code = match args.telling.fail_on {
        _ if broken || !lost.is_empty() || !is_kept => exit::USAGE,
        FailOn::Never => exit::CLEAN,
        FailOn::Error | FailOn::Warning => deliver::code(&report),
    };
    let stopped = signals::status().filter(|_| report.interrupted);
    let later: Vec<Output> = outputs.into_iter().filter(|output| output.format != Format::Ndjson).collect();
    let detail = deliver::detail(args.quiet, args.verbose);
    let told = Delivery { report: &report, catalog: &catalog, detail, ui }.all(&later, code);
    stopped.map_or(told, ExitCode::from)
}

/// Everything that a run needs, valid.
struct Prepared {
    catalog: Catalog,
    work: Work,
    outputs: Vec<Output>,
    stage: Option<String>,
    notices: Vec<Text>,
    /// The inventory could not be read.
    broken: bool,
    /// Where the inventory came from.
    sources: Vec<String>,
    /// The phases that the checks guard.
    guards: BTreeMap<CheckId, Vec<Phase>>,
    manual: Vec<ManualItem>,
}

/// What is done between the first and the last event.
struct Work {
    plan: Plan,
    policy: Policy,
    /// The check of waivers that nothing needs, where it can be judged.
    idle: Option<Arc<Check>>,
}

/// `--offline` leaves no check.
#[derive(Debug, thiserror::Error)]
#[error(
    "none of these checks can be judged without a connection; `hive-preflight list --tags offline` shows those that can"
)]
struct NothingOffline;

/// A password that nobody can be asked for.
#[derive(Debug, thiserror::Error)]
#[error("`{option}` needs a terminal and an answer; `{variable}` can be given in a vault")]
struct NoPassword {
    option: &'static str,
    variable: &'static str,
}

fn ask_pass(args: &RunArgs, ui: Ui) -> Result<Option<Secret>, Refused> {
    let missing = NoPassword { option: "--ask-pass", variable: "ansible_password" };
    args.ask_pass.then(|| ui.ask_ssh_password().ok_or_else(|| ui.error(&missing))).transpose()
}

fn ask_become_pass(args: &RunArgs, ui: Ui) -> Result<Option<Secret>, Refused> {
    let missing = NoPassword { option: "--ask-become-pass", variable: "ansible_become_password" };
    args.ask_become_pass.then(|| ui.ask_become_password().ok_or_else(|| ui.error(&missing))).transpose()
}

/// `--no-scripts` with checks of the project.
#[derive(Debug, thiserror::Error)]
#[error("checks of a project are code, and `--no-scripts` lets none run: leave `--checks` out")]
struct ChecksAreCode;

/// The topic whose checks let the project's own Vagrantfile run.
const VAGRANT: &str = "vagrant/";

fn prepare(args: &RunArgs, config: &Config, ui: Ui) -> Result<Prepared, Refused> {
    let otherwise = github::on_stdout(|name| std::env::var(name).ok());
    let outputs = report::outputs(&args.telling.format, otherwise).map_err(|error| ui.error(&error))?;
    if args.source.no_scripts && !args.catalog.checks.is_empty() {
        return Err(ui.error(&ChecksAreCode));
    }
    let catalog = Catalog::load(&args.catalog.checks).map_err(|errors| ui.problems(&errors))?;
    let mut checks = catalog.select(&args.selection.to_selection()).map_err(|error| ui.error(&error))?;
    let limit = source::limit(&args.source, ui)?;
    let rules: Vec<Rule> = checks.iter().filter_map(|check| check.rule()).collect();
    let Read { mut inventory, mut audit, broken } = source::load(&args.source, &rules, ui)?;
    if broken {
        checks.retain(|check| check.rule().is_some());
    }
    if args.source.no_scripts {
        checks.retain(|check| !check.id.as_str().starts_with(VAGRANT));
    }
    if args.offline {
        checks.retain(|check| check.is_offline());
    }
    match (checks.is_empty(), broken) {
        (true, true) => return Err(Refused),
        (true, false) if args.offline => return Err(ui.error(&NothingOffline)),
        _ => {}
    }
    let stage = inventory.hive.as_ref().map(|site| site.stage.clone());
    let (mut policy, has_waivers) = waive::policy(
        args.telling.waivers.as_deref(),
        args.baseline.as_deref(),
        &catalog,
        &Fleet::of(&inventory),
        stage.as_deref(),
        ui,
    )?;
    policy.set_severities(config.severities(&catalog.checks.keys()).map_err(|error| ui.error(&error))?);
    if let Some(file) = &args.attest {
        attest::sign(&mut policy, file, &catalog, &Fleet::of(&inventory), stage.as_deref(), ui)?;
    }
    audit.extend(policy.findings().iter().cloned());
    let sources = sources(&args.source, &inventory);
    let password = ask_pass(args, ui)?;
    let reacher = Reacher::new(args, &inventory, password).map_err(|error| ui.error(&error))?;
    source::place_on_mother(&mut inventory, args);
    let options = PlanOptions {
        limit: limit.filter(|_| !broken),
        phase: args.selection.before,
        allow_active: args.allow_active,
        ssh_config_hosts: reacher.hive_hosts().to_vec(),
        audit,
        has_waivers,
        has_signatures: args.attest.is_some(),
        has_changes: false,
        only: None,
        via_mother: args.via_mother,
        variables: config.variables.clone(),
        playbook_dir: Some(source::absolute(args.source.playbook_dir.as_deref().unwrap_or(Path::new(".")))),
        scripts: inventory::scripts(&args.source),
        become_password: ask_become_pass(args, ui)?,
    };
    let (jinja, fleet) = (Arc::new(Jinja::new()), Arc::new(Fleet::of(&inventory)));
    // A run over a part of the hosts or checks does not need every waiver.
    let is_whole = args.source.limit.is_none()
        && args.changed_since.is_none()
        && args.selection.is_whole()
        && !args.offline
        && !broken;
    let idle = checks.iter().find(|check| check.rule() == Some(Rule::WaiverUsed)).filter(|_| has_waivers && is_whole);
    let idle = idle.cloned();
    let touched = match args.changed_since.as_deref().filter(|_| !broken) {
        Some(revision) => Some(diff::touched(&args.source, revision, &fleet, ui)?),
        None => None,
    };
    let (only, told) = touched.map(|Touched { hosts, notices }| (hosts, notices)).unzip();
    let options = PlanOptions { only, ..options };
    let plan = plan::build(&jinja, &fleet, &catalog, &checks, &options, &|wanted| reacher.reach(wanted))
        .map_err(|error| ui.error(&error))?;
    // Who asks nobody does not care how they would be reached.
    let mut notices = if args.offline { Vec::new() } else { reacher.notices() };
    notices.extend(told.into_iter().flatten());
    let manual = attest::items(&plan, &mut policy);
    notices.extend(attest::notices(&manual));
    let guards = checks.iter().map(|check| (check.id.clone(), check.phases.clone())).collect();
    let work = Work { plan, policy, idle };
    Ok(Prepared { catalog, work, outputs, stage, notices, broken, sources, guards, manual })
}

/// The project, else what the user named.
fn sources(args: &SourceArgs, inventory: &Inventory) -> Vec<String> {
    match &inventory.hive {
        Some(site) => vec![format!("{} ({})", site.name, source::absolute(&site.root).display())],
        None => args.inventory.clone(),
    }
}

impl Prepared {
    /// What the report says before the run.
    fn frame(&self, args: &RunArgs) -> Report {
        Report {
            inventory: self.sources.clone(),
            guards: self.guards.clone(),
            manual: self.manual.clone(),
            stage: self.stage.clone(),
            phase: args.selection.before,
            threshold: args.telling.threshold(),
            started: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            notices: self.notices.clone(),
            ..Report::default()
        }
    }
}

impl Work {
    fn execute(self, frame: Report, live: &mut Live, args: &RunArgs, ui: Ui) -> Report {
        let Self { plan, mut policy, idle } = self;
        let hosts = plan.targets.iter().map(|target: &Target| (target.name().clone(), target.address()));
        let mut collector = Collector::new(frame, hosts);
        let progress = Arc::new(Progress::new(ui.lang(), args.quiet || live.is_on_stdout(), ui.stop()));
        let credentials = credentials(&progress, ui).stopped_by(ui.stop()).hidden_by(ui.redactor());
        signals::heed();
        let redactor = ui.redactor();
        let learned = redactor.learned();
        let mut tell = |mut event| {
            report::conceal(&mut event, redactor);
            progress.take(&event);
            live.take(&event);
            collector.take(event);
        };
        let mut worst: HashMap<HostName, Outcome> = HashMap::new();
        engine::run(&plan, &credentials, &settings(args), &mut |mut event| {
            agree(&mut event, &mut policy, &mut worst);
            tell(event);
        });
        for verdict in waive::idle(&plan, idle.as_ref(), &policy) {
            tell(Event::Verdict(Box::new(verdict)));
        }
        progress.finish();
        let mut report = collector.finish();
        let accepted = credentials.told();
        let is_told_anew = !accepted.is_empty() || redactor.learned() > learned;
        report.notices.extend(accepted);
        if is_told_anew {
            // Once more: what a late verdict opened may stand in an early one.
            report.conceal(redactor);
        }
        report
    }
}

/// Applies what was agreed; a host then stands as the worst of what is left.
fn agree(event: &mut Event, policy: &mut Policy, worst: &mut HashMap<HostName, Outcome>) {
    match event {
        Event::Verdict(verdict) => {
            policy.apply(verdict);
            let so_far = worst.entry(verdict.host.clone()).or_insert(verdict.outcome);
            if verdict.outcome.rank() > so_far.rank() {
                *so_far = verdict.outcome;
            }
        }
        Event::HostFinished(result) if result.error.is_none() => {
            result.outcome = worst.get(&result.name).copied().unwrap_or(result.outcome);
        }
        _ => {}
    }
}

/// Passphrases are asked for where somebody sits there, with the progress line out of the way.
fn credentials(progress: &Arc<Progress>, ui: Ui) -> Credentials {
    if !ui.can_ask() {
        return Credentials::batch();
    }
    let progress = Arc::clone(progress);
    Credentials::asking(move |file| progress.suspend(|| ui.ask_passphrase(file)))
}

fn settings(args: &RunArgs) -> Settings {
    let seconds = |value: u32| Duration::from_secs(value.into());
    Settings {
        forks: args.forks.into(),
        probe_timeout: seconds(args.probe_timeout),
        host_timeout: seconds(args.timeout),
        run_deadline: args.run_timeout.map(|value| Instant::now() + seconds(value)),
        retries: args.retries.into(),
        repeat_until: args.repeat_until_ok.map(|value| Instant::now() + value),
    }
}
