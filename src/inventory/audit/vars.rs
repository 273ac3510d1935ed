//! Variables files that nobody reads, because there is no group or host of their name.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Finding, Rule};
use crate::{
    inventory::{
        document,
        files::{VarsDirectory, list},
        merge::Bases,
        structure::Builder,
        tree::Mark,
    },
    location::Location,
    nearest::nearest,
};

/// The endings of a variables file.
const EXTENSIONS: [&str; 3] = ["yml", "yaml", "json"];

pub(super) fn findings(builder: &Builder, bases: &Bases) -> Vec<Finding> {
    let mut findings = Vec::new();
    for base in bases.meant() {
        for of in [VarsDirectory::Group, VarsDirectory::Host] {
            findings.extend(unused(builder, base, of));
        }
    }
    findings
}

fn unused(builder: &Builder, base: &Path, of: VarsDirectory) -> Vec<Finding> {
    let directory = base.join(of.name());
    let mut entries: Vec<OsString> = list(&directory).into_iter().flatten().collect();
    entries.sort_unstable();
    let mut others = None;
    let mut findings = Vec::new();
    for entry in entries {
        let path = directory.join(&entry);
        let Some(name) = name(&path) else { continue };
        let (groups, hosts) = (builder.groups.contains_key(name.as_str()), builder.hosts.contains_key(name.as_str()));
        let (used, elsewhere) = match of {
            VarsDirectory::Group => (groups, hosts),
            VarsDirectory::Host => (hosts, groups),
        };
        // Another inventory in the same directory shares the files.
        let shared =
            |others: &mut Option<String>| others.get_or_insert_with(|| neighbours(base)).contains(name.as_str());
        if !used && !shared(&mut others) {
            findings.push(finding(builder, of, &path, &name, elsewhere));
        }
    }
    findings
}

/// The group or host that a file is for; nothing for what Ansible does not look for.
fn name(path: &Path) -> Option<String> {
    let file = path.file_name()?.to_str()?;
    let ignored = file.starts_with('.') || file.ends_with('~');
    let extension = path.extension().and_then(|extension| extension.to_str());
    let name = match extension {
        Some(extension) if EXTENSIONS.contains(&extension) => path.file_stem()?.to_str()?,
        // A host's name has dots of its own.
        _ => file,
    };
    let other_kind = extension.is_some_and(|found| OTHER_KINDS.contains(&found)) && path.is_file();
    (!ignored && !other_kind).then(|| name.to_owned())
}

/// Endings that say that a file is no variables file and no host's name.
const OTHER_KINDS: [&str; 12] =
    ["md", "txt", "rst", "bak", "orig", "example", "sample", "dist", "j2", "swp", "rpmsave", "rpmnew"];

/// How much of a neighbour is looked at.
const NEIGHBOUR_LIMIT: u64 = 1024 * 1024;

/// The texts of the files beside a source, all of them: whoever is named in one is known to another inventory.
fn neighbours(base: &Path) -> String {
    let directory = if base == Path::new("") { Path::new(".") } else { base };
    let entries = fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
    let files = entries
        .map(|entry| entry.path())
        .filter(|path| path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() <= NEIGHBOUR_LIMIT));
    files.filter_map(|path| fs::read_to_string(path).ok()).collect()
}

fn finding(builder: &Builder, of: VarsDirectory, path: &Path, name: &str, elsewhere: bool) -> Finding {
    let near = match of {
        VarsDirectory::Group => nearest(name, builder.groups.keys().map(crate::inventory::GroupName::as_str)),
        VarsDirectory::Host => nearest(name, builder.hosts.keys().map(crate::inventory::HostName::as_str)),
    };
    let path = PathBuf::from(path);
    let finding = Finding::nowhere(Rule::UnusedVars, path.display().to_string())
        .fact("file", path.display().to_string())
        .fact("name", name)
        .fact("directory", of.name())
        .fact("elsewhere", elsewhere)
        .fact("near", near.unwrap_or_default());
    let first = Mark { line: 1, column: 1 };
    let line = path.is_file().then(|| document::load(&path).ok()?.tolerant().line(first.line)).flatten();
    let location = path.is_file().then(|| Location { file: Arc::new(path), line: first.line, column: first.column });
    Finding { location, line: line.filter(|line| !line.contains(':')), ..finding }
}
