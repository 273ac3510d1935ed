//! Changes in words.

use std::fmt::Write;

use crate::{
    cli::style::Painter,
    inventory::Touch,
    report::{Differences, field_name, nothing},
    text::{Lang, Text},
};

/// What changed, by section.
pub(in crate::cli) fn changes(differences: &Differences, lang: Lang, painter: Painter) -> String {
    let mut text = format!("hive-preflight diff  {}\n\n", differences.sides(lang));
    let sections = differences.sections(lang);
    if sections.is_empty() {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "  {}\n", nothing(lang));
    }
    for (heading, changes) in sections {
        let _ = writeln!(text, "{}", painter.strong(&heading));
        for change in changes {
            let _ = writeln!(text, "  {} {}", change.sign, change.text);
            if !change.place.is_empty() {
                let _ = writeln!(text, "      {}", change.place);
            }
        }
        text.push('\n');
    }
    text
}

/// Why a host is touched.
pub(super) fn touch(touch: &Touch) -> Text {
    match touch {
        Touch::Added => Text::new("new", "追加"),
        Touch::Renamed(from) => Text::new(format!("renamed from {from}"), format!("旧名 {from}")),
        Touch::Moved(field) => field_name(field),
        Touch::Variable(name) => Text::new(format!("`{name}`"), format!("`{name}`")),
        Touch::Deploys(name) => Text::new(format!("runs `{name}`"), format!("`{name}` の配備先")),
        Touch::Applies => Text::new("the mother applies every change", "変更を適用するマザー"),
    }
}
