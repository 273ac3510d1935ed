//! What `ansible-inventory --list` prints, brought into one shape and compared by value and type.

use std::str::FromStr;

use serde_json::{Map, Value, json};

/// `ansible-inventory`'s output as groups and `hostvars`; the order of names in a group does not count.
pub(crate) fn canonical(output: &Value) -> Value {
    let mut groups = Map::new();
    for (name, group) in output.as_object().expect("an object").iter().filter(|(name, _)| *name != "_meta") {
        let mut members = Map::new();
        for key in ["hosts", "children"] {
            let mut names = texts(group, key);
            names.sort();
            if !names.is_empty() {
                members.insert(key.to_owned(), json!(names));
            }
        }
        groups.insert(name.clone(), Value::Object(members));
    }
    json!({ "groups": groups, "hostvars": output["_meta"]["hostvars"] })
}

/// The texts of the list `key`.
pub(crate) fn texts(call: &Value, key: &str) -> Vec<String> {
    let list = call[key].as_array().cloned().unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Equality in which a float never equals an integer, and its spelling does not count.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.to_string(), b.to_string());
            let is_float = |text: &str| text.contains(['.', 'e', 'E']);
            a == b || (is_float(&a) && is_float(&b) && f64::from_str(&a) == f64::from_str(&b))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// Reads what `ansible-inventory` prints; `NaN` and the infinities, which JSON does not have, become texts.
pub(crate) fn parse_listing(text: &str) -> Value {
    let mut out = String::with_capacity(text.len());
    let mut in_text = false;
    let mut escaped = false;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let word = ["NaN", "-Infinity", "Infinity"].into_iter().find(|word| !in_text && rest.starts_with(word));
        let piece = &rest[..word.map_or(c.len_utf8(), str::len)];
        out.push_str(&word.map_or_else(|| piece.to_owned(), |word| format!("\"({word})\"")));
        in_text ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        rest = &rest[piece.len()..];
    }
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("no JSON ({error}): {text}"))
}
