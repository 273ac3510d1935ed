//! `hive_services`: services, their images, and networks to hosts.

use indexmap::IndexMap;

use super::{
    Context, Data, Expected, File, HiveFault, Mapping, Mark, Node, Place, STAGES, Value, context::Numbers, ports,
    value, volumes,
};
use crate::inventory::{
    Service as Facts,
    tree::{Entry, Key},
};

const IMAGE_KEYS: [&str; 13] = [
    "from",
    "roles",
    "env",
    "stop_signal",
    "user",
    "working_dir",
    "standalone",
    "entrypoint",
    "command",
    "privileged",
    "expose",
    "pull_on",
    "pull_from",
];

/// Keys that a service's host gets under `hive_` and their name.
const COPIED_KEYS: [&str; 27] = [
    "backup_scripts",
    "command",
    "dns",
    "endpoint_mode",
    "entrypoint",
    "environment",
    "healthcheck",
    "hosts",
    "ignore_error",
    "initialize_roles",
    "labels",
    "logging",
    "monitor_error",
    "mode",
    "networks",
    "placement",
    "replicas",
    "restart_config",
    "stop_grace_period",
    "standalone",
    "user",
    "working_dir",
    "cap_add",
    "cap_drop",
    "sysctls",
    "cpu_limit",
    "mem_limit",
];

/// Keys that become something else.
const OTHER_KEYS: [&str; 4] = ["volumes", "image", "ports", "available_on"];

const NETWORK_KEYS: [&str; 3] = ["driver", "ipam", "driver_opts"];

/// What a standalone container is allowed to do.
const STANDALONE_CAPABILITIES: [&str; 5] = ["NET_ADMIN", "SYS_ADMIN", "SYSLOG", "SYS_PTRACE", "AUDIT_CONTROL"];

/// How a standalone container starts.
const STANDALONE_COMMAND: [&str; 3] = ["sh", "-c", "mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec /sbin/init"];

/// Reads a `hive_services` file.
pub(super) fn read(file: &mut File<'_>, top: &Mapping, context: &mut Context) {
    let present = |key| value(top, key).filter(|node| node.data != Data::Null);
    let Some(services) = present("services") else {
        return file.fail(super::START, HiveFault::Missing { key: "services", place: Place::Services });
    };
    super::stages::warn_of_unknown(file, top, &["plugin", "services", "networks", "available_on"], &Place::Services);
    for group in ["services", "images", "volumes", "drbd_volumes", "nfs_volumes", "networks"] {
        file.group(group);
    }
    let stages = match present("available_on") {
        Some(node) => stages(file, node, &Place::Services),
        None => Some(STAGES.map(str::to_owned).to_vec()),
    };
    let stages = stages.unwrap_or_else(|| STAGES.map(str::to_owned).to_vec());
    for stage in &stages {
        file.group(stage);
    }
    let Data::Map(map) = exact(services) else {
        return file.wrong_type("services", services, &Place::Services, Expected::YamlServices);
    };
    let mut numbers =
        AllNumbers { devices: context.numbers("drbd_device_map"), ports: context.numbers("published_port_map") };
    for (key, entry) in map {
        service(file, key, entry, &stages, &mut numbers, context);
    }
    if file.problems.is_empty() {
        context.keep("drbd_device_map", numbers.devices);
        context.keep("published_port_map", numbers.ports);
    }
    networks(file, present("networks"), &stages);
}

/// The numbers that are given out while files are read.
pub(super) struct AllNumbers {
    pub(super) devices: Numbers,
    pub(super) ports: Numbers,
}

/// The data of a value that Ansible holds in one of its own types; nothing of others.
pub(super) fn exact(node: &Node) -> &Data {
    if node.exact { &node.data } else { &Data::Null }
}

/// The stages of an `available_on`.
fn stages(file: &mut File<'_>, node: &Node, place: &Place) -> Option<Vec<String>> {
    let names: Option<Vec<(String, Mark)>> = match &node.data {
        Data::List(list) => Some(list.iter().map(|node| (super::shown(node), node.mark)).collect()),
        Data::Map(map) => Some(map.iter().map(|(key, entry)| (key.shown(), entry.key_mark)).collect()),
        Data::Str(text) if text.is_empty() => Some(Vec::new()),
        _ => None,
    };
    let Some(names) = names else {
        file.wrong_type("available_on", node, place, Expected::Stages);
        return None;
    };
    let wrong: Vec<_> = names.iter().filter(|(name, _)| !STAGES.contains(&name.as_str())).collect();
    for (name, mark) in &wrong {
        file.fail(*mark, HiveFault::Stage(name.clone()));
    }
    wrong.is_empty().then(|| names.iter().map(|(name, _)| name.clone()).collect())
}

fn name_of(file: &mut File<'_>, key: &Key, mark: Mark) -> Option<String> {
    let name = key.as_str().filter(|name| !name.is_empty());
    if name.is_none() {
        file.fail(mark, crate::inventory::StructureFault::HostType(key.shown()));
    }
    name.map(str::to_owned)
}

fn service(
    file: &mut File<'_>,
    key: &Key,
    entry: &Entry,
    stages: &[String],
    numbers: &mut AllNumbers,
    context: &mut Context,
) {
    let mark = entry.key_mark;
    let place = Place::Service(key.shown());
    let Data::Map(options) = exact(&entry.node) else {
        return file.wrong_type(&key.shown(), &entry.node, &Place::Key("services"), Expected::Mapping);
    };
    let Some(name) = name_of(file, key, mark) else { return };
    file.host(&name, "services", mark);
    let mut service = Service {
        file,
        name,
        place,
        mark,
        options,
        stages: stages.to_vec(),
        standalone: value(options, "standalone").is_some_and(Node::truthy),
        definition: IndexMap::new(),
    };
    service.copied();
    service.available_on();
    service.volumes(&mut numbers.devices);
    service.image();
    service.ports(&mut numbers.ports);
    let Service { name, definition, file, .. } = service;
    let facts = Facts { name: name.clone(), definition, location: Some(file.source.location(mark)) };
    context.services.insert(name, facts);
}

/// A service that is being read.
pub(super) struct Service<'a, 'b> {
    pub(super) file: &'a mut File<'b>,
    pub(super) name: String,
    /// The service in the words of messages.
    pub(super) place: Place,
    mark: Mark,
    pub(super) options: &'a Mapping,
    pub(super) stages: Vec<String>,
    pub(super) standalone: bool,
    definition: IndexMap<String, Value>,
}

impl Service<'_, '_> {
    /// Sets `hive_{key}`, which is written at `mark` or computed from what stands there.
    pub(super) fn set(&mut self, key: &str, value: Value, mark: Mark) {
        self.definition.insert(key.to_owned(), value.clone());
        self.file.set(&self.name, &format!("hive_{key}"), value, mark);
    }

    /// Sets what is only copied.
    fn copied(&mut self) {
        for (key, entry) in self.options {
            match key.as_str() {
                Some(key) if COPIED_KEYS.contains(&key) => {
                    self.set(key, entry.node.clone().into_value(), entry.key_mark);
                }
                Some(key) if OTHER_KEYS.contains(&key) => {}
                _ => {
                    let known = COPIED_KEYS.into_iter().chain(OTHER_KEYS);
                    let fault = HiveFault::unknown_key(key.shown(), &self.place, known);
                    self.file.fail(entry.key_mark, fault);
                }
            }
        }
    }

    fn available_on(&mut self) {
        if let Some(node) = value(self.options, "available_on") {
            let Some(stages) = stages(self.file, node, &self.place) else { return };
            for stage in &stages {
                // A service may be in a stage that the file's own list leaves out, if another file has it.
                if !self.file.builder.groups.contains_key(stage.as_str()) {
                    let fault = crate::inventory::StructureFault::UnknownEntity(stage.clone());
                    self.file.fail(node.mark, fault);
                    return;
                }
            }
            self.stages = stages;
        }
        let stages = self.stages.clone();
        for stage in &stages {
            self.file.host(&self.name, stage, self.mark);
        }
        let list = stages.into_iter().map(Value::String).collect();
        self.definition.insert("available_on".to_owned(), Value::List(list));
    }

    fn volumes(&mut self, devices: &mut Numbers) {
        let listed = value(self.options, "volumes");
        if listed.is_none() && !self.standalone {
            return;
        }
        let list: &[Node] = match listed.map(|node| (node, exact(node))) {
            None => &[],
            Some((_, Data::List(list))) => list,
            Some((node, _)) => return self.file.wrong_type("volumes", node, &self.place, Expected::YamlList),
        };
        let mut volumes = Vec::new();
        if self.standalone {
            volumes.extend(["/run", "/tmp", "/sys/fs/cgroup"].map(volumes::tmpfs));
            self.capabilities();
            self.standalone_command();
        }
        for node in list {
            if let Some(volume) = volumes::read(self, node, devices) {
                volumes.push(volume);
            }
        }
        self.set("volumes", Value::List(volumes), listed.map_or(self.mark, |node| node.mark));
    }

    fn capabilities(&mut self) {
        let node = value(self.options, "cap_add");
        let mut list = match node.map(|node| (node, node.clone().into_value())) {
            None => Vec::new(),
            Some((_, Value::List(list))) => list,
            Some((node, _)) => return self.file.wrong_type("cap_add", node, &self.place, Expected::List),
        };
        for capability in STANDALONE_CAPABILITIES {
            let capability = Value::String(capability.to_owned());
            if !list.contains(&capability) {
                list.push(capability);
            }
        }
        self.set("cap_add", Value::List(list), node.map_or(self.mark, |node| node.mark));
    }

    fn standalone_command(&mut self) {
        let command = value(self.options, "command");
        if command.is_none_or(|command| command.as_str() == Some("")) {
            let words = STANDALONE_COMMAND.map(|word| Value::String(word.to_owned())).to_vec();
            self.set("command", Value::List(words), self.mark);
        }
    }

    fn image(&mut self) {
        let Some(node) = value(self.options, "image") else { return };
        match exact(node) {
            Data::Str(text) => self.set("image", Value::String(text.clone()), node.mark),
            Data::Map(options) => self.built_image(node, options),
            _ => self.file.wrong_type("image", node, &self.place, Expected::YamlTextOrMapping),
        }
    }

    /// An image that hive builds is a host of its own.
    fn built_image(&mut self, node: &Node, options: &Mapping) {
        let image = format!("image_{}", self.name);
        let stages = self.stages.clone();
        for group in std::iter::once("images").chain(stages.iter().map(String::as_str)) {
            self.file.host(&image, group, node.mark);
        }
        self.set("image_name", Value::String(image.clone()), node.mark);
        let place = Place::Image(self.name.clone());
        self.file.required(options, "from", node.mark, &place);
        if self.standalone {
            self.file.set(&image, "hive_standalone", Value::Bool(true), node.mark);
            self.file.set(&image, "hive_privileged", Value::Bool(true), node.mark);
        }
        if value(options, "pull_from").is_some() {
            self.file.required(options, "pull_on", node.mark, &place);
        }
        for (key, entry) in options {
            match key.as_str().filter(|key| IMAGE_KEYS.contains(key)) {
                Some(key) => {
                    let value = entry.node.clone().into_value();
                    self.file.set(&image, &format!("hive_{key}"), value, entry.key_mark);
                }
                None => {
                    self.file.fail(entry.key_mark, HiveFault::unknown_key(key.shown(), &place, IMAGE_KEYS));
                }
            }
        }
    }

    fn ports(&mut self, published: &mut Numbers) {
        if let Some(node) = value(self.options, "ports")
            && let Some(ports) = ports::read(self.file, &self.name, &self.place, node, published)
        {
            self.set("ports", Value::List(ports), node.mark);
        }
    }
}

fn networks(file: &mut File<'_>, node: Option<&Node>, stages: &[String]) {
    let mut default = true;
    match node.map(|node| (node, exact(node))) {
        None => {}
        Some((_, Data::Map(map))) => {
            for (key, entry) in map {
                default &= key.as_str() != Some("hive_default_network");
                network(file, key, entry, stages);
            }
        }
        Some((node, _)) => return file.wrong_type("networks", node, &Place::Services, Expected::YamlNetworks),
    }
    if default {
        add_network(file, "hive_default_network", super::START, stages);
    }
}

fn add_network(file: &mut File<'_>, name: &str, mark: Mark, stages: &[String]) {
    file.host(name, "networks", mark);
    for stage in stages {
        file.host(name, stage, mark);
    }
}

fn network(file: &mut File<'_>, key: &Key, entry: &Entry, stages: &[String]) {
    let Some(name) = name_of(file, key, entry.key_mark) else { return };
    add_network(file, &name, entry.key_mark, stages);
    let options = match exact(&entry.node) {
        _ if entry.node.data == Data::Null => return,
        Data::Map(options) => options,
        _ => return file.wrong_type(&name, &entry.node, &Place::Key("networks"), Expected::YamlMapping),
    };
    for (key, entry) in options {
        if let Some(key) = key.as_str().filter(|key| NETWORK_KEYS.contains(key)) {
            file.set(&name, &format!("hive_{key}"), entry.node.clone().into_value(), entry.key_mark);
        } else {
            let place = Place::Network(name.clone());
            file.fail(entry.key_mark, HiveFault::unknown_key(key.shown(), &place, NETWORK_KEYS));
        }
    }
}
