//! A table of configurations, each read by us and by `ssh -G`, and compared field by field.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its world fails")]

mod table;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use hive_preflight::transport::{
    AddressFamily, Endpoints, HostKeyPolicy, HostSettings, LocalUser, Notice, SshEndpoint,
};

use table::{CASES, INCLUDED};

fn world() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in INCLUDED {
        fs::write(dir.path().join(name), filled(text, dir.path())).unwrap();
    }
    dir
}

fn filled(text: &str, dir: &Path) -> String {
    text.replace("{dir}", &dir.display().to_string())
}

/// Every value that both sides tell, by `ssh`'s name for it.
type Values = BTreeMap<&'static str, String>;

fn paths<'a>(files: impl IntoIterator<Item = &'a PathBuf>) -> String {
    files.into_iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(" ")
}

fn yes_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

/// Our reading.
fn ours(endpoint: &SshEndpoint) -> Values {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let alive = endpoint.server_alive;
    let files = if endpoint.identities_are_default { String::new() } else { paths(&endpoint.identity_files) };
    let methods: Vec<_> = endpoint.auth_methods.iter().map(|method| method.as_str()).collect();
    Values::from([
        ("hostname", endpoint.host.clone()),
        ("port", endpoint.port.to_string()),
        ("user", endpoint.user.clone()),
        ("identityfile", files),
        ("identitiesonly", yes_no(endpoint.identities_only)),
        ("identityagent", endpoint.identity_agent.iter().map(|path| path.display().to_string()).collect()),
        ("certificatefile", paths(&endpoint.certificate_files)),
        ("knownhosts", paths(&endpoint.known_hosts_files)),
        ("revokedhostkeys", paths(&endpoint.revoked_host_keys)),
        ("hostkeyalias", text(&endpoint.host_key_alias)),
        ("stricthostkeychecking", policy(endpoint.host_key_policy).to_owned()),
        ("hashknownhosts", yes_no(endpoint.hash_known_hosts)),
        ("addressfamily", family(endpoint.address_family).to_owned()),
        ("bindaddress", text(&endpoint.bind_address)),
        ("bindinterface", text(&endpoint.bind_interface)),
        ("connectionattempts", endpoint.connection_attempts.to_string()),
        ("connecttimeout", endpoint.connect_timeout.as_secs().to_string()),
        ("serveraliveinterval", alive.map_or(0, |alive| alive.interval.as_secs()).to_string()),
        ("serveralivecountmax", alive.map_or(3, |alive| alive.count_max).to_string()),
        ("tcpkeepalive", yes_no(endpoint.tcp_keep_alive)),
        ("methods", methods.join(",")),
        ("ciphers", text(&endpoint.algorithms.ciphers)),
        ("macs", text(&endpoint.algorithms.macs)),
        ("kexalgorithms", text(&endpoint.algorithms.kex)),
        ("hostkeyalgorithms", text(&endpoint.algorithms.host_key)),
        ("pubkeyacceptedalgorithms", text(&endpoint.algorithms.pubkey)),
        ("proxyjump", endpoint.proxy_jump.join(",")),
        ("proxycommand", endpoint.proxy_command.clone().filter(|_| endpoint.proxy_jump.is_empty()).unwrap_or_default()),
    ])
}

fn policy(policy: HostKeyPolicy) -> &'static str {
    match policy {
        HostKeyPolicy::Strict => "ask",
        HostKeyPolicy::AcceptNew => "accept-new",
        HostKeyPolicy::Off => "false",
    }
}

fn family(family: AddressFamily) -> &'static str {
    match family {
        AddressFamily::Any => "any",
        AddressFamily::Inet => "inet",
        AddressFamily::Inet6 => "inet6",
    }
}

/// The answers of `ssh -G`, several values of an option joined by blanks; nothing where it stops.
fn answers(file: &Path, alias: &str, args: &str) -> Option<BTreeMap<String, String>> {
    let args = shell_words::split(args).unwrap();
    let mut ssh = Command::new("ssh");
    ssh.arg("-G").args(args).arg("-F").arg(file).arg("--").arg(alias).env("SHELL", "/bin/sh");
    let output = ssh.output().unwrap();
    if !output.status.success() {
        return None;
    }
    let mut answers = BTreeMap::<String, String>::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (keyword, value) = line.split_once(' ').unwrap_or((line, ""));
        let joined = answers.entry(keyword.to_owned()).or_default();
        format!("{joined} {value}").trim_ascii().clone_into(joined);
    }
    Some(answers)
}

/// OpenSSH's reading, with the defaults that nobody wrote told as ours.
///
/// `bare` is what a file that says nothing comes to.
fn theirs((file, alias, args): (&Path, &str, &str), home: &Path, bare: &BTreeMap<String, String>) -> Option<Values> {
    let found = answers(file, alias, args)?;
    let of =
        |keyword: &str| found.get(keyword).cloned().unwrap_or_default().replace("~/", &format!("{}/", home.display()));
    let written = |keyword: &str| if found.get(keyword) == bare.get(keyword) { String::new() } else { of(keyword) };
    let known = ["userknownhostsfile", "globalknownhostsfile"].map(of).into_iter().filter(|files| files != "none");
    let timeout = Some(of("connecttimeout")).filter(|time| time != "none").unwrap_or_else(|| "10".to_owned());
    let strict = of("stricthostkeychecking").replace("true", "ask");
    let alive = of("serveraliveinterval");
    let count = if alive == "0" { "3".to_owned() } else { of("serveralivecountmax") };
    let agent = Some(of("identityagent")).filter(|agent| agent != "SSH_AUTH_SOCK").unwrap_or_default();
    // The old form is looked up when it is used.
    let agent = if agent == "$HOME" { std::env::var("HOME").unwrap() } else { agent };
    let mut values = Values::from([
        ("knownhosts", known.collect::<Vec<_>>().join(" ")),
        ("connecttimeout", timeout),
        ("stricthostkeychecking", strict),
        ("serveraliveinterval", alive),
        ("serveralivecountmax", count),
        ("identityagent", agent),
        ("identityfile", Some(written("identityfile")).filter(|files| files != "none").unwrap_or_default()),
        ("methods", methods(&found)),
    ]);
    for keyword in ["ciphers", "macs", "kexalgorithms", "hostkeyalgorithms", "pubkeyacceptedalgorithms"] {
        values.insert(keyword, written(keyword));
    }
    for keyword in [
        "hostname",
        "port",
        "user",
        "identitiesonly",
        "certificatefile",
        "revokedhostkeys",
        "hostkeyalias",
        "hashknownhosts",
        "addressfamily",
        "bindaddress",
        "bindinterface",
        "connectionattempts",
        "tcpkeepalive",
        "proxyjump",
        "proxycommand",
    ] {
        values.insert(keyword, of(keyword));
    }
    Some(values)
}

/// The methods that `ssh` would try, of those that we have.
fn methods(found: &BTreeMap<String, String>) -> String {
    let of = |keyword: &str| found.get(keyword).map_or("", String::as_str);
    let preferred = Some(of("preferredauthentications")).filter(|list| !list.is_empty());
    let asks = of("batchmode") != "yes";
    let on = |method: &&str| match *method {
        "publickey" => of("pubkeyauthentication") != "false" && of("pubkeyauthentication") != "no",
        "keyboard-interactive" => asks && of("kbdinteractiveauthentication") == "yes",
        "password" => asks && of("passwordauthentication") == "yes",
        _ => false,
    };
    let list = preferred.unwrap_or("publickey,keyboard-interactive,password");
    list.split(',').filter(on).collect::<Vec<_>>().join(",")
}

fn read(file: &Path, alias: &str, args: &str) -> (SshEndpoint, Vec<Notice>) {
    let settings = HostSettings {
        host: alias.to_owned(),
        args: vec![args.to_owned()],
        config_file: Some(file.to_path_buf()),
        // Without one Ansible leaves some methods out, of which `ssh` alone knows nothing.
        password: Some("secret".into()),
        ..HostSettings::default()
    };
    Endpoints::new(LocalUser::current()).endpoint(&settings)
}

#[test]
fn every_case_is_read_as_by_openssh() {
    let dir = world();
    let names: BTreeSet<_> = CASES.iter().map(|(name, ..)| name).collect();
    assert_eq!(names.len(), CASES.len(), "names are unique");
    assert!(CASES.len() >= 100, "{}", CASES.len());
    let home = LocalUser::current().home;
    let bare = answers(Path::new("/dev/null"), "h", "").unwrap();
    let mut differences = Vec::new();
    for (name, alias, args, text) in CASES {
        let file = dir.path().join("config");
        let args = filled(args, dir.path());
        fs::write(&file, filled(text, dir.path())).unwrap();
        let (endpoint, notices) = read(&file, alias, &args);
        match theirs((&file, alias, &args), &home, &bare) {
            // What stops `ssh` is told.
            None if notices.is_empty() => differences.push(format!("{name}: ssh stops, and nothing is told")),
            None => {}
            Some(theirs) => {
                let ours = ours(&endpoint);
                assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
                let different = ours.iter().filter(|(keyword, value)| **value != theirs[*keyword]);
                differences.extend(different.map(|(keyword, value)| {
                    format!("{name}: {keyword} is `{value}` here and `{}` there", theirs[keyword])
                }));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn the_documented_table_of_options_is_the_real_one_and_has_all_that_ssh_knows() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/connections.md")).unwrap();
    let section = text.split("\n## Every option\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let documented: Vec<&str> = section.lines().filter(|line| line.starts_with("| `")).collect();
    let real = hive_preflight::transport::ssh_option_rows();
    assert_eq!(documented, real, "the table must be:\n{}", real.join("\n"));
    let known = answers(Path::new("/dev/null"), "h", "").unwrap();
    let missing = known.keys().map(|keyword| keyword.to_lowercase()).filter(|keyword| keyword != "host");
    let missing: Vec<_> =
        missing.filter(|keyword| !real.iter().any(|row| row.starts_with(&format!("| `{keyword}` ")))).collect();
    assert_eq!(missing, Vec::<String>::new());
}

/// `ssh -G` shows some values as they are written; what becomes of their tokens is seen by what `ssh` does with them.
#[test]
fn tokens_of_commands_and_key_files_come_to_what_ssh_makes_of_them() {
    let dir = world();
    let (file, out) = (dir.path().join("config"), dir.path().join("out"));
    let text = format!(
        "Host h\n HostName 192.0.2.1\n Port 2222\n User u\n HostKeyAlias k\n IdentityFile {{dir}}/%h-%n-%p-%r-%u-%k-%i-%%-%L-%C\n \
         IdentityFile ~/%d/x\n IdentityFile ${{HOME}}/y\n BatchMode yes\n \
         ProxyCommand sh -c \"echo '%h %n %p %r %k %%' > {}; echo\"\n",
        out.display()
    );
    fs::write(&file, filled(&text, dir.path())).unwrap();
    // `ssh` waits for the command: its standard output stays open until it has written.
    let output = Command::new("ssh").arg("-v").arg("-F").arg(&file).args(["h", "true"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let (endpoint, notices) = read(&file, "h", "");
    assert!(notices.is_empty(), "{notices:?}");
    assert_eq!(endpoint.identity_files, looked_for(&said), "{said}");
    let theirs = fs::read_to_string(&out).unwrap();
    assert!(Command::new("sh").arg("-c").arg(endpoint.proxy_command.unwrap()).status().unwrap().success());
    assert_eq!(fs::read_to_string(&out).unwrap(), theirs);
    assert_eq!(theirs, "192.0.2.1 h 2222 u k %\n");
}

/// The key files that `ssh -v` says it looks for.
fn looked_for(said: &str) -> Vec<PathBuf> {
    let named = said.lines().filter_map(|line| line.strip_prefix("debug1: identity file ")?.rsplit_once(" type "));
    named.map(|(file, _)| PathBuf::from(file)).filter(|file| !file.to_string_lossy().ends_with("-cert")).collect()
}

/// `ssh -G` says `none` and does not show that the default keys are out then.
#[test]
fn without_identity_files_there_are_none_and_not_the_default_ones() {
    let dir = world();
    let file = dir.path().join("config");
    for lines in ["IdentityFile none", "IdentityFile None\n IdentityFile /k", "IdentityFile /k\n IdentityFile none"] {
        fs::write(&file, format!("Host h\n HostName 192.0.2.1\n {lines}\n ProxyCommand false\n BatchMode yes\n"))
            .unwrap();
        let output = Command::new("ssh").arg("-v").arg("-F").arg(&file).args(["h", "true"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let (endpoint, notices) = read(&file, "h", "");
        assert!(notices.is_empty(), "{notices:?}");
        assert_eq!(endpoint.identity_files, looked_for(&said), "{lines}: {said}");
        assert!(!endpoint.identities_are_default, "{lines}");
    }
}
