//! The parts of the JSON report that a checklist needs beside the results.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Remedy, read};
use crate::{
    catalog::{CheckId, Phase},
    judge::{Excuse, Severity, Signature},
    report::ManualItem,
    text::Lang,
};

/// A check of the run.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct CheckEntry {
    /// Its id.
    #[schemars(with = "String")]
    pub(super) id: CheckId,
    /// The phases that it guards; empty: all.
    pub(super) phases: Vec<Phase>,
}

/// Something that a person has to verify on one host.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct ManualEntry {
    /// Id of the check, `<topic>/<name>`.
    #[schemars(with = "String")]
    check: CheckId,
    /// The host that it speaks of.
    host: String,
    /// How bad it is where nobody signs.
    severity: Severity,
    /// The wanted condition.
    title: String,
    /// What goes wrong without it.
    why: String,
    /// How to verify it.
    verify: String,
    /// What to do where it does not hold.
    remedy: Remedy,
    /// Who stands in for it; null where nobody does: it is open.
    signature: Option<Signature>,
    /// Why it does not count although it is open; null where it counts.
    excuse: Option<Excuse>,
}

impl CheckEntry {
    pub(super) fn new((id, phases): (&CheckId, &Vec<Phase>)) -> Self {
        Self { id: id.clone(), phases: phases.clone() }
    }
}

impl ManualEntry {
    pub(super) fn new(item: &ManualItem, lang: Lang) -> Self {
        Self {
            check: item.check.clone(),
            host: item.host.to_string(),
            severity: item.severity,
            title: item.title.get(lang).to_owned(),
            why: item.why.get(lang).to_owned(),
            verify: item.verify.get(lang).to_owned(),
            remedy: Remedy::new(&item.remedy, None, None, lang),
            signature: item.signature.clone(),
            excuse: item.excuse.clone(),
        }
    }

    pub(super) fn read(self) -> ManualItem {
        ManualItem {
            check: self.check,
            host: self.host.into(),
            severity: self.severity,
            title: read::text(self.title),
            why: read::text(self.why),
            verify: read::text(self.verify),
            remedy: read::steps(self.remedy.steps),
            signature: self.signature,
            excuse: self.excuse,
        }
    }
}
