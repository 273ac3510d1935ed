//! What filters and methods would come to, told before they begin: the engine counts its own instructions, not what one
//! filter makes of a few words.

use minijinja::{
    Error, Value,
    value::{ValueIter, ValueKind},
};

use super::wrong;

/// Items that a filter may be given, or make.
pub(super) const MAX_ITEMS: usize = 1_000_000;
/// Bytes of text that a filter may be given, or make.
pub(super) const MAX_TEXT: usize = 16 << 20;
/// A value may be so deep where a filter goes through all of it.
const MAX_DEPTH: usize = 200;

/// Refuses what would make more text or items than anybody needs of `args`, of which the first is what `name` is called on.
pub(in crate::jinja) fn refuse(name: &str, args: &[Value]) -> Result<(), Error> {
    let [value, rest @ ..] = args else { return Ok(()) };
    let fits = match name {
        "replace" => replaced(value, rest).is_none_or(|bytes| bytes <= MAX_TEXT),
        "indent" => indented(value, rest).is_none_or(|bytes| bytes <= MAX_TEXT),
        "format" => value.as_str().is_none_or(|text| percent_signs(text).all(has_room)),
        "format()" => value.as_str().is_none_or(|text| fields(&text.replace("{{", "")).all(has_room)),
        "batch" | "slice" => rest.first().and_then(Value::as_usize).is_none_or(|count| count <= MAX_ITEMS),
        "join" => weighs_little(args, 1 + value.len().unwrap_or_default(), is_entered),
        "sum" => weighs_little(args, 1, |_| false),
        "flatten" => weighs_little(args, 1, |inner| is_entered(inner) && inner.kind() != ValueKind::Map),
        "combine" if rest.iter().any(is_recursive) => weighs_little(args, 1, is_entered),
        "string" | "to_json" | "tojson" | "to_nice_json" => weighs_little(args, 1, is_entered),
        _ => true,
    };
    if fits { Ok(()) } else { Err(too_much(name)) }
}

/// The error of what is more than that.
pub(super) fn too_much(name: &str) -> Error {
    wrong(format!("too much work: `{name}` of more than {MAX_ITEMS} items or {MAX_TEXT} bytes"))
}

fn replaced(value: &Value, rest: &[Value]) -> Option<usize> {
    let (text, from, to) = (value.as_str()?, rest.first()?.as_str()?, rest.get(1)?.as_str()?);
    Some(text.len().saturating_add(text.matches(from).count().saturating_mul(to.len())))
}

fn indented(value: &Value, rest: &[Value]) -> Option<usize> {
    let (text, width) = (value.as_str()?, rest.first()?.as_usize()?);
    Some(text.len().saturating_add(text.lines().count().saturating_mul(width)))
}

/// What stands between each `%` and its letter.
fn percent_signs(text: &str) -> impl Iterator<Item = &str> {
    text.split('%').skip(1).map(|rest| {
        let rest = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, rest)| rest);
        let end = rest.find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+' | ' ' | '#'));
        &rest[..end.unwrap_or(rest.len())]
    })
}

/// What stands behind the colon of each `{...}`.
fn fields(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.split_once(':')?.1))
}

/// Whether the widths and precisions in it have at most six digits.
fn has_room(wanted: &str) -> bool {
    let numbers = wanted.split(|c: char| !c.is_ascii_digit());
    numbers.map(|digits| digits.trim_start_matches('0')).all(|digits| digits.len() <= 6)
}

/// Whether a value is one of values.
fn is_entered(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable | ValueKind::Map)
}

fn is_recursive(argument: &Value) -> bool {
    argument.get_attr("recursive").is_ok_and(|wanted| wanted.is_true())
}

/// Whether the first of `args`, with what it holds as far as `enters` says, and the texts among the others, each of which
/// stands there `times`, are within the bounds. A value that stands in many places counts in each, as for who writes it.
/// What a filter would not look at is not looked at: it may be a template that nobody has rendered yet.
fn weighs_little(args: &[Value], times: usize, enters: fn(&Value) -> bool) -> bool {
    let mut weight = Weight::default();
    args[1..].iter().filter_map(Value::as_str).all(|text| weight.add_text(text.len().saturating_mul(times)))
        && weight.holds(&args[0], enters)
}

/// What was found so far.
#[derive(Default)]
struct Weight {
    bytes: usize,
    items: usize,
}

impl Weight {
    fn add_text(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        self.bytes <= MAX_TEXT
    }

    /// Adds the value and everything in it, without calling itself: it may be deeper than the stack.
    fn holds(&mut self, value: &Value, enters: fn(&Value) -> bool) -> bool {
        let mut open = Vec::new();
        let mut next = Some(value.clone());
        while let Some(value) = next {
            self.items += 1;
            if !self.add_text(value.as_str().map_or(0, str::len)) || self.items > MAX_ITEMS {
                return false;
            }
            if open.is_empty() || enters(&value) {
                // What cannot be walked is for the filter to refuse.
                let Ok(items) = value.try_iter() else { return true };
                open.push(((value.kind() == ValueKind::Map).then_some(value), items));
            }
            if open.len() > MAX_DEPTH {
                return false;
            }
            next = step(&mut open);
        }
        true
    }
}

/// The next value of the innermost list or mapping that has one.
fn step(open: &mut Vec<(Option<Value>, ValueIter)>) -> Option<Value> {
    while let Some((map, items)) = open.last_mut() {
        match (items.next(), map) {
            (Some(key), Some(map)) => return map.get_item(&key).ok().or(Some(key)),
            (Some(item), None) => return Some(item),
            (None, _) => drop(open.pop()),
        }
    }
    None
}
