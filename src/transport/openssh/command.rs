//! The arguments of `ssh`: ours first, because the first one wins, then what the user wrote.

use std::path::PathBuf;

use super::endpoint::OpensshEndpoint;
use crate::{
    shell,
    transport::{
        config::{HostSettings, WITHOUT_PASSWORD},
        endpoint::{HostKeyPolicy, SshEndpoint},
        error::TransportErrorKind as Kind,
    },
};

/// What nobody may change: nothing is asked, shared, forwarded or written down, and every cause is told.
const OURS: [&str; 14] = [
    "-T",
    "-oBatchMode=yes",
    "-oLogLevel=DEBUG1",
    "-oControlMaster=no",
    "-oControlPath=none",
    "-oClearAllForwardings=yes",
    "-oForwardAgent=no",
    "-oForwardX11=no",
    "-oTunnel=no",
    "-oPermitLocalCommand=no",
    "-oRequestTTY=no",
    "-oEscapeChar=none",
    "-oUpdateHostKeys=no",
    "-oVisualHostKey=no",
];

/// Letters of `ssh` that take a value and say where, as whom or how we log in; `F` too.
const KEPT_WITH_VALUE: &str = "BbcFIiJlmoPp";
/// Letters that stand alone and do the same.
const KEPT: &str = "46aCKk";
/// Letters that take a value and are dropped: logs, forwards, control sockets, escape characters, other programs.
const DROPPED_WITH_VALUE: &str = "DEeLOQRSWw";

/// All arguments for running `command` on the host.
///
/// # Errors
/// A name that `ssh` would take for something else.
pub(super) fn arguments(endpoint: &OpensshEndpoint, command: &str) -> Result<Vec<String>, Kind> {
    let mut args = options(endpoint)?;
    args.extend(["--".to_owned(), endpoint.alias.clone(), command.to_owned()]);
    Ok(args)
}

/// The arguments in front of the host.
///
/// # Errors
/// As [`arguments`].
pub(super) fn options(endpoint: &OpensshEndpoint) -> Result<Vec<String>, Kind> {
    let alias = &endpoint.alias;
    if alias.is_empty() || alias.starts_with('-') || alias.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err(Kind::Name { detail: "it cannot be given to `ssh` as a host".to_owned() });
    }
    let mut args: Vec<String> = OURS.map(str::to_owned).to_vec();
    args.extend(host_keys(&endpoint.resolved));
    let timeout = endpoint.resolved.connect_timeout;
    let seconds = timeout.as_secs() + u64::from(timeout.subsec_nanos() > 0);
    args.push(format!("-oConnectTimeout={}", seconds.max(1)));
    args.extend(endpoint.args.iter().cloned());
    Ok(args)
}

/// Keys that are accepted are not written down: `ssh` writes into the first file only.
fn host_keys(resolved: &SshEndpoint) -> Vec<String> {
    match resolved.host_key_policy {
        HostKeyPolicy::Strict => vec!["-oStrictHostKeyChecking=yes".to_owned()],
        HostKeyPolicy::Off => {
            let nowhere = ["User", "Global"].map(|whose| format!("-o{whose}KnownHostsFile=/dev/null"));
            [vec!["-oStrictHostKeyChecking=no".to_owned()], nowhere.to_vec()].concat()
        }
        HostKeyPolicy::AcceptNew => {
            let files = format!("-oUserKnownHostsFile=/dev/null {}", known_hosts(resolved));
            vec!["-oStrictHostKeyChecking=accept-new".to_owned(), files]
        }
    }
}

/// The files as a value of `ssh`'s configuration.
fn known_hosts(resolved: &SshEndpoint) -> String {
    let files = resolved.known_hosts_files.iter().map(|file| format!("\"{}\"", escaped(&file.display().to_string())));
    files.collect::<Vec<_>>().join(" ")
}

/// Without tokens of `ssh`.
fn escaped(text: &str) -> String {
    text.replace('%', "%%")
}

/// The `-o ProxyCommand=...` that leads through `mother` with the user's own keys, as text of `ansible_ssh_args`.
#[must_use]
pub fn through(mother: &SshEndpoint) -> String {
    let mut words = vec!["ssh".to_owned(), "-oBatchMode=yes".to_owned(), "-oClearAllForwardings=yes".to_owned()];
    words.extend(host_keys(mother));
    if mother.host_key_policy == HostKeyPolicy::Strict {
        words.push(format!("-oUserKnownHostsFile={}", known_hosts(mother)));
    }
    words.extend(mother.proxy_command.iter().map(|command| format!("-oProxyCommand={}", escaped(command))));
    for key in mother.identity_files.iter().filter(|key| key.exists()) {
        words.extend(["-i".to_owned(), escaped(&key.display().to_string())]);
    }
    words.extend(["-p".to_owned(), mother.port.to_string(), "-l".to_owned(), mother.user.clone(), "-W".to_owned()]);
    // Both `ssh` look for tokens: this one only in what it passes on.
    let (head, host) = (escaped(&shell::join(&words)), escaped(&shell::quote(&mother.host)));
    shell::join(&["-o".to_owned(), format!("ProxyCommand={head} '[%h]:%p' -- {host}")])
}

/// What the user wrote, in Ansible's order, without what would change what we do with the connection.
pub(super) fn user_args(settings: &HostSettings, keys: &[PathBuf]) -> Vec<String> {
    let mut args: Vec<String> = keys.iter().flat_map(|key| ["-i".to_owned(), key.display().to_string()]).collect();
    args.extend(settings.first_args.iter().flat_map(|text| kept(text)));
    args.extend(settings.port.map(|port| format!("-oPort={port}")));
    args.extend(settings.key_file.iter().flat_map(|file| ["-i".to_owned(), file.clone()]));
    args.extend(settings.user.iter().flat_map(|user| ["-l".to_owned(), user.clone()]));
    if settings.password.is_none() {
        args.push(format!("-oPreferredAuthentications={WITHOUT_PASSWORD}"));
    }
    args.extend(settings.args.iter().flat_map(|text| kept(text)));
    if let (false, Some(file)) = (args.iter().any(|arg| arg == "-F"), &settings.config_file) {
        args.extend(["-F".to_owned(), file.display().to_string()]);
    }
    args
}

/// The words of `text` that are kept, each letter apart from its value. Words that are no option would be taken for the
/// host, and a notice tells of them.
fn kept(text: &str) -> Vec<String> {
    let mut words = shell::split(text).unwrap_or_default().into_iter();
    let mut args = Vec::new();
    while let Some(word) = words.next() {
        let Some(letters) = word.strip_prefix('-') else { continue };
        for (at, letter) in letters.char_indices() {
            if KEPT.contains(letter) {
                args.push(format!("-{letter}"));
            }
            let takes = KEPT_WITH_VALUE.contains(letter);
            if takes || DROPPED_WITH_VALUE.contains(letter) {
                let joined = &letters[at + letter.len_utf8()..];
                let value = if joined.is_empty() { words.next() } else { Some(joined.to_owned()) };
                args.extend(value.filter(|_| takes).into_iter().flat_map(|value| [format!("-{letter}"), value]));
                break;
            }
        }
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_the_connection_is_kept_and_what_shares_or_forwards_it_is_not() {
        let kept = |text| kept(text).join(" ");
        assert_eq!(kept("-o ControlPersist=60s -C -tt -A"), "-o ControlPersist=60s -C");
        assert_eq!(kept("-F'/a b' -p22 -qlroot -Jj1,j2 -4"), "-F /a b -p 22 -l root -J j1,j2 -4");
        assert_eq!(kept("-L 1:2:3 -R1:2:3 -W a:1 -S /x -E /log -vvv -N -f -M -y host --"), "");
        assert_eq!(kept("-o"), "");
    }

    #[test]
    fn arguments_stand_in_ansibles_order_and_the_file_only_where_none_is_named() {
        let settings = HostSettings {
            host: "h".into(),
            port: Some(23),
            user: Some("u".into()),
            key_file: Some("~/k".into()),
            first_args: Some("-C".into()),
            args: vec!["-o A=b".into()],
            config_file: Some("/c".into()),
            ..HostSettings::default()
        };
        let methods = "-oPreferredAuthentications=gssapi-with-mic,gssapi-keyex,hostbased,publickey";
        let joined = |settings: &HostSettings| user_args(settings, &["/first".into()]).join(" ");
        assert_eq!(joined(&settings), format!("-i /first -C -oPort=23 -i ~/k -l u {methods} -o A=b -F /c"));
        let own = HostSettings { args: vec!["-F none".into()], ..settings };
        assert_eq!(joined(&own), format!("-i /first -C -oPort=23 -i ~/k -l u {methods} -F none"));
    }
}
