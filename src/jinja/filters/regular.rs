//! Regular expressions as filters.

use fancy_regex::Regex;
use minijinja::{
    Error, Value,
    value::{Kwargs, Rest, ValueOrKwargs, from_args},
};

use super::{
    growth::{MAX_TEXT, too_much},
    scalar_text, wrong,
};
use crate::jinja::pattern::{Flags, compile};

type Captures<'t> = fancy_regex::Captures<'t, str>;

fn flags_of(kwargs: &Kwargs) -> Result<Flags, Error> {
    Ok(Flags {
        ignore_case: kwargs.get::<Option<bool>>("ignorecase")?.unwrap_or(false),
        multi_line: kwargs.get::<Option<bool>>("multiline")?.unwrap_or(false),
        anchored: false,
    })
}

fn too_hard(error: fancy_regex::Error) -> Error {
    wrong("the regular expression took too much work").with_source(error)
}

/// The match, or the groups that are named (`'\\1'`, `'\\g<name>'`) as a list; none where nothing matches.
pub(super) fn search(value: &Value, pattern: &str, args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let args = args.into_values();
    let (groups, kwargs): (&[Value], Kwargs) = from_args(&args)?;
    let regex = compile(pattern, flags_of(&kwargs)?)?;
    kwargs.assert_all_used()?;
    let text = scalar_text(value, "regex_search")?;
    let Some(captures) = regex.captures(text.as_str()).map_err(too_hard)? else { return Ok(Value::from(())) };
    if groups.is_empty() {
        return Ok(group(&captures, 0));
    }
    let found: Result<Vec<Value>, Error> = groups.iter().map(|name| named_group(&regex, &captures, name)).collect();
    found.map(Value::from)
}

fn group(captures: &Captures<'_>, index: usize) -> Value {
    captures.get(index).map_or(Value::from(()), |found| Value::from(found.as_str()))
}

fn named_group(regex: &Regex, captures: &Captures<'_>, name: &Value) -> Result<Value, Error> {
    let text = scalar_text(name, "regex_search")?;
    let index = match text.strip_prefix(r"\g<").and_then(|rest| rest.strip_suffix('>')) {
        Some(name) => name.parse().ok().or_else(|| regex.capture_names().position(|known| known == Some(name))),
        None => text.strip_prefix('\\').and_then(|digits| digits.parse().ok()),
    };
    match index {
        Some(index) if index < regex.captures_len() => Ok(group(captures, index)),
        _ => Err(wrong(format!("the regular expression has no group `{text}`"))),
    }
}

/// All matches: whole ones, or their group, or lists of their groups.
pub(super) fn findall(
    value: &Value,
    pattern: &str,
    multi_line: Option<bool>,
    ignore_case: Option<bool>,
    kwargs: Kwargs,
) -> Result<Vec<Value>, Error> {
    let mut flags = flags_of(&kwargs)?;
    kwargs.assert_all_used()?;
    flags.multi_line |= multi_line.unwrap_or(false);
    flags.ignore_case |= ignore_case.unwrap_or(false);
    let regex = compile(pattern, flags)?;
    let text = scalar_text(value, "regex_findall")?;
    let found = all(&regex, &text, "regex_findall")?;
    Ok(found.iter().map(groups_of).collect())
}

/// Every match, one after the other; an empty one steps on by a character.
fn all<'t>(regex: &Regex, text: &'t str, who: &str) -> Result<Vec<Captures<'t>>, Error> {
    let mut found = Vec::new();
    let (mut at, mut bytes) = (0, 0);
    while at <= text.len() {
        let Some(captures) = regex.captures_from_pos(text, at).map_err(too_hard)? else { break };
        let Some((start, end)) = captures.get(0).map(|whole| (whole.start(), whole.end())) else { break };
        at = if start == end { end + text[end..].chars().next().map_or(1, char::len_utf8) } else { end };
        // Groups that look ahead hold the same text again and again.
        bytes += captures.iter().flatten().map(|group| group.as_str().len()).sum::<usize>();
        if bytes > MAX_TEXT {
            return Err(too_much(who));
        }
        found.push(captures);
    }
    Ok(found)
}

fn groups_of(captures: &Captures<'_>) -> Value {
    let text = |index: usize| Value::from(captures.get(index).map_or("", |found| found.as_str()));
    match captures.len() {
        1 => text(0),
        2 => text(1),
        count => (1..count).map(text).collect(),
    }
}

/// Replaces every match, or the first `count`; `\1` and `\g<name>` stand for groups.
pub(super) fn replace(
    value: &Value,
    pattern: &str,
    replacement: Option<&str>,
    ignore_case: Option<bool>,
    kwargs: Kwargs,
) -> Result<String, Error> {
    let mut flags = flags_of(&kwargs)?;
    flags.ignore_case |= ignore_case.unwrap_or(false);
    let replacement =
        kwargs.get::<Option<String>>("replacement")?.or(replacement.map(str::to_owned)).unwrap_or_default();
    let regex = compile(pattern, flags)?;
    let count = kwargs.get::<Option<usize>>("count")?.filter(|count| *count > 0).unwrap_or(usize::MAX);
    kwargs.assert_all_used()?;
    let text = scalar_text(value, "regex_replace")?;
    let mut out = String::new();
    let mut at = 0;
    for captures in all(&regex, &text, "regex_replace")?.iter().take(count) {
        let Some(whole) = captures.get(0) else { continue };
        out.push_str(&text[at..whole.start()]);
        expand(&regex, captures, &replacement, &mut out)?;
        at = whole.end();
        if out.len() > MAX_TEXT {
            return Err(too_much("regex_replace"));
        }
    }
    out.push_str(&text[at..]);
    Ok(out)
}

fn expand(regex: &Regex, captures: &Captures<'_>, replacement: &str, out: &mut String) -> Result<(), Error> {
    let mut rest = replacement;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = reference_length(rest);
        match &rest[..length] {
            r"\\" => out.push('\\'),
            r"\n" => out.push('\n'),
            r"\t" => out.push('\t'),
            reference => {
                let value = named_group(regex, captures, &Value::from(reference))?;
                out.push_str(value.as_str().unwrap_or_default());
            }
        }
        rest = &rest[length..];
    }
    out.push_str(rest);
    Ok(())
}

fn reference_length(rest: &str) -> usize {
    if rest.starts_with(r"\g<") {
        return rest.find('>').map_or(rest.len(), |end| end + 1);
    }
    let digits = rest[1..].bytes().take(2).take_while(u8::is_ascii_digit).count();
    let one = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
    one.max(1 + digits)
}

/// `text` with everything that a regular expression would read otherwise escaped.
pub(super) fn escape(value: &Value) -> Result<String, Error> {
    scalar_text(value, "regex_escape").map(|text| fancy_regex::escape(&text).into_owned())
}
