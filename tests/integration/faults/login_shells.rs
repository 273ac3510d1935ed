//! Whatever shell an account has and whatever its start-up files print, the same questions are answered; and what `sudo`
//! refuses is never taken for an answer.

use crate::lab::{Fleet, Site};

/// A check without `become`, and one with it.
const PLAIN: &str = "network/conntrack-tools";
const BECOME: &str = "network/no-stale-udp-flow";
const RELAY: &str = "plugin: hive_services
services:
  relay:
    image: lab/busybox
    ports:
    - \"20514:514/udp\"
";

fn site(users: &[&str]) -> Site {
    // The last server is the repository, which these checks do not ask.
    let site = Site::new(Fleet::up(users.len())).reach_as(&[users, &["admin"]].concat());
    site.write("inventory/relay.yml", RELAY);
    site
}

#[test]
fn every_login_shell_answers() {
    let users = ["admin", "noisy", "dash", "fish", "csh", "restricted"];
    let site = site(&users);
    let hive = &site.fleet.servers[3];
    let through_fish = format!("ssh -F site/.hive/private/ssh_config {} 'echo $FISH_VERSION'", hive.name());
    assert_ne!(site.fleet.mother.sh_as("admin", &through_fish), "\n", "the account's shell is fish");
    for check in [PLAIN, BECOME] {
        let verdicts = site.verdicts(check);
        verdicts.assert_healthy();
        assert_eq!(verdicts.outcomes().iter().filter(|(_, _, outcome)| *outcome == "pass").count(), users.len());
    }
}

#[test]
fn what_sudo_refuses_is_an_error_and_the_rest_is_still_answered() {
    let users = ["asked", "needstty", "plain"];
    let site = site(&users);
    site.verdicts(PLAIN).assert_healthy();
    let verdicts = site.verdicts(BECOME);
    for (host, user) in site.fleet.servers.iter().zip(users) {
        assert!(
            matches!(verdicts.on(host.name())[..], [verdict] if verdict.outcome == "error"),
            "{user}: {verdicts:#?}"
        );
    }
}

#[test]
fn an_account_that_may_not_log_in_to_a_shell_is_no_pass() {
    let site = site(&["nologin", "admin"]);
    let verdicts = site.verdicts(PLAIN);
    let [verdict] = verdicts.on(site.fleet.first_hive().name())[..] else { panic!("one verdict: {verdicts:#?}") };
    assert!(matches!(&*verdict.outcome, "error" | "unreachable"), "{verdict:#?}");
    assert!(verdicts.on(site.fleet.servers[1].name()).iter().all(|verdict| verdict.outcome == "pass"));
}
