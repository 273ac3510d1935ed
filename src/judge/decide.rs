//! One task and its answers to one verdict.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use minijinja::Value;

use super::{ErrorKind, Outcome, Severity, Verdict, could_not, refused, remedy::Renderer};
use crate::{
    catalog::{Check, CheckId, Expression, ProbeSpec, SeveritySpec},
    inventory::{Finding, HostName},
    jinja::{Jinja, value_of},
    plan::{HostScope, Preset, Task, TaskScope},
    probe::{Becoming, Observation, ProbeError, SudoRefusal},
    text::Text,
};

/// How many lines of evidence one verdict carries.
const EVIDENCE_LINES: usize = 24;

/// What came back for a task, by register name.
pub type Answers = BTreeMap<String, Result<Observation, ProbeError>>;

/// Judges the tasks of one host.
#[derive(Debug)]
pub struct Judge<'a> {
    /// The host's scope.
    pub scope: &'a Arc<HostScope>,
    /// `connection`, with the banner once there is one.
    pub connection: Value,
    /// As whom the host was asked; for remedies.
    pub user: String,
    /// How it became another user; for remedies.
    pub becoming: Arc<Becoming>,
}

/// The part of a verdict that is decided; the rest is the check's own words.
struct Decision {
    outcome: Outcome,
    error_kind: Option<ErrorKind>,
    message: Text,
    failed: Vec<String>,
    blocked_by: Vec<CheckId>,
}

impl Decision {
    fn of(outcome: Outcome, message: Text) -> Self {
        Self { outcome, error_kind: None, message, failed: Vec::new(), blocked_by: Vec::new() }
    }

    fn error((kind, message): (ErrorKind, Text)) -> Self {
        Self { error_kind: Some(kind), ..Self::of(Outcome::Error, message) }
    }
}

impl Judge<'_> {
    /// Decides a task from its answers.
    #[must_use]
    pub fn decide(&self, task: &Task, answers: &Answers) -> Verdict {
        let view = self.view(task, answers);
        let decision = match &task.preset {
            Some(Preset::Skipped(why)) => Decision::of(Outcome::Skipped, why.clone()),
            Some(Preset::Error(kind, why)) => Decision::error((kind.clone(), why.clone())),
            Some(Preset::Sound) => Decision::of(Outcome::Pass, self.success(&task.check, &view)),
            Some(Preset::Found(_)) => Decision::of(Outcome::Fail, self.failure(&task.check, &view)),
            Some(Preset::Manual) => Decision::of(Outcome::Fail, unsigned(&task.check)),
            None => self.weigh(task, answers, &view),
        };
        self.verdict(task, answers, &view, decision)
    }

    /// The verdict of a task that was not asked: the host was not reached, or is not there yet.
    #[must_use]
    pub fn not_asked(&self, task: &Task, outcome: Outcome, why: &Text) -> Verdict {
        let none = Answers::new();
        if task.preset.as_ref().is_some_and(Preset::needs_no_host) {
            return self.decide(task, &none);
        }
        let view = self.view(task, &none);
        let error_kind = (outcome == Outcome::Error).then_some(ErrorKind::Expression);
        self.verdict(task, &none, &view, Decision { error_kind, ..Decision::of(outcome, why.clone()) })
    }

    /// The verdict of a task that needs checks which did not pass.
    #[must_use]
    pub fn blocked(&self, task: &Task, answers: &Answers, by: Vec<CheckId>) -> Verdict {
        let view = self.view(task, answers);
        let list = by.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
        let why =
            Text::new(format!("needs {list}, which did not pass"), format!("前提となる {list} が合格していません"));
        self.verdict(task, answers, &view, Decision { blocked_by: by, ..Decision::of(Outcome::Blocked, why) })
    }

    fn jinja(&self) -> &Jinja {
        &self.scope.globals().jinja
    }

    fn host(&self) -> &HostName {
        &self.scope.host().name
    }

    fn view(&self, task: &Task, answers: &Answers) -> Value {
        let observed =
            answers.iter().filter_map(|(name, answer)| Some((name.clone(), observed(answer.as_ref().ok()?)))).collect();
        TaskScope {
            host: Arc::clone(self.scope),
            check: Arc::clone(&task.check),
            item: task.item.as_ref().map(|(value, _)| value.clone()),
            connection: self.connection.clone(),
            observed,
            own: Mutex::default(),
        }
        .into_value()
    }

    fn weigh(&self, task: &Task, answers: &Answers, view: &Value) -> Decision {
        let check = &task.check;
        match answers.get(&check.register) {
            Some(Err(error)) => return Decision::error(could_not::of_probe(error)),
            None => return Decision::error(could_not::of_probe(&ProbeError::NoAnswer("it was not asked".to_owned()))),
            Some(Ok(_)) => {}
        }
        match self.first_true(&check.skip_when, view) {
            Err(decision) => return *decision,
            Ok(Some(condition)) => return self.does_not_apply(check, &condition, view),
            Ok(None) => {}
        }
        match self.first_true(&check.error_when, view) {
            Err(decision) => return *decision,
            Ok(Some(_)) => return self.undecidable(check, answers, view),
            Ok(None) => {}
        }
        if check.that.is_empty() && matches!(check.probe, ProbeSpec::Nagios { .. }) {
            return Self::plugin(answers.get(&check.register).and_then(|answer| answer.as_ref().ok()));
        }
        match self.unmet(&check.that, view) {
            Err(decision) => *decision,
            Ok(failed) if failed.is_empty() => Decision::of(Outcome::Pass, self.success(check, view)),
            Ok(failed) => Decision { failed, ..Decision::of(Outcome::Fail, self.failure(check, view)) },
        }
    }

    fn evaluate(&self, expression: &Expression, view: &Value) -> Result<bool, Box<Decision>> {
        self.jinja().evaluate(expression, view).map(|value| value.is_true()).map_err(|error| {
            Box::new(Decision::error(could_not::of_expression(&format!("`{}`", expression.source()), &error)))
        })
    }

    fn first_true(&self, expressions: &[Expression], view: &Value) -> Result<Option<String>, Box<Decision>> {
        for expression in expressions {
            if self.evaluate(expression, view)? {
                return Ok(Some(expression.source().to_owned()));
            }
        }
        Ok(None)
    }

    fn unmet(&self, expressions: &[Expression], view: &Value) -> Result<Vec<String>, Box<Decision>> {
        let mut unmet = Vec::new();
        for expression in expressions {
            if !self.evaluate(expression, view)? {
                unmet.push(expression.source().to_owned());
            }
        }
        Ok(unmet)
    }

    fn does_not_apply(&self, check: &Check, condition: &str, view: &Value) -> Decision {
        let said = check.skip_msg.as_ref().map(|template| self.renderer(view).text(template));
        let why = said.and_then(Result::ok).unwrap_or_else(|| {
            Text::new(format!("does not apply here (`{condition}`)"), format!("ここでは対象外です（`{condition}`）"))
        });
        Decision::of(Outcome::Skipped, why)
    }

    fn undecidable(&self, check: &Check, answers: &Answers, view: &Value) -> Decision {
        let message = match check.error_msg.as_ref().map(|template| self.renderer(view).text(template)) {
            Some(Ok(text)) => text,
            Some(Err(error)) => return Decision::error(could_not::of_expression("`error_msg`", &error)),
            None => {
                let line = first_line(answers.get(&check.register));
                Text::new(format!("could not be judged: {line}"), format!("判定できません: {line}"))
            }
        };
        Decision::error((ErrorKind::Undecidable, message))
    }

    /// What a monitoring plugin decided by itself: 0 pass, 1 and 2 fail, everything else could not be judged.
    fn plugin(observation: Option<&Observation>) -> Decision {
        let value = |name: &str| observation.and_then(|observation| observation.values.get(name));
        let message = value("message").and_then(serde_json::Value::as_str).unwrap_or_default();
        let message = Text::new(message, message);
        match value("status").and_then(serde_json::Value::as_i64) {
            Some(0) => Decision::of(Outcome::Pass, message),
            Some(1 | 2) => Decision::of(Outcome::Fail, message),
            _ => Decision::error((ErrorKind::Undecidable, message)),
        }
    }

    fn renderer<'a>(&'a self, view: &'a Value) -> Renderer<'a> {
        let mother = &self.scope.globals().fleet.mother;
        Renderer { jinja: self.jinja(), view, host: self.host(), mother }
    }

    fn success(&self, check: &Check, view: &Value) -> Text {
        let rendered = check.success_msg.as_ref().map(|template| self.renderer(view).text(template));
        match rendered {
            Some(Ok(text)) => text,
            Some(Err(_)) | None => check.title.clone(),
        }
    }

    /// The message of a failure. The failure stands even where its message cannot be filled in.
    fn failure(&self, check: &Check, view: &Value) -> Text {
        self.renderer(view).text(&check.fail_msg).unwrap_or_else(|error| {
            let Text { en, ja } = &check.title;
            Text::new(
                format!("does not hold: {en} (the message could not be filled in: {error})"),
                format!("満たされていません: {ja}（メッセージに値を埋め込めませんでした: {error}）"),
            )
        })
    }

    fn severity(&self, task: &Task, decision: &Decision, answers: &Answers, view: &Value) -> Severity {
        if decision.outcome != Outcome::Fail {
            return match task.check.severity {
                SeveritySpec::Fixed(severity) => severity,
                SeveritySpec::Computed(_) => Severity::Error,
            };
        }
        match &task.check.severity {
            SeveritySpec::Computed(template) => {
                self.jinja().render(template, view).ok().and_then(|text| text.trim().parse().ok()).unwrap_or_default()
            }
            SeveritySpec::Fixed(_) if plugin_warned(&task.check, answers) => Severity::Warning,
            SeveritySpec::Fixed(severity) => *severity,
        }
    }

    fn verdict(&self, task: &Task, answers: &Answers, view: &Value, decision: Decision) -> Verdict {
        let check = &task.check;
        let severity = self.severity(task, &decision, answers, view);
        let remedy = self.remedy(task, answers, &decision, view);
        let asked = !matches!(decision.outcome, Outcome::Skipped | Outcome::Unreachable);
        let found = match &task.preset {
            Some(Preset::Found(finding)) => Some(finding),
            _ => None,
        };
        let lines = |finding: &Arc<Finding>| finding.line.iter().map(|line| line.trim().to_owned()).collect();
        Verdict {
            check: check.id.clone(),
            host: self.host().clone(),
            item: task.item.as_ref().map(|(_, text)| text.clone()),
            outcome: decision.outcome,
            severity,
            error_kind: decision.error_kind,
            title: check.title.clone(),
            why: check.why.clone(),
            message: decision.message,
            evidence: found.map_or_else(|| if asked { evidence(check, answers) } else { Vec::new() }, lines),
            failed: decision.failed,
            location: found.map_or_else(|| self.scope.host().location.clone(), |finding| finding.location.clone()),
            remedy,
            faq: check.faq.as_ref().map(ToString::to_string),
            url: task.faq.as_ref().and_then(|entry| entry.url.clone()),
            excuse: None,
            blocked_by: decision.blocked_by,
            duration: duration(check, answers),
        }
    }

    fn remedy(&self, task: &Task, answers: &Answers, decision: &Decision, view: &Value) -> Vec<super::RemedyStep> {
        match (decision.outcome, &decision.error_kind) {
            (Outcome::Fail, _) => {
                let steps = self.renderer(view).steps(&task.check.remedy);
                match &task.faq {
                    Some(entry) if steps.is_empty() => self.renderer(view).steps(&entry.remedy),
                    _ => steps,
                }
            }
            (Outcome::Error, Some(ErrorKind::Sudo)) => {
                let refusal = answers.values().find_map(refusal).unwrap_or(SudoRefusal::Other);
                refused::remedy(&self.becoming, refusal, &self.user, self.host().as_str())
            }
            (Outcome::Error, Some(kind)) => could_not::remedy(kind, self.host().as_str()),
            _ => Vec::new(),
        }
    }
}

/// Why becoming another user was refused, where it was.
fn refusal(answer: &Result<Observation, ProbeError>) -> Option<SudoRefusal> {
    match answer {
        Err(ProbeError::Sudo(words)) => Some(SudoRefusal::of(words)),
        _ => None,
    }
}

/// What is said of a manual item that nobody signed for.
fn unsigned(check: &Check) -> Text {
    let verify = check.verify().cloned().unwrap_or_default();
    Text::new(
        format!("nobody has signed for it; how to verify: {}", verify.en),
        format!("署名がありません。確認方法: {}", verify.ja),
    )
}

/// An observation as expressions see it.
fn observed(observation: &Observation) -> Value {
    let mut values: BTreeMap<String, Value> =
        observation.values.iter().map(|(key, value)| (key.clone(), value_of(value))).collect();
    values.insert("ran".to_owned(), Value::from(true));
    values.insert("duration".to_owned(), Value::from(observation.duration.as_secs_f64()));
    Value::from(values)
}

fn plugin_warned(check: &Check, answers: &Answers) -> bool {
    matches!(check.probe, ProbeSpec::Nagios { .. })
        && matches!(answers.get(&check.register), Some(Ok(seen)) if seen.values.get("status") == Some(&1.into()))
}

fn first_line(answer: Option<&Result<Observation, ProbeError>>) -> String {
    let Some(Ok(observation)) = answer else { return "nothing came back".to_owned() };
    let line = |name: &str| {
        let text = observation.values.get(name)?.as_str()?;
        text.lines().find(|line| !line.trim().is_empty()).map(str::to_owned)
    };
    line("stderr").or_else(|| line("stdout")).unwrap_or_else(|| "the probe printed nothing".to_owned())
}

/// The main probe's lines first, then those of the further ones.
fn evidence(check: &Check, answers: &Answers) -> Vec<String> {
    let lines = |answer: &Result<Observation, ProbeError>| match answer {
        Ok(observation) => observation.evidence.clone(),
        Err(_) => Vec::new(),
    };
    let main = answers.get(&check.register).into_iter();
    let further = check.evidence.iter().filter_map(|evidence| answers.get(&evidence.register));
    main.chain(further).flat_map(lines).take(EVIDENCE_LINES).collect()
}

fn duration(check: &Check, answers: &Answers) -> Duration {
    match answers.get(&check.register) {
        Some(Ok(observation)) => observation.duration,
        _ => Duration::ZERO,
    }
}

/// Which of the checks that `task` needs did not pass; a check that was not run at all does not count.
#[must_use]
pub fn unmet_needs(task: &Task, outcome: &dyn Fn(&CheckId) -> Option<Outcome>) -> Vec<CheckId> {
    let bad = |id: &&CheckId| {
        outcome(id).is_some_and(|outcome| !matches!(outcome, Outcome::Pass | Outcome::Skipped | Outcome::Waived))
    };
    task.check.needs.iter().filter(bad).cloned().collect()
}
