//! `hive-preflight run`: joins all stages.

use std::{
    io::IsTerminal,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    args::{RunArgs, SourceArgs},
    exit,
    reach::Reacher,
    ui::Ui,
};
use crate::{
    catalog::{Catalog, Selection},
    engine::{self, Settings},
    event::Event,
    inventory::{self, HiveSite, Inventory, LoadOptions, Pattern},
    jinja::Jinja,
    plan::{self, Fleet, Plan, PlanOptions, Target},
    report::{self, Collector, Format, Output, Progress, Report},
    text::Text,
    transport::Credentials,
};

/// Why a run ends before it begins; the message is printed already.
struct Refused;

/// Runs the checks and writes the reports.
pub(super) fn run(args: &RunArgs, ui: &Ui) -> ExitCode {
    match prepare(args, ui) {
        Err(Refused) => ExitCode::from(exit::USAGE),
        Ok(run) => run.execute(args, ui),
    }
}

/// Everything that a run needs, valid.
struct Run {
    plan: Plan,
    catalog: Catalog,
    outputs: Vec<Output>,
    stage: Option<String>,
    notices: Vec<Text>,
}

fn prepare(args: &RunArgs, ui: &Ui) -> Result<Run, Refused> {
    let outputs = report::outputs(&args.format).map_err(|error| ui.error(&error))?;
    let catalog = selected(args, ui)?;
    let limit = limit(&args.source, ui)?;
    let mut inventory = load(&args.source, ui)?;
    move_to_mother(&mut inventory, args.mother_root.as_ref());
    let stage = inventory.hive.as_ref().map(|site| site.stage.clone());
    let reacher = Reacher::new(args, &inventory).map_err(|error| ui.error(&error))?;
    let options = PlanOptions {
        limit,
        phase: args.selection.before,
        allow_active: args.allow_active,
        ssh_config_hosts: reacher.hive_hosts(),
    };
    let fleet = Arc::new(Fleet::of(&inventory));
    let jinja = Arc::new(Jinja::new());
    let plan = plan::build(&jinja, fleet, &catalog, &options, &|wanted| reacher.reach(wanted))
        .map_err(|error| ui.error(&error))?;
    Ok(Run { plan, catalog, outputs, stage, notices: reacher.notices() })
}
