//! Images from Docker Hub, which counts anonymous downloads by address.

use super::{
    Finding, Rule,
    definition::{Definitions, Service, is_template},
};
use crate::inventory::{Host, Inventory, Value, tree::Node};

/// How many images a finding names.
const NAMED: usize = 3;

/// One finding for all stages whose servers have neither a login nor a mirror. The variables can be anywhere, so that
/// nothing can be said before the inventory is whole.
pub(super) fn findings(definitions: &Definitions, inventory: &Inventory) -> Option<Finding> {
    let bare: Vec<&str> =
        definitions.stages().map(|stage| stage.name).filter(|stage| !has_login(inventory, stage)).collect();
    let services: Vec<Service<'_>> = definitions.services().collect();
    let wanted = services.iter().filter(|service| service.stages.iter().any(|stage| bare.contains(stage)));
    let images: Vec<(&Service<'_>, &Node)> =
        wanted.filter_map(|service| Some((service, image(service)?))).filter(|(_, node)| is_hub(node)).collect();
    let (service, first) = images.first()?;
    let mut names: Vec<&str> = images.iter().filter_map(|(_, node)| node.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let count = i64::try_from(names.len()).unwrap_or(i64::MAX);
    let used = |stage: &&str| images.iter().any(|(service, _)| service.stages.contains(stage));
    let stages: Vec<&str> = bare.iter().copied().filter(|stage| used(stage)).collect();
    let finding = Finding::at(Rule::RegistryLogin, service.source, first.mark, stages.join(", "));
    let finding = finding.fact("stages", stages.join(", ")).fact("count", count);
    Some(finding.fact("images", names.into_iter().take(NAMED).collect::<Vec<_>>().join(", ")))
}

/// The image that is downloaded: the service's own, or the one that its image is built from.
fn image<'a>(service: &Service<'a>) -> Option<&'a Node> {
    let image = service.get("image")?;
    if image.as_str().is_some() { Some(image) } else { image.get("from") }
}

/// Whether a name without the name of a registry: that begins with a host's name, which has a dot or a port.
fn is_hub(node: &Node) -> bool {
    let Some(image) = node.as_str().filter(|image| !image.is_empty() && !is_template(image)) else { return false };
    match image.split_once('/') {
        Some(("docker.io" | "index.docker.io" | "registry-1.docker.io", _)) | None => true,
        Some((first, _)) => !first.contains(['.', ':']) && first != "localhost",
    }
}

/// Whether any server of the stage logs in to Docker Hub, or asks a mirror.
fn has_login(inventory: &Inventory, stage: &str) -> bool {
    let members = inventory.groups.get(stage).map(|group| group.hosts.as_slice()).unwrap_or_default();
    let hosts = members.iter().filter_map(|name| inventory.hosts.get(name));
    let mut servers = hosts.filter(|host| host.groups.iter().any(|group| group.as_str() == "servers"));
    servers.any(|host| logs_in(host) || host.vars.contains_key("hive_registry_mirror"))
}

fn logs_in(host: &Host) -> bool {
    let repository = |item: &Value| match item {
        Value::Map(map) => map.get("repository").and_then(Value::as_str).is_none_or(|name| name.contains("docker.io")),
        _ => true,
    };
    match host.vars.get("hive_ext_repositories").map(|var| &var.value) {
        Some(Value::List(list)) => list.iter().any(repository),
        Some(Value::Null) | None => false,
        // A template, or text: who knows.
        Some(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::tree::{Data, Mark};

    #[test]
    fn a_name_without_a_registry_is_docker_hubs() {
        let hub = |text: &str| is_hub(&Node::new(Mark::default(), Data::Str(text.to_owned())));
        for image in ["nginx", "mysql:8.0", "procube/nginx:latest", "docker.io/library/nginx"] {
            assert!(hub(image), "{image}");
        }
        for image in ["ghcr.io/a/b", "localhost/a", "repo:5000/a", "{{ hive_registry }}/image_a", ""] {
            assert!(!hub(image), "{image}");
        }
    }
}
