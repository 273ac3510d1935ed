//! Root directories of the simulated hosts, in layers: `roots/common`, `roots/server`, `roots/<host>`, and this machine's
//! plain tools.

use std::{
    env, fs, io,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use include_dir::{Dir, DirEntry, include_dir};

use crate::{fleet::Host, story::MOTHER};

static ROOTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/examples/demo/roots");

/// What a host has beside the stand-ins: programs of this machine that tell nothing of this machine's own state.
const TOOLS: [&str; 56] = [
    "[", "awk", "base64", "basename", "cat", "chmod", "cksum", "cp", "cut", "date", "dd", "df", "dirname", "echo",
    "egrep", "env", "expr", "false", "fgrep", "find", "flock", "fold", "grep", "gzip", "head", "kill", "ln", "ls",
    "mkdir", "mktemp", "mv", "nl", "od", "paste", "printf", "readlink", "rm", "rmdir", "sed", "seq", "setsid", "sleep",
    "sort", "stat", "tail", "tee", "test", "timeout", "touch", "tr", "true", "uname", "uniq", "wc", "which", "xargs",
];

/// Writes `host`'s root directory, below `lab`.
///
/// # Errors
/// A file cannot be written.
pub(crate) fn write(lab: &Path, host: &Host) -> io::Result<()> {
    let root = &host.spec.root;
    for directory in ["usr/bin", "usr/sbin", "var/tmp/hive", "var/run", "etc", "proc"] {
        fs::create_dir_all(root.join(directory))?;
    }
    fs::create_dir_all(root.join("home").join(host.spec.user))?;
    symlink("usr/bin", root.join("bin"))?;
    symlink("usr/sbin", root.join("sbin"))?;
    let servers = (host.spec.name != MOTHER).then_some("server");
    for layer in [Some("common"), servers, Some(host.spec.name.as_str())].into_iter().flatten() {
        if let Some(files) = ROOTS.get_dir(layer) {
            write_files(files, layer, lab, root)?;
        }
    }
    link_tools(&root.join("usr/bin"))
}

/// Links this machine's tools; after the stand-ins are written, so that nothing is ever written through a link.
fn link_tools(bin: &Path) -> io::Result<()> {
    for tool in TOOLS {
        let link = bin.join(tool);
        if let (false, Some(program)) = (link.exists(), find_program(tool)) {
            symlink(program, link)?;
        }
    }
    Ok(())
}

fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let directories = env::split_paths(&path).chain(["/usr/bin", "/bin"].map(PathBuf::from));
    directories.map(|directory| directory.join(name)).find(|program| program.is_file())
}

fn write_files(files: &Dir<'_>, layer: &str, lab: &Path, root: &Path) -> io::Result<()> {
    for entry in files.entries() {
        match entry {
            DirEntry::Dir(directory) => write_files(directory, layer, lab, root)?,
            DirEntry::File(file) => {
                let target = root.join(file.path().strip_prefix(layer).map_err(io::Error::other)?);
                write_file(&target, file.contents(), lab, root)?;
            }
        }
    }
    Ok(())
}

/// Writes one file, with `@LAB@` and `@ROOT@` in it replaced; programs become executable.
fn write_file(target: &Path, contents: &[u8], lab: &Path, root: &Path) -> io::Result<()> {
    let text = String::from_utf8_lossy(contents);
    let text = text.replace("@LAB@", &lab.to_string_lossy()).replace("@ROOT@", &root.to_string_lossy());
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(target, text)?;
    let is_program = target.parent().is_some_and(|parent| parent.ends_with("bin") || parent.ends_with("sbin"));
    fs::set_permissions(target, fs::Permissions::from_mode(if is_program { 0o755 } else { 0o644 }))
}
