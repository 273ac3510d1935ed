//! Undefined values: every filter and test refuses them, but for those few that are there to ask.

use minijinja::{
    Environment, Error, State, Value,
    functions::Function,
    value::{FunctionArgs, FunctionResult, Kwargs, Rest, ValueKind, ValueOrKwargs, from_args},
};

use super::growth::{self, MAX_ITEMS, MAX_TEXT};
use crate::jinja::JinjaError;

/// Those that may see an undefined value.
const ASKING: [&str; 4] = ["default", "d", "defined", "undefined"];

/// Adds a filter that fails on undefined values, and that brings none forth.
pub(super) fn strict_filter<F, Rv, Args>(env: &mut Environment<'static>, name: &'static str, function: F)
where
    F: Function<Rv, Args>,
    Rv: FunctionResult,
    Args: for<'a> FunctionArgs<'a>,
{
    let inner = Value::from_function(function);
    env.add_filter(name, move |state: &mut State, args: Rest<ValueOrKwargs>| -> Result<Value, Error> {
        let args = args.into_values();
        refuse_undefined(name, &args)?;
        refuse_endless(name, &args)?;
        refuse_missing_attributes(name, &args)?;
        let result = inner.call(state, &args)?;
        refuse_undefined_result(name, &args, &result)?;
        Ok(result)
    });
}

/// Adds a test that fails on undefined values.
pub(in crate::jinja) fn strict_test<F, Rv, Args>(env: &mut Environment<'static>, name: &'static str, function: F)
where
    F: Function<Rv, Args>,
    Rv: FunctionResult,
    Args: for<'a> FunctionArgs<'a>,
{
    let inner = Value::from_function(function);
    env.add_test(name, move |state: &mut State, args: Rest<ValueOrKwargs>| -> Result<Value, Error> {
        let args = args.into_values();
        refuse_undefined(name, &args)?;
        inner.call(state, &args)
    });
}

fn refuse_undefined(name: &str, args: &[Value]) -> Result<(), Error> {
    if let Some(error) = args.iter().find_map(JinjaError::carried_by) {
        let asked = error.undefined.is_some() && ASKING.contains(&name);
        return if asked { Ok(()) } else { Err(error.into()) };
    }
    match args.iter().find(|value| value.is_undefined()) {
        // The engine's own refusal knows where the value came from.
        Some(undefined) if !ASKING.contains(&name) => undefined.get_attr("").map(drop),
        _ => Ok(()),
    }
}

/// `[0] * 10 ** 8` costs nothing until a filter goes through it.
fn refuse_endless(name: &str, args: &[Value]) -> Result<(), Error> {
    let too_long = |value: &Value| match value.as_str() {
        Some(text) => text.len() > MAX_TEXT,
        None => !matches!(name, "length" | "count") && value.len().is_some_and(|items| items > MAX_ITEMS),
    };
    if args.iter().any(too_long) {
        return Err(growth::too_much(name));
    }
    growth::refuse(name, args)
}

/// `selectattr('name')` and its kin ask each item for an attribute; an item without it has no answer.
fn refuse_missing_attributes(name: &str, args: &[Value]) -> Result<(), Error> {
    let [list, path, test @ ..] = args else { return Ok(()) };
    let asking = test.first().and_then(Value::as_str).is_some_and(|test| ASKING.contains(&test));
    if !matches!(name, "selectattr" | "rejectattr") || asking {
        return Ok(());
    }
    if list.try_iter()?.any(|item| attribute(&item, path).is_none()) {
        return Err(super::wrong(format!("attribute `{path}` of an item is undefined")));
    }
    Ok(())
}

fn attribute(item: &Value, path: &Value) -> Option<Value> {
    let steps = path.as_str().unwrap_or_default().split('.');
    steps.filter(|step| !step.is_empty()).try_fold(item.clone(), |at, step| {
        let found = match step.parse::<usize>() {
            Ok(index) => at.get_item_by_index(index),
            Err(_) => at.get_attr(step),
        };
        found.ok().filter(|value| !value.is_undefined())
    })
}

fn refuse_undefined_result(name: &str, args: &[Value], result: &Value) -> Result<(), Error> {
    match name {
        "map" if result.try_iter()?.any(|item| item.is_undefined()) => {
            let what =
                args.get(1).and_then(|kwargs| kwargs.get_attr("attribute").ok()).filter(|name| !name.is_undefined());
            let what = what.map_or_else(|| "a value".to_owned(), |name| format!("attribute `{name}` of an item"));
            Err(super::wrong(format!("{what} is undefined")))
        }
        "first" | "last" | "min" | "max" if result.is_undefined() => {
            Err(super::wrong(format!("`{name}` of nothing is undefined")))
        }
        _ => Ok(()),
    }
}

/// `default(value='', boolean=false)`.
pub(super) fn default(value: &Value, args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let args = args.into_values();
    let (given, kwargs): (&[Value], Kwargs) = from_args(&args)?;
    let other = match given.first() {
        Some(other) => other.clone(),
        None => kwargs.get::<Option<Value>>("default_value")?.unwrap_or_else(|| Value::from("")),
    };
    let boolean = match given.get(1) {
        Some(boolean) => boolean.is_true(),
        None => kwargs.get::<Option<bool>>("boolean")?.unwrap_or(false),
    };
    kwargs.assert_all_used()?;
    // What is invalid here is a value that `undef()` left open.
    let undefined = value.is_undefined() || value.kind() == ValueKind::Invalid;
    Ok(if undefined || (boolean && !value.is_true()) { other } else { value.clone() })
}

/// The value; undefined ones were refused before.
pub(super) fn mandatory(value: Value, _message: Option<String>) -> Value {
    value
}
