//! Applies what was agreed to verdicts.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::civil::Date;

use super::{Waiver, Waivers};
use crate::{
    catalog::{Catalog, CheckId},
    inventory::{Finding, HostName, Pattern, Rule},
    judge::{Excuse, Outcome, Severity, Verdict},
    text::Text,
};

/// Findings of an earlier run, which do not count again.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// When that run began.
    pub since: String,
    /// Check, host and item of everything that failed then.
    pub findings: HashSet<(CheckId, HostName, Option<String>)>,
}

/// What the project has agreed to live with.
#[derive(Debug, Default)]
pub struct Policy {
    waivers: Vec<Agreed>,
    known: Option<Known>,
    severities: BTreeMap<CheckId, Severity>,
    /// What is wrong with the waivers themselves.
    findings: Vec<Finding>,
}

/// A waiver that counts today.
#[derive(Debug)]
struct Agreed {
    waiver: Waiver,
    /// Absent: all hosts.
    hosts: Option<BTreeSet<HostName>>,
    used: bool,
}

impl Policy {
    /// Sets severities by check.
    pub fn set_severities(&mut self, severities: BTreeMap<CheckId, Severity>) {
        self.severities = severities;
    }

    /// Takes the findings of an earlier run as known.
    pub fn set_known(&mut self, known: Known) {
        self.known = Some(known);
    }

    /// Takes up waivers for `stage` on the day `today`; `select` tells the hosts of a pattern.
    pub fn set_waivers(
        &mut self,
        waivers: &Waivers,
        catalog: &Catalog,
        stage: Option<&str>,
        today: Date,
        select: &dyn Fn(&Pattern) -> BTreeSet<HostName>,
    ) {
        for waiver in &waivers.list {
            if waiver.stage.as_deref().is_some_and(|named| Some(named) != stage) {
                continue;
            }
            if catalog.checks.get(&waiver.check).is_some_and(|check| !check.waivable) {
                self.findings.push(finding(Rule::WaiverAllowed, waiver));
            } else if waiver.expires < today {
                self.findings.push(finding(Rule::WaiverInForce, waiver));
            } else {
                let hosts = waiver.hosts.as_ref().map(select);
                self.waivers.push(Agreed { waiver: waiver.clone(), hosts, used: false });
            }
        }
    }

    /// What is wrong with the waivers before anything is asked.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Waivers that nothing needed, once all verdicts are in.
    #[must_use]
    pub fn unused(&self) -> Vec<Finding> {
        let idle = self.waivers.iter().filter(|agreed| !agreed.used);
        idle.map(|agreed| finding(Rule::WaiverUsed, &agreed.waiver)).collect()
    }

    /// Applies everything to a verdict.
    pub fn apply(&mut self, verdict: &mut Verdict) {
        if let Some(severity) = self.severities.get(&verdict.check) {
            verdict.severity = *severity;
        }
        if verdict.outcome != Outcome::Fail {
            return;
        }
        if let Some(excuse) = self.excuse(verdict) {
            verdict.message = told(&excuse, &verdict.message);
            verdict.excuse = Some(excuse);
            verdict.outcome = Outcome::Waived;
        }
    }

    fn excuse(&mut self, verdict: &Verdict) -> Option<Excuse> {
        if let Some(agreed) = self.waivers.iter_mut().find(|agreed| agreed.means(verdict)) {
            agreed.used = true;
            let Waiver { reason, owner, expires, .. } = &agreed.waiver;
            return Some(Excuse::Waiver { reason: reason.clone(), owner: owner.clone(), expires: expires.to_string() });
        }
        let known = self.known.as_ref()?;
        let key = (verdict.check.clone(), verdict.host.clone(), verdict.item.clone());
        known.findings.contains(&key).then(|| Excuse::Baseline { since: known.since.clone() })
    }
}

impl Agreed {
    fn means(&self, verdict: &Verdict) -> bool {
        self.waiver.check == verdict.check
            && self.hosts.as_ref().is_none_or(|hosts| hosts.contains(&verdict.host))
            && self.waiver.item.as_ref().is_none_or(|item| Some(item) == verdict.item.as_ref())
    }
}

fn finding(rule: Rule, waiver: &Waiver) -> Finding {
    let facts = [
        ("check", waiver.check.as_str()),
        ("hosts", &waiver.hosts.as_ref().map_or_else(|| "all".to_owned(), ToString::to_string)),
        ("reason", &waiver.reason),
        ("owner", &waiver.owner),
        ("expires", &waiver.expires.to_string()),
    ];
    Finding {
        rule,
        host: None,
        location: Some(waiver.location.clone()),
        line: None,
        subject: waiver.check.to_string(),
        facts: facts.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect(),
    }
}

/// The excuse in front of what was found.
fn told(excuse: &Excuse, found: &Text) -> Text {
    match excuse {
        Excuse::Waiver { reason, owner, expires } => Text::new(
            format!("{} (waived by {owner} until {expires}: {reason})", found.en),
            format!("{}（{owner} が {expires} まで許容: {reason}）", found.ja),
        ),
        Excuse::Baseline { since } => Text::new(
            format!("{} (known since the baseline of {since})", found.en),
            format!("{}（{since} の基準で既知）", found.ja),
        ),
    }
}
