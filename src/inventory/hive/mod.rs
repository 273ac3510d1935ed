//! hive-builder's own inventory plugins: `hive_inventory` makes stages to hosts, `hive_services` makes services, images,
//! volumes and networks to hosts, too. Numbers come from `.hive/persistents.yml`, which is never written.

mod context;
mod network;
mod ports;
mod services;
mod stages;
mod volumes;

pub(super) use context::{Context, Site};
pub(super) use network::Network;

use std::borrow::Cow;

use super::{
    Value, Var,
    error::{MAX_PROBLEMS, Problem, Reason, SourceText, WarningKind},
    source::SourceFault,
    structure::{Builder, StructureFault},
    tree::{Data, Mapping, Mark, Node},
};
use crate::nearest::nearest;

/// The stages that hive knows.
pub(super) const STAGES: [&str; 3] = ["private", "staging", "production"];

/// Why a file is no hive definition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HiveFault {
    /// A key that has to be there.
    #[error("`{key}` is missing in {place}")]
    Missing {
        /// The key.
        key: &'static str,
        /// Where it should stand.
        place: String,
    },
    /// A value of the wrong type.
    #[error("`{key}` in {place} is {found}; expected {expected}")]
    Type {
        /// The key.
        key: String,
        /// Where it stands.
        place: String,
        /// What it is.
        found: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A key that the plugin does not know.
    #[error("`{key}` is unknown in {place}")]
    UnknownKey {
        /// The key.
        key: String,
        /// Where it stands.
        place: String,
        /// The key that was meant, perhaps.
        near: Option<&'static str>,
    },
    /// A stage that hive does not have.
    #[error("`{0}` is no stage; hive knows private, staging and production")]
    Stage(String),
    /// A provider that hive does not have.
    #[error("`{0}` is no provider; hive knows vagrant, aws, azure, gcp, openstack, prepared and kickstart")]
    Provider(String),
    /// A key that the provider cannot have.
    #[error("`{key}` does not go with provider `{provider}`")]
    NotForProvider {
        /// The key.
        key: &'static str,
        /// The provider.
        provider: String,
    },
    /// A host name that hive refuses.
    #[error("`custom_hostname` is `{0}`; expected at least two small letters, digits and hyphens, no hyphen at an end")]
    CustomHostname(String),
    /// Names that are too long together.
    #[error("`custom_hostname` and the site's name have {0} characters together; hive takes less than 55")]
    TooLong(usize),
    /// A network that is none.
    #[error("`{text}` is no network: {reason}")]
    Network {
        /// As written.
        text: String,
        /// Why.
        reason: NetworkFault,
    },
    /// Not enough addresses.
    #[error("the network has too few addresses for the hosts of stage `{0}`")]
    TooFewAddresses(String),
    /// No subnet to place hosts in.
    #[error("`subnets` is empty, so that there is no place for a host")]
    NoSubnet,
    /// A shared repository that is not separate.
    #[error("`shared_repository` needs `separate_repository: true`")]
    SharedRepository,
    /// Encryption without a key.
    #[error("`{0}` needs `kms_key_id`, even when it is false")]
    NoKey(&'static str),
    /// More hosts than anybody has.
    #[error("stage `{stage}` has more than {limit} hosts")]
    TooManyHosts {
        /// The stage.
        stage: String,
        /// The most that is taken.
        limit: i64,
    },
    /// A volume in docker's short syntax.
    #[error("hive takes no short syntax of volumes: `{0}`")]
    ShortVolume(String),
    /// Two kinds of volumes at once.
    #[error("a volume cannot have both `{0}` and `{1}`")]
    VolumeKinds(&'static str, &'static str),
    /// A device that another volume has.
    #[error("drbd device {id} of volume `{volume}` is taken by another volume")]
    DeviceId {
        /// The number.
        id: String,
        /// The volume.
        volume: String,
    },
    /// No free number.
    #[error("no free {0} is left in .hive/persistents.yml")]
    NoFreeNumber(&'static str),
    /// A port that is none.
    #[error("`{0}` is no port; expected `published:target/protocol` with whole numbers")]
    Port(String),
    /// A port that lost its quotes.
    #[error("a port is {found}, not text; expected `\"published:target\"` in quotes or a mapping")]
    PortType {
        /// What it is.
        found: &'static str,
    },
    /// A protocol that swarm does not have.
    #[error("`{0}` is no protocol; expected tcp, udp or sctp")]
    Protocol(String),
    /// Persistents that hive cannot read.
    #[error("hive cannot read its variables: {0}")]
    Persistents(String),
}

/// Why a text is no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkFault {
    /// Neither an address nor a network.
    #[error("expected an address and a prefix like `192.168.0.0/24`")]
    Syntax,
    /// An address inside of a network.
    #[error("it has host bits set; write the network's first address")]
    HostBits,
    /// One address or two.
    #[error("a network of one or two addresses holds no hosts")]
    TooSmall,
}

impl HiveFault {
    /// A key that is not among the `known` ones.
    fn unknown_key(key: String, place: &str, known: impl IntoIterator<Item = &'static str>) -> Self {
        Self::UnknownKey { near: nearest(&key, known), key, place: place.to_owned() }
    }

    pub(super) fn hint(&self) -> Option<Cow<'static, str>> {
        let lost = "hive loses everything that comes after it";
        match self {
            Self::UnknownKey { near: Some(near), .. } => Some(format!("did you mean `{near}`? {lost}").into()),
            Self::UnknownKey { near: None, .. } => Some(lost.into()),
            other => other.fixed_hint().map(Cow::from),
        }
    }

    fn fixed_hint(&self) -> Option<&'static str> {
        match self {
            Self::PortType { .. } => Some("YAML 1.1 reads an unquoted `2222:22` as a number; quote it"),
            Self::ShortVolume(_) => Some("write a mapping with `source` and `target`"),
            Self::NoFreeNumber(_) => Some("remove what is no longer used from .hive/persistents.yml"),
            Self::DeviceId { .. } => Some("choose a number that no volume has, or leave `device_id` out"),
            Self::Network { reason: NetworkFault::Syntax, .. } => Some("quote it, when it is no text"),
            Self::Persistents(_) => Some("hive itself stops with a traceback here; correct the file or remove it"),
            _ => None,
        }
    }
}

/// Reads a file whose top has a `plugin:`.
pub(super) fn read(
    source: &SourceText,
    root: Option<Node>,
    builder: &mut Builder,
    context: &mut Context,
) -> Vec<Problem> {
    let Some(Node { data: Data::Map(top), mark, .. }) = root else { return Vec::new() };
    let mut file = File { source, builder, problems: Vec::new() };
    let name = top.get(&super::tree::named("plugin")).map(|entry| &entry.node);
    match name.and_then(Node::as_str) {
        Some("hive_inventory") => stages::read(&mut file, &top, context),
        Some("hive_services") => services::read(&mut file, &top, context),
        _ => {
            let fault = SourceFault::UnknownPlugin(name.map_or_else(String::new, shown));
            file.fail(name.map_or(mark, |name| name.mark), fault);
        }
    }
    file.problems
}

/// A hive definition that is being read. Reading goes on after a problem: a file with one is refused as a whole, and every
/// problem is worth telling.
struct File<'a> {
    source: &'a SourceText,
    builder: &'a mut Builder,
    problems: Vec<Problem>,
}

impl File<'_> {
    fn fail(&mut self, mark: Mark, reason: impl Into<Reason>) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(self.source.problem(mark, reason));
        }
    }

    fn warn(&mut self, mark: Mark, kind: WarningKind) {
        let warning = self.source.warning(mark, kind);
        self.builder.add_warning(warning);
    }

    /// A key's value, or the problem that it is missing.
    fn required<'n>(&mut self, map: &'n Mapping, key: &'static str, at: Mark, place: &str) -> Option<&'n Node> {
        let found = value(map, key);
        if found.is_none() {
            self.fail(at, HiveFault::Missing { key, place: place.to_owned() });
        }
        found
    }

    fn wrong_type(&mut self, key: &str, node: &Node, place: &str, expected: &'static str) {
        let found = node.kind();
        self.fail(node.mark, HiveFault::Type { key: key.to_owned(), place: place.to_owned(), found, expected });
    }

    fn group(&mut self, name: &str) {
        // The names are constants or stages.
        let _ = self.builder.add_group(name, None);
    }

    fn child(&mut self, parent: &str, child: &str) {
        if let Some(place) = self.builder.groups.get_index_of(parent)
            && let Err(fault) = self.builder.add_child(place, child)
        {
            self.fail(START, fault);
        }
    }

    /// Adds a host to a group.
    fn host(&mut self, name: &str, group: &str, mark: Mark) {
        let location = self.source.location(mark);
        let place = self.builder.groups.get_index_of(group);
        let added = match place {
            Some(place) => self.builder.add_host(name, Some(place), None, Some(&location)),
            None => Err(StructureFault::UnknownEntity(group.to_owned())),
        };
        if let Err(fault) = added {
            self.fail(mark, fault);
        }
    }

    /// Sets a variable that is written at `mark`, or computed from what stands there.
    fn set(&mut self, entity: &str, name: &str, value: Value, mark: Mark) {
        let location = Some(self.source.location(mark));
        if let Err(fault) = self.builder.set_variable(entity, name.to_owned(), Var { value, location }) {
            self.fail(mark, fault);
        }
    }
}

const START: Mark = Mark { line: 1, column: 1 };

fn value<'n>(map: &'n Mapping, key: &str) -> Option<&'n Node> {
    map.get(&super::tree::named(key)).map(|entry| &entry.node)
}

/// The value as Python's `str()` writes a scalar.
fn shown(node: &Node) -> String {
    match &node.data {
        Data::Null => "None".to_owned(),
        Data::Bool(true) => "True".to_owned(),
        Data::Bool(false) => "False".to_owned(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => super::python::float(*number),
        Data::BigInt(text) | Data::Str(text) | Data::Unsafe(text) | Data::Vault(text) | Data::Date(text) => {
            text.clone()
        }
        Data::List(_) | Data::Map(_) => node.kind().to_owned(),
    }
}

/// Python's equality of two values that may be numbers.
fn same(a: &Value, b: &Value) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "ports and device numbers are small")]
    let number = |value: &Value| match value {
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        Value::Int(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        _ => None,
    };
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.to_bits() == b.to_bits() || (a - b).abs() < f64::EPSILON,
        _ => a == b,
    }
}
