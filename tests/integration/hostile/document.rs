//! The table in docs/reliability.md: written by the test run itself, and compared with every run, but for the times.

use std::{collections::BTreeMap, fs, path::Path, sync::Mutex, time::Duration};

use regex::Regex;

use super::{behaviour::Behaviour, table::TABLE};

const BEGIN: &str = "<!-- behaviours: written by `UPDATE_RELIABILITY=1 cargo test --test integration -- hostile::` -->";
const END: &str = "<!-- end of behaviours -->";
const LONGEST_MESSAGE: usize = 180;

/// One row as it stands in the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    does: String,
    outcome: String,
    message: String,
    time: String,
}

/// One document, one writer.
static DOCUMENT: Mutex<()> = Mutex::new(());

impl Line {
    /// What was measured of `row`.
    pub(super) fn measured(row: &Behaviour, outcome: &str, message: &str, took: Duration) -> Self {
        Self {
            does: row.does.to_owned(),
            outcome: outcome.to_owned(),
            message: presented(message),
            time: format!("{:.1} s", took.as_secs_f64()),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let cells: Vec<&str> = text.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
        let [does, outcome, message, time] = cells[..] else { return None };
        let own = |cell: &str| cell.trim().to_owned();
        Some(Self { does: own(does), outcome: own(outcome), message: own(message), time: own(time) })
    }

    fn write(&self) -> String {
        format!("| {} | {} | {} | {} |\n", self.does, self.outcome, self.message, self.time)
    }
}

/// A message without what differs from run to run, as text of a table's cell.
fn presented(message: &str) -> String {
    let masks = [
        (r"[a-z]+@127\.0\.0\.1:\d+", "HOST"),
        (r"127\.0\.0\.1:\d+|\[127\.0\.0\.1\]:\d+", "ADDRESS"),
        (r"(/[-.\w]+){2,}/(known|client|id_ed25519)\b(:\d+)?", "FILE"),
        (r"\(tried \d+ times\)", "(tried N times)"),
        (r"[0-9a-f]{32} H .*", "NONCE H ...)"),
        (r"SHA256:[A-Za-z0-9+/]+", "FINGERPRINT"),
        (r"within \d+\.\d s", "within N s"),
        (r"-?\d{9,}(\.\d+)?", "NUMBER"),
    ];
    let mut text = message.lines().next().unwrap_or_default().to_owned();
    for (pattern, mask) in masks {
        text = Regex::new(pattern).unwrap().replace_all(&text, mask).into_owned();
    }
    let shown = text.chars().flat_map(|c| match c {
        '|' => "\\|".chars().collect::<Vec<_>>(),
        '<' => "&lt;".chars().collect(),
        c if c.is_control() || matches!(c, '\u{200b}'..='\u{202e}' | '\u{fffd}') => c.escape_unicode().collect(),
        c => vec![c],
    });
    let shown: Vec<char> = shown.collect();
    let cut = if shown.len() > LONGEST_MESSAGE { " ..." } else { "" };
    shown.iter().take(LONGEST_MESSAGE).collect::<String>() + cut
}

fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reliability.md")
}

/// What stands before the table, its lines by what the server does, and what stands behind.
fn parts(text: &str) -> (String, BTreeMap<String, Line>, String) {
    let (before, rest) = text.split_once(BEGIN).expect("the document has the table's begin");
    let (table, after) = rest.split_once(END).expect("the document has the table's end");
    let lines = table.lines().skip(3).filter_map(Line::read).map(|line| (line.does.clone(), line)).collect();
    (before.to_owned(), lines, after.to_owned())
}

fn is_update() -> bool {
    std::env::var_os("UPDATE_RELIABILITY").is_some()
}

/// Writes the measured lines and a sentence that begins with `about`, or asserts that the document says the same.
pub(super) fn settle(measured: &[Line], about: &str, sentence: &str) {
    let _lock = DOCUMENT.lock();
    let text = fs::read_to_string(path()).expect("there is the document");
    let (before, mut lines, after) = parts(&text);
    if is_update() {
        lines.extend(measured.iter().map(|line| (line.does.clone(), line.clone())));
        let table: String = TABLE.iter().filter_map(|row| lines.get(row.does)).map(Line::write).collect();
        let head = "\n| a server that | outcome | what the user is told | time |\n|---|---|---|---|\n";
        let after = with_sentence(&after, about, sentence);
        fs::write(path(), format!("{before}{BEGIN}{head}{table}{END}{after}")).expect("the document can be written");
        return;
    }
    assert!(after.lines().any(|line| line.starts_with(about)), "the document has no line `{about}`");
    let differs: Vec<_> = measured
        .iter()
        .filter(|line| {
            lines.get(&line.does).map(|told| Line { time: line.time.clone(), ..told.clone() }).as_ref() != Some(line)
        })
        .map(|line| {
            format!(
                "measured  {}document  {}",
                line.write(),
                lines.get(&line.does).map_or_else(|| "nothing\n".to_owned(), Line::write)
            )
        })
        .collect();
    assert!(
        differs.is_empty(),
        "docs/reliability.md says otherwise (UPDATE_RELIABILITY=1 writes it):\n{}",
        differs.join("")
    );
}

/// Writes a sentence that begins with `about`, or asserts that the document has it.
pub(super) fn hold(about: &str, sentence: &str) {
    let _lock = DOCUMENT.lock();
    let text = fs::read_to_string(path()).expect("there is the document");
    let (before, rest) = text.split_once(END).expect("the document has the table's end");
    if is_update() {
        let after = with_sentence(rest, about, sentence);
        fs::write(path(), format!("{before}{END}{after}")).expect("the document can be written");
        return;
    }
    let wanted = format!("{about}{sentence}");
    assert!(rest.lines().any(|line| line == wanted), "UPDATE_RELIABILITY=1 writes it: {wanted}");
}

/// The text with the line that begins with `about` replaced, or put first.
fn with_sentence(text: &str, about: &str, sentence: &str) -> String {
    let new = format!("{about}{sentence}");
    if text.lines().any(|line| line.starts_with(about)) {
        let lines = text.lines().map(|line| if line.starts_with(about) { new.as_str() } else { line });
        return lines.collect::<Vec<_>>().join("\n") + "\n";
    }
    format!("\n\n{new}{text}")
}

/// The document has exactly the table's rows.
pub(super) fn assert_complete() {
    let _lock = DOCUMENT.lock();
    let (_, lines, _) = parts(&fs::read_to_string(path()).expect("there is the document"));
    let rows: Vec<&str> = TABLE.iter().map(|row| row.does).collect();
    let missing: Vec<_> = rows.iter().filter(|does| !lines.contains_key(**does)).collect();
    let unknown: Vec<_> = lines.keys().filter(|does| !rows.contains(&does.as_str())).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing: {missing:#?}, unknown: {unknown:#?}");
}
