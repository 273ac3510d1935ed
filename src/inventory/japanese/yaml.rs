//! Texts that are no YAML for Ansible. What libyaml complains about stays in its own words.

use crate::inventory::YamlFault;

pub(super) fn of(fault: &YamlFault) -> String {
    match fault {
        YamlFault::TooManyValues { limit } => format!("ファイルの値が {limit} 個を超えています"),
        YamlFault::Syntax { problem, .. } => format!("YAML として読み取れません（{problem}）"),
        YamlFault::SecondDocument => {
            "ここから 2 つ目のドキュメントが始まっています。Ansible は 1 つしか受け付けません".to_owned()
        }
        YamlFault::DuplicateAnchor(name) => format!("アンカー `&{name}` が重複しています"),
        YamlFault::UnknownAlias(name) => format!("`*{name}` が参照するアンカーは、ここまでに定義されていません"),
        YamlFault::Recursive => "エイリアスが、自身を含むコレクションを参照しています".to_owned(),
        YamlFault::TooManyAliases { limit } => format!("エイリアスを展開すると {limit} 個を超える値になります"),
        YamlFault::TooDeep { limit } => format!("コレクションの入れ子が {limit} 段を超えています"),
        YamlFault::UnknownTag(tag) => format!("未知のタグ `{tag}` です"),
        YamlFault::Tag(tag) => format!("値がタグ `{tag}` に合いません"),
        YamlFault::PlainEquals => {
            "引用符のない `=` は YAML 1.1 の値タグとみなされ、Ansible が受け付けません".to_owned()
        }
        YamlFault::PlainMerge => "引用符のない `<<` はマージキーであり、値には使えません".to_owned(),
        YamlFault::Merge => "`<<` に指定できるのはマッピングか、マッピングのリストだけです".to_owned(),
        YamlFault::Key => "リストやマッピングはキーにできません".to_owned(),
        YamlFault::Date(text) => format!("`{text}` は日付の形をしていますが、存在しない日付です"),
        YamlFault::Number(text) => format!("`{text}` は数値の形をしていますが、Python では読み取れません"),
        YamlFault::NotUtf8 => "ファイルが UTF-8 のテキストではありません".to_owned(),
    }
}
