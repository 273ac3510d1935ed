//! `hive-preflight run`: joins all stages.

use std::{
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    args::RunArgs,
    deliver, exit,
    reach::Reacher,
    source::{self, Read},
    ui::Ui,
};
use crate::{
    catalog::Catalog,
    engine::{self, Settings},
    inventory::Rule,
    jinja::Jinja,
    judge::Severity,
    plan::{self, Fleet, Plan, PlanOptions, Target},
    report::{self, Collector, Output, Report, progress::Progress},
    text::Text,
    transport::Credentials,
};

/// Why a run ends before it begins; the message is printed already.
pub(super) struct Refused;

/// Runs the checks and writes the reports.
pub(super) fn run(args: &RunArgs, ui: Ui) -> ExitCode {
    match prepare(args, ui) {
        Err(Refused) => ExitCode::from(exit::USAGE),
        Ok(prepared) => {
            let report = prepared.execute(args, ui);
            let code = deliver::all(&report, &prepared.outputs, args, ui);
            if prepared.broken { ExitCode::from(exit::USAGE) } else { code }
        }
    }
}

/// Everything that a run needs, valid.
struct Prepared {
    plan: Plan,
    outputs: Vec<Output>,
    stage: Option<String>,
    notices: Vec<Text>,
    /// The inventory could not be read.
    broken: bool,
}

/// `--offline` leaves no check.
#[derive(Debug, thiserror::Error)]
#[error(
    "none of these checks can be judged without a connection; `hive-preflight list --tags offline` shows those that can"
)]
struct NothingOffline;

fn prepare(args: &RunArgs, ui: Ui) -> Result<Prepared, Refused> {
    let outputs = report::outputs(&args.format).map_err(|error| ui.error(&error))?;
    let catalog = Catalog::load(&args.catalog.checks).map_err(|errors| ui.problems(&errors))?;
    let mut checks = catalog.select(&args.selection.to_selection()).map_err(|error| ui.error(&error))?;
    let limit = source::limit(&args.source, ui)?;
    let rules: Vec<Rule> = checks.iter().filter_map(|check| check.rule()).collect();
    let Read { mut inventory, audit, broken } = source::load(&args.source, &rules, ui);
    if broken {
        checks.retain(|check| check.rule().is_some());
    }
    if args.offline {
        checks.retain(|check| check.is_offline());
    }
    match (checks.is_empty(), broken) {
        (true, true) => return Err(Refused),
        (true, false) if args.offline => return Err(ui.error(&NothingOffline)),
        _ => {}
    }
    let reacher = Reacher::new(args, &inventory).map_err(|error| ui.error(&error))?;
    source::place_on_mother(&mut inventory, args);
    let stage = inventory.hive.as_ref().map(|site| site.stage.clone());
    let options = PlanOptions {
        limit: limit.filter(|_| !broken),
        phase: args.selection.before,
        allow_active: args.allow_active,
        ssh_config_hosts: reacher.hive_hosts().to_vec(),
        audit,
    };
    let (jinja, fleet) = (Arc::new(Jinja::new()), Arc::new(Fleet::of(&inventory)));
    let plan = plan::build(&jinja, &fleet, &catalog, &checks, &options, &|wanted| reacher.reach(wanted))
        .map_err(|error| ui.error(&error))?;
    Ok(Prepared { plan, outputs, stage, notices: reacher.notices(), broken })
}

impl Prepared {
    fn execute(&self, args: &RunArgs, ui: Ui) -> Report {
        let frame = Report {
            stage: self.stage.clone(),
            phase: args.selection.before,
            threshold: if args.strict { Severity::Warning } else { Severity::Error },
            started: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            notices: self.notices.clone(),
            ..Report::default()
        };
        let hosts = self.plan.targets.iter().map(|target: &Target| (target.name().clone(), target.address()));
        let mut collector = Collector::new(frame, hosts);
        let progress = Arc::new(Progress::new(ui.lang(), args.quiet));
        let credentials = credentials(&progress, ui);
        engine::run(&self.plan, &credentials, &settings(args), &mut |event| {
            progress.take(&event);
            collector.take(event);
        });
        progress.finish();
        collector.finish()
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
    }
}
