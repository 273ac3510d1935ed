//! Stage 5, ask: a typed [`Probe`] to `sh` text, and what comes back to an [`Observation`]. Has no opinion.
//!
//! [`crate::plan`] renders the probes, [`crate::engine`] sends them, [`crate::judge`] reads the observations.
//! All probes of a host that need its shell travel as one [`Batch`]; what the connection itself answers comes through
//! [`stream_local`] and [`connection`].

mod batch;
mod becoming;
mod call;
mod frame;
mod kind;
mod nonce;
mod observe;
mod sudo;

pub use batch::{Answer, Batch, Exchange, ExchangeEnd, Question};
pub use becoming::{BecomeMethod, Becoming};
pub use frame::Header;
pub use kind::{Observation, Probe, ProbeError, ScriptSource, StatusSet};
pub use nonce::{NoRandomness, Nonce};
pub use observe::{ConnectionFacts, StreamLocalAnswer, connection, inventory, stream_local};
pub use sudo::SudoRefusal;
