//! The inventory of a run: which files, which stage, and where the project lies on the mother.

use std::path::{Path, PathBuf};

use super::{
    args::{RunArgs, SourceArgs},
    run::Refused,
    ui::Ui,
};
use crate::inventory::{self, Inventory, LoadOptions, Pattern};

/// Nothing says where the inventory is.
#[derive(Debug, thiserror::Error)]
#[error(
    "no inventory: this directory is no hive project (it has no `inventory/hive.yml`)\n\
     hint: give an Ansible inventory with `-i SOURCE`, or a hive project with `--root DIR`"
)]
struct NoSource;

/// A directory of `--root` that is no hive project.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{}` is no hive project: it has no `inventory/hive.yml`\n\
     hint: `--root` wants the directory in which you run `hive`; another inventory is given with `-i SOURCE`", .0.display()
)]
struct NoProject(PathBuf);

/// A limit that is no pattern.
#[derive(Debug, thiserror::Error)]
#[error("`--limit`: {0}")]
struct BadLimit(inventory::InvalidPattern);

/// Reads the inventory; warnings are told, problems end the run.
pub(super) fn load(args: &SourceArgs, ui: &Ui) -> Result<Inventory, Refused> {
    let options = options(args, ui)?;
    let loaded = inventory::load(&options).map_err(|errors| ui.error(&errors))?;
    for warning in &loaded.warnings {
        ui.warning(&warning.to_string());
    }
    Ok(loaded.inventory)
}

/// Which sources are read.
pub(super) fn options(args: &SourceArgs, ui: &Ui) -> Result<LoadOptions, Refused> {
    let root = match &args.root {
        Some(root) if !is_project(root) => return Err(ui.error(&NoProject(root.clone()))),
        Some(root) => Some(root.clone()),
        None if args.inventory.is_empty() && is_project(Path::new(".")) => Some(PathBuf::from(".")),
        None if args.inventory.is_empty() => return Err(ui.error(&NoSource)),
        None => None,
    };
    Ok(LoadOptions {
        sources: args.inventory.clone(),
        root,
        stage: args.stage.clone(),
        playbook_dir: args.playbook_dir.clone(),
    })
}

fn is_project(root: &Path) -> bool {
    root.join("inventory/hive.yml").is_file()
}

/// The pattern of `--limit`.
pub(super) fn limit(args: &SourceArgs, ui: &Ui) -> Result<Option<Pattern>, Refused> {
    args.limit.as_ref().map(|text| text.parse().map_err(|error| ui.error(&BadLimit(error)))).transpose()
}

/// Turns the project's paths into those that it has on a mother reached over SSH.
pub(super) fn move_to_mother(inventory: &mut Inventory, args: &RunArgs) {
    let (Some(site), Some(there)) = (&mut inventory.hive, &args.mother_root) else { return };
    if let Ok(rest) = site.context_dir.strip_prefix(&site.root) {
        site.context_dir = there.join(rest);
    }
    site.root.clone_from(there);
}
