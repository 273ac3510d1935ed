//! Several runs as one: shards of a fleet, or a second try on some hosts.

use std::{cmp::min, collections::HashSet, time::Duration};

use indexmap::{IndexMap, IndexSet};

use super::{
    HostReport, ManualItem, Report,
    key::{Key, keyed},
};
use crate::{
    event::INTERRUPTED,
    inventory::HostName,
    judge::{Outcome, Verdict},
    text::Text,
};

/// Joins `runs`. Where several tell of the same check, host and item, the last of them counts; of a host, the last that
/// asked it. The time is that of all runs together, the threshold the strictest, and stage and phase are told where all
/// agree.
#[must_use]
pub fn merge(runs: &[Report]) -> Report {
    let mut hosts: IndexMap<&HostName, (Option<&HostReport>, Vec<Verdict>)> = IndexMap::new();
    for host in runs.iter().flat_map(|run| &run.hosts) {
        hosts.entry(&host.name).or_default().0 = Some(host);
    }
    for verdict in last_results(runs) {
        hosts.entry(&verdict.host).or_default().1.push(verdict.clone());
    }
    let mut merged = frame(runs);
    for (host, verdicts) in hosts.into_values() {
        merged.hosts.extend(host.map(|host| standing(host, &verdicts)));
        merged.verdicts.extend(verdicts);
    }
    // A later run may have finished what an earlier one could not.
    let lost_no_host = |run: &Report| run.interrupted && !run.hosts.iter().any(is_interrupted);
    merged.interrupted = merged.hosts.iter().any(is_interrupted) || runs.iter().any(lost_no_host);
    merged
}

/// The last result for each key, in the order in which the keys first appear.
fn last_results(runs: &[Report]) -> Vec<&Verdict> {
    let mut results: IndexMap<Key<'_>, &Verdict> = IndexMap::new();
    results.extend(runs.iter().flat_map(|run| keyed(&run.verdicts)));
    results.into_values().collect()
}

fn is_interrupted(host: &HostReport) -> bool {
    host.error.as_ref().is_some_and(|error| error.class == INTERRUPTED)
}

/// The host as it was asked last, with the worst outcome of all its results.
fn standing(host: &HostReport, verdicts: &[Verdict]) -> HostReport {
    let worst = verdicts.iter().map(|verdict| verdict.outcome).max_by_key(|outcome| outcome.rank());
    let outcome = if host.error.is_some() { host.outcome } else { worst.unwrap_or(Outcome::Skipped) };
    HostReport { outcome, ..host.clone() }
}

fn frame(runs: &[Report]) -> Report {
    let mut seen = HashSet::new();
    let mut notices: Vec<Text> = vec![notice(runs.len())];
    let told = runs.iter().flat_map(|run| &run.notices);
    notices.extend(told.filter(|notice| seen.insert((&notice.en, &notice.ja))).cloned());
    Report {
        stage: agreed(runs.iter().map(|run| run.stage.clone())),
        phase: agreed(runs.iter().map(|run| run.phase)),
        threshold: runs.iter().map(|run| run.threshold).reduce(min).unwrap_or_default(),
        started: runs.iter().map(|run| run.started.clone()).reduce(min).unwrap_or_default(),
        duration: runs.iter().map(|run| run.duration).fold(Duration::ZERO, Duration::saturating_add),
        inventory: distinct(runs.iter().flat_map(|run| run.inventory.iter().cloned())),
        guards: runs.iter().flat_map(|run| run.guards.clone()).collect(),
        manual: manual(runs),
        notices,
        ..Report::default()
    }
}

fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    texts.collect::<IndexSet<String>>().into_iter().collect()
}

/// The last word about each manual item.
fn manual(runs: &[Report]) -> Vec<ManualItem> {
    let items = runs.iter().flat_map(|run| &run.manual);
    let last: IndexMap<_, &ManualItem> = items.map(|item| ((&item.check, &item.host), item)).collect();
    last.into_values().cloned().collect()
}

fn notice(runs: usize) -> Text {
    Text::new(
        format!("merged from {runs} runs; where several tell of the same check, host and item, the last named counts"),
        format!(
            "{runs} 回の実行結果を統合しました。同じ検査・ホスト・項目の結果が複数ある場合は、最後に指定したものを採用しています"
        ),
    )
}

/// What all say, if they say the same.
fn agreed<T: PartialEq>(values: impl Iterator<Item = Option<T>>) -> Option<T> {
    let values: Vec<Option<T>> = values.collect();
    let is_agreed = values.windows(2).all(|pair| pair[0] == pair[1]);
    values.into_iter().next().flatten().filter(|_| is_agreed)
}
