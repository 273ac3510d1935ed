//! Applies what was agreed to verdicts.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::{Timestamp, civil::Date};

use super::{Signatures, Signed, Waiver, Waivers};
use crate::{
    catalog::{Catalog, CheckId},
    inventory::{Finding, HostName, Pattern, Rule},
    judge::{Excuse, Outcome, Severity, Signature, Verdict},
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
    signed: Vec<Attested>,
    known: Option<Known>,
    severities: BTreeMap<CheckId, Severity>,
    /// What is wrong with the waivers and signatures themselves.
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

/// A signature that counts today.
#[derive(Debug)]
struct Attested {
    signed: Signed,
    /// Absent: all hosts.
    hosts: Option<BTreeSet<HostName>>,
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

    /// Takes up signatures for `stage` at the moment `now`; `select` tells the hosts of a pattern. Those that are over or
    /// not yet given do not count.
    pub fn set_signatures(
        &mut self,
        signatures: &Signatures,
        stage: Option<&str>,
        now: Timestamp,
        select: &dyn Fn(&Pattern) -> BTreeSet<HostName>,
    ) {
        let today = signatures.today(now);
        for signed in &signatures.list {
            if signed.stage.as_deref().is_some_and(|named| Some(named) != stage) {
                continue;
            }
            if signed.since > now {
                self.findings.push(refused(signed, "future"));
            } else if signed.valid_until < today {
                self.findings.push(refused(signed, "over"));
            } else {
                let hosts = signed.hosts.as_ref().map(select);
                self.signed.push(Attested { signed: signed.clone(), hosts });
            }
        }
    }

    /// Who stands in for a manual item on a host today; of several the one whose word counts longest.
    #[must_use]
    pub fn signature(&self, check: &CheckId, host: &HostName) -> Option<Signature> {
        let means = |attested: &&Attested| {
            attested.signed.check == *check && attested.hosts.as_ref().is_none_or(|hosts| hosts.contains(host))
        };
        let signed = self.signed.iter().filter(means).map(|attested| &attested.signed);
        signed.max_by_key(|signed| signed.valid_until).map(|signed| Signature {
            who: signed.who.clone(),
            when: signed.when.clone(),
            valid_until: signed.valid_until.to_string(),
            note: signed.note.clone(),
            place: signed.location.to_string(),
        })
    }

    /// What is wrong with the waivers and signatures before anything is asked.
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
        if let Some(signature) = self.signature(&verdict.check, &verdict.host) {
            verdict.message = vouched(&signature);
            verdict.remedy.clear();
            verdict.outcome = Outcome::Pass;
        } else if let Some(excuse) = self.excuse(verdict) {
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

fn refused(signed: &Signed, state: &str) -> Finding {
    let facts = [
        ("check", signed.check.as_str()),
        ("hosts", &signed.hosts.as_ref().map_or_else(|| "all".to_owned(), ToString::to_string)),
        ("who", &signed.who),
        ("when", &signed.when),
        ("valid_until", &signed.valid_until.to_string()),
        ("state", state),
    ];
    Finding {
        rule: Rule::SignatureInForce,
        host: None,
        location: Some(signed.location.clone()),
        line: None,
        subject: signed.check.to_string(),
        facts: facts.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect(),
    }
}

/// What is said of a manual item that somebody stands in for.
fn vouched(signature: &Signature) -> Text {
    let Signature { who, when, valid_until, note, .. } = signature;
    let note = |start: &str| note.as_ref().map_or_else(String::new, |note| format!("{start}{note}"));
    Text::new(
        format!("signed by {who} on {when}, valid until {valid_until}{}", note(": ")),
        format!("{who} が {when} に署名（{valid_until} まで有効）{}", note(": ")),
    )
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
