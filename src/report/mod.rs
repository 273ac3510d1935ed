//! Stage 7, tell: [`crate::event::Event`]s to a [`Report`], and a report to its formats, one file each.
//!
//! [`Collector`] makes the report; [`terminal`] and [`json`] are pure functions of it; [`progress`] is the only one that
//! reads live events. None of them changes a result or decides an exit code: [`Standing`] is the data for that.

mod account;
mod collector;
mod escape;
mod format;
pub mod github;
mod group;
pub mod json;
pub mod junit;
pub mod markdown;
mod model;
mod numbers;
pub mod progress;
mod standing;
pub mod tap;
pub mod terminal;
mod width;
mod words;
mod write;

pub use collector::Collector;
pub use format::{Format, FormatError, Output, outputs};
pub use model::{HostReport, Report, Summary};
pub use standing::{Readiness, Standing};
pub(crate) use width::{columns, pad, wrap};
pub use write::{WriteError, WriteErrorKind, write_file};
