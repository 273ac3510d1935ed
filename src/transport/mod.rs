//! Stage 4, connect: an [`Endpoint`] to a [`Session`]. Knows no sibling stage.
//!
//! The plan makes the endpoints, the engine opens the sessions.

mod endpoint;

pub use endpoint::{Endpoint, ExecLimits, ExecOutput, HostKeyPolicy, LocalEndpoint, SshEndpoint, StreamLocalReply};
