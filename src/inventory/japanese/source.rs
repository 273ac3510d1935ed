//! Sources that cannot be read at all.

use super::kind;
use crate::inventory::{Printed, SourceFault};

pub(super) fn of(fault: &SourceFault) -> String {
    match fault {
        SourceFault::Missing => "ファイルまたはディレクトリがありません".to_owned(),
        SourceFault::Unreadable { message, .. } => format!("読み取れません（{message}）"),
        SourceFault::TooLarge { limit } => format!("ファイルが {} MiB を超えています", limit / 1024 / 1024),
        SourceFault::EmptyDirectory => "ディレクトリの中にインベントリがありません".to_owned(),
        SourceFault::TooDeep { limit } => format!("ディレクトリの入れ子が {limit} 段を超えています"),
        SourceFault::UnknownPlugin(name) => {
            format!("インベントリプラグイン `{name}` は、hive-preflight が直接読み取れるものではありません")
        }
        SourceFault::Start(why) => format!("インベントリスクリプトを起動できません（{why}）"),
        SourceFault::Untrusted(fault) => format!("インベントリスクリプトを実行しません。{}", fault.text().ja),
        SourceFault::NoInterpreter => {
            "インベントリスクリプトを起動できません。ファイルに `#!` の行がありません".to_owned()
        }
        SourceFault::Failed { status, stderr } => {
            format!("インベントリスクリプトが失敗しました（{status}）: {stderr}")
        }
        SourceFault::Timeout { seconds } => {
            format!("インベントリスクリプトが {seconds} 秒以内に応答しませんでした")
        }
        SourceFault::Output(printed) => {
            format!("インベントリスクリプトの出力が不正です（{}）。JSON オブジェクトが必要です", of_printed(printed))
        }
        SourceFault::None => "インベントリがありません".to_owned(),
        SourceFault::NotRegular { found } => {
            let found = match *found {
                "a pipe" => "パイプ",
                "a socket" => "ソケット",
                "a device" => "デバイス",
                other => other,
            };
            format!("{found}です。通常のファイルかディレクトリを指定してください")
        }
        SourceFault::OutputTooLarge { limit } => {
            format!("インベントリスクリプトの出力が {} MiB を超えました", limit / 1024 / 1024)
        }
        SourceFault::Toml => "TOML 形式のインベントリには対応していません".to_owned(),
        SourceFault::Stage(name) => {
            format!("`{name}` というステージはありません。hive のステージは private、staging、production です")
        }
    }
}

fn of_printed(printed: &Printed) -> String {
    match printed {
        Printed::NoJson("no JSON") => "JSON ではありません".to_owned(),
        Printed::NoJson(why) => format!("読み取れる範囲を超えた JSON です（{why}）"),
        Printed::NotUtf8 => "UTF-8 ではないバイト列が含まれます".to_owned(),
        Printed::Other(found) => format!("全体が{}です", kind(*found)),
        Printed::Meta(found) => format!("`_meta` が{}です", kind(*found)),
        Printed::HostVars(found) => format!("`_meta.hostvars` が{}です", kind(*found)),
        Printed::NoVariables(host) => format!("`{host}` の変数として読み取れません"),
        Printed::Nothing(host) => format!("`{host}` について何も出力されていません"),
        Printed::Hosts { group, found } => format!("グループ `{group}` のホストが{}です", kind(*found)),
        Printed::Children { group, found } => format!("グループ `{group}` の子が{}です", kind(*found)),
    }
}
