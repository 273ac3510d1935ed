//! Known-hosts files of every kind, which `ssh` itself judges beside us: over the same real server.

use std::{fs, path::PathBuf, process::Command};

use hive_preflight::transport::{Credentials, SshEndpoint, connect};

use super::both;
use crate::lab::sshd::{Sshd, keygen, run, soon};

/// Texts of known-hosts files, and what becomes of a host whose key is `{key}`, with this `{blob}`, at `{port}`; `{other}` is
/// another key, and `{rsa}` one of another type.
const FILES: [(&str, &str); 32] = [
    ("[127.0.0.1]:{port} {key}", "in"),
    ("# a comment\n\n   \n\t[127.0.0.1]:{port}\t{key} and a comment", "in"),
    ("junk\n[127.0.0.1]:{port} ssh-ed25519 AAAA\n@what [127.0.0.1]:{port} {other}\n[127.0.0.1]:{port} {key}", "in"),
    ("other.example,[127.0.0.1]:{port},10.0.0.1 {key}", "in"),
    ("[127.0.0.1]:{port} {other}\n[127.0.0.1]:{port} {key}", "in"),
    ("[127.0.0.1]:{port} {key}\r\n", "in"),
    // The address at its standard port speaks for the others, but only in favour.
    ("127.0.0.1 {key}", "in"),
    ("127.0.0.1 {other}", "host_key_unknown"),
    ("127.0.0.1 {other}\n[127.0.0.1]:{port} {key}", "in"),
    ("[127.0.0.1]:{port} {other}\n127.0.0.1 {key}", "host_key_changed"),
    ("[127.0.0.1]:1 {key}", "host_key_unknown"),
    ("[127.0.0.1]:{port} {other}", "host_key_changed"),
    ("[127.0.0.1]:{port} {rsa}", "host_key_changed"),
    // Wildcards and negation.
    ("* {key}", "in"),
    ("[127.0.0.*]:{port} {key}", "in"),
    ("[127.0.0.?]:* {key}", "in"),
    ("[127.0.?.1]:{port} {other}", "host_key_changed"),
    ("*,![127.0.0.1]:{port} {key}", "in"),
    ("*,!127.0.0.1,![127.0.0.1]:{port} {key}", "host_key_unknown"),
    ("![127.0.0.1]:{port} {key}", "host_key_unknown"),
    ("[127.0.0.*]:*,![127.0.0.1]:* {key}", "host_key_unknown"),
    // Markers.
    ("[127.0.0.1]:{port} {key}\n@revoked * {key}", "host_key_revoked"),
    ("@revoked [127.0.0.1]:{port} {key}", "host_key_revoked"),
    ("@revoked 127.0.0.1 {key}\n[127.0.0.1]:{port} {key}", "in"),
    ("@revoked * {other}\n[127.0.0.1]:{port} {key}", "in"),
    ("@revoked elsewhere.example {key}\n[127.0.0.1]:{port} {key}", "in"),
    ("@revoked *,![127.0.0.1]:{port} {key}\n[127.0.0.1]:{port} {key}", "in"),
    ("@cert-authority * {key}", "host_key_unknown"),
    ("@cert-authority * {other}\n[127.0.0.1]:{port} {key}", "in"),
    ("@unknown * {key}", "host_key_unknown"),
    ("", "host_key_unknown"),
    ("[127.0.0.1]:{port} ssh-rsa {blob}", "host_key_unknown"),
];

struct World {
    server: Sshd,
}

impl World {
    fn new() -> Self {
        let server = Sshd::start();
        keygen(&server.path("other"), &["-t", "ed25519"]);
        keygen(&server.path("rsa"), &["-t", "rsa", "-b", "2048"]);
        Self { server }
    }

    fn key(&self, name: &str) -> String {
        let line = fs::read_to_string(self.server.path(name)).unwrap();
        line.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

    /// The text with its keys and its port, in a file.
    fn write(&self, text: &str) -> PathBuf {
        let key = self.key("host_ed25519.pub");
        let values = [
            ("{blob}", key.split(' ').nth(1).unwrap().to_owned()),
            ("{other}", self.key("other.pub")),
            ("{rsa}", self.key("rsa.pub")),
            ("{port}", self.server.port().to_string()),
            ("{key}", key.clone()),
        ];
        let text = values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value));
        let file = self.server.path("judged");
        fs::write(&file, text).unwrap();
        file
    }

    /// What becomes of a login by us and by `ssh`.
    fn judged(&self, files: Vec<PathBuf>) -> [String; 2] {
        let endpoint = SshEndpoint { known_hosts_files: files, ..self.server.endpoint("root") };
        both(&endpoint).map(|endpoint| match connect(&endpoint, &Credentials::batch(), soon()) {
            Ok(_) => "in".to_owned(),
            Err(error) => error.class().to_owned(),
        })
    }
}

#[test]
fn every_kind_of_line_is_judged_as_ssh_judges_it() {
    let world = World::new();
    let mut wrong = Vec::new();
    for (text, wanted) in FILES {
        let judged = world.judged(vec![world.write(text)]);
        if judged != [wanted, wanted] {
            wrong.push(format!("{text:?}: wanted {wanted}, we and ssh say {judged:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_same_lines_are_judged_alike_once_ssh_keygen_has_hashed_them() {
    let world = World::new();
    for (text, wanted) in FILES {
        // Wildcards cannot be hashed: `ssh-keygen` leaves them out.
        if text.contains(['*', '?', '!', '@']) || !text.contains("127.0.0.1") || text.contains("junk") {
            continue;
        }
        let file = world.write(text);
        run(Command::new("ssh-keygen").args(["-q", "-H", "-f"]).arg(&file));
        assert!(fs::read_to_string(&file).unwrap().contains("|1|"), "{text:?}");
        assert_eq!(world.judged(vec![file]), [wanted, wanted], "{text:?}");
    }
}
