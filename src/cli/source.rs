//! The inventory of a run, and where the project lies on the mother.

use std::path::{Path, PathBuf};

use super::{
    args::{RunArgs, SourceArgs},
    run::Refused,
    ui::Ui,
    vault,
};
use crate::inventory::{self, Inventory, Pattern};

/// Reads the inventory; warnings are told, problems end the run.
pub(super) fn load(args: &SourceArgs, ui: Ui) -> Result<Inventory, Refused> {
    let loaded = inventory::load(&vault::options(args, ui)?).map_err(|errors| {
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
pub(super) fn limit(args: &SourceArgs, ui: Ui) -> Result<Option<Pattern>, Refused> {
    args.limit.as_ref().map(|text| Pattern::limit(text).map_err(|error| ui.error(&error))).transpose()
}

/// Makes the project's paths those that it has on the mother: from the root directory, so that a command with such a
/// path can be pasted anywhere; below `--mother-root` where the mother is reached over SSH.
pub(super) fn place_on_mother(inventory: &mut Inventory, args: &RunArgs) {
    let Some(site) = &mut inventory.hive else { return };
    let there = args.mother_root.clone().unwrap_or_else(|| absolute(&site.root));
    site.context_dir = match site.context_dir.strip_prefix(&site.root) {
        Ok(rest) => there.join(rest),
        Err(_) => absolute(&site.context_dir),
    };
    site.root = there;
}

/// The path from the root directory, without `.` parts.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).components().collect()
}
