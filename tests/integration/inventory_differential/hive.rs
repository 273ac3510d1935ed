//! hive projects: stages, services and persistents.

use super::{
    case::Case,
    dice::Dice,
    scalars,
    tree::{self, Tree},
};

const STAGES: [&str; 3] = ["private", "staging", "production"];
const SERVICES: [&str; 6] = ["web", "db", "dns", "mail", "web1", "registry"];

/// Makes the case a project.
pub(super) fn project(case: &mut Case, dice: &mut Dice) {
    let count = dice.within(1..=3);
    let stages: Vec<(&str, Tree)> = dice.some(&STAGES, count).into_iter().map(|name| (name, stage(dice))).collect();
    let name = dice.pick(&["test.example.com", "pdns.procube-demo.jp", "a.b"]);
    let definition =
        [("plugin", Tree::line("hive_inventory")), ("name", Tree::line(name)), ("stages", Tree::map(stages))];
    case.file("inventory/hive.yml", Tree::map(definition).file(2));
    let files = dice.within(0..=2);
    for path in dice.some(&["inventory/a.yml", "inventory/services.yml", "inventory/z.yaml"], files) {
        let text = services(dice);
        case.file(path, text);
    }
    if dice.chance(50) {
        let text = persistents(dice);
        case.file(".hive/persistents.yml", text);
    }
    if dice.chance(50) {
        case.stage = Some(dice.pick(&STAGES));
    }
    for path in ["inventory/group_vars/all.yml", "inventory/group_vars/hives.yml", "inventory/host_vars/web.yml"] {
        if dice.chance(25) {
            case.file(path, Tree::map([("own", tree::value(dice, 1)), ("hive_mode", Tree::line("1"))]).file(2));
        }
    }
}

fn stage(dice: &mut Dice) -> Tree {
    let provider = dice.pick(&["vagrant", "aws", "azure", "gcp", "openstack", "prepared", "kickstart"]);
    let mut options = vec![("provider", Tree::line(provider))];
    let mut maybe = |percent: usize, key: &'static str, values: &[&'static str]| {
        if dice.chance(percent) {
            options.push((key, Tree::line(dice.pick(values))));
        }
    };
    maybe(60, "separate_repository", &["yes", "no", "false", "\"no\"", "0", "~", "True"]);
    maybe(40, "custom_hostname", &["node", "my-host", "x9"]);
    maybe(50, "number_of_hosts", &["0", "1", "2", "3", "5", "0x4"]);
    for key in ["disk_size", "cpus", "repository_disk_size", "root_password", "kernel_version", "image_name"] {
        maybe(25, key, &["40", "0123", "22:22", "\"80\"", "1.10", "word", "[1, {a: yes}]"]);
    }
    maybe(20, "kms_key_id", &["alias/x"]);
    maybe(15, "internal_cidr", &["172.16.0.0/12"]);
    maybe(10, "number_of_host", &["7"]);
    match provider {
        "vagrant" => {
            maybe(40, "memory_size", &["4096", "\"4G\""]);
            maybe(30, "bridge", &["eth0"]);
            maybe(30, "repository_memory_size", &["1024"]);
        }
        "kickstart" | "prepared" => maybe(40, "memory_size", &["4096"]),
        "azure" => {
            maybe(70, "region", &["japaneast"]);
            maybe(40, "not_support_az", &["yes", "no"]);
        }
        _ => {
            maybe(70, "region", &["asia-northeast2", "ap-northeast-1"]);
            maybe(40, "instance_type", &["t3.medium"]);
            maybe(30, "az_suffix_list", &["[a, c]", "[-x]", "abc"]);
        }
    }
    options.push((
        "cidr",
        Tree::line(dice.pick(&[
            "192.168.0.0/24",
            "10.1.0.0/16",
            "192.168.0.96/28",
            "2001:db8::/64",
            "10.0.0.0/255.255.255.0",
        ])),
    ));
    if dice.chance(40) {
        options.push(("subnets", subnets(dice)));
    }
    if dice.chance(30) {
        let list = ["10.0.0.9", "10.0.0.8", "host.example.com", "\"10.0.0.7\"", "10.0.0.6"];
        let count = dice.within(1..=5);
        options.push(("ip_address_list", Tree::List(dice.some(&list, count).into_iter().map(Tree::line).collect())));
    }
    Tree::map(options)
}

fn subnets(dice: &mut Dice) -> Tree {
    let count = dice.within(1..=3);
    let mut list = Vec::new();
    for cidr in dice.some(&["192.168.0.0/28", "192.168.0.16/28", "192.168.1.0/24", "10.9.0.0/16"], count) {
        let mut subnet = vec![("cidr", Tree::line(cidr))];
        if dice.chance(40) {
            subnet.push(("name", Tree::line(dice.pick(&["front", "back", "0644"]))));
        }
        if dice.chance(30) {
            subnet.push(("available_zone", Tree::line(dice.pick(&["zone-a", "1", "2"]))));
        }
        list.push(Tree::map(subnet));
    }
    Tree::List(list)
}

fn services(dice: &mut Dice) -> String {
    let count = dice.within(0..=4);
    let services: Vec<(&str, Tree)> =
        dice.some(&SERVICES, count).into_iter().map(|name| (name, service(dice, name))).collect();
    let mut top = vec![("plugin", Tree::line("hive_services"))];
    if dice.chance(30) {
        top.push(("available_on", available_on(dice)));
    }
    top.push(("services", if services.is_empty() { Tree::line("{}") } else { Tree::map(services) }));
    if dice.chance(30) {
        let network = dice.pick(&[
            "{driver: overlay, ipam: {config: [{subnet: 10.2.0.0/24}]}}",
            "{}",
            "",
            "{driver_opts: {encrypted: \"\"}}",
        ]);
        let name = dice.pick(&["front", "hive_default_network"]);
        top.push(("networks", Tree::map([(name, Tree::line(network))])));
    }
    Tree::map(top).file(2)
}

fn available_on(dice: &mut Dice) -> Tree {
    let count = dice.within(1..=3);
    Tree::List(dice.some(&STAGES, count).into_iter().map(Tree::line).collect())
}

fn service(dice: &mut Dice, name: &str) -> Tree {
    let mut options: Vec<(&str, Tree)> = Vec::new();
    match dice.below(4) {
        0 => {}
        1 => options.push(("image", Tree::line("procube/x:1.2"))),
        _ => options.push(("image", image(dice))),
    }
    if dice.chance(60) {
        options.push(("ports", ports(dice)));
    }
    if dice.chance(60) {
        options.push(("volumes", volumes(dice, name)));
    }
    if dice.chance(20) {
        options.push(("available_on", Tree::List(vec![Tree::line("private")])));
    }
    for key in
        dice.some(&["environment", "labels", "logging", "command", "hosts", "replicas", "mode", "user", "dns"], 2)
    {
        options.push((key, tree::value(dice, 2)));
    }
    if dice.chance(15) {
        options.push(("standalone", Tree::line(dice.pick(&["True", "no", "yes"]))));
    }
    // hive refuses a service without a mapping.
    if options.is_empty() { Tree::line("{}") } else { Tree::map(options) }
}

fn image(dice: &mut Dice) -> Tree {
    let mut options = vec![("from", Tree::line(dice.pick(&["almalinux:9", "{hub: x/y, tag: 1.10}"])))];
    for key in dice.some(&["roles", "env", "user", "command", "expose", "privileged", "stop_signal"], 2) {
        options.push((key, Tree::line(scalars::scalar(dice))));
    }
    Tree::map(options)
}

fn ports(dice: &mut Dice) -> Tree {
    let ports = [
        "\"80:8080\"",
        "\"443\"",
        "8080:80",
        "\"53:53/udp\"",
        "53/udp",
        "\"2222:22\"",
        "{target_port: 22, protocol: tcp}",
        "{target_port: 25, published_port: 10025, protocol: tcp, mode: host}",
        "\" 90 : 9_0 \"",
        "\"22\"",
        "\"1:2:3\"",
    ];
    let count = dice.within(0..=4);
    Tree::List(dice.some(&ports, count).into_iter().map(Tree::line).collect())
}

fn volumes(dice: &mut Dice, service: &str) -> Tree {
    let count = dice.within(0..=3);
    let list = (0..count).map(|number| {
        let source = format!("{service}_v{number}");
        let more = dice.pick(&[
            "",
            ", type: volume, readonly: yes",
            ", driver: local",
            ", driver: local, driver_opts: {type: none, o: bind}",
            ", drbd: {size: 1G, fstype: xfs}",
            ", drbd: {size: 22:22, available_on: [private]}",
            ", nfs: {path: /x}",
            ", type: bind",
        ]);
        Tree::Line(format!("{{source: {source}, target: /t{number}{more}}}"))
    });
    Tree::List(list.collect())
}

fn persistents(dice: &mut Dice) -> String {
    let mut top: Vec<(&str, Tree)> = Vec::new();
    if dice.chance(60) {
        top.push(("stage", Tree::map([("global", Tree::line(dice.pick(&STAGES)))])));
    }
    if dice.chance(50) {
        top.push(("first_hive", scoped(dice, &["0", "1", "2", "7"])));
    }
    if dice.chance(50) {
        top.push(("published_port_map", scoped(dice, &["{web443: 61001, db22: 61003}", "{dns53: 61002}", "{}"])));
    }
    if dice.chance(50) {
        top.push(("drbd_device_map", scoped(dice, &["{web_v0: 1, db_v1: 2}", "{mail_v0: 7}"])));
    }
    top.push(("hive_email", Tree::map([("global", Tree::line("x@example.com"))])));
    Tree::map(top).file(2)
}

/// A value for some of the stages.
fn scoped(dice: &mut Dice, values: &[&'static str]) -> Tree {
    let count = dice.within(1..=3);
    Tree::map(
        dice.some(&STAGES, count).into_iter().map(|stage| (stage, Tree::line(dice.pick(values)))).collect::<Vec<_>>(),
    )
}
