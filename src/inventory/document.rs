//! A file's bytes to a document: decoding, limits, and JSON before YAML.

use std::{
    fs::{self, File, FileType},
    io::{self, Read},
    os::unix::fs::FileTypeExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Value, Vault,
    error::{Problem, SourceText, Warning, WarningKind},
    ini::NOT_UTF8,
    json,
    source::SourceFault,
    structure::StructureFault,
    tree::{Data, Mark, Node},
    yaml::{self, Oddity, YamlFault},
};
use crate::secret::{Kind, names_secret};

/// How large a file may be.
pub(super) const MAX_FILE: u64 = 64 * 1024 * 1024;

/// A file that was read, before anybody understands it.
pub(super) struct Bytes {
    path: Arc<PathBuf>,
    bytes: Vec<u8>,
}

/// A document under the name of its file.
pub(super) struct Parsed {
    pub(super) source: SourceText,
    pub(super) root: Option<Node>,
    pub(super) warnings: Vec<Warning>,
}

/// Reads a file.
pub(super) fn load(path: &Path) -> Result<Bytes, Problem> {
    match read(path) {
        Ok(bytes) => Ok(Bytes { path: Arc::new(path.to_path_buf()), bytes }),
        Err(fault) => Err(Problem::of_source(path, fault)),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, SourceFault> {
    let unreadable = |error: io::Error| SourceFault::Unreadable { kind: error.kind(), message: error.to_string() };
    // To open a pipe would wait for whoever writes into it, and a device may have no end.
    let kind = fs::metadata(path).map_err(unreadable)?.file_type();
    if !kind.is_file() {
        return Err(SourceFault::NotRegular { found: found(kind) });
    }
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(SourceFault::TooLarge { limit: MAX_FILE });
    }
    Ok(bytes)
}

fn found(kind: FileType) -> &'static str {
    match kind {
        kind if kind.is_dir() => "a directory",
        kind if kind.is_fifo() => "a pipe",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    }
}

impl Bytes {
    /// The text with a replacement character for bytes that are no UTF-8.
    pub(super) fn lossy(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Whether the kernel would start it with an interpreter.
    pub(super) fn has_shebang(&self) -> bool {
        self.bytes.starts_with(b"#!")
    }

    /// Whether it is a program rather than text.
    pub(super) fn is_program(&self) -> bool {
        self.bytes.starts_with(b"\x7fELF")
    }

    /// What is inside of a file that is encrypted as a whole; nothing where it is not.
    pub(super) fn decrypted(&self, vault: &Vault) -> Result<Option<Self>, Problem> {
        if !Vault::is_encrypted(&self.bytes) {
            return Ok(None);
        }
        if !vault.has_passwords() {
            return Err(Problem::of_source(&self.path, StructureFault::Vaulted));
        }
        let bytes = vault.decrypt(&self.bytes).map_err(|fault| Problem::of_source(&self.path, fault))?;
        Ok(Some(Self { path: Arc::clone(&self.path), bytes }))
    }

    /// The text with [`NOT_UTF8`] for every run of bytes that are none.
    pub(super) fn tolerant(&self) -> SourceText {
        let mut text = String::with_capacity(self.bytes.len());
        for chunk in self.bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            let run_goes_on = chunk.valid().is_empty() && text.ends_with(NOT_UTF8);
            if !chunk.invalid().is_empty() && !run_goes_on {
                text.push(NOT_UTF8);
            }
        }
        SourceText { path: Arc::clone(&self.path), text }
    }

    /// The text.
    pub(super) fn text(&self) -> Result<SourceText, Problem> {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => Ok(SourceText { path: Arc::clone(&self.path), text: text.to_owned() }),
            Err(error) => Err(self.not_utf8(error.valid_up_to())),
        }
    }

    fn not_utf8(&self, at: usize) -> Problem {
        let before = String::from_utf8_lossy(&self.bytes[..at]);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
        let mut shown = self.tolerant();
        shown.text = shown.text.replace(NOT_UTF8, "\u{fffd}");
        shown.problem(Mark { line: number(line), column: number(column) }, YamlFault::NotUtf8)
    }

    /// Makes known what looks like a secret in a file that nobody could read: messages may quote it.
    pub(super) fn tell_secrets(&self, vault: &Vault) {
        let (text, redactor) = (self.lossy(), vault.redactor());
        redactor.learn_from(&text);
        // What separates a name from its value may be the fault.
        let is_end = |c: char| c.is_whitespace() || "=:\"'{}[],".contains(c);
        for line in text.lines() {
            let mut words = line.split(is_end).filter(|word| !word.is_empty());
            if words.any(names_secret) {
                words.for_each(|word| redactor.learn(word, Kind::Named));
            }
        }
    }

    /// Reads it as JSON, else as YAML.
    pub(super) fn document(&self) -> Result<Parsed, Problem> {
        parse(self.text()?)
    }
}

/// Reads a text as JSON, else as YAML.
pub(super) fn parse(source: SourceText) -> Result<Parsed, Problem> {
    if let Ok(root) = json::parse(&source.text) {
        return Ok(Parsed { source, root: Some(root), warnings: Vec::new() });
    }
    match yaml::parse(&source.text) {
        Ok(document) => {
            let warnings =
                document.oddities.into_iter().map(|(mark, oddity)| source.warning(mark, kind(oddity))).collect();
            Ok(Parsed { source, root: document.root, warnings })
        }
        Err((mark, fault)) => Err(source.problem(mark, fault)),
    }
}

/// The variables of a file that is encrypted as a whole, as far as it can be opened.
pub(super) fn vaulted_variables(path: &Path, vault: &Vault) -> Vec<(String, Value)> {
    let begins = |length: usize| {
        let mut beginning = vec![0; length];
        File::open(path).and_then(|mut file| file.read_exact(&mut beginning)).is_ok().then_some(beginning)
    };
    if !begins(Vault::MARK.len()).is_some_and(|beginning| Vault::is_encrypted(&beginning)) {
        return Vec::new();
    }
    let Ok(Some(decrypted)) = load(path).and_then(|bytes| bytes.decrypted(vault)) else { return Vec::new() };
    match decrypted.document().map(|parsed| parsed.root.map(|root| root.data)) {
        Ok(Some(Data::Map(map))) => {
            map.into_iter().map(|(key, entry)| (key.into_text(), entry.node.into_value())).collect()
        }
        _ => Vec::new(),
    }
}

fn kind(oddity: Oddity) -> WarningKind {
    match oddity {
        Oddity::DuplicateKey(key) => WarningKind::DuplicateKey { key },
        Oddity::MergeOrder(key) => WarningKind::MergeOrder { key },
        Oddity::UnsafeNesting => WarningKind::UnsafeNesting,
        Oddity::Sexagesimal(text, value) => WarningKind::Sexagesimal { text, value },
        Oddity::Since219(written, becomes) => WarningKind::Since219 { written, becomes },
    }
}
