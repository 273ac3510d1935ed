//! What changed between two readings of an inventory, as people read it; the findings about it are results like others.

use super::escape;
use crate::{
    inventory::{Change, Field, Section, What},
    location::Location,
    text::{Lang, Text},
};

/// The most hosts that a change names.
const TOLD_HOSTS: usize = 6;

/// What `hive-preflight diff` compared, and what it found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differences {
    /// The earlier side: a revision, or a path.
    pub old: String,
    /// The later side; absent: the working tree.
    pub new: Option<String>,
    /// What changed, by section.
    pub list: Vec<Change>,
}

/// One change in words, escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// What happened: `+` new, `-` gone, `>` another name, `~` otherwise.
    pub(crate) sign: char,
    pub(crate) text: String,
    /// Where it is written, and where it was; may be empty.
    pub(crate) place: String,
}

impl Differences {
    /// The two sides.
    pub(crate) fn sides(&self, lang: Lang) -> String {
        let here = Text::new("the working tree", "作業ツリー");
        let new = self.new.as_deref().unwrap_or(here.get(lang));
        format!("{} .. {}", escape::line(&self.old), escape::line(new))
    }

    /// Every section that has changes, under its heading.
    pub(crate) fn sections(&self, lang: Lang) -> Vec<(String, Vec<Told>)> {
        let mut sections: Vec<(Section, Vec<Told>)> = Vec::new();
        for change in &self.list {
            if sections.last().is_none_or(|(section, _)| *section != change.section) {
                sections.push((change.section, Vec::new()));
            }
            if let Some((_, told)) = sections.last_mut() {
                told.push(one(change, lang));
            }
        }
        sections.into_iter().map(|(section, told)| (heading(section).get(lang).to_owned(), told)).collect()
    }
}

/// What is said where nothing changed.
pub(crate) fn nothing(lang: Lang) -> String {
    Text::new("nothing changed in the inventory", "インベントリに変更はありません").get(lang).to_owned()
}

/// What the list of changes is called.
pub(crate) fn title(lang: Lang) -> String {
    Text::new("changes of the inventory", "インベントリの変更点").get(lang).to_owned()
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

fn one(change: &Change, lang: Lang) -> Told {
    let subjects = subjects(&change.subjects);
    let (sign, text) = match &change.what {
        What::Added => ('+', subjects),
        What::Removed => ('-', subjects),
        What::Renamed { from } => {
            let from = Text::new(format!("renamed from {from}"), format!("名前の変更、旧名 {from}"));
            ('>', format!("{subjects}  {}", from.get(lang)))
        }
        What::Changed { field, from, to } => {
            let turned = turned(from.as_deref(), to.as_deref(), lang);
            let text = match field {
                Field::Key(path) if is_of_hosts(change.section) => format!("{path}: {turned}  [{subjects}]"),
                Field::Key(path) => format!("{subjects}  {}: {turned}", own_key(path)),
                field => format!("{subjects}  {}: {turned}", field_name(field).get(lang)),
            };
            ('~', text)
        }
    };
    Told { sign, text: escape::line(&text), place: escape::line(&place(change, lang)) }
}

fn turned(from: Option<&str>, to: Option<&str>, lang: Lang) -> String {
    let none = Text::new("(none)", "（なし）");
    match (from, to) {
        // Masked on both sides, so that there is nothing to show but that it changed.
        (Some(from), Some(to)) if from == to => Text::new("changed", "変更あり").get(lang).to_owned(),
        _ => format!("{} -> {}", from.unwrap_or(none.get(lang)), to.unwrap_or(none.get(lang))),
    }
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

fn place(change: &Change, lang: Lang) -> String {
    let was = |location: &Location| match lang {
        Lang::En => format!("was at {location}"),
        Lang::Ja => format!("変更前 {location}"),
    };
    match (&change.old, &change.new) {
        (None, None) => String::new(),
        (Some(old), Some(new)) if old != new => format!("{new} ({})", was(old)),
        (_, Some(new)) => new.to_string(),
        (Some(old), None) => was(old),
    }
}

/// A side of something, by its name.
pub(crate) fn field_name(field: &Field) -> Text {
    match field {
        Field::Address => Text::new("address", "アドレス"),
        Field::Role => Text::new("role", "役割"),
        Field::Groups => Text::new("groups", "グループ"),
        Field::Stages => Text::new("stages", "ステージ"),
        Field::Ports => Text::new("ports", "ポート"),
        Field::Key(path) => Text::new(path.clone(), path.clone()),
    }
}
