//! The report as JSON: every key is described in `docs/report-json.md` and in `docs/report-v1.schema.json`.

mod manual;
mod read;

use std::time::Duration;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};

use super::{Readiness, Report, Summary, escape};
use crate::{
    catalog::{CheckId, Phase},
    event::{HostError, HostResult},
    judge::{ErrorKind, Excuse, Outcome, RemedyStep, Severity, Verdict},
    location::Location,
    text::Lang,
};

use manual::{CheckEntry, ManualEntry};
pub use read::{ReadError, Saved, read};

/// Version of the format. Keys may be added under the same number; none is removed, renamed or given another meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// Renders `report` with its messages in `lang`, indented, with a line end at the end.
#[must_use]
#[expect(clippy::missing_panics_doc, reason = "it cannot: see inside")]
pub fn render(report: &Report, lang: Lang) -> String {
    let document = Document::new(report, lang);
    // Maps with other keys than strings are all that `serde_json` refuses, and there are none here.
    let text = serde_json::to_string_pretty(&document).expect("the document has nothing that JSON cannot say");
    escape_hidden(&text) + "\n"
}

/// The JSON Schema of the format, indented, with a line end at the end.
#[must_use]
pub fn schema() -> String {
    // What is written has every key, also those that may be null.
    let settings = SchemaSettings::draft2020_12().for_serialize();
    format!("{:#}\n", settings.into_generator().into_root_schema_for::<Document>().to_value())
}

/// Writes what a terminal would obey or hide by number; such characters stand only inside strings.
pub(super) fn escape_hidden(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && escape::is_hidden(c) {
            out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

/// Report of one run of hive-preflight.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "hive-preflight report")]
struct Document {
    /// Version of this format: 1.
    schema_version: u32,
    /// The program that wrote the report.
    tool: Tool,
    /// Language of titles, messages and remedies: `en` or `ja`.
    lang: Lang,
    /// When the run began, RFC 3339 in UTC.
    started: String,
    /// Wall time of the run in milliseconds.
    duration_ms: u64,
    /// The run ended before every host was done.
    interrupted: bool,
    /// The stage of the hive project; null outside hive projects.
    stage: Option<String>,
    /// The phase that `--before` named; null where none was named.
    phase: Option<Phase>,
    /// The least severity that counts as a finding: `error`, or `warning` with `--strict`.
    threshold: Severity,
    /// The run in one word.
    verdict: Readiness,
    /// How many of each.
    summary: Summary,
    /// Things to know that are no findings.
    notices: Vec<String>,
    /// Every host of the run, in plan order, the failed ones too.
    hosts: Vec<HostEntry>,
    /// Every result, in plan order of the hosts.
    results: Vec<ResultEntry>,
    /// Where the inventory came from: the hive project, else the sources as the user named them.
    #[serde(default)]
    inventory: Vec<String>,
    /// The checks of the run.
    #[serde(default)]
    checks: Vec<CheckEntry>,
    /// What a person has to verify, on each host. Results only where the run had signatures (`--attest`).
    #[serde(default)]
    manual: Vec<ManualEntry>,
}

/// The program that wrote the report.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Tool {
    /// Always `hive-preflight`.
    name: String,
    /// Its version.
    version: String,
}

/// One host of the run.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct HostEntry {
    /// Name in the inventory.
    name: String,
    /// Where it was looked for: `user@address:port`, or `local`.
    address: String,
    /// The worst outcome of its checks, or `unreachable`.
    outcome: Outcome,
    /// Why it could not be asked to the end; null where it could.
    error: Option<HostErrorEntry>,
    /// Where the host is written; null where that is not known.
    location: Option<Place>,
    /// Time from taking the host up to its last result, in milliseconds.
    duration_ms: u64,
}

/// Why a host could not be asked.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct HostErrorEntry {
    /// Stable name of the class, such as `refused`, `timeout`, `auth`, `host_key_changed`.
    class: String,
    /// What happened.
    message: String,
    /// What to do.
    remedy: Remedy,
}

/// One check's result on one host, and one item where the check loops.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct ResultEntry {
    /// Id of the check, `<topic>/<name>`.
    #[schemars(with = "String")]
    check: CheckId,
    /// The host that it speaks of.
    host: String,
    /// The loop item; null where the check does not loop.
    item: Option<String>,
    /// What was decided.
    outcome: Outcome,
    /// How bad a failure is; for other outcomes what it would have been.
    severity: Severity,
    /// The wanted condition.
    title: String,
    /// What goes wrong without it.
    why: String,
    /// What was found.
    message: String,
    /// Lines that prove it, as they came from the host.
    evidence: Vec<String>,
    /// The expressions that did not hold.
    failed: Vec<String>,
    /// Why it could not be judged; null unless `outcome` is `error`.
    error_kind: Option<ErrorKind>,
    /// Why it does not count; null unless `outcome` is `waived`.
    #[serde(default)]
    excuse: Option<Excuse>,
    /// The checks that it waits for; empty unless `outcome` is `blocked`.
    #[schemars(with = "Vec<String>")]
    blocked_by: Vec<CheckId>,
    /// Where the host, or the offending key, is written; null where that is not known.
    location: Option<Place>,
    /// What to do.
    remedy: Remedy,
    /// Time that the probe took, in milliseconds.
    duration_ms: u64,
}

/// A position in a file.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Place {
    /// The file, as the user named it or relative to what the user named.
    file: String,
    /// Line, from 1.
    line: u32,
    /// Column in characters, from 1.
    column: u32,
}

/// What to do. Both lists are empty where there is nothing to do.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Remedy {
    /// The steps, in order.
    steps: Vec<Step>,
    /// The commands of the steps that can be pasted as they are, in order. Commands with control or invisible
    /// characters (hostile file names) stand in `steps` only.
    commands: Vec<String>,
    /// Id of the FAQ entry, for `hive-preflight explain`; null where there is none.
    faq: Option<String>,
    /// Where the original of the FAQ entry stands; null where there is none.
    url: Option<String>,
}

/// One step of a remedy.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Step {
    /// What to do, in words; empty where the command says it all.
    text: String,
    /// The command; null where the step has none.
    command: Option<String>,
    /// The host on which to type the command; null where it does not matter.
    on: Option<String>,
}

impl Document {
    fn new(report: &Report, lang: Lang) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            tool: Tool::this(),
            lang,
            started: report.started.clone(),
            duration_ms: milliseconds(report.duration),
            interrupted: report.interrupted,
            stage: report.stage.clone(),
            phase: report.phase,
            threshold: report.threshold,
            verdict: report.standing().readiness(),
            summary: report.summary(),
            notices: report.notices.iter().map(|notice| notice.get(lang).to_owned()).collect(),
            hosts: report.hosts.iter().map(|host| HostEntry::new(host, lang)).collect(),
            results: report.verdicts.iter().map(|verdict| ResultEntry::new(verdict, lang)).collect(),
            inventory: report.inventory.clone(),
            checks: report.guards.iter().map(CheckEntry::new).collect(),
            manual: report.manual.iter().map(|item| ManualEntry::new(item, lang)).collect(),
        }
    }
}

impl Tool {
    pub(super) fn this() -> Self {
        Self { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

impl HostEntry {
    pub(super) fn new(host: &HostResult, lang: Lang) -> Self {
        Self {
            name: host.name.to_string(),
            address: host.address.clone(),
            outcome: host.outcome,
            error: host.error.as_ref().map(|error| HostErrorEntry::new(error, lang)),
            location: host.location.as_ref().map(Place::from),
            duration_ms: milliseconds(host.duration),
        }
    }
}

impl HostErrorEntry {
    fn new(error: &HostError, lang: Lang) -> Self {
        Self {
            class: error.class.to_string(),
            message: error.message.get(lang).to_owned(),
            remedy: Remedy::new(&error.remedy, None, None, lang),
        }
    }
}

impl ResultEntry {
    pub(super) fn new(verdict: &Verdict, lang: Lang) -> Self {
        Self {
            check: verdict.check.clone(),
            host: verdict.host.to_string(),
            item: verdict.item.clone(),
            outcome: verdict.outcome,
            severity: verdict.severity,
            title: verdict.title.get(lang).to_owned(),
            why: verdict.why.get(lang).to_owned(),
            message: verdict.message.get(lang).to_owned(),
            evidence: verdict.evidence.clone(),
            failed: verdict.failed.clone(),
            error_kind: verdict.error_kind.clone(),
            excuse: verdict.excuse.clone(),
            blocked_by: verdict.blocked_by.clone(),
            location: verdict.location.as_ref().map(Place::from),
            remedy: Remedy::new(&verdict.remedy, verdict.faq.as_ref(), verdict.url.as_ref(), lang),
            duration_ms: milliseconds(verdict.duration),
        }
    }
}

impl Remedy {
    fn new(steps: &[RemedyStep], faq: Option<&String>, url: Option<&String>, lang: Lang) -> Self {
        let pasteable = |command: &&String| escape::is_pasteable(command);
        Self {
            steps: steps.iter().map(|step| Step::new(step, lang)).collect(),
            commands: steps.iter().filter_map(|step| step.command.as_ref()).filter(pasteable).cloned().collect(),
            faq: faq.cloned(),
            url: url.cloned(),
        }
    }
}

impl Step {
    fn new(step: &RemedyStep, lang: Lang) -> Self {
        Self { text: step.text.get(lang).to_owned(), command: step.command.clone(), on: step.on.clone() }
    }
}

impl From<&Location> for Place {
    fn from(location: &Location) -> Self {
        Self { file: location.file.display().to_string(), line: location.line, column: location.column }
    }
}

pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
