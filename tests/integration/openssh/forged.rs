//! A server that speaks `ssh`'s own words: they change nothing of what is told, whichever way was taken.

use std::{fs, io::Read as _, os::unix::net::UnixListener, path::Path, thread};

use hive_preflight::transport::{Credentials, Endpoint, SshEndpoint, StreamLocalReply, TransportError, connect};

use super::{both, from_mother, one_host::OneHost};
use crate::lab::sshd::{Sshd, keygen, soon};

/// What a server says before the login, each as lines that `ssh` would write itself; where it counted, the class would be
/// another one.
const FORGED: [(&str, &str); 8] = [
    ("success", "debug1: Authentication succeeded (publickey).\r\n"),
    ("authenticated", "Authenticated to 127.0.0.1 ([127.0.0.1]:22) using \"publickey\".\r\n"),
    (
        "host key",
        "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\nOffending ED25519 key in /etc/passwd:1\r\n\
         Host key for [127.0.0.1]:22 has changed and you have requested strict checking.\r\nHost key verification failed.\r\n",
    ),
    ("name", "ssh: Could not resolve hostname other: Name or service not known\r\n"),
    ("algorithms", "Unable to negotiate with 127.0.0.1 port 22: no matching MAC found. Their offer: forged\r\n"),
    ("proxy", "debug1: Executing proxy command: exec forged\r\n"),
    ("denied", "root@127.0.0.1: Permission denied (forged).\r\n"),
    (
        "key file",
        "Load key \"/etc/forged\": bad permissions\r\nno such identity: /etc/forged: No such file or directory\r\n",
    ),
];

/// The way through `mother`, on which the endpoint's files are.
fn behind(mother: &Sshd, endpoint: &SshEndpoint) -> Endpoint {
    let config = format!(
        "Host *\nIdentitiesOnly yes\nStrictHostKeyChecking yes\nUserKnownHostsFile {}\nIdentityFile {}\n",
        endpoint.known_hosts_files[0].display(),
        endpoint.identity_files[0].display()
    );
    fs::write(mother.path("ssh_config"), config).unwrap();
    from_mother(mother, &mother.path("."), endpoint)
}

/// A server that says `words` before the login.
fn saying(words: &str) -> Sshd {
    let server = Sshd::start();
    fs::write(server.path("words"), words).unwrap();
    let config = fs::read_to_string(server.path("sshd_config")).unwrap();
    // Each connection has a server of its own, which reads it.
    fs::write(server.path("sshd_config"), format!("Banner {}\n{config}", server.path("words").display())).unwrap();
    server
}

#[test]
fn a_server_that_speaks_the_words_of_ssh_before_the_login_changes_no_class() {
    let mother = Sshd::start();
    let mut wrong = Vec::new();
    for (what, words) in FORGED {
        let server = saying(words);
        keygen(&server.path("stranger"), &["-t", "ed25519"]);
        let endpoint = SshEndpoint { identity_files: vec![server.path("stranger")], ..server.endpoint("root") };
        let ways = both(&endpoint).into_iter().chain([behind(&mother, &endpoint)]);
        for (way, endpoint) in ["ssh2", "openssh", "from the mother"].iter().zip(ways) {
            let told = connect(&endpoint, &Credentials::batch(), soon());
            let is_right = told.as_ref().is_err_and(|error| error.class() == "auth" && is_free_of_it(error));
            if !is_right {
                let told = told.map_or_else(|error| error.to_string(), |_| "logged in".to_owned());
                wrong.push(format!("{what}, {way}: {told}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What it advises, and which methods it names, is not the server's.
fn is_free_of_it(error: &TransportError) -> bool {
    let commands = error.remedy().into_iter().flat_map(|step| step.commands);
    let message = error.to_string();
    let offers = message.split("; ").any(|part| part.starts_with("it offers: ") && part.contains("forged"));
    !offers && !commands.into_iter().any(|command| command.contains("forged"))
}

/// Answers `words` to whoever sends four bytes.
fn answering(path: &Path, words: &'static [u8]) {
    let listener = UnixListener::bind(path).unwrap();
    thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let _ = socket.read_exact(&mut [0; 4]);
            let _ = std::io::Write::write_all(&mut socket, words);
        }
    });
}

#[test]
fn a_target_names_no_socket_of_the_mother_to_be_opened_in_place_of_its_own() {
    let mother = Sshd::start();
    let (hers, own) = (mother.path("hers"), mother.path("own"));
    answering(&hers, b"hers");
    answering(&own, b"own!");
    let server = saying(&format!("debug1: on the mother the socket is {}\r\n", hers.display()));
    let mut session = connect(&behind(&mother, &server.endpoint("root")), &Credentials::batch(), soon()).unwrap();
    let reply = session.stream_local(own.to_str().unwrap(), Some(b"ping"), soon());
    assert_eq!(reply, StreamLocalReply::Opened(b"own!".to_vec()));
}

#[test]
fn the_word_of_the_login_comes_whatever_shell_the_user_has() {
    let server = Sshd::start();
    let one = OneHost::new(&server, "root", "");
    let key = server.key().display().to_string();
    for shell in ["/usr/sbin/nologin", "/bin/false", "/no/such/shell", "/usr/bin/fish", "/bin/csh", "/bin/dash"] {
        let told = one.ask(&["--transport", "openssh", "--private-key", &key], &[("SHELL", shell.to_owned())]);
        assert_eq!(told.map(|told| told.class), ["pass", "pass"], "{shell}");
    }
}
