//! Single patterns over an inventory, and their combination.

use std::collections::HashSet;

use indexmap::IndexSet;

use super::{InvalidPatternKind, Selection, glob::Glob, regex};
use crate::inventory::{GroupName, Host, HostName, Inventory};

/// Names in the order in which they were found, perhaps several times.
type Names<'a> = Vec<&'a HostName>;

/// Evaluates single patterns, which are in their order already.
pub(super) fn select<'a>(inventory: &'a Inventory, parts: &[String]) -> Result<Selection<'a>, InvalidPatternKind> {
    let mut matcher = Matcher { inventory, unmatched: Vec::new() };
    let found: HashSet<&HostName> = matcher.evaluate(parts)?.into_iter().collect();
    // What the pattern is asked of is itself the pattern `all`, for which a host of that name counts, too.
    let mut all = IndexSet::new();
    match inventory.hosts.get_key_value("all") {
        Some((name, _)) => drop(all.insert(name)),
        None => all.extend(members(inventory, "all")),
    }
    let hosts: Vec<&Host> =
        all.into_iter().filter(|name| found.contains(name)).filter_map(|name| inventory.hosts.get(name)).collect();
    Ok(Selection { hosts, unmatched: matcher.unmatched })
}

struct Matcher<'a> {
    inventory: &'a Inventory,
    unmatched: Vec<String>,
}

impl<'a> Matcher<'a> {
    fn evaluate(&mut self, parts: &[String]) -> Result<Names<'a>, InvalidPatternKind> {
        let mut hosts = Names::new();
        for part in parts {
            if let Some((name, _)) = self.inventory.hosts.get_key_value(part.as_str()) {
                hosts.push(name);
                continue;
            }
            let found = self.one(part.strip_prefix(['&', '!']).unwrap_or(part))?;
            if part.starts_with(['&', '!']) {
                let keep = part.starts_with('&');
                let set: HashSet<&HostName> = found.into_iter().collect();
                hosts.retain(|name| set.contains(name) == keep);
            } else {
                hosts.extend(found);
            }
        }
        Ok(hosts)
    }

    fn one(&mut self, pattern: &str) -> Result<Names<'a>, InvalidPatternKind> {
        let (expression, subscript) = split_subscript(pattern);
        let hosts = self.enumerate(expression)?;
        match subscript {
            Some(subscript) if !hosts.is_empty() => {
                subscript.apply(&hosts).ok_or_else(|| InvalidPatternKind::Subscript(pattern.to_owned()))
            }
            _ => Ok(hosts),
        }
    }

    fn enumerate(&mut self, expression: &str) -> Result<Names<'a>, InvalidPatternKind> {
        let test = Test::new(expression)?;
        let inventory = self.inventory;
        let mut groups: Vec<&GroupName> = Vec::new();
        for name in inventory.groups.keys() {
            if test.is_match(name.as_str())? {
                groups.push(name);
            }
        }
        let mut hosts: Names<'a> = groups.iter().flat_map(|group| members(inventory, group.as_str())).collect();
        if groups.is_empty() || expression.starts_with('~') || expression.contains(['.', '?', '*', '[']) {
            for name in inventory.hosts.keys() {
                if test.is_match(name.as_str())? {
                    hosts.push(name);
                }
            }
        }
        if hosts.is_empty() && groups.is_empty() && expression != "all" {
            self.unmatched.push(expression.to_owned());
        }
        Ok(hosts)
    }
}

/// What a name is matched with.
enum Test<'a> {
    Exact(&'a str),
    Glob(Glob),
    Regex(Box<fancy_regex::Regex>, &'a str),
}

impl<'a> Test<'a> {
    fn new(expression: &'a str) -> Result<Self, InvalidPatternKind> {
        if let Some(inner) = expression.strip_prefix('~') {
            let compiled = regex::compile(inner).ok_or_else(|| InvalidPatternKind::Regex(inner.to_owned()))?;
            return Ok(Self::Regex(Box::new(compiled), inner));
        }
        Ok(if expression.contains(['*', '?', '[']) {
            Self::Glob(Glob::new(expression))
        } else {
            Self::Exact(expression)
        })
    }

    fn is_match(&self, name: &str) -> Result<bool, InvalidPatternKind> {
        match self {
            Self::Exact(text) => Ok(*text == name),
            Self::Glob(glob) => Ok(glob.is_match(name)),
            Self::Regex(regex, text) => {
                regex.is_match(name).map_err(|_| InvalidPatternKind::TooComplex((*text).to_owned()))
            }
        }
    }
}

/// A group's hosts and those of the groups below it, level by level.
fn members<'a>(inventory: &'a Inventory, group: &str) -> Vec<&'a HostName> {
    let mut groups: IndexSet<&GroupName> =
        inventory.groups.get_key_value(group).into_iter().map(|(name, _)| name).collect();
    let mut hosts: IndexSet<&HostName> = IndexSet::new();
    let mut at = 0;
    while let Some(group) = groups.get_index(at).and_then(|name| inventory.groups.get(*name)) {
        hosts.extend(&group.hosts);
        groups.extend(&group.children);
        at += 1;
    }
    hosts.into_iter().collect()
}

/// What follows a pattern in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subscript {
    /// One host, from the end where negative.
    One(i64),
    /// From the first to the second, both included.
    Range(i64, i64),
}

impl Subscript {
    fn apply<'a>(self, hosts: &[&'a HostName]) -> Option<Names<'a>> {
        let count = i64::try_from(hosts.len()).unwrap_or(i64::MAX);
        let one = |index: i64| {
            let index = if index < 0 { index + count } else { index };
            usize::try_from(index).ok().and_then(|index| hosts.get(index)).map(|host| vec![*host])
        };
        match self {
            // Ansible takes an end of 0 for no end.
            Self::One(index) | Self::Range(index, 0) => one(index),
            Self::Range(start, end) => {
                let end = if end == -1 { count } else { end.saturating_add(1) };
                let place = |index: i64| usize::try_from(index.clamp(0, count)).unwrap_or(0);
                Some(hosts.get(place(start)..place(end)).unwrap_or_default().to_vec())
            }
        }
    }
}

/// The pattern and its subscript. A regular expression has none.
fn split_subscript(pattern: &str) -> (&str, Option<Subscript>) {
    let whole = (pattern, None);
    if pattern.starts_with('~') {
        return whole;
    }
    let Some((expression, inner)) = pattern.strip_suffix(']').and_then(|inner| inner.rsplit_once('[')) else {
        return whole;
    };
    if expression.is_empty() {
        return whole;
    }
    match subscript(inner) {
        Some(subscript) => (expression, Some(subscript)),
        None => whole,
    }
}

fn subscript(inner: &str) -> Option<Subscript> {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    let number = |text: &str| text.parse::<i64>().unwrap_or(i64::MAX);
    if is_digits(inner.strip_prefix('-').unwrap_or(inner)) {
        return Some(Subscript::One(inner.parse().unwrap_or(i64::MAX)));
    }
    let (start, end) = inner.split_once([':', '-'])?;
    if !is_digits(start) || !(end.is_empty() || is_digits(end)) {
        return None;
    }
    Some(Subscript::Range(number(start), if end.is_empty() { -1 } else { number(end) }))
}
