//! YAML as text in many styles: block and flow, block scalars, anchors, aliases, merge keys.

use super::{dice::Dice, scalars};

/// A piece of YAML.
#[derive(Debug, Clone)]
pub(super) enum Tree {
    /// A scalar or an alias, on one line.
    Line(String),
    /// A block scalar: its header and its lines.
    Text(&'static str, Vec<&'static str>),
    /// A mapping; keys are written as they stand here.
    Map(Vec<(String, Tree)>),
    /// A sequence.
    List(Vec<Tree>),
    /// A collection in braces or brackets.
    Flow(Box<Tree>),
    /// A collection with a tag or an anchor.
    With(String, Box<Tree>),
}

impl Tree {
    pub(super) fn map<K: Into<String>>(pairs: impl IntoIterator<Item = (K, Tree)>) -> Self {
        Self::Map(pairs.into_iter().map(|(key, tree)| (key.into(), tree)).collect())
    }

    pub(super) fn line(text: impl Into<String>) -> Self {
        Self::Line(text.into())
    }

    /// The whole as a file, indented by `step` blanks a level.
    pub(super) fn file(&self, step: usize) -> String {
        let mut out = String::new();
        self.block(0, step, &mut out);
        out
    }

    /// Behind a `key:` or a hyphen: on the same line, or on the next ones.
    fn value(&self, indent: usize, step: usize, out: &mut String) {
        match self {
            Self::Line(text) if text.is_empty() => out.push('\n'),
            Self::Line(text) => out.extend([format!(" {text}\n")]),
            Self::Text(header, lines) => {
                out.extend([format!(" {header}\n")]);
                for line in lines {
                    let blanks = " ".repeat(if line.is_empty() { 0 } else { indent + step });
                    out.extend([format!("{blanks}{line}\n")]);
                }
            }
            Self::Map(pairs) if pairs.is_empty() => out.push_str(" {}\n"),
            Self::List(items) if items.is_empty() => out.push_str(" []\n"),
            Self::Map(_) | Self::List(_) => {
                out.push('\n');
                self.block(indent + step, step, out);
            }
            Self::Flow(_) => out.extend([format!(" {}\n", self.flow())]),
            Self::With(prefix, tree) => {
                out.extend([format!(" {prefix}")]);
                tree.value(indent, step, out);
            }
        }
    }

    fn block(&self, indent: usize, step: usize, out: &mut String) {
        let blanks = " ".repeat(indent);
        match self {
            Self::Map(pairs) if !pairs.is_empty() => {
                for (key, tree) in pairs {
                    out.extend([format!("{blanks}{key}:")]);
                    tree.value(indent, step, out);
                }
            }
            Self::List(items) if !items.is_empty() => {
                for item in items {
                    out.extend([format!("{blanks}-")]);
                    item.value(indent, step, out);
                }
            }
            other => out.extend([format!("{blanks}{}\n", other.flow())]),
        }
    }

    fn flow(&self) -> String {
        match self {
            Self::Line(text) if text.is_empty() => "null".to_owned(),
            Self::Line(text) => text.clone(),
            // No block scalar fits into braces.
            Self::Text(..) => "\"a text\\n\"".to_owned(),
            Self::Map(pairs) => {
                let pairs: Vec<String> = pairs.iter().map(|(key, tree)| format!("{key}: {}", tree.flow())).collect();
                format!("{{{}}}", pairs.join(", "))
            }
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(Self::flow).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Flow(tree) => tree.flow(),
            Self::With(prefix, tree) => format!("{prefix} {}", tree.flow()),
        }
    }
}

const TEXTS: [(&str, &[&str]); 7] = [
    ("|", &["line", "  deeper", "", "end"]),
    ("|-", &["stripped"]),
    ("|+", &["kept", "", ""]),
    (">", &["folded", "line", "", "next"]),
    (">-", &["folded", "  not folded", "end"]),
    ("!vault |", &["$ANSIBLE_VAULT;1.1;AES256", "3132", "3334"]),
    ("!unsafe |", &["{{ never }}", "rendered"]),
];

/// Keys inside of values, strings and others. No two are equal for Python. A date cannot be a key of JSON.
const KEYS: [&str; 13] =
    ["a", "b", "key", "\"quoted\"", "'it''s'", "12", "012", "yes", "~", "1.5", "two words", "\"<<\"", "日本"];

/// A value of a variable.
pub(super) fn value(dice: &mut Dice, depth: usize) -> Tree {
    match dice.below(if depth == 0 { 13 } else { 20 }) {
        0..12 => Tree::Line(scalars::scalar(dice)),
        12 => {
            let (header, lines) = dice.pick(&TEXTS);
            Tree::Text(header, lines.to_vec())
        }
        13 => Tree::Flow(Box::new(collection(dice, depth - 1))),
        14 => {
            let kind = dice.pick(&["!!map", "!!omap", "!!pairs", "!!seq", "!unsafe"]);
            let pairs = dice.some(&KEYS, 2).into_iter().map(|key| (key, value(dice, 0)));
            Tree::With(kind.to_owned(), Box::new(tagged(kind, pairs.collect())))
        }
        _ => collection(dice, depth - 1),
    }
}

fn tagged(kind: &str, pairs: Vec<(&str, Tree)>) -> Tree {
    match kind {
        "!!map" | "!unsafe" => Tree::map(pairs),
        "!!seq" => Tree::List(pairs.into_iter().map(|(_, tree)| tree).collect()),
        _ => Tree::List(pairs.into_iter().map(|pair| Tree::map([pair])).collect()),
    }
}

fn collection(dice: &mut Dice, depth: usize) -> Tree {
    let count = dice.within(0..=3);
    if dice.chance(50) {
        return Tree::List((0..count).map(|_| value(dice, depth)).collect());
    }
    let keys = dice.some(&KEYS, count);
    Tree::map(keys.into_iter().map(|key| (key, value(dice, depth))).collect::<Vec<_>>())
}
