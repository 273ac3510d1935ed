//! What variables of an inventory may look up: the environment, other variables, names of hosts. Everything else that
//! Ansible's lookups do (reading files, running commands, asking services) is not done before a check.

use minijinja::{
    Environment, Error, ErrorKind, State, Value,
    value::{Kwargs, Rest, ValueKind, ValueOrKwargs, from_args},
};

use super::{JinjaError, filters::wrong};

/// The function that looks at a name which may have no value; no variable is called so.
pub(super) const ASKED: &str = "__value_or_undefined";

/// The name under which a scope offers the lookup `name`: a function that takes the terms.
#[must_use]
pub fn scope_lookup(name: &str) -> String {
    // With a blank in it: no template can name it.
    format!("lookup {name}")
}

pub(super) fn register(env: &mut Environment<'static>) {
    env.add_function("lookup", lookup);
    env.add_function("query", query);
    env.add_function("q", query);
    env.add_function("undef", undef);
    env.add_function(ASKED, asked);
}

/// The value of a name, undefined where there is none, or where its own template has an undefined value in it.
#[expect(clippy::unnecessary_wraps, reason = "an invalid value is handed on as it is, and fails where it is used")]
fn asked(state: &mut State, name: &str) -> Result<Value, Error> {
    let value = state.lookup(name).unwrap_or(Value::UNDEFINED);
    match JinjaError::carried_by(&value) {
        Some(error) if error.undefined.is_some() => Ok(Value::UNDEFINED),
        Some(error) => Ok(error.into_value()),
        None => Ok(value),
    }
}

/// A value that fails where it is used; who writes it wants it overridden.
#[expect(clippy::needless_pass_by_value, reason = "the engine hands arguments over by value")]
fn undef(hint: Option<String>, kwargs: Kwargs) -> Result<Value, Error> {
    let hint = hint.or(kwargs.get::<Option<String>>("hint")?);
    kwargs.assert_all_used()?;
    let message = hint.unwrap_or_else(|| "this variable must be set".to_owned());
    Ok(JinjaError { undefined: Some("undef()".to_owned()), ..JinjaError::new(message) }.into_value())
}

/// One value; several pieces of text are joined with commas.
fn lookup(state: &mut State, args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let (found, wants_list) = run(state, args)?;
    if wants_list {
        return Ok(Value::from(found));
    }
    if found.iter().all(|value| value.as_str().is_some()) {
        let words: Vec<&str> = found.iter().filter_map(Value::as_str).collect();
        return Ok(Value::from(words.join(",")));
    }
    let [one] = found.as_slice() else { return Ok(Value::from(found)) };
    Ok(one.clone())
}

/// All values as a list.
fn query(state: &mut State, args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    run(state, args).map(|(found, _)| Value::from(found))
}

fn run(state: &mut State, args: Rest<ValueOrKwargs>) -> Result<(Vec<Value>, bool), Error> {
    let args = args.into_values();
    let (name, terms, kwargs): (&str, &[Value], Kwargs) = from_args(&args)?;
    let wants_list = kwargs.get::<Option<bool>>("wantlist")?.unwrap_or(false);
    // What to do about errors: those of these lookups are errors of the variable.
    let _ = kwargs.get::<Option<Value>>("errors")?;
    let terms = flat(terms)?;
    let name = name.trim_start_matches("ansible.builtin.").trim_start_matches("ansible.legacy.");
    let found = match name {
        "env" => terms.iter().map(|term| environment(state, term, &kwargs)).collect(),
        "vars" => terms.iter().map(|term| variable(state, term, &kwargs)).collect(),
        _ => by_scope(state, name, &terms),
    }?;
    kwargs.assert_all_used()?;
    Ok((found, wants_list))
}

/// Terms may be given as lists.
fn flat(terms: &[Value]) -> Result<Vec<Value>, Error> {
    let mut flat = Vec::new();
    for term in terms {
        match term.kind() {
            ValueKind::Seq | ValueKind::Iterable => flat.extend(term.try_iter()?),
            ValueKind::Undefined => term.get_attr("").map(drop)?,
            _ => flat.push(term.clone()),
        }
    }
    Ok(flat)
}

fn text<'v>(term: &'v Value, lookup: &str) -> Result<&'v str, Error> {
    term.as_str().ok_or_else(|| wrong(format!("the lookup `{lookup}` needs text, not {}", term.kind())))
}

/// A variable of the environment, unless the scope has something against it: what it offers as this lookup is asked first.
fn environment(state: &mut State, term: &Value, kwargs: &Kwargs) -> Result<Value, Error> {
    let default = kwargs.get::<Option<Value>>("default")?.unwrap_or_else(|| Value::from(""));
    let name = text(term, "env")?.split_whitespace().next().unwrap_or_default();
    if let Some(objection) = state.lookup(&scope_lookup("env")) {
        objection.call(state, &[Value::from(name)])?;
    }
    if let Some(error) = JinjaError::carried_by(&default).filter(|_| std::env::var_os(name).is_none()) {
        let message = format!("the environment variable `{name}` is not set: {}", error.message);
        return Err(JinjaError { message, ..error }.into());
    }
    match std::env::var(name) {
        Ok(value) => Ok(Value::from(value)),
        Err(std::env::VarError::NotPresent) => Ok(default),
        Err(_) => Err(wrong(format!("the environment variable `{name}` is no UTF-8 text"))),
    }
}

fn variable(state: &State, term: &Value, kwargs: &Kwargs) -> Result<Value, Error> {
    let name = text(term, "vars")?;
    let default = kwargs.get::<Option<Value>>("default")?;
    let value = state.lookup(name).filter(|value| !value.is_undefined());
    let error = match &value {
        Some(value) => JinjaError::carried_by(value),
        None => Some(JinjaError::undefined(name)),
    };
    match (error, default) {
        (None, _) => Ok(value.unwrap_or_default()),
        (Some(error), Some(default)) if error.undefined.is_some() => Ok(default),
        (Some(error), _) => Err(error.into()),
    }
}

/// A lookup that the scope offers; every other one is refused by its name.
fn by_scope(state: &mut State, name: &str, terms: &[Value]) -> Result<Vec<Value>, Error> {
    let Some(function) = state.lookup(&scope_lookup(name)) else {
        let error = JinjaError::new(format!("the lookup `{name}` is not run before a check"))
            .with_hint("write the value itself, or take it from the environment with `lookup('env', 'NAME')`");
        return Err(Error::new(ErrorKind::InvalidOperation, error.message.clone()).with_source(error));
    };
    function.call(state, terms)?.try_iter().map(Iterator::collect)
}
