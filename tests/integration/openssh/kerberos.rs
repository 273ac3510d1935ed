//! GSSAPI: logins by a Kerberos ticket, and everything that can be wrong with one.

use std::{fs, path::Path, process::Command, thread, time::Duration};

use hive_preflight::transport::{
    Credentials, Endpoint, HostSettings, MotherEndpoint, Session, TransportError, connect,
};

use super::one_host::{OneHost, assert_both};
use crate::lab::{
    Closed,
    kerberos::Kerberos,
    sshd::{Account, Sshd, keygen, run, soon},
};

const OPENSSH: [&str; 2] = ["--transport", "openssh"];

/// A realm, and a server that takes tickets; whether it takes keys, too.
fn world(lines: &[&str]) -> (Kerberos, Sshd, Account) {
    let realm = Kerberos::start();
    let all = [&["GSSAPIAuthentication yes", "GSSAPIStrictAcceptorCheck no"], lines].concat();
    let server = Sshd::with_environment(&all, realm.of_server());
    (realm, server, Account::with_shell("/bin/sh"))
}

/// The environment of somebody whose ticket lies in `cache`.
fn with(realm: &Kerberos, cache: &Path) -> Vec<(&'static str, String)> {
    vec![realm.configuration(), ("KRB5CCNAME", format!("FILE:{}", cache.display()))]
}

#[test]
fn a_ticket_opens_the_host_and_what_is_wrong_with_one_is_told_with_what_helps() {
    let (realm, server, account) = world(&["PubkeyAuthentication no"]);
    let one = OneHost::new(&server, account.name(), "GSSAPIAuthentication yes");
    let cache = realm.ticket(account.name(), "1h");
    one.ask(&OPENSSH, &with(&realm, &cache))[0].assert("pass", &[]);
    assert!(server.logs("Accepted gssapi-with-mic"), "{}", server.log());

    let told = one.ask(&OPENSSH, &with(&realm, &realm.path("nothing")));
    let words = ["No Kerberos credentials available", "gssapi-with-mic", "\nkinit"];
    assert_both(&told, "auth", &words, "there was no Kerberos ticket", "Kerberos チケットがありません");

    let over = realm.ticket("late", "1s");
    thread::sleep(Duration::from_secs(2));
    let told = one.ask(&OPENSSH, &with(&realm, &over));
    assert_both(&told, "auth", &["Ticket expired", "\nkinit"], "has expired", "有効期限が切れています");

    let told = one.ask(&OPENSSH, &with(&realm, &realm.ticket("stranger", "1h")));
    let (english, japanese) = ("did not let us in by the Kerberos ticket", "ログインは拒否されました");
    assert_both(&told, "auth", &["~/.k5login", "\nklist"], english, japanese);

    // A server without a key, and a realm whose centre is gone.
    fs::remove_file(realm.path("host.keytab")).unwrap();
    let told = one.ask(&OPENSSH, &with(&realm, &cache));
    assert_both(&told, "auth", &["keytab"], english, japanese);
    let elsewhere = realm.path("elsewhere.conf");
    let closed = Closed::new();
    let free = format!("127.0.0.1:{}", closed.port());
    let configuration = fs::read_to_string(realm.path("krb5.conf")).unwrap();
    let is_centre = |line: &str| line.trim_start().starts_with("kdc = ");
    let lines =
        configuration.lines().map(|line| if is_centre(line) { format!("kdc = {free}") } else { line.to_owned() });
    fs::write(&elsewhere, lines.collect::<Vec<_>>().join("\n")).unwrap();
    let fresh = realm.ticket("fresh", "1h");
    let mut environment = with(&realm, &fresh);
    environment[0].1 = elsewhere.display().to_string();
    let told = one.ask(&OPENSSH, &environment);
    let words = ["Cannot contact any KDC", "\nkvno host/127.0.0.1"];
    assert_both(&told, "auth", &words, "Kerberos failed", "Kerberos でエラーが起きました");

    one.configure(&server, "GSSAPIAuthentication no");
    let told = one.ask(&OPENSSH, &with(&realm, &cache));
    assert_both(
        &told,
        "auth",
        &["`GSSAPIAuthentication yes`", "\nkinit"],
        "is not switched on",
        "有効になっていません",
    );
}

#[test]
fn the_default_transport_names_the_way_for_tickets() {
    let (realm, server, account) = world(&["PubkeyAuthentication no"]);
    let one = OneHost::new(&server, account.name(), "GSSAPIAuthentication yes");
    let environment = with(&realm, &realm.ticket(account.name(), "1h"));
    let words = ["`--transport openssh`", "\nkinit"];
    let told = one.ask(&[], &environment);
    assert_both(
        &told,
        "auth",
        &words,
        "it takes Kerberos tickets (GSSAPI)",
        "Kerberos チケット (GSSAPI) を受け付けます",
    );
    assert!(!told[0].remedy.contains("PubkeyAuthentication"), "{told:?}");
    // A key file that is missing is not what keeps us out.
    let missing = server.path("nothing").display().to_string();
    for transport in ["ssh2", "openssh"] {
        let told = one.ask(&["--private-key", &missing, "--transport", transport], &[realm.configuration()]);
        assert_both(&told, "key_file", &words, "does not exist", "がありません");
    }
}

#[test]
fn servers_that_take_tickets_too_say_nothing_of_them_to_whom_has_none() {
    let (realm, server, account) = world(&[]);
    let stranger = server.path("stranger");
    keygen(&stranger, &["-t", "ed25519"]);
    let one = OneHost::new(&server, account.name(), "GSSAPIAuthentication yes");
    let key = stranger.display().to_string();
    let ask = |transport: &str, cache: &Path| {
        let args = ["--private-key", &key, "--transport", transport];
        let [told, _] = one.ask(&args, &with(&realm, cache));
        told.assert("auth", &["ssh-copy-id"]);
        told
    };
    let [ours, theirs] = ["ssh2", "openssh"].map(|transport| ask(transport, &realm.path("nothing")));
    assert_eq!((&ours.message, &ours.remedy), (&theirs.message, &theirs.remedy));
    assert!(!ours.message.contains("Kerberos"), "{ours:?}");
    // Who has a ticket hears of it, and of it first.
    let told = ask("openssh", &realm.ticket("stranger", "1h"));
    assert!(
        told.message.contains("Kerberos ticket") && told.remedy.find("klist") < told.remedy.find("ssh-copy-id"),
        "{told:?}"
    );
}

#[test]
fn tickets_of_the_mother_open_what_is_behind_her() {
    let (realm, server, account) = world(&["PubkeyAuthentication no"]);
    let cache = realm.path(&format!("{}.cache", account.name()));
    let (name, configuration) = realm.configuration();
    let environment = format!("SetEnv {name}={configuration} KRB5CCNAME=FILE:{}", cache.display());
    let mother = Sshd::with(&[&environment]);
    let lines = [
        format!("Host hive0\n HostName 127.0.0.1\n Port {}\n User {}", server.port(), account.name()),
        format!(" UserKnownHostsFile {}\n GSSAPIAuthentication yes\n", server.known_hosts().display()),
    ];
    account.write("ssh_config", &lines.join("\n"));
    let open = || -> Result<Session, TransportError> {
        let root = account.home().display().to_string();
        let settings = HostSettings { host: "hive0".to_owned(), ..HostSettings::default() };
        let endpoint = MotherEndpoint::new(mother.endpoint(account.name()), root.clone(), &root, &settings);
        connect(&Endpoint::FromMother(Box::new(endpoint)), &Credentials::batch(), soon())
    };
    let error = open().unwrap_err();
    assert_eq!(error.class(), "auth", "{error}");
    assert!(error.to_string().contains("No Kerberos credentials available"), "{error}");
    let commands: Vec<_> = error.remedy().into_iter().flat_map(|step| step.commands).collect();
    assert_eq!(commands, [format!("ssh -t -p {} {}@127.0.0.1 kinit", mother.port(), account.name())]);
    realm.ticket(account.name(), "1h");
    run(Command::new("chown").arg(account.name()).arg(&cache));
    open().unwrap();
}
