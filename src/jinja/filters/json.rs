//! JSON as Python's `json.dumps` writes it.

use std::fmt::Write;

use minijinja::{Error, Value, value::Kwargs};
use serde_json::Value as Json;

use super::{scalar_text, wrong};
use crate::jinja::{convert, quoting::python_float};

/// How deep lists and mappings may be nested.
const DEPTH: usize = 100;

pub(super) fn from_json(value: &Value) -> Result<Value, Error> {
    let text = scalar_text(value, "from_json")?;
    let json: Json = serde_json::from_str(&text).map_err(|error| wrong(format!("the text is no JSON: {error}")))?;
    Ok(convert::value_of(&json))
}

pub(super) fn to_json(value: &Value, kwargs: Kwargs) -> Result<String, Error> {
    written(value, kwargs, Style { indent: None, sorted: false, ascii: true })
}

pub(super) fn to_nice_json(value: &Value, indent: Option<usize>, kwargs: Kwargs) -> Result<String, Error> {
    written(value, kwargs, Style { indent: Some(indent.unwrap_or(4)), sorted: true, ascii: true })
}

/// Jinja's own: sorted, and with nothing that HTML would read.
pub(super) fn tojson(value: &Value, indent: Option<usize>, kwargs: Kwargs) -> Result<String, Error> {
    let text = written(value, kwargs, Style { indent, sorted: true, ascii: true })?;
    Ok(text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026").replace('\'', "\\u0027"))
}

#[derive(Clone, Copy)]
struct Style {
    indent: Option<usize>,
    sorted: bool,
    ascii: bool,
}

fn written(value: &Value, kwargs: Kwargs, style: Style) -> Result<String, Error> {
    let style = Style {
        indent: kwargs.get::<Option<usize>>("indent")?.or(style.indent),
        sorted: kwargs.get::<Option<bool>>("sort_keys")?.unwrap_or(style.sorted),
        ascii: kwargs.get::<Option<bool>>("ensure_ascii")?.unwrap_or(style.ascii),
    };
    kwargs.assert_all_used()?;
    if style.indent.is_some_and(|indent| indent > 64) {
        return Err(wrong("an indentation of more than 64 blanks"));
    }
    let json = convert::json_of(value).ok_or_else(|| wrong("the value cannot be said in JSON"))?;
    let mut out = String::new();
    write(&mut out, &json, style, 0)?;
    Ok(out)
}

fn write(out: &mut String, json: &Json, style: Style, depth: usize) -> Result<(), Error> {
    if depth > DEPTH {
        return Err(wrong(format!("the value is more than {DEPTH} levels deep")));
    }
    match json {
        Json::Number(number) if number.as_i64().is_none() && number.as_str().contains(['.', 'e', 'E']) => {
            out.push_str(&python_float(number.as_f64().unwrap_or(f64::NAN)));
        }
        Json::String(text) => write_text(out, text, style.ascii),
        Json::Array(items) => {
            let items = items.iter().map(|item| (None, item));
            write_items(out, items, ('[', ']'), style, depth)?;
        }
        Json::Object(map) => {
            let mut pairs: Vec<(Option<&str>, &Json)> =
                map.iter().map(|(key, value)| (Some(key.as_str()), value)).collect();
            if style.sorted {
                pairs.sort_by_key(|(key, _)| *key);
            }
            write_items(out, pairs.into_iter(), ('{', '}'), style, depth)?;
        }
        plain => out.push_str(&plain.to_string()),
    }
    Ok(())
}

fn write_items<'j>(
    out: &mut String,
    items: impl ExactSizeIterator<Item = (Option<&'j str>, &'j Json)>,
    (open, close): (char, char),
    style: Style,
    depth: usize,
) -> Result<(), Error> {
    let empty = items.len() == 0;
    let line = |out: &mut String, depth: usize| {
        if let Some(indent) = style.indent {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent * depth));
        }
    };
    out.push(open);
    for (number, (key, value)) in items.enumerate() {
        if number > 0 {
            out.push_str(if style.indent.is_some() { "," } else { ", " });
        }
        line(out, depth + 1);
        if let Some(key) = key {
            write_text(out, key, style.ascii);
            out.push_str(": ");
        }
        write(out, value, style, depth + 1)?;
    }
    if !empty {
        line(out, depth);
    }
    out.push(close);
    Ok(())
}

fn write_text(out: &mut String, text: &str, ascii: bool) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' || (ascii && !c.is_ascii()) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a `String` cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
