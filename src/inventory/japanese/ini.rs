//! Lines that are none of an INI inventory.

use crate::inventory::IniFault;

pub(super) fn of(fault: &IniFault) -> String {
    match fault {
        IniFault::TooManyWords { limit } => format!("1 行の語が {limit} 個を超えています"),
        IniFault::SectionKind { group, kind } => format!(
            "`[{group}:{kind}]` というセクションはありません。`[group]`、`[group:vars]`、`[group:children]` のいずれかです"
        ),
        IniFault::Section(text) => format!("`{text}` はセクションの見出しではありません。見出しに空白は使えません"),
        IniFault::Quote => "引用符が閉じていません".to_owned(),
        IniFault::Escape => "行がバックスラッシュで終わっています".to_owned(),
        IniFault::HostVariable(word) => {
            format!("ホスト名の後には `key=value` を書きますが、`{word}` があります")
        }
        IniFault::Variable(word) => format!("`key=value` を書くところに `{word}` があります"),
        IniFault::GroupName(word) => format!("グループ名を書くところに `{word}` があります"),
        IniFault::Colon(word) => format!("`{word}` がコロンで終わっています。コロンの後にはポート番号が必要です"),
        IniFault::Dashes => "`---` はホストではありません。YAML ファイルではありませんか".to_owned(),
        IniFault::UndefinedGroup(name) => {
            format!("`[{name}:vars]` がありますが、グループ `{name}` がありません")
        }
        IniFault::UndefinedChild { parent, child } => {
            format!("`[{parent}:children]` に `{child}` がありますが、そのグループはありません")
        }
        IniFault::Unhashable => "値の中で、リストかマッピングがキーになっています".to_owned(),
    }
}
