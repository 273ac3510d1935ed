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

/// Obeyed by [`super::resolve`].
const HONOURED: &[&str] = &[
    "connecttimeout",
    "globalknownhostsfile",
    "hostkeyalias",
    "hostname",
    "identitiesonly",
    "identityagent",
    "identityfile",
    "port",
    "proxycommand",
    "proxyjump",
    "stricthostkeychecking",
    "user",
    "userknownhostsfile",
];

/// Forwardings must not be opened by a probe, a shared connection has stale groups, and quiet logs hide the cause.
const HARMLESS: &[&str] = &[
    "addkeystoagent",
    "batchmode",
    "challengeresponseauthentication",
    "channeltimeout",
    "checkhostip",
    "clearallforwardings",
    "compression",
    "compressionlevel",
    "connectionattempts",
    "controlmaster",
    "controlpath",
    "controlpersist",
    "dynamicforward",
    "enableescapecommandline",
    "enablesshkeysign",
    "escapechar",
    "exitonforwardfailure",
    "fingerprinthash",
    "forkafterauthentication",
    "forwardagent",
    "forwardx11",
    "forwardx11timeout",
    "forwardx11trusted",
    "gatewayports",
    "hashknownhosts",
    "ignoreunknown",
    "ipqos",
    "kbdinteractiveauthentication",
    "kbdinteractivedevices",
    "localcommand",
    "localforward",
    "loglevel",
    "logverbose",
    "numberofpasswordprompts",
    "obscurekeystroketiming",
    "passwordauthentication",
    "permitlocalcommand",
    "permitremoteopen",
    "protocol",
    "rekeylimit",
    "remoteforward",
    "requesttty",
    "sendenv",
    "serveralivecountmax",
    "serveraliveinterval",
    "sessiontype",
    "setenv",
    "stdinnull",
    "streamlocalbindmask",
    "streamlocalbindunlink",
    "syslogfacility",
    "tcpkeepalive",
    "tunnel",
    "tunneldevice",
    "updatehostkeys",
    "useprivilegedport",
    "visualhostkey",
    "xauthlocation",
];

/// Known to `ssh`, not to us.
const NOTICES: &[&str] = &[
    "addressfamily",
    "bindaddress",
    "bindinterface",
    "canonicaldomains",
    "canonicalizefallbacklocal",
    "canonicalizehostname",
    "canonicalizemaxdots",
    "canonicalizepermittedcnames",
    "casignaturealgorithms",
    "certificatefile",
    "ciphers",
    "gssapiauthentication",
    "gssapidelegatecredentials",
    "hostbasedacceptedalgorithms",
    "hostbasedauthentication",
    "hostbasedkeytypes",
    "hostkeyalgorithms",
    "kexalgorithms",
    "knownhostscommand",
    "macs",
    "nohostauthenticationforlocalhost",
    "pkcs11provider",
    "preferredauthentications",
    "proxyusefdpass",
    "pubkeyacceptedalgorithms",
    "pubkeyacceptedkeytypes",
    "pubkeyauthentication",
    "remotecommand",
    "requiredrsasize",
    "revokedhostkeys",
    "securitykeyprovider",
    "tag",
    "verifyhostkeydns",
];

/// What is done about `keyword`, which is lower case.
pub(super) fn treatment(keyword: &str) -> Treatment {
    let lists = [(HONOURED, Treatment::Honoured), (HARMLESS, Treatment::Harmless), (NOTICES, Treatment::Notice)];
    lists.iter().find(|(list, _)| list.contains(&keyword)).map_or(Treatment::Unknown, |(_, treatment)| *treatment)
}

/// Whether `value` is what `ssh` does anyway, so that nobody needs to hear of it. Debian's own `/etc/ssh/ssh_config` has such lines.
pub(super) fn is_default(keyword: &str, value: &str) -> bool {
    let default = match keyword {
        "addressfamily" => "any",
        "canonicalizehostname" | "hostbasedauthentication" | "gssapidelegatecredentials" | "verifyhostkeydns" => "no",
        "pubkeyauthentication" => "yes",
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
