//! Files that are readable, but no inventories.

use super::kind;
use crate::inventory::{RangeFault, StructureFault};

pub(super) fn of(fault: &StructureFault) -> String {
    match fault {
        StructureFault::TooManyHosts { limit } => format!("インベントリのホストが {limit} 台を超えています"),
        StructureFault::TooManyGroups { limit } => format!("インベントリのグループが {limit} 個を超えています"),
        StructureFault::TooManyMemberships { limit } => {
            format!("ホストのグループへの所属が、上位のグループも数えて合計 {limit} 件を超えています")
        }
        StructureFault::Empty => {
            "ファイルが空です。YAML のインベントリには少なくとも 1 つのグループが必要です".to_owned()
        }
        StructureFault::NoMapping { found } => {
            format!("インベントリはグループのマッピングですが、これは{}です", kind(*found))
        }
        StructureFault::PluginFile => {
            "プラグインの設定ファイルは、名前の末尾が `.yml` か `.yaml` でなければなりません".to_owned()
        }
        StructureFault::Section { section, group, found } => {
            format!("グループ `{group}` の `{section}` が{}です。マッピングで書く必要があります", kind(*found))
        }
        StructureFault::HostVars { host, found } => {
            format!("ホスト `{host}` の変数が{}です。マッピングで書く必要があります", kind(*found))
        }
        StructureFault::HostType(name) => format!("ホスト名は文字列ですが、`{name}` は文字列ではありません"),
        StructureFault::GroupType(name) => format!("グループ名は文字列ですが、`{name}` は文字列ではありません"),
        StructureFault::EmptyHost => "ホスト名が空です".to_owned(),
        StructureFault::EmptyGroup => "グループ名が空です".to_owned(),
        StructureFault::Range { text, fault } => format!("`{text}`: {}", range(fault)),
        StructureFault::UnknownChild(name) => format!("`{name}` はグループでもホストでもありません"),
        StructureFault::UnknownEntity(name) => format!("`{name}` というグループやホストはありません"),
        StructureFault::SelfChild(name) => format!("グループ `{name}` を自身の子にすることはできません"),
        StructureFault::Circle { parent, child } => {
            format!("グループ `{child}` は既に `{parent}` を含むため、その子にすることはできません")
        }
        StructureFault::Priority => "`ansible_group_priority` は整数でなければなりません".to_owned(),
        StructureFault::VarsFile { found } => {
            format!("変数ファイルはマッピングですが、これは{}です", kind(*found))
        }
        StructureFault::Encrypted => {
            "暗号化されたこのファイルの内容を、示した行で読み取れません。内容は表示しません".to_owned()
        }
        StructureFault::Vaulted => "ファイルが Ansible Vault で暗号化されていて、パスワードがありません".to_owned(),
    }
}

fn range(fault: &RangeFault) -> String {
    match fault {
        RangeFault::Parts => "ホストの範囲は `[開始:終了]` か `[開始:終了:間隔]` の形で書きます".to_owned(),
        RangeFault::Brackets => "ホストの範囲の角括弧が対応していません".to_owned(),
        RangeFault::NoEnd => "ホストの範囲に終了がありません".to_owned(),
        RangeFault::Length => "ホストの範囲の開始を 0 で始めるときは、終了と桁数を揃える必要があります".to_owned(),
        RangeFault::Order => "文字の範囲は開始が終了より前でなければなりません（小文字は大文字より前です）".to_owned(),
        RangeFault::Number => "ホストの範囲に使えるのは数字か 1 文字の英字です".to_owned(),
        RangeFault::Step => "ホストの範囲の間隔を 0 にすることはできません".to_owned(),
        RangeFault::TooLong { limit } => {
            format!("ホストの範囲が生成する名前の合計が {} MiB を超えています", limit / 1024 / 1024)
        }
        RangeFault::TooManyRanges { limit } => format!("1 つのホスト名に含まれる範囲が {limit} 個を超えています"),
        RangeFault::TooMany { limit } => format!("ホストの範囲が {limit} 台を超えています"),
    }
}
