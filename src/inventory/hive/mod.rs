//! hive-builder's own inventory plugins: `hive_inventory` makes stages to hosts, `hive_services` makes services, images,
//! volumes and networks to hosts, too. Numbers come from `.hive/persistents.yml`, which is never written.

mod context;
mod network;
mod place;
mod ports;
mod services;
mod stages;
mod subnets;
mod volumes;

pub(super) use context::{Context, Site};
pub(super) use network::Network;
pub use place::{Expected, Place};

use std::fmt;

use super::{
    Value, Var,
    error::{MAX_PROBLEMS, Problem, Reason, SourceText, WarningKind, did_you_mean},
    kind::Kind,
    source::SourceFault,
    structure::{Builder, StructureFault},
    tree::{Data, Mapping, Mark, Node},
};
use crate::{nearest::nearest, text::Text};

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
        place: Place,
    },
    /// A value of the wrong type.
    #[error("`{key}` in {place} is {found}; expected {expected}")]
    Type {
        /// The key.
        key: String,
        /// Where it stands.
        place: Place,
        /// What it is.
        found: Kind,
        /// What it should be.
        expected: Expected,
    },
    /// A key that the plugin does not know.
    #[error("`{key}` is unknown in {place}")]
    UnknownKey {
        /// The key.
        key: String,
        /// Where it stands.
        place: Place,
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
    #[error("`{host_name}` and the site's name have {length} characters together; hive takes less than 55")]
    TooLong {
        /// `custom_hostname`, or `hive` without one.
        host_name: String,
        /// How long they are together.
        length: usize,
    },
    /// A network that is none.
    #[error("`{text}` is no network: {reason}")]
    Network {
        /// As written.
        text: String,
        /// Why.
        reason: NetworkFault,
    },
    /// Not enough addresses.
    #[error("stage `{stage}` has {hosts} hosts, but only {placed} of them get an address in its networks")]
    TooFewAddresses {
        /// The stage.
        stage: String,
        /// How many hosts there should be.
        hosts: usize,
        /// How many got an address before there was none left.
        placed: usize,
    },
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
    NoFreeNumber(Numbered),
    /// A port that is none.
    #[error("`{0}` is no port; expected `published:target/protocol` with whole numbers")]
    Port(String),
    /// A port that lost its quotes.
    #[error("a port is {found}, not text; expected `\"published:target\"` in quotes or a mapping")]
    PortType {
        /// What it is.
        found: Kind,
    },
    /// A protocol that swarm does not have.
    #[error("`{0}` is no protocol; expected tcp, udp or sctp")]
    Protocol(String),
    /// Persistents that hive cannot read.
    #[error("hive cannot read its variables: {0}")]
    Persistents(PersistentsFault),
}

/// What hive gives numbers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Numbered {
    /// Volumes on drbd.
    Device,
    /// Ports without a published one.
    Port,
}

impl fmt::Display for Numbered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Device => "drbd device",
            Self::Port => "published port",
        })
    }
}

/// Why `.hive/persistents.yml` stops hive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PersistentsFault {
    /// Nothing in the file.
    #[error("the file is empty")]
    Empty,
    /// The top is no mapping.
    #[error("the file is no mapping")]
    NoMapping,
    /// A variable without scopes.
    #[error("`{0}` is no mapping of `global` and stages")]
    NoScopes(String),
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
    fn unknown_key(key: String, place: &Place, known: impl IntoIterator<Item = &'static str>) -> Self {
        Self::UnknownKey { near: nearest(&key, known), key, place: place.clone() }
    }

    pub(super) fn hint(&self) -> Option<Text> {
        Some(match self {
            Self::UnknownKey { near, .. } => lost(*near),
            Self::Missing { key, .. } => {
                let example = example(key)?;
                Text::new(format!("for example `{example}`"), format!("`{example}` のように書いてください"))
            }
            Self::Stage(name) => did_you_mean(nearest(name, STAGES)?),
            Self::Provider(name) => did_you_mean(nearest(name, stages::PROVIDERS)?),
            Self::NotForProvider { key, .. } => {
                Text::new(format!("take `{key}` out of the stage"), format!("ステージから `{key}` を削除してください"))
            }
            Self::Network { text, reason: NetworkFault::HostBits } => {
                let network = network::around(text)?;
                Text::new(format!("write `{network}`"), format!("`{network}` と書いてください"))
            }
            other => other.fixed_hint()?,
        })
    }

    fn fixed_hint(&self) -> Option<Text> {
        let (en, ja) = match self {
            Self::PortType { .. } => (
                "YAML 1.1 reads an unquoted `2222:22` as a number; quote it",
                "引用符のない `2222:22` は YAML 1.1 では数値になるため、引用符で囲んでください",
            ),
            Self::Port(_) => (
                "for example `\"8080:80\"`, `\"53:53/udp\"`, or only the container's port as `\"80\"`",
                "例: `\"8080:80\"`、`\"53:53/udp\"`、コンテナのポートだけなら `\"80\"`",
            ),
            Self::Protocol(_) => (
                "for example `\"53:53/udp\"`; without a protocol it is tcp",
                "例: `\"53:53/udp\"`（省略すると tcp になります）",
            ),
            Self::ShortVolume(_) => {
                ("write a mapping with `source` and `target`", "`source` と `target` を持つマッピングで書いてください")
            }
            Self::VolumeKinds(..) => ("keep one of the two", "どちらか一方だけを残してください"),
            Self::NoFreeNumber(_) => (
                "remove what is no longer used from .hive/persistents.yml",
                "使わなくなったものを .hive/persistents.yml から削除してください",
            ),
            Self::DeviceId { .. } => (
                "choose a number that no volume has, or leave `device_id` out",
                "ほかのボリュームが使っていない番号にするか、`device_id` を省略してください",
            ),
            Self::Network { reason: NetworkFault::Syntax, .. } => {
                ("quote it, when it is no text", "文字列でない場合は引用符で囲んでください")
            }
            Self::Network { reason: NetworkFault::TooSmall, .. } => (
                "take a larger one such as a `/24`: the first 3 addresses of `cidr`, or 4 of each subnet, are kept free",
                "`/24` など、より大きいネットワークにしてください。`cidr` では先頭の 3 個、サブネットごとでは先頭の 4 個のアドレスは使われません",
            ),
            Self::TooFewAddresses { .. } => (
                "take a larger network (a smaller number behind `/`), more subnets, or fewer hosts (`number_of_hosts`); \
                 the first 3 addresses of `cidr`, or 4 of each subnet, are kept free",
                "ネットワークを広げる（`/` の後の数字を小さくする）か、サブネットを増やすか、`number_of_hosts` を減らしてください。`cidr` では先頭の 3 個、サブネットごとでは先頭の 4 個のアドレスは使われません",
            ),
            Self::NoSubnet => (
                "take `subnets` out, or list at least one: `subnets: [{cidr: 192.168.0.96/28}]`",
                "`subnets` を削除するか、`subnets: [{cidr: 192.168.0.96/28}]` のように 1 つ以上書いてください",
            ),
            Self::CustomHostname(_) => ("for example `custom_hostname: web`", "例: `custom_hostname: web`"),
            Self::TooLong { .. } => (
                "shorten one of the two: every host is called `custom_hostname` (or `hive`), a number, and the site's name",
                "どちらかを短くしてください。ホスト名は `custom_hostname`（省略時は `hive`）と番号とサイト名をつないだものです",
            ),
            Self::SharedRepository => (
                "write `separate_repository: true`, or take `shared_repository` out",
                "`separate_repository: true` と書くか、`shared_repository` を削除してください",
            ),
            Self::NoKey(_) => (
                "add the ARN of a KMS key, as in `kms_key_id: arn:aws:kms:ap-northeast-1:123456789012:key/KEY-ID`, \
                 or take the key out",
                "KMS キーの ARN を `kms_key_id: arn:aws:kms:ap-northeast-1:123456789012:key/キーID` のように指定するか、このキーを削除してください",
            ),
            Self::Persistents(_) => (
                "hive itself stops with a traceback here; correct the file or remove it",
                "hive 自体がここでトレースバックを出して停止します。ファイルを修正するか削除してください",
            ),
            _ => return None,
        };
        Some(Text::new(en, ja))
    }
}

/// The hint at an unknown key: hive stops reading there.
fn lost(near: Option<&str>) -> Text {
    let lost = Text::new("hive loses everything that comes after it", "hive はこれより後の定義をすべて失います");
    match near {
        Some(near) => {
            let Text { en, ja } = did_you_mean(near);
            Text::new(format!("{en} {}", lost.en), format!("{ja}。{}", lost.ja))
        }
        None => lost,
    }
}

/// How a key that has to be there may look.
fn example(key: &str) -> Option<&'static str> {
    Some(match key {
        "name" => "name: pdns.example.com",
        "stages" => "stages: {private: {provider: vagrant, cidr: 192.168.0.96/27}}",
        "services" => "services: {web: {image: nginx}}",
        "provider" => "provider: vagrant",
        "cidr" => "cidr: 192.168.0.96/27",
        "from" => "from: almalinux:9",
        "pull_on" => "pull_on: [production]",
        "protocol" => "protocol: tcp",
        "target_port" => "target_port: 80",
        "source" => "source: web_data",
        "target" => "target: /var/lib/data",
        _ => return None,
    })
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

    /// As [`Self::fail`], for what is found once for every host or stage.
    fn fail_once(&mut self, mark: Mark, fault: HiveFault) {
        let problem = self.source.problem(mark, fault);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn warn(&mut self, mark: Mark, kind: WarningKind) {
        let warning = self.source.warning(mark, kind);
        self.builder.add_warning(warning);
    }

    /// A key's value, or the problem that it is missing.
    fn required<'n>(&mut self, map: &'n Mapping, key: &'static str, at: Mark, place: &Place) -> Option<&'n Node> {
        let found = value(map, key);
        if found.is_none() {
            self.fail(at, HiveFault::Missing { key, place: place.clone() });
        }
        found
    }

    fn wrong_type(&mut self, key: &str, node: &Node, place: &Place, expected: Expected) {
        let found = node.kind();
        self.fail(node.mark, HiveFault::Type { key: key.to_owned(), place: place.clone(), found, expected });
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
        Data::List(_) => "[...]".to_owned(),
        Data::Map(_) => "{...}".to_owned(),
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
