//! Takes what must not be shown out of a report, before any format is made of it.

use super::Report;
use crate::{
    event::{Event, HostError, HostResult},
    inventory::{Change, What},
    judge::{RemedyStep, Verdict},
    text::Text,
};

type Conceal<'a> = &'a dyn Fn(&str) -> String;

/// Runs every text of an event through `conceal`, for those who tell events as they come.
pub fn conceal(event: &mut Event, conceal: Conceal<'_>) {
    match event {
        Event::Verdict(result) => verdict(result, conceal),
        Event::HostFinished(result) => host(result, conceal),
        Event::HostWaiting { error, .. } => host_error(error, conceal),
        Event::RunStarted { .. }
        | Event::HostStarted { .. }
        | Event::HostConnected { .. }
        | Event::RunFinished { .. } => {}
    }
}

impl Report {
    /// Runs every text that came from inventories, hosts or checks through `conceal`.
    pub fn conceal(&mut self, conceal: Conceal<'_>) {
        self.hosts.iter_mut().for_each(|result| host(result, conceal));
        self.verdicts.iter_mut().for_each(|result| verdict(result, conceal));
        self.notices.iter_mut().for_each(|notice| both(notice, conceal));
        let changes = self.differences.iter_mut().flat_map(|differences| &mut differences.list);
        changes.for_each(|one| change(one, conceal));
        self.manual.iter_mut().flat_map(|item| &mut item.remedy).for_each(|step| remedy(step, conceal));
    }
}

fn host(result: &mut HostResult, conceal: Conceal<'_>) {
    one(&mut result.address, conceal);
    if let Some(error) = &mut result.error {
        host_error(error, conceal);
    }
}

fn host_error(error: &mut HostError, conceal: Conceal<'_>) {
    both(&mut error.message, conceal);
    error.remedy.iter_mut().for_each(|step| remedy(step, conceal));
}

fn verdict(result: &mut Verdict, conceal: Conceal<'_>) {
    result.item.iter_mut().for_each(|item| one(item, conceal));
    for text in [&mut result.title, &mut result.why, &mut result.message] {
        both(text, conceal);
    }
    result.evidence.iter_mut().chain(&mut result.failed).for_each(|line| one(line, conceal));
    result.remedy.iter_mut().for_each(|step| remedy(step, conceal));
}

fn change(change: &mut Change, conceal: Conceal<'_>) {
    if let What::Changed { from, to, .. } = &mut change.what {
        from.iter_mut().chain(to).for_each(|value| one(value, conceal));
    }
}

fn remedy(step: &mut RemedyStep, conceal: Conceal<'_>) {
    both(&mut step.text, conceal);
    step.command.iter_mut().chain(&mut step.on).for_each(|text| one(text, conceal));
}

fn both(text: &mut Text, conceal: Conceal<'_>) {
    one(&mut text.en, conceal);
    one(&mut text.ja, conceal);
}

fn one(text: &mut String, conceal: Conceal<'_>) {
    *text = conceal(text);
}
