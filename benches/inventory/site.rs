//! The inventories of the bench: many hosts in groups of groups, with variables in each place.

use std::{fmt::Write as _, fs, io, path::Path};

/// How many variables a group's file has, and how many a host of the YAML inventory.
const GROUP_VARIABLES: usize = 10;
const HOST_VARIABLES: usize = 10;

/// How many groups have one parent.
const FAMILY: usize = 20;

/// Writes an INI inventory with a `group_vars` file for each group, each parent and `all`.
///
/// # Errors
/// A file cannot be written.
pub(crate) fn write_ini(directory: &Path, hosts: usize, groups: usize) -> io::Result<()> {
    fs::create_dir_all(directory.join("group_vars"))?;
    let mut text = String::new();
    for group in 0..groups {
        let _ = writeln!(text, "[g{group}]");
        for host in (group..hosts).step_by(groups) {
            let _ = writeln!(
                text,
                "host{host:05}.example.com ansible_host=10.{}.{}.{}",
                host >> 16,
                host >> 8 & 255,
                host & 255
            );
        }
    }
    for parent in 0..groups.div_ceil(FAMILY) {
        let _ = writeln!(text, "[region{parent}:children]");
        for group in (parent * FAMILY)..groups.min((parent + 1) * FAMILY) {
            let _ = writeln!(text, "g{group}");
        }
        write_variables(directory, &format!("region{parent}"))?;
    }
    for group in 0..groups {
        write_variables(directory, &format!("g{group}"))?;
    }
    write_variables(directory, "all")?;
    fs::write(directory.join("hosts"), text)
}

fn write_variables(directory: &Path, group: &str) -> io::Result<()> {
    fs::write(directory.join(format!("group_vars/{group}.yml")), variables(group, GROUP_VARIABLES, ""))
}

/// Variables as people have them: texts, numbers, a list, a mapping; some named alike in every group.
fn variables(of: &str, count: usize, indent: &str) -> String {
    let mut text = String::new();
    for number in 0..count {
        let value = match number % 5 {
            0 => format!("text of {of} with {number}"),
            1 => format!("{}", 1000 + number),
            2 => "[one, two, three]".to_owned(),
            3 => "{enabled: yes, port: 8080, mode: \"0644\"}".to_owned(),
            _ => "\"{{ ansible_host }}:22\"".to_owned(),
        };
        let name =
            if number % 2 == 0 { format!("shared_{number}") } else { format!("own_{}_{number}", of.replace('.', "_")) };
        let _ = writeln!(text, "{indent}{name}: {value}");
    }
    text
}

/// Writes a YAML inventory in which each host has its own variables.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn write_yaml(directory: &Path, hosts: usize, groups: usize) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let mut text = String::from("all:\n  children:\n");
    for group in 0..groups {
        let _ = writeln!(text, "    g{group}:\n      hosts:");
        for host in (group..hosts).step_by(groups) {
            let name = format!("host{host:05}.example.com");
            let _ = writeln!(text, "        {name}:");
            text.push_str(&variables("h", HOST_VARIABLES, "          "));
        }
    }
    fs::write(directory.join("hosts.yml"), text)
}
