//! YAML as `PyYAML` with libyaml and Ansible's constructor read it: events, then a graph, then a [`Node`].

mod compose;
mod construct;
mod emit;
mod number;
mod scalar;
mod timestamp;

pub use emit::write_yaml;

use std::fmt;

use super::tree::{Mark, Node};
use crate::text::Text;

/// Why a text is no YAML for Ansible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum YamlFault {
    /// libyaml's own complaint.
    #[error("no YAML: {problem}")]
    Syntax {
        /// The complaint.
        problem: &'static str,
        /// Whether the line is indented with a tab.
        tab: bool,
    },
    /// More than one document.
    #[error("a second document begins here; Ansible takes one")]
    SecondDocument,
    /// An anchor that is set twice.
    #[error("the anchor `&{0}` is set a second time")]
    DuplicateAnchor(String),
    /// An alias to nothing.
    #[error("`*{0}` refers to an anchor that is not set before")]
    UnknownAlias(String),
    /// An alias inside of what it refers to.
    #[error("an alias refers to a collection that contains it")]
    Recursive,
    /// Aliases that multiply.
    #[error("aliases expand to more than {limit} values")]
    TooManyAliases {
        /// The most that is taken.
        limit: usize,
    },
    /// More values than fit.
    #[error("the file has more than {limit} values")]
    TooManyValues {
        /// The most that is taken.
        limit: usize,
    },
    /// Collections inside collections.
    #[error("collections are nested more than {limit} deep")]
    TooDeep {
        /// The most that is taken.
        limit: usize,
    },
    /// A tag nobody constructs.
    #[error("unknown tag `{0}`")]
    UnknownTag(String),
    /// A tag on a value that it does not fit.
    #[error("the value does not fit the tag `{0}`")]
    Tag(&'static str),
    /// A plain `=`.
    #[error("a plain `=` is YAML 1.1's value tag, which Ansible refuses")]
    PlainEquals,
    /// A plain `<<` that is no key.
    #[error("a plain `<<` is a merge key and no value")]
    PlainMerge,
    /// A merge of something else than mappings.
    #[error("`<<` takes a mapping or a list of mappings")]
    Merge,
    /// A list or mapping as a key.
    #[error("a list or mapping cannot be a key")]
    Key,
    /// A date that no calendar has.
    #[error("`{0}` looks like a date, but is none")]
    Date(String),
    /// A number that Python refuses.
    #[error("`{0}` looks like a number, but Python cannot read it")]
    Number(String),
    /// Bytes that are no UTF-8.
    #[error("the file is no UTF-8 text")]
    NotUtf8,
}

impl YamlFault {
    pub(super) fn hint(&self) -> Option<Text> {
        let (en, ja) = match self {
            Self::Syntax { tab: true, .. } => {
                ("indent with blanks, never with tabs", "字下げにはタブではなく空白を使ってください")
            }
            Self::Syntax { problem, .. } if problem.contains("mapping values") => {
                ("quote text that contains `: `", "`: ` を含む文字列は引用符で囲んでください")
            }
            Self::PlainEquals | Self::Date(_) | Self::PlainMerge | Self::Number(_) => {
                ("quote it to make it text", "文字列にするには引用符で囲んでください")
            }
            Self::Key => ("quote a value that begins with `{{`", "`{{` で始まる値は引用符で囲んでください"),
            Self::NotUtf8 => ("save the file as UTF-8", "ファイルを UTF-8 で保存してください"),
            Self::UnknownTag(_) => (
                "Ansible knows `!vault` and `!unsafe`; quote text that begins with `!`",
                "Ansible のタグは `!vault` と `!unsafe` です。`!` で始まる文字列は引用符で囲んでください",
            ),
            _ => return None,
        };
        Some(Text::new(en, ja))
    }
}

/// Something that is only worth a warning, found on the way.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Oddity {
    /// The key stands in one mapping twice.
    DuplicateKey(String),
    /// Two maps of one merge list have the key, with different values.
    MergeOrder(String),
    /// A collection inside an `!unsafe` collection.
    UnsafeNesting,
    /// A plain scalar in base 60, and the number that it is.
    Sexagesimal(String, String),
    /// Something that ansible-core 2.19 reads otherwise: as written, and what becomes of it.
    Since219(String, Becomes),
}

/// What ansible-core 2.19 makes of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Becomes {
    /// Its own type, where 2.18 makes it text.
    Typed,
    /// A list that can be printed.
    Printed,
}

impl fmt::Display for Becomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Typed => "keeps its type instead of being text",
            Self::Printed => "is printed, as a list",
        })
    }
}

/// A document; nothing where the text is empty.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) root: Option<Node>,
    pub(super) oddities: Vec<(Mark, Oddity)>,
}

/// Reads one document.
///
/// # Errors
/// The first fault and where it stands.
pub(super) fn parse(text: &str) -> Result<Document, (Mark, YamlFault)> {
    construct::construct(&compose::compose(text)?)
}
