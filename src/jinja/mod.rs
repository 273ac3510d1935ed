//! Jinja expressions and templates as Ansible has them: its tests and filters, strict undefined values, and a
//! rendering for shell text in which every value is quoted by the engine itself.
//!
//! Vocabulary: the catalogue checks the syntax, the plan renders probes, the judge evaluates expectations.
//!
//! A scope is any [`minijinja::Value`]; where it is an object whose lookups can fail, the failure travels as
//! [`JinjaError::into_value`] and comes out of the evaluation as it went in.

mod compiled;
mod convert;
mod engine;
mod environment;
mod error;
mod filters;
mod lexer;
mod names;
mod pattern;
mod quoting;
mod shell_text;
mod tests;
mod version;

pub use compiled::{Expression, Template};
pub use convert::{json_of, value_of};
pub use engine::Jinja;
pub use error::JinjaError;

#[cfg(test)]
mod behaviour;
