//! The run as JSON lines, event by event: `docs/reports.md` describes them. The functions are pure; who calls them as the
//! events happen makes them live.

use serde::Serialize;

use super::{
    Readiness, Report, Summary,
    json::{self, HostEntry, ResultEntry, SCHEMA_VERSION, Tool},
};
use crate::{catalog::Phase, event::Event, inventory::HostName, judge::Severity, text::Lang};

/// One line.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'a> {
    RunStarted(Header<'a>),
    HostStarted { host: &'a HostName },
    HostConnected { host: &'a HostName },
    HostWaiting { host: &'a HostName, tries: u32, class: &'a str, message: &'a str },
    Result(ResultEntry),
    HostFinished(HostEntry),
    RunFinished { duration_ms: u64, interrupted: bool, verdict: Readiness, summary: Summary },
}

#[derive(Serialize)]
struct Header<'a> {
    schema_version: u32,
    tool: Tool,
    lang: Lang,
    started: &'a str,
    stage: Option<&'a str>,
    phase: Option<Phase>,
    threshold: Severity,
    hosts: usize,
    checks: usize,
    notices: Vec<&'a str>,
}

/// The first line: what is known before the run, and how much will come.
#[must_use]
pub fn first(frame: &Report, hosts: usize, checks: usize, lang: Lang) -> String {
    write(&Line::RunStarted(Header {
        schema_version: SCHEMA_VERSION,
        tool: Tool::this(),
        lang,
        started: &frame.started,
        stage: frame.stage.as_deref(),
        phase: frame.phase,
        threshold: frame.threshold,
        hosts,
        checks,
        notices: frame.notices.iter().map(|notice| notice.get(lang)).collect(),
    }))
}

/// The line of an event; none for the run's own beginning and end, which [`first`] and [`last`] tell.
#[must_use]
pub fn line(event: &Event, lang: Lang) -> Option<String> {
    Some(write(&match event {
        Event::RunStarted { .. } | Event::RunFinished { .. } => return None,
        Event::HostStarted { host } => Line::HostStarted { host },
        Event::HostConnected { host } => Line::HostConnected { host },
        Event::HostWaiting { host, tries, error } => {
            Line::HostWaiting { host, tries: *tries, class: &error.class, message: error.message.get(lang) }
        }
        Event::Verdict(verdict) => Line::Result(ResultEntry::new(verdict, lang)),
        Event::HostFinished(host) => Line::HostFinished(HostEntry::new(host, lang)),
    }))
}

/// The last line: the run as a whole.
#[must_use]
pub fn last(report: &Report) -> String {
    write(&Line::RunFinished {
        duration_ms: json::milliseconds(report.duration),
        interrupted: report.interrupted,
        verdict: report.standing().readiness(),
        summary: report.summary(),
    })
}

/// All lines of a finished run, hosts in plan order; when hosts were begun and reached is no longer known.
#[must_use]
pub fn render(report: &Report, lang: Lang) -> String {
    let mut out = first(report, report.hosts.len(), report.verdicts.len(), lang);
    for (_, host, verdicts) in super::account::Account::new(report, lang).by_host() {
        for verdict in verdicts {
            out.push_str(&write(&Line::Result(ResultEntry::new(verdict, lang))));
        }
        out.extend(host.map(|host| write(&Line::HostFinished(HostEntry::new(host, lang)))));
    }
    out + &last(report)
}

fn write(line: &Line<'_>) -> String {
    // Maps with other keys than strings are all that `serde_json` refuses, and there are none here.
    let text = serde_json::to_string(line).expect("there is nothing that JSON cannot say");
    json::escape_hidden(&text) + "\n"
}
