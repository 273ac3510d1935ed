//! INI inventories: hosts with variables, sections in any order, quotes and comments.

use super::{
    dice::Dice,
    names::{self, GROUPS},
    scalars,
};

/// The text of an inventory.
pub(super) fn inventory(dice: &mut Dice) -> String {
    let mut out = String::new();
    let count = dice.within(0..=3);
    hosts(dice, count, &mut out);
    let count = dice.within(1..=4);
    let groups = dice.some(&GROUPS, count);
    let mut sections: Vec<String> = groups.iter().map(|group| section(dice, group)).collect();
    for group in &groups {
        if dice.chance(50) {
            let text = variables(dice, group);
            sections.push(text);
        }
        if dice.chance(40) {
            let text = children(dice, group, &groups);
            sections.push(text);
        }
    }
    if dice.chance(30) {
        let text = variables(dice, "all");
        sections.push(text);
    }
    // Variables and children may come before what they belong to.
    let order: Vec<usize> = (0..sections.len()).collect();
    for at in dice.some(&order, sections.len()) {
        out.push_str(&sections[at]);
        out.push_str(dice.pick(&["", "\n", "; a comment\n", "  # another = one\n"]));
    }
    if dice.chance(10) { out.replace('\n', "\r\n") } else { out }
}

fn section(dice: &mut Dice, group: &str) -> String {
    let mut out = match dice.below(8) {
        0 => format!("[{group}:hosts]\n"),
        1 => format!("[{group}] # a comment\n"),
        2 => format!("  [{group}]\n"),
        _ => format!("[{group}]\n"),
    };
    let count = dice.within(0..=4);
    hosts(dice, count, &mut out);
    out
}

fn hosts(dice: &mut Dice, count: usize, out: &mut String) {
    for _ in 0..count {
        out.push_str(names::written(dice));
        for _ in 0..dice.below(4) {
            out.push_str(dice.pick(&[" ", "  ", "\t"]));
            let value = scalars::inline(dice);
            out.extend([format!("{}={value}", names::variable(dice))]);
        }
        out.push_str(dice.pick(&["\n", "\n", "\n", " # a comment\n", "  \n", "#x\n"]));
    }
}

fn variables(dice: &mut Dice, group: &str) -> String {
    let mut out = format!("[{group}:vars]\n");
    let count = dice.within(0..=4);
    for name in names::variables(dice, count) {
        let equals = dice.pick(&["=", " = ", "= ", " ="]);
        out.extend([format!("{name}{equals}{}\n", scalars::rest_of_line(dice))]);
    }
    if dice.chance(20) {
        out.extend([format!("ansible_group_priority={}\n", dice.pick(&["1", "5", "-3", "0x10", "\"7\""]))]);
    }
    out
}

fn children(dice: &mut Dice, group: &str, groups: &[&str]) -> String {
    let at = GROUPS.iter().position(|known| *known == group).expect("one of the groups");
    let later: Vec<&str> = GROUPS[at + 1..].iter().filter(|name| groups.contains(name)).copied().collect();
    let count = dice.within(0..=2);
    let mut out = format!("[{group}:children]\n");
    for child in dice.some(&later, count) {
        out.push_str(child);
        out.push_str(dice.pick(&["\n", "\n", " # a comment\n"]));
    }
    out
}
