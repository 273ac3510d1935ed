//! What a run left to be seen: its processes, and how far its JSON lines came.

use std::fs;

use serde_json::Value;

/// How far a run had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Configuration, checks and inventory are read.
    Reading,
    /// No host over SSH has let it in.
    Connecting,
    /// One has; probes are under way.
    Asking,
    /// Every host is done; reports are written.
    Telling,
    /// The program had ended by itself.
    Over,
}

impl Stage {
    /// The stage that JSON lines tell.
    pub(super) fn of(live: &str) -> Self {
        let has = |words: &str| live.contains(words);
        if has(r#""event":"run_finished""#) {
            Self::Telling
        } else if has(r#""event":"host_connected","host":"far-"#) || has(r#""event":"host_connected","host":"behind-"#)
        {
            Self::Asking
        } else if has(r#""event":"run_started""#) {
            Self::Connecting
        } else {
            Self::Reading
        }
    }
}

/// Processes of this machine with `mark` in their command line or environment.
pub(super) fn processes(mark: &str) -> Vec<String> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    let marked = all.filter_map(|entry| {
        entry.file_name().to_str()?.parse::<u32>().ok()?;
        let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
        let line = String::from_utf8_lossy(&read("cmdline")).replace('\0', " ");
        // The kernel's own and those that ended have no command line.
        let is_marked = |text: &str| text.contains(mark);
        let is_ours = is_marked(&line) || (!line.is_empty() && is_marked(&String::from_utf8_lossy(&read("environ"))));
        is_ours.then(|| format!("{} {line}", entry.file_name().display()))
    });
    marked.collect()
}

/// The events of JSON lines, all of which are whole, unless the last one may be torn.
pub(super) fn events(live: &str, may_be_torn: bool) -> Vec<Value> {
    let whole = match live.rsplit_once('\n') {
        Some((whole, rest)) if rest.is_empty() || may_be_torn => whole,
        None if live.is_empty() || may_be_torn => return Vec::new(),
        _ => panic!("the last line is torn: {live}"),
    };
    let lines = whole.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")));
    lines.collect()
}
