//! Stage 7, tell: [`crate::event::Event`]s to a [`Report`], and a report to its formats, one file each.

mod model;

pub use model::{HostReport, Report, Summary};
