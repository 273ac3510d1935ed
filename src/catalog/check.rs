//! Valid checks: what a check file means once every problem in it is excluded.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use indexmap::IndexMap;

use super::{CheckId, FaqId, Phase};
use crate::{
    inventory::{Pattern, Rule},
    judge::Severity,
    location::Location,
    probe::{ScriptSource, StatusSet},
    text::Text,
};

pub use crate::jinja::{Expression, Template};

/// What a check asks of a host beyond reading.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Default,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Reads only.
    #[default]
    None,
    /// Writes one small temporary file and removes it again, also when it is cut off. Runs by default.
    TempFile,
    /// Sends packets to third parties (a TCP connect, a repository query).
    Network,
    /// Does more than that; only with `--allow-active`.
    Active,
}

/// A probe with templates still in it; see [`crate::probe::Probe`] for the meaning of the fields.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields mirror `crate::probe::Probe`, where they are documented")]
pub enum ProbeSpec {
    Command {
        argv: Vec<Template>,
        chdir: Option<Template>,
        rc: StatusSet,
        max_bytes: usize,
    },
    Shell {
        cmd: Template,
        chdir: Option<Template>,
        rc: StatusSet,
        max_bytes: usize,
    },
    Script {
        script: ScriptSpec,
        rc: StatusSet,
        max_bytes: usize,
    },
    Nagios {
        argv: Vec<Template>,
    },
    File {
        path: Template,
    },
    UnixSocket {
        path: Template,
    },
    StreamLocal {
        path: Template,
        http_get: Option<Template>,
    },
    Tcp {
        host: Template,
        port: Template,
    },
    Clock,
    Connection,
    Inventory,
    Definition {
        rule: Rule,
    },
    /// None at all: a person looks and signs. How to verify the condition stands here.
    Manual {
        verify: Text,
    },
}

impl ProbeSpec {
    /// Whether nothing has to be asked of the host.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        matches!(self, Self::Inventory | Self::Definition { .. } | Self::Manual { .. })
    }
}

/// A script beside the check, its interpreter and its arguments.
#[derive(Debug, Clone)]
pub struct ScriptSpec {
    /// The file's text.
    pub source: ScriptSource,
    /// Arguments.
    pub args: Vec<Template>,
    /// Interpreter and its own arguments.
    pub interpreter: Vec<String>,
}

/// One further probe asked along with the main one.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Name of the observation.
    pub register: String,
    /// Asked through `sudo -n`.
    pub r#become: bool,
    /// All must hold (inventory values only), else it is not asked and stays undefined.
    pub when: Vec<Expression>,
    /// The probe's own deadline.
    pub timeout: Option<Duration>,
    /// The probe.
    pub probe: ProbeSpec,
}

/// A severity, fixed or computed.
#[derive(Debug, Clone)]
pub enum SeveritySpec {
    /// Always this one.
    Fixed(Severity),
    /// A template that renders to one.
    Computed(Template),
}

/// A text in both languages with templates in it.
#[derive(Debug, Clone, Default)]
pub struct TextTemplate {
    /// English.
    pub en: Template,
    /// Japanese.
    pub ja: Template,
}

/// One step of a remedy, with templates still in it.
#[derive(Debug, Clone)]
pub struct RemedySpec {
    /// What to do, in words.
    pub text: Option<TextTemplate>,
    /// A command; values are quoted for the shell.
    pub command: Option<Template>,
    /// Where to type it: `mother`, `host`, or a template for a host name.
    pub on: Option<Template>,
    /// All must hold, else the step is left out.
    pub when: Vec<Expression>,
}

/// A check, valid in itself and against its catalogue.
#[derive(Debug, Clone)]
pub struct Check {
    /// The id.
    pub id: CheckId,
    /// The wanted condition.
    pub title: Text,
    /// What goes wrong without it.
    pub why: Text,
    /// The hosts that it speaks of.
    pub hosts: Pattern,
    /// All must hold on a host, else it is skipped there.
    pub when: Vec<Expression>,
    /// Checks whose failure blocks this one.
    pub needs: Vec<CheckId>,
    /// Phases that it guards; empty = all.
    pub phases: Vec<Phase>,
    /// Tags.
    pub tags: Vec<String>,
    /// The main probe runs through `sudo -n`.
    pub r#become: bool,
    /// The main probe's deadline.
    pub timeout: Option<Duration>,
    /// One verdict for each item of this list.
    pub r#loop: Option<Template>,
    /// Names for this check: strings inside may be templates.
    pub vars: IndexMap<String, serde_json::Value>,
    /// The main probe.
    pub probe: ProbeSpec,
    /// The main observation's name.
    pub register: String,
    /// Further probes.
    pub evidence: Vec<Evidence>,
    /// One that holds shows that the check does not apply here after all: the verdict is `skipped`.
    pub skip_when: Vec<Expression>,
    /// Said then.
    pub skip_msg: Option<TextTemplate>,
    /// One that holds makes the verdict `error`.
    pub error_when: Vec<Expression>,
    /// Said then.
    pub error_msg: Option<TextTemplate>,
    /// All must hold for a pass.
    pub that: Vec<Expression>,
    /// How bad a failure is.
    pub severity: SeveritySpec,
    /// Said of a failure.
    pub fail_msg: TextTemplate,
    /// Said of a pass.
    pub success_msg: Option<TextTemplate>,
    /// What to do.
    pub remedy: Vec<RemedySpec>,
    /// The FAQ entry.
    pub faq: Option<FaqId>,
    /// What it asks beyond reading.
    pub effect: Effect,
    /// Whether a waiver may answer for it.
    pub waivable: bool,
    /// Where the check is written.
    pub location: Location,
}

impl Check {
    /// Whether it is judged from the inventory alone.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.probe.is_offline() && self.evidence.iter().all(|evidence| evidence.probe.is_offline())
    }

    /// The rule about the inventory that decides it.
    #[must_use]
    pub fn rule(&self) -> Option<Rule> {
        match self.probe {
            ProbeSpec::Definition { rule } => Some(rule),
            _ => None,
        }
    }

    /// How a person verifies it, where nothing can be asked.
    #[must_use]
    pub fn verify(&self) -> Option<&Text> {
        match &self.probe {
            ProbeSpec::Manual { verify } => Some(verify),
            _ => None,
        }
    }
}

/// One entry of the FAQ.
#[derive(Debug, Clone)]
pub struct FaqEntry {
    /// The id.
    pub id: FaqId,
    /// The question.
    pub title: Text,
    /// What hive prints.
    pub message: Option<String>,
    /// Phases in which it appears.
    pub phases: Vec<Phase>,
    /// The explanation.
    pub text: Text,
    /// Where the original stands.
    pub url: Option<String>,
    /// What to do.
    pub remedy: Vec<RemedySpec>,
    /// Where the entry is written.
    pub location: Location,
}

/// All checks and FAQ entries of a run, by id, in order of id.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// The checks.
    pub checks: BTreeMap<CheckId, Arc<Check>>,
    /// The FAQ entries.
    pub faq: BTreeMap<FaqId, Arc<FaqEntry>>,
}
