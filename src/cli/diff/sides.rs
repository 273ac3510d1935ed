//! The two readings of the inventory: which files, and where they really lie.

use std::{
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::git::{GitFault, OldTree, WorkTree, real};
use crate::{
    cli::{args::SourceArgs, run::Refused, source, ui::Ui},
    inventory::{self, Changes, Inventory, LoadOptions, Loaded},
    location::Location,
    text::Text,
};

/// Hive's own variables, which are mostly not in git.
const PERSISTENTS: &str = ".hive/persistents.yml";

/// An earlier reading of the inventory.
pub(in crate::cli) struct Earlier {
    pub(in crate::cli) inventory: Inventory,
    /// What it is called: a revision or a directory.
    pub(in crate::cli) name: String,
    pub(in crate::cli) notices: Vec<Text>,
    tree: Option<OldTree>,
    /// Automatic numbers are those that are in use.
    numbers_are_kept: bool,
}

/// Two directories were meant, and one of them is not there.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is no file and no directory\n  hint: with two arguments both are read as they lie; a git revision stands alone"
)]
struct NoPath(PathBuf);

/// The old side would be written through a link, and what it leads to with it.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{}` is a link at that revision, and nothing is written through it: the numbers in `{PERSISTENTS}` cannot be compared\n  hint: name two directories: `hive-preflight diff OLD NEW`",
    .0.display()
)]
struct LeadsOut(PathBuf);

/// Reads the inventory of `revision`, or of where the branch left its upstream. `options` are those of now: both sides
/// need the same vault, which numbers what it opens.
pub(in crate::cli) fn of_revision(options: &LoadOptions, revision: Option<&str>, ui: Ui) -> Result<Earlier, Refused> {
    let root = options.project();
    let known = options.sources.iter().map(Path::new).find(|path| path.exists()).map(Path::to_path_buf);
    let start = real(&root.clone().or(known).unwrap_or_else(|| PathBuf::from(".")));
    let fail = |fault: GitFault| ui.error(&fault);
    let work_tree = WorkTree::of(&start, options.scripts).map_err(fail)?;
    let revision = match revision {
        Some(revision) => revision.to_owned(),
        None => work_tree.merge_base().map_err(fail)?,
    };
    let tree = work_tree.extract(&revision).map_err(fail)?;
    let mut old = placed(options, &tree).map_err(fail)?;
    // A project that began later has nothing there.
    let is_there = |path: &PathBuf| path.exists();
    let begins = old.root.as_ref().map(|root| root.join("inventory")).is_some_and(|inventory| !is_there(&inventory));
    let missing = old.sources.iter().map(PathBuf::from).all(|path| path.starts_with(tree.top()) && !is_there(&path));
    let mut notices = Vec::new();
    let name = short(&revision, &tree.commit);
    let inventory = if begins || (old.root.is_none() && missing) {
        notices.push(Text::new(
            format!("there was no inventory yet at {name}: everything is new"),
            format!("{name} の時点ではインベントリがありません。すべてが追加として扱われます"),
        ));
        Inventory::default()
    } else {
        notices.extend(
            root.as_deref()
                .zip(old.root.as_deref())
                .and_then(|(new, old)| persistents(new, old, &tree, ui).transpose())
                .transpose()?,
        );
        old.vault = Arc::clone(&options.vault);
        read(&old, &tree, &name, ui)?
    };
    let numbers_are_kept = root.is_some_and(|root| root.join(PERSISTENTS).exists());
    Ok(Earlier { inventory, name, notices, tree: Some(tree), numbers_are_kept })
}

/// The revision as the user named it, with its commit.
fn short(revision: &str, commit: &str) -> String {
    if revision.starts_with(commit) { commit.to_owned() } else { format!("{revision} ({commit})") }
}

fn read(options: &LoadOptions, tree: &OldTree, name: &str, ui: Ui) -> Result<Inventory, Refused> {
    let Loaded { inventory, .. } = inventory::load(options).map_err(|errors| {
        for problem in &errors.problems {
            let text = problem.to_string().replace(&format!("{}/", tree.top().display()), "");
            ui.problem(&format_args!("at {name}: {text}"));
        }
        Refused
    })?;
    Ok(inventory)
}

/// The same files in the old tree. What lies in no file (an inline list) is the same on both sides.
fn placed(options: &LoadOptions, tree: &OldTree) -> Result<LoadOptions, GitFault> {
    let inside = |path: &Path| tree.place(path);
    let source = |source: &String| {
        let is_list = source.contains(',') && !Path::new(source).exists();
        if is_list { Ok(source.clone()) } else { Ok(inside(Path::new(source))?.display().to_string()) }
    };
    let root = options.project().map(|root| inside(&root)).transpose()?;
    // Without one, variables beside the current directory count, if it is one of the work tree.
    let here = options.playbook_dir.clone().unwrap_or_else(|| PathBuf::from("."));
    let playbook_dir = match (&options.playbook_dir, &root) {
        (None, Some(_)) => None,
        _ => Some(inside(&here).unwrap_or(here)),
    };
    let sources = options.sources.iter().map(source).collect::<Result<Vec<_>, GitFault>>()?;
    Ok(LoadOptions { sources, root, playbook_dir, ..options.clone() })
}

/// Gives the old side the persistents of the working tree, unless it has its own.
fn persistents(new: &Path, old: &Path, tree: &OldTree, ui: Ui) -> Result<Option<Text>, Refused> {
    let (from, to) = (new.join(PERSISTENTS), old.join(PERSISTENTS));
    if to.exists() || !from.is_file() {
        return Ok(None);
    }
    if let Some(link) = link_of(old, tree) {
        return Err(ui.error(&LeadsOut(link)));
    }
    let copied = std::fs::create_dir_all(old.join(".hive")).and_then(|()| copy_anew(&from, &to));
    copied.map_err(|error| ui.error(&error))?;
    Ok(Some(Text::new(
        format!("`{PERSISTENTS}` is not in git: both sides are read with the one of the working tree"),
        format!("`{PERSISTENTS}` は git にないため、両側とも作業ツリーのものを使って読み取ります"),
    )))
}

/// The link on the way to the persistents of the old side, through which something would be written outside of it.
fn link_of(old: &Path, tree: &OldTree) -> Option<PathBuf> {
    let is_link = |path: &&Path| path.symlink_metadata().is_ok_and(|about| about.is_symlink());
    let (top, file) = (tree.top(), old.join(PERSISTENTS));
    let inside = file.ancestors().take_while(|path| **path != *top);
    inside.filter(is_link).last().map(|path| path.strip_prefix(&top).unwrap_or(path).to_owned())
}

/// Copies a file to where nothing is, not even a link that leads nowhere.
fn copy_anew(from: &Path, to: &Path) -> io::Result<()> {
    let mut new = OpenOptions::new().write(true).create_new(true).open(to)?;
    io::copy(&mut File::open(from)?, &mut new).map(drop)
}

/// What a directory or file stands for.
pub(super) fn at(path: &Path, options: &LoadOptions, ui: Ui) -> Result<LoadOptions, Refused> {
    if !path.exists() {
        return Err(ui.error(&NoPath(path.to_owned())));
    }
    let (sources, root) = if path.join("inventory/hive.yml").exists() {
        (Vec::new(), Some(path.to_owned()))
    } else {
        (vec![path.display().to_string()], None)
    };
    // What lies in the current directory belongs to neither.
    let beside = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    let playbook_dir = options.playbook_dir.clone().or_else(|| root.is_none().then(|| beside.to_owned()));
    Ok(LoadOptions { sources, root, playbook_dir, ..options.clone() })
}

/// Reads the inventory of a directory or file as the earlier one.
pub(super) fn of_path(path: &Path, options: &LoadOptions, ui: Ui) -> Result<Earlier, Refused> {
    let options = at(path, options, ui)?;
    let loaded = inventory::load(&options).map_err(|errors| ui.inventory(&errors))?;
    let numbers_are_kept = options.root.is_some_and(|root| root.join(PERSISTENTS).exists());
    let name = path.display().to_string();
    Ok(Earlier { inventory: loaded.inventory, name, notices: Vec::new(), tree: None, numbers_are_kept })
}

impl Earlier {
    /// Compares it with the inventory of now; places in the old tree get the names that they have in the work tree.
    pub(in crate::cli) fn compare(&self, new: &Inventory) -> Changes {
        let mut changes = inventory::compare(&self.inventory, new, self.numbers_are_kept);
        for change in &mut changes.changes {
            change.old = change.old.take().map(|location| self.original(location));
        }
        changes
    }

    fn original(&self, location: Location) -> Location {
        let Some(path) = self.tree.as_ref().and_then(|tree| tree.original(&location.file)) else { return location };
        let here = real(Path::new("."));
        let shown = path.strip_prefix(&here).map(Path::to_owned).unwrap_or(path);
        Location { file: Arc::new(shown), ..location }
    }
}

/// The inventory of now.
pub(super) fn newer(options: &LoadOptions, ui: Ui) -> Result<Loaded, Refused> {
    inventory::load(options).map_err(|errors| ui.inventory(&errors))
}

/// The hosts of `--limit` on both sides; nothing: all.
pub(super) fn limit(
    args: &SourceArgs,
    old: &Inventory,
    new: &Inventory,
    ui: Ui,
) -> Result<Option<Vec<String>>, Refused> {
    let Some(pattern) = source::limit(args, ui)? else { return Ok(None) };
    let hosts = old.select(&pattern).into_iter().chain(new.select(&pattern));
    Ok(Some(hosts.map(|host| host.name.to_string()).collect()))
}
