//! Stage 6, decide: expectation and observation to [`Verdict`]. Pure, no I/O.
//!
//! The planned check comes from [`crate::plan`], the observation from [`crate::probe`]; the verdict goes to
//! [`crate::event`].

mod could_not;
mod decide;
mod refused;
mod remedy;
mod verdict;

pub use decide::{Answers, Judge, unmet_needs};
pub use verdict::{ErrorKind, Excuse, Outcome, RemedyStep, Severity, Signature, Verdict};
