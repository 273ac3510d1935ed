//! Where in a hive definition something stands, and what should stand there.

use std::fmt;

/// A place in a hive definition, as messages name it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The top of `hive.yml`.
    File,
    /// The top of a file of services.
    Services,
    /// What stands under a key of the top.
    Key(&'static str),
    /// A stage.
    Stage(String),
    /// A subnet of a stage.
    Subnet(String),
    /// A service.
    Service(String),
    /// The image of a service.
    Image(String),
    /// A port of a service.
    Port(String),
    /// A volume of a service.
    Volume(String),
    /// A network.
    Network(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("the file"),
            Self::Services => f.write_str("the file of services"),
            Self::Key(key) => write!(f, "`{key}`"),
            Self::Stage(name) => write!(f, "stage `{name}`"),
            Self::Subnet(stage) => write!(f, "a subnet of stage `{stage}`"),
            Self::Service(name) => write!(f, "service `{name}`"),
            Self::Image(service) => write!(f, "the image of service `{service}`"),
            Self::Port(service) => write!(f, "a port of service `{service}`"),
            Self::Volume(service) => write!(f, "a volume of service `{service}`"),
            Self::Network(name) => write!(f, "network `{name}`"),
        }
    }
}

/// What a value should be. hive takes some only as YAML gives them, not as JSON does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// Text.
    Text,
    /// A whole number.
    Number,
    /// A list.
    List,
    /// A list of stages.
    Stages,
    /// A list of addresses.
    Addresses,
    /// A list of texts.
    Texts,
    /// A list of mappings.
    Mappings,
    /// A mapping.
    Mapping,
    /// A mapping of stages.
    MappingOfStages,
    /// A list, in YAML.
    YamlList,
    /// A list of mappings, in YAML.
    YamlMappings,
    /// A mapping, in YAML.
    YamlMapping,
    /// Text or a mapping, in YAML.
    YamlTextOrMapping,
    /// A mapping of services, in YAML.
    YamlServices,
    /// A mapping of networks, in YAML.
    YamlNetworks,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Number => "a whole number",
            Self::List => "a list",
            Self::Stages => "a list of stages",
            Self::Addresses => "a list of addresses",
            Self::Texts => "a list of texts",
            Self::Mappings => "a list of mappings",
            Self::Mapping => "a mapping",
            Self::MappingOfStages => "a mapping of stages",
            Self::YamlList => "a list (in YAML)",
            Self::YamlMappings => "a list of mappings (in YAML)",
            Self::YamlMapping => "a mapping (in YAML)",
            Self::YamlTextOrMapping => "text or a mapping (in YAML)",
            Self::YamlServices => "a mapping of services (in YAML)",
            Self::YamlNetworks => "a mapping of networks (in YAML)",
        })
    }
}
