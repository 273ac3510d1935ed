//! How a value is written into text, and into shell text.

use std::fmt::Write;

use minijinja::{Value, value::ValueKind};

use super::JinjaError;
use crate::shell;

/// Writes `value` for people: nothing for none, as Ansible does.
pub(super) fn write_text(out: &mut impl Write, value: &Value) -> Result<(), JinjaError> {
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => Ok(()),
        _ => write!(out, "{value}").map_err(|_| JinjaError::new("the text cannot be written")),
    }
}

/// Writes `value` as Python's `str` does, nothing for none.
pub(super) fn write_python(out: &mut impl Write, value: &Value) -> Result<(), JinjaError> {
    if value.kind() == ValueKind::Number
        && !value.is_integer()
        && let Ok(float) = f64::try_from(value.clone())
    {
        return out.write_str(&python_float(float)).map_err(|_| JinjaError::new("the text cannot be written"));
    }
    write_text(out, value)
}

/// Python's shortest text of a float: an exponent for what is very large or small.
pub(super) fn python_float(float: f64) -> String {
    if float.is_nan() {
        return "nan".to_owned();
    }
    let magnitude = float.abs();
    if float.is_infinite() || magnitude == 0.0 || (1e-4..1e16).contains(&magnitude) {
        let text = float.to_string();
        return if float.is_infinite() || text.contains('.') { text } else { text + ".0" };
    }
    let text = format!("{float:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, number) = exponent.strip_prefix('-').map_or(('+', exponent), |number| ('-', number));
    format!("{digits}e{sign}{number:0>2}")
}

/// Writes `value` as one word of a shell, a list as one word an item.
pub(super) fn write_shell(out: &mut impl Write, value: &Value) -> Result<(), JinjaError> {
    let words = match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => list_words(value)?,
        _ => word(value)?,
    };
    out.write_str(&words).map_err(|_| JinjaError::new("the text cannot be written"))
}

fn list_words(list: &Value) -> Result<String, JinjaError> {
    let words: Result<Vec<String>, JinjaError> = list.try_iter()?.map(|item| word(&item)).collect();
    Ok(words?.join(" "))
}

fn word(value: &Value) -> Result<String, JinjaError> {
    match value.kind() {
        ValueKind::String | ValueKind::Number | ValueKind::Bool => quote(&value.to_string()),
        ValueKind::Bytes => match value.as_bytes().map(std::str::from_utf8) {
            Some(Ok(text)) => quote(text),
            _ => Err(JinjaError::new("bytes that are no text cannot be written into shell text")),
        },
        ValueKind::Undefined => Err(JinjaError::new("an undefined value cannot be written into shell text")),
        ValueKind::None => Err(JinjaError::new("none cannot be written into shell text")),
        kind => Err(JinjaError::new(format!("a {kind} inside shell text is no word"))),
    }
}

/// `text` as one word that every POSIX shell reads as itself, wherever a word may stand.
pub(super) fn quote(text: &str) -> Result<String, JinjaError> {
    if text.contains('\0') {
        return Err(JinjaError::new("text with a NUL byte cannot be given to a shell"));
    }
    Ok(shell::quote(text))
}
