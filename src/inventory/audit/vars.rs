//! Variables files that nobody reads, because there is no group or host of their name.

use std::{
    collections::HashSet,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Finding, Rule};
use crate::{
    inventory::{
        address, document,
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

pub(super) fn findings(builder: &Builder, bases: &Bases, sources: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for base in bases.meant() {
        for of in [VarsDirectory::Group, VarsDirectory::Host] {
            findings.extend(unused(builder, base, of, sources));
        }
    }
    findings
}

fn unused(builder: &Builder, base: &Path, of: VarsDirectory, sources: &[String]) -> Vec<Finding> {
    let directory = base.join(of.name());
    let mut entries: Vec<OsString> = list(&directory).into_iter().flatten().collect();
    entries.sort_unstable();
    let mut others: Option<HashSet<String>> = None;
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
        if !used && !others.get_or_insert_with(|| neighbours(base, sources)).contains(&name) {
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

/// The names in the files beside a source that are no sources themselves: whoever is named there may be known to another
/// inventory. Of a directory every file is a source.
fn neighbours(base: &Path, sources: &[String]) -> HashSet<String> {
    let directory = if base == Path::new("") { Path::new(".") } else { base };
    let is_source = |path: &Path| sources.iter().any(|source| same(Path::new(source), path));
    if is_source(directory) {
        return HashSet::new();
    }
    let entries = fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
    let files = entries.map(|entry| entry.path()).filter(|path| {
        let small = |metadata: fs::Metadata| metadata.is_file() && metadata.len() <= NEIGHBOUR_LIMIT;
        path.metadata().is_ok_and(small) && !is_source(path)
    });
    let texts = files.filter_map(|path| fs::read_to_string(path).ok());
    texts.flat_map(|text| text.split_whitespace().flat_map(words).collect::<Vec<_>>()).collect()
}

fn same(one: &Path, other: &Path) -> bool {
    fs::canonicalize(one).ok().zip(fs::canonicalize(other).ok()).is_some_and(|(one, other)| one == other)
}

/// What could be a name in a word of an inventory, ranges included.
fn words(word: &str) -> Vec<String> {
    let inner = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let range = word.trim_end_matches(':').trim_matches('"');
    let hosts = if range.contains('[') { address::expand(range).ok() } else { None };
    let plain = word.split(|c| !inner(c)).filter(|word| !word.is_empty()).map(str::to_owned);
    plain.chain(hosts.into_iter().flat_map(|written| written.hosts)).collect()
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
