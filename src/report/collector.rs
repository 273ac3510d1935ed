//! [`Event`]s to a [`Report`]: puts in plan order what arrives in any order.

use std::collections::HashMap;

use super::Report;
use crate::{
    event::{Event, HostError, HostResult},
    inventory::HostName,
    judge::{Outcome, Verdict},
    text::Text,
};

/// Gathers the events of one run.
#[derive(Debug)]
pub struct Collector {
    report: Report,
    hosts: Vec<Row>,
    index: HashMap<HostName, usize>,
    finished: bool,
}

/// One host with what arrived about it so far.
#[derive(Debug)]
struct Row {
    name: HostName,
    address: String,
    result: Option<HostResult>,
    verdicts: Vec<Verdict>,
    /// How often it was tried in vain, and why the last time.
    waited: Option<(u32, Text)>,
}

impl Collector {
    /// Begins a report. `frame` brings what is known beforehand (stage, phase, threshold, start, notices); `hosts` are
    /// the names of all hosts of the run and where they are looked for, in plan order.
    #[must_use]
    pub fn new(frame: Report, hosts: impl IntoIterator<Item = (HostName, String)>) -> Self {
        let mut collector = Self { report: frame, hosts: Vec::new(), index: HashMap::new(), finished: false };
        for (name, address) in hosts {
            collector.row(&name).address = address;
        }
        collector
    }

    /// Takes in one event. Verdicts of hosts that the plan did not name come after all others.
    pub fn take(&mut self, event: Event) {
        match event {
            Event::Verdict(verdict) => self.row(&verdict.host).verdicts.push(*verdict),
            Event::HostWaiting { host, tries, error } => self.row(&host).waited = Some((tries, error.message)),
            Event::HostFinished(result) => {
                self.report.interrupted |= result.error.as_ref().is_some_and(HostError::is_interruption);
                let row = self.row(&result.name);
                row.result = Some(*result);
            }
            Event::RunFinished { duration } => {
                self.report.duration = duration;
                self.finished = true;
            }
            Event::RunStarted { .. } | Event::HostStarted { .. } | Event::HostConnected { .. } => {}
        }
    }

    /// The report. Hosts that were not done when the events ended are told as such, and the report as interrupted.
    #[must_use]
    pub fn finish(mut self) -> Report {
        self.report.interrupted |= !self.finished;
        for row in self.hosts {
            self.report.interrupted |= row.result.is_none();
            self.report.notices.extend(row.retried());
            self.report.hosts.push(row.result.unwrap_or_else(|| unfinished(row.name, row.address)));
            self.report.verdicts.extend(row.verdicts);
        }
        self.report
    }

    fn row(&mut self, name: &HostName) -> &mut Row {
        let next = self.hosts.len();
        let at = *self.index.entry(name.clone()).or_insert(next);
        if at == next {
            self.hosts.push(Row {
                name: name.clone(),
                address: String::new(),
                result: None,
                verdicts: Vec::new(),
                waited: None,
            });
        }
        &mut self.hosts[at]
    }
}

impl Row {
    /// Tells of a host that answered only after it was tried again.
    fn retried(&self) -> Option<Text> {
        let (tries, why) = self.waited.as_ref()?;
        let (name, tries) = (&self.name, tries + 1);
        self.result.as_ref().filter(|result| result.error.is_none())?;
        Some(Text::new(
            format!("`{name}` answered at try {tries}; before that: {}", why.en),
            format!("`{name}` は {tries} 回目の試行で応答しました。それまでの状況: {}", why.ja),
        ))
    }
}

fn unfinished(name: HostName, address: String) -> HostResult {
    HostResult {
        name,
        address,
        outcome: Outcome::Error,
        error: Some(HostError::interrupted()),
        location: None,
        duration: std::time::Duration::ZERO,
    }
}
