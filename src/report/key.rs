//! What makes two results of different runs the same one.

use std::collections::{HashMap, HashSet};

use crate::judge::{Outcome, Verdict};

/// Check, host and item, and which of them where a loop meets an item more than once.
pub(super) type Key<'a> = (&'a str, &'a str, Option<&'a str>, usize);

/// All results with their keys, in their order.
pub(super) fn keyed(verdicts: &[Verdict]) -> Vec<(Key<'_>, &Verdict)> {
    let mut seen: HashMap<(&str, &str, Option<&str>), usize> = HashMap::new();
    let mut all = Vec::with_capacity(verdicts.len());
    for verdict in verdicts {
        let (check, host, item) = (verdict.check.as_str(), verdict.host.as_str(), verdict.item.as_deref());
        let times = seen.entry((check, host, item)).or_default();
        *times += 1;
        all.push(((check, host, item, *times), verdict));
    }
    all
}

/// The checks that were judged on a host, whatever their items: an item that is not among them is gone.
pub(super) fn judged(verdicts: &[Verdict]) -> HashSet<(&str, &str)> {
    let known = |verdict: &&Verdict| {
        matches!(verdict.outcome, Outcome::Pass | Outcome::Fail | Outcome::Waived | Outcome::Skipped)
    };
    verdicts.iter().filter(known).map(|verdict| (verdict.check.as_str(), verdict.host.as_str())).collect()
}
