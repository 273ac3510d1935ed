//! Keys of a stage that hive knows, but that the stage's provider never looks at.

use super::{
    Finding, Rule,
    definition::{Definitions, Stage},
};
use crate::inventory::Value;

/// A key, the providers whose playbooks read it, and those with which the plugin refuses the file.
type Key = (&'static str, &'static [&'static str], &'static [&'static str]);

const READ_BY: [Key; 15] = [
    ("cpus", &["vagrant"], &[]),
    ("repository_cpus", &["vagrant"], &[]),
    ("memory_size", &["vagrant", "kickstart"], &["aws", "azure", "gcp"]),
    ("disk_size", &["vagrant", "aws", "azure", "gcp", "kickstart"], &[]),
    ("repository_disk_size", &["vagrant", "aws", "azure", "gcp", "kickstart"], &[]),
    ("instance_type", &["aws", "azure", "gcp"], &["vagrant"]),
    ("repository_instance_type", &["aws", "azure", "gcp"], &[]),
    ("image_name", &["aws", "azure", "gcp"], &[]),
    ("region", &["aws", "azure", "gcp"], &["vagrant"]),
    ("kms_key_id", &["aws"], &[]),
    ("disk_encrypted", &["aws"], &[]),
    ("mirrored_disk_encrypted", &["aws"], &[]),
    ("repository_disk_encrypted", &["aws"], &[]),
    ("filestore_cidr", &["gcp"], &[]),
    ("not_support_az", &["azure"], &["aws", "gcp", "prepared", "kickstart"]),
];

/// Providers whose playbooks are known. openstack has none in hive.
const KNOWN: [&str; 6] = ["vagrant", "aws", "azure", "gcp", "prepared", "kickstart"];

pub(super) fn findings(definitions: &Definitions) -> Vec<Finding> {
    definitions.stages().flat_map(|stage| of_stage(&stage)).collect()
}

fn of_stage(stage: &Stage<'_>) -> Vec<Finding> {
    let Some(provider) = stage.text("provider").filter(|provider| KNOWN.contains(provider)) else { return Vec::new() };
    let ignored =
        READ_BY.iter().filter(|(_, readers, refused)| !readers.contains(&provider) && !refused.contains(&provider));
    ignored.filter_map(|(key, readers, _)| ignored_key(stage, provider, key, readers)).collect()
}

fn ignored_key(stage: &Stage<'_>, provider: &str, key: &str, readers: &[&str]) -> Option<Finding> {
    let entry = stage.entry(key)?;
    let (name, by) = (stage.name, readers.join(", "));
    let (en, ja) = match (provider, key) {
        ("vagrant", "image_name") => (
            Value::from("set `hive_vagrant_box_name` in `inventory/group_vars` instead"),
            Value::from("代わりに `inventory/group_vars` で `hive_vagrant_box_name` を設定してください"),
        ),
        _ => (
            Value::from("take the key away, so that nobody takes it for a setting that counts"),
            Value::from("効果のある設定と誤解されないように、このキーを削除してください"),
        ),
    };
    let finding = Finding::at(Rule::HiveDefinition, stage.source, entry.key_mark, "ignored-by-provider")
        .fact("severity", "warning")
        .fact("en", format!("provider `{provider}` of stage `{name}` never looks at `{key}`; only {by} would"))
        .fact(
            "ja",
            format!(
                "ステージ `{name}` のプロバイダ `{provider}` は `{key}` を参照しません(参照するのは {by} のみです)"
            ),
        );
    Some(finding.fact("hint_en", en).fact("hint_ja", ja))
}
