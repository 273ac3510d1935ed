//! Tests (`is ...`): Jinja's own and those of Ansible that checks need.

#![expect(clippy::needless_pass_by_value, reason = "the engine hands arguments over by value")]

use std::cmp::Ordering;

use minijinja::{
    Environment, Error, Value, tests as builtin,
    value::{Kwargs, ValueKind},
};

use super::{
    filters::{ipaddr_in, scalar_text, strict_test, wrong},
    pattern::{Flags, compile},
    version::{compare_loose, compare_semantic},
};

/// Every test by name, for "did you mean" and for the check of names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    NAMES.into_iter()
}

macro_rules! tests {
    ($($name:literal => $function:expr),* $(,)?) => {
        const NAMES: [&str; [$($name),*].len()] = [$($name),*];

        pub(super) fn register(env: &mut Environment<'static>) {
            $(strict_test(env, $name, $function);)*
        }
    };
}

tests! {
    "!=" => builtin::is_ne,
    "<" => builtin::is_lt,
    "<=" => builtin::is_le,
    "==" => builtin::is_eq,
    ">" => builtin::is_gt,
    ">=" => builtin::is_ge,
    "all" => all,
    "any" => any,
    "boolean" => builtin::is_boolean,
    "contains" => contains,
    "defined" => builtin::is_defined,
    "divisibleby" => builtin::is_divisibleby,
    "endingwith" => builtin::is_endingwith,
    "eq" => builtin::is_eq,
    "equalto" => builtin::is_eq,
    "even" => builtin::is_even,
    "false" => builtin::is_false,
    "falsy" => falsy,
    "float" => builtin::is_float,
    "ge" => builtin::is_ge,
    "greaterthan" => builtin::is_gt,
    "gt" => builtin::is_gt,
    "in" => builtin::is_in,
    "integer" => builtin::is_integer,
    "ipaddr_in" => ipaddr_in,
    "issubset" => subset,
    "issuperset" => superset,
    "iterable" => builtin::is_iterable,
    "le" => builtin::is_le,
    "lessthan" => builtin::is_lt,
    "lower" => builtin::is_lower,
    "lt" => builtin::is_lt,
    "mapping" => builtin::is_mapping,
    "match" => matches,
    "ne" => builtin::is_ne,
    "none" => builtin::is_none,
    "number" => builtin::is_number,
    "odd" => builtin::is_odd,
    "regex" => regex,
    "sameas" => builtin::is_sameas,
    "search" => search,
    "sequence" => builtin::is_sequence,
    "startingwith" => builtin::is_startingwith,
    "string" => builtin::is_string,
    "subset" => subset,
    "superset" => superset,
    "true" => builtin::is_true,
    "truthy" => truthy,
    "undefined" => builtin::is_undefined,
    "upper" => builtin::is_upper,
    "version" => version,
}

fn matches(
    value: &Value,
    pattern: &str,
    ignore_case: Option<bool>,
    multi_line: Option<bool>,
    kwargs: Kwargs,
) -> Result<bool, Error> {
    let flags = flags_of(ignore_case, multi_line, &kwargs)?;
    is_match(value, pattern, Flags { anchored: true, ..flags }, "match")
}

fn search(
    value: &Value,
    pattern: &str,
    ignore_case: Option<bool>,
    multi_line: Option<bool>,
    kwargs: Kwargs,
) -> Result<bool, Error> {
    let flags = flags_of(ignore_case, multi_line, &kwargs)?;
    is_match(value, pattern, flags, "search")
}

fn regex(value: &Value, pattern: &str, kwargs: Kwargs) -> Result<bool, Error> {
    let match_type = kwargs.get::<Option<String>>("match_type")?;
    let pattern = match match_type.as_deref() {
        None | Some("search" | "match") => pattern.to_owned(),
        Some("fullmatch") => format!(r"(?:{pattern})\Z"),
        Some(other) => return Err(wrong(format!("`{other}` is no `match_type`"))),
    };
    let anchored = matches!(match_type.as_deref(), Some("match" | "fullmatch"));
    let flags = flags_of(None, None, &kwargs)?;
    is_match(value, &pattern, Flags { anchored, ..flags }, "regex")
}

fn flags_of(ignore_case: Option<bool>, multi_line: Option<bool>, kwargs: &Kwargs) -> Result<Flags, Error> {
    let flags = Flags {
        ignore_case: kwargs.get::<Option<bool>>("ignorecase")?.or(ignore_case).unwrap_or(false),
        multi_line: kwargs.get::<Option<bool>>("multiline")?.or(multi_line).unwrap_or(false),
        anchored: false,
    };
    kwargs.assert_all_used()?;
    Ok(flags)
}

fn is_match(value: &Value, pattern: &str, flags: Flags, who: &str) -> Result<bool, Error> {
    let regex = compile(pattern, flags)?;
    let text = scalar_text(value, who)?;
    regex.is_match(text.as_str()).map_err(|error| wrong("the regular expression took too much work").with_source(error))
}

fn version(
    value: &Value,
    other: &Value,
    operator: Option<&str>,
    strict: Option<bool>,
    kwargs: Kwargs,
) -> Result<bool, Error> {
    let operator = kwargs.get::<Option<String>>("operator")?.unwrap_or_else(|| operator.unwrap_or("eq").to_owned());
    let kind = kwargs.get::<Option<String>>("version_type")?;
    let strict = kwargs.get::<Option<bool>>("strict")?.or(strict).unwrap_or(false);
    kwargs.assert_all_used()?;
    let (left, right) = (version_text(value)?, version_text(other)?);
    let order = match kind.as_deref() {
        None | Some("loose") if !strict => compare_loose(&left, &right),
        Some("semver" | "semantic") => compare_semantic(&left, &right),
        _ => return Err(wrong("`version` knows the version types `loose` and `semver`")),
    };
    holds(order.map_err(|error| wrong(error.to_string()))?, &operator)
}

/// `6.10` without quotes is the number 6.1: nobody can tell which version was meant.
fn version_text(value: &Value) -> Result<String, Error> {
    if value.kind() == ValueKind::Number && !value.is_integer() {
        return Err(wrong(format!("`{value}` is a number; write the version in quotes")));
    }
    scalar_text(value, "version")
}

fn holds(order: Ordering, operator: &str) -> Result<bool, Error> {
    match operator {
        "==" | "=" | "eq" => Ok(order.is_eq()),
        "!=" | "<>" | "ne" => Ok(order.is_ne()),
        "<" | "lt" => Ok(order.is_lt()),
        "<=" | "le" => Ok(order.is_le()),
        ">" | "gt" => Ok(order.is_gt()),
        ">=" | "ge" => Ok(order.is_ge()),
        other => Err(wrong(format!("`{other}` compares no versions; known: ==, !=, <, <=, >, >="))),
    }
}

fn truthy(value: &Value, kwargs: Kwargs) -> Result<bool, Error> {
    let convert = kwargs.get::<Option<bool>>("convert_bool")?.unwrap_or(false);
    kwargs.assert_all_used()?;
    let word = value.as_str().filter(|_| convert).map(str::to_lowercase);
    Ok(match word.as_deref() {
        Some("no" | "off" | "false" | "n" | "f" | "0") => false,
        _ => value.is_true(),
    })
}

fn falsy(value: &Value, kwargs: Kwargs) -> Result<bool, Error> {
    truthy(value, kwargs).map(|truthy| !truthy)
}

fn items(value: &Value, who: &str) -> Result<Vec<Value>, Error> {
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => Ok(value.try_iter()?.collect()),
        kind => Err(wrong(format!("`{who}` needs a list, not {kind}"))),
    }
}

fn subset(value: &Value, other: &Value) -> Result<bool, Error> {
    let (inner, outer) = (items(value, "subset")?, items(other, "subset")?);
    Ok(inner.iter().all(|item| outer.contains(item)))
}

fn superset(value: &Value, other: &Value) -> Result<bool, Error> {
    subset(other, value)
}

fn contains(value: &Value, item: &Value) -> Result<bool, Error> {
    match (value.as_str(), item.as_str()) {
        (Some(text), Some(part)) => Ok(text.contains(part)),
        _ => Ok(items(value, "contains")?.contains(item)),
    }
}

fn all(value: &Value) -> Result<bool, Error> {
    Ok(items(value, "all")?.iter().all(Value::is_true))
}

fn any(value: &Value) -> Result<bool, Error> {
    Ok(items(value, "any")?.iter().any(Value::is_true))
}
