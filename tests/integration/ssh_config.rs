//! Our reading of `ssh_config` against `ssh -G`, and how endpoints come out of what people wrote.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its world fails")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use hive_preflight::transport::{
    Endpoints, HostConfig, HostKeyPolicy, HostSettings, LocalUser, NoticeKind, SshConfig, SshEndpoint,
};
use proptest::prelude::*;

/// The answers of `ssh -G`, several values of an option joined by blanks.
fn by_openssh(file: &Path, alias: &str) -> BTreeMap<String, String> {
    let output = Command::new("ssh").arg("-G").arg("-F").arg(file).arg("--").arg(alias).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut answers = BTreeMap::<String, String>::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (keyword, value) = line.split_once(' ').unwrap_or((line, ""));
        let joined = answers.entry(keyword.to_owned()).or_default();
        format!("{joined} {value}").trim().clone_into(joined);
    }
    answers
}

fn paths(files: &[PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(" ")
}

/// Asserts that ours and OpenSSH's readings of `file` are the same for `alias`.
fn assert_same(file: &Path, alias: &str) {
    let user = LocalUser::current();
    let ours = SshConfig::read(&[file.to_path_buf()], &user).resolve(alias, &user);
    let theirs = by_openssh(file, alias);
    let of = |keyword: &str| theirs.get(keyword).cloned().unwrap_or_default();
    let context = format!("{alias} in {}", fs::read_to_string(file).unwrap());
    assert_eq!(ours.host_name, of("hostname"), "{context}");
    assert_eq!(ours.port.unwrap_or(22).to_string(), of("port"), "{context}");
    assert_eq!(ours.user.clone().unwrap_or(user.name), of("user"), "{context}");
    assert_eq!(ours.identities_only.unwrap_or(false), of("identitiesonly") == "yes", "{context}");
    assert_eq!(ours.host_key_alias.clone().unwrap_or_default(), of("hostkeyalias"), "{context}");
    assert_eq!(ours.proxy_jump.join(","), of("proxyjump"), "{context}");
    assert_eq!(
        ours.connect_timeout.map_or("none".to_owned(), |t| t.as_secs().to_string()),
        of("connecttimeout"),
        "{context}"
    );
    assert_eq!(strictness(&ours), of("stricthostkeychecking").replace("true", "ask"), "{context}");
    if let Some(files) = &ours.identity_files {
        assert_eq!(paths(files), of("identityfile"), "{context}");
    }
    if let Some(files) = &ours.user_known_hosts {
        assert_eq!(paths(files), of("userknownhostsfile"), "{context}");
    }
}

fn strictness(config: &HostConfig) -> &'static str {
    match config.host_key_policy {
        None | Some(HostKeyPolicy::Strict) => "ask",
        Some(HostKeyPolicy::AcceptNew) => "accept-new",
        Some(HostKeyPolicy::Off) => "false",
    }
}

#[test]
fn written_examples_read_as_in_openssh() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("conf.d")).unwrap();
    fs::write(dir.path().join("conf.d/10-a"), "Port 2201\nHost b\n Port 2202\nHost *\n  User included\n").unwrap();
    fs::write(dir.path().join("conf.d/20-b"), "HostKeyAlias from20\n").unwrap();
    let examples = [
        // As hive-builder writes it.
        "Host p-hive0.example\n    HostName 10.0.0.1\n    User admin\n    Port 22\n    UserKnownHostsFile /x/known_hosts\n    StrictHostKeyChecking no\n    PasswordAuthentication no\n    IdentityFile /x/id_rsa\n    IdentitiesOnly yes\n    LogLevel FATAL\n    RemoteForward 20514 localhost:20514\n",
        "Host *.example !b.example\n  Port 1\nHost a* b*\n Port=2\n User = \"me too\"\nHost *\n Port 3\n",
        "HostName %h.lan\nUserKnownHostsFile /a /b\nConnectTimeout 1m30\nStrictHostKeyChecking accept-new\n",
        "Match host *.lan\n Port 5\nHost a\n HostName x.lan\nMatch host *.lan\n User matched\nMatch all\n Port 6\n",
        "Match originalhost a,b user root\n Port 7\nMatch !originalhost a\n Port 8\n",
        "Match user nobody\n Port 7\nMatch localuser root\n User changed\nMatch user changed\n Port 9\n",
        "IdentityFile /1\nHost a\nIdentityFile /2\nHost *\nIdentityFile /1\nIdentityFile /3\n",
        "ProxyJump j1,u@j2:23\nProxyCommand never\nHostKeyAlias k\n",
        "ProxyJump none\nProxyCommand never\n",
        "# comment\n\n   \tHost a # b\n\tPort 10\n",
        "HOST A a\npOrT 11\n",
    ];
    let include = format!(
        "Host a\n  Include {0}/conf.d/*\n  ConnectTimeout 3\nHost *\n  User outer\n  Include {0}/none\n",
        dir.path().display()
    );
    for text in examples.into_iter().chain([include.as_str()]) {
        let file = dir.path().join("config");
        fs::write(&file, text).unwrap();
        for alias in ["a", "b", "a.example", "b.example", "p-hive0.example", "x"] {
            assert_same(&file, alias);
        }
    }
}

fn option() -> impl Strategy<Value = String> {
    prop_oneof![
        "(Port|port|PORT)( |=| = )[1-9][0-9]{0,3}",
        "User (u|v|root)",
        "HostName (a|b|%h\\.x|%h%%)",
        "IdentityFile (/k1|/k2|\"/k3\")",
        "IdentitiesOnly (yes|no)",
        "HostKeyAlias (k|l)",
        "ConnectTimeout (5|1m|none)",
        "StrictHostKeyChecking (yes|no|ask|accept-new|off)",
        "ProxyJump (j|u@j:1|none|j,k)",
        "UserKnownHostsFile /h1 /h2",
        "LogLevel FATAL # why",
    ]
}

fn header() -> impl Strategy<Value = String> {
    prop_oneof![
        "Host( !?[ab*?]{1,3}){1,3}",
        "Match (host|originalhost) !?[ab*?]{1,3}(,!?[ab*?]{1,3})?",
        "Match !?(user|localuser) (u|root|\\*)",
        "Match (host [ab*]{1,2} user (u|root)|all)",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn made_up_files_read_as_in_openssh(
        blocks in prop::collection::vec((header(), prop::collection::vec(option(), 0..4)), 0..6),
        first in prop::collection::vec(option(), 0..2),
        alias in "[ab]{1,3}",
    ) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config");
        let blocks = blocks.into_iter().map(|(header, options)| format!("{header}\n  {}", options.join("\n  ")));
        fs::write(&file, first.into_iter().chain(blocks).collect::<Vec<_>>().join("\n")).unwrap();
        assert_same(&file, &alias);
    }
}

#[test]
fn what_is_written_and_not_done_is_told_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config");
    fs::write(
        &file,
        "Host a\n  KnownHostsCommand /x\n  Prot 22\n  Port many\nMatch localnetwork 10.0.0.0/8\n  Port 1\nHost b\n  Tag x\n",
    )
    .unwrap();
    let user = LocalUser::current();
    let config = SshConfig::read(std::slice::from_ref(&file), &user).resolve("a", &user);
    let told: Vec<_> = config.notices.iter().map(|notice| (notice.line, notice.kind.clone())).collect();
    assert_eq!(
        told,
        [
            (5, NoticeKind::Match("localnetwork".to_owned())),
            (2, NoticeKind::NotHonoured("knownhostscommand".to_owned())),
            (3, NoticeKind::Unknown("prot".to_owned())),
            (4, NoticeKind::BadValue("port".to_owned(), "many".to_owned())),
        ]
    );
    assert!(config.notices[1].text().en.starts_with(&format!("{}:2: ", file.display())));
    assert_eq!(config.port, None);
}

/// Somebody whose home is a fresh directory.
fn somebody(home: &Path) -> LocalUser {
    LocalUser { name: "somebody".to_owned(), home: home.to_path_buf(), uid: 1000 }
}

fn endpoint(home: &Path, settings: &HostSettings) -> SshEndpoint {
    let (endpoint, notices) = Endpoints::new(somebody(home)).endpoint(settings);
    assert!(notices.is_empty(), "{notices:?}");
    endpoint
}

#[test]
fn a_bare_host_gets_the_defaults_of_ssh() {
    let home = tempfile::tempdir().unwrap();
    let settings = HostSettings { host: "h".to_owned(), args: vec!["-F none".to_owned()], ..HostSettings::default() };
    let endpoint = endpoint(home.path(), &settings);
    assert_eq!((endpoint.host.as_str(), endpoint.port, endpoint.user.as_str()), ("h", 22, "somebody"));
    let ssh = home.path().join(".ssh");
    assert_eq!(endpoint.identity_files, ["id_rsa", "id_ecdsa", "id_ed25519"].map(|name| ssh.join(name)));
    assert_eq!(endpoint.known_hosts_files[..2], ["known_hosts", "known_hosts2"].map(|name| ssh.join(name)));
    assert_eq!(endpoint.known_hosts_files[2], Path::new("/etc/ssh/ssh_known_hosts"));
    assert_eq!((endpoint.identities_only, endpoint.host_key_policy), (false, HostKeyPolicy::Strict));
}

#[test]
fn the_inventory_wins_over_arguments_and_these_over_the_file() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("ssh_config");
    fs::write(
        &file,
        "Host h\n HostName 10.1.1.1\n Port 1\n User file\n IdentityFile ~/file_key\n UserKnownHostsFile ~/kh\n",
    )
    .unwrap();
    let mut settings = HostSettings { host: "h".to_owned(), config_file: Some(file), ..HostSettings::default() };
    let found = endpoint(home.path(), &settings);
    assert_eq!((found.host.as_str(), found.port, found.user.as_str()), ("10.1.1.1", 1, "file"));
    assert_eq!(found.identity_files, [home.path().join("file_key")]);
    assert_eq!(found.known_hosts_files[0], home.path().join("kh"));
    settings.args = vec!["-p 2 -l args".to_owned(), "-o StrictHostKeyChecking=no -o IdentityFile=/args_key".to_owned()];
    let found = endpoint(home.path(), &settings);
    assert_eq!((found.port, found.user.as_str(), found.host_key_policy), (2, "args", HostKeyPolicy::Off));
    settings.port = Some(3);
    settings.user = Some("inventory".to_owned());
    settings.key_file = Some("~/key".to_owned());
    let found = endpoint(home.path(), &settings);
    assert_eq!((found.port, found.user.as_str()), (3, "inventory"));
    let keys = [home.path().join("key"), PathBuf::from("/args_key"), home.path().join("file_key")];
    assert_eq!(found.identity_files, keys);
}

#[test]
fn the_connect_timeout_of_the_first_arguments_wins_over_the_programs_own() {
    let home = tempfile::tempdir().unwrap();
    let time = Duration::from_secs;
    let mut settings =
        HostSettings { host: "h".to_owned(), connect_timeout: Some(time(10)), ..HostSettings::default() };
    settings.args = vec!["-F none -o ConnectTimeout=4".to_owned()];
    assert_eq!(endpoint(home.path(), &settings).connect_timeout, time(10));
    settings.first_args = Some("-o ConnectTimeout=3".to_owned());
    assert_eq!(endpoint(home.path(), &settings).connect_timeout, time(3));
    settings.connect_timeout = None;
    settings.first_args = None;
    assert_eq!(endpoint(home.path(), &settings).connect_timeout, time(4));
}

#[test]
fn the_file_that_is_named_last_is_the_one_that_is_read() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join(".ssh")).unwrap();
    for (name, port) in [(".ssh/config", 1), ("hive", 2), ("args", 3)] {
        fs::write(home.path().join(name), format!("Port {port}\n")).unwrap();
    }
    let mut settings = HostSettings { host: "h".to_owned(), ..HostSettings::default() };
    assert_eq!(endpoint(home.path(), &settings).port, 1);
    settings.config_file = Some(home.path().join("hive"));
    assert_eq!(endpoint(home.path(), &settings).port, 2);
    let last = format!("-F {}/args -o ControlMaster=auto -o ControlPersist=60s", home.path().display());
    settings.args = vec!["-F /nothing".to_owned(), last];
    assert_eq!(endpoint(home.path(), &settings).port, 3);
}

#[test]
fn a_file_that_is_named_and_not_there_is_told_as_ssh_stops_at_it() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("args"), "Port 3\n").unwrap();
    for (name, stops) in [("/nothing/config", true), ("~/args", true), ("none", false), ("/dev/null", false)] {
        let ssh = Command::new("ssh").args(["-G", "-F", name, "h"]).env("HOME", home.path()).output().unwrap();
        assert_eq!(!ssh.status.success(), stops, "{ssh:?}");
        let settings =
            HostSettings { host: "h".to_owned(), args: vec![format!("-F {name}")], ..HostSettings::default() };
        let (_, notices) = Endpoints::new(somebody(home.path())).endpoint(&settings);
        let told = notices.iter().find(|notice| notice.kind == NoticeKind::NoConfig);
        assert_eq!(told.is_some(), stops, "{name}: {notices:?}");
        let starts = |text: &str| text.starts_with(&format!("{name}: "));
        assert!(told.is_none_or(|told| starts(&told.text().en) && starts(&told.text().ja)), "{notices:?}");
    }
}

#[test]
fn a_jump_becomes_a_command_and_nothing_in_it_is_read_by_a_shell() {
    let home = tempfile::tempdir().unwrap();
    let mut settings = HostSettings { host: "fe80::1".to_owned(), port: Some(2222), ..HostSettings::default() };
    settings.args = vec!["-F none -J j1,me@j2:23".to_owned()];
    let found = endpoint(home.path(), &settings);
    assert_eq!(
        found.proxy_command.as_deref(),
        Some("ssh '-oBatchMode yes' -F none -J j1 -p 23 -W '[fe80::1]:2222' -- me@j2")
    );
    settings.args = vec!["-F none -J 'me@[fe80::2]:24'".to_owned()];
    let jump = endpoint(home.path(), &settings).proxy_command.unwrap();
    assert!(jump.ends_with(" -p 24 -W '[fe80::1]:2222' -- me@fe80::2"), "{jump}");
    settings.args = vec!["-F none -J j1,me@j2:23".to_owned()];
    assert_eq!(found.proxy_jump, ["j1", "me@j2:23"]);
    settings.args = vec!["-F none -o 'ProxyCommand=nc %h %p'".to_owned()];
    assert_eq!(endpoint(home.path(), &settings).proxy_command.as_deref(), Some("nc fe80::1 2222"));
    settings.args = vec!["-F none -J 'j;touch'".to_owned()];
    assert!(endpoint(home.path(), &settings).proxy_command.unwrap().ends_with("-- 'j;touch'"));
}

#[test]
fn relative_includes_are_looked_for_at_home_and_others_files_are_told() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = tempfile::tempdir().unwrap();
    let ssh = home.path().join(".ssh");
    fs::create_dir_all(ssh.join("conf.d")).unwrap();
    fs::write(ssh.join("config"), "Include conf.d/*.conf\nInclude ~/more\nPort 3\n").unwrap();
    fs::write(ssh.join("conf.d/a.conf"), "Host h\n User included\n").unwrap();
    fs::write(home.path().join("more"), "HostKeyAlias more\n").unwrap();
    let settings = HostSettings { host: "h".to_owned(), ..HostSettings::default() };
    let found = endpoint(home.path(), &settings);
    assert_eq!((found.user.as_str(), found.port, found.host_key_alias.as_deref()), ("included", 3, Some("more")));
    fs::set_permissions(home.path().join("more"), fs::Permissions::from_mode(0o666)).unwrap();
    let (_, notices) = Endpoints::new(somebody(home.path())).endpoint(&settings);
    assert_eq!(notices.iter().map(|notice| &notice.kind).collect::<Vec<_>>(), [&NoticeKind::Foreign]);
}

#[test]
fn nothing_is_run_for_somebody_who_will_not_connect() {
    let home = tempfile::tempdir().unwrap();
    let (file, trace) = (home.path().join("config"), home.path().join("trace"));
    fs::write(&file, format!("Match exec \"touch {}\"\n Port 23\n", trace.display())).unwrap();
    let settings = HostSettings { host: "h".to_owned(), config_file: Some(file), ..HostSettings::default() };
    let (found, _) = Endpoints::on_paper(somebody(home.path())).endpoint(&settings);
    assert_eq!((found.port, trace.exists()), (22, false));
    let (found, _) = Endpoints::new(somebody(home.path())).endpoint(&settings);
    assert_eq!((found.port, trace.exists()), (23, true));
}
