//! What holds a secret shows it to nobody who debugs.

use std::sync::Arc;

use hive_preflight::{
    inventory::{Vault, VaultOptions},
    plan::{PlanOptions, Wanted},
    probe::{Batch, Becoming, Nonce},
    secret::{Kind, Redactor, Secret},
    transport::{Credentials, Endpoint, HostSettings, SshEndpoint},
};

use super::markers::Markers;

#[test]
fn no_type_that_holds_a_secret_shows_it_to_who_debugs() {
    let mut markers = Markers::default();
    let secret = Secret::from(&*markers.add("held"));
    let password = || Some(secret.clone());
    let becoming = Becoming { password: password(), ..Becoming::default() };
    let redactor = Redactor::default();
    redactor.learn(secret.expose(), Kind::Named);
    let vault = Vault::of(VaultOptions { ask: true, ..VaultOptions::default() }, &|_| password()).expect("a vault");
    assert!(vault.open("$ANSIBLE_VAULT;1.1;AES256\n00\n").is_err(), "the password is read");
    let ssh = SshEndpoint { password: password(), ..SshEndpoint::default() };
    let batch = Batch::new(Vec::new(), Nonce::random().expect("a nonce")).becoming(Arc::new(becoming.clone()));
    let asked = secret.clone();
    let shown = [
        format!("{:?}", HostSettings { password: password(), ..HostSettings::default() }),
        format!("{:?}", Wanted { password: password(), becoming, ..Wanted::default() }),
        format!("{:?}", PlanOptions { become_password: password(), ..PlanOptions::default() }),
        format!("{:#?}", Endpoint::Ssh(Box::new(ssh))),
        format!("{batch:?} {vault:?} {redactor:?}"),
        format!("{:?}", Credentials::asking(move |_| Some(asked.clone())).hidden_by(&redactor)),
    ];
    for shown in &shown {
        markers.assert_absent("Debug", shown.as_bytes());
    }
    assert!(shown[..5].iter().all(|shown| shown.contains("[hidden]") || shown.contains("Given")), "{shown:#?}");
}
