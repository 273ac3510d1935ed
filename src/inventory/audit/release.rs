//! The servers' operating system: from 3.9 on hive-builder is made for Enterprise Linux 10.

use std::sync::LazyLock;

use indexmap::IndexMap;
use regex::Regex;

use super::{
    Finding, Rule,
    definition::{Definitions, Stage, is_template},
};
use crate::{
    bounded,
    inventory::{
        Host, Inventory, Value,
        tree::{Data, Node},
    },
    location::Location,
};

/// The first release that hive-builder 3.9 is made for.
const MADE_FOR: u32 = 10;

/// How large a file of requirements may be, in bytes.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// Files of a project that may say which hive-builder it takes.
const REQUIREMENTS: [&str; 4] = ["requirements.txt", "requirements.in", "pyproject.toml", "Pipfile"];

pub(super) fn findings(definitions: &Definitions, inventory: &Inventory) -> Vec<Finding> {
    let pin = pin(definitions);
    if matches!(pin, Pin::Older) {
        return Vec::new();
    }
    let mut once: IndexMap<Place, (Finding, Vec<&str>)> = IndexMap::new();
    for stage in definitions.stages() {
        for Found { value, finding } in of_stage(&stage, inventory) {
            let place = (finding.location.clone(), value);
            once.entry(place).or_insert_with(|| (finding, Vec::new())).1.push(stage.name);
        }
    }
    let severity = if matches!(pin, Pin::Newer) { "error" } else { "warning" };
    let told =
        |(finding, stages): (Finding, Vec<&str>)| finding.fact("severity", severity).fact("stage", stages.join(", "));
    once.into_values().map(told).collect()
}

/// Where something is written, and what.
type Place = (Option<Location>, String);

struct Found {
    value: String,
    finding: Finding,
}

/// What of a stage says an older release. Without `SELinux` nothing is installed that could fail.
fn of_stage(stage: &Stage<'_>, inventory: &Inventory) -> Vec<Found> {
    let hosts = || members(inventory, stage.name);
    let server = hosts().find(|host| is_in(host, "hives"));
    let mother = hosts().find(|host| is_in(host, "mother"));
    let text = |host: Option<&Host>, name: &str| host?.vars.get(name)?.value.as_str().map(str::to_owned);
    if text(server, "hive_selinux").as_deref() == Some("disabled") {
        return Vec::new();
    }
    let mut found = Vec::new();
    found.extend(of_image(stage, mother));
    if let Some(var) = server.and_then(|host| host.vars.get("hive_kernel_version"))
        && let Value::String(kernel) = &var.value
        && let Some(release) = of_kernel(kernel)
    {
        let finding = Finding { location: var.location.clone(), ..Finding::nowhere(Rule::OsRelease, stage.name) };
        found.extend(older(finding, stage, "kernel", kernel, release));
    }
    found
}

fn members<'a>(inventory: &'a Inventory, stage: &str) -> impl Iterator<Item = &'a Host> {
    let members = inventory.groups.get(stage).map(|group| group.hosts.as_slice()).unwrap_or_default();
    members.iter().filter_map(|name| inventory.hosts.get(name))
}

fn is_in(host: &Host, group: &str) -> bool {
    host.groups.iter().any(|found| found.as_str() == group)
}

/// The image that the provider makes servers of, or hive's default for it. The numbers of AMIs say nothing.
fn of_image(stage: &Stage<'_>, mother: Option<&Host>) -> Option<Found> {
    let at = |node: Option<&Node>| {
        Finding::at(Rule::OsRelease, stage.source, node.map_or(stage.mark, |node| node.mark), stage.name)
    };
    match stage.text("provider")? {
        "vagrant" => {
            let var = mother.and_then(|host| host.vars.get("hive_vagrant_box_name"));
            let Some(var) = var else { return older(at(None), stage, "default-box", "almalinux/9", 9) };
            let name = var.value.as_str().filter(|name| !is_template(name))?;
            let finding = Finding { location: var.location.clone(), ..Finding::nowhere(Rule::OsRelease, stage.name) };
            older(finding, stage, "box", name, of_name(name)?)
        }
        "gcp" => match stage.get("image_name") {
            None => older(at(None), stage, "default-image", "almalinux-cloud/almalinux-9", 9),
            Some(node) => older(at(Some(node)), stage, "image", node.as_str()?, of_name(node.as_str()?)?),
        },
        "azure" => {
            let node = stage.get("image_name")?;
            let part = |key: &str| node.get(key).map(shown).unwrap_or_default();
            let name = format!("{} {}", part("offer"), part("sku"));
            older(at(Some(node)), stage, "image", &name, of_sku(&part("offer"), &part("sku"))?)
        }
        _ => None,
    }
}

fn shown(node: &Node) -> String {
    match &node.data {
        Data::Int(number) => number.to_string(),
        _ => node.as_str().unwrap_or_default().to_owned(),
    }
}

fn older(finding: Finding, stage: &Stage<'_>, kind: &str, value: &str, release: u32) -> Option<Found> {
    let finding = finding
        .fact("kind", kind)
        .fact("stage", stage.name)
        .fact("value", value)
        .fact("provider", stage.text("provider").unwrap_or_default())
        .fact("release", i64::from(release));
    (release < MADE_FOR).then(|| Found { value: value.to_owned(), finding })
}

/// The release in a name like `almalinux/9`, `almalinux-9`, `rhel-9-v2024`, `rocky-linux-8-optimized`.
fn of_name(name: &str) -> Option<u32> {
    number(&NAME, name)
}

/// The release of Azure's image: `9_4`, `86-gen2`, `8-lvm`, `10-gen2`. Two digits after `RHEL` are a release and a minor one.
fn of_sku(offer: &str, sku: &str) -> Option<u32> {
    let enterprise =
        ["rhel", "almalinux", "rocky", "centos", "oracle"].iter().any(|name| offer.to_lowercase().contains(name));
    let digits: u32 = number(&SKU, sku).filter(|_| enterprise)?;
    Some(if (70..100).contains(&digits) { digits / 10 } else { digits })
}

/// The release in a kernel's version: `5.14.0-570.28.1.el9_6.x86_64`.
fn of_kernel(version: &str) -> Option<u32> {
    number(&KERNEL, version)
}

fn number(pattern: &Regex, text: &str) -> Option<u32> {
    pattern.captures(text)?.get(1)?.as_str().parse().ok()
}

/// Which hive-builder the project takes, as far as it says so.
enum Pin {
    Older,
    Newer,
    Unknown,
}

fn pin(definitions: &Definitions) -> Pin {
    let Some(root) = definitions.root() else { return Pin::Unknown };
    let texts = REQUIREMENTS.iter().filter_map(|name| bounded::read_text(&root.join(name), MAX_FILE).ok());
    let pins = texts.filter_map(|text| PIN.captures(&text).map(|found| of_specifiers(&found[1])));
    pins.into_iter().find(|pin| !matches!(pin, Pin::Unknown)).unwrap_or(Pin::Unknown)
}

fn of_specifiers(text: &str) -> Pin {
    for specifier in SPECIFIER.captures_iter(text) {
        let number = |group: usize| specifier.get(group).and_then(|found| found.as_str().parse::<u32>().ok());
        let version = (number(2).unwrap_or(0), number(3).unwrap_or(0));
        let exact = number(4).is_some();
        match &specifier[1] {
            "<" if version <= (3, 9) && !(exact && version == (3, 9)) => return Pin::Older,
            "<=" | "==" | "===" if version < (3, 9) => return Pin::Older,
            "~=" if exact && version < (3, 9) => return Pin::Older,
            ">=" | "==" | "===" | "~=" | ">" if version >= (3, 9) => return Pin::Newer,
            _ => {}
        }
    }
    Pin::Unknown
}

#[expect(clippy::unwrap_used, reason = "the expressions are constants; a test uses each")]
fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap()
}

static NAME: LazyLock<Regex> = LazyLock::new(|| {
    compile(
        r"(?i)(?:alma|rhel|rocky|centos|oracle|redhat)[a-z]*(?:[-/_ ]?linux)?(?:-cloud/[a-z/]*)?[-/_ ]?(?:stream-?)?v?([0-9]{1,2})(?:[^0-9]|$)",
    )
});
static SKU: LazyLock<Regex> = LazyLock::new(|| compile(r"^(?i:[a-z]+[-_]?)*([0-9]{1,2})(?:[^0-9]|$)"));
static KERNEL: LazyLock<Regex> = LazyLock::new(|| compile(r"\.el([0-9]{1,2})(?:[^0-9]|$)"));
static PIN: LazyLock<Regex> = LazyLock::new(|| {
    compile(r#"(?mi)^[ \t"']*hive[-_.]builder(?:\[[^\]]*\])?["']?[ \t]*(?:=[ \t]*["'])?[ \t]*\(?([<>=~!][^#;\n"')]*)"#)
});
static SPECIFIER: LazyLock<Regex> =
    LazyLock::new(|| compile(r"(===|==|~=|<=|>=|!=|<|>)[ \t]*([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_read_from_names() {
        let names = [
            "almalinux/9",
            "bento/almalinux-8.10",
            "projects/rhel-cloud/global/images/family/rhel-9",
            "rocky-linux-10",
        ];
        assert_eq!(names.map(of_name), [Some(9), Some(8), Some(9), Some(10)]);
        assert_eq!(
            ["ubuntu-2204", "centos-stream-9", "ami-0c972979a1769dfa1", "mine"].map(of_name),
            [None, Some(9), None, None]
        );
        assert_eq!(of_name("projects/almalinux-cloud/global/images/family/almalinux-9"), Some(9));
        assert_eq!(
            ["86-gen2", "9_4", "10-gen2", "8-lvm"].map(|sku| of_sku("RHEL", sku)),
            [Some(8), Some(9), Some(10), Some(8)]
        );
        assert_eq!(of_sku("0001-com-ubuntu-server-jammy", "22_04-lts"), None);
        assert_eq!(of_kernel("5.14.0-570.28.1.el9_6.x86_64"), Some(9));
        assert_eq!(of_kernel("6.12.0-124.8.1.el10_1.x86_64"), Some(10));
    }

    #[test]
    fn requirements_tell_the_version() {
        let told = |text: &str| {
            PIN.captures(text).map(|found| match of_specifiers(&found[1]) {
                Pin::Older => "older",
                Pin::Newer => "newer",
                Pin::Unknown => "unknown",
            })
        };
        let cases = [
            ("hive-builder<3.9\n", Some("older")),
            ("ansible\nhive_builder == 3.8.4 # pinned\n", Some("older")),
            ("hive-builder~=3.8.0\n", Some("older")),
            ("hive-builder~=3.8\n", Some("unknown")),
            ("hive-builder>=3.9.13,<4\n", Some("newer")),
            ("dependencies = [\n  \"hive-builder<3.9\",\n]\n", Some("older")),
            ("hive-builder = \"==3.9.13\"\n", Some("newer")),
            ("hive-builder\n", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(told(text), wanted, "{text}");
        }
    }
}
