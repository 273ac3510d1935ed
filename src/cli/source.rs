//! The inventory of a run, and where the project lies on the mother.

use std::path::{Path, PathBuf};

use super::{
    args::{RunArgs, SourceArgs},
    run::Refused,
    ui::Ui,
    vault,
};
use crate::inventory::{self, Audit, Inventory, Loaded, Pattern, Rule};

/// What was read of the inventory.
pub(super) struct Read {
    pub(super) inventory: Inventory,
    pub(super) audit: Audit,
    /// It could not be read: there are no hosts, only findings about its files.
    pub(super) broken: bool,
}

/// Reads the inventory. What no finding of `rules` will tell is told here: problems always, since nothing else of the
/// run is left then.
pub(super) fn load(args: &SourceArgs, rules: &[Rule], ui: Ui) -> Result<Read, Refused> {
    match inventory::load(&vault::options(args, ui)?) {
        Ok(Loaded { inventory, warnings, audit }) => {
            for warning in warnings.iter().filter(|warning| !rules.contains(&warning.rule())) {
                ui.warning(&warning.to_string());
            }
            Ok(Read { inventory, audit, broken: false })
        }
        Err(errors) => {
            let Refused = ui.inventory(&errors);
            Ok(Read { inventory: Inventory::default(), audit: errors.audit, broken: true })
        }
    }
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
