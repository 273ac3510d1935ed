//! `vagrant/command-works`, `vagrant/machines-up`, `vagrant/not-locked`: Debian's real vagrant on the mother.
//!
//! Only `VBoxManage` is a stand-in, which says of each machine what the test wants; what vagrant makes of it is real.

use crate::lab::{Fleet, Site};

const WORKS: &str = "vagrant/command-works";
const UP: &str = "vagrant/machines-up";
const NOT_LOCKED: &str = "vagrant/not-locked";

/// Reads the machines as hive's own Vagrantfile does.
const VAGRANTFILE: &str = r#"require 'yaml'

Vagrant.configure("2") do |config|
  vars = YAML.load_file 'vagrant_vars.yml'
  config.vm.box = vars['vagrant_box_name']
  vars['vagrant_hosts'].each do |value|
    config.vm.define value['name'] do |node|
      node.vm.hostname = value['name']
    end
  end
end
"#;

const VBOXMANAGE: &str = r#"#!/bin/sh
# Says what /etc/vms says: a line a machine, its id and its state.
case "$1" in
--version) echo 6.1.50r161033 ;;
list) while read -r id state; do echo "\"$id\" {$id}"; done </etc/vms ;;
showvminfo)
  state=$(sed -n "s/^$2 //p" /etc/vms)
  if [ -z "$state" ]; then
    echo "VBoxManage: error: Could not find a registered machine named '$2'" >&2
    echo "VBoxManage: error: Details: code VBOX_E_OBJECT_NOT_FOUND (0x80bb0001), component VirtualBoxWrap" >&2
    exit 1
  fi
  printf 'name="%s"\nVMState="%s"\n' "$2" "$state"
  ;;
esac
"#;

/// A site of provider vagrant after build-infra, without a hypervisor.
fn site(hives: usize) -> Site {
    let site = Site::new(Fleet::up(hives));
    site.set_provider("vagrant", "");
    let hosts: Vec<String> = site.fleet.servers.iter().map(|host| format!("- name: {}\n", host.name())).collect();
    site.write(".hive/private/Vagrantfile", VAGRANTFILE);
    site.write(
        ".hive/private/vagrant_vars.yml",
        &format!("vagrant_box_name: almalinux/9\nvagrant_hosts:\n{}", hosts.concat()),
    );
    site
}

/// The stand-in hypervisor, with machines in these states; one without a state was never made.
fn machines(site: &Site, states: &[Option<&str>]) {
    let mother = &site.fleet.mother;
    mother.write("root", "/usr/local/bin/VBoxManage", VBOXMANAGE);
    let known: String = states
        .iter()
        .enumerate()
        .filter_map(|(index, state)| state.map(|state| format!("id-{index} {state}\n")))
        .collect();
    mother.write("root", "/etc/vms", &known);
    mother.sh("chmod 755 /usr/local/bin/VBoxManage; chmod 644 /etc/vms");
    for (index, (host, state)) in site.fleet.servers.iter().zip(states).enumerate() {
        let directory = format!("{}/.vagrant/machines/{}/virtualbox", site.context(), host.name());
        if state.is_some() {
            mother.sh_as("admin", &format!("mkdir -p {directory}; printf id-{index} >{directory}/id"));
        }
    }
}

/// What vagrant itself says on the mother.
fn status(site: &Site) -> String {
    let done = site
        .fleet
        .mother
        .ask("admin", &format!("cd {}; LC_ALL=C vagrant status --machine-readable 2>&1", site.context()));
    done.stdout
}

#[test]
fn every_error_of_the_command_is_named() {
    let site = site(1);
    let (mother, context) = (&site.fleet.mother, site.context());
    let error = |words: &str| {
        let told = status(&site);
        assert!(told.contains(words), "no `{words}`: {told}");
        site.verdicts(WORKS).the_only(mother.name(), "fail").severity("error").says(words).advises("vagrant");
    };
    error("NoDefaultProvider");
    mother.sh_as("admin", &format!("mv {context}/vagrant_vars.yml /tmp"));
    error("vagrant_vars.yml");
    mother.sh_as("admin", &format!("mv /tmp/vagrant_vars.yml {context}; echo 'def broken' >>{context}/Vagrantfile"));
    error("syntax error");
    mother.sh_as("admin", &format!("rm {context}/Vagrantfile"));
    error("NoEnvironmentError");
}

#[test]
fn an_unusable_provider_is_named() {
    let site = site(1);
    machines(&site, &[Some("running"), Some("running")]);
    // The machines were made with a hypervisor that is gone.
    site.fleet.mother.sh("rm /usr/local/bin/VBoxManage");
    site.write(
        ".hive/private/Vagrantfile",
        &VAGRANTFILE.replace("config.vm.box =", "config.vm.provider 'virtualbox'\n  config.vm.box ="),
    );
    let told = status(&site);
    assert!(told.contains("ProviderNotUsable"), "{told}");
    site.verdicts(WORKS).the_only(site.fleet.mother.name(), "fail").says("ProviderNotUsable");
}

#[test]
fn without_vagrant_nothing_is_known() {
    let site = site(1);
    site.fleet.mother.sh("rm /usr/bin/vagrant");
    let verdicts = site.verdicts(WORKS);
    assert!(verdicts.on(site.fleet.mother.name()).iter().all(|verdict| verdict.outcome != "pass"), "{verdicts:#?}");
}

#[test]
fn running_machines_are_healthy() {
    let site = site(1);
    machines(&site, &[Some("running"), Some("running")]);
    assert!(status(&site).contains("state,running"));
    site.verdicts(WORKS).assert_healthy();
    site.verdicts(UP).assert_healthy();
    site.verdicts(NOT_LOCKED).assert_healthy();
}

#[test]
fn every_state_of_a_machine_is_told() {
    let site = site(8);
    let states = ["running", "poweroff", "aborted", "saved", "paused", "gurumeditation", "stuck"];
    let made: Vec<Option<&str>> = states.iter().map(|state| Some(*state)).collect();
    machines(&site, &made);
    // The machine of this one was removed behind vagrant's back.
    let gone = &site.fleet.servers[states.len()];
    let directory = format!("{}/.vagrant/machines/{}/virtualbox", site.context(), gone.name());
    site.fleet.mother.sh_as("admin", &format!("mkdir -p {directory}; printf id-gone >{directory}/id"));
    let told = status(&site);
    let verdicts = site.verdicts(UP);
    let all = verdicts.outcomes();
    for (host, state) in site.fleet.servers.iter().zip(states.iter().copied().chain(["not_created", "not_created"])) {
        assert!(told.contains(&format!("{},state,{state}", host.name())), "{told}");
        let wanted = if state == "running" { "pass" } else { "fail" };
        let about: Vec<_> = all.iter().filter(|(_, item, _)| *item == host.name()).collect();
        assert!(
            matches!(about[..], [(_, _, outcome)] if *outcome == wanted),
            "{state} of {}: {verdicts:#?}",
            host.name()
        );
    }
}

#[test]
fn a_lock_that_is_held_is_told_from_one_that_lies_there() {
    let site = site(1);
    machines(&site, &[Some("running"), Some("running")]);
    let mother = &site.fleet.mother;
    let lock = "/home/admin/.vagrant.d/data/lock.machine-action-0123456789abcdef.lock";
    mother.write("admin", lock, "");
    site.verdicts(NOT_LOCKED).assert_healthy();
    let holder = mother.background("admin", &format!("exec flock {lock} sleep 3600"));
    mother.wait_for(&format!("! flock -n {lock} true"));
    site.verdicts(NOT_LOCKED).the_only(mother.name(), "fail").says("lock");
    drop(holder);
    site.verdicts(NOT_LOCKED).assert_healthy();
}

#[test]
fn hives_own_lock_that_nobody_holds_is_told() {
    let site = site(1);
    machines(&site, &[Some("running"), Some("running")]);
    let lock = format!("{}/.vagrant-lock.lock", site.context());
    site.fleet.mother.sh_as("admin", &format!("touch -d '1 hour ago' {lock}"));
    site.verdicts(NOT_LOCKED).the_only(site.fleet.mother.name(), "fail").says(&lock).advises(&format!("rm -- {lock}"));
}
