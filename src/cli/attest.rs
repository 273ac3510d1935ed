//! Manual items: what a person has to verify, and who signed for it.

use std::{path::Path, sync::Arc};

use indexmap::IndexSet;
use minijinja::Value;

use super::{run::Refused, ui::Ui};
use crate::{
    catalog::Catalog,
    judge::{Answers, Judge, Signature},
    plan::{Fleet, ManualTask, Plan},
    policy::{Policy, Signatures},
    report::ManualItem,
    text::Text,
};

/// Takes up the signatures of `file`.
pub(super) fn sign(
    policy: &mut Policy,
    file: &Path,
    catalog: &Catalog,
    fleet: &Fleet,
    stage: Option<&str>,
    ui: Ui,
) -> Result<(), Refused> {
    let signatures = Signatures::load(file, catalog).map_err(|errors| ui.problems(&errors))?;
    policy.set_signatures(&signatures, stage, jiff::Timestamp::now(), &|pattern| fleet.select(pattern));
    Ok(())
}

/// The manual items of a run, each with its signature.
pub(super) fn items(plan: &Plan, policy: &mut Policy) -> Vec<ManualItem> {
    plan.manual.iter().map(|manual| item(manual, policy)).collect()
}

fn item(ManualTask { scope, task }: &ManualTask, policy: &mut Policy) -> ManualItem {
    let judge = Judge { scope, connection: Value::from(()), user: String::new(), becoming: Arc::default() };
    let mut verdict = judge.decide(task, &Answers::new());
    let remedy = verdict.remedy.clone();
    policy.apply(&mut verdict);
    ManualItem {
        signature: policy.signature(&verdict.check, &verdict.host),
        check: verdict.check,
        host: verdict.host,
        severity: verdict.severity,
        title: verdict.title,
        why: verdict.why,
        verify: task.check.verify().cloned().unwrap_or_default(),
        remedy,
        excuse: verdict.excuse,
    }
}

/// Each signature once, for every report that has room for notes.
pub(super) fn notices(items: &[ManualItem]) -> Vec<Text> {
    let signed: IndexSet<(&str, String, String)> = items
        .iter()
        .filter_map(|item| {
            let (en, ja) = told(item.signature.as_ref()?);
            Some((item.check.as_str(), en, ja))
        })
        .collect();
    signed.into_iter().map(|(check, en, ja)| Text::new(format!("`{check}` {en}"), format!("`{check}` {ja}"))).collect()
}

fn told(Signature { who, when, valid_until, note, .. }: &Signature) -> (String, String) {
    let note = note.as_ref().map_or_else(String::new, |note| format!(": {note}"));
    (
        format!("was signed by {who} on {when}, valid until {valid_until}{note}"),
        format!("は {who} が {when} に署名済みです（{valid_until} まで有効）{note}"),
    )
}
