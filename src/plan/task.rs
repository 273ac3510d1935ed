//! One check on one host for one item, with its probes filled in.

use std::{sync::Arc, time::Duration};

use minijinja::Value;

use super::HostScope;
use crate::{
    catalog::{Check, FaqEntry},
    inventory::Finding,
    judge::ErrorKind,
    probe::Probe,
    text::Text,
};

/// One probe to ask, and under which name its observation is known.
#[derive(Debug, Clone)]
pub struct Question {
    /// The observation's name.
    pub register: String,
    /// Asked through `sudo -n`.
    pub r#become: bool,
    /// The probe's own deadline; absent = the run's default.
    pub timeout: Option<Duration>,
    /// The probe.
    pub probe: Arc<Probe>,
    /// It holds a secret: nobody on the host may read it.
    pub is_secret: bool,
}

/// What was decided before anything was asked.
#[derive(Debug, Clone)]
pub enum Preset {
    /// Does not apply, and why.
    Skipped(Text),
    /// Cannot be judged, and why.
    Error(ErrorKind, Text),
    /// A rule about the inventory found nothing.
    Sound,
    /// A rule about the inventory found this; the task's item holds its facts.
    Found(Arc<Finding>),
    /// A person has to verify it; nobody has signed so far.
    Manual,
}

impl Preset {
    /// Whether it stands however the host is reached.
    #[must_use]
    pub fn needs_no_host(&self) -> bool {
        matches!(self, Self::Skipped(_) | Self::Sound | Self::Found(_) | Self::Manual)
    }
}

/// One check on one host for one item.
#[derive(Debug, Clone)]
pub struct Task {
    /// The check.
    pub check: Arc<Check>,
    /// The item as expressions see it, and as text.
    pub item: Option<(Value, String)>,
    /// The probes: the main one first, then further evidence.
    pub questions: Vec<Question>,
    /// The check's FAQ entry.
    pub faq: Option<Arc<FaqEntry>>,
    /// What was decided already.
    pub preset: Option<Preset>,
}

impl Task {
    /// Whether a person has to verify it.
    #[must_use]
    pub fn is_manual(&self) -> bool {
        matches!(self.preset, Some(Preset::Manual))
    }

    /// Whether a connection to the host is needed.
    #[must_use]
    pub fn needs_connection(&self) -> bool {
        self.preset.is_none() && self.questions.iter().any(|question| *question.probe != Probe::Inventory)
    }
}

/// Something that a person has to verify on one host.
#[derive(Debug, Clone)]
pub struct ManualTask {
    /// What the host's expressions see.
    pub scope: Arc<HostScope>,
    /// The manual check.
    pub task: Task,
}
