//! What every integration test stands on: the program in a clean environment, and its answers read back.

mod ansible;
mod cli;
mod listing;
mod redact;
mod terminal;
mod verdicts;

pub(crate) use ansible::ansible;
pub(crate) use cli::{CliTest, Run};
pub(crate) use listing::{canonical, parse_listing, same, texts};
pub(crate) use terminal::{Terminal, on_terminal};
pub(crate) use verdicts::{Verdicts, findings};
