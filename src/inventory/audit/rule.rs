//! The rules, by the names that checks use.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident = $name:literal $scope:ident),* $(,)?) => {
        /// What is judged about an inventory.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum Rule {
            $($(#[$doc])* $rule,)*
        }

        impl Rule {
            /// The rule's name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$rule => $name,)*
                }
            }

            fn scope(self) -> Scope {
                match self {
                    $(Self::$rule => Scope::$scope,)*
                }
            }
        }
    };
}

/// What a rule speaks of.
#[derive(PartialEq, Eq)]
enum Scope {
    /// Any inventory.
    Any,
    /// The definition of a hive-builder project.
    Hive,
    /// The waivers beside the inventory.
    Waivers,
    /// The signatures of manual items.
    Signatures,
    /// What changed between two readings of any inventory.
    Change,
    /// What changed in a hive-builder project.
    HiveChange,
}

rules! {
    /// Every source is one that Ansible reads.
    Readable = "readable" Any,
    /// Nothing is dropped without a word or read otherwise than it looks.
    NoSurprises = "no-surprises" Any,
    /// Every server has an address of its own, and is written once.
    UnreachableDefinition = "unreachable-definition" Any,
    /// No password in clear text.
    PlainPassword = "plain-password" Any,
    /// Every variables file belongs to a group or host.
    UnusedVars = "unused-vars" Any,
    /// `inventory/hive.yml` says what hive knows.
    HiveDefinition = "hive-definition" Hive,
    /// Every service file says what hive knows.
    ServicesParse = "services-parse" Hive,
    /// Ports in a form that hive takes.
    PortForm = "port-form" Hive,
    /// A published port has one service.
    PublishedPortsUnique = "published-ports-unique" Hive,
    /// Networks that are networks, with room for the hosts.
    CidrFits = "cidr-fits" Hive,
    /// As many addresses as hosts.
    AddressList = "address-list" Hive,
    /// A host name that hive takes.
    CustomHostname = "custom-hostname" Hive,
    /// A shared repository is a separate one.
    SharedRepository = "shared-repository" Hive,
    /// What is encrypted has a key.
    EncryptionKey = "encryption-key" Hive,
    /// Booleans without quotes.
    QuotedBoolean = "quoted-boolean" Hive,
    /// The first hive exists.
    FirstHive = "first-hive" Hive,
    /// A volume has one size and one file system.
    VolumeSizeConsistent = "volume-size-consistent" Hive,
    /// Volumes as hive takes them.
    VolumeDefinition = "volume-definition" Hive,
    /// The volumes fit on the disk.
    VolumeTotal = "volume-total" Hive,
    /// Names of services, and their images and roles.
    ServiceName = "service-name" Hive,
    /// Networks that do not meet.
    NetworkOverlap = "network-overlap" Hive,
    /// Enough managers to lose one.
    Quorum = "quorum" Hive,
    /// Docker Hub with a login.
    RegistryLogin = "registry-login" Hive,
    /// An operating system that hive's version knows.
    OsRelease = "os-release" Hive,
    /// Numbers only for what exists.
    StalePersistents = "stale-persistents" Hive,
    /// No waiver for what nobody may waive.
    WaiverAllowed = "waiver-allowed" Waivers,
    /// No waiver whose last day is over.
    WaiverInForce = "waiver-in-force" Waivers,
    /// No waiver that nothing needs.
    WaiverUsed = "waiver-used" Waivers,
    /// No signature that is over or not yet given.
    SignatureInForce = "signature-in-force" Signatures,
    /// The repository stays on its machine.
    RepositoryStays = "repository-stays" HiveChange,
    /// Machines keep their addresses.
    AddressesStay = "addresses-stay" HiveChange,
    /// Volumes keep their sizes.
    VolumeSizeStays = "volume-size-stays" HiveChange,
    /// Automatic ports and devices keep their owners.
    NumbersStay = "numbers-stay" HiveChange,
    /// The containers' networks keep their range.
    InternalCidrStays = "internal-cidr-stays" HiveChange,
    /// The swarm's master stays.
    SwarmMasterStays = "swarm-master-stays" HiveChange,
    /// What is published stays published.
    PublishedPortStays = "published-port-stays" HiveChange,
    /// A manager remains through which others join.
    ManagerRemains = "manager-remains" HiveChange,
    /// The swarm keeps its quorum.
    QuorumStays = "quorum-stays" HiveChange,
    /// No secret comes in clear.
    NoSecretInClear = "no-secret-in-clear" Change,
}

impl Rule {
    /// Whether only a hive-builder project can be judged.
    #[must_use]
    pub fn is_hive(self) -> bool {
        matches!(self.scope(), Scope::Hive | Scope::HiveChange)
    }

    /// Whether waivers are judged.
    #[must_use]
    pub fn is_about_waivers(self) -> bool {
        self.scope() == Scope::Waivers
    }

    /// Whether signatures of manual items are judged.
    #[must_use]
    pub fn is_about_signatures(self) -> bool {
        self.scope() == Scope::Signatures
    }

    /// Whether the difference to an earlier inventory is judged.
    #[must_use]
    pub fn is_about_changes(self) -> bool {
        matches!(self.scope(), Scope::Change | Scope::HiveChange)
    }

    /// Whether a file that cannot be read leaves something unjudged. The rule that tells of such files is not among them.
    pub(super) fn needs_definition(self) -> bool {
        matches!(self.scope(), Scope::Any | Scope::Hive) && self != Self::Readable
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
