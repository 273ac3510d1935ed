//! Changes in words.

use std::fmt::Write;

use crate::{
    cli::style::Painter,
    inventory::{Change, Field, Section, Touch, What},
    text::{Lang, Text},
};

/// The most hosts that a change names.
const TOLD_HOSTS: usize = 6;

/// What changed, by section.
pub(super) fn changes(old: &str, new: Option<&str>, changes: &[Change], lang: Lang, painter: Painter) -> String {
    let here = Text::new("the working tree", "作業ツリー");
    let mut text = format!("hive-preflight diff  {old} .. {}\n\n", new.unwrap_or(here.get(lang)));
    if changes.is_empty() {
        let none = Text::new("nothing changed in the inventory", "インベントリに変更はありません");
        let _ = writeln!(text, "  {}\n", none.get(lang));
    }
    let mut section = None;
    for change in changes {
        if section != Some(change.section) {
            if section.is_some() {
                text.push('\n');
            }
            section = Some(change.section);
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "{}", painter.strong(heading(change.section).get(lang)));
        }
        text.push_str(&one(change, lang));
    }
    if section.is_some() {
        text.push('\n');
    }
    text
}

fn heading(section: Section) -> Text {
    match section {
        Section::Hosts => Text::new("hosts", "ホスト"),
        Section::Connections => Text::new("connections", "接続"),
        Section::Services => Text::new("services", "サービス"),
        Section::Images => Text::new("images", "イメージ"),
        Section::Volumes => Text::new("volumes", "ボリューム"),
        Section::Networks => Text::new("networks", "ネットワーク"),
        Section::Variables => Text::new("variables", "変数"),
    }
}

fn one(change: &Change, lang: Lang) -> String {
    let subjects = subjects(&change.subjects);
    let line = match &change.what {
        What::Added => format!("  + {subjects}"),
        What::Removed => format!("  - {subjects}"),
        What::Renamed { from } => {
            let from = Text::new(format!("renamed from {from}"), format!("名前の変更、旧名 {from}"));
            format!("  > {subjects}  {}", from.get(lang))
        }
        What::Changed { field, from, to } => {
            let none = Text::new("(none)", "（なし）");
            let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| none.get(lang).to_owned());
            let turned = match (from, to) {
                // Masked on both sides, so that there is nothing to show but that it changed.
                (Some(from), Some(to)) if from == to => Text::new("changed", "変更あり").get(lang).to_owned(),
                _ => format!("{} -> {}", shown(from), shown(to)),
            };
            match field {
                Field::Key(path) if is_of_hosts(change.section) => format!("  ~ {path}: {turned}  [{subjects}]"),
                Field::Key(path) => format!("  ~ {subjects}  {}: {turned}", own_key(path)),
                field => format!("  ~ {subjects}  {}: {turned}", field_name(field).get(lang)),
            }
        }
    };
    format!("{line}\n{}", place(change, lang))
}

/// Whether a change may be the same for many hosts.
fn is_of_hosts(section: Section) -> bool {
    matches!(section, Section::Connections | Section::Variables)
}

/// The key as a service file says it.
fn own_key(path: &str) -> &str {
    let key = path.strip_prefix("hive_").unwrap_or(path);
    key.strip_prefix("volume.").unwrap_or(key)
}

fn subjects(names: &[String]) -> String {
    let told = names.iter().take(TOLD_HOSTS).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > TOLD_HOSTS { format!("{told} + {}", names.len() - TOLD_HOSTS) } else { told }
}

/// Where it is written, and where it was, if that is another place.
fn place(change: &Change, lang: Lang) -> String {
    let was = |location: &crate::location::Location| match lang {
        Lang::En => format!("was at {location}"),
        Lang::Ja => format!("変更前 {location}"),
    };
    match (&change.old, &change.new) {
        (None, None) => String::new(),
        (Some(old), Some(new)) if old != new => format!("      {new} ({})\n", was(old)),
        (_, Some(new)) => format!("      {new}\n"),
        (Some(old), None) => format!("      {}\n", was(old)),
    }
}

fn field_name(field: &Field) -> Text {
    match field {
        Field::Address => Text::new("address", "アドレス"),
        Field::Role => Text::new("role", "役割"),
        Field::Groups => Text::new("groups", "グループ"),
        Field::Stages => Text::new("stages", "ステージ"),
        Field::Ports => Text::new("ports", "ポート"),
        Field::Key(path) => Text::new(path.clone(), path.clone()),
    }
}

/// Why a host is touched.
pub(super) fn touch(touch: &Touch) -> Text {
    match touch {
        Touch::Added => Text::new("new", "追加"),
        Touch::Renamed(from) => Text::new(format!("renamed from {from}"), format!("旧名 {from}")),
        Touch::Moved(field) => {
            let Text { en, ja } = field_name(field);
            Text::new(en, ja)
        }
        Touch::Variable(name) => Text::new(format!("`{name}`"), format!("`{name}`")),
        Touch::Deploys(name) => Text::new(format!("runs `{name}`"), format!("`{name}` の配備先")),
        Touch::Applies => Text::new("the mother applies every change", "変更を適用するマザー"),
    }
}
