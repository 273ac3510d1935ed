//! Stage 7, tell: [`crate::event::Event`]s to a [`Report`], and a report to its formats, one file each.
//!
//! [`Collector`] makes the report; [`terminal`] and [`json`] are pure functions of it; [`progress`] is the only one that
//! reads live events. None of them changes a result or decides an exit code: [`Standing`] is the data for that.

mod collector;
mod conceal;
mod escape;
mod format;
pub mod json;
mod model;
pub mod progress;
mod standing;
pub mod terminal;
mod width;
mod words;
mod write;

pub use collector::Collector;
pub use conceal::conceal;
pub use format::{Format, FormatError, Output, outputs};
pub use model::{HostReport, Report, Summary};
pub use standing::{Readiness, Standing};
pub(crate) use width::{columns, cut, pad, wrap};
pub use write::{WriteError, WriteErrorKind, write_file};
