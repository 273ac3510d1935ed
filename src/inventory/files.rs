//! `group_vars` and `host_vars`: which files there are for a name, and what they say.

use std::{
    collections::{HashMap, HashSet},
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Value, Var, Vault,
    document::{self, Bytes, Parsed},
    error::{Problem, Warning, WarningKind},
    secret,
    structure::{StructureFault, Vars},
    tree::{Data, Node},
};

/// The endings of a variables file, in the order in which they are looked for; only the first that exists is read.
const EXTENSIONS: [&str; 4] = ["", ".yml", ".yaml", ".json"];

/// How deep a directory of variables files is walked.
const MAX_DEPTH: usize = 64;

/// Which of the two directories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum VarsDirectory {
    Group,
    Host,
}

impl VarsDirectory {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Group => "group_vars",
            Self::Host => "host_vars",
        }
    }
}

/// The variables files beside the sources and in the playbook directory. A file is read at most once.
#[derive(Default)]
pub(super) struct VarsFiles {
    listings: HashMap<PathBuf, Option<HashSet<OsString>>>,
    read: HashMap<PathBuf, Arc<Vars>>,
    vault: Arc<Vault>,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Warning>,
}

impl VarsFiles {
    /// Files of which `vault` opens those that are encrypted.
    pub(super) fn with_vault(vault: Arc<Vault>) -> Self {
        Self { vault, ..Self::default() }
    }

    /// Gives what each of the files below `base` says about `name`, in their order.
    pub(super) fn each(&mut self, base: &Path, of: VarsDirectory, name: &str, mut take: impl FnMut(&Vars)) {
        if name.starts_with('/') {
            return;
        }
        let directory = base.join(of.name());
        for file in self.find(&directory, name) {
            take(&self.vars(&file));
        }
    }

    fn find(&mut self, directory: &Path, name: &str) -> Vec<PathBuf> {
        let Some(names) = self.names(directory) else { return Vec::new() };
        // A name with a slash, or of dots only, leads somewhere else than into the listing.
        let listed = !name.contains('/') && !name.chars().all(|c| c == '.');
        let exists = |file: &str| if listed { names.contains(Path::new(file).as_os_str()) } else { true };
        let candidates: Vec<PathBuf> = EXTENSIONS
            .iter()
            .map(|extension| format!("{name}{extension}"))
            .filter(|file| exists(file))
            .map(|file| directory.join(file))
            .filter(|path| path.exists())
            .collect();
        let Some((first, hidden)) = candidates.split_first() else { return Vec::new() };
        for path in hidden {
            let kind = WarningKind::HiddenVarsFile { path: path.clone(), by: first.clone() };
            self.warn(kind);
        }
        if first.is_dir() {
            let mut found = Vec::new();
            walk(first, 0, &mut found);
            return found;
        }
        vec![first.clone()]
    }

    fn warn(&mut self, kind: WarningKind) {
        let warning = Warning { kind, location: None, line: None };
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// What is in a directory; nothing where there is none.
    fn names(&mut self, directory: &Path) -> Option<&HashSet<OsString>> {
        if !self.listings.contains_key(directory) {
            let listing = list(directory);
            if listing.is_none() && directory.exists() && !directory.is_dir() {
                self.warn(WarningKind::VarsNoDirectory { path: directory.to_path_buf() });
            }
            self.listings.insert(directory.to_path_buf(), listing);
        }
        self.listings.get(directory).and_then(Option::as_ref)
    }

    fn vars(&mut self, path: &Path) -> Arc<Vars> {
        if let Some(vars) = self.read.get(path) {
            return Arc::clone(vars);
        }
        let vars = Arc::new(match load(path, &self.vault) {
            Ok((vars, mut warnings)) => {
                self.warnings.append(&mut warnings);
                vars
            }
            Err(problem) => {
                self.problems.push(problem);
                Vars::new()
            }
        });
        self.read.insert(path.to_path_buf(), Arc::clone(&vars));
        vars
    }
}

pub(super) fn list(directory: &Path) -> Option<HashSet<OsString>> {
    let entries = fs::read_dir(directory).ok()?;
    Some(entries.filter_map(Result::ok).map(|entry| entry.file_name()).collect())
}

/// The variables files of a directory, in order.
fn walk(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    if depth > MAX_DEPTH {
        return;
    }
    let mut names: Vec<OsString> = list(directory).into_iter().flatten().collect();
    names.sort_unstable();
    for name in names {
        let text = name.to_string_lossy();
        if text.starts_with('.') || text.ends_with('~') {
            continue;
        }
        let path = directory.join(&name);
        let extension = Path::new(&name).extension().map(|extension| format!(".{}", extension.to_string_lossy()));
        match extension {
            None if path.is_dir() => walk(&path, depth + 1, found),
            None if path.is_file() => found.push(path),
            Some(extension) if EXTENSIONS.contains(&extension.as_str()) && path.is_file() => found.push(path),
            _ => {}
        }
    }
}

/// What a file says. Values of one that is encrypted as a whole are sealed, and nothing is told of its text.
fn load(path: &Path, vault: &Vault) -> Result<(Vars, Vec<Warning>), Problem> {
    let bytes = document::load(path)?;
    let Some(decrypted) = bytes.decrypted(vault)? else {
        let read = parse(&bytes);
        match &read {
            Ok((vars, _)) => vars.iter().for_each(|(name, var)| secret::learn(vault.redactor(), name, &var.value)),
            Err(_) => bytes.tell_secrets(vault),
        }
        return read;
    };
    let (mut vars, _) = parse(&decrypted).map_err(Problem::without_text)?;
    for (name, var) in &mut vars {
        var.value = vault.seal(name, std::mem::replace(&mut var.value, Value::Null));
    }
    Ok((vars, Vec::new()))
}

fn parse(bytes: &Bytes) -> Result<(Vars, Vec<Warning>), Problem> {
    let Parsed { source, root, warnings } = bytes.document()?;
    let Some(root) = root.filter(Node::truthy) else { return Ok((Vars::new(), warnings)) };
    let (mark, found) = (root.mark, root.kind());
    let Data::Map(map) = root.data else { return Err(source.problem(mark, StructureFault::VarsFile { found })) };
    let vars = map
        .into_iter()
        .map(|(key, entry)| {
            let location = Some(source.location(entry.key_mark));
            (key.into_text(), Var { value: entry.node.into_value(), location })
        })
        .collect();
    Ok((vars, warnings))
}
