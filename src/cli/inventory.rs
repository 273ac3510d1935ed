//! `hive-preflight inventory`: shows the inventory as it is read, in the words of `ansible-inventory`.

use std::{
    collections::{BTreeMap, HashSet},
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use super::{
    args::{InventoryArgs, SourceArgs},
    exit,
};
use crate::inventory::{GroupName, Host, HostName, Inventory, LoadOptions, Loaded, Pattern, Value, load};

/// Runs the subcommand.
pub(super) fn run(args: &InventoryArgs) -> ExitCode {
    let loaded = match load(&options(&args.source)) {
        Ok(loaded) => loaded,
        Err(errors) => {
            for problem in &errors.problems {
                complain(&format!("error: {problem}"));
            }
            complain(&format!("error: {errors}"));
            return ExitCode::from(exit::USAGE);
        }
    };
    for warning in &loaded.warnings {
        complain(&format!("warning: {warning}"));
    }
    match select(&loaded, args.source.limit.as_deref()) {
        Ok(hosts) => print(args, &loaded.inventory, &hosts),
        Err(message) => {
            complain(&format!("error: {message}"));
            ExitCode::from(exit::USAGE)
        }
    }
}

/// What the inventory stage needs of the command line.
pub(super) fn options(source: &SourceArgs) -> LoadOptions {
    LoadOptions {
        sources: source.inventory.clone(),
        root: source.root.clone(),
        stage: source.stage.clone(),
        playbook_dir: source.playbook_dir.clone(),
        script_timeout: Some(Duration::from_secs(u64::from(source.inventory_timeout))),
    }
}

/// The hosts of `--limit`; all without one.
fn select<'a>(loaded: &'a Loaded, limit: Option<&str>) -> Result<Vec<&'a Host>, String> {
    let text = limit.unwrap_or_default();
    let pattern = Pattern::limit(text).map_err(|error| error.to_string())?;
    let selection = loaded.inventory.try_select(&pattern).map_err(|error| error.to_string())?;
    for part in &selection.unmatched {
        complain(&format!("warning: no group and no host matches `{part}`"));
    }
    if selection.hosts.is_empty() && !text.is_empty() {
        return Err(format!("`--limit {text}` leaves no hosts"));
    }
    Ok(selection.hosts)
}

fn print(args: &InventoryArgs, inventory: &Inventory, hosts: &[&Host]) -> ExitCode {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let result = if args.list { list(&mut out, inventory, hosts) } else { names(&mut out, hosts) };
    match result.and_then(|()| out.flush()) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format!("error: cannot write: {error}"));
            ExitCode::from(exit::UNKNOWN)
        }
        _ => ExitCode::from(exit::CLEAN),
    }
}

fn complain(message: &str) {
    // There is nowhere to tell that standard error is gone.
    let _ = writeln!(io::stderr().lock(), "{message}");
}

fn names(out: &mut impl Write, hosts: &[&Host]) -> io::Result<()> {
    hosts.iter().try_for_each(|host| writeln!(out, "{}", host.name))
}

/// The shape of `ansible-inventory --list`: groups that have something, then everything about the hosts.
fn list(out: &mut impl Write, inventory: &Inventory, hosts: &[&Host]) -> io::Result<()> {
    let shown: HashSet<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
    let mut groups: BTreeMap<&str, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for (name, group) in &inventory.groups {
        let mut members: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let of_group = group.hosts.iter().map(HostName::as_str).filter(|host| shown.contains(host));
        if name.as_str() != "all" {
            members.insert("hosts", of_group.collect());
        }
        members.insert("children", group.children.iter().map(GroupName::as_str).collect());
        members.retain(|_, names| !names.is_empty());
        if !members.is_empty() {
            groups.insert(name.as_str(), members);
        }
    }
    let vars: BTreeMap<&str, &Host> =
        hosts.iter().filter(|host| !host.vars.is_empty()).map(|host| (host.name.as_str(), *host)).collect();
    write_list(out, &groups, &vars)
}

fn write_list(
    out: &mut impl Write,
    groups: &BTreeMap<&str, BTreeMap<&str, Vec<&str>>>,
    hosts: &BTreeMap<&str, &Host>,
) -> io::Result<()> {
    write!(out, "{{\n    \"_meta\": {{\n        \"hostvars\": {{")?;
    for (index, (name, host)) in hosts.iter().enumerate() {
        separate(out, index, 3)?;
        write_text(out, name)?;
        out.write_all(b": ")?;
        let vars: BTreeMap<&str, &Value> = host.vars.iter().map(|(name, var)| (name.as_str(), &var.value)).collect();
        write_map(out, vars.into_iter(), 3)?;
    }
    write!(out, "{}\n    }}", if hosts.is_empty() { "}" } else { "\n        }" })?;
    for (name, members) in groups {
        write!(out, ",\n    ")?;
        write_text(out, name)?;
        write!(out, ": {{")?;
        for (index, (kind, names)) in members.iter().enumerate() {
            separate(out, index, 2)?;
            write!(out, "\"{kind}\": [")?;
            let names: Vec<Value> = names.iter().map(|name| Value::String((*name).to_owned())).collect();
            write_items(out, &names, 2)?;
        }
        write!(out, "\n    }}")?;
    }
    writeln!(out, "\n}}")
}

fn separate(out: &mut impl Write, index: usize, depth: usize) -> io::Result<()> {
    write!(out, "{}\n{:indent$}", if index > 0 { "," } else { "" }, "", indent = depth * 4)
}

fn write_text(out: &mut impl Write, text: &str) -> io::Result<()> {
    serde_json::to_writer(out, text).map_err(io::Error::from)
}

fn write_value(out: &mut impl Write, value: &Value, depth: usize) -> io::Result<()> {
    match value {
        Value::Null => out.write_all(b"null"),
        Value::Bool(value) => write!(out, "{value}"),
        Value::Int(value) => write!(out, "{value}"),
        Value::BigInt(digits) => out.write_all(digits.as_bytes()),
        Value::Float(value) if value.is_nan() => out.write_all(b"NaN"),
        Value::Float(value) if value.is_infinite() => {
            out.write_all(if *value > 0.0 { b"Infinity" } else { b"-Infinity" })
        }
        Value::Float(value) => write!(out, "{value:?}"),
        Value::String(text) => write_text(out, text),
        Value::Unsafe(text) => write_marked(out, "__ansible_unsafe", text, depth),
        Value::Vault(text) => write_marked(out, "__ansible_vault", text, depth),
        Value::List(list) => {
            out.write_all(b"[")?;
            write_items(out, list, depth)
        }
        Value::Map(map) => {
            let sorted: BTreeMap<&str, &Value> = map.iter().map(|(name, value)| (name.as_str(), value)).collect();
            write_map(out, sorted.into_iter(), depth)
        }
    }
}

fn write_marked(out: &mut impl Write, marker: &'static str, text: &str, depth: usize) -> io::Result<()> {
    write_map(out, std::iter::once((marker, &Value::String(text.to_owned()))), depth)
}

/// The rest of a list whose bracket is open.
fn write_items(out: &mut impl Write, list: &[Value], depth: usize) -> io::Result<()> {
    for (index, value) in list.iter().enumerate() {
        separate(out, index, depth + 1)?;
        write_value(out, value, depth + 1)?;
    }
    close(out, list.is_empty(), depth, ']')
}

fn write_map<'a>(
    out: &mut impl Write,
    entries: impl ExactSizeIterator<Item = (&'a str, &'a Value)>,
    depth: usize,
) -> io::Result<()> {
    let empty = entries.len() == 0;
    out.write_all(b"{")?;
    for (index, (name, value)) in entries.enumerate() {
        separate(out, index, depth + 1)?;
        write_text(out, name)?;
        out.write_all(b": ")?;
        write_value(out, value, depth + 1)?;
    }
    close(out, empty, depth, '}')
}

fn close(out: &mut impl Write, empty: bool, depth: usize, bracket: char) -> io::Result<()> {
    if empty { write!(out, "{bracket}") } else { write!(out, "\n{:indent$}{bracket}", "", indent = depth * 4) }
}
