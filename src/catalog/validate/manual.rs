//! Manual items: what a person verifies and signs, because nothing can be asked.

use super::Validator;
use crate::{
    catalog::{check::ProbeSpec, problem::ProblemKind, raw::RawManual, tree::Node},
    text::Text,
};

/// The keys that speak of a probe and what it saw.
const OF_PROBES: [&str; 15] = [
    "probe",
    "needs",
    "become",
    "timeout",
    "loop",
    "register",
    "evidence",
    "skip_when",
    "skip_msg",
    "error_when",
    "error_msg",
    "that",
    "fail_msg",
    "success_msg",
    "effect",
];

impl Validator<'_> {
    /// Tells of every key that has no meaning without a probe.
    pub(super) fn only_manual(&mut self, node: &Node) {
        for key in OF_PROBES {
            if let Some(entry) = node.entry(key) {
                self.report_range(&entry.key.range, ProblemKind::NotManual { key: key.to_owned() });
            }
        }
    }

    /// What stands below `parent`'s key `manual`.
    pub(super) fn manual(&mut self, raw: Option<RawManual>, parent: &Node) -> ProbeSpec {
        let verify = raw.map_or_else(Text::default, |raw| self.words(raw.verify, parent.at("manual"), "verify"));
        ProbeSpec::Manual { verify }
    }
}
