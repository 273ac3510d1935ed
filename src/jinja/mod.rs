//! Jinja expressions and templates as Ansible has them: its tests and filters, strict undefined values, and a
//! rendering for shell text in which every value is quoted by the engine itself.
//!
//! Vocabulary: the catalogue checks the syntax, the plan renders probes, the judge evaluates expectations.

mod engine;

pub use engine::{Expression, Jinja, JinjaError, Template};
