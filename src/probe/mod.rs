//! Stage 5, ask: a typed [`Probe`] to `sh` text, and what comes back to an [`Observation`]. Has no opinion.
//!
//! [`crate::plan`] renders the probes, [`crate::engine`] sends them, [`crate::judge`] reads the observations.

mod kind;

pub use kind::{Observation, Probe, ProbeError, ScriptSource, StatusSet};
