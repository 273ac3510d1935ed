//! Steps of a remedy.

use super::{Use, Validator, When};
use crate::catalog::{
    check::{RemedySpec, Template},
    problem::ProblemKind,
    raw::RawStep,
    tree::{Node, NodeKind},
};

impl Validator<'_> {
    pub(super) fn remedy(&mut self, raw: Option<Vec<RawStep>>, parent: &Node) -> Vec<RemedySpec> {
        let node = parent.at("remedy");
        raw.unwrap_or_default().into_iter().enumerate().map(|(at, step)| self.step(step, node.item(at))).collect()
    }

    fn step(&mut self, raw: RawStep, node: &Node) -> RemedySpec {
        if raw.text.is_none() && raw.command.is_none() && says_nothing(node) {
            self.report(node, ProblemKind::EmptyStep);
        }
        RemedySpec {
            text: raw.text.map(|text| self.message(Some(text), node, "text")),
            command: raw.command.map(|command| self.command(&command, node)),
            on: raw.on.map(|on| self.template(&on, node.at("on"), Use::Text, When::Late)),
            when: self.expressions(raw.when, node, "when", When::Late),
        }
    }

    fn command(&mut self, command: &str, node: &Node) -> Template {
        if command.trim().is_empty() {
            self.report(node.at("command"), ProblemKind::Blank { key: "command".to_owned() });
        }
        self.template(command, node.at("command"), Use::Shell, When::Late)
    }
}

/// Whether a step has nothing but a place and a condition; a mistyped key is told as such.
fn says_nothing(node: &Node) -> bool {
    let NodeKind::Map(entries) = &node.kind else { return false };
    entries.iter().all(|entry| matches!(entry.key.text(), Some("on" | "when")) || entry.value.is_null())
}
