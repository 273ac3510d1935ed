//! Why `ssh` did not log in, in the classes of the other transport.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{endpoint::OpensshEndpoint, log::Log, login};
use crate::transport::{
    credentials::Credentials,
    error::{AlgorithmMismatch, Attempt, HostKey, KnownInstead, KnownKey, Phase, TransportErrorKind as Kind},
    known_hosts::{KnownHosts, lookup_name},
};

/// The last words of a connection that broke.
const GONE: [&str; 6] = [
    "Connection closed",
    "Connection reset",
    "Broken pipe",
    "closed by remote host",
    "timed out",
    "Disconnected from ",
];

/// What `ssh` says of its own arguments and files.
const UNUSABLE: [&str; 9] = [
    "Bad configuration option",
    "bad configuration options",
    "Bad owner or permissions on",
    "Can't open user config file",
    "command-line",
    "usage: ssh",
    "unsupported option",
    "keyword ",
    "hive-preflight: ",
];

/// `ssh` did not come to an end in time.
pub(super) fn timed_out(log: &Log, after: Duration) -> Kind {
    match (log.proxy(), log.banner()) {
        (Some(command), None) => Kind::Proxy { command: command.to_owned(), detail: proxys_words(log, "timed out") },
        _ if log.phase() == Phase::Auth => login::unanswered(log, after),
        // What it said so far was not what an SSH server says.
        _ => no_server(log).unwrap_or(Kind::Timeout { phase: log.phase(), after }),
    }
}

/// `ssh` ended without being logged in. `is_here`: its files are those of this machine.
pub(super) fn ended(log: &Log, endpoint: &OpensshEndpoint, credentials: &Credentials, is_here: bool) -> Kind {
    name(log, endpoint)
        .or_else(|| unusable(log))
        .or_else(|| proxy(log))
        .or_else(|| no_connection(log, endpoint))
        .or_else(|| no_server(log))
        .or_else(|| nothing_in_common(log))
        .or_else(|| host_key(log, endpoint, credentials, is_here))
        .or_else(|| login::refused(log, endpoint, is_here))
        .unwrap_or_else(|| broken(log, endpoint))
}

/// Whether `ssh` could not even begin, or was not there to begin.
pub(super) fn is_unusable(log: &Log) -> bool {
    unusable_words(log).is_some()
}

fn unusable_words(log: &Log) -> Option<&str> {
    log.words().find(|line| UNUSABLE.iter().any(|word| line.contains(word)))
}

fn unusable(log: &Log) -> Option<Kind> {
    // Before it connects anywhere; the words of a server cannot come so early.
    if log.addresses() > 0 || log.proxy().is_some() {
        return None;
    }
    let words = unusable_words(log)?;
    let detail = match words.strip_prefix("hive-preflight: ") {
        Some(own) => own.to_owned(),
        None => format!("`ssh`: {words}"),
    };
    Some(Kind::Local { detail })
}

fn proxy(log: &Log) -> Option<Kind> {
    let command = log.proxy().filter(|_| log.banner().is_none())?;
    Some(Kind::Proxy { command: command.to_owned(), detail: proxys_words(log, "it closed the connection") })
}

/// What the proxy said, without `ssh`'s own words about the connection that it did not get.
fn proxys_words(log: &Log, otherwise: &str) -> String {
    let own = |line: &&str| line.starts_with("kex_exchange_identification:") || line.contains(" UNKNOWN port 65535");
    let words: Vec<_> = log.words().filter(|line| !own(line)).collect();
    if words.is_empty() { otherwise.to_owned() } else { words.join(" / ") }
}

fn name(log: &Log, endpoint: &OpensshEndpoint) -> Option<Kind> {
    // As in `unusable`: a server may say so, too.
    if log.addresses() > 0 || log.proxy().is_some() {
        return None;
    }
    let line = log.word("Could not resolve hostname ")?;
    let looked_up = line.split_once("Could not resolve hostname ")?.1;
    // `ssh_config` may have another name for it.
    let own = looked_up.strip_prefix(&format!("{}: ", endpoint.resolved.host));
    Some(Kind::Name { detail: own.unwrap_or(looked_up).to_owned() })
}

/// The attempts stand in the debugging lines, the last one also in the words.
fn no_connection(log: &Log, endpoint: &OpensshEndpoint) -> Option<Kind> {
    if log.phase() != Phase::Connect {
        return None;
    }
    let attempts: Vec<_> = log.after("debug1: connect to address ").filter_map(attempt).collect();
    let any = |words: &[&str]| attempts.iter().any(|a| words.iter().any(|word| a.detail.contains(word)));
    if attempts.is_empty() {
        return None;
    }
    Some(if any(&["refused", "reset"]) {
        Kind::Refused { attempts }
    } else if attempts.iter().any(|attempt| !attempt.detail.contains("timed out")) {
        Kind::UnreachableNetwork { attempts }
    } else {
        Kind::Timeout { phase: Phase::Connect, after: endpoint.resolved.connect_timeout }
    })
}

/// `192.0.2.1 port 22: Connection refused`
fn attempt(line: &str) -> Option<Attempt> {
    let (ip, rest) = line.split_once(" port ")?;
    let (port, detail) = rest.split_once(": ")?;
    Some(Attempt { address: SocketAddr::new(ip.parse().ok()?, port.parse().ok()?), detail: detail.to_lowercase() })
}

/// What answers is no SSH server, or one that has no time.
fn no_server(log: &Log) -> Option<Kind> {
    if log.banner().is_some() {
        return None;
    }
    let lines = log.after("debug1: kex_exchange_identification: banner line ");
    let said = lines.filter_map(|line| line.split_once(": ")).map(|(_, said)| said.trim()).collect::<Vec<_>>();
    if let Some(line) = said.iter().find(|line| line.contains("MaxStartups") || line.starts_with("Not allowed at")) {
        return Some(Kind::Busy { said: (*line).to_owned() });
    }
    match said.first() {
        Some(first) => Some(Kind::NotSsh { said: first.chars().take(200).collect() }),
        None => log
            .word("invalid characters")
            .or(log.word(": invalid format"))
            .map(|words| Kind::NotSsh { said: words.to_owned() }),
    }
}

fn nothing_in_common(log: &Log) -> Option<Kind> {
    // Once there are keys, algorithms and host key were right, and such words are the server's.
    if log.phase() == Phase::Auth {
        return None;
    }
    let line = log.word("Unable to negotiate with ")?;
    let detail = line.split_once(": ").map_or(line, |(_, rest)| rest).to_owned();
    let (what, offer) = detail.strip_prefix("no matching ")?.split_once(" found. Their offer: ")?;
    let what = match what {
        "key exchange method" => "key exchange",
        "host key type" => "host key",
        "cipher" => "cipher",
        "MAC" => "mac",
        _ => "compression",
    };
    let server = offer.split(',').map(str::to_owned).collect();
    let mismatches = vec![AlgorithmMismatch { what, server, client: Vec::new() }];
    Some(Kind::Handshake { detail, mismatches })
}

fn host_key(log: &Log, endpoint: &OpensshEndpoint, credentials: &Credentials, is_here: bool) -> Option<Kind> {
    if log.phase() == Phase::Auth {
        return None;
    }
    log.word("Host key verification failed").or(log.word(" revoked by file "))?;
    let key = log.host_key().unwrap_or_else(|| HostKey { key_type: "unknown".into(), fingerprint: "?".into() });
    let resolved = &endpoint.resolved;
    let known = |files: &[PathBuf]| if is_here { credentials.known_hosts(files) } else { KnownHosts::default().into() };
    if let Some(by) = revoked(log, &key, &known(&resolved.known_hosts_files)) {
        return Some(Kind::HostKeyRevoked { key, by: Box::new(by) });
    }
    let name = looked_up(log)
        .map_or_else(|| lookup_name(&resolved.host, resolved.port, resolved.host_key_alias.as_deref()), str::to_owned);
    if log.word("HOST IDENTIFICATION HAS CHANGED").is_some() {
        let known = offending(log, is_here);
        return Some(Kind::HostKeyChanged { key, name, known });
    }
    let instead = match log.word("Certificate invalid").or(log.word("certificate")) {
        Some(words) => KnownInstead::CertificateRefused(words.into()),
        None => KnownInstead::Nothing,
    };
    Some(Kind::HostKeyUnknown { key, name, files: resolved.known_hosts_files.clone(), instead })
}

/// The name in `No ED25519 host key is known for NAME and you ...` or `Host key for NAME has changed and ...`.
fn looked_up(log: &Log) -> Option<&str> {
    let unknown = log.word("host key is known for ").and_then(|line| line.split_once(" is known for "));
    let changed = log.word("Host key for ").and_then(|line| line.split_once("Host key for "));
    unknown.or(changed)?.1.split(' ').next()
}

fn revoked(log: &Log, key: &HostKey, known: &KnownHosts) -> Option<KnownKey> {
    if let Some(line) = log.word(" revoked by file ") {
        let file = line.rsplit_once(" revoked by file ")?.1;
        return Some(KnownKey { key: key.clone(), file: PathBuf::from(file), line: 0 });
    }
    log.word("REVOKED HOST KEY DETECTED")?;
    let line = known.revoked(&key.fingerprint);
    Some(line.unwrap_or_else(|| KnownKey { key: key.clone(), file: PathBuf::from("known_hosts"), line: 0 }))
}

/// The keys of `Offending ED25519 key in /x/known_hosts:3`.
fn offending(log: &Log, is_here: bool) -> Vec<KnownKey> {
    let known = log.words().filter_map(|line| {
        let (key_type, place) = line.strip_prefix("Offending ")?.split_once(" key in ")?;
        let (file, line) = place.rsplit_once(':')?;
        let (file, line) = (Path::new(file), line.parse().ok()?);
        let unread = || KnownKey {
            key: HostKey { key_type: key_type.to_owned(), fingerprint: "(a key)".to_owned() },
            file: file.to_owned(),
            line,
        };
        let read = if is_here { KnownHosts::read(&[file.to_owned()]).at(line) } else { None };
        Some(read.unwrap_or_else(unread))
    });
    known.collect()
}

/// The link broke, or the key exchange failed.
fn broken(log: &Log, endpoint: &OpensshEndpoint) -> Kind {
    let words: Vec<_> = log.words().collect();
    let last = || words.last().map_or_else(|| "`ssh` ended without a word".to_owned(), |words| (*words).to_owned());
    let detail = log.farewell().map_or_else(last, |words| format!("the server said `{words}`"));
    if log.word("banner exchange").is_some_and(|line| line.contains("timed out")) {
        return Kind::Timeout { phase: Phase::Handshake, after: endpoint.resolved.connect_timeout };
    }
    let is_gone = words.is_empty() || log.is_gone();
    match log.phase() {
        Phase::Handshake if is_gone && log.banner().is_none() => Kind::Lost { phase: Phase::Banner, detail },
        Phase::Handshake if !is_gone => Kind::Handshake { detail, mismatches: Vec::new() },
        Phase::Name | Phase::Connect if !is_gone => Kind::Local { detail: format!("`ssh`: {detail}") },
        phase => Kind::Lost { phase, detail },
    }
}

impl Log {
    /// Whether the connection broke.
    pub(super) fn is_gone(&self) -> bool {
        self.words().any(|line| GONE.iter().any(|gone| line.contains(gone)))
    }

    /// What the server said when it ended the connection: `Received disconnect from 192.0.2.1 port 22:11: WORDS`.
    pub(super) fn farewell(&self) -> Option<&str> {
        let (_, words) = self.after("Received disconnect from ").next()?.split_once(" port ")?.1.split_once(": ")?;
        Some(words)
    }

    /// What the server said against the channel or the command.
    pub(super) fn channel_refusal(&self) -> Option<String> {
        let refused = |line: &&str| line.contains(": open failed: ") || line.contains(" request failed on channel ");
        self.words().find(refused).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_says_something_else_and_then_nothing_is_no_server_that_is_late() {
        let connected = "debug1: Connecting to h [192.0.2.1] port 22.\r\ndebug1: Connection established.\r\n";
        let said = |words: &str| {
            let line = format!("debug1: kex_exchange_identification: banner line 0: {words}\r\n");
            timed_out(&Log::read(format!("{connected}{line}").as_bytes()), Duration::from_secs(1)).class()
        };
        assert_eq!((said("HTTP/1.1 400 Bad Request"), said("Exceeded MaxStartups")), ("not_ssh", "busy"));
        assert_eq!(timed_out(&Log::read(connected.as_bytes()), Duration::from_secs(1)).class(), "timeout");
    }
}
