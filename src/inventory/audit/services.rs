//! Names of services, and the roles that build and initialize them.

use std::{collections::HashMap, path::PathBuf};

use super::{
    Finding, Rule,
    definition::{Definitions, Service, is_template, items},
};
use crate::{inventory::tree::Node, nearest::nearest};

/// How long a service's name may be for swarm.
const MAX_NAME: usize = 63;

/// Roles that hive brings: those for images and services, and those that lie beside its playbooks and are found, too.
const OF_HIVE: [&str; 47] = [
    "addon",
    "addon2",
    "hive-certificate",
    "hive-syslog",
    "hive-trust-ca",
    "hive-trust-ca-alpine",
    "hive-trust-ca-centos",
    "hive-trust-ca-ubuntu",
    "python-aptk",
    "aws",
    "azure",
    "backup-tools",
    "base",
    "ca",
    "docker",
    "docker-client",
    "docker-client-proxy",
    "drbd",
    "drbd-resource",
    "follow-swarm-service",
    "gcp",
    "get-public-ip",
    "hostsfile",
    "internal-network",
    "iptables",
    "kickstart",
    "monitor-service-log",
    "nfs-aws-volumes",
    "nfs-azure-volumes",
    "nfs-gcp-volumes",
    "ntp-client",
    "pip-venv",
    "prepared",
    "reboot",
    "registry",
    "rsyslogd",
    "rsyslogd-client",
    "service-backup",
    "shared-repository",
    "ssh-connection",
    "strict-source-ip",
    "swarm",
    "tls-certificate",
    "users",
    "vagrant",
    "zabbix",
    "zabbix-agent",
];

/// How many of hive's roles are for images and services.
const FOR_SERVICES: usize = 9;

pub(super) fn findings(definitions: &Definitions) -> Vec<Finding> {
    let services: Vec<Service<'_>> = definitions.services().collect();
    let mut findings: Vec<Finding> = services.iter().filter_map(name).collect();
    let mut places = Places::new(definitions);
    for service in &services {
        findings.extend(roles(service).into_iter().filter_map(|(key, role)| places.missing(service, key, role)));
    }
    findings
}

/// A service's name is a host's name on the network, too.
fn name(service: &Service<'_>) -> Option<Finding> {
    let name = service.name;
    let inner = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let ends = [name.chars().next(), name.chars().last()];
    let for_swarm = name.chars().all(inner) && ends.iter().all(|c| c.is_some_and(|c| c.is_ascii_alphanumeric()));
    let (kind, severity) = match () {
        () if name.len() > MAX_NAME => ("long", "error"),
        () if !for_swarm => ("characters", "error"),
        () if name.starts_with("hive-") => ("reserved", "warning"),
        () if name.contains('_') => ("characters", "warning"),
        () => return None,
    };
    let finding = Finding::at(Rule::ServiceName, service.source, service.mark, name);
    Some(finding.fact("kind", kind).fact("severity", severity).fact("service", name))
}

/// The roles that a service names, with the key that does.
fn roles<'a>(service: &Service<'a>) -> Vec<(&'static str, &'a Node)> {
    let of_image = service.get("image").and_then(|image| image.get("roles"));
    let lists = [("image.roles", of_image), ("initialize_roles", service.get("initialize_roles"))];
    lists
        .into_iter()
        .flat_map(|(key, list)| list.map(items).unwrap_or_default().iter().map(move |role| (key, role)))
        .collect()
}

/// Where hive looks for roles.
struct Places {
    directories: Vec<PathBuf>,
    /// Names that the project has, for suggestions.
    own: Vec<String>,
    found: HashMap<String, bool>,
}

impl Places {
    fn new(definitions: &Definitions) -> Self {
        let directories = definitions.site.as_ref().map(|site| site.roles.clone()).unwrap_or_default();
        let entries = directories.iter().filter_map(|directory| std::fs::read_dir(directory).ok()).flatten();
        let own = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        Self { directories, own, found: HashMap::new() }
    }

    fn missing(&mut self, service: &Service<'_>, key: &str, node: &Node) -> Option<Finding> {
        let role = node.as_str()?;
        // A role of a collection, and a path, are looked for elsewhere.
        if self.directories.is_empty() || is_template(role) || role.contains(['.', '/']) || self.has(role) {
            return None;
        }
        let known = self.own.iter().map(String::as_str).chain(OF_HIVE.into_iter().take(FOR_SERVICES));
        let places: Vec<String> = self.directories.iter().map(|place| place.display().to_string()).collect();
        let finding = Finding::at(Rule::ServiceName, service.source, node.mark, service.name)
            .fact("kind", "role")
            .fact("severity", "error")
            .fact("service", service.name)
            .fact("key", key)
            .fact("role", role)
            .fact("near", nearest(role, known).unwrap_or_default());
        Some(finding.fact("directory", places.first().cloned().unwrap_or_default()).fact("places", places.join(", ")))
    }

    fn has(&mut self, role: &str) -> bool {
        if let Some(found) = self.found.get(role) {
            return *found;
        }
        let found = OF_HIVE.contains(&role) || self.directories.iter().any(|place| place.join(role).is_dir());
        self.found.insert(role.to_owned(), found);
        found
    }
}
