//! `--explain HOST [VAR]`: where every variable of a host comes from, and what it beat.

use std::fmt::Write as _;

use super::Unknown;
use crate::{
    inventory::{Beside, GroupName, Host, Layer, Origin, Origins, Value, Var, without_secrets},
    report::{columns, cut, pad},
    secret::Redactor,
    text::{Lang, Text},
};

/// Columns of a value that was beaten, or one of many.
const SHOWN_VALUE: usize = 80;

/// What is asked.
pub(super) struct Question<'a> {
    pub(super) host: &'a Host,
    pub(super) variable: Option<&'a String>,
}

/// The answer as text; without `redactor` also what is secret.
pub(super) fn explain(
    question: &Question<'_>,
    origins: &mut Origins,
    redactor: Option<&Redactor>,
    lang: Lang,
) -> Result<String, Unknown> {
    let host = question.host;
    let mut found = origins.of(host.name.as_str()).unwrap_or_default();
    if let Some(redactor) = redactor {
        for (name, origins) in &mut found {
            for origin in origins {
                origin.var.value = without_secrets(name, &origin.var.value, redactor);
            }
        }
    }
    let mut text = String::new();
    if let Some(name) = question.variable {
        let origins = found.get(name).ok_or_else(|| {
            let known = found.keys().map(String::as_str);
            Unknown { of: Some(host.name.to_string()), ..Unknown::new("variable", name, known) }
        })?;
        variable(&mut text, name, origins, usize::MAX, lang);
        return Ok(text);
    }
    text.push_str(&heading(host, lang));
    for (name, origins) in &found {
        text.push('\n');
        variable(&mut text, name, origins, SHOWN_VALUE, lang);
    }
    Ok(text)
}

fn heading(host: &Host, lang: Lang) -> String {
    let groups: Vec<&str> = host.groups.iter().map(GroupName::as_str).collect();
    let groups = groups.join(", ");
    let place = host.location.as_ref().map(|location| format!(" ({location})")).unwrap_or_default();
    let text = Text::new(
        format!("{}{place}; groups: {groups}\n", host.name),
        format!("{}{place}、グループ: {groups}\n", host.name),
    );
    text.get(lang).to_owned()
}

/// The winner first, then what it beat, the strongest first.
fn variable(text: &mut String, name: &str, origins: &[Origin], width: usize, lang: Lang) {
    let Some((winner, beaten)) = origins.split_last() else { return };
    let beaten = beaten.iter().rev().map(|origin| Row::of(origin, &origin.var.value, lang));
    let rows: Vec<Row> = std::iter::once(Row::of_winner(winner, lang)).chain(beaten).collect();
    let widest = |column: fn(&Row) -> &str| rows.iter().map(|row| columns(column(row))).max().unwrap_or_default();
    let (place, layer) = (widest(|row| &row.place), widest(|row| &row.layer));
    // Writing to a `String` cannot fail.
    let _ = writeln!(text, "{name}: {}", cut(&shown(&winner.var.value, lang), width));
    for (number, row) in rows.iter().enumerate() {
        let label = label(number, lang);
        let line = format!("  {label}  {}  {}  {}", pad(&row.place, place), pad(&row.layer, layer), row.value);
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

struct Row {
    place: String,
    layer: String,
    value: String,
}

impl Row {
    /// The winner's value stands above already.
    fn of_winner(origin: &Origin, lang: Lang) -> Self {
        Self { value: String::new(), place: place(&origin.var, lang), layer: layer(&origin.layer).get(lang).to_owned() }
    }

    fn of(origin: &Origin, value: &Value, lang: Lang) -> Self {
        Self { value: cut(&shown(value, lang), SHOWN_VALUE), ..Self::of_winner(origin, lang) }
    }
}

fn label(number: usize, lang: Lang) -> &'static str {
    match (number, lang) {
        (0, Lang::En) => "from ",
        (1, Lang::En) => "beats",
        (0, Lang::Ja) => "採用  ",
        (1, Lang::Ja) => "上書き",
        (_, Lang::En) => "     ",
        (_, Lang::Ja) => "      ",
    }
}

fn place(var: &Var, lang: Lang) -> String {
    let nowhere = Text::new("(printed by a script)", "（スクリプトの出力）");
    var.location.as_ref().map_or_else(|| nowhere.get(lang).to_owned(), ToString::to_string)
}

fn layer(layer: &Layer) -> Text {
    match layer {
        Layer::Group(group) => {
            Text::new(format!("group {group} in the inventory"), format!("インベントリのグループ {group}"))
        }
        Layer::GroupVars { group, beside: Beside::Inventory } => Text::new(
            format!("group_vars of {group} beside the inventory"),
            format!("インベントリと同じ場所の group_vars（{group}）"),
        ),
        Layer::GroupVars { group, beside: Beside::Playbook } => Text::new(
            format!("group_vars of {group} in the playbook directory"),
            format!("プレイブックのディレクトリの group_vars（{group}）"),
        ),
        Layer::Host => Text::new("host in the inventory", "インベントリのホスト"),
        Layer::HostVars { beside: Beside::Inventory } => {
            Text::new("host_vars beside the inventory", "インベントリと同じ場所の host_vars")
        }
        Layer::HostVars { beside: Beside::Playbook } => {
            Text::new("host_vars in the playbook directory", "プレイブックのディレクトリの host_vars")
        }
    }
}

/// The value on one line; what is encrypted stays so.
fn shown(value: &Value, lang: Lang) -> String {
    match value {
        Value::Vault(_) => {
            Text::new("(encrypted with Ansible Vault)", "（Ansible Vault で暗号化）").get(lang).to_owned()
        }
        Value::BigInt(digits) => digits.clone(),
        Value::Float(number) if !number.is_finite() => number.to_string(),
        Value::List(list) => format!("[{}]", list.iter().map(|item| shown(item, lang)).collect::<Vec<_>>().join(", ")),
        Value::Map(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{}: {}", quoted(key), shown(value, lang))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::String(text) | Value::Unsafe(text) => quoted(text),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
            // JSON holds all of these.
            serde_json::to_string(value).unwrap_or_default()
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
