//! Names of groups, hosts and variables: few, so that files meet each other.

use super::dice::Dice;

/// Groups, in an order in which each may have the later ones as children.
pub(super) const GROUPS: [&str; 10] = ["prod", "eu", "web", "db", "app", "Cache", "odd-name", "g7", "日本", "zz_last"];

/// Hosts without ranges and ports.
pub(super) const HOSTS: [&str; 10] =
    ["h1", "h2", "h3", "web1", "web2.example.com", "db-a", "10.0.0.1", "localhost", "node03", "host_x"];

/// Hosts as YAML and INI inventories write them.
const WRITTEN: [&str; 24] = [
    "web[1:3]",
    "node[01:05:2].example.com",
    "db-[a:c]",
    "10.0.0.[1:3]",
    "n[1:2]x[0:1]",
    "h2:2222",
    "web1:22",
    "10.0.0.2:2022",
    "z[:2]",
    "p[5:3]",
    "t[001:002]:2222",
    "h.:22",
    "h4:ssh",
    "x[a:e:2]",
    "q[y:B]",
    "web1.example.com",
    "h1.",
    "UPPER",
    "2001:db8::5",
    "fe80::1",
    "h_:22",
    "-dash",
    "p[3:3]",
    "日本.example.jp",
];

/// Variables.
const VARIABLES: [&str; 16] = [
    "a",
    "b",
    "c",
    "x",
    "y",
    "port",
    "ansible_host",
    "ansible_port",
    "ansible_user",
    "ansible_connection",
    "Mixed_Case",
    "var_1",
    "inventory_dir",
    "group_names",
    "ansible_python_interpreter",
    "with-dash",
];

/// A name of a host as it is written: perhaps with a range or a port.
pub(super) fn written(dice: &mut Dice) -> &'static str {
    if dice.chance(60) { dice.pick(&HOSTS) } else { dice.pick(&WRITTEN) }
}

/// A variable's name.
pub(super) fn variable(dice: &mut Dice) -> &'static str {
    dice.pick(&VARIABLES)
}

/// So many different variables' names.
pub(super) fn variables(dice: &mut Dice, count: usize) -> Vec<&'static str> {
    dice.some(&VARIABLES, count)
}
