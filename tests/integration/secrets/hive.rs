//! A hive project that is full of secrets, reached with a key that only a passphrase opens: no secret stands in anything
//! that is said or written, however it ends.

use std::{
    ffi::OsStr,
    fmt::Debug,
    fs,
    process::{Command, Output},
};

use hive_preflight::report::Format;

use super::{formats, markers::Markers, project::write_check};
use crate::{
    lab::sshd::{Sshd, run},
    support::{CliTest, Run, findings, on_terminal},
};

/// The project with its one server.
struct Site {
    test: CliTest,
    markers: Markers,
    server: Sshd,
}

const HOST: &str = "p-hive0.secrets.example.com";

/// The secrets of a site as it was once, or is now.
fn files(markers: &mut Markers, when: &str) -> [(&'static str, String); 4] {
    let mut add = |place: &str| markers.add(&format!("{when} {place}"));
    [
        (
            "inventory/hive.yml",
            format!(
                "plugin: hive_inventory\nname: secrets.example.com\nstages:\n  private:\n    provider: prepared\n\
                 \x20   cidr: 127.0.0.0/24\n    separate_repository: false\n    ip_address_list: [127.0.0.1]\n\
                 \x20   root_password: {}\n  production: {{provider: aws, cidr: 10.1.0.0/24, disk_encrypted: true, kms_key_id: \
                 'arn:aws:kms:x:1:key/1', root_password: {}}}\n",
                add("root password"),
                add("root password of another stage")
            ),
        ),
        (
            "inventory/group_vars/all.yml",
            format!(
                "hive_ext_repositories:\n  - {{repository: r.example.com, login_user: u, password: {}}}\n\
                 aws_secret_access_key: {}\nazure: {{tenant: t, client_secret: {}}}\ngcp_credential: {{project_id: p, \
                 private_key: \"-----BEGIN PRIVATE KEY-----\\n{}\\n-----END PRIVATE KEY-----\\n\"}}\nkms_api_key: {}\n",
                add("registry"),
                add("aws"),
                add("azure"),
                add("gcp"),
                add("kms")
            ),
        ),
        (
            "inventory/services.yml",
            format!(
                "plugin: hive_services\nservices:\n  web:\n    image: {{from: 'alpine:3', roles: [], env: {{IMAGE_TOKEN: \
                 {}}}}}\n    environment: {{DB_PASSWORD: {}, MAIL: 'smtp://u:{}@mail:25'}}\n    command: [serve, --password, \
                 {}]\n    healthcheck: {{test: 'curl -u user:{} http://web/'}}\n    labels: {{api_key: {}}}\n\
                 \x20   logging: {{driver: fluentd, options: {{token: {}}}}}\n    ports: ['80:80']\n  db:\n    image: db:1\n\
                 \x20   environment: [MYSQL_ROOT_PASSWORD={}, MODE=x]\n    entrypoint: \"sh -c 'export API_TOKEN={}; exec db'\"\n",
                add("image"),
                add("service"),
                add("address"),
                add("argument"),
                add("healthcheck"),
                add("label"),
                add("log driver"),
                add("listed"),
                add("entrypoint")
            ),
        ),
        (
            ".hive/persistents.yml",
            format!(
                "stage: {{global: private}}\naws_secret_access_key: {{global: {}}}\nvault_token: {{private: {}}}\n\
                 http_proxy_password: {{global: x, private: {}}}\n",
                add("persistent key"),
                add("persistent token"),
                add("persistent password")
            ),
        ),
    ]
}

impl Site {
    fn new() -> Self {
        let (test, mut markers, server) = (CliTest::new(), Markers::default(), Sshd::start());
        let passphrase = markers.add("passphrase");
        run(Command::new("ssh-keygen").args(["-q", "-p", "-P", "", "-N", &passphrase, "-f"]).arg(server.key()));
        let mut site = Self { test, markers, server };
        site.write("then");
        site.git(&["init", "--quiet"]);
        site.git(&["add", "site"]);
        site.git(&["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "then"]);
        site.write("now");
        let config = format!(
            "Host {HOST}\n  HostName 127.0.0.1\n  Port {}\n  User root\n  IdentityFile {}\n  IdentityAgent none\n  \
             UserKnownHostsFile {}\n",
            site.server.port(),
            site.server.key().display(),
            site.server.known_hosts().display()
        );
        site.test.write("site/.hive/private/ssh_config", &config);
        site.write_checks();
        fs::create_dir_all(site.test.path("tmp")).expect("a directory");
        site
    }

    fn write(&mut self, when: &str) {
        for (file, text) in files(&mut self.markers, when) {
            self.test.write(&format!("site/{file}"), &text);
        }
    }

    fn git(&self, args: &[&str]) -> Output {
        let mut git = Command::new("git");
        run(git
            .args(args)
            .current_dir(self.test.path(""))
            .env("HOME", self.test.path("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1"))
    }

    fn write_checks(&self) {
        let all = "{{ hive_root_password }} {{ hive_ext_repositories }} {{ aws_secret_access_key }} {{ azure }} \
                   {{ gcp_credential }} {{ kms_api_key }} {{ services }} {{ hive.persistents }} \
                   {{ hive.persistents.aws_secret_access_key }} {{ hive.persistents.vault_token }} \
                   {{ hive.persistents.http_proxy_password }} {{ services[0].environment }} {{ services | to_json }} \
                   {{ services | map(attribute='command') | list }} {{ services | map(attribute='entrypoint') | list }} \
                   {{ services[1].command[2] }} {{ result.stdout }}";
        let all = serde_json::to_string(all).expect("JSON");
        let probe =
            "printf '%s\\\\n' {{ hive_root_password }} {{ hive.persistents.vault_token }} {{ services[1].command }}";
        let told = format!(
            "hosts: servers\nprobe: {{shell: \"{probe}\"}}\nthat: [result.stdout == 'x']\nfail_msg: {{en: {all}, ja: {all}}}"
        );
        write_check(&self.test, "told", &told);
        let offline = format!(
            "hosts: servers\nloop: '{{{{ services }}}}'\nprobe: {{inventory: {{}}}}\nthat: [hive_root_password == 'x']\n\
             fail_msg: {{en: {0}, ja: {0}}}",
            all.replace(" {{ result.stdout }}", " {{ item }}")
        );
        write_check(&self.test, "offline", &offline);
    }

    fn command(&self, args: &[impl AsRef<OsStr>]) -> Command {
        let mut command = self.test.command();
        command.env("TMPDIR", self.test.path("tmp")).args(args);
        command
    }

    /// Runs the program and searches what it says.
    fn quiet(&self, args: &[impl AsRef<OsStr> + Debug]) -> Run {
        let run = Run::of(&mut self.command(args));
        self.search(&format!("{args:?}"), &run);
        run
    }

    fn search(&self, what: &str, run: &Run) {
        self.markers.assert_absent(&format!("{what}, standard output"), run.stdout.as_bytes());
        self.markers.assert_absent(&format!("{what}, standard error"), run.stderr.as_bytes());
    }

    /// The same on a terminal, where the passphrase is typed.
    fn typed(&self, args: &[String], answers: &[&str]) -> (String, Option<i32>) {
        let command = self.command(args);
        let variables = command.get_envs().filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?)));
        let mut words =
            vec!["env".to_owned(), "-i".to_owned(), "-C".to_owned(), self.test.path("").display().to_string()];
        words.extend(variables.map(|(name, value)| format!("{name}={value}")));
        words.push(command.get_program().to_str().expect("text").to_owned());
        words.extend(args.iter().cloned());
        let (screen, status) = on_terminal(&shell_words::join(words), "passphrase of", answers);
        self.markers.assert_absent(&format!("{args:?} on a terminal"), screen.as_bytes());
        (screen, status)
    }

    /// Searches the reports, of which there must be one in every format, and what else is left.
    fn search_files(&self) {
        assert_eq!(self.markers.assert_absent_below(&self.test.path("out")), Format::ALL.len());
        assert_eq!(self.markers.assert_absent_below(&self.test.path("tmp")), 0, "no temporary file stays");
        fs::remove_dir_all(self.test.path("out")).expect("reports");
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

const RUN: &str = "run --root site --checks mine --check t/told -vvv --connect-timeout 60";

#[test]
fn a_run_with_an_encrypted_key_shows_no_secret_of_a_hive_project() {
    let site = Site::new();
    let passphrase = site.markers.text("passphrase");
    let args = [words(RUN), formats(&site.test)].concat();
    let (screen, status) = site.typed(&args, &["wrong", passphrase]);
    assert_eq!(status, Some(1), "{screen}");
    let json = serde_json::from_str(&site.test.read("out/json")).expect("JSON");
    assert_eq!(findings(&json), [("t/told".to_owned(), HOST.to_owned(), "fail".to_owned())], "{}", json["results"]);
    site.search_files();
    let mistyped = format!("{passphrase}x");
    let (screen, status) = site.typed(&[words(RUN), formats(&site.test)].concat(), &[&*mistyped; 3]);
    assert_eq!(status, Some(3), "{screen}");
    assert!(site.test.read("out/json").contains("does not fit"), "{}", site.test.read("out/json"));
    site.search_files();
}

#[test]
fn views_of_a_hive_project_show_no_secret() {
    let site = Site::new();
    let offline = [words("run --root site --checks mine --offline -vvv"), formats(&site.test)].concat();
    let run = site.quiet(&offline);
    assert_eq!(run.status, Some(1), "{}", run.stderr);
    let json = serde_json::from_str(&site.test.read("out/json")).expect("JSON");
    let of_ours = (String::from("t/offline"), HOST.to_owned(), String::from("fail"));
    assert!(findings(&json).contains(&of_ours), "the project's check was judged: {}", json["results"]);
    site.search_files();
    let diff = [words("diff HEAD --root site"), formats(&site.test)].concat();
    let run = site.quiet(&diff);
    assert!(matches!(run.status, Some(0 | 1)), "{}", run.stderr);
    assert!(site.test.read("out/terminal").contains("root_password"), "{}", site.test.read("out/terminal"));
    site.search_files();
    for host in [HOST, "p-mother.secrets.example.com", "web", "image_web", "db"] {
        for view in [&["--explain", host][..], &["--host", host], &["--host", host, "--yaml"]] {
            let run = site.quiet(&[&["inventory", "--root", "site"], view].concat());
            assert_eq!(run.status, Some(0), "{view:?}: {}", run.stderr);
            assert!(run.stdout.contains("[hidden]"), "{view:?}: {}", run.stdout);
        }
    }
    for view in ["--list", "--yaml", "--graph"] {
        assert_eq!(site.quiet(&["inventory", "--root", "site", view]).status, Some(0), "{view}");
    }
}

/// What is wrong with a file of the project: the file, what stands there, what stands there instead, and a word of the message.
const BROKEN: [(&str, &str, &str, &str); 12] = [
    ("inventory/hive.yml", "provider: aws", "provider: awss", "awss"),
    ("inventory/hive.yml", "disk_encrypted: true", "disk_encrypted: [true", "no YAML"),
    ("inventory/hive.yml", "    root_password: ", "    root_passwort: ", "root_passwort"),
    ("inventory/hive.yml", "    root_password: ", "   root_password: ", "no YAML"),
    ("inventory/hive.yml", "    root_password: ", "    root_password: {a: 1} ", "no YAML"),
    ("inventory/hive.yml", "    cidr: 127.0.0.0/24\n", "", "`cidr` is missing"),
    ("inventory/services.yml", "labels: ", "label: ", "`label` is unknown"),
    ("inventory/services.yml", "environment: {", "environment: {{", "no YAML"),
    ("inventory/services.yml", "command: [serve, ", "comand: [serve, ", "`comand` is unknown"),
    ("inventory/services.yml", "ports: ['80:80']", "ports: 80:80", "`ports`"),
    (".hive/persistents.yml", "vault_token: {private: ", "vault_token: x{private: ", "no YAML"),
    ("inventory/group_vars/all.yml", "kms_api_key: ", "kms_api_key: \"", "no YAML"),
];

#[test]
fn broken_files_of_a_hive_project_are_told_without_their_secrets() {
    let site = Site::new();
    for (file, written, instead, word) in BROKEN {
        let file = format!("site/{file}");
        let text = site.test.read(&file);
        assert!(text.contains(written), "{file}: {written}");
        site.test.write(&file, &text.replacen(written, instead, 1));
        for args in [
            words("run --root site --checks mine --offline -vvv --format terminal"),
            words("inventory --root site --list"),
            words("diff HEAD --root site --format json --lang ja"),
        ] {
            let run = site.quiet(&args);
            let is_told = run.stderr.contains(word) || args[0] != "inventory";
            assert!(is_told, "{args:?}: {word}: {}", run.stderr);
        }
        site.test.write(&file, &text);
    }
}
