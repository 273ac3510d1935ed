//! Lists and mappings. Those of sets keep the order in which items first appear, and tell text by its exact letters.

use minijinja::{
    Error, Value,
    value::{Kwargs, Rest, ValueKind, ValueOrKwargs, from_args},
};

use super::wrong;

fn list_of(value: &Value, who: &str) -> Result<Vec<Value>, Error> {
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => Ok(value.try_iter()?.collect()),
        kind => Err(wrong(format!("`{who}` needs a list, not {kind}"))),
    }
}

fn distinct(items: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for item in items {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    kept
}

pub(super) fn unique(value: &Value) -> Result<Vec<Value>, Error> {
    list_of(value, "unique").map(distinct)
}

pub(super) fn union(left: &Value, right: &Value) -> Result<Vec<Value>, Error> {
    let left = list_of(left, "union")?;
    Ok(distinct(left.into_iter().chain(list_of(right, "union")?)))
}

pub(super) fn intersect(left: &Value, right: &Value) -> Result<Vec<Value>, Error> {
    let (left, right) = (list_of(left, "intersect")?, list_of(right, "intersect")?);
    Ok(distinct(left.into_iter().filter(|item| right.contains(item))))
}

pub(super) fn difference(left: &Value, right: &Value) -> Result<Vec<Value>, Error> {
    let (left, right) = (list_of(left, "difference")?, list_of(right, "difference")?);
    Ok(distinct(left.into_iter().filter(|item| !right.contains(item))))
}

pub(super) fn symmetric_difference(left: &Value, right: &Value) -> Result<Vec<Value>, Error> {
    let mut items = difference(left, right)?;
    items.extend(difference(right, left)?);
    Ok(items)
}

/// Lists within lists, without nones, as deep as `levels`.
pub(super) fn flatten(value: &Value, levels: Option<i64>, kwargs: Kwargs) -> Result<Vec<Value>, Error> {
    let levels = levels.or(kwargs.get::<Option<i64>>("levels")?);
    let skip_nones = kwargs.get::<Option<bool>>("skip_nulls")?.unwrap_or(true);
    kwargs.assert_all_used()?;
    let mut items = Vec::new();
    flatten_into(&mut items, list_of(value, "flatten")?, levels, skip_nones)?;
    Ok(items)
}

fn flatten_into(out: &mut Vec<Value>, items: Vec<Value>, levels: Option<i64>, skip_nones: bool) -> Result<(), Error> {
    for item in items {
        match item.kind() {
            ValueKind::None if skip_nones => {}
            ValueKind::Seq if levels.is_none_or(|levels| levels > 0) => {
                let inner = list_of(&item, "flatten")?;
                flatten_into(out, inner, levels.map(|levels| levels - 1), skip_nones)?;
            }
            _ => out.push(item),
        }
    }
    Ok(())
}

/// Mappings over one another, the last winning; with `recursive=true` inner mappings too.
pub(super) fn combine(value: &Value, args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let args = args.into_values();
    let (others, kwargs): (&[Value], Kwargs) = from_args(&args)?;
    let recursive = kwargs.get::<Option<bool>>("recursive")?.unwrap_or(false);
    kwargs.assert_all_used()?;
    others.iter().try_fold(value.clone(), |merged, other| merge(&merged, other, recursive))
}

fn merge(under: &Value, over: &Value, recursive: bool) -> Result<Value, Error> {
    let mut pairs = pairs_of(under)?;
    for (key, value) in pairs_of(over)? {
        match pairs.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) if recursive && old.kind() == ValueKind::Map && value.kind() == ValueKind::Map => {
                *old = merge(old, &value, true)?;
            }
            Some((_, old)) => *old = value,
            None => pairs.push((key, value)),
        }
    }
    Ok(Value::from_pairs(pairs))
}

fn pairs_of(map: &Value) -> Result<Vec<(Value, Value)>, Error> {
    if map.kind() != ValueKind::Map {
        return Err(wrong(format!("a mapping is needed, not {}", map.kind())));
    }
    map.try_iter()?.map(|key| map.get_item(&key).map(|value| (key, value))).collect()
}

pub(super) fn dict2items(value: &Value, kwargs: Kwargs) -> Result<Vec<Value>, Error> {
    let key_name = kwargs.get::<Option<String>>("key_name")?.unwrap_or_else(|| "key".to_owned());
    let value_name = kwargs.get::<Option<String>>("value_name")?.unwrap_or_else(|| "value".to_owned());
    kwargs.assert_all_used()?;
    let item = |(key, value)| Value::from_pairs([(key_name.clone(), key), (value_name.clone(), value)]);
    Ok(pairs_of(value)?.into_iter().map(item).collect())
}

pub(super) fn items2dict(value: &Value, kwargs: Kwargs) -> Result<Value, Error> {
    let key_name = kwargs.get::<Option<String>>("key_name")?.unwrap_or_else(|| "key".to_owned());
    let value_name = kwargs.get::<Option<String>>("value_name")?.unwrap_or_else(|| "value".to_owned());
    kwargs.assert_all_used()?;
    let pair = |item: Value| Ok((present(&item, &key_name)?, present(&item, &value_name)?));
    let pairs: Result<Vec<_>, Error> = list_of(value, "items2dict")?.into_iter().map(pair).collect();
    Ok(Value::from_pairs(pairs?))
}

fn present(item: &Value, key: &str) -> Result<Value, Error> {
    match item.get_attr(key)? {
        value if value.is_undefined() => Err(wrong(format!("an item has no `{key}`"))),
        value => Ok(value),
    }
}

/// The item of `container` that the value names, and further down by `more`.
pub(super) fn extract(key: &Value, container: &Value, more: Option<Value>) -> Result<Value, Error> {
    let found = item_of(container, key)?;
    match more {
        None => Ok(found),
        Some(more) if more.kind() == ValueKind::Seq => more.try_iter()?.try_fold(found, |at, key| item_of(&at, &key)),
        Some(key) => item_of(&found, &key),
    }
}

fn item_of(container: &Value, key: &Value) -> Result<Value, Error> {
    match container.get_item(key)? {
        value if value.is_undefined() => Err(wrong(format!("there is no item `{key}`"))),
        value => Ok(value),
    }
}

pub(super) fn ternary(value: &Value, yes: Value, no: Value, none: Option<Value>) -> Value {
    match none {
        Some(none) if value.is_none() => none,
        _ if value.is_true() => yes,
        _ => no,
    }
}
