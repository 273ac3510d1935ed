//! `unix_socket`: what stands at the path of a unix socket, and who listens there.
//!
//! A connection decides where one may be tried; the kernel's table of sockets decides where not. The table knows a
//! socket by the path under which it was bound, so that alone it can take a file for live whose path was used twice, or
//! by a process that sees other mounts: `confirmed` says whether a connection was tried. A path of another mount namespace
//! cannot be asked for.

use serde_json::Value;

use super::{Answer, Observation, ProbeError, evidence, file, observation};
use crate::shell;

/// Bytes of `sun_path` of Linux, with its NUL.
const LONGEST_PATH: usize = 108;
/// `__SO_ACCEPTCON` in `/proc/net/unix`.
const LISTENING: &str = "00010000";
/// What may stand there instead, in the words of the `file` probe.
const FILES: [&str; 6] = ["file", "directory", "symlink", "fifo", "block", "char"];
/// Processes that take in the orphans of others.
const REAPERS: [&str; 9] =
    ["systemd", "init", "tini", "dumb-init", "docker-init", "catatonit", "s6-svscan", "runsvdir", "containerd-shim"];

/// From the facts that the host told.
pub(super) fn read(path: &str, answer: &Answer) -> Result<Observation, ProbeError> {
    let facts = Facts::read(answer)?;
    let state = facts.state(answer)?;
    let owner = facts.processes.first();
    let parent = owner.and_then(|owner| facts.processes.iter().find(|process| process.pid == owner.parent));
    let name = |process: Option<&Process>| Value::from(process.map(|process| process.name.as_str()));
    let values = vec![
        ("state", Value::from(state)),
        ("path", Value::from(facts.path.as_str())),
        ("pid", Value::from(owner.map(|process| process.pid))),
        ("ppid", Value::from(owner.map(|process| process.parent))),
        ("process", name(owner)),
        ("parent", name(parent)),
        ("type", Value::from(facts.kind())),
        ("confirmed", Value::from(facts.connected.is_some())),
    ];
    Ok(observation(values, answer.duration, lines(path, state, &facts)))
}

fn lines(path: &str, state: &str, facts: &Facts) -> Vec<String> {
    let mut lines = vec![evidence::asked_line(&format!("who listens at {}", shell::quote(path))), state.to_owned()];
    if let Some(result) = &facts.connected {
        lines.push(format!("connect: {result}"));
    } else if facts.stands == Stands::Socket {
        lines.push("connect: not tried; judged by /proc/net/unix, which does not see other namespaces".to_owned());
    }
    lines.extend(facts.processes.iter().take(4).map(|process| {
        format!("process {} ({}), parent {}", process.pid, process.name.escape_debug(), process.parent)
    }));
    lines
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stands {
    #[default]
    Nothing,
    Socket,
    Other(&'static str),
}

#[derive(Debug, PartialEq)]
struct Process {
    pid: u32,
    parent: u32,
    name: String,
}

/// A line of the kernel's table.
#[derive(Debug)]
struct Entry {
    flags: String,
    kind: String,
}

#[derive(Debug, Default)]
struct Facts {
    stands: Stands,
    /// The kernel's table could be read.
    table: bool,
    /// Sockets that were bound at this very file.
    entries: Vec<Entry>,
    /// Sockets whose relative path ends in the same name.
    relative: bool,
    /// `open`, or the name of the error.
    connected: Option<String>,
    /// The kind of socket with which the connection was tried last.
    tried: Option<String>,
    /// The owner, its parent, and so on.
    processes: Vec<Process>,
    path: String,
}

impl Facts {
    fn read(answer: &Answer) -> Result<Self, ProbeError> {
        let unreadable = || ProbeError::Unreadable(super::first_line(&answer.stdout));
        let text = String::from_utf8_lossy(&answer.stdout);
        let (lines, path) = match text.strip_prefix("path\n") {
            Some(path) => ("", path),
            None => text.split_once("\npath\n").ok_or_else(unreadable)?,
        };
        let mut facts = Self { path: path.to_owned(), ..Self::default() };
        for line in lines.lines() {
            facts.take(line).ok_or_else(unreadable)?;
        }
        Ok(facts)
    }

    fn take(&mut self, line: &str) -> Option<()> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "socket" => self.stands = Stands::Socket,
            "other" => self.stands = Stands::Other(FILES.into_iter().find(|kind| *kind == rest)?),
            "table" => self.table = true,
            "entry" => {
                let mut words = rest.split(' ').map(str::to_owned);
                self.entries.push(Entry { flags: words.next()?, kind: words.next()? });
            }
            "relative" => self.relative = true,
            "connect" => {
                let mut words = rest.split(' ').map(str::to_owned);
                self.connected = words.next();
                self.tried = words.next();
            }
            "process" => {
                let mut words = rest.splitn(3, ' ');
                let (pid, parent) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
                self.processes.push(Process { pid, parent, name: words.next()?.to_owned() });
            }
            _ => return None,
        }
        Some(())
    }

    fn state(&self, answer: &Answer) -> Result<&'static str, ProbeError> {
        if self.path.len() >= LONGEST_PATH {
            return Ok("path_too_long");
        }
        match self.stands {
            Stands::Other(_) => Ok("not_a_socket"),
            Stands::Nothing if file::is_absent(&answer.stderr) => Ok("absent"),
            Stands::Nothing => Err(ProbeError::Unreadable(super::first_line(&answer.stderr))),
            Stands::Socket if !self.is_live()? => Ok("stale"),
            Stands::Socket if self.is_orphaned() => Ok("orphaned"),
            Stands::Socket => Ok("live"),
        }
    }

    fn is_live(&self) -> Result<bool, ProbeError> {
        let unreadable = |why: &str| Err(ProbeError::Unreadable(why.to_owned()));
        match self.connected.as_deref() {
            // A full backlog has a listener too.
            Some("open" | "EAGAIN") => Ok(true),
            Some("ECONNREFUSED") => Ok(false),
            Some("ENOENT") => unreadable("the socket went away while it was looked at"),
            _ if self.entries.iter().any(Entry::takes_connections) => Ok(true),
            _ if !self.table => unreadable("no way to connect, and no /proc/net/unix"),
            _ if self.relative => unreadable("a socket of this name is bound under a relative path"),
            _ if self.path.contains('\n') => unreadable("no way to connect, and a line break in the path"),
            _ => Ok(false),
        }
    }

    /// Its owner is an `ssh` that has lost the process that started it.
    fn is_orphaned(&self) -> bool {
        let Some(owner) = self.processes.first().filter(|owner| owner.name == "ssh") else { return false };
        let parent = self.processes.get(1).map_or("", |parent| parent.name.as_str());
        let starts_ssh = ["python", "hive", "ansible"].iter().any(|name| parent.starts_with(name));
        !starts_ssh && (owner.parent <= 1 || REAPERS.contains(&parent))
    }

    /// The socket's type, or what else stands there.
    fn kind(&self) -> Option<&'static str> {
        if let Stands::Other(kind) = self.stands {
            return Some(kind);
        }
        let told = self.tried.as_deref().filter(|_| self.connected.as_deref() == Some("open"));
        let kind = told.or_else(|| self.entries.first().map(|entry| entry.kind.trim_start_matches('0')))?;
        match kind {
            "1" => Some("stream"),
            "2" => Some("dgram"),
            "5" => Some("seqpacket"),
            _ => None,
        }
    }
}

impl Entry {
    /// Datagram sockets do not listen.
    fn takes_connections(&self) -> bool {
        self.flags == LISTENING || self.kind == "0002"
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn seen(stdout: &str, stderr: &str) -> Result<Observation, ProbeError> {
        let (stdout, stderr) = (stdout.as_bytes().to_vec(), stderr.as_bytes().to_vec());
        read("/s", &Answer { status: 0, stdout, stderr, duration: Duration::ZERO, uptime: None })
    }

    fn state(stdout: &str) -> String {
        let observation = seen(&format!("{stdout}\npath\n/s"), "").expect("a state");
        observation.values["state"].as_str().expect("a word").to_owned()
    }

    #[test]
    fn a_connection_overrules_the_table() {
        assert_eq!(state("socket\ntable\nentry 00010000 0001 77\nconnect ECONNREFUSED 1"), "stale");
        assert_eq!(state("socket\ntable\nconnect open 1 0"), "live");
        assert_eq!(state("socket\ntable\nconnect EAGAIN 1"), "live");
        assert_eq!(state("socket\ntable\nentry 00010000 0001 77\nconnect EACCES 1"), "live");
        assert_eq!(state("socket\ntable\nentry 00000000 0002 77"), "live");
        assert_eq!(state("socket\ntable\nconnect EACCES 1"), "stale");
    }

    #[test]
    fn what_nobody_could_see_is_an_error() {
        for stdout in
            ["socket\npath\n/s", "socket\ntable\nrelative 00010000 0001 7\npath\n/s", "socket\ntable\npath\n/a\nb"]
        {
            assert!(matches!(seen(stdout, ""), Err(ProbeError::Unreadable(_))), "{stdout}");
        }
        let denied = seen("path\n/root/s", "ls: cannot access '/root/s': Permission denied\n");
        assert!(matches!(denied, Err(ProbeError::Unreadable(_))));
        assert!(matches!(seen("socket\n", ""), Err(ProbeError::Unreadable(_))));
        assert!(matches!(seen("nonsense\npath\n/s", ""), Err(ProbeError::Unreadable(_))));
    }

    #[test]
    fn an_ssh_without_its_starter_is_orphaned() {
        let live = "socket\ntable\nconnect open 1 9";
        for (chain, expected) in [
            ("process 9 1 ssh\nprocess 1 0 systemd", "orphaned"),
            ("process 9 4 ssh\nprocess 4 1 systemd\nprocess 1 0 systemd", "orphaned"),
            ("process 9 1 ssh", "orphaned"),
            ("process 9 1 ssh\nprocess 1 0 python3.11", "live"),
            ("process 9 5 ssh\nprocess 5 1 hive", "live"),
            ("process 9 1 dockerd\nprocess 1 0 systemd", "live"),
            ("process 9 1 sshd", "live"),
        ] {
            assert_eq!(state(&format!("{live}\n{chain}")), expected, "{chain}");
        }
    }

    #[test]
    fn too_long_and_absent() {
        let long = format!("path\n/{}", "x".repeat(107));
        let missing = "ls: cannot access: No such file or directory\n";
        assert_eq!(seen(&long, missing).expect("a state").values["state"], "path_too_long");
        assert_eq!(seen(&long[..long.len() - 1], missing).expect("a state").values["state"], "absent");
        assert_eq!(seen("other fifo\npath\n/s", "").expect("a state").values["state"], "not_a_socket");
        assert_eq!(seen("other fifo\npath\n/s", "").expect("a state").values["type"], "fifo");
    }
}
