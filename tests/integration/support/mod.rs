//! What every integration test stands on: the program in a clean environment, and its answers read back.

mod cli;
mod redact;
mod verdicts;

pub(crate) use cli::{CliTest, Run};
pub(crate) use verdicts::{Verdicts, findings};
