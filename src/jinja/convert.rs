//! Between JSON and the engine's values.
//!
//! Not through serde: with `arbitrary_precision` a JSON number serializes as a mapping, which an expression would then
//! see in its place.

use minijinja::{Value, value::ValueKind};

/// The engine's value of `json`. Integers keep all digits up to 128 bits; beyond that they are floats.
#[must_use]
pub fn value_of(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::from(()),
        serde_json::Value::Bool(value) => Value::from(*value),
        serde_json::Value::Number(number) => number_value(number),
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => items.iter().map(value_of).collect(),
        serde_json::Value::Object(map) => {
            Value::from_pairs(map.iter().map(|(key, value)| (key.clone(), value_of(value))))
        }
    }
}

fn number_value(number: &serde_json::Number) -> Value {
    if let Some(value) = number.as_i64() {
        return Value::from(value);
    }
    match number.as_str().parse::<i128>() {
        Ok(value) => Value::from(value),
        Err(_) => Value::from(number.as_f64().unwrap_or(f64::NAN)),
    }
}

/// The JSON of a value; absent for what JSON cannot say (undefined, not a number, an object that is no data).
#[must_use]
pub fn json_of(value: &Value) -> Option<serde_json::Value> {
    match value.kind() {
        ValueKind::None => Some(serde_json::Value::Null),
        ValueKind::Bool => Some(value.is_true().into()),
        ValueKind::Number => number_json(value),
        ValueKind::String => Some(value.as_str()?.into()),
        ValueKind::Seq | ValueKind::Iterable => {
            let items: Option<Vec<_>> = value.try_iter().ok()?.map(|item| json_of(&item)).collect();
            items.map(serde_json::Value::Array)
        }
        ValueKind::Map => map_json(value),
        _ => None,
    }
}

fn number_json(value: &Value) -> Option<serde_json::Value> {
    if value.is_integer() {
        return value.to_string().parse::<serde_json::Number>().ok().map(serde_json::Value::Number);
    }
    let float = f64::try_from(value.clone()).ok()?;
    serde_json::Number::from_f64(float).map(serde_json::Value::Number)
}

fn map_json(value: &Value) -> Option<serde_json::Value> {
    let mut map = serde_json::Map::new();
    for key in value.try_iter().ok()? {
        map.insert(key.to_string(), json_of(&value.get_item(&key).ok()?)?);
    }
    Some(map.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_numbers_both_ways() {
        for text in
            ["0", "-7", "18446744073709551615", "170141183460469231731687303715884105727", "1.5", "[1,{\"a\":2}]"]
        {
            let json: serde_json::Value = serde_json::from_str(text).expect("valid JSON");
            let value = value_of(&json);
            assert_eq!(json_of(&value), Some(json), "{text}");
        }
        assert_eq!(value_of(&serde_json::json!(5)).kind(), ValueKind::Number);
    }

    #[test]
    fn what_json_cannot_say_is_absent() {
        assert_eq!(json_of(&Value::UNDEFINED), None);
        assert_eq!(json_of(&Value::from(f64::NAN)), None);
        assert_eq!(json_of(&Value::from(vec![Value::UNDEFINED])), None);
    }
}
