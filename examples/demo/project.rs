//! The hive-builder project that the demo checks: the files of `project/`, with the fleet's ports and keys put in.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use include_dir::{Dir, include_dir};

use crate::{
    fleet::{Fleet, Host},
    story::{MOTHER, PROJECT_ON_MOTHER},
};

static PROJECT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/examples/demo/project");

/// Writes the project into the mother's root directory and tells where it is.
///
/// # Errors
/// A file cannot be written.
pub(crate) fn write(fleet: &Fleet) -> io::Result<PathBuf> {
    let mother = fleet.host(MOTHER).ok_or(io::ErrorKind::NotFound)?;
    let root = mother.spec.root.join(PROJECT_ON_MOTHER.trim_start_matches('/'));
    let context = root.join(".hive/private");
    fs::create_dir_all(&context)?;
    PROJECT.extract(&root)?;
    fill_in(&root.join("inventory/group_vars/mother.yml"), mother, &root)?;
    write_key(&context.join("id_rsa"), &fleet.key.private_file()?)?;
    fs::write(context.join("id_rsa.pub"), format!("{}\n", fleet.key.public()))?;
    fs::write(context.join("known_hosts"), fleet.known_hosts())?;
    let servers = fleet.hosts.iter().filter(|host| host.spec.name != MOTHER);
    fs::write(context.join("ssh_config"), servers.map(|host| ssh_config(host, &context)).collect::<String>())?;
    Ok(root)
}

fn fill_in(file: &Path, mother: &Host, root: &Path) -> io::Result<()> {
    let text = fs::read_to_string(file)?;
    let text = text.replace("@MOTHER_PORT@", &mother.port.to_string()).replace("@PROJECT@", &root.to_string_lossy());
    fs::write(file, text)
}

fn write_key(file: &Path, text: &str) -> io::Result<()> {
    fs::write(file, text)?;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600))
}

/// A host's block as `hive build-infra` writes it.
fn ssh_config(host: &Host, context: &Path) -> String {
    let (name, user, port, context) = (&host.spec.name, host.spec.user, host.port, context.display());
    format!(
        "Host {name}\n  HostName 127.0.0.1\n  User {user}\n  Port {port}\n  UserKnownHostsFile {context}/known_hosts\n  \
         StrictHostKeyChecking yes\n  PasswordAuthentication no\n  IdentityFile {context}/id_rsa\n  IdentitiesOnly yes\n  \
         LogLevel FATAL\n"
    )
}
