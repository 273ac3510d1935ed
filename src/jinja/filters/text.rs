//! Text: paths, lines, encodings, quoting.

use base64::{Engine, engine::general_purpose::STANDARD};
use minijinja::{Error, Value, value::Kwargs};

use super::{scalar_text, wrong};
use crate::jinja::{convert, quoting};

pub(super) fn quote(value: &Value) -> Result<String, Error> {
    quoting::quote(&scalar_text(value, "quote")?).map_err(Into::into)
}

pub(super) fn b64decode(value: &Value) -> Result<String, Error> {
    let text = scalar_text(value, "b64decode")?;
    let compact: String = text.split_whitespace().collect();
    let bytes = STANDARD.decode(compact).map_err(|error| wrong(format!("the text is no base64: {error}")))?;
    String::from_utf8(bytes).map_err(|_| wrong("the decoded bytes are no UTF-8 text"))
}

pub(super) fn b64encode(value: &Value) -> Result<String, Error> {
    scalar_text(value, "b64encode").map(|text| STANDARD.encode(text))
}

/// What follows the last slash, as Python's `os.path.basename`.
pub(super) fn basename(value: &Value) -> Result<String, Error> {
    let path = scalar_text(value, "basename")?;
    Ok(path.rsplit('/').next().unwrap_or_default().to_owned())
}

/// What stands before the last slash, as Python's `os.path.dirname`.
pub(super) fn dirname(value: &Value) -> Result<String, Error> {
    let path = scalar_text(value, "dirname")?;
    let head = path.rfind('/').map_or("", |at| &path[..=at]);
    let bare = head.trim_end_matches('/');
    Ok(if bare.is_empty() { head.to_owned() } else { bare.to_owned() })
}

/// Python's `str.split`: at blanks, or at a separator.
pub(super) fn split(value: &Value, separator: Option<&str>, limit: Option<i64>) -> Result<Vec<String>, Error> {
    let text = scalar_text(value, "split")?;
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    match separator {
        Some("") => Err(wrong("`split` needs a separator that is not empty")),
        Some(separator) => Ok(match limit {
            Some(limit) => text.splitn(limit.saturating_add(1), separator).map(str::to_owned).collect(),
            None => text.split(separator).map(str::to_owned).collect(),
        }),
        None => Ok(split_blanks(&text, limit)),
    }
}

fn split_blanks(text: &str, limit: Option<usize>) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if limit == Some(words.len()) {
            words.push(rest.to_owned());
            break;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        words.push(rest[..end].to_owned());
        rest = rest[end..].trim_start();
    }
    words
}

pub(super) fn splitlines(value: &Value) -> Result<Vec<String>, Error> {
    Ok(scalar_text(value, "splitlines")?.lines().map(str::to_owned).collect())
}

/// Jinja's `truncate`: at most `length` characters, cut between words unless `killwords` says otherwise.
pub(super) fn truncate(value: &Value, length: Option<usize>, kwargs: Kwargs) -> Result<String, Error> {
    let length = length.or(kwargs.get::<Option<usize>>("length")?).unwrap_or(255);
    let cut_words = kwargs.get::<Option<bool>>("killwords")?.unwrap_or(false);
    let end = kwargs.get::<Option<String>>("end")?.unwrap_or_else(|| "...".to_owned());
    let leeway = kwargs.get::<Option<usize>>("leeway")?.unwrap_or(5);
    kwargs.assert_all_used()?;
    let text = scalar_text(value, "truncate")?;
    if text.chars().count() <= length.saturating_add(leeway) {
        return Ok(text);
    }
    let kept: String = text.chars().take(length.saturating_sub(end.chars().count())).collect();
    let at_word = kept.rfind(' ').filter(|_| !cut_words).unwrap_or(kept.len());
    Ok(format!("{}{end}", &kept[..at_word]))
}

pub(super) fn from_json(value: &Value) -> Result<Value, Error> {
    let text = scalar_text(value, "from_json")?;
    let json: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| wrong(format!("the text is no JSON: {error}")))?;
    Ok(convert::value_of(&json))
}

pub(super) fn to_json(value: &Value, kwargs: Kwargs) -> Result<String, Error> {
    let indent = kwargs.get::<Option<usize>>("indent")?;
    kwargs.assert_all_used()?;
    let json = convert::json_of(value).ok_or_else(|| wrong("the value cannot be said in JSON"))?;
    Ok(if indent.is_some() { format!("{json:#}") } else { json.to_string() })
}
