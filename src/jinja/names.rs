//! Names in expressions: filters, tests and functions that are not there, told before anything is run; and the
//! rewriting that lets `default` and `is defined` look through several missing levels, as Ansible does.

use super::{
    JinjaError,
    engine::Dialect,
    filters,
    lexer::{Part, Token, TokenKind},
    lookups, tests,
};
use crate::nearest::nearest;

const FUNCTIONS: [&str; 3] = ["range", "dict", "namespace"];
/// What Ansible has beside them, for variables.
const LOOKUPS: [&str; 4] = ["lookup", "query", "q", "undef"];
/// Filters of Ansible whose results come from files, chance or the clock, or are for secrets.
const NOT_RUN: [&str; 12] = [
    "fileglob",
    "password_hash",
    "random",
    "random_mac",
    "realpath",
    "shuffle",
    "strftime",
    "to_datetime",
    "unvault",
    "vault",
    "expandvars",
    "expanduser",
];
/// Tags that have a place in checks.
const TAGS: [&str; 14] = [
    "if",
    "elif",
    "else",
    "endif",
    "for",
    "endfor",
    "set",
    "endset",
    "with",
    "endwith",
    "filter",
    "endfilter",
    "raw",
    "endraw",
];
const MORE_TAGS: [&str; 3] = ["break", "continue", "do"];

/// Looks at every name of a part.
///
/// # Errors
/// The first one that is not known.
pub(super) fn check(source: &str, part: &Part, dialect: Dialect) -> Result<(), JinjaError> {
    let tokens = part.tokens();
    if let Part::Tag { .. } = part {
        check_tag(source, tokens, dialect)?;
    }
    // In the values of variables backslashes were doubled before.
    let raw = dialect == Dialect::Variable && matches!(part, Part::Value { .. });
    (0..tokens.len())
        .filter(|at| !raw || tokens[*at].kind != TokenKind::Text)
        .try_for_each(|at| check_token(source, tokens, at, dialect))
}

fn check_tag(source: &str, tokens: &[Token], dialect: Dialect) -> Result<(), JinjaError> {
    let Some(tag) = tokens.first() else { return Ok(()) };
    let name = &source[tag.range.clone()];
    if !TAGS.contains(&name) && !MORE_TAGS.contains(&name) {
        let place = if dialect == Dialect::Check { "a check" } else { "a variable" };
        return Err(JinjaError::at(source, tag.range.clone(), format!("`{{% {name} %}}` has no place in {place}")));
    }
    match tokens.get(1) {
        Some(filter) if name == "filter" => known_filter(source, filter),
        _ => Ok(()),
    }
}

fn check_token(source: &str, tokens: &[Token], at: usize, dialect: Dialect) -> Result<(), JinjaError> {
    let token = &tokens[at];
    let after = |offset: usize| tokens.get(at + offset);
    if token.kind == TokenKind::Text {
        return no_control_character(source, token);
    }
    if token.is('|')
        && let Some(filter) = after(1)
    {
        known_filter(source, filter)?;
        return check_inner(source, tokens, at + 1);
    }
    if token.is_name(source, "is") && at > 0 && !tokens[at - 1].is('.') {
        let test = if after(1).is_some_and(|next| next.is_name(source, "not")) { after(2) } else { after(1) };
        return test.map_or(Ok(()), |test| known_test(source, test));
    }
    let called = token.kind == TokenKind::Name && after(1).is_some_and(|next| next.is('('));
    if called && stands_alone(source, tokens, at) {
        return known_function(source, token, dialect);
    }
    Ok(())
}

/// `'\1'` and `'\b'` are control characters in Jinja as in Python; who writes them means a group or a word boundary.
fn no_control_character(source: &str, token: &Token) -> Result<(), JinjaError> {
    let mut chars = source[token.range.clone()].char_indices();
    while let Some((at, c)) = chars.next() {
        let escaped = if c == '\\' { chars.next() } else { None };
        if let Some((_, escaped @ ('0'..='7' | 'b'))) = escaped {
            let start = token.range.start + at;
            return Err(JinjaError::at(
                source,
                start..start + 2,
                format!("`\\{escaped}` in text is a control character"),
            )
            .with_hint(format!("write `\\\\{escaped}` (in a double-quoted YAML string `\\\\\\\\{escaped}`)")));
        }
    }
    Ok(())
}

/// Whether the name at `at` is looked up by itself: no attribute, no filter, no test, no word of the language.
fn stands_alone(source: &str, tokens: &[Token], at: usize) -> bool {
    const WORDS: [&str; 9] = ["not", "and", "or", "in", "if", "else", "is", "elif", "for"];
    if WORDS.contains(&&source[tokens[at].range.clone()]) {
        return false;
    }
    let Some(before) = at.checked_sub(1).map(|before| &tokens[before]) else { return true };
    let asked = before.is_name(source, "is")
        || (before.is_name(source, "not") && at > 1 && tokens[at - 2].is_name(source, "is"))
        || before.is_name(source, "filter");
    !before.is('.') && !before.is('|') && !asked
}

/// `map('filter')`, `select('test')`, `selectattr('name', 'test')`: names inside text.
fn check_inner(source: &str, tokens: &[Token], filter: usize) -> Result<(), JinjaError> {
    let argument = |number: usize| {
        let at = filter + 2 * number;
        let opened = tokens.get(filter + 1).is_some_and(|token| token.is('('));
        let separated = number == 1 || tokens.get(at - 1).is_some_and(|token| token.is(','));
        tokens.get(at).filter(|token| opened && separated && token.kind == TokenKind::Text)
    };
    match &source[tokens[filter].range.clone()] {
        "map" => argument(1).map_or(Ok(()), |name| known_filter(source, name)),
        "select" | "reject" => argument(1).map_or(Ok(()), |name| known_test(source, name)),
        "selectattr" | "rejectattr" => argument(2).map_or(Ok(()), |name| known_test(source, name)),
        _ => Ok(()),
    }
}

fn name_of<'s>(source: &'s str, token: &Token) -> &'s str {
    source[token.range.clone()].trim_matches(['"', '\''])
}

fn known_filter(source: &str, token: &Token) -> Result<(), JinjaError> {
    let name = name_of(source, token);
    match name {
        _ if filters::names().any(|known| known == name) => Ok(()),
        "safe" | "escape" | "e" | "forceescape" => {
            Err(JinjaError::at(source, token.range.clone(), format!("there is no filter `{name}`"))
                .with_hint("values go into shell text quoted, always, and into other text as they are"))
        }
        _ if NOT_RUN.contains(&name) => {
            Err(JinjaError::at(source, token.range.clone(), format!("the filter `{name}` is not run before a check"))
                .with_hint("its result comes from files, chance, the clock or secrets: write the value itself"))
        }
        _ => Err(unknown(source, token, "filter", nearest(name, filters::names()))),
    }
}

fn known_test(source: &str, token: &Token) -> Result<(), JinjaError> {
    let name = name_of(source, token);
    if tests::names().any(|known| known == name) {
        return Ok(());
    }
    Err(unknown(source, token, "test", nearest(name, tests::names())))
}

fn known_function(source: &str, token: &Token, dialect: Dialect) -> Result<(), JinjaError> {
    let name = name_of(source, token);
    let variable = dialect == Dialect::Variable;
    if FUNCTIONS.contains(&name) || (variable && LOOKUPS.contains(&name)) {
        return Ok(());
    }
    match name {
        "now" if variable => Err(JinjaError::at(source, token.range.clone(), "`now()` is not run before a check")
            .with_hint("it would be another time than that of the run: write the value itself")),
        "lookup" | "query" | "q" => Err(unknown(source, token, "function", None)
            .with_hint("lookups are for variables of the inventory; a check can use such a variable")),
        _ => Err(unknown(source, token, "function", nearest(name, FUNCTIONS))),
    }
}

fn unknown(source: &str, token: &Token, what: &str, nearest: Option<&str>) -> JinjaError {
    let error = JinjaError::at(source, token.range.clone(), format!("there is no {what} `{}`", name_of(source, token)));
    match nearest {
        Some(nearest) => error.with_hint(format!("did you mean `{nearest}`?")),
        None => error,
    }
}

/// The source with each `a.b.c` before `| default` and `is defined` looking into nothing where a level is missing:
/// the engine itself would fail at the first missing level.
///
/// In variables the first name too may be one whose own template has an undefined value in it: nothing, then.
pub(super) fn rewrite(source: &str, parts: &[Part], dialect: Dialect) -> String {
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    for (tokens, end) in parts.iter().flat_map(|part| chains(source, part.tokens(), dialect)) {
        let range = tokens[0].range.start..end;
        out.push_str(&source[at..range.start]);
        out.push_str(&lenient(source, tokens, dialect));
        at = range.end;
    }
    out.push_str(&source[at..]);
    out
}

/// The attribute chains that are asked about, in order.
fn chains<'t>(source: &str, tokens: &'t [Token], dialect: Dialect) -> Vec<(&'t [Token], usize)> {
    let mut found: Vec<(&[Token], usize)> = Vec::new();
    for at in 1..tokens.len() {
        if asks(source, tokens, at)
            && let Some(start) = chain_start(source, tokens, at, dialect)
            && found.last().is_none_or(|(_, end)| tokens[start].range.start >= *end)
        {
            found.push((&tokens[start..at], tokens[at - 1].range.end));
        }
    }
    found
}

/// Whether at `at` begins `| default` or `is [not] defined`.
fn asks(source: &str, tokens: &[Token], at: usize) -> bool {
    let name = |offset: usize, names: &[&str]| {
        tokens.get(at + offset).is_some_and(|token| names.iter().any(|name| token.is_name(source, name)))
    };
    let test = if name(1, &["not"]) { 2 } else { 1 };
    (tokens[at].is('|') && name(1, &["default", "d"])) || (name(0, &["is"]) && name(test, &["defined", "undefined"]))
}

/// Where the chain begins that ends before `end`; absent where there is no chain of names.
fn chain_start(source: &str, tokens: &[Token], end: usize, dialect: Dialect) -> Option<usize> {
    let bare = dialect == Dialect::Variable;
    let mut at = end.checked_sub(1)?;
    let mut accesses = 0;
    loop {
        if tokens[at].is(']') {
            at = opening(tokens, at)?.checked_sub(1)?;
        } else if tokens[at].kind == TokenKind::Name {
            match at.checked_sub(1) {
                Some(dot) if tokens[dot].is('.') => at = dot.checked_sub(1)?,
                Some(before) if tokens[before].is('|') || tokens[before].is_name(source, "is") => return None,
                _ => return Some(at).filter(|at| (bare || accesses > 0) && !is_word(source, &tokens[*at])),
            }
        } else {
            return None;
        }
        accesses += 1;
    }
}

fn is_word(source: &str, token: &Token) -> bool {
    ["not", "and", "or", "in", "if", "else", "is"].iter().any(|word| token.is_name(source, word))
}

fn opening(tokens: &[Token], close: usize) -> Option<usize> {
    let mut depth = 0;
    (0..=close).rev().find(|at| {
        depth += i32::from(tokens[*at].is(']')) - i32::from(tokens[*at].is('['));
        depth == 0
    })
}

/// `a.b[c]` as `((a|default({})).b|default({}))[c]`.
fn lenient(source: &str, chain: &[Token], dialect: Dialect) -> String {
    let name = &source[chain[0].range.clone()];
    let mut text = match dialect {
        Dialect::Check => name.to_owned(),
        Dialect::Variable => format!("{}('{name}')", lookups::ASKED),
    };
    let mut at = 1;
    while at < chain.len() {
        let end = if chain[at].is('.') { at + 1 } else { closing(chain, at) };
        let access = &source[chain[at].range.start..chain[end].range.end];
        text = format!("({text}|default({{}})){access}");
        at = end + 1;
    }
    text
}

fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    (open..tokens.len())
        .find(|at| {
            depth += i32::from(tokens[*at].is('[')) - i32::from(tokens[*at].is(']'));
            depth == 0
        })
        .unwrap_or(tokens.len() - 1)
}

#[cfg(test)]
mod test {
    use super::*;

    fn rewritten(source: &str) -> String {
        rewrite(source, &[Part::expression(source)], Dialect::Check)
    }

    #[test]
    fn chains_that_are_asked_about_look_into_nothing() {
        assert_eq!(rewritten("a.b is defined"), "(a|default({})).b is defined");
        assert_eq!(rewritten("x == a.b['c'] | default(1)"), "x == ((a|default({})).b|default({}))['c'] | default(1)");
        assert_eq!(rewritten("a is defined and b.c"), "a is defined and b.c");
        assert_eq!(rewritten("a.b.c == 1"), "a.b.c == 1");
        assert_eq!(rewritten("not a[b.c].d is not defined"), "not ((a|default({}))[b.c]|default({})).d is not defined");
        assert_eq!(rewritten("f(x).y is defined"), "f(x).y is defined");
    }
}
