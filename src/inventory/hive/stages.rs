//! `hive_inventory`: the stages of `inventory/hive.yml` to hosts.

use super::{
    Context, Data, Expected, File, HiveFault, Mapping, Mark, Node, Place, STAGES, Value, WarningKind,
    context::StageFacts, subnets::Subnet, value,
};
use crate::{inventory::tree::Key, nearest::nearest};

/// How many hosts a stage may have.
const MAX_HOSTS: i64 = 100_000;

pub(super) const PROVIDERS: [&str; 7] = ["vagrant", "aws", "azure", "gcp", "openstack", "prepared", "kickstart"];

/// What a stage may say, as far as the plugin or hive's playbooks read it.
const STAGE_KEYS: [&str; 36] = [
    "provider",
    "separate_repository",
    "shared_repository",
    "cidr",
    "number_of_hosts",
    "subnets",
    "memory_size",
    "cpus",
    "drbd_download_url",
    "instance_type",
    "image_name",
    "region",
    "prepared_resource_group",
    "not_support_az",
    "disk_size",
    "disk_encrypted",
    "kms_key_id",
    "kernel_version",
    "mirrored_disk_size",
    "mirrored_disk_encrypted",
    "repository_memory_size",
    "repository_cpus",
    "repository_instance_type",
    "repository_disk_size",
    "repository_disk_encrypted",
    "root_password",
    "kickstart_config",
    "ip_address_list",
    "custom_hostname",
    "bridge",
    "dev",
    "filestore_cidr",
    "internal_cidr",
    "internal_cidr_v6",
    "az_suffix_list",
    "stage",
];

/// Keys of a stage that the mother gets under `hive_` and their name, beside `cidr` and `subnets`.
const MOTHER_KEYS: [&str; 8] = [
    "prepared_resource_group",
    "not_support_az",
    "region",
    "bridge",
    "dev",
    "kickstart_config",
    "filestore_cidr",
    "shared_repository",
];

/// Keys of a stage that every host gets.
const HOST_KEYS: [&str; 7] = [
    "root_password",
    "kernel_version",
    "drbd_download_url",
    "internal_cidr",
    "internal_cidr_v6",
    "kms_key_id",
    "shared_repository",
];

/// Keys that hives get.
const HIVE_KEYS: [&str; 7] = [
    "memory_size",
    "cpus",
    "disk_size",
    "disk_encrypted",
    "instance_type",
    "mirrored_disk_size",
    "mirrored_disk_encrypted",
];

/// Keys that the repository gets under the second name.
const REPOSITORY_KEYS: [(&str, &str); 5] = [
    ("repository_memory_size", "hive_memory_size"),
    ("repository_cpus", "hive_cpus"),
    ("repository_disk_size", "hive_disk_size"),
    ("repository_disk_encrypted", "hive_disk_encrypted"),
    ("repository_instance_type", "hive_instance_type"),
];

/// Reads a `hive_inventory` file.
pub(super) fn read(file: &mut File<'_>, top: &Mapping, context: &mut Context) {
    let present = |key| value(top, key).filter(|node| node.data != Data::Null);
    for key in ["name", "stages"] {
        if present(key).is_none() {
            file.fail(super::START, HiveFault::Missing { key, place: Place::File });
        }
    }
    let name = present("name");
    warn_of_unknown(file, top, &["plugin", "name", "stages"], &Place::File);
    for group in ["servers", "hives", "repository", "first_hive", "mother", "hosts"] {
        file.group(group);
    }
    for (parent, child) in [("servers", "hives"), ("servers", "repository"), ("hosts", "servers"), ("hosts", "mother")]
    {
        file.child(parent, child);
    }
    if let Some(name) = name {
        file.set("all", "hive_name", name.clone().into_value(), name.mark);
    }
    let Some(stages) = present("stages") else { return };
    let Data::Map(map) = &stages.data else {
        return file.wrong_type("stages", stages, &Place::File, Expected::MappingOfStages);
    };
    if let Some(name) = name.filter(|name| name.as_str().is_none() && !map.is_empty()) {
        file.wrong_type("name", name, &Place::File, Expected::Text);
    }
    context.name = name.and_then(Node::as_str).map(str::to_owned);
    let site = Site {
        name: name.and_then(Node::as_str).unwrap_or_default(),
        mark: name.map_or(super::START, |name| name.mark),
    };
    for (key, entry) in map {
        stage(file, site, key, entry.key_mark, &entry.node, context);
    }
}

pub(super) fn warn_of_unknown(file: &mut File<'_>, map: &Mapping, known: &[&'static str], place: &Place) {
    for (key, entry) in map {
        if key.as_str().is_none_or(|key| !known.contains(&key)) {
            let (key, place) = (key.shown(), place.clone());
            let near = nearest(&key, known.iter().copied());
            file.warn(entry.key_mark, WarningKind::UnknownHiveKey { key, place, near });
        }
    }
}

/// The site's name, which every host's name ends in.
#[derive(Clone, Copy)]
struct Site<'a> {
    name: &'a str,
    mark: Mark,
}

fn stage(file: &mut File<'_>, site: Site<'_>, key: &Key, mark: Mark, node: &Node, context: &mut Context) {
    let Some(stage) = key.as_str().filter(|stage| STAGES.contains(stage)) else {
        return file.fail(mark, HiveFault::Stage(key.shown()));
    };
    let Data::Map(options) = &node.data else {
        return file.wrong_type(stage, node, &Place::Key("stages"), Expected::Mapping);
    };
    let place = Place::Stage(stage.to_owned());
    warn_of_unknown(file, options, &STAGE_KEYS, &place);
    // What is missing is a problem already; the rest of the stage is judged all the same.
    let provider = provider(file, options, mark, &place).unwrap_or_default();
    let host_name = custom_hostname(file, options, site, &place).unwrap_or_else(|| "hive".to_owned());
    let cidr = file.required(options, "cidr", mark, &place);
    let prefix = match stage {
        "private" => "p-",
        "staging" => "s-",
        _ => "",
    };
    let mut stage = Stage { file, name: site.name, key: stage, prefix, provider, host_name, options, mark, place };
    stage.add_group();
    let subnets = cidr.and_then(|cidr| stage.mother(cidr));
    stage.hosts(subnets, context);
}

fn provider(file: &mut File<'_>, options: &Mapping, mark: Mark, place: &Place) -> Option<String> {
    let node = file.required(options, "provider", mark, place)?;
    let Some(provider) = node.as_str().filter(|provider| PROVIDERS.contains(provider)) else {
        file.fail(node.mark, HiveFault::Provider(super::shown(node)));
        return None;
    };
    let vagrant = provider == "vagrant";
    let small = matches!(provider, "kickstart" | "prepared");
    let refused: [(&str, bool); 9] = [
        ("kickstart_config", provider != "kickstart"),
        ("instance_type", vagrant),
        ("region", vagrant),
        ("prepared_resource_group", !vagrant && provider != "azure"),
        ("not_support_az", !vagrant && provider != "azure"),
        ("memory_size", !vagrant && !small),
        ("repository_memory_size", !vagrant),
        ("dev", !vagrant),
        ("bridge", !vagrant),
    ];
    for (key, refused) in refused {
        if let Some(entry) = options.get(&crate::inventory::tree::named(key)).filter(|_| refused) {
            file.fail(entry.key_mark, HiveFault::NotForProvider { key, provider: provider.to_owned() });
        }
    }
    Some(provider.to_owned())
}

fn custom_hostname(file: &mut File<'_>, options: &Mapping, site: Site<'_>, place: &Place) -> Option<String> {
    let Some(node) = value(options, "custom_hostname") else {
        return check_length(file, site.mark, "hive", site.name);
    };
    let Some(text) = node.as_str() else {
        file.wrong_type("custom_hostname", node, place, Expected::Text);
        return None;
    };
    // Python's `$` lets a newline at the end pass.
    let checked = text.strip_suffix('\n').unwrap_or(text);
    let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    let valid =
        checked.len() >= 2 && checked.bytes().all(inner) && !checked.starts_with('-') && !checked.ends_with('-');
    if !valid {
        file.fail(node.mark, HiveFault::CustomHostname(text.to_owned()));
        return None;
    }
    check_length(file, node.mark, text, site.name)
}

fn check_length(file: &mut File<'_>, mark: Mark, host_name: &str, name: &str) -> Option<String> {
    let length = host_name.chars().count() + name.chars().count();
    if length >= 55 {
        file.fail_once(mark, HiveFault::TooLong { host_name: host_name.to_owned(), length });
        return None;
    }
    Some(host_name.to_owned())
}

/// A stage whose keys were looked at.
pub(super) struct Stage<'a, 'b> {
    pub(super) file: &'a mut File<'b>,
    pub(super) name: &'a str,
    pub(super) key: &'a str,
    pub(super) prefix: &'static str,
    provider: String,
    host_name: String,
    pub(super) options: &'a Mapping,
    mark: Mark,
    pub(super) place: Place,
}

impl Stage<'_, '_> {
    pub(super) fn fail(&mut self, mark: Mark, fault: HiveFault) {
        self.file.fail(mark, fault);
    }

    fn host_named(&self, index: &str) -> String {
        format!("{}{}{index}.{}", self.prefix, self.host_name, self.name)
    }

    fn add_group(&mut self) {
        self.file.group(self.key);
        self.file.set(self.key, "hive_provider", Value::String(self.provider.clone()), self.mark);
        self.file.set(self.key, "hive_custom_hostname", Value::String(self.host_name.clone()), self.mark);
    }

    /// Gives `host` the value of a key under another name.
    fn copy(&mut self, host: &str, key: &str, name: &str) {
        if let Some(entry) = self.options.get(&crate::inventory::tree::named(key)) {
            self.file.set(host, name, entry.node.clone().into_value(), entry.key_mark);
        }
    }

    /// Adds the mother and reads the subnets.
    fn mother(&mut self, cidr: &Node) -> Option<Vec<Subnet>> {
        let mother = format!("{}mother.{}", self.prefix, self.name);
        self.file.host(&mother, "mother", self.mark);
        self.file.host(&mother, self.key, self.mark);
        self.copy(&mother, "cidr", "hive_cidr");
        for key in MOTHER_KEYS {
            self.copy(&mother, key, &format!("hive_{key}"));
        }
        let (shown, subnets) = match value(self.options, "subnets") {
            None => {
                let name = format!("{}-default", self.name);
                let subnet = [("cidr", cidr.clone().into_value()), ("name", Value::String(name.clone()))];
                let shown = Value::Map(subnet.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
                (Value::List(vec![shown]), vec![self.default_subnet(cidr, name)?])
            }
            Some(subnets) => (subnets.clone().into_value(), self.subnets(subnets)?),
        };
        self.file.set(
            &mother,
            "hive_subnets",
            shown,
            value(self.options, "subnets").map_or(self.mark, |node| node.mark),
        );
        Some(subnets)
    }

    /// Whether the last host is a repository only. Every value has Python's truth.
    fn separate_repository(&mut self) -> bool {
        let Some(node) = value(self.options, "separate_repository") else { return true };
        if let Some(text) = node.as_str().filter(|text| matches!(text.to_lowercase().as_str(), "no" | "false" | "off"))
        {
            let kind = WarningKind::TrueString { key: "separate_repository".to_owned(), value: text.to_owned() };
            self.file.warn(node.mark, kind);
        }
        node.truthy()
    }

    fn count(&mut self, separate: bool) -> Option<i64> {
        if let Some(node) = value(self.options, "ip_address_list") {
            return self.address_list(node).map(|list| i64::try_from(list.len()).unwrap_or(i64::MAX));
        }
        let Some(node) = value(self.options, "number_of_hosts") else { return Some(if separate { 4 } else { 3 }) };
        match node.data {
            Data::Int(number) => Some(number),
            Data::Bool(number) => Some(i64::from(number)),
            _ => {
                self.file.wrong_type("number_of_hosts", node, &self.place, Expected::Number);
                None
            }
        }
    }

    /// Adds the hosts; without addresses where there are no subnets to take them from.
    fn hosts(&mut self, mut subnets: Option<Vec<Subnet>>, context: &mut Context) {
        let separate = self.separate_repository();
        let shared = self.options.get(&crate::inventory::tree::named("shared_repository"));
        if let Some(shared) = shared.filter(|shared| !separate && shared.node.truthy()) {
            self.fail(shared.key_mark, HiveFault::SharedRepository);
        }
        self.warn_of_playbooks(separate);
        let Some(count) = self.count(separate) else { return };
        if count > MAX_HOSTS {
            return self.fail(self.mark, HiveFault::TooManyHosts { stage: self.key.to_owned(), limit: MAX_HOSTS });
        }
        let count = usize::try_from(count).unwrap_or(0);
        if count > 0 && subnets.as_ref().is_some_and(Vec::is_empty) {
            let mark = value(self.options, "subnets").map_or(self.mark, |node| node.mark);
            self.fail(mark, HiveFault::NoSubnet);
            subnets = None;
        }
        for index in 0..count {
            let host = self.host_named(&index.to_string());
            self.host(&host, index + 1 == count, separate);
            let Some(list) = &mut subnets else { continue };
            let subnet = index % list.len();
            if !self.place_host(&host, (index, count), &mut list[subnet]) {
                subnets = None;
            }
        }
        self.first_hive(context);
    }

    /// What the plugin takes, but not the playbooks: they ask whether `shared_repository` is defined, not whether it is true, and
    /// take its `context_dir`. For the mirrored disk the plugin asks for a key only where the last host is a hive.
    fn warn_of_playbooks(&mut self, separate: bool) {
        let context_dir = |node: &Node| matches!(&node.data, Data::Map(map) if value(map, "context_dir").is_some());
        if let Some(shared) = value(self.options, "shared_repository").filter(|node| !context_dir(node)) {
            self.file.warn(shared.mark, WarningKind::SharedWithoutContext);
        }
        let mirrored = self.options.get(&crate::inventory::tree::named("mirrored_disk_encrypted"));
        let keyless = separate && self.provider == "aws" && value(self.options, "kms_key_id").is_none();
        if let Some(entry) = mirrored.filter(|entry| keyless && entry.node.truthy()) {
            self.file.warn(entry.key_mark, WarningKind::DefaultKey);
        }
    }

    fn host(&mut self, host: &str, last: bool, separate: bool) {
        self.file.host(host, self.key, self.mark);
        for key in HOST_KEYS {
            self.copy(host, key, &format!("hive_{key}"));
        }
        if !last || !separate {
            self.file.host(host, "hives", self.mark);
            self.check_keys(last);
            for key in HIVE_KEYS {
                self.copy(host, key, &format!("hive_{key}"));
            }
        }
        if last {
            self.file.host(host, "repository", self.mark);
            self.need_key("repository_disk_encrypted");
            for (key, name) in REPOSITORY_KEYS {
                self.copy(host, key, name);
            }
        }
        self.copy(host, "image_name", "hive_vm_image_name");
    }

    /// What has to be encrypted needs a key. The plugin asks for it in another place for the last host than for others.
    fn check_keys(&mut self, last: bool) {
        self.need_key(if last { "mirrored_disk_encrypted" } else { "disk_encrypted" });
    }

    fn need_key(&mut self, key: &'static str) {
        let Some(entry) = self.options.get(&crate::inventory::tree::named(key)) else { return };
        if value(self.options, "kms_key_id").is_none() {
            self.file.fail_once(entry.key_mark, HiveFault::NoKey(key));
        }
    }

    /// Gives a host its subnet, zone and address; false where there is none left.
    fn place_host(&mut self, host: &str, (index, count): (usize, usize), subnet: &mut Subnet) -> bool {
        self.file.set(host, "hive_subnet", subnet.name.clone(), self.mark);
        if let Some(region) = value(self.options, "region") {
            let Some(default) = self.default_zone(region, index) else { return false };
            self.file.set(host, "hive_available_zone", subnet.zone.clone().unwrap_or(default), self.mark);
        }
        let Some(address) = subnet.addresses.next() else {
            let fault = HiveFault::TooFewAddresses { stage: self.key.to_owned(), hosts: count, placed: index };
            self.fail(subnet.mark, fault);
            return false;
        };
        self.file.set(host, "hive_private_ip", address, self.mark);
        self.file.set(host, "hive_netmask", Value::String(subnet.netmask.clone()), self.mark);
        true
    }

    /// The zone of a host whose subnet has none. The region's text is put together even for azure, which numbers zones.
    fn default_zone(&mut self, region: &Node, index: usize) -> Option<Value> {
        let suffixes: Vec<String> = match value(self.options, "az_suffix_list") {
            None => ["-a", "-b", "-c"].map(str::to_owned).to_vec(),
            Some(node) => self.suffixes(node)?,
        };
        let (Some(text), Some(suffix)) = (region.as_str(), suffixes.get(index % suffixes.len().max(1))) else {
            self.file.wrong_type("region", region, &self.place, Expected::Text);
            return None;
        };
        if self.provider == "azure" {
            return Some(Value::Int(i64::try_from(index % 3).unwrap_or(0) + 1));
        }
        Some(Value::String(format!("{text}{suffix}")))
    }

    fn suffixes(&mut self, node: &Node) -> Option<Vec<String>> {
        let list = match &node.data {
            Data::List(list) => list.iter().map(|node| node.as_str().map(str::to_owned)).collect(),
            Data::Str(text) | Data::Unsafe(text) => Some(text.chars().map(String::from).collect()),
            _ => None,
        };
        let list = list.filter(|list: &Vec<String>| !list.is_empty());
        if list.is_none() {
            self.file.wrong_type("az_suffix_list", node, &self.place, Expected::Texts);
        }
        list
    }

    /// The swarm's master is named by number, whether there is such a host or not.
    fn first_hive(&mut self, context: &mut Context) {
        let number = context.first_hive();
        let host = self.host_named(&number);
        self.file.set("hives", "hive_swarm_master", Value::String(host.clone()), self.mark);
        self.file.host(&host, "first_hive", self.mark);
        context.stages.push(StageFacts { name: self.key.to_owned(), provider: self.provider.clone() });
    }
}
