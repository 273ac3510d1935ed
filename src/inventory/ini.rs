//! INI inventories: lines of hosts, `[group:vars]`, `[group:children]`; values are Python literals or else text.

use indexmap::IndexMap;

use super::{
    Value, Var, address,
    error::{MAX_PROBLEMS, Problem, Reason, SourceText, WarningKind, shortened},
    groups::{Stopped, is_limit},
    literal, python,
    structure::{Builder, StructureFault},
    tree::{Mark, Node},
    words::{self, Word, WordsFault},
};
use crate::text::Text;

type Step = Result<(), Stopped>;

/// Why a line is none of an INI inventory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IniFault {
    /// A section of an unknown kind.
    #[error("`[{group}:{kind}]`: a section is `[group]`, `[group:vars]` or `[group:children]`")]
    SectionKind {
        /// The group.
        group: String,
        /// The kind.
        kind: String,
    },
    /// A section's header that is malformed.
    #[error("`{0}` is no section's header; it holds no blanks")]
    Section(String),
    /// A line without end.
    #[error("the line has more than {limit} words")]
    TooManyWords {
        /// The most that is taken.
        limit: usize,
    },
    /// A quote that is not closed.
    #[error("a quote is not closed")]
    Quote,
    /// A backslash at the end.
    #[error("the line ends in a backslash")]
    Escape,
    /// A word that is no `key=value`.
    #[error("expected `key=value` after the host's name, found `{0}`")]
    HostVariable(String),
    /// A line of `:vars` without `=`.
    #[error("expected `key=value`, found `{0}`")]
    Variable(String),
    /// A child that is no group's name.
    #[error("expected a group's name, found `{0}`")]
    GroupName(String),
    /// A colon at a host's end.
    #[error("`{0}` ends in a colon, which is for a port")]
    Colon(String),
    /// The beginning of a YAML document.
    #[error("`---` is no host; is this a YAML file?")]
    Dashes,
    /// Variables for a group that is not there.
    #[error("`[{0}:vars]`, but there is no group `{0}`")]
    UndefinedGroup(String),
    /// A child that is not there.
    #[error("`[{parent}:children]` names `{child}`, but there is no such group")]
    UndefinedChild {
        /// The parent.
        parent: String,
        /// The child.
        child: String,
    },
    /// A list or mapping as a key of a literal.
    #[error("the value has a list or mapping as a key")]
    Unhashable,
}

impl IniFault {
    pub(super) fn hint(&self) -> Option<Text> {
        let (en, ja) = match self {
            Self::HostVariable(word) if word.starts_with(';') => {
                ("a comment inside a line begins with `#`", "行の途中のコメントは `#` で始めてください")
            }
            Self::HostVariable(_) => (
                "no blanks around `=`; quote a value that has blanks",
                "`=` の前後に空白を入れず、空白を含む値は引用符で囲んでください",
            ),
            Self::Colon(_) | Self::Dashes => (
                "a YAML inventory's name ends in `.yml`, `.yaml`, or in nothing",
                "YAML のインベントリは、ファイル名の末尾を `.yml` か `.yaml` にするか、拡張子なしにしてください",
            ),
            Self::UndefinedGroup(_) | Self::UndefinedChild { .. } => (
                "declare the group with a `[group]` section of its own, even an empty one",
                "空でもよいので、そのグループの `[group]` セクションを書いてください",
            ),
            _ => return None,
        };
        Some(Text::new(en, ja))
    }
}

/// Reads an INI inventory into `builder`; see [`super::groups::read`] for `keep_going`.
pub(super) fn read(source: &SourceText, builder: &mut Builder, keep_going: bool) -> Vec<Problem> {
    let mut reader = Reader {
        source,
        builder,
        problems: Vec::new(),
        keep_going,
        section: Section { group: "ungrouped".to_owned(), kind: SectionKind::Hosts },
        pending: IndexMap::new(),
    };
    let _ = reader.lines();
    reader.problems
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SectionKind {
    Hosts,
    Vars,
    Children,
}

struct Section {
    group: String,
    kind: SectionKind,
}

/// A group that was used before it was declared.
struct Pending {
    mark: Mark,
    /// The groups that named it as a child; none where it only got variables.
    parents: Option<Vec<String>>,
}

struct Reader<'a> {
    source: &'a SourceText,
    builder: &'a mut Builder,
    problems: Vec<Problem>,
    keep_going: bool,
    section: Section,
    pending: IndexMap<String, Pending>,
}

impl Reader<'_> {
    fn fail(&mut self, mark: Mark, reason: impl Into<Reason>) -> Step {
        let reason = reason.into();
        let goes_on = self.keep_going && self.problems.len() + 1 < MAX_PROBLEMS && !is_limit(&reason);
        self.problems.push(self.source.problem(mark, reason));
        if goes_on { Ok(()) } else { Err(Stopped) }
    }

    fn check(&mut self, mark: Mark, result: Result<(), StructureFault>) -> Step {
        result.or_else(|fault| self.fail(mark, fault))
    }

    fn lines(&mut self) -> Step {
        let source = self.source;
        for (number, whole) in (1u32..).zip(python::split_lines(&source.text)) {
            let line = python::strip(whole);
            if line.is_empty() || line.starts_with([';', '#']) {
                continue;
            }
            let indent = whole.chars().take_while(|c| python::is_space(*c)).count();
            let mark = Mark { line: number, column: u32::try_from(indent).unwrap_or(0) + 1 };
            if line.contains(NOT_UTF8) {
                self.builder.add_warning(source.warning(mark, WarningKind::NotUtf8));
            }
            self.line(line, mark)?;
        }
        self.undeclared();
        Ok(())
    }

    fn line(&mut self, line: &str, mark: Mark) -> Step {
        if let Some((group, kind)) = header(line) {
            return self.begin(group, kind, mark);
        }
        if line.starts_with('[') && line.ends_with(']') {
            return self.fail(mark, IniFault::Section(line.to_owned()));
        }
        match self.section.kind {
            SectionKind::Hosts => self.hosts(line, mark),
            SectionKind::Vars => self.variable(line, mark),
            SectionKind::Children => self.child(line, mark),
        }
    }

    fn begin(&mut self, group: &str, kind: Option<&str>, mark: Mark) -> Step {
        let kind = match kind {
            None | Some("hosts") => SectionKind::Hosts,
            Some("vars") => SectionKind::Vars,
            Some("children") => SectionKind::Children,
            Some(other) => {
                let fault = IniFault::SectionKind { group: group.to_owned(), kind: other.to_owned() };
                return self.fail(mark, fault);
            }
        };
        self.section = Section { group: group.to_owned(), kind };
        if !self.builder.groups.contains_key(group) {
            if kind == SectionKind::Vars {
                self.pending.entry(group.to_owned()).or_insert(Pending { mark, parents: None });
            }
            let location = self.source.location(mark);
            let added = self.builder.add_group(group, Some(&location));
            self.check(mark, added.map(|_| ()))?;
        }
        if kind == SectionKind::Vars {
            return Ok(());
        }
        self.declared(group, mark)
    }

    /// A group that was waited for is here: its parents get it, and those that were waiting too.
    fn declared(&mut self, group: &str, mark: Mark) -> Step {
        let mut queue = vec![group.to_owned()];
        while let Some(child) = queue.pop() {
            let Some(pending) = self.pending.shift_remove(&child) else { continue };
            for parent in pending.parents.into_iter().flatten() {
                if let Some(place) = self.builder.groups.get_index_of(parent.as_str()) {
                    let result = self.builder.add_child(place, &child);
                    self.check(mark, result)?;
                }
                if self.pending.get(&parent).is_some_and(|pending| pending.parents.is_some()) {
                    queue.push(parent);
                }
            }
        }
        Ok(())
    }

    fn undeclared(&mut self) {
        for (name, pending) in std::mem::take(&mut self.pending).into_iter().take(MAX_PROBLEMS) {
            let fault = match pending.parents {
                None => IniFault::UndefinedGroup(name),
                Some(mut parents) => {
                    IniFault::UndefinedChild { parent: parents.pop().unwrap_or_default(), child: name }
                }
            };
            self.problems.push(self.source.problem(pending.mark, fault));
        }
    }

    fn child(&mut self, line: &str, mark: Mark) -> Step {
        let end = line.find(|c: char| c == ':' || c == ']' || python::is_space(c)).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        if name.is_empty() || !is_end(rest) {
            return self.fail(mark, IniFault::GroupName(line.to_owned()));
        }
        let parent = self.section.group.clone();
        if self.builder.groups.contains_key(name) {
            let place = self.builder.groups.get_index_of(parent.as_str()).unwrap_or(super::structure::ALL);
            let result = self.builder.add_child(place, name);
            return self.check(mark, result);
        }
        let pending =
            self.pending.entry(name.to_owned()).or_insert_with(|| Pending { mark, parents: Some(Vec::new()) });
        if let Some(parents) = &mut pending.parents {
            parents.push(parent);
        }
        Ok(())
    }

    fn variable(&mut self, line: &str, mark: Mark) -> Step {
        let Some((key, value)) = line.split_once('=') else {
            return self.fail(mark, IniFault::Variable(line.to_owned()));
        };
        let Ok(value) = typed(python::strip(value), mark) else { return self.fail(mark, IniFault::Unhashable) };
        let var = Var { value, location: Some(self.source.location(mark)) };
        let result = self.builder.set_variable(&self.section.group, python::strip(key).to_owned(), var);
        self.check(mark, result)
    }

    fn hosts(&mut self, line: &str, mark: Mark) -> Step {
        let words = match words::split(line) {
            Ok(words) => words,
            Err(WordsFault::Quote) => return self.fail(mark, IniFault::Quote),
            Err(WordsFault::TooMany) => return self.fail(mark, IniFault::TooManyWords { limit: words::MAX_WORDS }),
            Err(WordsFault::Escape) => return self.fail(mark, IniFault::Escape),
        };
        let Some((first, rest)) = words.split_first() else { return Ok(()) };
        let written = match address::expand(&first.text.replace(NOT_UTF8, "?")) {
            Ok(written) => written,
            Err(fault) => {
                let text = shortened(&first.text);
                return self.fail(mark, StructureFault::Range { text, fault });
            }
        };
        if python::strip(&first.text).ends_with(':') && written.port.is_none() {
            return self.fail(mark, IniFault::Colon(first.text.clone()));
        }
        if written.hosts.iter().any(|host| python::strip(host) == "---") {
            return self.fail(mark, IniFault::Dashes);
        }
        let Some(vars) = self.host_variables(rest, mark)? else { return Ok(()) };
        self.populate(&written, &vars, mark)
    }

    /// The variables behind a host's name; nothing where one of them was a problem.
    fn host_variables(&mut self, words: &[Word], mark: Mark) -> Result<Option<IndexMap<String, Var>>, Stopped> {
        let mut vars = IndexMap::new();
        for word in words {
            let at = Mark { line: mark.line, column: mark.column + word.column - 1 };
            let Some((key, value)) = word.text.split_once('=') else {
                return self.fail(at, IniFault::HostVariable(word.text.clone())).map(|()| None);
            };
            let Ok(value) = typed(value, at) else { return self.fail(at, IniFault::Unhashable).map(|()| None) };
            vars.insert(key.to_owned(), Var { value, location: Some(self.source.location(at)) });
        }
        Ok(Some(vars))
    }

    fn populate(&mut self, written: &address::Written, vars: &IndexMap<String, Var>, mark: Mark) -> Step {
        let location = self.source.location(mark);
        let group = self.builder.groups.get_index_of(self.section.group.as_str());
        for host in &written.hosts {
            let added = self.builder.add_host(host, group, written.port.as_ref(), Some(&location));
            self.check(mark, added.map(|_| ()))?;
            for (name, var) in vars {
                let result = self.builder.set_variable(host, name.clone(), var.clone());
                self.check(mark, result)?;
            }
        }
        Ok(())
    }
}

/// What stands for bytes that are no UTF-8 while a file is read: a character that no text has.
pub(super) const NOT_UTF8: char = '\u{10ffff}';

/// The text's value: a Python literal, else the text. Bytes that were no UTF-8 are what Ansible prints for them.
fn typed(text: &str, mark: Mark) -> Result<Value, literal::Unhashable> {
    if text.contains(NOT_UTF8) {
        return Ok(Value::String(text.replace(NOT_UTF8, "?")));
    }
    Ok(match literal::parse(text, mark)? {
        Some(data) => Node::new(mark, data).into_value(),
        None => Value::String(text.to_owned()),
    })
}

/// A section's group and kind; nothing where the line is no header.
fn header(line: &str) -> Option<(&str, Option<&str>)> {
    let inner = line.strip_prefix('[')?;
    let (inner, rest) = inner.split_once(']')?;
    let (group, kind) = inner.split_once(':').map_or((inner, None), |(group, kind)| (group, Some(kind)));
    let word = |kind: &str| !kind.is_empty() && kind.chars().all(|c| c.is_alphanumeric() || c == '_');
    let valid = !group.is_empty() && !group.contains(python::is_space) && kind.is_none_or(word) && is_end(rest);
    valid.then_some((group, kind))
}

/// Whether only blanks and a comment are left.
fn is_end(rest: &str) -> bool {
    let rest = rest.trim_start_matches(python::is_space);
    rest.is_empty() || rest.starts_with('#')
}
