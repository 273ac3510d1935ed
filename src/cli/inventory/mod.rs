//! `hive-preflight inventory`: shows the inventory as it is read, in the words of `ansible-inventory`.

mod explain;
mod graph;
mod list;
mod yaml;

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use super::{
    args::{EngineArg, InventoryArgs, SourceArgs},
    exit, out,
    run::Refused,
    ui::Ui,
    vault,
};
use crate::{
    inventory::{Engine, Host, Inventory, LoadOptions, Loaded, Origins, Pattern, load_with_origins},
    nearest::nearest,
    text::Text,
    trust::Scripts,
};

/// Runs the subcommand.
pub(super) fn run(args: &InventoryArgs, ui: Ui) -> ExitCode {
    match prepare(args, ui) {
        Ok(text) => exit::after_output(out::print_bytes(&text), exit::CLEAN),
        Err(Refused) => ExitCode::from(exit::USAGE),
    }
}

/// What is asked for, as it is printed.
fn prepare(args: &InventoryArgs, ui: Ui) -> Result<Vec<u8>, Refused> {
    let (mut loaded, mut origins) =
        load_with_origins(&vault::options(&args.source, ui)?).map_err(|errors| ui.inventory(&errors))?;
    for warning in &loaded.warnings {
        ui.inventory_warning(warning);
    }
    if !args.show_secrets {
        loaded.inventory = loaded.inventory.without_secrets(ui.redactor());
    }
    let hosts = select(&loaded, args.source.limit.as_deref(), ui)?;
    let mut text = Vec::new();
    show(args, &loaded.inventory, &hosts, &mut origins, ui, &mut text)?;
    Ok(text)
}

fn show(
    args: &InventoryArgs,
    inventory: &Inventory,
    hosts: &[&Host],
    origins: &mut Origins,
    ui: Ui,
    text: &mut Vec<u8>,
) -> Result<(), Refused> {
    let told = |error: Unknown| ui.error(&error);
    let written = match args {
        InventoryArgs { explain, .. } if !explain.is_empty() => {
            let question = explain::Question { host: one(hosts, &explain[0]).map_err(told)?, variable: explain.get(1) };
            let redactor = (!args.show_secrets).then(|| ui.redactor());
            text.extend(explain::explain(&question, origins, redactor, ui.lang()).map_err(told)?.into_bytes());
            Ok(())
        }
        InventoryArgs { host: Some(name), yaml: true, .. } => yaml::host(text, one(hosts, name).map_err(told)?),
        InventoryArgs { host: Some(name), .. } => list::host(text, one(hosts, name).map_err(told)?),
        InventoryArgs { yaml: true, .. } => yaml::list(text, inventory, hosts),
        InventoryArgs { list: true, .. } => list::list(text, inventory, hosts),
        InventoryArgs { hosts: true, .. } => names(text, hosts),
        InventoryArgs { graph, .. } => {
            let group = graph.as_deref().unwrap_or("all");
            graph::graph(text, inventory, hosts, group).map_err(told)?;
            Ok(())
        }
    };
    written.map_err(|error| ui.error(&error))
}

/// A name on the command line that nothing has.
#[derive(Debug, thiserror::Error)]
#[error("there is no {what} `{name}`{}{}", of.as_ref().map(|host| format!(" of host `{host}`")).unwrap_or_default(), nearest.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default())]
struct Unknown {
    what: &'static str,
    name: String,
    /// The host whose variable it would be.
    of: Option<String>,
    nearest: Option<String>,
}

impl Unknown {
    fn new<'a>(what: &'static str, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        Self { what, name: name.to_owned(), of: None, nearest: nearest(name, candidates).map(str::to_owned) }
    }
}

/// Whether code of the project may run.
pub(super) fn scripts(source: &SourceArgs) -> Scripts {
    if source.no_scripts { Scripts::Refused } else { Scripts::Allowed }
}

/// What the inventory stage needs of the command line, but for passwords.
pub(super) fn options(source: &SourceArgs) -> LoadOptions {
    LoadOptions {
        sources: source.inventory.clone(),
        root: source.root.clone(),
        stage: source.stage.clone(),
        playbook_dir: source.playbook_dir.clone(),
        engine: match source.inventory_engine {
            EngineArg::Auto => Engine::Auto,
            EngineArg::Native => Engine::Native,
            EngineArg::Ansible => Engine::Ansible,
        },
        scripts: scripts(source),
        script_timeout: Some(Duration::from_secs(u64::from(source.inventory_timeout))),
        ..LoadOptions::default()
    }
}

/// The hosts of `--limit`; all without one.
fn select<'a>(loaded: &'a Loaded, limit: Option<&str>, ui: Ui) -> Result<Vec<&'a Host>, Refused> {
    let text = limit.unwrap_or_default();
    let pattern = Pattern::limit(text).map_err(|error| ui.error(&error))?;
    let selection = loaded.inventory.try_select(&pattern).map_err(|error| ui.error(&error))?;
    for part in &selection.unmatched {
        let text = Text::new(
            format!("no group and no host matches `{part}`"),
            format!("`{part}` に一致するグループやホストはありません"),
        );
        ui.warning(text.get(ui.lang()));
    }
    if selection.hosts.is_empty() && !text.is_empty() {
        let text = Text::new(
            format!("`--limit {text}` leaves no hosts"),
            format!("`--limit {text}` に該当するホストがありません"),
        );
        ui.problem(&text.get(ui.lang()));
        return Err(Refused);
    }
    Ok(selection.hosts)
}

fn one<'a>(hosts: &[&'a Host], name: &str) -> Result<&'a Host, Unknown> {
    let found = hosts.iter().copied().find(|host| host.name.as_str() == name);
    found.ok_or_else(|| Unknown::new("host", name, hosts.iter().map(|host| host.name.as_str())))
}

fn names(out: &mut impl Write, hosts: &[&Host]) -> io::Result<()> {
    hosts.iter().try_for_each(|host| writeln!(out, "{}", host.name))
}
