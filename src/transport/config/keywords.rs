//! Every option of `ssh_config`, and what becomes of it here.

/// What is done about an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// It is obeyed.
    Honoured,
    /// It changes nothing about whether and where we connect.
    Harmless,
    /// It would change where, how or as whom `ssh` connects.
    Notice,
    /// `ssh` does not know it.
    Unknown,
}

/// Obeyed by [`super::resolve`] and the connection itself.
const HONOURED: &[&str] = &[
    "addressfamily",
    "batchmode",
    "bindaddress",
    "bindinterface",
    "canonicaldomains",
    "canonicalizefallbacklocal",
    "canonicalizehostname",
    "canonicalizemaxdots",
    "certificatefile",
    "checkhostip",
    "ciphers",
    "connectionattempts",
    "connecttimeout",
    "globalknownhostsfile",
    "hashknownhosts",
    "hostkeyalgorithms",
    "hostkeyalias",
    "hostname",
    "identitiesonly",
    "identityagent",
    "identityfile",
    "ignoreunknown",
    "kbdinteractiveauthentication",
    "kexalgorithms",
    "macs",
    "numberofpasswordprompts",
    "passwordauthentication",
    "port",
    "preferredauthentications",
    "proxycommand",
    "proxyjump",
    "pubkeyacceptedalgorithms",
    "pubkeyauthentication",
    "revokedhostkeys",
    "serveralivecountmax",
    "serveraliveinterval",
    "stricthostkeychecking",
    "tcpkeepalive",
    "user",
    "userknownhostsfile",
];

/// Forwardings must not be opened by a probe, a shared connection has stale groups, and quiet logs hide the cause.
const HARMLESS: &[&str] = &[
    "addkeystoagent",
    "afstokenpassing",
    "casignaturealgorithms",
    "channeltimeout",
    "cipher",
    "clearallforwardings",
    "compression",
    "compressionlevel",
    "controlmaster",
    "controlpath",
    "controlpersist",
    "dynamicforward",
    "enableescapecommandline",
    "enablesshkeysign",
    "escapechar",
    "exitonforwardfailure",
    "fallbacktorsh",
    "fingerprinthash",
    "forkafterauthentication",
    "forwardagent",
    "forwardx11",
    "forwardx11timeout",
    "forwardx11trusted",
    "gatewayports",
    "globalknownhostsfile2",
    "gssapiclientidentity",
    "gssapidelegatecredentials",
    "gssapikexalgorithms",
    "gssapikeyexchange",
    "gssapirenewalforcesrekey",
    "gssapiserveridentity",
    "gssapitrustdns",
    "ipqos",
    "kbdinteractivedevices",
    "kerberosauthentication",
    "kerberostgtpassing",
    "localcommand",
    "localforward",
    "loglevel",
    "logverbose",
    "obscurekeystroketiming",
    "permitlocalcommand",
    "permitremoteopen",
    "protocol",
    "rekeylimit",
    "remoteforward",
    "requesttty",
    "rhostsauthentication",
    "rhostsrsaauthentication",
    "rsaauthentication",
    "sendenv",
    "setenv",
    "stdinnull",
    "streamlocalbindmask",
    "streamlocalbindunlink",
    "syslogfacility",
    "tunnel",
    "tunneldevice",
    "updatehostkeys",
    "useprivilegedport",
    "userknownhostsfile2",
    "useroaming",
    "usersh",
    "versionaddendum",
    "visualhostkey",
    "warnweakcrypto",
    "xauthlocation",
];

/// Known to `ssh`, not to us.
const NOTICES: &[&str] = &[
    "canonicalizepermittedcnames",
    "gssapiauthentication",
    "hostbasedacceptedalgorithms",
    "hostbasedauthentication",
    "hostbasedkeytypes",
    "knownhostscommand",
    "nohostauthenticationforlocalhost",
    "pkcs11provider",
    "proxyusefdpass",
    "refuseconnection",
    "remotecommand",
    "requiredrsasize",
    "securitykeyprovider",
    "sessiontype",
    "smartcarddevice",
    "tag",
    "verifyhostkeydns",
];

/// Other spellings of an option.
const ALIASES: &[(&str, &str)] = &[
    ("challengeresponseauthentication", "kbdinteractiveauthentication"),
    ("dsaauthentication", "pubkeyauthentication"),
    ("identityfile2", "identityfile"),
    ("keepalive", "tcpkeepalive"),
    ("pubkeyacceptedkeytypes", "pubkeyacceptedalgorithms"),
    ("skeyauthentication", "kbdinteractiveauthentication"),
    ("tisauthentication", "kbdinteractiveauthentication"),
];

/// What has to be said about an option beside its treatment.
const NOTES: &[(&str, &str)] = &[
    ("batchmode", "`yes` switches passwords off"),
    ("bindaddress", "an address or a name, of the family of the target"),
    ("bindinterface", "`BindAddress` is followed"),
    ("canonicalizehostname", "with `CanonicalDomains`, `CanonicalizeMaxDots` and `CanonicalizeFallbackLocal`"),
    ("certificatefile", "also `KEY-cert.pub` beside a key; the private key must be in a file"),
    ("checkhostip", "an address that is known by another key is refused; no address is written down"),
    (
        "ciphers",
        "of those that libssh2 has; those with `cbc` only where they are named, as with `ssh`; if none is left, connecting fails with these words",
    ),
    ("connecttimeout", "in `ansible_ssh_args`; else `--connect-timeout` holds, as Ansible always sets one"),
    ("globalknownhostsfile", "all files are read"),
    ("gssapiauthentication", "no Kerberos: the other methods are tried, and a server that takes nothing else is told"),
    ("hashknownhosts", "for what `--host-key-checking accept-new` writes"),
    ("hostkeyalgorithms", "of those that libssh2 has; else the known types come first, as with `ssh`"),
    ("identityagent", "a path, `none`, `SSH_AUTH_SOCK`, `$NAME`"),
    ("identityfile", "also a public key whose private one is in an agent"),
    ("kbdinteractiveauthentication", "hidden questions are answered with the password, where there is one"),
    ("kexalgorithms", "of those that libssh2 has"),
    ("macs", "of those that libssh2 has"),
    ("numberofpasswordprompts", "`0` switches passwords off; one that was refused is not given again"),
    ("preferredauthentications", "of `publickey`, `keyboard-interactive` and `password`"),
    ("proxycommand", "run by the shell in `SHELL`, else `/bin/sh`"),
    ("proxyjump", "several hops; the installed `ssh` makes them, with the same configuration file"),
    ("pubkeyacceptedalgorithms", "other keys are not offered"),
    ("revokedhostkeys", "a list of public keys; a binary list is an error"),
    ("serveraliveinterval", "once logged in"),
    ("stricthostkeychecking", "`ask` is strict; `accept-new` alone writes nothing; `--host-key-checking` wins over it"),
    ("userknownhostsfile", "all files are read, the first one is written by `--host-key-checking accept-new`"),
];

/// The table of `docs/connections.md`: every option and what becomes of it.
#[must_use]
pub fn ssh_option_rows() -> Vec<String> {
    let mut rows: Vec<_> = [HONOURED, HARMLESS, NOTICES].concat();
    rows.extend(ALIASES.iter().map(|(alias, _)| *alias));
    rows.sort_unstable();
    rows.iter().map(|keyword| row(keyword)).collect()
}

fn row(keyword: &str) -> String {
    if let Some((alias, usual)) = ALIASES.iter().find(|(alias, _)| *alias == keyword) {
        return format!("| `{alias}` | obeyed | the same as `{usual}` |");
    }
    let treatment = match (treatment(keyword), is_default(keyword, "")) {
        (Treatment::Honoured, _) if keyword == "bindinterface" => "told about",
        (Treatment::Honoured, _) => "obeyed",
        (Treatment::Harmless, _) | (_, true) => "changes nothing here",
        (Treatment::Notice | Treatment::Unknown, false) => "told about",
    };
    let note = NOTES.iter().find(|(noted, _)| *noted == keyword).map_or("", |(_, note)| note);
    format!("| `{keyword}` | {treatment} | {note} |")
}

/// The usual spelling of `keyword`, which is lower case.
pub(super) fn usual(keyword: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == keyword).map_or(keyword, |(_, usual)| *usual)
}

/// Whether the option takes a list of words, or reads the rest of its line by itself.
pub(super) fn takes_many(keyword: &str) -> bool {
    matches!(keyword, "canonicaldomains" | "globalknownhostsfile" | "proxyjump" | "userknownhostsfile")
}

/// What is done about `keyword`, which is lower case.
pub(super) fn treatment(keyword: &str) -> Treatment {
    let lists = [(HONOURED, Treatment::Honoured), (HARMLESS, Treatment::Harmless), (NOTICES, Treatment::Notice)];
    lists.iter().find(|(list, _)| list.contains(&keyword)).map_or(Treatment::Unknown, |(_, treatment)| *treatment)
}

/// Whether `value` is what `ssh` does anyway, so that nobody needs to hear of it. Debian's own `/etc/ssh/ssh_config` has such lines.
pub(super) fn is_default(keyword: &str, value: &str) -> bool {
    let default = match keyword {
        "hostbasedauthentication" | "nohostauthenticationforlocalhost" | "proxyusefdpass" | "verifyhostkeydns" => "no",
        "canonicalizepermittedcnames" | "knownhostscommand" | "pkcs11provider" | "remotecommand" => "none",
        "requiredrsasize" => "1024",
        "sessiontype" => "default",
        "securitykeyprovider" => "internal",
        // Kerberos is one more method to try, and whoever needs it has no other.
        "gssapiauthentication" => return true,
        _ => return false,
    };
    value.eq_ignore_ascii_case(default)
}

#[cfg(test)]
mod tests {
    use super::{ALIASES, HARMLESS, HONOURED, NOTES, NOTICES};

    #[test]
    fn no_option_is_in_two_lists() {
        let mut all: Vec<_> = [HONOURED, HARMLESS, NOTICES].concat();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(NOTES.iter().all(|(keyword, _)| all.contains(keyword)));
        assert!(ALIASES.iter().all(|(alias, usual)| !all.contains(alias) && HONOURED.contains(usual)));
    }
}
