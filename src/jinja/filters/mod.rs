//! Filters: Jinja's own and those of Ansible that checks need.

#![expect(clippy::needless_pass_by_value, reason = "the engine hands arguments over by value")]

mod collections;
mod numbers;
mod regular;
mod strict;
mod text;

use minijinja::{Environment, Error, ErrorKind, filters as builtin};

pub(super) use numbers::ipaddr_in;
pub(super) use strict::strict_test;

use strict::strict_filter;

/// Every filter by name, for "did you mean" and for the check of names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    NAMES.into_iter()
}

macro_rules! filters {
    ($($name:literal => $function:expr),* $(,)?) => {
        const NAMES: [&str; [$($name),*].len()] = [$($name),*];

        pub(super) fn register(env: &mut Environment<'static>) {
            $(strict_filter(env, $name, $function);)*
        }
    };
}

filters! {
    "abs" => builtin::abs,
    "attr" => builtin::attr,
    "b64decode" => text::b64decode,
    "b64encode" => text::b64encode,
    "basename" => text::basename,
    "batch" => builtin::batch,
    "bool" => numbers::bool,
    "capitalize" => builtin::capitalize,
    "combine" => collections::combine,
    "count" => builtin::length,
    "d" => strict::default,
    "default" => strict::default,
    "dict2items" => collections::dict2items,
    "dictsort" => builtin::dictsort,
    "difference" => collections::difference,
    "dirname" => text::dirname,
    "extract" => collections::extract,
    "first" => builtin::first,
    "flatten" => collections::flatten,
    "float" => numbers::float,
    "format" => builtin::format,
    "from_json" => text::from_json,
    "groupby" => builtin::groupby,
    "indent" => builtin::indent,
    "int" => numbers::int,
    "intersect" => collections::intersect,
    "ipaddr_in" => numbers::ipaddr_in,
    "items" => builtin::items,
    "items2dict" => collections::items2dict,
    "join" => builtin::join,
    "last" => builtin::last,
    "length" => builtin::length,
    "list" => builtin::list,
    "lower" => builtin::lower,
    "map" => builtin::map,
    "mandatory" => strict::mandatory,
    "max" => builtin::max,
    "min" => builtin::min,
    "quote" => text::quote,
    "regex_escape" => regular::escape,
    "regex_findall" => regular::findall,
    "regex_replace" => regular::replace,
    "regex_search" => regular::search,
    "reject" => builtin::reject,
    "rejectattr" => builtin::rejectattr,
    "replace" => builtin::replace,
    "reverse" => builtin::reverse,
    "round" => builtin::round,
    "select" => builtin::select,
    "selectattr" => builtin::selectattr,
    "slice" => builtin::slice,
    "sort" => builtin::sort,
    "split" => text::split,
    "splitlines" => text::splitlines,
    "string" => builtin::string,
    "sum" => builtin::sum,
    "symmetric_difference" => collections::symmetric_difference,
    "ternary" => collections::ternary,
    "title" => builtin::title,
    "to_json" => text::to_json,
    "tojson" => text::to_json,
    "trim" => builtin::trim,
    "truncate" => text::truncate,
    "union" => collections::union,
    "unique" => collections::unique,
    "upper" => builtin::upper,
    "zip" => builtin::zip,
}

/// What a filter was given and cannot use.
pub(super) fn wrong(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail.into())
}

/// The text of a scalar; lists, mappings and none are no text.
pub(super) fn scalar_text(value: &minijinja::Value, who: &str) -> Result<String, Error> {
    use minijinja::value::ValueKind;
    match value.kind() {
        ValueKind::String | ValueKind::Number | ValueKind::Bool => Ok(value.to_string()),
        kind => Err(wrong(format!("`{who}` needs text, not {kind}"))),
    }
}
