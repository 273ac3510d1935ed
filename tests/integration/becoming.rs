//! What is told where becoming another user is refused: by whom, why, and what helps.

use crate::{
    lab::sshd::{Account, Sshd},
    support::CliTest,
};

const CHECK: &str = "id: t/who\ntitle: {en: t, ja: t}\nwhy: {en: w, ja: w}\nhosts: all:!mother\nbecome: true\n\
    probe: {shell: id -un}\nthat: result.rc == 0\nseverity: error\nfail_msg: {en: f, ja: f}\n";

#[test]
fn each_refusal_has_the_step_that_helps_against_it() {
    let (server, test) = (Sshd::start(), CliTest::new());
    let (asking, other) = (Account::with_password("its own"), Account::with_password("another one"));
    let common = format!(
        "ansible_host: 127.0.0.1, ansible_port: {}, ansible_user: {}, ansible_ssh_private_key_file: {}, \
         ansible_ssh_common_args: '-F none -o IdentityAgent=none -o UserKnownHostsFile={}'",
        server.port(),
        asking.name(),
        server.key().display(),
        server.known_hosts().display()
    );
    let su = format!("ansible_become_method: su, ansible_become_user: {}", other.name());
    let cases = [
        ("sudo-none", "ansible_become_method: sudo".to_owned(), "without a password on `sudo-none`"),
        ("sudo-wrong", "ansible_become_password: nonsense".to_owned(), "correct `ansible_become_password`"),
        ("sudo-right", "ansible_become_password: its own".to_owned(), "NOPASSWD:ALL`"),
        ("su-none", su.clone(), "su wants that of the user to become"),
        ("su-wrong", format!("{su}, ansible_become_password: its own"), "correct `ansible_become_password`"),
        ("absent", "ansible_become_exe: /none/sudo".to_owned(), "install `sudo` on `absent`"),
    ];
    let hosts = cases.each_ref().map(|(name, own, _)| format!("    {name}: {{{common}, {own}}}\n"));
    test.write("hosts.yml", &format!("all:\n  hosts:\n{}", hosts.concat()));
    test.write("checks/t/who.yml", CHECK);
    let run = test.run(&["run", "-i", "hosts.yml", "--checks", "checks", "--check", "t/who", "--format", "json"]);
    let report = run.json();
    for (name, _, helps) in &cases {
        let found = report["results"].as_array().into_iter().flatten().find(|result| result["host"] == *name);
        let result = found.unwrap_or_else(|| panic!("no result of {name}: {report}"));
        assert_eq!((&result["outcome"], &result["error_kind"]), (&"error".into(), &"sudo".into()), "{result}");
        let step = result["remedy"]["steps"][0]["text"].as_str().unwrap_or_default();
        assert!(step.contains(helps), "{result}");
    }
}
