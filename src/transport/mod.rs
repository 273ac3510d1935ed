//! Stage 4, connect: an [`Endpoint`] to a [`Session`]. Knows no sibling stage.
//!
//! The plan makes the endpoints, the engine opens the sessions.

mod capture;
mod config;
mod container;
mod credentials;
mod endpoint;
mod error;
mod facts;
mod glob;
mod known_hosts;
mod local;
mod message;
mod openssh;
mod pack;
mod refused_key;
mod session;
mod ssh;

pub use config::{
    Endpoints, HostConfig, HostSettings, LocalUser, Notice, NoticeKind, SshArgs, SshConfig, parse_ssh_args,
    ssh_option_rows,
};
pub use container::ContainerSession;
pub use credentials::Credentials;
pub use endpoint::{
    AddressFamily, Algorithms, AuthMethod, ContainerEndpoint, Endpoint, ExecLimits, ExecOutput, HostKeyPolicy,
    LocalEndpoint, SentAs, ServerAlive, SshEndpoint, StreamLocalReply,
};
pub use error::{
    AlgorithmMismatch, Attempt, AuthRefusal, ContainerFault, ErrorRemedy, HostKey, KerberosFault, KeyFileFault,
    KeyFileProblem, KnownInstead, KnownKey, Phase, SecurityKeyFault, TransportError, TransportErrorKind,
};
pub use facts::SessionFacts;
pub use local::LocalSession;
pub use openssh::{MotherEndpoint, OpensshEndpoint, OpensshSession, through};
pub use refused_key::RefusedKey;
pub use session::{Session, connect};
pub use ssh::SshSession;
