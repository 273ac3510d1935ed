//! Answers to verdicts, in an order in which every check comes after those that it needs.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use minijinja::Value;

use super::{ask::Asked, host_error::INVENTORY};
use crate::{
    catalog::CheckId,
    event::{Event, HostError, HostResult},
    inventory::HostName,
    judge::{Answers, Judge, Outcome, Verdict, unmet_needs},
    plan::{Plan, Target, Task},
};

/// What is known of checks by host: the worst outcome of their items.
type Outcomes = HashMap<(HostName, CheckId), Outcome>;

/// A host whose answers are there, but whose checks need checks of the mother that are not.
struct Waiting {
    index: usize,
    asked: Asked,
    duration: Duration,
}

/// Judges hosts as their answers arrive.
pub(super) struct Settler<'a> {
    plan: &'a Plan,
    outcomes: Outcomes,
    /// Mothers whose answers are still missing.
    mothers: BTreeSet<HostName>,
    waiting: Vec<Waiting>,
    /// The run was stopped before a mother was done: what needs it is not known.
    mother_interrupted: bool,
}

impl<'a> Settler<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        let all: BTreeSet<&HostName> = plan.targets.iter().map(Target::name).collect();
        let mothers = plan.globals.fleet.members("mother").into_iter().filter(|name| all.contains(name)).collect();
        Self { plan, outcomes: Outcomes::new(), mothers, waiting: Vec::new(), mother_interrupted: false }
    }

    /// Judges a host, or keeps it until the mother is judged.
    pub(super) fn settle(&mut self, index: usize, asked: Asked, duration: Duration, sink: &mut dyn FnMut(Event)) {
        let target = &self.plan.targets[index];
        let is_mother = self.mothers.remove(target.name());
        self.mother_interrupted |= is_mother && matches!(asked, Asked::Interrupted);
        if !is_mother && !self.mothers.is_empty() && needs_others(target) {
            self.waiting.push(Waiting { index, asked, duration });
            return;
        }
        self.judge(index, asked, duration, sink);
        if self.mothers.is_empty() {
            for waiting in std::mem::take(&mut self.waiting) {
                self.judge(waiting.index, waiting.asked, waiting.duration, sink);
            }
        }
    }

    fn judge(&mut self, index: usize, asked: Asked, duration: Duration, sink: &mut dyn FnMut(Event)) {
        let target = &self.plan.targets[index];
        let asked = if self.mother_interrupted && needs_others(target) { Asked::Interrupted } else { asked };
        let (verdicts, error) = match asked {
            Asked::Interrupted => (Vec::new(), Some(HostError::interrupted())),
            Asked::Answered { answers, connection, user } => (self.answered(target, &answers, connection, user), None),
            Asked::NotReached(error) => (self.not_reached(target, &error), Some(error)),
            Asked::NotYet(why) => {
                let judge = judge_of(target, target.connection(), String::new());
                let outcome = if self.plan.needs_servers() { Outcome::Blocked } else { Outcome::Skipped };
                (target.tasks.iter().map(|task| judge.not_asked(task, outcome, &why)).collect(), None)
            }
        };
        let result = host_result(target, &verdicts, error, duration);
        for verdict in verdicts {
            sink(Event::Verdict(Box::new(verdict)));
        }
        sink(Event::HostFinished(Box::new(result)));
    }

    fn not_reached(&mut self, target: &Target, error: &HostError) -> Vec<Verdict> {
        let judge = judge_of(target, target.connection(), String::new());
        let outcome = outcome_of(error);
        let verdicts: Vec<Verdict> =
            target.tasks.iter().map(|task| judge.not_asked(task, outcome, &error.message)).collect();
        for verdict in &verdicts {
            self.remember(verdict);
        }
        verdicts
    }

    /// Every task in plan order, decided in an order that respects `needs`.
    fn answered(&mut self, target: &Target, answers: &[Answers], connection: Value, user: String) -> Vec<Verdict> {
        let judge = judge_of(target, connection, user);
        let mut verdicts: Vec<Option<Verdict>> = target.tasks.iter().map(|_| None).collect();
        for place in by_needs(&target.tasks) {
            let task = &target.tasks[place];
            let by = unmet_needs(task, &|id| self.outcome(target.name(), id));
            let verdict = if by.is_empty() || task.preset.is_some() {
                judge.decide(task, &answers[place])
            } else {
                judge.blocked(task, &answers[place], by)
            };
            self.remember(&verdict);
            verdicts[place] = Some(verdict);
        }
        verdicts.into_iter().flatten().collect()
    }

    /// A check's outcome on this host, else on a mother.
    fn outcome(&self, host: &HostName, id: &CheckId) -> Option<Outcome> {
        let on = |host: &HostName| self.outcomes.get(&(host.clone(), id.clone())).copied();
        on(host).or_else(|| self.plan.globals.fleet.members("mother").iter().find_map(on))
    }

    fn remember(&mut self, verdict: &Verdict) {
        let key = (verdict.host.clone(), verdict.check.clone());
        let worst = self.outcomes.entry(key).or_insert(verdict.outcome);
        if verdict.outcome.rank() > worst.rank() {
            *worst = verdict.outcome;
        }
    }
}

fn judge_of(target: &Target, connection: Value, user: String) -> Judge<'_> {
    Judge { scope: &target.scope, connection, user, becoming: Arc::clone(&target.becoming) }
}

/// Whether a check of this host needs one that this host does not have.
fn needs_others(target: &Target) -> bool {
    let own: BTreeSet<&CheckId> = target.tasks.iter().map(|task| &task.check.id).collect();
    target.tasks.iter().flat_map(|task| &task.check.needs).any(|id| !own.contains(id))
}

/// Places of `tasks` such that every task stands behind those it needs. The catalogue refuses circles.
fn by_needs(tasks: &[Task]) -> Vec<usize> {
    let mut order = Vec::with_capacity(tasks.len());
    let mut open: Vec<usize> = (0..tasks.len()).collect();
    while !open.is_empty() {
        let waits = |place: &usize| {
            let needs = &tasks[*place].check.needs;
            open.iter().any(|other| needs.contains(&tasks[*other].check.id))
        };
        let (later, now): (Vec<usize>, Vec<usize>) = open.iter().partition(|place| waits(place));
        if now.is_empty() {
            order.extend(later);
            break;
        }
        order.extend(now);
        open = later;
    }
    order
}

/// What became of the checks of a host that was not asked.
fn outcome_of(error: &HostError) -> Outcome {
    if error.class == INVENTORY { Outcome::Error } else { Outcome::Unreachable }
}

fn host_result(target: &Target, verdicts: &[Verdict], error: Option<HostError>, duration: Duration) -> HostResult {
    let worst = verdicts.iter().map(|verdict| verdict.outcome).max_by_key(|outcome| outcome.rank());
    let outcome = match &error {
        // Nobody knows whether it can be reached.
        Some(error) if error.is_interruption() => Outcome::Error,
        Some(error) => outcome_of(error),
        None => worst.unwrap_or(Outcome::Skipped),
    };
    HostResult {
        name: target.name().clone(),
        address: target.address(),
        outcome,
        error,
        location: target.scope.host().location.clone(),
        duration,
    }
}
