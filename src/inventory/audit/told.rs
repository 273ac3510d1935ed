//! Problems and warnings of the readers as findings: what kept a file from being read, and what surprises.

use super::{Definitions, Finding, Rule};
use crate::{
    inventory::{
        Value,
        error::{Problem, Reason, Warning, WarningKind},
        hive::{HiveFault, Place},
    },
    text::Text,
};

pub(super) fn of_problems(definitions: &Definitions, problems: &[Problem]) -> Vec<Finding> {
    problems.iter().map(|problem| of_problem(definitions, problem)).collect()
}

fn of_problem(definitions: &Definitions, problem: &Problem) -> Finding {
    let text = problem.reason.text();
    Finding {
        location: problem.location.clone(),
        line: problem.line.clone(),
        ..Finding::nowhere(rule(definitions, problem), problem.source.display().to_string())
    }
    .fact("severity", "error")
    .fact("en", text.en)
    .fact("ja", text.ja)
    .hint(problem.reason.hint())
}

/// The rule that a problem breaks.
fn rule(definitions: &Definitions, problem: &Problem) -> Rule {
    let fault = match &*problem.reason {
        Reason::Hive(fault) => fault,
        Reason::Structure(_) if is_of(definitions, "hive_inventory", problem) => return Rule::HiveDefinition,
        Reason::Structure(_) if is_of(definitions, "hive_services", problem) => return Rule::ServicesParse,
        _ => return Rule::Readable,
    };
    match fault {
        HiveFault::Network { .. } | HiveFault::TooFewAddresses { .. } | HiveFault::NoSubnet => Rule::CidrFits,
        HiveFault::CustomHostname(_) | HiveFault::TooLong { .. } => Rule::CustomHostname,
        HiveFault::SharedRepository => Rule::SharedRepository,
        HiveFault::NoKey(_) => Rule::EncryptionKey,
        HiveFault::Port(_)
        | HiveFault::PortType { .. }
        | HiveFault::Protocol(_)
        | HiveFault::Missing { place: Place::Port(_), .. } => Rule::PortForm,
        HiveFault::Type { key, .. } if key == "ports" => Rule::PortForm,
        HiveFault::ShortVolume(_) | HiveFault::VolumeKinds(..) | HiveFault::Missing { place: Place::Volume(_), .. } => {
            Rule::VolumeDefinition
        }
        HiveFault::DeviceId { .. } | HiveFault::NoFreeNumber(_) | HiveFault::Persistents(_) => Rule::StalePersistents,
        HiveFault::Missing { .. }
        | HiveFault::Type { .. }
        | HiveFault::UnknownKey { .. }
        | HiveFault::Stage(_)
        | HiveFault::Provider(_)
        | HiveFault::NotForProvider { .. }
        | HiveFault::TooManyHosts { .. } => of_file(definitions, problem),
    }
}

fn is_of(definitions: &Definitions, plugin: &'static str, problem: &Problem) -> bool {
    definitions.of(plugin).any(|file| file.source.path == problem.source)
}

/// The rule of a file as a whole.
fn of_file(definitions: &Definitions, problem: &Problem) -> Rule {
    if is_of(definitions, "hive_services", problem) { Rule::ServicesParse } else { Rule::HiveDefinition }
}

pub(super) fn of_warnings(warnings: &[Warning]) -> Vec<Finding> {
    warnings.iter().filter(|warning| !is_finding(&warning.kind)).filter_map(of_warning).collect()
}

impl Finding {
    /// What the reader hints at, in both languages; null where it does not.
    fn hint(self, hint: Option<Text>) -> Self {
        let (en, ja) = hint.map_or((Value::Null, Value::Null), |Text { en, ja }| (Value::from(en), Value::from(ja)));
        self.fact("hint_en", en).fact("hint_ja", ja)
    }
}

/// Whether the warning was made of a finding.
fn is_finding(kind: &WarningKind) -> bool {
    matches!(kind, WarningKind::PhantomFirstHive { .. } | WarningKind::DuplicatePort { .. })
}

/// A finding as a warning, for those who see no findings.
pub(super) fn as_warning(finding: Finding) -> Option<Warning> {
    let fact = |name: &str| match finding.facts.get(name)? {
        Value::Int(number) => Some(number.to_string()),
        value => value.as_str().map(str::to_owned),
    };
    let kind = match finding.rule {
        Rule::FirstHive if fact("kind")? == "phantom" => {
            WarningKind::PhantomFirstHive { host: fact("host")?, stage: fact("stage")? }
        }
        Rule::PublishedPortsUnique => {
            let other = format!("{}{}", fact("other")?, fact("other_target")?);
            WarningKind::DuplicatePort { port: fact("port")?, service: fact("service")?, other }
        }
        _ => return None,
    };
    Some(Warning { kind, location: finding.location, line: finding.line })
}

impl Warning {
    /// The rule that tells of it; none where the inventory itself is not at fault.
    #[must_use]
    pub fn rule(&self) -> Option<Rule> {
        Some(match &self.kind {
            WarningKind::ReadByAnsible { .. } => return None,
            WarningKind::UnknownHiveKey { place: Place::Services, .. } => Rule::ServicesParse,
            WarningKind::UnknownHiveKey { .. } => Rule::HiveDefinition,
            WarningKind::SharedWithoutContext => Rule::SharedRepository,
            WarningKind::DefaultKey => Rule::EncryptionKey,
            WarningKind::TrueString { .. } => Rule::QuotedBoolean,
            WarningKind::PhantomFirstHive { .. } | WarningKind::UndefinedStage { .. } => Rule::FirstHive,
            WarningKind::DuplicatePort { .. } => Rule::PublishedPortsUnique,
            _ => Rule::NoSurprises,
        })
    }
}

/// What hive's plugins let pass may stop its playbooks.
fn severity(kind: &WarningKind) -> &'static str {
    match kind {
        WarningKind::SharedWithoutContext => "error",
        _ => "warning",
    }
}

fn of_warning(warning: &Warning) -> Option<Finding> {
    let text = warning.kind.text();
    let finding = Finding {
        location: warning.location.clone(),
        line: warning.line.clone(),
        ..Finding::nowhere(warning.rule()?, warning.kind.id())
    };
    let finding = finding.fact("severity", severity(&warning.kind)).fact("en", text.en).fact("ja", text.ja);
    Some(finding.hint(warning.kind.hint()))
}
