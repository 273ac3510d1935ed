//! The matcher against OpenSSH's own: files are written by `ssh-keygen`, and it is asked the same questions.

use std::{fs, path::Path, process::Command};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;

use super::{HostKeyVerdict, KnownHosts, lookup_name};
use crate::transport::error::KnownInstead;

/// A public key as in a file, and in its wire form.
struct Key {
    line: String,
    blob: Vec<u8>,
}

fn key(dir: &Path, name: &str, options: &[&str]) -> Key {
    let file = dir.join(name);
    let made = Command::new("ssh-keygen").args(["-q", "-N", "", "-C", "c"]).args(options).arg("-f").arg(&file).status();
    assert!(made.unwrap().success());
    let line = fs::read_to_string(dir.join(format!("{name}.pub"))).unwrap().trim().to_owned();
    let blob = STANDARD.decode(line.split(' ').nth(1).unwrap()).unwrap();
    Key { line, blob }
}

fn read(dir: &Path, text: &str) -> KnownHosts {
    let file = dir.join("known_hosts");
    fs::write(&file, text).unwrap();
    KnownHosts::read(&[file])
}

#[test]
fn revocation_change_and_ignorance_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (key(dir.path(), "one", &["-t", "ed25519"]), key(dir.path(), "two", &["-t", "ed25519"]));
    let rsa = key(dir.path(), "rsa", &["-t", "rsa", "-b", "2048"]);
    let judge = |text: &str, host: &str, port| read(dir.path(), text).judge(host, port, None, &one.blob);
    let (a, b) = (&one.line, &two.line);
    let nothing = HostKeyVerdict::Unknown(KnownInstead::Nothing);
    assert_eq!(judge("", "h", 22), nothing);
    assert_eq!(judge(&format!("h {a}"), "h", 22), HostKeyVerdict::Known);
    assert_eq!(judge(&format!("H {a}"), "h", 22), HostKeyVerdict::Known);
    assert_eq!(judge(&format!("h {b}\nh {a}"), "h", 22), HostKeyVerdict::Known);
    assert!(matches!(judge(&format!("h {b}"), "h", 22), HostKeyVerdict::Changed(known) if known[0].line == 1));
    assert!(matches!(judge(&format!("h {}", rsa.line), "h", 22), HostKeyVerdict::Changed(_)), "as ssh says it");
    assert!(matches!(judge(&format!("h {a}\n@revoked * {a}"), "h", 22), HostKeyVerdict::Revoked(key) if key.line == 2));
    assert_eq!(judge(&format!("@revoked * {b}\nh {a}"), "h", 22), HostKeyVerdict::Known);
    assert_eq!(judge(&format!("@cert-authority h {a}"), "h", 22), HostKeyVerdict::Unknown(KnownInstead::Authority));
    // The standard port speaks for the others, but only in favour.
    assert_eq!(judge(&format!("h {a}"), "h", 2222), HostKeyVerdict::Known);
    assert_eq!(judge(&format!("h {b}"), "h", 2222), nothing);
    assert_eq!(judge(&format!("[h]:2222 {a}"), "h", 22), nothing);
    assert!(matches!(judge(&format!("[h]:2222 {b}\nh {a}"), "h", 2222), HostKeyVerdict::Changed(_)));
    // Wildcards and negation.
    assert_eq!(judge(&format!("*.x,!bad.x {a}"), "good.x", 22), HostKeyVerdict::Known);
    assert_eq!(judge(&format!("*.x,!bad.x {a}"), "bad.x", 22), nothing);
    assert_eq!(judge(&format!("[*.x]:* {a}"), "good.x", 2222), HostKeyVerdict::Known);
    assert_eq!(judge(&format!("::1,fe80::* {a}"), "fe80::1", 22), HostKeyVerdict::Known);
}

#[test]
fn a_bad_line_hides_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let one = key(dir.path(), "one", &["-t", "ed25519"]);
    let bad = "junk\nh\nh ssh-ed25519\nh ssh-ed25519 ****\nh ssh-ed25519 AAAA\n|1|x h\n|1|x|y ssh-ed25519 AAAA\n@what h k\n\0\u{1}\n\n# c\n   \n";
    let known = read(dir.path(), &format!("{bad}h {}", one.line));
    assert_eq!(known.judge("h", 22, None, &one.blob), HostKeyVerdict::Known);
    assert_eq!(known.key_types("h", 22, None), ["ssh-ed25519"]);
}

#[test]
fn a_key_type_that_is_only_claimed_is_no_entry() {
    let dir = tempfile::tempdir().unwrap();
    let one = key(dir.path(), "one", &["-t", "ed25519"]);
    let known = read(dir.path(), &format!("h ssh-rsa {}", one.line.split(' ').nth(1).unwrap()));
    assert_eq!(known.judge("h", 22, None, &one.blob), HostKeyVerdict::Unknown(KnownInstead::Nothing));
}

/// The lines that `ssh-keygen -F` finds for a name.
fn found_by_openssh(file: &Path, name: &str) -> Vec<usize> {
    let output = Command::new("ssh-keygen").arg("-f").arg(file).args(["-F", name]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines()
        .filter_map(|line| line.strip_prefix("# Host ")?.split(" found: line ").nth(1)?.split(' ').next()?.parse().ok())
        .collect()
}

#[test]
fn files_that_ssh_keygen_hashed_are_found_again() {
    let dir = tempfile::tempdir().unwrap();
    let one = key(dir.path(), "one", &["-t", "ed25519"]);
    let file = dir.path().join("known_hosts");
    fs::write(&file, format!("plain.example,10.0.0.1,[other]:2222 {}\n", one.line)).unwrap();
    assert!(Command::new("ssh-keygen").arg("-H").arg("-f").arg(&file).output().unwrap().status.success());
    assert_eq!(fs::read_to_string(&file).unwrap().matches("|1|").count(), 3);
    let known = KnownHosts::read(&[file]);
    for (host, port) in [("plain.example", 22), ("PLAIN.example", 22), ("10.0.0.1", 22), ("other", 2222)] {
        assert_eq!(known.judge(host, port, None, &one.blob), HostKeyVerdict::Known, "{host}");
    }
    assert_eq!(known.judge("other", 22, None, &one.blob), HostKeyVerdict::Unknown(KnownInstead::Nothing));
}

proptest! {
    // Each case starts a process.
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever lines stand in a file, we and `ssh-keygen -F` find the same ones for a host.
    #[test]
    fn names_match_as_in_openssh(
        lines in prop::collection::vec(("(@revoked |@cert-authority |@other |# |)", "[ab*?!,.\\[\\]:2]{1,8}", 0..4u8), 1..8),
        host in "[ab.]{1,4}",
        other_port: bool,
    ) {
        const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKaJq0eTmcLoG6pZ3pmuoQYhVzVPsyUdDRXQ2m5vXbNZ";
        let dir = tempfile::tempdir().unwrap();
        let name = lookup_name(&host, if other_port { 22_222 } else { 22 }, None);
        // Some lines are hashed, and some of these are the host's.
        let text: Vec<_> = lines.iter().map(|(marker, names, kind)| match kind {
            0 => format!("{marker}{} {KEY}", super::write::hash(&name).unwrap()),
            1 => format!("{marker}{} {KEY}", super::write::hash("elsewhere").unwrap()),
            _ => format!("{marker}{names} {KEY}"),
        }).collect();
        let known = read(dir.path(), &text.join("\n"));
        let ours: Vec<_> = known.entries.iter().filter(|entry| entry.speaks_of(&name)).map(|entry| entry.describe().line).collect();
        prop_assert_eq!(ours, found_by_openssh(&dir.path().join("known_hosts"), &name), "{} in {:?}", name, text);
    }

    /// No file makes the reader fail, and what is written down is found again.
    #[test]
    fn any_text_is_read(text in "\\PC{0,200}", host in "[a-z0-9.-]{1,20}") {
        const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKaJq0eTmcLoG6pZ3pmuoQYhVzVPsyUdDRXQ2m5vXbNZ";
        let dir = tempfile::tempdir().unwrap();
        let known = read(dir.path(), &format!("{text}\n{host} {KEY}\n"));
        let blob = STANDARD.decode(KEY.split(' ').nth(1).unwrap()).unwrap();
        prop_assert_eq!(known.judge(&host, 22, None, &blob), HostKeyVerdict::Known);
    }
}
