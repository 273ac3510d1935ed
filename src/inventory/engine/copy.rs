//! A copy of what Ansible needs to see, so that nothing that it or its plugins write reaches the original.

use std::{
    fs, io,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::EngineFault;
use crate::{
    inventory::{Value, Vault, document},
    stop::{Kept, Stop, Undo},
};

/// The most that is copied.
const MAX_FILES: usize = 50_000;
const MAX_BYTES: u64 = 512 * 1024 * 1024;

/// The largest file that is searched for secrets, in bytes.
const MAX_TEXT: u64 = 1024 * 1024;

/// The mode of a directory that its owner may fill and empty.
const OPEN: u32 = 0o700;

/// What Ansible looks for in the directory where it is started.
const SURROUNDINGS: [&str; 5] = ["ansible.cfg", "group_vars", "host_vars", "collections", "plugins"];

/// The copies, in a directory that only this user can enter and that goes with this value.
pub(super) struct Copy {
    directory: TempDir,
    /// Who ends the program at once removes it, too; dropped after it.
    _kept: Kept,
    /// Originals and their copies.
    trees: Vec<(PathBuf, PathBuf)>,
    /// Directories of copies, and of what they are in messages.
    names: Vec<(PathBuf, PathBuf)>,
    /// Directories that their owner may not fill or empty.
    locked: Vec<PathBuf>,
    /// How many files and bytes may still be copied.
    files: usize,
    bytes: u64,
}

impl Drop for Copy {
    /// Opens what is locked, so that everything can go.
    fn drop(&mut self) {
        for directory in &self.locked {
            let _ = fs::set_permissions(directory, fs::Permissions::from_mode(OPEN));
        }
    }
}

impl Copy {
    pub(super) fn new(stop: &Stop) -> Result<Self, EngineFault> {
        let make = || {
            let directory = tempfile::Builder::new().prefix("hpf").tempdir()?;
            let undo = Undo::Path(directory.path().to_path_buf());
            Ok((directory, undo))
        };
        let (directory, kept) = stop.keep(make).map_err(|error| EngineFault::copy(&std::env::temp_dir(), &error))?;
        Ok(Self {
            directory,
            _kept: kept,
            trees: Vec::new(),
            names: Vec::new(),
            locked: Vec::new(),
            files: MAX_FILES,
            bytes: MAX_BYTES,
        })
    }

    /// The directory of all copies.
    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Copies a directory and returns where the copy is.
    pub(super) fn add(&mut self, original: &Path) -> Result<PathBuf, EngineFault> {
        let original = fs::canonicalize(original).map_err(|error| EngineFault::copy(original, &error))?;
        let target = self.target(&original)?;
        self.tree(&original, &target)?;
        self.trees.push((original, target.clone()));
        Ok(target)
    }

    /// A directory with only what Ansible looks for where it is started.
    pub(super) fn surroundings(&mut self, original: &Path) -> Result<PathBuf, EngineFault> {
        let target = self.target(original)?;
        fs::create_dir(&target).map_err(|error| EngineFault::copy(original, &error))?;
        for name in SURROUNDINGS {
            let from = original.join(name);
            if from.is_dir() {
                self.tree(&from, &target.join(name))?;
            } else if from.exists() {
                self.entry(original, &from, &target.join(name))?;
            }
        }
        keep_mode(original, &target)?;
        Ok(target)
    }

    /// Where a copy of the same name will be. The part before the name has nothing at which Ansible would break a line.
    fn target(&mut self, original: &Path) -> Result<PathBuf, EngineFault> {
        let fresh = self.scratch()?;
        let target = fresh.join(original.file_name().unwrap_or("root".as_ref()));
        self.names.push((original.parent().unwrap_or(original).to_path_buf(), fresh));
        Ok(target)
    }

    /// An empty directory.
    pub(super) fn scratch(&self) -> Result<PathBuf, EngineFault> {
        let fresh = tempfile::Builder::new().prefix("").tempdir_in(self.directory.path());
        fresh.map(TempDir::keep).map_err(|error| EngineFault::copy(self.directory.path(), &error))
    }

    /// Where the copy of a file or directory is; copies the directory around it where there is none yet.
    pub(super) fn of(&mut self, original: &Path) -> Result<PathBuf, EngineFault> {
        match self.known(original) {
            Some(copy) => Ok(copy),
            None if original.is_dir() => self.add(original),
            None => {
                let (parent, name) = (original.parent(), original.file_name());
                let parent = self.add(parent.unwrap_or(Path::new("/")))?;
                Ok(name.map_or(parent.clone(), |name| parent.join(name)))
            }
        }
    }

    /// The same for a directory.
    pub(super) fn of_directory(&mut self, original: &Path) -> Result<PathBuf, EngineFault> {
        self.known(original).map_or_else(|| self.add(original), Ok)
    }

    /// The copy of what is below a tree that was copied.
    pub(super) fn known(&self, original: &Path) -> Option<PathBuf> {
        let found = self.trees.iter().find_map(|(from, to)| Some((original.strip_prefix(from).ok()?, to)));
        found.map(|(rest, to)| if rest.as_os_str().is_empty() { to.clone() } else { to.join(rest) })
    }

    /// The same for JSON, where variables say where they come from.
    pub(super) fn renamed_json(&self, text: &str) -> String {
        let quoted = |path: &Path| {
            let json = serde_json::Value::from(path.to_string_lossy()).to_string();
            json.trim_matches('"').to_owned()
        };
        self.names.iter().fold(text.to_owned(), |text, (original, copy)| text.replace(&quoted(copy), &quoted(original)))
    }

    /// A text in which the copies' names are the originals'.
    pub(super) fn renamed(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (original, copy)| {
            text.replace(&*copy.to_string_lossy(), &original.to_string_lossy())
        })
    }

    /// Makes known what looks like a secret in the files: the program may quote any of them.
    pub(super) fn tell_secrets(&self, vault: &Vault) {
        for file in self.files_below() {
            if fs::metadata(&file).is_ok_and(|about| about.len() <= MAX_TEXT)
                && let Ok(bytes) = document::load(&file)
                && bytes.text().is_ok()
            {
                bytes.tell_secrets(vault);
            }
        }
    }

    /// The variables in files that are encrypted as a whole, as far as they can be opened.
    pub(super) fn vaulted_variables(&self, vault: &Vault) -> Vec<(String, Value)> {
        if !vault.has_passwords() {
            return Vec::new();
        }
        self.files_below().iter().flat_map(|file| document::vaulted_variables(file, vault)).collect()
    }

    fn files_below(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut waiting = vec![self.directory.path().to_path_buf()];
        while let Some(directory) = waiting.pop() {
            for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => waiting.push(entry.path()),
                    Ok(kind) if kind.is_file() => found.push(entry.path()),
                    _ => {}
                }
            }
        }
        found
    }

    fn tree(&mut self, original: &Path, target: &Path) -> Result<(), EngineFault> {
        let mut waiting = vec![(original.to_path_buf(), target.to_path_buf())];
        let mut made = Vec::new();
        let own = fs::canonicalize(self.directory.path()).unwrap_or_default();
        while let Some((from, to)) = waiting.pop() {
            let Some(entries) = readable(&from, fs::read_dir(&from))? else { continue };
            fs::create_dir(&to).map_err(|error| EngineFault::copy(&from, &error))?;
            for entry in entries {
                let entry = entry.map_err(|error| EngineFault::copy(&from, &error))?;
                let kind = entry.file_type().map_err(|error| EngineFault::copy(&entry.path(), &error))?;
                let target = to.join(entry.file_name());
                // The copies may lie below what is copied: somebody works in the directory of temporary files.
                if entry.file_name() == ".git" || entry.path() == own {
                    continue;
                }
                if kind.is_dir() {
                    waiting.push((entry.path(), target));
                } else {
                    self.entry(original, &entry.path(), &target)?;
                }
            }
            made.push((from, to));
        }
        // Last, so that a directory which nobody may write to can be filled.
        for (from, to) in made.iter().rev() {
            keep_mode(from, to)?;
        }
        let locked = |to: &&PathBuf| to.metadata().is_ok_and(|metadata| metadata.permissions().mode() & OPEN != OPEN);
        self.locked.extend(made.iter().map(|(_, to)| to).filter(locked).cloned());
        Ok(())
    }

    /// Copies a file or a link; sockets and devices are nobody's inventory.
    fn entry(&mut self, root: &Path, from: &Path, to: &Path) -> Result<(), EngineFault> {
        let fail = |error: io::Error| EngineFault::copy(from, &error);
        let metadata = from.symlink_metadata().map_err(fail)?;
        let too_many = || EngineFault::TooManyFiles { path: root.to_path_buf(), limit: MAX_FILES };
        self.files = self.files.checked_sub(1).ok_or_else(too_many)?;
        if metadata.is_symlink() {
            return fs::read_link(from).and_then(|link| symlink(link, to)).map_err(fail);
        }
        if !metadata.is_file() {
            return Ok(());
        }
        let too_large = || EngineFault::TooLarge { path: root.to_path_buf(), limit: MAX_BYTES };
        self.bytes = self.bytes.checked_sub(metadata.len()).ok_or_else(too_large)?;
        readable(from, fs::copy(from, to)).map(|_| ())
    }
}

/// What this user may not read, Ansible cannot read either: it is left out.
fn readable<T>(path: &Path, result: io::Result<T>) -> Result<Option<T>, EngineFault> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(None),
        Err(error) => Err(EngineFault::copy(path, &error)),
    }
}

fn keep_mode(from: &Path, to: &Path) -> Result<(), EngineFault> {
    let kept = fs::metadata(from).and_then(|metadata| fs::set_permissions(to, metadata.permissions()));
    kept.map_err(|error| EngineFault::copy(from, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory with a file of each kind.
    fn original() -> TempDir {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        for inner in [".git", "closed", "deep/er"] {
            fs::create_dir_all(at(inner)).expect("writable");
        }
        for file in [".git/config", "closed/file", "deep/er/file", "script"] {
            fs::write(at(file), "text").expect("writable");
        }
        symlink("deep/er/file", at("link")).expect("writable");
        symlink("nowhere", at("dangling")).expect("writable");
        std::os::unix::net::UnixListener::bind(at("socket")).expect("writable");
        for (name, mode) in [("script", 0o750), ("closed", 0o500), ("deep", 0o777)] {
            fs::set_permissions(at(name), fs::Permissions::from_mode(mode)).expect("ours");
        }
        directory
    }

    #[test]
    fn a_copy_is_like_the_original_and_goes() {
        let original = original();
        let mut copy = Copy::new(&Stop::default()).expect("a copy");
        let target = copy.add(original.path()).expect("copied");
        let mode = |name: &str| target.join(name).metadata().map(|metadata| metadata.permissions().mode() & 0o777);
        assert_eq!(mode("script").ok(), Some(0o750));
        assert_eq!(mode("closed").ok(), Some(0o500));
        assert_eq!(mode("deep").ok(), Some(0o777));
        assert_eq!(fs::read_link(target.join("link")).ok(), Some(PathBuf::from("deep/er/file")));
        assert_eq!(fs::read_to_string(target.join("link")).ok().as_deref(), Some("text"));
        assert!(target.join("dangling").symlink_metadata().is_ok());
        assert!(!target.join(".git").exists() && !target.join("socket").exists());
        let inside = original.path().canonicalize().expect("there").join("deep/er");
        assert_eq!(copy.known(&inside), Some(target.join("deep/er")));
        let renamed = copy.renamed(&format!("in {}:", target.join("script").display()));
        let script = original.path().canonicalize().expect("there").join("script");
        assert_eq!(renamed, format!("in {}:", script.display()));
        let whole = copy.path().to_path_buf();
        drop(copy);
        assert!(!whole.exists(), "the directory that nobody may empty is gone, too");
    }

    #[test]
    fn a_copy_that_lies_below_its_original_does_not_hold_itself() {
        let mut copy = Copy::new(&Stop::default()).expect("a copy");
        let outer = original();
        copy.directory = tempfile::tempdir_in(outer.path()).expect("writable");
        let target = copy.add(outer.path()).expect("copied");
        assert!(target.join("script").exists());
        assert!(!target.join(copy.path().file_name().expect("a name")).exists());
    }

    #[test]
    fn too_much_is_refused() {
        let original = original();
        let path = original.path().canonicalize().expect("there");
        let (mut few, mut small) =
            (Copy::new(&Stop::default()).expect("a copy"), Copy::new(&Stop::default()).expect("a copy"));
        (few.files, small.bytes) = (2, 5);
        let few = few.add(&path);
        assert_eq!(few, Err(EngineFault::TooManyFiles { path: path.clone(), limit: MAX_FILES }));
        let small = small.add(&path);
        assert_eq!(small, Err(EngineFault::TooLarge { path, limit: MAX_BYTES }));
    }
}
