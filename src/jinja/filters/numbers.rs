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

/// As Ansible converts: 0, or the default, where there is no number.
pub(super) fn int_as_in_ansible(
    value: &Value,
    default: Option<Value>,
    base: Option<u32>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let default = default.or(kwargs.get::<Option<Value>>("default")?).unwrap_or_else(|| Value::from(0));
    let base = base.or(kwargs.get::<Option<u32>>("base")?).unwrap_or(10);
    kwargs.assert_all_used()?;
    if !matches!(base, 2 | 8 | 10 | 16) {
        return Err(wrong(format!("`int` to the base {base} is not known here")));
    }
    let number = match (value.kind(), value.as_str()) {
        (ValueKind::Number | ValueKind::Bool, _) => f64::try_from(value.clone()).ok().map(f64::trunc),
        (_, Some(text)) => return Ok(integer_of(text, base).or_else(|| truncated(text)).map_or(default, Value::from)),
        _ => None,
    };
    if value.is_integer() {
        return Ok(value.clone());
    }
    if value.kind() == ValueKind::Bool {
        return Ok(Value::from(i64::from(value.is_true())));
    }
    Ok(number.and_then(whole).map_or(default, Value::from))
}

fn integer_of(text: &str, base: u32) -> Option<i128> {
    let text = text.trim().replace('_', "").to_lowercase();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits.to_owned()),
        None => (false, text.strip_prefix('+').unwrap_or(&text).to_owned()),
    };
    let prefix = match base {
        2 => "0b",
        8 => "0o",
        16 => "0x",
        _ => "",
    };
    let digits = digits.strip_prefix(prefix).unwrap_or(&digits);
    let number = i128::from_str_radix(digits, base).ok().filter(|_| !digits.starts_with(['+', '-']))?;
    Some(if negative { -number } else { number })
}

/// Text that is a number with a fraction.
fn truncated(text: &str) -> Option<i128> {
    text.trim().parse::<f64>().ok().and_then(|number| whole(number.trunc()))
}

#[expect(clippy::cast_possible_truncation, reason = "what is too large is refused before")]
fn whole(number: f64) -> Option<i128> {
    (number.is_finite() && number.abs() < 1e30).then_some(number as i128)
}

/// As Ansible converts: 0.0, or the default, where there is no number.
pub(super) fn float_as_in_ansible(value: &Value, default: Option<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    let default = default.or(kwargs.get::<Option<Value>>("default")?).unwrap_or_else(|| Value::from(0.0));
    kwargs.assert_all_used()?;
    let number = match value.as_str() {
        Some(text) => text.trim().parse::<f64>().ok(),
        None if value.kind() == ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
        None => f64::try_from(value.clone()).ok(),
    };
    Ok(number.map_or(default, Value::from))
}

/// As Ansible converts: false where nothing says true, and none for none.
pub(super) fn bool_as_in_ansible(value: &Value) -> Value {
    if value.is_none() {
        return value.clone();
    }
    let word = value.as_str().map(str::to_lowercase);
    let yes = matches!(word.as_deref(), Some("yes" | "on" | "1" | "true"));
    Value::from(yes || *value == Value::from(1) || (value.kind() == ValueKind::Bool && value.is_true()))
}

fn number(value: &Value, who: &str) -> Result<f64, Error> {
    let number = if value.kind() == ValueKind::Number { f64::try_from(value.clone()).ok() } else { None };
    number.ok_or_else(|| wrong(format!("`{who}` needs a number, not {}", value.kind())))
}

pub(super) fn log(value: &Value, base: Option<f64>) -> Result<f64, Error> {
    let value = number(value, "log")?;
    if value <= 0.0 {
        return Err(wrong(format!("there is no logarithm of {value}")));
    }
    Ok(match base {
        None => value.ln(),
        Some(10.0) => value.log10(),
        Some(base) => value.ln() / base.ln(),
    })
}

pub(super) fn pow(value: &Value, exponent: f64) -> Result<f64, Error> {
    number(value, "pow").map(|value| value.powf(exponent))
}

pub(super) fn root(value: &Value, base: Option<f64>) -> Result<f64, Error> {
    let value = number(value, "root")?;
    let base = base.unwrap_or(2.0);
    if value < 0.0 {
        return Err(wrong(format!("there is no root of {value}")));
    }
    Ok(if (base - 2.0).abs() < f64::EPSILON { value.sqrt() } else { value.powf(1.0 / base) })
}

/// Units by their letters, the largest first.
const UNITS: [(char, u32); 9] =
    [('Y', 80), ('Z', 70), ('E', 60), ('P', 50), ('T', 40), ('G', 30), ('M', 20), ('K', 10), ('B', 0)];

/// Bytes as people write them: `1.00 KB`.
pub(super) fn human_readable(
    value: &Value,
    bits: Option<bool>,
    unit: Option<String>,
    kwargs: Kwargs,
) -> Result<String, Error> {
    let bits = kwargs.get::<Option<bool>>("isbits")?.or(bits).unwrap_or(false);
    let unit = kwargs.get::<Option<String>>("unit")?.or(unit).map(|unit| unit.to_uppercase());
    kwargs.assert_all_used()?;
    let size = number(value, "human_readable")?;
    let base = if bits { "bits" } else { "Bytes" };
    let chosen = UNITS.iter().find(|(letter, power)| match &unit {
        Some(unit) => *unit == letter.to_string(),
        None => size >= 2_f64.powi(i32::try_from(*power).unwrap_or(0)),
    });
    let (letter, power) = chosen.copied().unwrap_or(('B', 0));
    let name = if power == 0 { base.to_owned() } else { format!("{letter}{}", &base[..1]) };
    Ok(format!("{:.2} {name}", size / 2_f64.powi(i32::try_from(power).unwrap_or(0))))
}

/// The number of bytes that people mean: `2K` is 2048.
pub(super) fn human_to_bytes(
    value: &Value,
    default_unit: Option<String>,
    bits: Option<bool>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let default_unit = kwargs.get::<Option<String>>("default_unit")?.or(default_unit);
    let bits = kwargs.get::<Option<bool>>("isbits")?.or(bits).unwrap_or(false);
    kwargs.assert_all_used()?;
    let text = scalar_text(value, "human_to_bytes")?;
    let unreadable = || wrong(format!("`{text}` is no size"));
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..end].parse().map_err(|_| unreadable())?;
    let unit = Some(text[end..].trim().to_owned()).filter(|unit| !unit.is_empty()).or(default_unit);
    let power = match unit.as_deref() {
        None => 0,
        Some(unit) => power_of(unit, bits).ok_or_else(unreadable)?,
    };
    let bytes = (number * 2_f64.powi(i32::try_from(power).unwrap_or(0))).round_ties_even();
    whole(bytes).map(Value::from).ok_or_else(unreadable)
}

/// The power of two of a unit; `MB` is bytes, `Mb` is bits.
fn power_of(unit: &str, bits: bool) -> Option<u32> {
    let first = unit.chars().next()?.to_ascii_uppercase();
    let (_, power) = UNITS.iter().copied().find(|(letter, _)| *letter == first)?;
    let short = if bits { 'b' } else { 'B' };
    let long = if bits { "bit" } else { "byte" };
    let prefix = match first {
        'Y' => "yotta",
        'Z' => "zetta",
        'E' => "exa",
        'P' => "peta",
        'T' => "tera",
        'G' => "giga",
        'M' => "mega",
        'K' => "kilo",
        _ => "",
    };
    let known = unit.len() == 1
        || unit.to_lowercase() == format!("{prefix}{long}")
        || (first != 'B' && unit[1..] == short.to_string() && unit.starts_with(first));
    known.then_some(power)
}
