//! The rules of changes: what breaks each, what does not, and where the finding points.

use super::{H, HIVE, P, PERSISTENTS, Repository, S, SERVICES, failed, site};

/// A rule's own change, and one beside it that hurts nobody: file, what is there, what comes instead.
struct Case {
    rule: &'static str,
    hurts: &'static [(&'static str, &'static str, &'static str)],
    healthy: &'static [(&'static str, &'static str, &'static str)],
}

const CASES: [Case; 13] = [
    Case {
        rule: "repository-stays",
        hurts: &[(H, "hosts: 4", "hosts: 5")],
        healthy: &[(H, "hosts: 4", "hosts: 4\n    cpus: 2")],
    },
    Case {
        rule: "addresses-stay",
        hurts: &[(H, "10.0.0.0/24", "10.0.1.0/24")],
        healthy: &[(H, "10.0.0.0/24", "10.0.0.0/23")],
    },
    Case {
        rule: "addresses-stay",
        hurts: &[(H, "    number", "    subnets: [{cidr: 10.0.0.64/26}, {cidr: 10.0.0.0/26}]\n    number")],
        healthy: &[(H, "hosts: 4", "hosts: 6")],
    },
    Case {
        rule: "volume-size-stays",
        hurts: &[(S, "/d, drbd: {size: 1G", "/d, drbd: {size: 2G")],
        healthy: &[(S, "target: /d", "target: /e")],
    },
    Case {
        rule: "numbers-stay",
        hurts: &[(P, "61001", "61005")],
        healthy: &[(S, "services:\n", "services:\n  early: {image: alpine, ports: ['9000']}\n")],
    },
    Case {
        rule: "numbers-stay",
        hurts: &[(P, "data: 1, more: 2", "data: 2, more: 1")],
        healthy: &[(S, "source: data, target: /d, drbd: {", "source: data, target: /d, drbd: {device_id: 1, ")],
    },
    Case {
        rule: "internal-cidr-stays",
        hurts: &[(H, "172.30", "172.31")],
        healthy: &[(H, "10.0.0.0/24", "10.0.0.0/23")],
    },
    Case {
        rule: "swarm-master-stays",
        hurts: &[(P, "stage:", "first_hive: {production: 1}\nstage:")],
        healthy: &[(P, "stage:", "forks: {global: 9}\nstage:")],
    },
    Case {
        rule: "published-port-stays",
        hurts: &[(S, " \"443:443\",", "")],
        healthy: &[
            (S, " \"443:443\",", ""),
            (S, "services:\n", "services:\n  lb: {image: haproxy, ports: ['443:8443']}\n"),
        ],
    },
    Case {
        rule: "manager-remains",
        hurts: &[(H, "10.0.0.0/24", "10.0.1.0/24\n    custom_hostname: node")],
        healthy: &[(H, "10.0.0.0/24", "10.0.0.0/24\n    custom_hostname: node")],
    },
    Case {
        rule: "manager-remains",
        hurts: &[(H, "hosts: 4", "hosts: 1")],
        healthy: &[(H, "  production:", "  staging:")],
    },
    Case { rule: "quorum-stays", hurts: &[(H, "hosts: 4", "hosts: 3")], healthy: &[(H, "hosts: 4", "hosts: 6")] },
    Case {
        rule: "no-secret-in-clear",
        hurts: &[(S, "TZ: UTC", "TZ: UTC\n      DB_PASSWORD: hunter22")],
        healthy: &[(S, "TZ: UTC", "TZ: UTC\n      DB_PASSWORD: '{{ vaulted_password }}'")],
    },
];

/// Commits the edits, lets `diff` judge them, and commits the way back.
fn judged(repository: &Repository, edits: &[(&str, &str, &str)]) -> Vec<String> {
    for (file, from, to) in edits {
        let text = repository.test.read(file);
        assert!(text.contains(from), "{file} has {from}");
        repository.test.write(file, &text.replacen(from, to, 1));
    }
    repository.commit(&[]);
    let run = repository.run(&["diff", "HEAD~1", "--format", "json"]);
    let failed = failed(&run);
    assert!(!run.stdout.contains("hunter22"), "{run:?}");
    repository.commit(&[(H, HIVE), (S, SERVICES), (P, PERSISTENTS)]);
    failed
}

#[test]
fn every_rule_is_broken_by_its_commit_and_not_by_a_healthy_one() {
    let repository = site();
    for Case { rule, hurts, healthy } in CASES {
        let id = format!("change/{rule}");
        let (found, well) = (judged(&repository, hurts), judged(&repository, healthy));
        assert!(found.contains(&id), "{hurts:?} breaks {id}, but the findings are {found:?}");
        assert!(!well.contains(&id), "{healthy:?} does not break {id}, but the findings are {well:?}");
    }
}

/// An edit: file, text, other text.
type Edit = (&'static str, &'static str, &'static str);

const FIVE: Edit = (H, "hosts: 4", "hosts: 5");

const SUBNETS: Edit = (H, "hosts: 4\n", "hosts: 4\n    subnets: [{cidr: 10.0.0.0/26}, {cidr: 10.0.0.128/26}]\n");

/// A rule, what is otherwise from the beginning, what breaks it, and the place that the finding names.
const PLACES: [(&str, &[Edit], Edit, &str); 8] = [
    ("repository-stays", &[], FIVE, "hive.yml:8:5"),
    ("repository-stays", &[FIVE], (H, "    number_of_hosts: 5\n", ""), "hive.yml:4:3"),
    ("quorum-stays", &[], (H, "hosts: 4", "hosts: 3"), "hive.yml:8:5"),
    ("manager-remains", &[], (H, "hosts: 4", "hosts: 1"), "hive.yml:8:5"),
    ("addresses-stay", &[], (H, "10.0.0.0/24", "10.0.1.0/24"), "hive.yml:7:5"),
    ("addresses-stay", &[SUBNETS], (H, "10.0.0.128/26", "10.0.0.192/26"), "hive.yml:9:37"),
    ("volume-size-stays", &[], (S, "/m, drbd: {size: 1G", "/m, drbd: {size: 2G"), "web.yml:10:43"),
    ("internal-cidr-stays", &[], (H, "172.30", "172.31"), "hive.yml:6:5"),
];

fn edit(repository: &Repository, (file, from, to): Edit) {
    let text = repository.test.read(file);
    assert!(text.contains(from), "{file} has {from}");
    repository.test.write(file, &text.replacen(from, to, 1));
}

#[test]
fn a_finding_points_at_the_key_that_changed() {
    for (rule, first, change, place) in PLACES {
        let repository = site();
        for first in first {
            edit(&repository, *first);
        }
        repository.commit(&[]);
        edit(&repository, change);
        let check = format!("change/{rule}");
        let run = repository.run(&["diff", "HEAD", "--format", "json", "--check", &check]);
        let location = &run.json()["results"][0]["location"];
        let file = location["file"].as_str().unwrap_or("nowhere");
        let told = format!("{file}:{}:{}", location["line"], location["column"]);
        assert!(told.ends_with(place), "{rule}: {change:?} is told at {told}, not at {place}\n{}", run.stdout);
    }
}
