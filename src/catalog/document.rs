//! A YAML file of the user's other than a check (waivers, project configuration), read with the same care: every problem
//! with its place, unknown keys with what was meant.

use std::{
    fs::File,
    io::{self, ErrorKind},
    ops::Range,
    path::Path,
    sync::Arc,
};

use serde::de::DeserializeOwned;

use super::{
    problem::{CatalogErrors, Problem, ProblemKind},
    read::read,
    tree::{self, Node},
};
use crate::{bounded, location::Location, trust};

/// How large such a file may be, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// A file that was read; what else is wrong with it can be added before [`Document::finish`].
#[derive(Debug)]
pub struct Document<T> {
    /// What it says. Where something could not be read, that part is absent.
    pub raw: T,
    file: Arc<std::path::PathBuf>,
    text: String,
    tree: Node,
    problems: Vec<Problem>,
}

/// A step from a value into it.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    /// The value of a key.
    Key(&'a str),
    /// An item of a list, from 0.
    Item(usize),
}

impl<T: DeserializeOwned + Default> Document<T> {
    /// Reads a file.
    ///
    /// # Errors
    /// Where it cannot be read at all or is no YAML. Other problems wait for [`Document::finish`].
    pub fn read(path: &Path) -> Result<Self, CatalogErrors> {
        let file = Arc::new(path.to_path_buf());
        let whole = |kind| CatalogErrors { problems: vec![Problem::of_file(&file, kind)] };
        let text = text(path).map_err(whole)?;
        let mut broken = Vec::new();
        let tree = tree::parse(&text, &mut broken)
            .map_err(|(range, kind)| CatalogErrors { problems: vec![Problem::at(&file, &text, &range, kind)] })?;
        let raw = read(&text, &tree, &mut broken);
        let problems = broken.into_iter().map(|(range, kind)| Problem::at(&file, &text, &range, kind)).collect();
        Ok(Self { raw, file, text, tree, problems })
    }

    /// The same for a file that nobody named: it counts only where nobody else could have written it, and is no pipe or
    /// device.
    ///
    /// # Errors
    /// As [`Document::read`], and who else could have written it.
    pub fn read_found(path: &Path) -> Result<Self, CatalogErrors> {
        let whole = |kind| CatalogErrors { problems: vec![Problem::of_file(&Arc::new(path.to_path_buf()), kind)] };
        trust::written_by_its_owner(path).map_err(|why| whole(ProblemKind::Untrusted(why)))?;
        Self::read_regular(path)
    }

    /// The same for a file that nobody named, whoever wrote it.
    ///
    /// # Errors
    /// As [`Document::read`], and where it is a pipe or a device.
    pub fn read_regular(path: &Path) -> Result<Self, CatalogErrors> {
        if !path.is_file() {
            let kind = ProblemKind::Unreadable { detail: "it is no regular file".to_owned() };
            return Err(CatalogErrors { problems: vec![Problem::of_file(&Arc::new(path.to_path_buf()), kind)] });
        }
        Self::read(path)
    }

    /// Where a value is written; the value around it where it is not.
    #[must_use]
    pub fn location(&self, path: &[Step<'_>]) -> Location {
        Problem::at(&self.file, &self.text, &self.range(path), ProblemKind::Empty).location
    }

    /// Adds a problem of a value.
    pub fn report(&mut self, path: &[Step<'_>], kind: ProblemKind) {
        let problem = Problem::at(&self.file, &self.text, &self.range(path), kind);
        self.problems.push(problem);
    }

    fn range(&self, path: &[Step<'_>]) -> Range<usize> {
        let step = |node: &'_ Node, step: &Step<'_>| -> Range<usize> { down(node, step).range.clone() };
        match path.split_last() {
            None => self.tree.range.start..self.tree.range.start + 1,
            Some((last, before)) => step(before.iter().fold(&self.tree, down), last),
        }
    }

    /// What the file says, where nothing is wrong with it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn finish(self) -> Result<T, CatalogErrors> {
        if self.problems.is_empty() { Ok(self.raw) } else { Err(CatalogErrors { problems: self.problems }) }
    }
}

fn down<'a>(node: &'a Node, step: &Step<'_>) -> &'a Node {
    match step {
        Step::Key(key) => node.at(key),
        Step::Item(index) => node.item(*index),
    }
}

fn text(path: &Path) -> Result<String, ProblemKind> {
    let failed = |error: io::Error| match error.kind() {
        ErrorKind::FileTooLarge => ProblemKind::TooLarge { limit: MAX_FILE },
        _ => ProblemKind::Unreadable { detail: error.to_string() },
    };
    // Who names it may give a pipe.
    let bytes = File::open(path).and_then(|file| bounded::read_from(file, MAX_FILE)).map_err(failed)?;
    String::from_utf8(bytes).map_err(|_| ProblemKind::NotUtf8)
}
