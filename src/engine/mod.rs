//! Runs connect, ask and decide over a [`crate::plan::Plan`]: bounded, with deadlines, one session and one exec a host.
//! Sends [`crate::event::Event`]s and prints nothing.

mod ask;
mod conversation;
mod host_error;
mod pool;
mod retry;
mod settle;

pub use ask::Settings;
pub use pool::run;
