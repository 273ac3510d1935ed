//! A file's bytes to a document: decoding, limits, and JSON before YAML.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    error::{Problem, SourceText, Warning, WarningKind},
    ini::NOT_UTF8,
    json,
    source::SourceFault,
    structure::StructureFault,
    tree::{Mark, Node},
    yaml::{self, Oddity, YamlFault},
};

/// How large a file may be.
pub(super) const MAX_FILE: u64 = 64 * 1024 * 1024;

/// How Ansible marks a file that is encrypted as a whole.
const VAULT_HEADER: &[u8] = b"$ANSIBLE_VAULT";

/// A file that was read, before anybody understands it.
pub(super) struct Bytes {
    path: Arc<PathBuf>,
    bytes: Vec<u8>,
}

/// A document under the name of its file.
pub(super) struct Parsed {
    pub(super) source: SourceText,
    pub(super) root: Option<Node>,
    /// Whether it is JSON text.
    pub(super) json: bool,
    pub(super) warnings: Vec<Warning>,
}

/// Reads a file; `shown` is its name in messages.
pub(super) fn load(path: &Path, shown: &Path) -> Result<Bytes, Problem> {
    let shown = Arc::new(shown.to_path_buf());
    read(path).map(|bytes| Bytes { path: Arc::clone(&shown), bytes }).map_err(|fault| Problem {
        source: shown,
        location: None,
        line: None,
        reason: fault.into(),
    })
}

fn read(path: &Path) -> Result<Vec<u8>, SourceFault> {
    let unreadable = |error: io::Error| SourceFault::Unreadable { kind: error.kind(), message: error.to_string() };
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(SourceFault::TooLarge { limit: MAX_FILE });
    }
    Ok(bytes)
}

impl Bytes {
    /// Whether the kernel would start it with an interpreter.
    pub(super) fn has_shebang(&self) -> bool {
        self.bytes.starts_with(b"#!")
    }

    /// Whether it is a program rather than text.
    pub(super) fn is_program(&self) -> bool {
        self.bytes.starts_with(b"\x7fELF")
    }

    /// The problem of a file that is encrypted as a whole.
    pub(super) fn vaulted(&self) -> Option<Problem> {
        let reason = StructureFault::Vaulted.into();
        let problem = Problem { source: Arc::clone(&self.path), location: None, line: None, reason };
        self.bytes.starts_with(VAULT_HEADER).then_some(problem)
    }

    /// The text with [`NOT_UTF8`] for every run of bytes that are none.
    pub(super) fn tolerant(&self) -> SourceText {
        let mut text = String::with_capacity(self.bytes.len());
        for chunk in self.bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            if !chunk.invalid().is_empty() && !(chunk.valid().is_empty() && text.ends_with(NOT_UTF8)) {
                text.push(NOT_UTF8);
            }
        }
        SourceText { path: Arc::clone(&self.path), text }
    }

    /// Reads it as JSON, else as YAML.
    pub(super) fn document(&self) -> Result<Parsed, Problem> {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => parse(SourceText { path: Arc::clone(&self.path), text: text.to_owned() }),
            Err(error) => {
                let (before, _) = self.bytes.split_at(error.valid_up_to());
                let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
                let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                let column = 1 + String::from_utf8_lossy(&before[line_start..]).chars().count();
                let mark = Mark {
                    line: u32::try_from(line).unwrap_or(u32::MAX),
                    column: u32::try_from(column).unwrap_or(u32::MAX),
                };
                let mut shown = self.tolerant();
                shown.text = shown.text.replace(NOT_UTF8, "\u{fffd}");
                Err(shown.problem(mark, YamlFault::NotUtf8))
            }
        }
    }
}

/// Reads a text as JSON, else as YAML.
pub(super) fn parse(source: SourceText) -> Result<Parsed, Problem> {
    if let Ok(root) = json::parse(&source.text) {
        return Ok(Parsed { source, root: Some(root), json: true, warnings: Vec::new() });
    }
    match yaml::parse(&source.text) {
        Ok(document) => {
            let warnings =
                document.oddities.into_iter().map(|(mark, oddity)| source.warning(mark, kind(oddity))).collect();
            Ok(Parsed { source, root: document.root, json: false, warnings })
        }
        Err((mark, fault)) => Err(source.problem(mark, fault)),
    }
}

fn kind(oddity: Oddity) -> WarningKind {
    match oddity {
        Oddity::DuplicateKey(key) => WarningKind::DuplicateKey { key },
        Oddity::UnsafeNesting => WarningKind::UnsafeNesting,
        Oddity::Sexagesimal(text, value) => WarningKind::Sexagesimal { text, value },
    }
}
