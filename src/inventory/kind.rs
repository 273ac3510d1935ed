//! What a value is, in a user's words.

use std::fmt;

/// The kind of a value that a message speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Nothing, or `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// A number with a fraction.
    Float,
    /// Text.
    Str,
    /// A date, perhaps with a time.
    Date,
    /// Text behind `!unsafe`.
    Unsafe,
    /// Text behind `!vault`.
    Vault,
    /// A list.
    List,
    /// A mapping.
    Map,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "nothing",
            Self::Bool => "a boolean",
            Self::Int => "an integer",
            Self::Float => "a float",
            Self::Str => "a string",
            Self::Date => "a date",
            Self::Unsafe => "an `!unsafe` string",
            Self::Vault => "a vaulted string",
            Self::List => "a list",
            Self::Map => "a mapping",
        })
    }
}
