//! Stage 2, what: `checks/*.yml` to a [`Catalog`] of valid [`Check`]s and [`FaqEntry`]s.
//!
//! Uses the probe and expectation types; [`crate::plan`] joins it with the inventory.

mod check;
mod id;

pub use check::{
    Catalog, Check, Effect, Evidence, Expression, FaqEntry, ProbeSpec, RemedySpec, ScriptSpec, SeveritySpec, Template,
    TextTemplate,
};
pub use id::{CheckId, FaqId, Phase};
