//! What the readers complain about, in Japanese: one `match` without a catch-all for each type, so that nothing new comes
//! without its wording. The English words are those of `Display`.

mod engine;
mod hive;
mod ini;
mod source;
mod structure;
mod vault;
mod warning;
mod yaml;

use super::{Kind, Reason, WarningKind};

/// Why something is wrong.
pub(super) fn of_reason(reason: &Reason) -> String {
    match reason {
        Reason::Source(fault) => source::of(fault),
        Reason::Yaml(fault) => yaml::of(fault),
        Reason::Structure(fault) => structure::of(fault),
        Reason::Ini(fault) => ini::of(fault),
        Reason::Hive(fault) => hive::of(fault),
        Reason::Vault(fault) => vault::of(fault),
        Reason::Engine(fault) => engine::of(fault),
    }
}

/// What surprises.
pub(super) fn of_warning(kind: &WarningKind) -> String {
    warning::of(kind)
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Null => "空の値",
        Kind::Bool => "真偽値",
        Kind::Int => "整数",
        Kind::Float => "小数",
        Kind::Str => "文字列",
        Kind::Date => "日付",
        Kind::Unsafe => "`!unsafe` の文字列",
        Kind::Vault => "Vault で暗号化された文字列",
        Kind::List => "リスト",
        Kind::Map => "マッピング",
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use crate::{
        inventory::{
            Becomes, Expected, HiveFault, IniFault, Kind, NetworkFault, Numbered, PersistentsFault, Place, Printed,
            RangeFault, Reason, SourceFault, StructureFault, WarningKind, YamlFault,
        },
        text::Text,
    };

    fn text(word: &str) -> String {
        format!("fact-{word}")
    }

    fn reasons() -> Vec<Reason> {
        let place = || Place::Subnet(text("stage"));
        let network = |reason| HiveFault::Network { text: "10.0.0.1/24".to_owned(), reason };
        let range = |fault| StructureFault::Range { text: text("range"), fault };
        let expected = Expected::YamlMappings;
        vec![
            SourceFault::Missing.into(),
            SourceFault::Unreadable { kind: std::io::ErrorKind::Other, message: text("os") }.into(),
            SourceFault::UnknownPlugin(text("plugin")).into(),
            SourceFault::Start(text("os")).into(),
            SourceFault::Failed { status: text("status"), stderr: text("stderr") }.into(),
            SourceFault::Timeout { seconds: 7_654 }.into(),
            SourceFault::Output(Printed::Hosts { group: text("group"), found: Kind::Map }).into(),
            SourceFault::Output(Printed::NoVariables(text("host"))).into(),
            SourceFault::None.into(),
            YamlFault::Syntax { problem: "fact-libyaml", tab: true }.into(),
            YamlFault::DuplicateAnchor(text("anchor")).into(),
            YamlFault::UnknownAlias(text("alias")).into(),
            YamlFault::UnknownTag(text("tag")).into(),
            YamlFault::TooDeep { limit: 7_654 }.into(),
            YamlFault::Date(text("date")).into(),
            YamlFault::Key.into(),
            StructureFault::Section { section: "hosts", group: text("group"), found: Kind::List }.into(),
            StructureFault::HostVars { host: text("host"), found: Kind::Int }.into(),
            StructureFault::UnknownChild(text("child")).into(),
            StructureFault::Circle { parent: text("parent"), child: text("child") }.into(),
            range(RangeFault::TooMany { limit: 7_654 }).into(),
            range(RangeFault::Brackets).into(),
            IniFault::SectionKind { group: text("group"), kind: text("kind") }.into(),
            IniFault::HostVariable(text("word")).into(),
            IniFault::UndefinedChild { parent: text("parent"), child: text("child") }.into(),
            HiveFault::Missing { key: "target_port", place: Place::Port(text("service")) }.into(),
            HiveFault::Type { key: text("key"), place: place(), found: Kind::Bool, expected }.into(),
            HiveFault::UnknownKey { key: text("key"), place: place(), near: Some("fact-near") }.into(),
            HiveFault::Stage("privat".to_owned()).into(),
            HiveFault::Provider("vagrnt".to_owned()).into(),
            HiveFault::NotForProvider { key: "fact-key", provider: text("provider") }.into(),
            HiveFault::TooLong { host_name: text("name"), length: 7_654 }.into(),
            network(NetworkFault::HostBits).into(),
            network(NetworkFault::TooSmall).into(),
            HiveFault::TooFewAddresses { stage: text("stage"), hosts: 7_654, placed: 7_653 }.into(),
            HiveFault::NoKey("fact-key").into(),
            HiveFault::ShortVolume(text("volume")).into(),
            HiveFault::DeviceId { id: text("id"), volume: text("volume") }.into(),
            HiveFault::NoFreeNumber(Numbered::Device).into(),
            HiveFault::Port(text("port")).into(),
            HiveFault::PortType { found: Kind::Int }.into(),
            HiveFault::Persistents(PersistentsFault::NoScopes(text("name"))).into(),
        ]
    }

    fn warnings() -> Vec<WarningKind> {
        let path = |name: &str| PathBuf::from(text(name));
        vec![
            WarningKind::UnknownGroupKey { group: text("group"), key: text("key"), near: Some("hosts") },
            WarningKind::SkippedGroup { group: text("group"), found: Kind::Float },
            WarningKind::DuplicateKey { key: text("key") },
            WarningKind::MergeOrder { key: text("key") },
            WarningKind::IgnoredFile { path: path("file.ini") },
            WarningKind::HiddenVarsFile { path: path("file"), by: path("by") },
            WarningKind::Sexagesimal { text: "22:22".to_owned(), value: "1342".to_owned() },
            WarningKind::Since219 { written: text("written"), becomes: Becomes::Printed },
            WarningKind::UnknownHiveKey { key: text("key"), place: Place::Stage(text("stage")), near: None },
            WarningKind::TrueString { key: text("key"), value: text("value") },
            WarningKind::PhantomFirstHive { host: text("host"), stage: text("stage") },
            WarningKind::DuplicatePort { port: "7654".to_owned(), service: text("service"), other: text("other") },
        ]
    }

    /// What has to stand in both wordings: names and numbers, not the words around them.
    fn facts(text: &str) -> Vec<String> {
        let is_fact = |c: char| c.is_ascii_alphanumeric() || "-.:/".contains(c);
        let words = text.split(|c: char| !is_fact(c)).map(|word| word.trim_matches([':', '.', '-']));
        let mut facts: Vec<String> =
            words.filter(|word| word.starts_with("fact-") || word.starts_with("76")).map(str::to_owned).collect();
        facts.sort();
        facts
    }

    #[test]
    fn both_wordings_name_the_same_facts() {
        let told = reasons().into_iter().map(|reason| (reason.text(), reason.hint()));
        let warned = warnings().into_iter().map(|kind| (kind.text(), kind.hint()));
        for (text, hint) in told.chain(warned) {
            for Text { en, ja } in [Some(text), hint].into_iter().flatten() {
                assert_eq!(facts(&en), facts(&ja), "{en} / {ja}");
                assert!(ja.chars().any(|c| ('\u{3040}'..='\u{30ff}').contains(&c)), "no Japanese: {ja}");
                assert!(!ja.contains("  ") && !ja.starts_with(' ') && !ja.ends_with(['。', ' ']), "untidy: {ja:?}");
            }
        }
    }
}
