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

/// How lists in mappings are put together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lists {
    Replace,
    Keep,
    Append,
    Prepend,
    AppendRest,
    PrependRest,
}

/// Mappings over one another, the last winning; with `recursive=true` inner mappings too.
pub(super) fn combine(value: &Value, args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let args = args.into_values();
    let (others, kwargs): (&[Value], Kwargs) = from_args(&args)?;
    let recursive = kwargs.get::<Option<bool>>("recursive")?.unwrap_or(false);
    let lists = match kwargs.get::<Option<String>>("list_merge")?.as_deref() {
        None | Some("replace") => Lists::Replace,
        Some("keep") => Lists::Keep,
        Some("append") => Lists::Append,
        Some("prepend") => Lists::Prepend,
        Some("append_rp") => Lists::AppendRest,
        Some("prepend_rp") => Lists::PrependRest,
        Some(other) => return Err(wrong(format!("`combine` knows no `list_merge='{other}'`"))),
    };
    kwargs.assert_all_used()?;
    let mut maps = Vec::new();
    for map in std::iter::once(value).chain(others) {
        match map.kind() {
            ValueKind::Seq | ValueKind::Iterable => maps.extend(map.try_iter()?),
            _ => maps.push(map.clone()),
        }
    }
    let mut maps = maps.into_iter();
    let Some(first) = maps.next() else { return Ok(Value::from_pairs(Vec::<(Value, Value)>::new())) };
    maps.try_fold(first, |merged, other| merge(&merged, &other, recursive, lists))
}

fn merge(under: &Value, over: &Value, recursive: bool, lists: Lists) -> Result<Value, Error> {
    let mut pairs = pairs_of(under)?;
    for (key, value) in pairs_of(over)? {
        match pairs.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = merged_value(old, value, recursive, lists)?,
            None => pairs.push((key, value)),
        }
    }
    Ok(Value::from_pairs(pairs))
}

fn merged_value(old: &Value, new: Value, recursive: bool, lists: Lists) -> Result<Value, Error> {
    let both = |kind| old.kind() == kind && new.kind() == kind;
    if recursive && both(ValueKind::Map) {
        return merge(old, &new, true, lists);
    }
    if !both(ValueKind::Seq) || lists == Lists::Replace {
        return Ok(new);
    }
    let (old, new): (Vec<Value>, Vec<Value>) = (old.try_iter()?.collect(), new.try_iter()?.collect());
    let rest = |items: &[Value]| items.iter().filter(|item| !new.contains(item)).cloned().collect::<Vec<_>>();
    Ok(Value::from(match lists {
        Lists::Replace | Lists::Keep => old,
        Lists::Append => [old, new].concat(),
        Lists::Prepend => [new, old].concat(),
        Lists::AppendRest => [rest(&old), new.clone()].concat(),
        Lists::PrependRest => [new.clone(), rest(&old)].concat(),
    }))
}

/// Every choice of one item out of each list.
pub(super) fn product(value: &Value, others: Rest<Value>) -> Result<Vec<Value>, Error> {
    const MOST: usize = 100_000;
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for list in std::iter::once(value).chain(others.iter()) {
        let items = list_of(list, "product")?;
        if rows.len().saturating_mul(items.len()) > MOST {
            return Err(wrong(format!("`product` of more than {MOST} rows")));
        }
        let longer = |row: &Vec<Value>| {
            items.iter().map(|item| [row.as_slice(), std::slice::from_ref(item)].concat()).collect::<Vec<_>>()
        };
        rows = rows.iter().flat_map(longer).collect();
    }
    Ok(rows.into_iter().map(Value::from).collect())
}

/// Items side by side, as many as the longest list has.
pub(super) fn zip_longest(value: &Value, args: Rest<ValueOrKwargs>) -> Result<Vec<Value>, Error> {
    let args = args.into_values();
    let (others, kwargs): (&[Value], Kwargs) = from_args(&args)?;
    let filler = kwargs.get::<Option<Value>>("fillvalue")?.unwrap_or_else(|| Value::from(()));
    kwargs.assert_all_used()?;
    let lists: Result<Vec<Vec<Value>>, Error> =
        std::iter::once(value).chain(others).map(|list| list_of(list, "zip_longest")).collect();
    let lists = lists?;
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    let row = |at: usize| lists.iter().map(|list| list.get(at).cloned().unwrap_or_else(|| filler.clone())).collect();
    Ok((0..longest).map(row).collect())
}

/// Each item with each item of a list inside it.
pub(super) fn subelements(
    value: &Value,
    path: &Value,
    skip: Option<bool>,
    kwargs: Kwargs,
) -> Result<Vec<Value>, Error> {
    let skip = kwargs.get::<Option<bool>>("skip_missing")?.or(skip).unwrap_or(false);
    kwargs.assert_all_used()?;
    let items = match value.kind() {
        ValueKind::Map => pairs_of(value)?.into_iter().map(|(_, item)| item).collect(),
        _ => list_of(value, "subelements")?,
    };
    let steps: Vec<Value> = match path.as_str() {
        Some(text) => text.split('.').map(Value::from).collect(),
        None => list_of(path, "subelements")?,
    };
    let mut rows = Vec::new();
    for item in items {
        let inner = steps.iter().try_fold(item.clone(), |at, step| item_of(&at, step));
        match inner {
            Ok(inner) => rows.extend(
                list_of(&inner, "subelements")?.into_iter().map(|inner| Value::from(vec![item.clone(), inner])),
            ),
            Err(_) if skip => {}
            Err(error) => return Err(error),
        }
    }
    Ok(rows)
}

/// Items by the value of one of their members.
pub(super) fn rekey_on_member(value: &Value, key: &str, kwargs: Kwargs) -> Result<Value, Error> {
    let overwrite = kwargs.get::<Option<String>>("duplicates")?.as_deref() == Some("overwrite");
    kwargs.assert_all_used()?;
    let items = match value.kind() {
        ValueKind::Map => pairs_of(value)?.into_iter().map(|(_, item)| item).collect(),
        _ => list_of(value, "rekey_on_member")?,
    };
    let mut pairs: Vec<(Value, Value)> = Vec::new();
    for item in items {
        let name = present(&item, key)?;
        match pairs.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) if overwrite => *old = item,
            Some(_) => return Err(wrong(format!("`{name}` is the `{key}` of several items"))),
            None => pairs.push((name, item)),
        }
    }
    Ok(Value::from_pairs(pairs))
}

/// Jinja's `unique`, which takes `a` and `A` for the same unless told otherwise.
pub(super) fn unique_as_in_ansible(
    value: &Value,
    case_sensitive: Option<bool>,
    kwargs: Kwargs,
) -> Result<Vec<Value>, Error> {
    let exact = kwargs.get::<Option<bool>>("case_sensitive")?.or(case_sensitive).unwrap_or(false);
    let attribute = kwargs.get::<Option<String>>("attribute")?;
    kwargs.assert_all_used()?;
    let mut seen: Vec<Value> = Vec::new();
    let mut kept = Vec::new();
    for item in list_of(value, "unique")? {
        let key = match &attribute {
            Some(path) => path.split('.').try_fold(item.clone(), |at, step| present(&at, step))?,
            None => item.clone(),
        };
        let key = key.as_str().filter(|_| !exact).map(|text| Value::from(text.to_lowercase())).unwrap_or(key.clone());
        if !seen.contains(&key) {
            seen.push(key);
            kept.push(item);
        }
    }
    Ok(kept)
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
