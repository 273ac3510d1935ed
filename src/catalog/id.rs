//! Names that a user can mistype: parsed once, valid afterwards.

use std::{fmt, str::FromStr, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A check's id, `<topic>/<name>`: lower-case letters, digits and dashes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CheckId(Arc<str>);

/// Text that is no check id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no check id: expected `<topic>/<name>` of lower-case letters, digits and dashes")]
pub struct InvalidCheckId(String);

impl CheckId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the slash.
    #[must_use]
    pub fn topic(&self) -> &str {
        self.0.split_once('/').map_or("", |(topic, _)| topic)
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

impl FromStr for CheckId {
    type Err = InvalidCheckId;

    fn from_str(text: &str) -> Result<Self, InvalidCheckId> {
        match text.split_once('/') {
            Some((topic, name)) if is_word(topic) && is_word(name) => Ok(Self(text.into())),
            _ => Err(InvalidCheckId(text.to_owned())),
        }
    }
}

impl TryFrom<String> for CheckId {
    type Error = InvalidCheckId;

    fn try_from(text: String) -> Result<Self, InvalidCheckId> {
        text.parse()
    }
}

impl From<CheckId> for String {
    fn from(id: CheckId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A FAQ entry's id: lower-case letters, digits and dashes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FaqId(Arc<str>);

/// Text that is no FAQ id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no FAQ id: expected lower-case letters, digits and dashes")]
pub struct InvalidFaqId(String);

impl FaqId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FaqId {
    type Err = InvalidFaqId;

    fn from_str(text: &str) -> Result<Self, InvalidFaqId> {
        if is_word(text) { Ok(Self(text.into())) } else { Err(InvalidFaqId(text.to_owned())) }
    }
}

impl TryFrom<String> for FaqId {
    type Error = InvalidFaqId;

    fn try_from(text: String) -> Result<Self, InvalidFaqId> {
        text.parse()
    }
}

impl From<FaqId> for String {
    fn from(id: FaqId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for FaqId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A phase of hive-builder, in the order in which hive runs them (`hive.py`, `PHASE_LIST`).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Build servers, networks, addresses.
    BuildInfra,
    /// Install and configure the servers.
    SetupHosts,
    /// Build container images on the repository server.
    BuildImages,
    /// Build volumes.
    BuildVolumes,
    /// Build the swarm's networks.
    BuildNetworks,
    /// Deploy services.
    DeployServices,
    /// Run the initialize roles inside the services' containers.
    InitializeServices,
}

impl Phase {
    /// All phases, in order.
    pub const ALL: [Self; 7] = [
        Self::BuildInfra,
        Self::SetupHosts,
        Self::BuildImages,
        Self::BuildVolumes,
        Self::BuildNetworks,
        Self::DeployServices,
        Self::InitializeServices,
    ];

    /// The name of the `hive` subcommand.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BuildInfra => "build-infra",
            Self::SetupHosts => "setup-hosts",
            Self::BuildImages => "build-images",
            Self::BuildVolumes => "build-volumes",
            Self::BuildNetworks => "build-networks",
            Self::DeployServices => "deploy-services",
            Self::InitializeServices => "initialize-services",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
