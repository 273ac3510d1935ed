//! The inventory of a run, and where the project lies on the mother.

use super::{
    args::{RunArgs, SourceArgs},
    inventory::options,
    run::Refused,
    ui::Ui,
};
use crate::inventory::{self, Inventory, Pattern};

/// Reads the inventory; warnings are told, problems end the run.
pub(super) fn load(args: &SourceArgs, ui: &Ui) -> Result<Inventory, Refused> {
    let loaded = inventory::load(&options(args)).map_err(|errors| {
        for problem in &errors.problems {
            ui.problem(problem);
        }
        Refused
    })?;
    for warning in &loaded.warnings {
        ui.warning(&warning.to_string());
    }
    Ok(loaded.inventory)
}

/// The pattern of `--limit`.
pub(super) fn limit(args: &SourceArgs, ui: &Ui) -> Result<Option<Pattern>, Refused> {
    args.limit.as_ref().map(|text| Pattern::limit(text).map_err(|error| ui.error(&error))).transpose()
}

/// Turns the project's paths into those that it has on a mother reached over SSH.
pub(super) fn move_to_mother(inventory: &mut Inventory, args: &RunArgs) {
    let (Some(site), Some(there)) = (&mut inventory.hive, &args.mother_root) else { return };
    if let Ok(rest) = site.context_dir.strip_prefix(&site.root) {
        site.context_dir = there.join(rest);
    }
    site.root.clone_from(there);
}
