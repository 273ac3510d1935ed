//! Takes what must not be shown out of a report, before any format is made of it.

use super::{ManualItem, Report};
use crate::{
    event::{Event, HostError, HostResult},
    judge::{Excuse, RemedyStep, Signature, Verdict},
    secret::Redactor,
    text::Text,
};

/// Runs every text of an event through `redactor`, for those who tell events as they come.
pub fn conceal(event: &mut Event, redactor: &Redactor) {
    match event {
        Event::Verdict(result) => verdict(result, redactor),
        Event::HostFinished(result) => host(result, redactor),
        Event::HostWaiting { error, .. } => host_error(error, redactor),
        Event::RunStarted { .. }
        | Event::HostStarted { .. }
        | Event::HostConnected { .. }
        | Event::RunFinished { .. } => {}
    }
}

impl Report {
    /// Runs every text that came from inventories, hosts or checks through `redactor`.
    pub fn conceal(&mut self, redactor: &Redactor) {
        self.hosts.iter_mut().for_each(|result| host(result, redactor));
        self.verdicts.iter_mut().for_each(|result| verdict(result, redactor));
        self.notices.iter_mut().for_each(|notice| both(notice, redactor));
        self.stage.iter_mut().for_each(|stage| one(stage, redactor));
        self.manual.iter_mut().for_each(|item| manual(item, redactor));
    }
}

fn manual(item: &mut ManualItem, redactor: &Redactor) {
    for text in [&mut item.title, &mut item.why, &mut item.verify] {
        both(text, redactor);
    }
    item.remedy.iter_mut().for_each(|step| remedy(step, redactor));
    item.excuse.iter_mut().for_each(|reason| excuse(reason, redactor));
    if let Some(signature) = &mut item.signature {
        signed(signature, redactor);
    }
}

fn excuse(excuse: &mut Excuse, redactor: &Redactor) {
    match excuse {
        Excuse::Waiver { reason, .. } => one(reason, redactor),
        Excuse::Baseline { .. } => {}
    }
}

fn signed(signature: &mut Signature, redactor: &Redactor) {
    one(&mut signature.who, redactor);
    signature.note.iter_mut().for_each(|note| one(note, redactor));
}

fn host(result: &mut HostResult, redactor: &Redactor) {
    one(&mut result.address, redactor);
    if let Some(error) = &mut result.error {
        host_error(error, redactor);
    }
}

fn host_error(error: &mut HostError, redactor: &Redactor) {
    both(&mut error.message, redactor);
    error.remedy.iter_mut().for_each(|step| remedy(step, redactor));
}

fn verdict(result: &mut Verdict, redactor: &Redactor) {
    result.item.iter_mut().for_each(|item| one(item, redactor));
    for text in [&mut result.title, &mut result.why, &mut result.message] {
        both(text, redactor);
    }
    // A secret may go on from line to line.
    redactor.redact_lines(&mut result.evidence);
    result.failed.iter_mut().for_each(|line| one(line, redactor));
    result.excuse.iter_mut().for_each(|reason| excuse(reason, redactor));
    result.remedy.iter_mut().for_each(|step| remedy(step, redactor));
}

fn remedy(step: &mut RemedyStep, redactor: &Redactor) {
    both(&mut step.text, redactor);
    step.command.iter_mut().chain(&mut step.on).for_each(|text| one(text, redactor));
}

fn both(text: &mut Text, redactor: &Redactor) {
    one(&mut text.en, redactor);
    one(&mut text.ja, redactor);
}

fn one(text: &mut String, redactor: &Redactor) {
    *text = redactor.redact(text);
}
