//! What changed between two readings of an inventory.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Place, read};
use crate::{
    inventory::{Change, Field, Section, What},
    report::Differences,
};

/// What `hive-preflight diff` compared, and what it found.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct ChangesEntry {
    /// The earlier side: a revision, or a path.
    old: String,
    /// The later side; null: the working tree.
    new: Option<String>,
    /// What changed, by section.
    list: Vec<ChangeEntry>,
}

/// One change.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct ChangeEntry {
    /// What it is about.
    section: SectionWord,
    /// What happened.
    what: WhatWord,
    /// Whose: hosts that a variable changes for alike, else one name.
    subjects: Vec<String>,
    /// Which side changed; null unless `what` is `changed`.
    field: Option<FieldWord>,
    /// The variable or key by its path; null unless `field` is `key`.
    key: Option<String>,
    /// What it was, or the name before; null where there was nothing. Secrets are masked.
    from: Option<String>,
    /// What it is; null where there is nothing, or `what` is not `changed`. Secrets are masked.
    to: Option<String>,
    /// Where it was written; null where that is not known.
    old_location: Option<Place>,
    /// Where it is written now; null where that is not known.
    location: Option<Place>,
}

/// A section of changes.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SectionWord {
    Hosts,
    Connections,
    Services,
    Images,
    Volumes,
    Networks,
    Variables,
}

/// A kind of change.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum WhatWord {
    Added,
    Removed,
    Renamed,
    Changed,
}

/// A side of something that changed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum FieldWord {
    Address,
    Role,
    Groups,
    Stages,
    Ports,
    Key,
}

impl ChangesEntry {
    pub(super) fn new(differences: &Differences) -> Self {
        Self {
            old: differences.old.clone(),
            new: differences.new.clone(),
            list: differences.list.iter().map(ChangeEntry::new).collect(),
        }
    }

    pub(super) fn read(self) -> Differences {
        let list = self.list.into_iter().map(ChangeEntry::read).collect();
        Differences { old: self.old, new: self.new, list }
    }
}

impl ChangeEntry {
    fn new(change: &Change) -> Self {
        let (what, field, from, to) = match &change.what {
            What::Added => (WhatWord::Added, None, None, None),
            What::Removed => (WhatWord::Removed, None, None, None),
            What::Renamed { from } => (WhatWord::Renamed, None, Some(from.clone()), None),
            What::Changed { field, from, to } => (WhatWord::Changed, Some(field), from.clone(), to.clone()),
        };
        Self {
            section: section_word(change.section),
            what,
            subjects: change.subjects.clone(),
            field: field.map(field_word),
            key: field.and_then(|field| match field {
                Field::Key(path) => Some(path.clone()),
                _ => None,
            }),
            from,
            to,
            old_location: change.old.as_ref().map(Place::from),
            location: change.new.as_ref().map(Place::from),
        }
    }

    fn read(self) -> Change {
        let field = self.field.map(|word| field(word, self.key));
        let what = match (self.what, field) {
            (WhatWord::Added, _) => What::Added,
            (WhatWord::Removed, _) => What::Removed,
            (WhatWord::Renamed, _) => What::Renamed { from: self.from.unwrap_or_default() },
            (WhatWord::Changed, field) => {
                let field = field.unwrap_or_else(|| Field::Key(String::new()));
                What::Changed { field, from: self.from, to: self.to }
            }
        };
        Change {
            section: section(self.section),
            subjects: self.subjects,
            what,
            old: self.old_location.map(read::location),
            new: self.location.map(read::location),
        }
    }
}

fn section_word(section: Section) -> SectionWord {
    match section {
        Section::Hosts => SectionWord::Hosts,
        Section::Connections => SectionWord::Connections,
        Section::Services => SectionWord::Services,
        Section::Images => SectionWord::Images,
        Section::Volumes => SectionWord::Volumes,
        Section::Networks => SectionWord::Networks,
        Section::Variables => SectionWord::Variables,
    }
}

fn section(word: SectionWord) -> Section {
    match word {
        SectionWord::Hosts => Section::Hosts,
        SectionWord::Connections => Section::Connections,
        SectionWord::Services => Section::Services,
        SectionWord::Images => Section::Images,
        SectionWord::Volumes => Section::Volumes,
        SectionWord::Networks => Section::Networks,
        SectionWord::Variables => Section::Variables,
    }
}

fn field_word(field: &Field) -> FieldWord {
    match field {
        Field::Address => FieldWord::Address,
        Field::Role => FieldWord::Role,
        Field::Groups => FieldWord::Groups,
        Field::Stages => FieldWord::Stages,
        Field::Ports => FieldWord::Ports,
        Field::Key(_) => FieldWord::Key,
    }
}

fn field(word: FieldWord, key: Option<String>) -> Field {
    match word {
        FieldWord::Address => Field::Address,
        FieldWord::Role => Field::Role,
        FieldWord::Groups => Field::Groups,
        FieldWord::Stages => Field::Stages,
        FieldWord::Ports => Field::Ports,
        FieldWord::Key => Field::Key(key.unwrap_or_default()),
    }
}
