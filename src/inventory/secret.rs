//! Secrets in inventories: which values are some, how they are shown, and lines of files as messages may show them.

use std::sync::LazyLock;

use indexmap::IndexMap;
use regex::Regex;

use super::{Inventory, Value, model::MappedVars, python};
use crate::secret::{HIDDEN, Kind, Redactor, VAULTED, is_placeholder, is_secret, names_secret};

/// Keys that tell about a secret among others, in lower case.
const ABOUT: [&str; 14] = [
    "name", "file", "path", "source", "target", "mode", "external", "driver", "uid", "gid", "user", "username", "host",
    "type",
];

/// Whether a key only tells about the secret that it stands beside.
pub(super) fn is_about(key: &str) -> bool {
    ABOUT.contains(&key.to_lowercase().as_str())
}

/// Makes the redactor know every secret in a variable: by its name, by the keys inside, and by the looks of its texts.
pub(super) fn learn(redactor: &Redactor, name: &str, value: &Value) {
    let is_named = names_secret(name);
    match value {
        Value::Map(map) => {
            for (key, value) in map.iter().filter(|(key, _)| !is_named || !is_about(key)) {
                learn(redactor, if is_named { name } else { key }, value);
            }
        }
        Value::List(list) => {
            for value in list {
                learn(redactor, name, value);
            }
            for words in list.windows(2) {
                learn_argument(redactor, words);
            }
        }
        Value::String(text) | Value::Unsafe(text) => {
            if is_named && !text.starts_with("/run/secrets/") {
                learn_text(redactor, text);
            }
            redactor.learn_from(text);
        }
        Value::Int(_) | Value::BigInt(_) | Value::Float(_) if is_named => learn_all(redactor, value, Kind::Named),
        Value::Vault(text) if !is_sealed(text) => learn_text(redactor, text),
        _ => {}
    }
}

/// Whether what was tagged `!vault` is encrypted. Where it is not, somebody wrote the secret itself.
fn is_sealed(text: &str) -> bool {
    text.trim_start().starts_with("$ANSIBLE_VAULT")
}

/// The word behind `--password` in a list of words.
fn learn_argument(redactor: &Redactor, words: &[Value]) {
    if let [option, value] = words
        && let (Some(option), Some(word)) = (option.as_str(), value.as_str())
        && option.starts_with('-')
        && !word.starts_with('-')
    {
        let name = option.trim_start_matches('-');
        learn(redactor, if names_secret(name) { name } else { "" }, value);
    }
}

/// The text, and of a template what it holds itself: its literals, and what stands around it.
fn learn_text(redactor: &Redactor, text: &str) {
    redactor.learn(text, Kind::Named);
    if text.contains("{{") || text.contains("{%") {
        let inside = LITERAL.captures_iter(text).filter_map(|parts| parts.get(1).or(parts.get(2)));
        inside.for_each(|literal| redactor.learn(literal.as_str(), Kind::Named));
        let outside = EXPRESSION.split(text).filter(|part| part.trim().chars().count() >= LEAST_OUTSIDE);
        outside.for_each(|part| redactor.learn(part, Kind::Named));
    }
}

/// What stands around a template is a secret's own part from so many characters on.
const LEAST_OUTSIDE: usize = 6;

/// Makes the redactor know all text in a value.
pub(super) fn learn_all(redactor: &Redactor, value: &Value, kind: Kind) {
    match value {
        Value::String(text) | Value::Unsafe(text) | Value::BigInt(text) => redactor.learn(text, kind),
        Value::List(list) => list.iter().for_each(|value| learn_all(redactor, value, kind)),
        Value::Map(map) => map.values().for_each(|value| learn_all(redactor, value, kind)),
        Value::Int(number) => redactor.learn(&number.to_string(), kind),
        Value::Float(number) => redactor.learn(&python::float(*number), kind),
        Value::Null | Value::Bool(_) | Value::Vault(_) => {}
    }
}

/// The value of `name` without what is secret in it.
#[must_use]
pub(super) fn masked(name: &str, value: &Value) -> Value {
    let hidden = || Value::String(HIDDEN.to_owned());
    match value {
        Value::Map(map) => {
            let entries = map.iter().map(|(key, value)| (key.clone(), masked(key, value)));
            if is_secret(name) { hidden() } else { Value::Map(entries.collect::<IndexMap<_, _>>()) }
        }
        Value::List(list) if !is_secret(name) => Value::List(list.iter().map(|value| masked(name, value)).collect()),
        Value::Null | Value::Bool(_) => value.clone(),
        Value::Vault(_) => Value::String(VAULTED.to_owned()),
        Value::String(text) | Value::Unsafe(text) if !is_secret(name) => {
            Value::String(Redactor::default().redact(text))
        }
        Value::Int(_) | Value::Float(_) | Value::BigInt(_) if !is_secret(name) => value.clone(),
        _ => hidden(),
    }
}

/// The value of `name` as an inventory may print it: what is encrypted stays so, and what is secret in clear is not shown.
#[must_use]
pub fn without_secrets(name: &str, value: &Value, redactor: &Redactor) -> Value {
    let is_named = names_secret(name);
    match value {
        Value::Map(map) => {
            let inner = |key: &String| if is_named && !is_about(key) { name.to_owned() } else { key.clone() };
            let shown = |(key, value): (&String, &Value)| (key.clone(), without_secrets(&inner(key), value, redactor));
            Value::Map(map.iter().map(shown).collect())
        }
        Value::List(list) => Value::List(list.iter().map(|value| without_secrets(name, value, redactor)).collect()),
        Value::String(text) | Value::Unsafe(text) if is_named && !text.is_empty() && !is_placeholder(text) => {
            Value::String(HIDDEN.to_owned())
        }
        Value::Int(_) | Value::BigInt(_) | Value::Float(_) if is_named => Value::String(HIDDEN.to_owned()),
        Value::Vault(text) if !is_sealed(text) => Value::String(HIDDEN.to_owned()),
        Value::String(text) => Value::String(redactor.redact(text)),
        Value::Unsafe(text) => Value::Unsafe(redactor.redact(text)),
        other => other.clone(),
    }
}

impl Inventory {
    /// The inventory as it may be printed, see [`without_secrets`].
    #[must_use]
    pub fn without_secrets(mut self, redactor: &Redactor) -> Self {
        let mut known = MappedVars::new();
        for host in self.hosts.values_mut() {
            host.vars = host.vars.mapped(&mut known, &|name, value| without_secrets(name, value, redactor));
        }
        self
    }
}

/// A line of a file as a message may show it: only up to the first secret, since what follows may be a part of it, and
/// nothing where the whole line lies in one.
pub(super) fn shown_line(text: &str, number: usize) -> Option<String> {
    let line = text.lines().nth(number)?;
    if is_inside(text, number, line) {
        return Some(HIDDEN.to_owned());
    }
    Some(hidden(line))
}

fn hidden(line: &str) -> String {
    match KEY.find(line).filter(|found| !line[found.end()..].trim().is_empty()) {
        Some(found) => format!("{}{HIDDEN}", &line[..found.end()]),
        None => Redactor::default().redact(line),
    }
}

/// Whether the line lies in a private key, or is further in than a key that sounds like a secret.
fn is_inside(text: &str, number: usize, line: &str) -> bool {
    let (mut within, mut in_key) = (indent(line), false);
    for above in text.lines().take(number) {
        if above.contains("PRIVATE KEY-----") {
            in_key = above.contains("-----BEGIN ");
        }
    }
    if in_key || continues_secret(text, number, line) {
        return true;
    }
    for above in text.lines().take(number).collect::<Vec<_>>().into_iter().rev() {
        let is_owner = !above.trim().is_empty() && !above.trim_start().starts_with('#') && indent(above) < within;
        if is_owner {
            within = indent(above);
            let key = OWNER.captures(above).and_then(|parts| parts.get(1));
            if key.is_some_and(|key| names_secret(key.as_str())) {
                return !OWNER
                    .captures(line)
                    .is_some_and(|parts| parts.get(1).is_some_and(|key| is_about(key.as_str())));
            }
        }
        if within == 0 {
            break;
        }
    }
    false
}

/// Whether the line has no key of its own and the last one above is a secret's, however far in both are: a block or a text in
/// quotes that goes on, indented wrongly maybe, or the value of a key that stands behind `?`.
fn continues_secret(text: &str, number: usize, line: &str) -> bool {
    if OWNER.is_match(line) {
        return false;
    }
    let above: Vec<&str> = text.lines().take(number).collect();
    let owner = above.iter().rev().find_map(|above| OWNER.captures(above).or_else(|| ASKED.captures(above))?.get(1));
    owner.is_some_and(|key| names_secret(key.as_str()))
}

/// How far in a line is; the items of a list may stand right below their key.
fn indent(line: &str) -> usize {
    let blank = line.len() - line.trim_start().len();
    if line.trim_start().starts_with("- ") { blank * 2 + 1 } else { blank * 2 }
}

#[expect(clippy::unwrap_used, reason = "the expressions are constants; a test uses them")]
fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap()
}

static KEY: LazyLock<Regex> = LazyLock::new(|| {
    compile(r#"(?i)(?:password|passwd|passphrase|_pass|secret|token|api_?key|private_?key)[\w-]*["']?[ \t]*[:=][ \t]*"#)
});

/// The key with which a line begins.
static OWNER: LazyLock<Regex> = LazyLock::new(|| compile(r#"^\s*(?:- +)*["']?([\w.-]+)["']?\s*:"#));

/// A key of its own line.
static ASKED: LazyLock<Regex> = LazyLock::new(|| compile(r#"^\s*\?\s+["']?([\w.-]+)["']?\s*$"#));

/// A text in quotes.
static LITERAL: LazyLock<Regex> = LazyLock::new(|| compile(r#"'([^']*)'|"([^"]*)""#));

/// An expression or a statement of a template.
static EXPRESSION: LazyLock<Regex> = LazyLock::new(|| compile(r"(?s)\{\{.*?\}\}|\{%.*?%\}"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_a_secrets_key_is_not_shown() {
        let cases = [
            ("root_password: hunter2", "root_password: [hidden]"),
            ("s: {cidr: 10.0.0.0/8, root_password: a, b}", "s: {cidr: 10.0.0.0/8, root_password: [hidden]"),
            ("h1 ansible_ssh_pass=hunter2 a=1", "h1 ansible_ssh_pass=[hidden]"),
            ("\"API_KEY\": x", "\"API_KEY\": [hidden]"),
            ("ports: [\"80:80\"]", "ports: [\"80:80\"]"),
            ("root_password:", "root_password:"),
        ];
        for (line, wanted) in cases {
            assert_eq!(hidden(line), wanted);
        }
    }

    #[test]
    fn lines_inside_of_a_secret_are_not_shown() {
        let text = "a:\n  api_tokens:\n  - one\n  - two: x\n  after: 1\n  pem: |\n    -----BEGIN PRIVATE KEY-----\n    MII\n  \
                    -----END PRIVATE KEY-----\nfree: x\n  tokens:\n    name: n\n    value: v\n";
        let shown: Vec<String> = (0..text.lines().count()).filter_map(|number| shown_line(text, number)).collect();
        let secret: Vec<usize> = (0..shown.len()).filter(|number| shown[*number].contains(HIDDEN)).collect();
        assert_eq!(secret, [2, 3, 6, 7, 8, 12], "{shown:#?}");
    }

    #[test]
    fn lines_that_go_on_with_a_secret_are_not_shown_however_they_are_indented() {
        for (text, shown) in [
            ("a:\n    db_password: >\n   s3cr3t\n  more: [\n", &[false, true, false][..]),
            ("    db_password: \"s3cr3t\ns3cr3t\ns3cr3t\"\n", &[true, true]),
            ("  ? db_password\n  : s3cr3t: x\n", &[true]),
            ("  name: >\n free\n", &[false]),
        ] {
            let lines: Vec<Option<String>> = (0..text.lines().count()).map(|number| shown_line(text, number)).collect();
            let hidden: Vec<bool> = lines.iter().skip(1).map(|line| line.as_deref() == Some(HIDDEN)).collect();
            assert_eq!(hidden, shown, "{text}: {lines:?}");
        }
    }

    #[test]
    fn what_was_to_be_encrypted_and_is_not_is_not_shown() {
        let shown = |text: &str| without_secrets("note", &Value::Vault(text.to_owned()), &Redactor::default());
        assert_eq!(shown("s3cr3t-x"), Value::from(HIDDEN));
        let sealed = "$ANSIBLE_VAULT;1.1;AES256\n6162\n";
        assert_eq!(shown(sealed), Value::Vault(sealed.to_owned()));
    }

    #[test]
    fn every_secret_of_a_variable_is_learned() {
        let map = |entries: &[(&str, Value)]| {
            Value::Map(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
        };
        for (name, value) in [
            ("db_password", Value::from("s3cr3t-x")),
            ("hive_ext_repositories", Value::List(vec![map(&[("password", Value::from("s3cr3t-x"))])])),
            ("environment", Value::List(vec![Value::from("DB_PASSWORD=s3cr3t-x")])),
            ("proxy", Value::from("http://u:s3cr3t-x@proxy:3128")),
            ("api_tokens", map(&[("one", Value::from("s3cr3t-x"))])),
            ("ansible_password", Value::from("{{ 's3cr3t-x' | trim }}")),
            ("ansible_password", Value::from("{{ prefix }}s3cr3t-x")),
            ("note", Value::Vault("s3cr3t-x".to_owned())),
            ("command", Value::List(["serve", "--password", "s3cr3t-x"].map(Value::from).to_vec())),
        ] {
            let redactor = Redactor::default();
            learn(&redactor, name, &value);
            assert_eq!(redactor.redact("it is s3cr3t-x."), "it is [hidden].", "{name}");
        }
        let redactor = Redactor::default();
        learn(&redactor, "docker_secrets", &Value::List(vec![map(&[("name", Value::from("db-of-site"))])]));
        assert_eq!(redactor.redact("db-of-site"), "db-of-site");
    }
}
