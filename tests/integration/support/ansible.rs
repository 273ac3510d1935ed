//! The real Ansible and hive-builder, which `tests/setup.sh` installs.

use std::{
    env,
    path::{Path, PathBuf},
};

/// A program of the real Ansible or hive-builder: in `$HIVE_PREFLIGHT_ANSIBLE`, a bin directory, else where
/// `tests/setup.sh` puts it.
pub(crate) fn ansible(program: &str) -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/ansible/bin");
    let named = env::var_os("HIVE_PREFLIGHT_ANSIBLE").map(PathBuf::from);
    let mut candidates = named.into_iter().chain([own]).map(|directory| directory.join(program));
    candidates
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("`{program}` of the real Ansible is not there: run tests/setup.sh"))
}
