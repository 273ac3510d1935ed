//! Files to a catalogue: each is read and judged by itself, then what they say of each other.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{Debug, Display},
    ops::Range,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use super::{
    CheckId, FaqId,
    check::{Catalog, Check, FaqEntry},
    problem::{CatalogErrors, Problem, ProblemKind},
    raw::{RawCheck, RawFaq},
    read::read,
    source::{self, SourceFile},
    tree::{self, Node},
    validate::{self, References, Validator},
};
use crate::{jinja::Jinja, nearest::nearest};

/// A file after it was judged by itself.
struct Judged {
    source: SourceFile,
    text: String,
    item: Option<Item>,
    references: References,
}

enum Item {
    Check(Box<Check>),
    Faq(Box<FaqEntry>),
}

impl Catalog {
    /// The built-in pack, with the checks of `directories` added; one of the same id replaces what came before.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn load(directories: &[PathBuf]) -> Result<Self, CatalogErrors> {
        let mut packs = vec![source::embedded()];
        let mut problems = Vec::new();
        packs.extend(directories.iter().map(|directory| source::on_disk(directory, &mut problems)));
        finish(judge_all(packs, &mut problems), problems)
    }

    /// What is in `paths` (packs, topic directories or single files) alone; they may refer to the built-in pack.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn lint(paths: &[PathBuf]) -> Result<Self, CatalogErrors> {
        if paths.is_empty() {
            return Self::load(&[]);
        }
        let mut problems = Vec::new();
        let files = paths.iter().flat_map(|path| source::on_disk(path, &mut problems)).collect();
        let mut known = Known::of(&source::embedded());
        for path in paths {
            known.add(&beside(path));
        }
        finish(judge_pack(files, &known, &mut problems), problems)
    }
}

/// The other files of the pack in which `path` (a pack, a topic of one, or a file in one) lies: what it may refer to.
fn beside(path: &Path) -> Vec<SourceFile> {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let topic = if real.is_dir() { Some(real.as_path()) } else { real.parent() };
    let is_topic = |directory: &&Path| !real.is_dir() || source::has_checks(directory);
    let root = topic.filter(is_topic).map_or(Some(real.as_path()), Path::parent);
    root.map(|root| source::on_disk(root, &mut Vec::new())).unwrap_or_default()
}

fn finish(judged: Vec<Judged>, mut problems: Vec<Problem>) -> Result<Catalog, CatalogErrors> {
    if !problems.is_empty() {
        problems.sort_by(|a, b| a.location.cmp(&b.location));
        problems.dedup();
        return Err(CatalogErrors { problems });
    }
    let mut catalog = Catalog::default();
    for judged in judged {
        match judged.item {
            Some(Item::Check(check)) => drop(catalog.checks.insert(check.id.clone(), Arc::from(check))),
            Some(Item::Faq(faq)) => drop(catalog.faq.insert(faq.id.clone(), Arc::from(faq))),
            None => {}
        }
    }
    Ok(catalog)
}

/// Ids that may be referred to, by the paths of their files: a broken file is still there.
#[derive(Default)]
struct Known {
    checks: BTreeSet<String>,
    faq: BTreeSet<String>,
    files: BTreeMap<String, String>,
}

impl Known {
    fn of(files: &[SourceFile]) -> Self {
        let mut known = Self::default();
        known.add(files);
        known
    }

    fn add(&mut self, files: &[SourceFile]) {
        for file in files {
            let ids = if file.is_faq() { &mut self.faq } else { &mut self.checks };
            ids.insert(file.expected_id());
            self.files.insert(file.expected_id(), file.name.display().to_string());
        }
    }
}

/// Later packs replace earlier ones file by file, before anything is judged.
fn judge_all(packs: Vec<Vec<SourceFile>>, problems: &mut Vec<Problem>) -> Vec<Judged> {
    let mut files: BTreeMap<String, SourceFile> = BTreeMap::new();
    for file in packs.into_iter().flatten() {
        let key = format!("{}/{}", file.topic, file.stem);
        files.insert(key, file);
    }
    let files: Vec<SourceFile> = files.into_values().collect();
    let known = Known::of(&files);
    judge_pack(files, &known, problems)
}

fn judge_pack(files: Vec<SourceFile>, known: &Known, problems: &mut Vec<Problem>) -> Vec<Judged> {
    let jinja = Jinja::new();
    let judged: Vec<Judged> = files.into_iter().filter_map(|file| judge_file(file, &jinja, known, problems)).collect();
    for file in &judged {
        report_unknown(file, known, problems);
    }
    report_circles(&judged, problems);
    judged
}

fn judge_file(source: SourceFile, jinja: &Jinja, known: &Known, problems: &mut Vec<Problem>) -> Option<Judged> {
    let text = match source.text() {
        Ok(text) => text,
        Err(kind) => {
            problems.push(Problem::of_file(&source.name, kind));
            return None;
        }
    };
    let mut broken = Vec::new();
    let tree = match tree::parse(&text, &mut broken) {
        Ok(tree) => tree,
        Err((range, kind)) => {
            problems.push(Problem::at(&source.name, &text, &range, kind));
            return None;
        }
    };
    let (item, references, found) = judge_tree(&source, &text, &tree, broken, jinja, known);
    let sound = found.is_empty();
    problems.extend(found);
    Some(Judged { source, text, item: Some(item).filter(|_| sound), references })
}

fn judge_tree(
    source: &SourceFile,
    text: &str,
    tree: &Node,
    mut broken: Vec<tree::Broken>,
    jinja: &Jinja,
    known: &Known,
) -> (Item, References, Vec<Problem>) {
    let mut validator = Validator {
        file: &source.name,
        text,
        jinja,
        siblings: &source.siblings,
        problems: Vec::new(),
        observed: Vec::new(),
    };
    let location = Problem::at(&source.name, text, &tree.range, ProblemKind::Empty).location;
    let (item, references) = if source.is_faq() {
        let raw: RawFaq = read(text, tree, &mut broken);
        let id: FaqId = own_id(&mut validator, raw.id.as_deref(), tree, source, known, "unnamed");
        (Item::Faq(Box::new(validate::faq(&mut validator, raw, tree, id, location))), References::default())
    } else {
        let raw: RawCheck = read(text, tree, &mut broken);
        let id: CheckId = own_id(&mut validator, raw.id.as_deref(), tree, source, known, "unnamed/unnamed");
        let (check, references) = validate::check(&mut validator, raw, tree, id, location);
        (Item::Check(Box::new(check)), references)
    };
    for (range, kind) in broken {
        validator.report_range(&range, kind);
    }
    (item, references, validator.problems)
}

/// The id of the file by its path, after what the file itself says was compared with it. `stand_in` is taken where the
/// path makes no id.
fn own_id<T: FromStr<Err: Display + Debug>>(
    validator: &mut Validator<'_>,
    written: Option<&str>,
    tree: &Node,
    source: &SourceFile,
    known: &Known,
    stand_in: &str,
) -> T {
    let expected = source.expected_id();
    let range = tree.entry("id").map_or(tree.range.start..tree.range.start + 1, |entry| entry.value.range.clone());
    match written {
        None if !tree.has("id") => {
            validator.report_range(&range, ProblemKind::Missing { key: "id".to_owned(), example: None });
        }
        Some(id) if id != expected => {
            let kind = match known.files.get(id) {
                Some(other) => ProblemKind::DuplicateId { id: id.to_owned(), other: other.clone() },
                None => ProblemKind::IdNotPath { id: id.to_owned(), expected: expected.clone() },
            };
            validator.report_range(&range, kind);
        }
        _ => {}
    }
    expected.parse().unwrap_or_else(|error: T::Err| {
        validator.report_range(&range, ProblemKind::InvalidName { detail: error.to_string() });
        stand_in.parse().expect("the stand-in is an id")
    })
}

fn report_unknown(file: &Judged, known: &Known, problems: &mut Vec<Problem>) {
    let mut look = |ids: &BTreeSet<String>, what: &'static str, id: &str, range: &Range<usize>| {
        if !ids.contains(id) {
            let nearest = nearest(id, ids.iter().map(String::as_str)).map(str::to_owned);
            let kind = ProblemKind::UnknownReference { what, id: id.to_owned(), nearest };
            problems.push(Problem::at(&file.source.name, &file.text, range, kind));
        }
    };
    for (id, range) in &file.references.needs {
        look(&known.checks, "check", id.as_str(), range);
    }
    if let Some((id, range)) = &file.references.faq {
        look(&known.faq, "FAQ entry", id.as_str(), range);
    }
}

/// Tells each circle once, at the reference of its first file that closes it.
fn report_circles(judged: &[Judged], problems: &mut Vec<Problem>) {
    let graph: BTreeMap<String, &Judged> =
        judged.iter().filter(|file| !file.source.is_faq()).map(|file| (file.source.expected_id(), file)).collect();
    let mut done = BTreeSet::new();
    for id in graph.keys() {
        let mut path = Vec::new();
        follow(id, &graph, &mut path, &mut done, problems);
    }
}

fn follow(
    id: &str,
    graph: &BTreeMap<String, &Judged>,
    path: &mut Vec<String>,
    done: &mut BTreeSet<String>,
    problems: &mut Vec<Problem>,
) {
    let Some(file) = graph.get(id).filter(|_| !done.contains(id)) else { return };
    path.push(id.to_owned());
    for (need, range) in &file.references.needs {
        match path.iter().position(|visited| visited == need.as_str()) {
            Some(start) => {
                let mut circle = path[start..].to_vec();
                circle.push(need.as_str().to_owned());
                problems.push(Problem::at(&file.source.name, &file.text, range, ProblemKind::CyclicNeeds { circle }));
            }
            None => follow(need.as_str(), graph, path, done, problems),
        }
    }
    path.pop();
    done.insert(id.to_owned());
}
