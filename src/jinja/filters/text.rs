//! Text: paths, lines, encodings, quoting.

use base64::{Engine, engine::general_purpose::STANDARD};
use minijinja::{Error, Value, value::Kwargs};

use super::{scalar_text, wrong};
use crate::jinja::quoting;

pub(super) fn quote(value: &Value) -> Result<String, Error> {
    quoting::quote(&scalar_text(value, "quote")?).map_err(Into::into)
}

/// As Python's `shlex.quote`, which Ansible has.
pub(super) fn quote_as_in_ansible(value: &Value) -> Result<String, Error> {
    let text = if value.is_none() { String::new() } else { scalar_text(value, "quote")? };
    let safe = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(safe) {
        return Ok(text);
    }
    Ok(format!("'{}'", text.replace('\'', "'\"'\"'")))
}

/// The text in the middle of so many blanks.
pub(super) fn center(value: &Value, width: Option<usize>) -> Result<String, Error> {
    const MOST: usize = 1 << 20;
    let width = width.unwrap_or(80);
    if width > MOST {
        return Err(wrong(format!("`center` of more than {MOST} characters")));
    }
    let text = scalar_text(value, "center")?;
    let room = width.saturating_sub(text.chars().count());
    let left = room / 2 + (room & width & 1);
    Ok(format!("{}{text}{}", " ".repeat(left), " ".repeat(room - left)))
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

/// How comments are written, by the names of their styles: beginning, in front of each line, end.
const COMMENTS: [(&str, &str, &str, &str); 5] = [
    ("plain", "", "# ", ""),
    ("erlang", "", "% ", ""),
    ("c", "", "// ", ""),
    ("cblock", "/*", " * ", " */"),
    ("xml", "<!--", " - ", "-->"),
];

/// Ansible's `comment`: the text with `# ` in front of each line, and a line before and after.
pub(super) fn comment(value: &Value, style: Option<&str>, kwargs: Kwargs) -> Result<String, Error> {
    let style = kwargs.get::<Option<String>>("style")?.unwrap_or_else(|| style.unwrap_or("plain").to_owned());
    let known = COMMENTS.iter().find(|(name, ..)| *name == style);
    let (_, beginning, decoration, end) = known.ok_or_else(|| wrong(format!("`{style}` is no style of comments")))?;
    let given = |name: &str, usual: &str| {
        kwargs.get::<Option<String>>(name).map(|text| text.unwrap_or_else(|| usual.to_owned()))
    };
    let (beginning, decoration, end) =
        (given("beginning", beginning)?, given("decoration", decoration)?, given("end", end)?);
    let (prefix, postfix) = (given("prefix", decoration.trim_end())?, given("postfix", decoration.trim_end())?);
    let count = |name: &str| kwargs.get::<Option<usize>>(name).map(|count| count.unwrap_or(1).min(1000));
    let (before, after) = (count("prefix_count")?, count("postfix_count")?);
    kwargs.assert_all_used()?;
    let text = scalar_text(value, "comment")?.replace('\n', &format!("\n{decoration}"));
    let text =
        format!("{decoration}{text}").replace(&format!("{decoration}\n"), &format!("{}\n", decoration.trim_end()));
    let line = |text: &str| if text.is_empty() { String::new() } else { format!("{text}\n") };
    let last = if end.is_empty() { String::new() } else { format!("\n{end}") };
    let (before, after) = (line(&prefix).repeat(before), format!("\n{postfix}").repeat(after));
    Ok(format!("{}{before}{text}{after}{last}", line(&beginning)))
}

/// The parts of an address of the web, or one of them.
pub(super) fn urlsplit(value: &Value, query: Option<&str>) -> Result<Value, Error> {
    let parts = url_parts(&scalar_text(value, "urlsplit")?);
    match query.filter(|query| !query.is_empty()) {
        None => Ok(Value::from_pairs(parts)),
        Some(query) => parts
            .into_iter()
            .find_map(|(name, value)| (name == query).then_some(value))
            .ok_or_else(|| wrong(format!("`{query}` is no part of an address"))),
    }
}

fn url_parts(text: &str) -> Vec<(&'static str, Value)> {
    let named = |text: Option<&str>| text.map_or(Value::from(()), Value::from);
    let is_scheme = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    let (scheme, rest) = text.split_once(':').filter(|(scheme, _)| is_scheme(scheme)).unwrap_or(("", text));
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (netloc, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", rest),
    };
    let (login, place) = netloc.rsplit_once('@').map_or((None, netloc), |(login, place)| (Some(login), place));
    let (user, password) = login.map_or((None, None), |login| match login.split_once(':') {
        Some((user, password)) => (Some(user), Some(password)),
        None => (Some(login), None),
    });
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    let host = Some(host.to_lowercase()).filter(|host| !host.is_empty());
    let port = port.and_then(|port| port.parse::<u16>().ok());
    vec![
        ("fragment", Value::from(fragment)),
        ("hostname", named(host.as_deref())),
        ("netloc", Value::from(netloc)),
        ("password", named(password)),
        ("path", Value::from(path)),
        ("port", port.map_or(Value::from(()), Value::from)),
        ("query", Value::from(query)),
        ("scheme", Value::from(scheme.to_lowercase())),
        ("username", named(user)),
    ]
}
