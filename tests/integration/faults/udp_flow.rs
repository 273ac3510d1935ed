//! `network/no-stale-udp-flow`: real packets make real conntrack entries, before and after DNAT is there.
//!
//! | made real                                     | verdict on the hive |
//! |-----------------------------------------------|---------------------|
//! | packets before the rule, IPv4, IPv6, dockerd  | fail                |
//! | rule before the packets                       | pass                |
//! | packets, no rule for the port                 | pass                |
//! | IPv6 packets, rule for IPv4 only              | pass                |
//! | a stale flow that `admin` may not see         | error, never pass   |

use super::docker;
use crate::lab::{Background, Fleet, Host, Site};

const CHECK: &str = "network/no-stale-udp-flow";
const SERVICES: &str = "plugin: hive_services
services:
  relay:
    image: lab/busybox
    ports:
    - \"20514:514/udp\"
";

/// A site with a service that publishes 20514/udp, a hive that tracks connections as a firewalled host does, and a client.
fn site() -> (Site, Host) {
    let site = Site::new(Fleet::up(1));
    site.write("inventory/relay.yml", SERVICES);
    let client = site.fleet.stranger("client");
    let hive = site.fleet.first_hive();
    for tool in ["iptables", "ip6tables"] {
        hive.sh(&format!("{tool} -A INPUT -m conntrack --ctstate INVALID -j DROP"));
    }
    (site, client)
}

/// A network namespace on the hive that stands for a container.
fn container(hive: &Host) {
    hive.sh("ip netns add relay
        ip link add veth0 type veth peer name eth0 netns relay
        ip address add 172.21.34.129/26 dev veth0
        ip address add fd21::1/64 dev veth0 nodad
        ip link set veth0 up
        ip -n relay address add 172.21.34.130/26 dev eth0
        ip -n relay address add fd21::2/64 dev eth0 nodad
        ip -n relay link set eth0 up
        ip -n relay route add default via 172.21.34.129
        ip -n relay route add default via fd21::1");
}

fn publish_ipv4(hive: &Host) {
    hive.sh("iptables -t nat -A PREROUTING -p udp --dport 20514 -j DNAT --to-destination 172.21.34.130:514");
}

fn publish_ipv6(hive: &Host) {
    hive.sh("ip6tables -t nat -A PREROUTING -p udp --dport 20514 -j DNAT --to-destination [fd21::2]:514");
}

/// Packets from one fixed port, four a second: a busy syslog client.
fn send(client: &Host, target: &str, port: u16) -> Background {
    let sender =
        format!("while :; do echo '<13>hello'; sleep 0.25; done | socat -u - {target}:20514,sourceport={port}");
    client.background("root", &sender)
}

fn send_ipv4(client: &Host, hive: &Host) -> Background {
    let sender = send(client, &format!("UDP4-SENDTO:{}", hive.ipv4()), 40514);
    hive.wait_for("conntrack -L -p udp --dport 20514 2>/dev/null | grep -q sport=40514");
    sender
}

fn send_ipv6(client: &Host, hive: &Host) -> Background {
    let sender = send(client, &format!("UDP6-SENDTO:[{}]", hive.ipv6()), 40516);
    hive.wait_for("conntrack -f ipv6 -L -p udp --dport 20514 2>/dev/null | grep -q sport=40516");
    sender
}

/// The second `src=` of the one flow: who answers the client.
fn answering(hive: &Host, family: &str) -> String {
    let flows = hive.sh(&format!("conntrack -f {family} -L -p udp --dport 20514 2>/dev/null"));
    let sources: Vec<&str> = flows.split_whitespace().filter_map(|word| word.strip_prefix("src=")).collect();
    match sources[..] {
        [_, reply] => reply.to_owned(),
        _ => panic!("wanted one flow: {flows}"),
    }
}

#[test]
fn packets_before_the_rule_leave_a_stale_flow() {
    let (site, client) = site();
    let hive = site.fleet.first_hive();
    container(hive);
    let _sender = send_ipv4(&client, hive);
    site.verdicts(CHECK).assert_healthy();
    publish_ipv4(hive);
    assert_eq!(answering(hive, "ipv4"), hive.ipv4().to_string());
    site.verdicts(CHECK)
        .the_only(hive.name(), "fail")
        .severity("error")
        .says(&client.ipv4().to_string())
        .advises("conntrack -D -p udp --dport 20514");
    hive.sh("conntrack -D -p udp --dport 20514 2>/dev/null");
    hive.wait_for("conntrack -L -p udp --dport 20514 2>/dev/null | grep -q src=172.21.34.130");
    site.verdicts(CHECK).assert_healthy();
}

#[test]
fn the_rule_before_the_packets_is_healthy() {
    let (site, client) = site();
    let hive = site.fleet.first_hive();
    container(hive);
    publish_ipv4(hive);
    publish_ipv6(hive);
    let _senders = (send_ipv4(&client, hive), send_ipv6(&client, hive));
    assert_eq!(answering(hive, "ipv4"), "172.21.34.130");
    assert_eq!(answering(hive, "ipv6"), "fd21::2");
    site.verdicts(CHECK).assert_healthy();
}

#[test]
fn packets_before_the_ipv6_rule_leave_a_stale_flow() {
    let (site, client) = site();
    let hive = site.fleet.first_hive();
    container(hive);
    publish_ipv4(hive);
    let _sender = send_ipv6(&client, hive);
    site.verdicts(CHECK).assert_healthy();
    publish_ipv6(hive);
    assert_eq!(answering(hive, "ipv6"), hive.ipv6().to_string());
    site.verdicts(CHECK)
        .the_only(hive.name(), "fail")
        .severity("error")
        .says(&client.ipv6().to_string())
        .advises("conntrack");
}

#[test]
fn dockerd_publishes_too_late() {
    let (site, client) = site();
    let hive = site.fleet.first_hive();
    docker::start(hive);
    let _sender = send_ipv4(&client, hive);
    hive.sh(&format!("docker run -d -p 20514:514/udp {} /bin/sleep 3600", docker::IMAGE));
    assert_eq!(answering(hive, "ipv4"), hive.ipv4().to_string());
    site.verdicts(CHECK).the_only(hive.name(), "fail").says(&client.ipv4().to_string());
}

#[test]
fn dockerd_publishes_in_time() {
    let (site, client) = site();
    let hive = site.fleet.first_hive();
    docker::start(hive);
    hive.sh(&format!("docker run -d -p 20514:514/udp {} /bin/sleep 3600", docker::IMAGE));
    let _sender = send_ipv4(&client, hive);
    assert_eq!(answering(hive, "ipv4"), "172.17.0.2");
    site.verdicts(CHECK).assert_healthy();
}

#[test]
fn without_the_tool_the_kernels_own_table_is_read() {
    let (site, client) = site();
    let hive = site.fleet.first_hive();
    container(hive);
    let _sender = send_ipv4(&client, hive);
    publish_ipv4(hive);
    hive.sh("rm /usr/sbin/conntrack; grep -q 'dport=20514' /proc/net/nf_conntrack");
    site.verdicts(CHECK).the_only(hive.name(), "fail").says(&client.ipv4().to_string());
}

#[test]
fn a_flow_table_that_may_not_be_read_is_no_pass() {
    let (site, client) = site();
    let hive = site.fleet.first_hive();
    container(hive);
    let _sender = send_ipv4(&client, hive);
    publish_ipv4(hive);
    hive.sh("sed -i 's/^admin,//' /etc/sudoers");
    assert_eq!(hive.ask("admin", "sudo -n true").status, Some(1));
    site.verdicts(CHECK).the_only(hive.name(), "error");
}
