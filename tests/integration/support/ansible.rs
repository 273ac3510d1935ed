//! The real Ansible, which `tests/setup.sh` installs.

use std::{
    env,
    path::{Path, PathBuf},
};

/// A program of the real Ansible: in the directory that `HIVE_PREFLIGHT_ANSIBLE` names, else where `tests/setup.sh` puts it.
pub(crate) fn ansible(program: &str) -> PathBuf {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/ansible/bin");
    let places: Vec<PathBuf> =
        env::var_os("HIVE_PREFLIGHT_ANSIBLE").map(PathBuf::from).into_iter().chain([installed]).collect();
    let found = places.iter().map(|place| place.join(program)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("`{program}` is in none of {places:?}: run tests/setup.sh, which installs Ansible"))
}
