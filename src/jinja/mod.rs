//! Jinja expressions and templates as Ansible has them: its tests and filters, strict undefined values, and a
//! rendering for shell text in which every value is quoted by the engine itself.
//!
//! Vocabulary: the catalogue checks the syntax, the plan renders probes, the judge evaluates expectations.
//!
//! A scope is any [`minijinja::Value`]; where it is an object whose lookups can fail, the failure travels as
//! [`JinjaError::into_value`] and comes out of the evaluation as it went in.
//!
//! Variables of an inventory are templates in Ansible's own dialect ([`Jinja::variable_template`]): lookups, backslashes in
//! text as they stand, and results that are text unless they look like data.

mod compiled;
mod convert;
mod engine;
mod environment;
mod error;
mod filters;
mod lexer;
mod lookups;
mod names;
mod pattern;
mod quoting;
mod shell_text;
mod tests;
mod variable;
mod version;

pub use compiled::{Expression, Template};
pub use convert::{json_of, value_of};
pub use engine::Jinja;
pub use error::JinjaError;
pub use lookups::scope_lookup;
pub use variable::Rendered;

#[cfg(test)]
mod behaviour;
