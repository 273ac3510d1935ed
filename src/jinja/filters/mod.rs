//! Filters: Jinja's own and those of Ansible that checks need.

#![expect(clippy::needless_pass_by_value, reason = "the engine hands arguments over by value")]

mod collections;
mod digest;
mod growth;
mod json;
mod network;
mod numbers;
mod paths;
mod regular;
mod strict;
mod text;

use minijinja::{Environment, Error, ErrorKind, filters as builtin};

pub(super) use growth::refuse as refuse_growth;
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
    "center" => text::center,
    "checksum" => digest::sha1,
    "combine" => collections::combine,
    "comment" => text::comment,
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
    "from_json" => json::from_json,
    "groupby" => builtin::groupby,
    "hash" => digest::hash,
    "human_readable" => numbers::human_readable,
    "human_to_bytes" => numbers::human_to_bytes,
    "indent" => builtin::indent,
    "int" => numbers::int,
    "intersect" => collections::intersect,
    "ipaddr" => network::ipaddr,
    "ipaddr_in" => numbers::ipaddr_in,
    "ipmath" => network::ipmath,
    "ipsubnet" => network::ipsubnet,
    "ipv4" => network::ipv4,
    "ipv6" => network::ipv6,
    "ipwrap" => network::ipwrap,
    "items" => builtin::items,
    "items2dict" => collections::items2dict,
    "join" => builtin::join,
    "last" => builtin::last,
    "length" => builtin::length,
    "list" => builtin::list,
    "log" => numbers::log,
    "lower" => builtin::lower,
    "mandatory" => strict::mandatory,
    "map" => builtin::map,
    "max" => builtin::max,
    "min" => builtin::min,
    "normpath" => paths::normpath,
    "nthhost" => network::nthhost,
    "path_join" => paths::path_join,
    "pow" => numbers::pow,
    "product" => collections::product,
    "quote" => text::quote,
    "regex_escape" => regular::escape,
    "regex_findall" => regular::findall,
    "regex_replace" => regular::replace,
    "regex_search" => regular::search,
    "reject" => builtin::reject,
    "rejectattr" => builtin::rejectattr,
    "rekey_on_member" => collections::rekey_on_member,
    "relpath" => paths::relpath,
    "replace" => builtin::replace,
    "reverse" => builtin::reverse,
    "root" => numbers::root,
    "round" => builtin::round,
    "select" => builtin::select,
    "selectattr" => builtin::selectattr,
    "sha1" => digest::sha1,
    "slice" => builtin::slice,
    "sort" => builtin::sort,
    "split" => text::split,
    "splitext" => paths::splitext,
    "splitlines" => text::splitlines,
    "string" => builtin::string,
    "subelements" => collections::subelements,
    "sum" => builtin::sum,
    "symmetric_difference" => collections::symmetric_difference,
    "ternary" => collections::ternary,
    "title" => builtin::title,
    "to_json" => json::to_json,
    "to_nice_json" => json::to_nice_json,
    "to_uuid" => digest::to_uuid,
    "tojson" => json::tojson,
    "trim" => builtin::trim,
    "truncate" => text::truncate,
    "union" => collections::union,
    "unique" => collections::unique,
    "upper" => builtin::upper,
    "urlsplit" => text::urlsplit,
    "zip" => builtin::zip,
    "zip_longest" => collections::zip_longest,
}

/// In variables these convert as quietly as Ansible does: its result is what decides there.
pub(super) fn register_for_variables(env: &mut Environment<'static>) {
    strict_filter(env, "bool", numbers::bool_as_in_ansible);
    strict_filter(env, "float", numbers::float_as_in_ansible);
    strict_filter(env, "int", numbers::int_as_in_ansible);
    strict_filter(env, "quote", text::quote_as_in_ansible);
    strict_filter(env, "unique", collections::unique_as_in_ansible);
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
