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
    "checkhostip",
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
    "gssapidelegatecredentials",
    "ipqos",
    "kbdinteractivedevices",
    "kerberosauthentication",
    "kerberostgtpassing",
    "localcommand",
    "localforward",
    "loglevel",
    "logverbose",
    "numberofpasswordprompts",
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
    "sessiontype",
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

/// The usual spelling of `keyword`, which is lower case.
pub(super) fn usual(keyword: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == keyword).map_or(keyword, |(_, usual)| *usual)
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
        "securitykeyprovider" => "internal",
        // Kerberos is one more method to try, and whoever needs it has no other.
        "gssapiauthentication" => return true,
        _ => return false,
    };
    value.eq_ignore_ascii_case(default)
}

#[cfg(test)]
mod tests {
    use super::{HARMLESS, HONOURED, NOTICES};

    #[test]
    fn no_option_is_in_two_lists() {
        let mut all: Vec<_> = [HONOURED, HARMLESS, NOTICES].concat();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
