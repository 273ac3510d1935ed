//! `hive-preflight run`: joins all stages.

use std::{
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{args::RunArgs, deliver, exit, reach::Reacher, source, ui::Ui};
use crate::{
    catalog::Catalog,
    engine::{self, Settings},
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
            deliver::all(&report, &prepared.outputs, args, ui)
        }
    }
}

/// Everything that a run needs, valid.
struct Prepared {
    plan: Plan,
    outputs: Vec<Output>,
    stage: Option<String>,
    notices: Vec<Text>,
}

fn prepare(args: &RunArgs, ui: Ui) -> Result<Prepared, Refused> {
    let outputs = report::outputs(&args.format).map_err(|error| ui.error(&error))?;
    let catalog = Catalog::load(&args.catalog.checks).map_err(|errors| ui.problems(&errors))?;
    let checks = catalog.select(&args.selection.to_selection()).map_err(|error| ui.error(&error))?;
    let limit = source::limit(&args.source, ui)?;
    let mut inventory = source::load(&args.source, ui)?;
    let reacher = Reacher::new(args, &inventory).map_err(|error| ui.error(&error))?;
    source::place_on_mother(&mut inventory, args);
    let stage = inventory.hive.as_ref().map(|site| site.stage.clone());
    let options = PlanOptions {
        limit,
        phase: args.selection.before,
        allow_active: args.allow_active,
        ssh_config_hosts: reacher.hive_hosts().to_vec(),
        playbook_dir: Some(source::absolute(args.source.playbook_dir.as_deref().unwrap_or(Path::new(".")))),
    };
    let (jinja, fleet) = (Arc::new(Jinja::new()), Arc::new(Fleet::of(&inventory)));
    let plan = plan::build(&jinja, &fleet, &catalog, &checks, &options, &|wanted| reacher.reach(wanted))
        .map_err(|error| ui.error(&error))?;
    Ok(Prepared { plan, outputs, stage, notices: reacher.notices() })
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
