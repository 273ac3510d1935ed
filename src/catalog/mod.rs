//! Stage 2, what: `checks/*.yml` to a [`Catalog`] of valid [`Check`]s and [`FaqEntry`]s.
//!
//! Uses the probe and expectation types; [`crate::plan`] joins it with the inventory.

mod check;
mod document;
mod id;
mod load;
mod place;
mod problem;
mod raw;
mod read;
mod schema;
mod select;
mod shape;
mod source;
mod tree;
mod validate;

pub use check::{
    Catalog, Check, Effect, Evidence, Expression, FaqEntry, ProbeSpec, RemedySpec, ScriptSpec, SeveritySpec, Template,
    TextTemplate,
};
pub use document::{Document, Step};
pub use id::{CheckId, FaqId, Phase};
pub use problem::{CatalogErrors, Problem, ProblemKind};
pub use schema::check_schema;
pub use select::{Selection, SelectionError};
