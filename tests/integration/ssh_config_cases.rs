//! A table of configurations, each read by us and by `ssh -G`, and compared field by field.

#![expect(clippy::unwrap_used, reason = "a test that cannot make its world fails")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use hive_preflight::transport::{
    AddressFamily, Endpoints, HostKeyPolicy, HostSettings, LocalUser, Notice, SshEndpoint,
};

/// Name, what is given to `ssh` as the host, arguments, and the configuration; `{dir}` is a directory with files to include.
const CASES: &[(&str, &str, &str, &str)] = &[
    ("empty file", "h", "", " "),
    ("comment only", "h", "", " # nothing"),
    ("keyword in capitals", "h", "", " PORT 23"),
    ("keyword and equals sign", "h", "", " Port=23"),
    ("keyword, blanks and equals sign", "h", "", " Port = 23"),
    ("quoted value", "h", "", " User \"some one\""),
    ("single quotes", "h", "", " User 'some one'"),
    ("escaped blank", "h", "", " User some\\ one"),
    ("trailing comment", "h", "", " Port 23 # why"),
    ("tabs and trailing blanks", "h", "", " \tPort\t23\t  "),
    ("carriage return at the end", "h", "", " Port 23\n\r\nPort 24"),
    ("first value wins", "h", "", " Port 23\nPort 24"),
    ("host block before globals", "h", "", " Host h\n Port 23\nHost *\n Port 24"),
    ("globals before host block", "h", "", " Port 24\nHost h\n Port 23"),
    ("host with star", "web1.example", "", " Host *.example\n Port 23"),
    ("host with question mark", "web1", "", " Host web?\n Port 23"),
    ("host with question mark too short", "web", "", " Host web?\n Port 23"),
    ("host negated", "b.example", "", " Host *.example !b.example\n Port 23"),
    ("host negated first", "b.example", "", " Host !b.example *.example\n Port 23"),
    ("host only negated", "a", "", " Host !b\n Port 23"),
    ("host is case sensitive", "WEB", "", " Host web\n Port 23"),
    ("host name in capitals", "WEB", "", " User u"),
    ("host quoted pattern", "web", "", " Host \"web\" other\n Port 23"),
    ("wide blank at the end", "h", "", " User u\u{3000}"),
    ("wide blank at the beginning", "h", "", "\u{3000}User u"),
    ("wide blank in the middle", "h", "", " User\u{3000}u"),
    ("form feed at the end", "h", "", " User u\u{c}"),
    ("vertical tab at the beginning", "h", "", "\u{b}User u"),
    ("more than one value", "h", "", " User u v"),
    ("more than one value of a list", "h", "", " IdentityFile /1 /2"),
    ("more than one value, quoted", "h", "", " User \"u\" \"v\""),
    ("Host without a name", "h", "", " Host\nPort 23"),
    ("Match without a criterion", "h", "", " Match\nPort 23"),
    ("user before the name", "u@h", "", " Host h\n Port 23\n User v"),
    ("user before the name and in the arguments", "u@h", "-l w", " Host h\n Port 23"),
    ("URI", "ssh://u@h:24", "", " Host h\n Port 23\n User v"),
    ("URI and port in the arguments", "ssh://h:24", "-p 25", " Host h\n User v"),
    ("several patterns", "b", "", " Host a b c\n Port 23"),
    ("HostName", "h", "", " HostName 10.0.0.1"),
    ("HostName with token", "h", "", " HostName %h.example"),
    ("HostName with percent", "h", "", " HostName a%%b"),
    ("HostName in capitals", "h", "", " HostName Web.Example"),
    ("HostName is an IPv6 address", "h", "", " HostName ::0001"),
    ("HostName is link-local", "h", "", " HostName fe80::1%lo"),
    ("alias is an IPv6 address", "2001:db8:0:0::1", "", " Port 23"),
    ("Match host sees HostName", "h", "", " HostName x.lan\nMatch host *.lan\n Port 23"),
    ("Match host before HostName", "h", "", " Match host *.lan\n Port 23\nMatch all\n HostName x.lan"),
    ("Match host ignores case", "H", "", " Match host h\n Port 23"),
    ("Match originalhost", "h", "", " HostName x\nMatch originalhost h\n Port 23"),
    ("Match originalhost ignores case", "H", "", " Match originalhost h\n Port 23"),
    ("Match user of the file", "h", "", " User u\nMatch user u\n Port 23"),
    ("Match user of the arguments", "h", "-l u", "Match user u\n Port 23"),
    ("Match user default", "h", "", " Match user root\n Port 23"),
    ("Match localuser", "h", "", " Match localuser root\n Port 23"),
    ("Match localuser of another", "h", "", " Match localuser nobody\n Port 23"),
    ("Match two criteria", "h", "", " Match originalhost h localuser root\n Port 23"),
    ("Match two criteria, one fails", "h", "", " Match originalhost h localuser nobody\n Port 23"),
    ("Match negated", "h", "", " Match !originalhost x\n Port 23"),
    ("Match negated that fits", "h", "", " Match !originalhost h\n Port 23"),
    ("Match list with negation", "b", "", " Match originalhost *,!b\n Port 23"),
    ("Match all", "h", "", " Match all\n Port 23"),
    ("Match with equals sign", "h", "", " Match originalhost=h\n Port 23"),
    ("Match quoted list", "h", "", " Match originalhost \"h,x\"\n Port 23"),
    ("Match with comment", "h", "", " Match originalhost h # why\n Port 23"),
    ("Match exec true", "h", "", " Match exec true\n Port 23"),
    ("Match exec false", "h", "", " Match exec false\n Port 23"),
    ("Match exec negated", "h", "", " Match !exec false\n Port 23"),
    ("Match exec with tokens", "h", "", " HostName x\nMatch exec \"test %h-%n-%p-%r-%u = x-h-22-root-root\"\n Port 23"),
    ("Match exec with more tokens", "h", "", " Match exec \"test %i-%d-%k = 0-/root-h\"\n Port 23"),
    ("Match exec with a local name", "h", "", " Match exec \"test %l = $(hostname)\"\n Port 23"),
    (
        "Match exec with the connection's hash",
        "h",
        "",
        "Match exec \"test %C = $(printf %%s%%s%%s%%s $(hostname) h 22 root | sha1sum | cut -d' ' -f1)\"\n Port 23",
    ),
    ("Match exec after a criterion that fails", "h", "", " Match originalhost x exec true\n Port 23"),
    ("Match exec after one that holds", "h", "", " Match originalhost h exec \"exit 0\"\n Port 23"),
    ("Match final", "h", "", " Match final\n Port 23"),
    ("Match final sees the name", "h", "", " HostName x.lan\nMatch final host x.lan\n Port 23"),
    (
        "Host in the final pass sees HostName",
        "h",
        "",
        " Host x.lan\n User late\nHost h\n HostName x.lan\nMatch final\n Port 23",
    ),
    ("first pass wins over the final one", "h", "", " Match final\n Port 23\nMatch all\n Port 24"),
    ("Match final negated", "h", "", " Match !final\n Port 23"),
    ("Match canonical without canonicalization", "h", "", " Match canonical\n Port 23"),
    ("Match canonical with it", "h", "", " CanonicalizeHostname yes\nMatch canonical\n Port 23"),
    ("identity files of both passes", "h", "", " IdentityFile /1\nMatch final\n IdentityFile /2"),
    ("CanonicalizeHostname without domains", "H", "", " CanonicalizeHostname yes"),
    (
        "CanonicalizeHostname with a domain that is not there",
        "h",
        "",
        " CanonicalizeHostname yes\nCanonicalDomains no-such-domain.invalid",
    ),
    (
        "CanonicalizeHostname without fallback",
        "h",
        "",
        " CanonicalizeHostname yes\nCanonicalDomains no-such-domain.invalid\nCanonicalizeFallbackLocal no",
    ),
    (
        "CanonicalizeMaxDots",
        "a.b.c",
        "",
        " CanonicalizeHostname yes\nCanonicalDomains no-such-domain.invalid\nCanonicalizeMaxDots 1\nCanonicalizeFallbackLocal no",
    ),
    (
        "CanonicalizeHostname behind a proxy",
        "h",
        "",
        " CanonicalizeHostname yes\nCanonicalDomains no-such-domain.invalid\nCanonicalizeFallbackLocal no\nProxyCommand nc x 1",
    ),
    ("CanonicalDomains none", "h", "", " CanonicalizeHostname yes\nCanonicalDomains none"),
    ("Include", "h", "", " Include {dir}/one.conf"),
    ("Include with stars", "h", "", " Include {dir}/*.conf"),
    ("Include of nothing", "h", "", " Include {dir}/nothing*\nPort 24"),
    ("Include of several", "h", "", " Include {dir}/two.conf {dir}/one.conf"),
    ("Include in a block that holds", "h", "", " Host h\n Include {dir}/one.conf"),
    ("Include in a block that does not", "h", "", " Host x\n Include {dir}/one.conf"),
    ("Host in an include that is left out", "inner", "", " Host x\n Include {dir}/blocks.conf"),
    ("Host in an include", "inner", "", " Include {dir}/blocks.conf\nUser after"),
    ("after an include the block goes on", "h", "", " Host h\n Include {dir}/blocks.conf\n Port 77"),
    ("nested includes", "h", "", " Include {dir}/nest1.conf"),
    ("Match in an include", "h", "", " Host h\n Include {dir}/match.conf\n Port 77"),
    ("IdentityFile adds up", "h", "", " IdentityFile /1\nHost h\n IdentityFile /2\nHost *\n IdentityFile /3"),
    ("IdentityFile twice", "h", "", " IdentityFile /1\nIdentityFile /1"),
    ("IdentityFile none", "h", "", " IdentityFile none"),
    ("IdentityFile of the arguments", "h", "-o IdentityFile=/0", "IdentityFile /1"),
    ("IdentityFile by -i", "h", "-i {dir}/one.conf", "IdentityFile /1"),
    ("IdentityFile by -i that is missing", "h", "-i /missing", "IdentityFile /1"),
    ("IdentitiesOnly", "h", "", " IdentitiesOnly yes"),
    ("IdentitiesOnly true", "h", "", " IdentitiesOnly TRUE"),
    ("CertificateFile", "h", "", " CertificateFile /c1\nCertificateFile /c2"),
    ("IdentityAgent path", "h", "", " IdentityAgent /run/agent"),
    ("IdentityAgent none", "h", "", " IdentityAgent none"),
    ("IdentityAgent with tokens", "h", "", " IdentityAgent /run/%u/%h"),
    ("IdentityAgent from the environment", "h", "", " IdentityAgent ${HOME}"),
    ("IdentityAgent old form", "h", "", " IdentityAgent $HOME"),
    ("IdentityAgent of a variable that is not set", "h", "", " IdentityAgent ${HP_TEST_NOT_SET}"),
    ("IdentityAgent SSH_AUTH_SOCK", "h", "", " IdentityAgent SSH_AUTH_SOCK"),
    ("UserKnownHostsFile", "h", "", " UserKnownHostsFile /k1 /k2"),
    ("UserKnownHostsFile none", "h", "", " UserKnownHostsFile none"),
    ("UserKnownHostsFile none and another", "h", "", " UserKnownHostsFile none /k2"),
    ("UserKnownHostsFile with tokens", "h", "", " UserKnownHostsFile /k/%h-%p-%r-%n-%k-%i-%u"),
    ("UserKnownHostsFile with tilde", "h", "", " UserKnownHostsFile ~/k"),
    ("UserKnownHostsFile with the environment", "h", "", " UserKnownHostsFile ${HOME}.known"),
    ("UserKnownHostsFile with the hash", "h", "", " UserKnownHostsFile /k/%C"),
    ("UserKnownHostsFile with the alias of the key", "h", "", " HostKeyAlias K\nUserKnownHostsFile /k/%k"),
    ("UserKnownHostsFile with an unknown token", "h", "", " UserKnownHostsFile /k/%x"),
    ("GlobalKnownHostsFile", "h", "", " GlobalKnownHostsFile /g1 /g2"),
    ("GlobalKnownHostsFile none", "h", "", " GlobalKnownHostsFile none"),
    ("RevokedHostKeys", "h", "", " RevokedHostKeys /r"),
    ("RevokedHostKeys none", "h", "", " RevokedHostKeys none"),
    ("HostKeyAlias", "h", "", " HostKeyAlias k"),
    ("HostKeyAlias in capitals", "h", "", " HostKeyAlias Key.Example"),
    ("StrictHostKeyChecking yes", "h", "", " StrictHostKeyChecking yes"),
    ("StrictHostKeyChecking no", "h", "", " StrictHostKeyChecking no"),
    ("StrictHostKeyChecking off", "h", "", " StrictHostKeyChecking off"),
    ("StrictHostKeyChecking accept-new", "h", "", " StrictHostKeyChecking accept-new"),
    ("StrictHostKeyChecking ask", "h", "", " StrictHostKeyChecking ask"),
    ("HashKnownHosts", "h", "", " HashKnownHosts yes"),
    ("AddressFamily", "h", "", " AddressFamily inet6"),
    ("AddressFamily by -4", "h", "-4", "AddressFamily inet6"),
    ("AddressFamily by -6 after -o", "h", "-o AddressFamily=inet -6", "AddressFamily any"),
    ("BindAddress", "h", "", " BindAddress 127.0.0.2"),
    ("BindAddress by -b", "h", "-b 127.0.0.3", "BindAddress 127.0.0.2"),
    ("BindInterface", "h", "", " BindInterface lo"),
    ("BindInterface by -B", "h", "-B lo", "BindInterface eth9"),
    ("ConnectTimeout", "h", "", " ConnectTimeout 5"),
    ("ConnectTimeout with units", "h", "", " ConnectTimeout 1m30"),
    ("ConnectTimeout none, then a value", "h", "", " ConnectTimeout none\nConnectTimeout 7"),
    ("ConnectionAttempts", "h", "", " ConnectionAttempts 4"),
    ("ServerAliveInterval", "h", "", " ServerAliveInterval 15\nServerAliveCountMax 2"),
    ("ServerAliveInterval with units", "h", "", " ServerAliveInterval 1m"),
    ("TCPKeepAlive", "h", "", " TCPKeepAlive no"),
    ("KeepAlive", "h", "", " KeepAlive no"),
    ("Ciphers", "h", "", " Ciphers aes256-ctr,aes128-ctr"),
    ("Ciphers by -c", "h", "-c aes128-ctr", "Ciphers aes256-ctr"),
    ("MACs", "h", "", " MACs hmac-sha2-256"),
    ("MACs by -m", "h", "-m hmac-sha2-512", "MACs hmac-sha2-256"),
    ("KexAlgorithms", "h", "", " KexAlgorithms curve25519-sha256"),
    ("HostKeyAlgorithms", "h", "", " HostKeyAlgorithms ssh-ed25519,rsa-sha2-512"),
    ("PubkeyAcceptedAlgorithms", "h", "", " PubkeyAcceptedAlgorithms ssh-ed25519"),
    ("PubkeyAcceptedKeyTypes", "h", "", " PubkeyAcceptedKeyTypes ssh-ed25519"),
    ("PreferredAuthentications", "h", "", " PreferredAuthentications password,publickey"),
    ("PreferredAuthentications with what we have not", "h", "", " PreferredAuthentications gssapi-with-mic,publickey"),
    ("PubkeyAuthentication no", "h", "", " PubkeyAuthentication no"),
    ("PubkeyAuthentication unbound", "h", "", " PubkeyAuthentication unbound"),
    ("PasswordAuthentication no", "h", "", " PasswordAuthentication no"),
    ("KbdInteractiveAuthentication no", "h", "", " KbdInteractiveAuthentication no"),
    ("ChallengeResponseAuthentication no", "h", "", " ChallengeResponseAuthentication no"),
    ("BatchMode", "h", "", "BatchMode yes\nServerAliveInterval 9"),
    ("ProxyJump", "h", "", " ProxyJump jump"),
    ("ProxyJump with user and port", "h", "", " ProxyJump u@jump:23"),
    ("ProxyJump over several hops", "h", "", " ProxyJump one,u@two:23,three"),
    ("ProxyJump with an address in brackets", "h", "", " ProxyJump u@[::1]:23"),
    ("ProxyJump with a bare IPv6 address", "h", "", " ProxyJump u@::1"),
    ("ProxyJump without a host", "h", "", " ProxyJump one,,two"),
    ("ProxyJump with a blank", "h", "", " ProxyJump one, two"),
    ("ProxyJump with port 0", "h", "", " ProxyJump one:0"),
    ("ProxyJump with a port that is none", "h", "", " ProxyJump one:70000"),
    ("ProxyJump none", "h", "", " ProxyJump none\nProxyJump jump"),
    ("ProxyJump none, then a command", "h", "", " ProxyJump none\nProxyCommand nc x 1"),
    ("ProxyJump, then a command", "h", "", " ProxyJump jump\nProxyCommand nc x 1"),
    ("ProxyCommand, then a jump", "h", "", " ProxyCommand nc x 1\nProxyJump jump"),
    ("ProxyCommand none, then a jump", "h", "", " ProxyCommand none\nProxyJump jump"),
    ("ProxyCommand with quotes and comment signs", "h", "", " ProxyCommand sh -c 'nc \"x\" 1' # no comment"),
    ("ProxyJump by -J", "h", "-J jump", "ProxyCommand nc x 1"),
    ("User", "h", "", " User u"),
    ("User by -l", "h", "-l me", "User u"),
    ("User by -o after -l", "h", "-l me -o User=you", "User u"),
    ("Port by -p", "h", "-p 24", "Port 23"),
    ("Port by -o", "h", "-o \"Port 24\"", "Port 23"),
    ("joined letters", "h", "-qp24", "Port 23"),
    ("flags that change nothing", "h", "-C -q -T -a -x", "Port 23"),
    ("IgnoreUnknown", "h", "", " IgnoreUnknown Foo*\nFooBar x\nPort 23"),
    ("unknown option", "h", "", " NoSuchOption x"),
    ("bad port", "h", "", " Port many"),
    ("bad yes or no", "h", "", " IdentitiesOnly perhaps"),
    ("bad time", "h", "", " ConnectTimeout soon"),
    ("missing argument", "h", "", " Port"),
    ("quote that is not closed", "h", "", " User \"some"),
    ("bad address family", "h", "", " AddressFamily ipx"),
    ("bad policy", "h", "", " StrictHostKeyChecking sometimes"),
    ("Match without a value", "h", "", " Match user"),
    ("Match of something unknown", "h", "", " Match moon full"),
    ("deprecated option", "h", "", " UsePrivilegedPort yes\nPort 23"),
    (
        "as hive-builder writes it",
        "p-hive0.example",
        "-o ControlMaster=auto -o ControlPersist=60s",
        "Host p-hive0.example\n    HostName 10.0.0.1\n    User admin\n    Port 22\n    UserKnownHostsFile /x/known_hosts\n    StrictHostKeyChecking no\n    PasswordAuthentication no\n    IdentityFile /x/id_rsa\n    IdentitiesOnly yes\n    LogLevel FATAL\n    RemoteForward 20514 localhost:20514",
    ),
    (
        "as vagrant writes it",
        "default",
        "",
        " Host default\n  HostName 127.0.0.1\n  User vagrant\n  Port 2222\n  UserKnownHostsFile /dev/null\n  StrictHostKeyChecking no\n  PasswordAuthentication no\n  IdentityFile /v/private_key\n  IdentitiesOnly yes\n  LogLevel FATAL\n  PubkeyAcceptedKeyTypes ssh-ed25519",
    ),
    (
        "as clouds advise it",
        "i-0123456789abcdef0",
        "",
        " Host i-* mi-*\n    ProxyCommand sh -c \"aws ssm start-session --target x --parameters 'portNumber=22'\"\n    User ec2-user",
    ),
];

/// The files that cases include.
const INCLUDED: &[(&str, &str)] = &[
    ("one.conf", "Port 101\nUser one\n"),
    ("two.conf", "Port 102\nIdentityFile /two\n"),
    ("blocks.conf", "Host inner\n User inner\nHost h\n HostKeyAlias included\n"),
    ("match.conf", "Match originalhost nobody\n Port 103\nMatch originalhost h\n User matched\n"),
    ("nest1.conf", "Include {dir}/nest2.conf\nPort 104\n"),
    ("nest2.conf", "Include {dir}/one.conf\nUser two\n"),
];

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
