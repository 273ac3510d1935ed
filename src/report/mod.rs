//! Stage 7, tell: [`crate::event::Event`]s to a [`Report`], and a report to its formats, one file each.
//!
//! [`Collector`] makes the report; every format is a pure function of it. [`progress`] and [`ndjson`] are the only ones that
//! read live events. None of them changes a result or decides an exit code: [`Standing`] is the data for that.

mod account;
pub mod checklist;
pub mod checkstyle;
mod collector;
mod compare;
mod conceal;
mod differences;
mod escape;
mod format;
pub mod github;
pub mod gitlab;
mod group;
pub mod html;
mod issues;
pub mod json;
pub mod junit;
mod key;
pub mod markdown;
mod merge;
mod model;
pub mod nagios;
pub mod ndjson;
mod numbers;
pub mod progress;
pub mod prometheus;
pub mod sarif;
mod standing;
pub mod tap;
pub mod terminal;
mod trend;
mod width;
mod words;
mod write;

pub use collector::Collector;
pub use compare::{Change, Comparison, compare};
pub use conceal::conceal;
pub use differences::Differences;
pub(crate) use differences::{field_name, nothing};
pub use format::{Format, FormatError, Output, outputs};
pub use merge::merge;
pub use model::{HostReport, ManualItem, Report, Summary};
pub use standing::{Readiness, Standing};
pub use trend::{Trend, trend};
pub(crate) use width::{columns, cut, pad, wrap};
pub use write::{WriteError, WriteErrorKind, open_file, write_file, write_new_file};
