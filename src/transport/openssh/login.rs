//! Why the server did not let `ssh` in: its keys, its security keys, its Kerberos ticket.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{endpoint::OpensshEndpoint, log::Log};
use crate::transport::{
    config::is_default_identity,
    credentials::Credentials,
    error::{
        AuthRefusal, KerberosFault, KeyFileFault, KeyFileProblem, Phase, SecurityKeyFault, TransportErrorKind as Kind,
    },
    refused_key::{self, RefusedKey},
    ssh::LONGEST_QUOTE,
};

/// How the lines begin with which `ssh` goes on after a method, a key or a ticket was refused.
const GOES_ON: [&str; 3] = [
    "debug1: Authentications that can continue: ",
    "debug1: Next authentication method: ",
    "debug1: No more authentication methods",
];

/// How the line begins with which `ssh` offers a key.
const OFFERS: &str = "debug1: Offering public key: ";

/// What the GSSAPI says before it says anything.
const GENERAL: [&str; 2] = ["Unspecified GSS failure", "No credentials were supplied"];

/// What the words of Kerberos have in them where there is no ticket.
const NO_TICKET: [&str; 3] = ["No Kerberos credentials", "redentials cache", "No credentials were supplied"];

/// The server did not let us in.
pub(super) fn refused(log: &Log, endpoint: &OpensshEndpoint, is_here: bool) -> Option<Kind> {
    if log.phase() != Phase::Auth {
        return None;
    }
    let denied = log.words().rev().find(|line| line.contains("Permission denied ("));
    // Whoever hangs up on a key refuses it, too.
    let hung_up = || Some("").filter(|_| log.is_gone() && log.after(OFFERS).next().is_some());
    let disconnected = log.farewell().or_else(hung_up).filter(|_| denied.is_none());
    denied.or(disconnected)?;
    let methods = denied.and_then(|line| line.rsplit_once('(')).map(|(_, rest)| rest.trim_end_matches([')', '.']));
    let offered = methods.or_else(|| log.after("debug1: Authentications that can continue: ").next_back());
    let mut problems = if is_here { own_problems(endpoint) } else { told_problems(log) };
    problems.extend(security_keys(log));
    let offered: Vec<String> =
        offered.unwrap_or_default().split(',').filter(|m| !m.is_empty()).map(str::to_owned).collect();
    let mut refusal = AuthRefusal {
        tried: tried(log, &problems),
        key: refused_key(log, endpoint, is_here),
        way: refused_key::way(&endpoint.resolved),
        directory: None,
        kerberos: kerberos(log, &offered).map(Box::new),
        offered,
        partial: log.word("with partial success").is_some(),
        problems,
        said: said(log),
        disconnected: disconnected.map(str::to_owned),
    };
    let has_ticket =
        !matches!(refusal.kerberos.as_deref(), None | Some(KerberosFault::NoTicket(_) | KerberosFault::SwitchedOff));
    if refusal.tried.is_empty() && !refusal.problems.is_empty() && !has_ticket {
        let problems = std::mem::take(&mut refusal.problems);
        return Some(Kind::KeyFile { problems, offered: refusal.offered });
    }
    Some(Kind::Auth(Box::new(refusal)))
}

/// What the server says to whoever logs in: it stands before the first answer to what was tried.
fn said(log: &Log) -> Option<String> {
    let lines = log.lines().skip_while(|line| !line.starts_with("debug1: SSH2_MSG_SERVICE_ACCEPT received"));
    let line = lines.skip(1).take_while(|line| !goes_on(line)).map(str::trim).find(|line| !line.is_empty())?;
    Some(line.chars().take(LONGEST_QUOTE).collect())
}

/// Keys that were offered, but for those whose private part could not be used: `ssh` offers the public part first.
fn tried(log: &Log, problems: &[KeyFileProblem]) -> Vec<String> {
    let offered = log.after(OFFERS).map(|line| {
        let name = key_name(line);
        if line.ends_with(" agent") { format!("agent key {name}") } else { format!("key {name}") }
    });
    let is_its = |key: &str, problem: &KeyFileProblem| key == format!("key {}", problem.file.display());
    let was_tried = |problem: &KeyFileProblem| problem.why == KeyFileFault::SecurityKey(SecurityKeyFault::Unproven);
    let usable = |key: &String| !problems.iter().any(|problem| is_its(key, problem) && !was_tried(problem));
    offered.filter(usable).collect()
}

/// The key to install: the first one of a file, for `ssh` names the agent's keys by that too where it knows it.
fn refused_key(log: &Log, endpoint: &OpensshEndpoint, is_here: bool) -> Option<RefusedKey> {
    let resolved = &endpoint.resolved;
    let files: Vec<_> = log.alone().filter_map(named).collect();
    let keys = log.after(OFFERS).map(|line| match Path::new(key_name(line)) {
        file if line.ends_with(" agent") && !files.iter().any(|named| Path::new(named) == file) => {
            RefusedKey::Agent(resolved.identity_agent.clone())
        }
        file if is_here => RefusedKey::of_file(file),
        file => RefusedKey::elsewhere(file),
    });
    keys.fold(None, |found, next| Some(RefusedKey::or_better(found, next)))
}

/// What is wrong with the key files, as the other transport finds it. Nobody is asked for a passphrase: `ssh` asked
/// nobody either.
fn own_problems(endpoint: &OpensshEndpoint) -> Vec<KeyFileProblem> {
    let silent = Credentials::batch();
    let problems = endpoint.resolved.identity_files.iter().filter_map(|file| silent.key(file).err());
    let is_one = |problem: &KeyFileProblem| match &problem.why {
        KeyFileFault::Missing => !is_default_identity(&problem.file),
        KeyFileFault::SecurityKey(_) => false,
        _ => true,
    };
    problems.filter(is_one).collect()
}

/// What `ssh` says of key files that we cannot look at.
fn told_problems(log: &Log) -> Vec<KeyFileProblem> {
    let mut problems = Vec::new();
    // The server may speak of files in the same words; those of `ssh` are named before it says anything.
    let named: Vec<_> = log.alone().filter_map(named).collect();
    for line in log.words() {
        let found = match line.strip_prefix("Load key \"").and_then(|rest| rest.split_once("\": ")) {
            Some((file, "bad permissions")) => Some((file, fault_of_mode(log, file))),
            Some((file, "Permission denied")) => Some((file, KeyFileFault::Unreadable("Permission denied".to_owned()))),
            Some((file, words)) => Some((file, KeyFileFault::Bad(words.to_owned()))),
            None => missing(line).map(|file| (file, KeyFileFault::Missing)),
        };
        let found = found.filter(|(file, _)| named.contains(file));
        let found = found.map(|(file, why)| KeyFileProblem { file: PathBuf::from(file), why });
        problems.extend(found.filter(|problem| !problems.contains(problem)));
    }
    problems
}

/// `FILE` of `debug1: identity file FILE type -1`, or of a warning about one that is not there.
fn named(line: &str) -> Option<&str> {
    let is_one = line.strip_prefix("debug1: identity file ").and_then(|rest| rest.rsplit_once(" type "));
    is_one.map(|(file, _)| file).or_else(|| missing(line))
}

fn missing(line: &str) -> Option<&str> {
    let named = line.strip_prefix("no such identity: ").and_then(|rest| rest.rsplit_once(": "));
    let given =
        line.strip_prefix("Warning: Identity file ").and_then(|rest| rest.split_once(" not accessible: No such"));
    named.or(given).map(|(file, _)| file)
}

/// The mode in `Permissions 0644 for 'FILE' are too open.`
fn fault_of_mode(log: &Log, file: &str) -> KeyFileFault {
    let of_file = |line: &&str| line.contains(&format!(" for '{file}' are too open"));
    let mode = log.after("Permissions ").find(of_file).and_then(|line| line.split(' ').next());
    let mode = mode.and_then(|mode| u32::from_str_radix(mode, 8).ok());
    mode.map_or_else(|| KeyFileFault::Unreadable("its permissions are too open".to_owned()), KeyFileFault::Mode)
}

/// The login was not answered in time; what was waited for may have been a touch.
pub(super) fn unanswered(log: &Log, after: Duration) -> Kind {
    let Some(file) = signing(log) else { return Kind::Timeout { phase: Phase::Auth, after } };
    let offered = log.after("debug1: Authentications that can continue: ").next_back().unwrap_or_default();
    Kind::KeyFile {
        problems: vec![security_key(file, SecurityKeyFault::Untouched(after))],
        offered: offered.split(',').map(str::to_owned).collect(),
    }
}

/// `FILE` of `FILE TYPE SHA256:... explicit authenticator`.
fn key_name(line: &str) -> &str {
    let name = line.split(" SHA256:").next().unwrap_or(line);
    name.rsplit_once(' ').map_or(name, |(name, _)| name)
}

fn security_key(file: &str, fault: SecurityKeyFault) -> KeyFileProblem {
    KeyFileProblem { file: PathBuf::from(file), why: KeyFileFault::SecurityKey(fault) }
}

/// The security key that is asked to sign, at the end of the log.
fn signing(log: &Log) -> Option<&str> {
    let line = log.lines().rev().find(|line| line.starts_with("debug1: Server accepts key: ") || goes_on(line))?;
    let key = line.strip_prefix("debug1: Server accepts key: ")?;
    key.contains("-SK SHA256:").then(|| key_name(key))
}

fn goes_on(line: &str) -> bool {
    GOES_ON.iter().any(|beginning| line.starts_with(beginning))
}

/// The security keys that the server knows, and that did not open it.
fn security_keys(log: &Log) -> Vec<KeyFileProblem> {
    let mut problems = Vec::new();
    let mut lines = log.lines();
    while let Some(line) = lines.next() {
        let Some(key) = line.strip_prefix("debug1: Server accepts key: ").filter(|key| key.contains("-SK SHA256:"))
        else {
            continue;
        };
        let until = |line: &&str| !goes_on(line) && !line.starts_with(OFFERS);
        let said: Vec<_> = lines.clone().take_while(until).collect();
        problems.push(security_key(key_name(key), no_signature(&said)));
    }
    problems
}

/// Why a security key did not sign, in what `ssh` said since the server wanted that.
fn no_signature(said: &[&str]) -> SecurityKeyFault {
    let with = |text: &str| said.iter().find(|line| line.contains(text)).map(|line| (*line).to_owned());
    let Some(failed) = with(": signing failed for ") else { return SecurityKeyFault::Unproven };
    let why = failed.rsplit(": ").next().unwrap_or_default();
    match with("FIDO library").or_else(|| with("security key support")) {
        Some(words) => SecurityKeyFault::Library(words.trim_start_matches("debug1: ").to_owned()),
        None if why == "device not found" => SecurityKeyFault::Absent,
        None if why.starts_with("incorrect passphrase") => SecurityKeyFault::Pin,
        None => SecurityKeyFault::Failed(why.to_owned()),
    }
}

/// What became of Kerberos, where the server takes it.
fn kerberos(log: &Log, offered: &[String]) -> Option<KerberosFault> {
    if !offered.iter().any(|method| method.starts_with("gssapi")) {
        return None;
    }
    let said = gssapi(log);
    let any = |texts: &[&str]| said.iter().any(|line| texts.iter().any(|text| line.contains(text)));
    // The last line is what Kerberos itself says; the first, what the library says of every failure.
    let words = said.last().copied().unwrap_or_default().to_owned();
    Some(if log.after("debug1: Next authentication method: gssapi").next().is_none() {
        KerberosFault::SwitchedOff
    } else if words.is_empty() {
        KerberosFault::Refused
    } else if any(&["expired"]) {
        KerberosFault::Expired(words)
    } else if any(&NO_TICKET) {
        KerberosFault::NoTicket(words)
    } else {
        KerberosFault::Failed(words)
    })
}

/// What the library said while `ssh` tried it: `debug1: GENERAL WORDS`, and the cause on the next line.
fn gssapi(log: &Log) -> Vec<&str> {
    let mut is_on = false;
    let mut said = Vec::new();
    for line in log.lines() {
        if goes_on(line) {
            is_on = match line.strip_prefix("debug1: Next authentication method: ") {
                Some(method) => method.starts_with("gssapi"),
                None => is_on && !line.starts_with("debug1: No more "),
            };
            continue;
        }
        let own = line.strip_prefix("debug1: ");
        let is_word = own.is_none_or(|own| GENERAL.iter().any(|general| own.starts_with(general)));
        let words = own.unwrap_or(line).trim();
        if is_on && is_word && !words.is_empty() && !line.starts_with("debug2: ") {
            said.push(words);
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGIN: &str = "debug1: Authentications that can continue: publickey,gssapi-with-mic\r\n\
        debug1: Next authentication method: gssapi-with-mic\r\n";
    const OVER: &str = "\n\r\ndebug1: Authentications that can continue: publickey,gssapi-with-mic\r\n\
        debug1: Next authentication method: publickey\r\nLoad key \"/k\": bad permissions\r\n\
        debug1: No more authentication methods to try.\r\nu@h: Permission denied (publickey,gssapi-with-mic).\r\n";

    fn told(words: &str) -> Option<KerberosFault> {
        let offered = ["publickey".to_owned(), "gssapi-with-mic".to_owned()];
        kerberos(&Log::read(format!("{LOGIN}{words}{OVER}").as_bytes()), &offered)
    }

    #[test]
    fn the_words_of_kerberos_are_told_apart() {
        let unspecified = "debug1: Unspecified GSS failure.  Minor code may provide more information\n";
        let failed = |words: &str| told(&format!("{unspecified}{words}\n"));
        let cases = [
            ("No Kerberos credentials available (default cache: FILE:/c)", KerberosFault::NoTicket as fn(String) -> _),
            (
                "No Kerberos credentials available: Credentials cache keyring 'persistent:0:0' not found",
                KerberosFault::NoTicket,
            ),
            ("Ticket expired", KerberosFault::Expired),
            ("Server host/h@R not found in Kerberos database", KerberosFault::Failed),
            ("Cannot contact any KDC for realm 'R'", KerberosFault::Failed),
        ];
        for (words, fault) in cases {
            assert_eq!(failed(words), Some(fault(words.to_owned())), "{words}");
        }
        assert_eq!(told(""), Some(KerberosFault::Refused), "what comes later is not Kerberos's");
        assert_eq!(
            kerberos(&Log::read(OVER.as_bytes()), &["gssapi-keyex".to_owned()]),
            Some(KerberosFault::SwitchedOff)
        );
        assert_eq!(kerberos(&Log::read(LOGIN.as_bytes()), &["publickey".to_owned()]), None);
    }

    const ACCEPTS: &str = "debug1: Server accepts key: /k k ED25519-SK SHA256:a explicit authenticator\r\n";

    #[test]
    fn what_a_security_key_did_is_told_apart() {
        let signing_failed =
            |why: &str| format!("sign_and_send_pubkey: signing failed for ED25519-SK \"/k k\": {why}\r\n");
        let fault = |said: &str| {
            let log = format!("{ACCEPTS}{said}debug1: No more authentication methods to try.\r\n");
            let mut problems = security_keys(&Log::read(log.as_bytes()));
            assert_eq!((problems.len(), problems[0].file.clone()), (1, PathBuf::from("/k k")));
            problems.remove(0).why
        };
        let library = format!("provider /x is not an OpenSSH FIDO library\r\n{}", signing_failed("invalid format"));
        for (said, wanted) in [
            (signing_failed("device not found"), SecurityKeyFault::Absent),
            (signing_failed("invalid format"), SecurityKeyFault::Failed("invalid format".to_owned())),
            (signing_failed("incorrect passphrase supplied to decrypt private key"), SecurityKeyFault::Pin),
            (library, SecurityKeyFault::Library("provider /x is not an OpenSSH FIDO library".to_owned())),
            (String::new(), SecurityKeyFault::Unproven),
        ] {
            assert_eq!(fault(&said), KeyFileFault::SecurityKey(wanted), "{said}");
        }
        assert_eq!(signing(&Log::read(ACCEPTS.as_bytes())), Some("/k k"));
        assert_eq!(signing(&Log::read(format!("{ACCEPTS}{OVER}").as_bytes())), None);
        assert!(security_keys(&Log::read(b"debug1: Server accepts key: /k ED25519 SHA256:a agent\r\n")).is_empty());
    }
}
