//! The tasks of one check on one host: what applies, which items, and what is known without asking.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, Mutex},
};

use minijinja::value::Value;

use super::{HostScope, PlanOptions, Preset, Question, Task, TaskScope, model::item, question::Unprepared};
use crate::{
    catalog::{Check, Effect, Expression, FaqEntry},
    inventory::{HostName, Rule},
    jinja::Jinja,
    judge::ErrorKind,
    text::Text,
};

/// A check of the run, with the hosts that it speaks of.
pub(super) struct Chosen {
    pub(super) check: Arc<Check>,
    pub(super) faq: Option<Arc<FaqEntry>>,
    pub(super) hosts: BTreeSet<HostName>,
}

/// Makes the tasks of one check on one host.
pub(super) struct Planner<'a> {
    pub(super) scope: &'a Arc<HostScope>,
    pub(super) chosen: &'a Chosen,
    pub(super) connection: &'a Value,
    pub(super) options: &'a PlanOptions,
}

impl Planner<'_> {
    pub(super) fn jinja(&self) -> &Jinja {
        &self.scope.globals().jinja
    }

    fn view(&self, item: Option<Value>) -> Value {
        TaskScope {
            host: Arc::clone(self.scope),
            check: Arc::clone(&self.chosen.check),
            item,
            connection: self.connection.clone(),
            observed: BTreeMap::new(),
            own: Mutex::default(),
        }
        .into_value()
    }

    pub(super) fn tasks(&self) -> Vec<Task> {
        if let Some(rule) = self.chosen.check.rule() {
            return self.definition(rule);
        }
        if self.chosen.check.effect == Effect::Active && !self.options.allow_active {
            return vec![self.preset(None, Preset::Skipped(needs_allow_active()))];
        }
        let (per_item, before): (Vec<&Expression>, Vec<&Expression>) =
            self.chosen.check.when.iter().partition(|expression| mentions_item(expression));
        match self.unmet(&before, &self.view(None)) {
            Err(error) => return vec![self.preset(None, expression_error(&error))],
            // A checklist holds nothing that does not apply.
            Ok(Some(_)) if self.chosen.check.verify().is_some() => return Vec::new(),
            Ok(None) if self.chosen.check.verify().is_some() => return vec![self.preset(None, Preset::Manual)],
            Ok(Some(unmet)) => return vec![self.preset(None, Preset::Skipped(not_met(&unmet)))],
            Ok(None) => {}
        }
        match self.items() {
            Err(error) => vec![self.preset(None, expression_error(&error))],
            Ok(items) if items.is_empty() => vec![self.preset(None, Preset::Skipped(nothing_to_check()))],
            Ok(items) => items.into_iter().map(|item| self.task(item, &per_item)).collect(),
        }
    }

    /// One task for each finding of a rule.
    fn definition(&self, rule: Rule) -> Vec<Task> {
        let audit = &self.options.audit;
        // Which waivers were used is known only in the end.
        if rule == Rule::WaiverUsed || (rule.is_about_waivers() && !self.options.has_waivers) {
            return Vec::new();
        }
        if rule.is_about_signatures() && !self.options.has_signatures {
            return Vec::new();
        }
        if rule.is_about_changes() && !self.options.has_changes {
            return Vec::new();
        }
        if rule.is_hive() && !audit.hive {
            return vec![self.preset(None, Preset::Skipped(only_hive()))];
        }
        let host = &self.scope.host().name;
        let is_mother = self.scope.globals().fleet.mother == *host;
        let found: Vec<Task> = audit
            .of(rule, host, is_mother)
            .map(|finding| self.preset(Some(item(finding)), Preset::Found(Arc::new(finding.clone()))))
            .collect();
        match (found.is_empty(), audit.unread(rule)) {
            (false, _) => found,
            (true, Some(file)) => vec![self.preset(None, Preset::Error(ErrorKind::Undecidable, unread(file)))],
            (true, None) => vec![self.preset(None, Preset::Sound)],
        }
    }

    fn preset(&self, item: Option<(Value, String)>, preset: Preset) -> Task {
        self.with(item, Vec::new(), Some(preset))
    }

    fn with(&self, item: Option<(Value, String)>, questions: Vec<Question>, preset: Option<Preset>) -> Task {
        let Chosen { check, faq, .. } = self.chosen;
        Task { check: Arc::clone(check), faq: faq.clone(), item, questions, preset }
    }

    /// The first expression that does not hold.
    pub(super) fn unmet(&self, expressions: &[&Expression], view: &Value) -> Result<Option<String>, Unprepared> {
        for expression in expressions {
            if !self.jinja().evaluate(expression, view)?.is_true() {
                return Ok(Some(expression.source().to_owned()));
            }
        }
        Ok(None)
    }

    /// The loop's items; one empty item where there is no loop.
    fn items(&self) -> Result<Vec<Option<(Value, String)>>, Unprepared> {
        let Some(template) = &self.chosen.check.r#loop else { return Ok(vec![None]) };
        let list = self.jinja().render_native(template, &self.view(None))?;
        let items = list
            .try_iter()
            .map_err(|_| Unprepared::NoList { text: template.source().to_owned(), kind: list.kind().to_string() })?;
        Ok(items.map(|item| Some((item.clone(), item_text(&item)))).collect())
    }

    fn task(&self, item: Option<(Value, String)>, per_item: &[&Expression]) -> Task {
        let view = self.view(item.as_ref().map(|(value, _)| value.clone()));
        match self.unmet(per_item, &view) {
            Err(error) => return self.preset(item, expression_error(&error)),
            Ok(Some(unmet)) => return self.preset(item, Preset::Skipped(not_met(&unmet))),
            Ok(None) => {}
        }
        match self.questions(&view) {
            Ok(questions) => self.with(item, questions, None),
            Err(error) => self.preset(item, expression_error(&error)),
        }
    }
}

/// Whether the expression speaks of the loop's item, so that it can only be judged item by item.
fn mentions_item(expression: &Expression) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    expression.source().split(|c| !is_word(c)).any(|word| word == "item")
}

/// An item as a reader sees it: its name where it has one.
fn item_text(item: &Value) -> String {
    if item.as_str().is_none()
        && let Ok(name) = item.get_attr("name")
        && let Some(name) = name.as_str()
    {
        return name.to_owned();
    }
    item.to_string()
}

fn not_met(condition: &str) -> Text {
    Text::new(format!("does not apply here (`{condition}`)"), format!("ここでは対象外です（`{condition}`）"))
}

fn nothing_to_check() -> Text {
    Text::new("nothing of this kind here", "該当するものがありません")
}

fn only_hive() -> Text {
    Text::new("only for hive-builder projects", "hive-builder のプロジェクトだけが対象です")
}

fn unread(file: &Path) -> Text {
    let file = file.display();
    Text::new(
        format!("could not be judged, because `{file}` cannot be read"),
        format!("`{file}` を読み取れないため判定できません"),
    )
}

fn needs_allow_active() -> Text {
    Text::new(
        "does more than reading; runs only with `--allow-active`",
        "読み取り以外の操作を伴うため `--allow-active` を指定したときだけ実行します",
    )
}

fn expression_error(error: &Unprepared) -> Preset {
    Preset::Error(
        ErrorKind::Expression,
        Text::new(
            format!("the check could not be prepared: {error}"),
            format!("チェックを準備できませんでした: {error}"),
        ),
    )
}
