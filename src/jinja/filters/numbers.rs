//! Conversions. Where Ansible quietly makes 0 or false of what is neither, these fail, unless told what to take.

use std::net::IpAddr;

use ipnet::IpNet;
use minijinja::{Error, State, Value, filters as builtin, value::Kwargs, value::ValueKind};

use super::{scalar_text, wrong};

pub(super) fn int(
    state: &State,
    value: Value,
    default: Option<Value>,
    base: Option<u32>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let otherwise = fallback(&value, default.as_ref(), &kwargs)?;
    builtin::int(state, &trimmed(value.clone()), default, base, kwargs)
        .map_err(|_| wrong(format!("`{value}` is no integer")))
        .or_else(|error| otherwise.ok_or(error))
}

pub(super) fn float(state: &State, value: Value, default: Option<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    let otherwise = fallback(&value, default.as_ref(), &kwargs)?;
    builtin::float(state, &trimmed(value.clone()), default, kwargs)
        .map_err(|_| wrong(format!("`{value}` is no number")))
        .or_else(|error| otherwise.ok_or(error))
}

/// The default that was given; none has no other number than that.
fn fallback(value: &Value, default: Option<&Value>, kwargs: &Kwargs) -> Result<Option<Value>, Error> {
    let otherwise = match default {
        Some(default) => Some(default.clone()),
        None => kwargs.peek::<Option<Value>>("default").unwrap_or_default(),
    };
    match value.kind() {
        ValueKind::None if otherwise.is_none() => Err(wrong("none is no number")),
        _ => Ok(otherwise),
    }
}

fn trimmed(value: Value) -> Value {
    match value.as_str() {
        Some(text) => Value::from(text.trim()),
        None => value,
    }
}

pub(super) fn bool(value: &Value) -> Result<bool, Error> {
    match value.kind() {
        ValueKind::Bool => return Ok(value.is_true()),
        ValueKind::Number if *value == Value::from(1) => return Ok(true),
        ValueKind::Number if *value == Value::from(0) => return Ok(false),
        _ => {}
    }
    match value.as_str().map(|text| text.trim().to_lowercase()).as_deref() {
        Some("yes" | "on" | "true" | "y" | "t" | "1") => Ok(true),
        Some("no" | "off" | "false" | "n" | "f" | "0") => Ok(false),
        _ => Err(wrong(format!("`{value}` is neither true nor false"))),
    }
}

/// Whether an address lies in a network (`10.0.0.0/8`), or in one of a list of them.
pub(in crate::jinja) fn ipaddr_in(value: &Value, networks: &Value) -> Result<bool, Error> {
    let address = scalar_text(value, "ipaddr_in")?;
    let address: IpAddr = address.trim().parse().map_err(|_| wrong(format!("`{address}` is no IP address")))?;
    let lies_in = |network: &Value| {
        let text = scalar_text(network, "ipaddr_in")?;
        let network: Result<IpNet, _> = text.trim().parse();
        network.map(|network| network.contains(&address)).map_err(|_| wrong(format!("`{text}` is no network")))
    };
    if networks.kind() == ValueKind::Seq {
        let answers: Result<Vec<bool>, Error> = networks.try_iter()?.map(|network| lies_in(&network)).collect();
        return Ok(answers?.contains(&true));
    }
    lies_in(networks)
}
