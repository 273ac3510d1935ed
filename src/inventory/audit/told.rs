//! Problems and warnings of the readers as findings: what kept a file from being read, and what surprises.

use super::{Definitions, Finding, Rule};
use crate::inventory::{
    Value,
    error::{Problem, Reason, Warning, WarningKind},
    hive::HiveFault,
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
    .fact("hint", problem.reason.hint().map_or(Value::Null, |hint| Value::from(hint.into_owned())))
}

/// The rule that a problem breaks.
fn rule(definitions: &Definitions, problem: &Problem) -> Rule {
    let Reason::Hive(fault) = &*problem.reason else { return Rule::Readable };
    match fault {
        HiveFault::Network { .. } | HiveFault::TooFewAddresses(_) | HiveFault::NoSubnet => Rule::CidrFits,
        HiveFault::CustomHostname(_) | HiveFault::TooLong(_) => Rule::CustomHostname,
        HiveFault::SharedRepository => Rule::SharedRepository,
        HiveFault::NoKey(_) => Rule::EncryptionKey,
        HiveFault::Port(_) | HiveFault::PortType { .. } | HiveFault::Protocol(_) => Rule::PortForm,
        HiveFault::ShortVolume(_) | HiveFault::VolumeKinds(..) => Rule::VolumeDefinition,
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

/// The rule of a file as a whole.
fn of_file(definitions: &Definitions, problem: &Problem) -> Rule {
    let services = definitions.of("hive_services").any(|file| file.source.path == problem.source);
    if services { Rule::ServicesParse } else { Rule::HiveDefinition }
}

pub(super) fn of_warnings(warnings: &[Warning]) -> Vec<Finding> {
    warnings.iter().filter(|warning| !is_finding(&warning.kind)).map(of_warning).collect()
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
    /// The rule that tells of it.
    #[must_use]
    pub fn rule(&self) -> Rule {
        match &self.kind {
            WarningKind::UnknownHiveKey { .. } => Rule::HiveDefinition,
            WarningKind::TrueString { .. } => Rule::QuotedBoolean,
            WarningKind::PhantomFirstHive { .. } | WarningKind::UndefinedStage { .. } => Rule::FirstHive,
            WarningKind::DuplicatePort { .. } => Rule::PublishedPortsUnique,
            _ => Rule::NoSurprises,
        }
    }
}

fn of_warning(warning: &Warning) -> Finding {
    let text = warning.kind.text();
    Finding {
        location: warning.location.clone(),
        line: warning.line.clone(),
        ..Finding::nowhere(warning.rule(), warning.kind.id())
    }
    .fact("severity", "warning")
    .fact("en", text.en)
    .fact("ja", text.ja)
    .fact("hint", warning.kind.hint().map_or(Value::Null, |hint| Value::from(hint.into_owned())))
}
