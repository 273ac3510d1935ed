//! What the readers complain about, in Japanese: one `match` without a catch-all for each type, so that nothing new comes
//! without its wording. The English words are those of `Display`.

mod hive;
mod ini;
mod source;
mod structure;
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
