//! `file`: what stands at a path.

use serde_json::Value;

use super::{Answer, Observation, ProbeError, evidence, observation};
use crate::shell;

/// The words of the C library for a path where nothing stands.
const ABSENT: [&str; 2] = ["No such file or directory", "Not a directory"];

/// From what `stat`, or `ls`, and `test` said.
pub(super) fn read(path: &str, answer: &Answer) -> Result<Observation, ProbeError> {
    let asked = format!("stat -- {}", shell::quote(path));
    let facts = if answer.status == 0 {
        let facts = Facts::read(&answer.stdout);
        Some(facts.ok_or_else(|| ProbeError::Unreadable(format!("stat: {}", super::first_line(&answer.stdout))))?)
    } else if is_absent(&answer.stderr) {
        None
    } else {
        return Err(ProbeError::Unreadable(super::first_line(&answer.stderr)));
    };
    let lines = match &facts {
        Some(facts) => vec![evidence::asked_line(&asked), facts.line()],
        None => vec![evidence::asked_line(&asked), super::first_line(&answer.stderr)],
    };
    let facts = facts.unwrap_or_default();
    let values = vec![
        ("exists", Value::from(facts.kind.is_some())),
        ("type", Value::from(facts.kind)),
        ("mode", Value::from(facts.mode.map(|mode| format!("{mode:04o}")))),
        ("uid", Value::from(facts.uid)),
        ("gid", Value::from(facts.gid)),
        ("owner", Value::from(facts.owner)),
        ("group", Value::from(facts.group)),
        ("size", Value::from(facts.size)),
        ("mtime", Value::from(facts.mtime)),
        ("target", Value::from(facts.target)),
        ("readable", Value::from(facts.access[0])),
        ("writable", Value::from(facts.access[1])),
        ("executable", Value::from(facts.access[2])),
    ];
    Ok(observation(values, answer.duration, lines))
}

/// Whether the tool's last words are that nothing stands there. Everything else (no permission on a parent, a loop of
/// links, a stale handle) says only that nobody could look.
pub(super) fn is_absent(stderr: &[u8]) -> bool {
    let words = String::from_utf8_lossy(stderr);
    ABSENT.iter().any(|absent| words.trim_end().ends_with(absent))
}

#[derive(Debug, Default, PartialEq)]
struct Facts {
    kind: Option<&'static str>,
    mode: Option<u32>,
    uid: Option<u32>,
    gid: Option<u32>,
    owner: Option<String>,
    group: Option<String>,
    size: Option<u64>,
    /// Absent where only `ls` could be asked.
    mtime: Option<i64>,
    target: Option<String>,
    /// To read, to write, to execute, by whoever asked; through symbolic links.
    access: [bool; 3],
}

impl Facts {
    fn read(stdout: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(stdout);
        let (tool, rest) = text.split_once('\n')?;
        let (mut facts, rest) = match tool {
            "stat" => Self::of_stat(rest)?,
            "ls" => Self::of_ls(rest)?,
            _ => return None,
        };
        let (access, rest) = rest.split_once('\n')?;
        let access: Vec<char> = access.strip_prefix("access ")?.chars().collect();
        facts.access = [access.first() == Some(&'r'), access.get(1) == Some(&'w'), access.get(2) == Some(&'x')];
        facts.target =
            rest.strip_prefix("target\n").map(|target| target.strip_suffix('\n').unwrap_or(target).to_owned());
        Some(facts)
    }

    fn of_stat(rest: &str) -> Option<(Self, &str)> {
        let mut lines = rest.splitn(8, '\n');
        let mut next = || lines.next();
        let raw = u32::from_str_radix(next()?, 16).ok()?;
        let facts = Self {
            kind: Some(kind_of_bits(raw & 0o170_000)?),
            mode: Some(raw & 0o7777),
            uid: next()?.parse().ok(),
            gid: next()?.parse().ok(),
            size: next()?.parse().ok(),
            mtime: next()?.parse().ok(),
            owner: next().map(str::to_owned),
            group: next().map(str::to_owned),
            ..Self::default()
        };
        Some((facts, next()?))
    }

    /// The first line of `ls -ldn`, then of `ls -ld`. Both repeat the path, line breaks and all: the line of access rights
    /// is the last one that looks like one, because a link's target follows it under a line of its own.
    fn of_ls(rest: &str) -> Option<(Self, &str)> {
        let mut words = rest.split_ascii_whitespace();
        let mode = words.next()?;
        let (uid, gid) = (words.nth(1)?, words.next()?);
        let size = words.next()?;
        let at = rest.rfind("\naccess ")?;
        let last = rest[..at].lines().rev().find(|line| line.starts_with(mode));
        let mut names = last.into_iter().flat_map(str::split_ascii_whitespace).skip(2);
        let facts = Self {
            kind: Some(kind_of_letter(mode.chars().next()?)?),
            mode: Some(mode_of_letters(mode)?),
            uid: uid.parse().ok(),
            gid: gid.parse().ok(),
            owner: names.next().map(str::to_owned),
            group: names.next().map(str::to_owned),
            size: size.parse().ok(),
            ..Self::default()
        };
        Some((facts, &rest[at + 1..]))
    }

    fn line(&self) -> String {
        let id = |name: &Option<String>, id: Option<u32>| {
            name.clone().or_else(|| id.map(|id| id.to_string())).unwrap_or_else(|| "?".to_owned())
        };
        format!(
            "{} {:04o} {}:{}{}",
            self.kind.unwrap_or("?"),
            self.mode.unwrap_or_default(),
            id(&self.owner, self.uid),
            id(&self.group, self.gid),
            self.target.as_ref().map(|target| format!(" -> {}", target.escape_debug())).unwrap_or_default(),
        )
    }
}

fn kind_of_bits(bits: u32) -> Option<&'static str> {
    Some(match bits {
        0o100_000 => "file",
        0o040_000 => "directory",
        0o120_000 => "symlink",
        0o140_000 => "socket",
        0o010_000 => "fifo",
        0o060_000 => "block",
        0o020_000 => "char",
        _ => return None,
    })
}

fn kind_of_letter(letter: char) -> Option<&'static str> {
    Some(match letter {
        '-' => "file",
        'd' => "directory",
        'l' => "symlink",
        's' => "socket",
        'p' => "fifo",
        'b' => "block",
        'c' => "char",
        _ => return None,
    })
}

/// `rwsr-x--T` after the type's letter; what follows them (`.`, `+`, `@`) is no permission.
fn mode_of_letters(mode: &str) -> Option<u32> {
    let letters = mode.as_bytes().get(1..10)?;
    let mut bits = 0;
    for (at, letter) in letters.iter().enumerate() {
        let (plain, special) = (1 << (8 - at), 1 << (11 - at / 3));
        bits |= match letter {
            b'-' => 0,
            b'r' | b'w' | b'x' => plain,
            b's' | b't' => plain | special,
            b'S' | b'T' => special,
            _ => return None,
        };
    }
    Some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ls_tells_the_same_as_stat_except_the_time() {
        let stat = Facts::read(b"stat\n8ded\n0\n42\n59640\n1679560000\nroot\nshadow\naccess rwx\n").expect("facts");
        let ls = Facts::read(
            b"ls\n-rwsr-Sr-t. 1 0 42 59640 Mar 23  2023 /a\nb c\n-rwsr-Sr-t. 1 root shadow 59640 Mar 23  2023 /a\naccess rwx\n",
        )
        .expect("facts");
        assert_eq!(ls.mode, Some(0o7745));
        assert_eq!(stat.mode, Some(0o6755));
        assert_eq!(ls, Facts { mode: Some(0o7745), mtime: None, ..stat });
    }

    #[test]
    fn a_link_keeps_its_target_whatever_it_holds() {
        let facts = Facts::read(b"stat\na1ff\n0\n0\n7\n1\nroot\nroot\naccess r--\ntarget\na\nb\n\n").expect("facts");
        assert_eq!((facts.kind, facts.target.as_deref()), (Some("symlink"), Some("a\nb\n")));
    }

    #[test]
    fn what_is_cut_has_no_facts() {
        for said in ["", "stat\n81a4\n0\n", "stat\nzz\n0\n0\n0\n0\nr\nr\naccess ---\n", "other\n", "ls\n-rw-r--r--"] {
            assert_eq!(Facts::read(said.as_bytes()), None, "{said}");
        }
    }

    #[test]
    fn only_two_errors_say_that_nothing_is_there() {
        assert!(is_absent(b"stat: cannot statx '/x': No such file or directory\n"));
        assert!(is_absent(b"stat: can't stat '/etc/passwd/x': Not a directory\n"));
        assert!(!is_absent(b"stat: cannot statx '/root/x': Permission denied\n"));
        assert!(!is_absent(b""));
    }
}
