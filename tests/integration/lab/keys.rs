//! The key that opens every account of the lab, made for each run.

use std::{path::Path, path::PathBuf, process::Command};

use super::command::run;

/// A key pair in files of its own.
#[derive(Debug)]
pub(crate) struct Keys {
    directory: tempfile::TempDir,
    public: String,
}

impl Keys {
    /// Makes a new pair.
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let private = directory.path().join("id_ed25519");
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-t", "ed25519", "-N", "", "-C", "hive-preflight test lab", "-f"]).arg(&private);
        run(&mut command, "").expect_ok("ssh-keygen");
        let public = read(&private.with_extension("pub"));
        Self { directory, public: public.trim().to_owned() }
    }

    /// The private key's file.
    pub(crate) fn private_file(&self) -> PathBuf {
        self.directory.path().join("id_ed25519")
    }

    /// The private key's text.
    pub(crate) fn private(&self) -> String {
        read(&self.private_file())
    }

    /// The public key, as a line of `authorized_keys`.
    pub(crate) fn public(&self) -> &str {
        &self.public
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}
