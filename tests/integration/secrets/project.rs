//! A project that is full of secrets: one of each kind, in every place where Ansible and hive-builder take one.

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use super::markers::Markers;
use crate::{
    lab::{
        Closed,
        sshd::{Account, Sshd, keygen},
    },
    support::{CliTest, ansible},
};

/// The project with its servers.
pub(super) struct Project {
    pub(super) test: CliTest,
    pub(super) markers: Markers,
    /// The environment that a user of cloud accounts has.
    pub(super) environment: Vec<(&'static str, String)>,
    _servers: (Sshd, Account, Closed),
}

impl Project {
    pub(super) fn new() -> Self {
        let (test, mut markers) = (CliTest::new(), Markers::default());
        let m = |markers: &mut Markers, place: &str| markers.add(place);
        let login = m(&mut markers, "login password");
        let account = Account::with_password(&login);
        let (server, closed) = (Sshd::with(&["PasswordAuthentication yes"]), Closed::new());
        keygen(&test.path("stranger"), &["-t", "ed25519"]);
        test.write("one", &m(&mut markers, "vault password"));
        let vaulted = encrypted(&test, &["encrypt_string"], &m(&mut markers, "vaulted value"));
        let vars = variables(&mut markers);
        let hosts = hosts(&server, &account, &test, &mut markers, (&login, closed.port()));
        let vaulted = vaulted.trim_end().replace('\n', "\n        ");
        test.write("hosts.yml", &format!("all:\n  vars:\n{vars}    vaulted: {vaulted}\n  hosts:\n{hosts}"));
        let whole = format!(
            "whole_password: {}\nwhole: {}\nwhole_rendered: 'x {{{{ whole }}}}'\n",
            m(&mut markers, "password in a vaulted file"),
            m(&mut markers, "value in a vaulted file")
        );
        test.write("group_vars/all/vault.yml", &encrypted(&test, &["encrypt"], &whole));
        looks(&test, &mut markers);
        checks(&test);
        let environment = vec![
            ("AWS_SECRET_ACCESS_KEY", m(&mut markers, "environment key")),
            ("GITHUB_TOKEN", m(&mut markers, "environment token")),
            ("https_proxy", format!("http://u:{}@192.0.2.1:3128", m(&mut markers, "environment proxy"))),
        ];
        Self { test, markers, environment, _servers: (server, account, closed) }
    }
}

/// Variables of every kind.
fn variables(markers: &mut Markers) -> String {
    let mut add = |place: &str| markers.add(place);
    format!(
        "    db_password: {}\n    app: {{secret: {}, nested: {{api_key: {}}}}}\n\
         \x20   hive_ext_repositories: [{{repository: r.io, login_user: u, password: {}}}]\n\
         \x20   aws: {{aws_access_key_id: AKIA{}, aws_secret_access_key: {}}}\n    azure_client_secret: {}\n\
         \x20   gcp: {{private_key: \"-----BEGIN PRIVATE KEY-----\\n{}\\n-----END PRIVATE KEY-----\\n\"}}\n\
         \x20   proxy: http://u:{}@proxy:3128\n    settings: [DB_PASSWORD={}, X=1]\n    api_tokens: [{}, {}]\n\
         \x20   odd_password: '{} \"q\" <b>&amp; $x `y` \\ end'\n    long_secret: |\n      {}\n      {}\n\
         \x20   derived: 'got {{{{ db_password }}}}'\n    ansible_become_password: {}\n\
         \x20   broken_token: \"{{{{ '{}' | nosuchfilter }}}}\"\n",
        add("password"),
        add("secret in a mapping"),
        add("api key"),
        add("registry"),
        "A".repeat(16),
        add("aws"),
        add("azure"),
        add("gcp"),
        add("proxy"),
        add("setting"),
        add("first token"),
        add("second token"),
        add("odd"),
        add("first line"),
        add("second line"),
        add("become"),
        add("literal in a template"),
    )
}

/// Hosts that answer, refuse the login, refuse the connection, and this machine.
fn hosts(
    server: &Sshd,
    account: &Account,
    test: &CliTest,
    markers: &mut Markers,
    (login, closed): (&str, u16),
) -> String {
    let reach = format!(
        "ansible_host: 127.0.0.1, ansible_port: {}, ansible_ssh_common_args: '-F none -o IdentityAgent=none -o \
         UserKnownHostsFile={}'",
        server.port(),
        server.known_hosts().display()
    );
    let mut hosts = String::new();
    for (name, more) in [
        ("good", format!("{reach}, ansible_user: {}, ansible_password: {login}", account.name())),
        (
            "denied",
            format!(
                "{reach}, ansible_user: root, ansible_ssh_private_key_file: {}, ansible_ssh_pass: {}",
                test.path("stranger").display(),
                markers.add("password that is wrong")
            ),
        ),
        (
            "refused",
            format!(
                "ansible_host: 127.0.0.1, ansible_port: {closed}, ansible_password: {}",
                markers.add("password for nobody")
            ),
        ),
        ("here", "ansible_connection: local".to_owned()),
    ] {
        // Writing to a `String` cannot fail.
        let _ = writeln!(hosts, "    {name}: {{{more}}}");
    }
    hosts
}

/// Files on the hosts with what nobody read before, but everybody knows by its looks.
fn looks(test: &CliTest, markers: &mut Markers) {
    let mut add = |place: &str| markers.add(place);
    let looks = [
        format!("-----BEGIN RSA PRIVATE KEY-----\n{0}{0}\n-----END RSA PRIVATE KEY-----", add("key on a host")),
        format!("aws_secret_access_key = {}\nAKIA{}", add("aws on a host"), "B".repeat(16)),
        format!("{{\"auths\": {{\"r.io\": {{\"auth\": \"{}\"}}}}}}", add("docker on a host")),
        format!("Authorization: Bearer {}", add("bearer on a host")),
        format!("git clone https://u:{}@example.com/x ghp_{}", add("address on a host"), add("GitHub on a host")),
        format!("mysql --password {} -h db", add("option on a host")),
        format!("password: \"{}\" # and so on", add("YAML on a host")),
    ];
    for (number, look) in looks.iter().enumerate() {
        test.write(&format!("looks/{number}"), &format!("{look}\n"));
    }
    let mut loop_ = Vec::new();
    for number in 0..looks.len() {
        loop_.push(test.path(&format!("looks/{number}")).display().to_string());
    }
    write_check(
        test,
        "looks",
        &format!(
            "hosts: here\nloop: {}\nprobe: {{shell: 'cat {{{{ item }}}}; cat {{{{ item }}}} >&2'}}\n\
             that: result.stdout == 'x'\nfail_msg: {{en: 'it said {{{{ result.stdout }}}}', ja: '{{{{ result.stderr }}}}'}}",
            serde_json::to_string(&loop_).expect("JSON")
        ),
    );
}

fn checks(test: &CliTest) {
    let all = "{{ db_password }} {{ app }} {{ hive_ext_repositories }} {{ aws }} {{ azure_client_secret }} {{ gcp }} \
               {{ proxy }} {{ settings }} {{ api_tokens }} {{ odd_password }} {{ long_secret }} {{ derived }} {{ vaulted }} \
               {{ whole_password }} {{ whole }} {{ whole_rendered }} {{ ansible_become_password }} {{ db_password | b64encode }} \
               {{ app | to_json }} {{ ('u:' ~ db_password) | b64encode }}";
    let told = format!(
        "hosts: good:here\nprobe: {{shell: \"printf '%s\\\\n' {{{{ long_secret }}}}; printf '%s\\\\n' {{{{ (db_password \
         ~ ' ' ~ vaulted ~ ' ' ~ whole ~ ' ' ~ odd_password) }}}} >&2; printf %s {{{{ db_password }}}} | base64\"}}\n\
         that: [\"result.stdout == db_password ~ vaulted\", \"odd_password == whole\"]\n\
         fail_msg: {{en: {0}, ja: {0}}}",
        serde_json::to_string(&format!("it was {all} and {{{{ result.stderr }}}}")).expect("JSON")
    );
    write_check(test, "told", &told);
    write_check(
        test,
        "broken",
        "hosts: good:here\nprobe: {shell: 'true'}\nthat: broken_token == 'x'\nfail_msg: {en: f, ja: f}",
    );
    // Its own shell is alive while `ps` looks.
    let seen = test.path("seen");
    fs::create_dir(&seen).expect("a directory");
    crate::lab::sshd::run(Command::new("chmod").arg("777").arg(&seen));
    write_check(
        test,
        "seen",
        &format!(
            "hosts: good:here\nprobe: {{shell: \"printf %s {{{{ db_password }}}} {{{{ vaulted }}}} | cksum; ps \
             -e -ww -o args > {0}/$(id -u).arguments; cat /proc/$$/environ > {0}/$(id -u).environment\"}}\n\
             that: result.rc == 0\nfail_msg: {{en: f, ja: f}}",
            seen.display()
        ),
    );
    write_check(
        test,
        "words",
        "hosts: good:here\nprobe: {command: {argv: ['true', '{{ db_password }}']}}\nthat: result.rc == 0\nfail_msg: {en: f, ja: f}",
    );
}

pub(super) fn write_check(test: &CliTest, name: &str, lines: &str) {
    let written = format!(
        "id: t/{name}\ntitle: {{en: t, ja: t}}\nwhy: {{en: w, ja: w}}\n\
         severity: error\nremedy: [{{text: {{en: 'run {{{{ db_password | default(1) }}}}', ja: r}}, command: 'x {{{{ \
         vaulted | default(1) }}}}'}}]\n{lines}\n"
    );
    test.write(&format!("mine/t/{name}.yml"), &written);
}

/// What the real `ansible-vault` makes of a text.
pub(super) fn encrypted(test: &CliTest, args: &[&str], plain: &str) -> String {
    let mut command = Command::new(ansible("ansible-vault"));
    command
        .args(args)
        .args(["--vault-password-file", "one"])
        .current_dir(test.path("."))
        .env("HOME", test.path("home"));
    if args == ["encrypt"] {
        command.args(["--output", "-", "-"]);
    }
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("ansible-vault starts");
    child.stdin.take().expect("a pipe").write_all(plain.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}
