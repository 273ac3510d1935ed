//! YAML inventories: groups in groups, every kind of value, anchors that are merged again.

use super::{
    dice::Dice,
    names::{self, GROUPS},
    scalars,
    tree::{self, Tree},
};

/// The text of an inventory.
pub(super) fn inventory(dice: &mut Dice) -> String {
    let mut writer = Writer { dice, anchors: Vec::new() };
    let mut top: Vec<(String, Tree)> = Vec::new();
    if writer.dice.chance(60) {
        let all = writer.group(None, 2);
        top.push(("all".to_owned(), all));
    }
    let count = writer.dice.within(1..=4);
    for name in writer.dice.some(&GROUPS, count) {
        let at = GROUPS.iter().position(|known| *known == name);
        let group = writer.group(at, 2);
        top.push((name.to_owned(), group));
    }
    if writer.dice.chance(15) {
        let group = writer.plain_group();
        top.push(("ungrouped".to_owned(), group));
    }
    if writer.dice.chance(10) {
        // Ansible skips what is no group, with a warning.
        top.push(("skipped".to_owned(), Tree::line("5")));
    }
    decorate(dice, Tree::Map(top).file(2))
}

/// An inventory whose variables are texts on the border between types.
pub(super) fn digits(dice: &mut Dice) -> String {
    let vars = (0..8).map(|number| (format!("v{number}"), Tree::Line(scalars::digits(dice)))).collect();
    Tree::map([("all", Tree::map([("hosts", Tree::map([("h1", Tree::Map(vars))]))]))]).file(2)
}

/// What may stand around a document without changing it.
fn decorate(dice: &mut Dice, text: String) -> String {
    let text = match dice.below(8) {
        0 => format!("---\n{text}"),
        1 => format!("# a comment\n---\n{text}...\n"),
        2 => format!("%YAML 1.1\n---\n{text}"),
        3 => format!("\u{feff}{text}"),
        _ => text,
    };
    if dice.chance(10) { text.replace('\n', "\r\n") } else { text }
}

struct Writer<'a> {
    dice: &'a mut Dice,
    /// Anchors that are set before what is written next, each on a mapping.
    anchors: Vec<String>,
}

impl Writer<'_> {
    /// A group that may have the groups after `at` as children; all of them without a place.
    fn group(&mut self, at: Option<usize>, depth: usize) -> Tree {
        if self.dice.chance(8) {
            return Tree::line("");
        }
        let mut sections = vec![];
        for section in self.dice.some(&["hosts", "vars", "children"], 3) {
            let tree = match section {
                "hosts" if self.dice.chance(70) => self.hosts(),
                "vars" if self.dice.chance(50) => self.vars(true),
                "children" if depth > 0 && self.dice.chance(60) => self.children(at, depth - 1),
                _ => continue,
            };
            sections.push((section, tree));
        }
        if self.dice.chance(5) {
            sections.push(("host", Tree::line("unknown key")));
        }
        Tree::map(sections)
    }

    /// A group with hosts only.
    fn plain_group(&mut self) -> Tree {
        let hosts = self.hosts();
        Tree::map([("hosts", hosts)])
    }

    fn children(&mut self, at: Option<usize>, depth: usize) -> Tree {
        let later = &GROUPS[at.map_or(0, |at| at + 1)..];
        let count = self.dice.within(0..=3);
        if count == 0 || later.is_empty() {
            return Tree::line("");
        }
        let mut children = Vec::new();
        for name in self.dice.some(later, count) {
            let place = GROUPS.iter().position(|known| *known == name);
            let group = self.group(place, depth);
            children.push((name, group));
        }
        self.styled(Tree::map(children))
    }

    fn hosts(&mut self) -> Tree {
        let count = self.dice.within(0..=3);
        if count == 0 {
            return Tree::line(self.dice.pick(&["", "{}", "h9", "\"w[1:2]\"", "null"]));
        }
        let mut hosts: Vec<(String, Tree)> = Vec::new();
        for _ in 0..count {
            let name = quoted(names::written(self.dice));
            let vars =
                if self.dice.chance(50) { self.vars(false) } else { Tree::line(self.dice.pick(&["", "~", "{}"])) };
            hosts.push((name, vars));
        }
        self.styled(Tree::Map(hosts))
    }

    fn vars(&mut self, of_group: bool) -> Tree {
        let count = self.dice.within(0..=4);
        let mut vars: Vec<(String, Tree)> = Vec::new();
        for name in names::variables(self.dice, count) {
            vars.push((name.to_owned(), tree::value(self.dice, 2)));
        }
        if of_group && self.dice.chance(25) {
            let priority = self.dice.pick(&["1", "5", "-3", "\"7\"", "1.9", "yes", "0x10"]);
            vars.push(("ansible_group_priority".to_owned(), Tree::line(priority)));
        }
        self.merges(&mut vars);
        let tree = self.styled(Tree::Map(vars));
        if self.dice.chance(30) && !matches!(tree, Tree::Flow(_)) { self.anchored(tree) } else { tree }
    }

    /// Anchors inside of values are merged by those that come later.
    fn merges(&mut self, vars: &mut Vec<(String, Tree)>) {
        if !self.anchors.is_empty() && self.dice.chance(60) {
            let alias = |name: &String| format!("*{name}");
            let count = self.dice.within(1..=2);
            let anchors: Vec<&String> = self.anchors.iter().collect();
            let chosen = self.dice.some(&anchors, count);
            let merged = match chosen.as_slice() {
                [one] => alias(one),
                several => format!("[{}]", several.iter().map(|name| alias(name)).collect::<Vec<_>>().join(", ")),
            };
            let at = self.dice.below(vars.len() + 1);
            vars.insert(at, ("<<".to_owned(), Tree::Line(merged)));
        }
        if !self.anchors.is_empty() && self.dice.chance(40) {
            let name = self.anchors[self.dice.below(self.anchors.len())].clone();
            vars.push(("shared".to_owned(), Tree::Line(format!("*{name} "))));
        }
    }

    fn anchored(&mut self, tree: Tree) -> Tree {
        let name = format!("a{}", self.anchors.len());
        self.anchors.push(name.clone());
        Tree::With(format!("&{name}"), Box::new(tree))
    }

    fn styled(&mut self, tree: Tree) -> Tree {
        if self.dice.chance(10) { Tree::Flow(Box::new(tree)) } else { tree }
    }
}

/// A host's name as a key: in quotes where YAML would take it for something else.
fn quoted(name: &str) -> String {
    if name.starts_with(['-', '[']) { format!("\"{name}\"") } else { name.to_owned() }
}
