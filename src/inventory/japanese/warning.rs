//! What Ansible or hive accepts, and what surprises.

use super::{hive, kind};
use crate::inventory::{Becomes, WarningKind};

pub(super) fn of(warning: &WarningKind) -> String {
    match warning {
        WarningKind::UnknownGroupKey { group, key, .. } => format!(
            "グループ `{group}` に未知のキー `{key}` があります。Ansible は `hosts`、`vars`、`children` 以外を読み飛ばします"
        ),
        WarningKind::SkippedGroup { group, found } => {
            format!("`{group}` がグループのマッピングではなく{}なので、Ansible は読み飛ばします", kind(*found))
        }
        WarningKind::DuplicateKey { key } => format!("キー `{key}` が重複しています。最後のものが有効になります"),
        WarningKind::MergeOrder { key } => format!(
            "このマージリストの 2 つのマッピングにキー `{key}` があります。先のものが有効ですが、PyYAML 6.0.4 では最後のものになることがあります"
        ),
        WarningKind::SameName { name } => format!("`{name}` はホスト名とグループ名の両方に使われています"),
        WarningKind::GroupName { group } => {
            format!("グループ名 `{group}` に、変数名として使えない文字が含まれています")
        }
        WarningKind::IgnoredFile { path } => format!(
            "`{}` は名前のために読み飛ばされます。Ansible はディレクトリの中のこのようなファイルを読みません",
            path.display()
        ),
        WarningKind::HiddenVarsFile { path, by } => {
            format!("`{}` は読まれません。`{}` が優先されます", path.display(), by.display())
        }
        WarningKind::VarsNoDirectory { path } => {
            format!("`{}` はディレクトリではないため読み飛ばされます", path.display())
        }
        WarningKind::NotUtf8 => "ここに UTF-8 ではないバイトがあります。Ansible は `?` と表示します".to_owned(),
        WarningKind::UnsafeNesting => {
            "`!unsafe` のコレクションの中にあるリストやマッピングは、ansible-core 2.18 では空になります".to_owned()
        }
        WarningKind::Sexagesimal { text, value } => {
            format!("引用符のない `{text}` は数値 {value} になります（YAML 1.1 の 60 進数）")
        }
        WarningKind::Since219 { written, becomes } => {
            format!("ansible-core 2.19 以降では `{written}` {}", of_becomes(*becomes))
        }
        WarningKind::SecondLocalhost { name } => {
            format!("`{name}` はこのマシン自身を表す 2 つ目のホストです")
        }
        WarningKind::UnknownHiveKey { key, place, .. } => {
            format!("hive は{}の `{key}` を知らないため無視します", hive::place(place))
        }
        WarningKind::TrueString { key, value } => format!("`{key}: \"{value}\"` は文字列なので真になります"),
        WarningKind::SharedWithoutContext => {
            "`shared_repository` は値が何であっても指定されたものとして扱われますが、`context_dir` がありません"
                .to_owned()
        }
        WarningKind::DefaultKey => {
            "`mirrored_disk_encrypted` に対する `kms_key_id` がないため、AWS アカウントの既定の鍵で暗号化されます"
                .to_owned()
        }
        WarningKind::PhantomFirstHive { host, stage } => {
            format!("first_hive は `{host}` を指しますが、ステージ `{stage}` にそのホストはありません")
        }
        WarningKind::UndefinedStage { stage } => {
            format!("ステージ `{stage}` が hive プロジェクトで定義されていないため、ホストがありません")
        }
        WarningKind::ReadByAnsible { program, why } => {
            format!("一時的なコピーを作り、インベントリ全体を `{program}` で読み取ります（{why}）")
        }
        WarningKind::DuplicatePort { port, service, other } => {
            format!("`{service}` の公開ポート {port} は既に `{other}` が使っています")
        }
    }
}

fn of_becomes(becomes: Becomes) -> &'static str {
    match becomes {
        Becomes::Typed => "が文字列にならず、元の型のままになります",
        Becomes::Printed => "がリストとして出力されます",
    }
}
