//! Lists of hosts and other names, in as little room as there is.

use super::{Page, Word};
use crate::report::{
    escape,
    width::{columns, cut, wrap},
};

/// So many items of one host are shown by name.
const ITEMS: usize = 3;

/// Hosts in the order of their first mention, each once, with their items: `hive0.site (web, db)`.
pub(super) fn with_items<'a>(pairs: impl Iterator<Item = (&'a str, Option<&'a str>)>, page: &Page) -> Vec<String> {
    let mut hosts: indexmap::IndexMap<&str, Vec<&str>> = indexmap::IndexMap::new();
    for (host, item) in pairs {
        let items = hosts.entry(host).or_default();
        items.extend(item.filter(|item| !items.contains(item)));
    }
    hosts.into_iter().map(|(host, items)| host_with_items(host, &items, page)).collect()
}

fn host_with_items(host: &str, items: &[&str], page: &Page) -> String {
    let host = escape::line(host);
    if items.is_empty() {
        return host;
    }
    let shown = if page.verbose() { items.len() } else { items.len().min(ITEMS) };
    let mut names: Vec<String> = items[..shown].iter().map(|item| escape::line(item)).collect();
    if shown < items.len() {
        names.push(format!("+{}", items.len() - shown));
    }
    format!("{host} ({})", names.join(", "))
}

/// The names of hosts on one line with the number of those that have no room; all of them with `--verbose`.
pub(super) fn list(names: &[String], width: usize, page: &Page) -> Vec<String> {
    let all = names.join(", ");
    if page.verbose() {
        return wrap(&all, width);
    }
    if columns(&all) <= width {
        return vec![all];
    }
    let start = if names.len() > 1 { Word::HostsInAll.count(page.lang, names.len()) } else { String::new() };
    vec![shortened(&start, names, Word::MoreHosts, width, page)]
}

/// `names` on one line of `width` columns with the number of those that have no room.
pub(super) fn line(names: &[String], width: usize, page: &Page) -> String {
    let all = names.join(", ");
    if columns(&all) <= width { all } else { shortened("", names, Word::More, width, page) }
}

fn shortened(start: &str, names: &[String], more: Word, width: usize, page: &Page) -> String {
    let rest = |shown: usize| match names.len() - shown {
        0 => String::new(),
        n => format!(" {}", more.count(page.lang, n)),
    };
    let text = |shown: usize| format!("{start}{}{}", names[..shown].join(", "), rest(shown));
    // Names are long enough that never more than a few dozen have room.
    let fitting = (1..names.len().min(width)).rev().find(|shown| columns(&text(*shown)) <= width);
    fitting.map_or_else(
        || {
            let room = width.saturating_sub(columns(start) + columns(&rest(1)));
            names.first().map_or_else(String::new, |name| format!("{start}{}{}", cut(name, room.max(1)), rest(1)))
        },
        text,
    )
}
