//! Addresses of a network of the lab's own: link-local ones, and names with several of which some are dead.

use crate::lab::{Fleet, Host};

const CHECK: &str = "id: t/here\ntitle: {en: t, ja: t}\nwhy: {en: w, ja: w}\nhosts: all\nprobe: {shell: hostname}\n\
                     that: [\"result.stdout is search('hive0')\"]\nseverity: error\nfail_msg: {en: f, ja: f}\n\
                     remedy: [{text: {en: r, ja: r}}]\n";

/// Runs the program on the mother against `address`, with the first hive's key known under that name, `more` as arguments
/// of `ssh`, and these options.
fn reach(fleet: &Fleet, address: &str, more: &str, options: &str) -> String {
    let (mother, hive) = (&fleet.mother, fleet.first_hive());
    let text = format!(
        "hive ansible_host='{address}' ansible_user=root ansible_ssh_private_key_file=/root/key \
         ansible_ssh_common_args='-F none -o IdentityAgent=none -o UserKnownHostsFile=/root/known {more}'\n"
    );
    mother.write("root", "/root/hosts", &text);
    mother.write("root", "/root/known", &format!("{address} {}\n", hive.key()));
    mother.write("root", "/root/checks/t/here.yml", CHECK);
    mother.write("root", "/root/key", &fleet.keys.private());
    mother.sh("chmod 600 /root/key");
    let program = "/opt/hive-preflight/hive-preflight";
    let script = format!(
        "{program} run -i /root/hosts --checks /root/checks --check t/here --lang en --timeout 60 --connect-timeout 15 --format json {options} 2>&1 || true"
    );
    mother.sh(&script)
}

fn link_local(host: &Host) -> String {
    host.wait_for(
        "ip -6 -o addr show dev eth0 scope link | grep -q fe80 && ! ip -6 addr show dev eth0 | grep -q tentative",
    );
    host.sh("ip -6 -o addr show dev eth0 scope link | tr -s ' ' | cut -d' ' -f4 | cut -d/ -f1 | head -n1")
        .trim()
        .to_owned()
}

fn passes(report: &str) -> bool {
    report.contains("\"outcome\": \"pass\"")
}

#[test]
fn link_local_addresses_and_names_with_dead_addresses_lead_to_the_host() {
    let fleet = Fleet::up(1);
    let (mother, hive) = (&fleet.mother, fleet.first_hive());
    let zoned = format!("{}%eth0", link_local(hive));
    link_local(mother);
    for options in ["", "--transport openssh"] {
        for address in [&zoned, &hive.ipv6().to_string()] {
            let report = reach(&fleet, address, "", options);
            assert!(passes(&report), "{address} {options}: {report}");
        }
    }
    // Nobody has these; what the kernel finds out about them takes longer than the other address needs to answer.
    let dead = ["192.168.56.240", "192.168.56.241", "fd77::f0"];
    let (v4, v6) = (hive.ipv4().to_string(), hive.ipv6().to_string());
    let names: Vec<String> =
        dead.iter().chain([&v4.as_str(), &v6.as_str()]).map(|address| format!("{address} many\n")).collect();
    let names = names.concat();
    mother.write("root", "/root/names", &names);
    mother.sh("cat /root/names >> /etc/hosts");
    for family in ["", "-4", "-6"] {
        let report = reach(&fleet, "many", family, "");
        assert!(passes(&report), "{family}: {report}");
    }
    let report = reach(&fleet, "many", "-p 2", "");
    for address in dead {
        assert!(report.contains(address), "{address} is told: {report}");
    }
}

/// `CheckHostIP`: a host whose name is known by its key, and whose address by another one, asked by us and by `ssh`.
#[test]
fn an_address_that_is_known_by_another_key_is_refused_where_ssh_refuses_it() {
    let fleet = Fleet::up(1);
    let (mother, hive) = (&fleet.mother, fleet.first_hive());
    let address = hive.ipv4();
    mother.sh(&format!("echo '{address} named' >> /etc/hosts; ssh-keygen -q -t ed25519 -N '' -f /root/other"));
    let other = mother.sh("cut -d' ' -f1,2 /root/other.pub");
    mother.write("root", "/root/more", &format!("{address} {other}"));
    for (option, is_refused) in [("yes", true), ("no", false)] {
        let more = format!("-o GlobalKnownHostsFile=/root/more -o CheckHostIP={option}");
        let report = reach(&fleet, "named", &more, "");
        assert_eq!(report.contains("\"class\": \"host_key_changed\""), is_refused, "{option}: {report}");
        assert_eq!(passes(&report), !is_refused, "{option}: {report}");
        let ssh = format!(
            "ssh -F none -oBatchMode=yes -oUserKnownHostsFile=/root/known -i /root/key {more} root@named true && echo in || true"
        );
        assert_eq!(mother.sh(&ssh).trim(), if is_refused { "" } else { "in" }, "{option}");
    }
}
