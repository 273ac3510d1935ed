//! Holds the dependency rule of `docs/architecture.md`: which stage may name which other stage.
//!
//! The sources are read as tokens (comments and strings do not count), every path that starts at the crate's root is
//! followed through its braces, and each step from one top-level module into another must stand in [`RULE`].
//! `#[cfg(test)]` modules are left out: a unit test may build its input with a neighbour.

use std::{
    collections::BTreeSet,
    fmt, fs,
    path::{Path, PathBuf},
};

use hive_preflight::secret::names_secret;

use Items::{Every, Only};

/// What a module may name of another one.
#[derive(Debug, Clone, Copy)]
enum Items {
    /// Everything that is public there.
    Every,
    /// These items only.
    Only(&'static [&'static str]),
}

/// Names of hosts, groups and patterns, findings and changes: the plain vocabulary of the inventory.
const NAMES: Items =
    Only(&["HostName", "GroupName", "Pattern", "Value", "Rule", "Finding", "Change", "Field", "Section", "What"]);
/// Where to connect, without the means to do so.
const ENDPOINTS: Items = Only(&["Endpoint", "LocalEndpoint", "SshEndpoint", "HostKeyPolicy"]);

/// Every module may use these; they use nothing.
const VOCABULARY: [&str; 10] =
    ["bounded", "guard", "jinja", "location", "nearest", "secret", "shell", "stop", "text", "trust"];

/// Module by module, what it may use beside [`VOCABULARY`]. `cli` joins the stages and may use them all.
const RULE: [(&str, &[(&str, Items)]); 10] = [
    ("inventory", &[]),
    ("transport", &[]),
    ("probe", &[]),
    ("catalog", &[("inventory", NAMES), ("judge", Only(&["Severity"])), ("probe", Every)]),
    (
        "plan",
        &[
            ("inventory", Every),
            ("catalog", Every),
            ("judge", Only(&["ErrorKind"])),
            ("probe", Every),
            ("transport", ENDPOINTS),
        ],
    ),
    ("judge", &[("inventory", NAMES), ("catalog", Every), ("plan", Every), ("probe", Every)]),
    ("policy", &[("inventory", NAMES), ("catalog", Every), ("judge", Every)]),
    ("event", &[("inventory", NAMES), ("judge", Every)]),
    (
        "engine",
        &[
            ("inventory", NAMES),
            ("catalog", Only(&["CheckId"])),
            ("plan", Every),
            ("transport", Every),
            ("probe", Every),
            ("judge", Every),
            ("event", Every),
        ],
    ),
    ("report", &[("inventory", NAMES), ("catalog", Every), ("judge", Every), ("event", Every)]),
];

/// A path that the rule does not allow.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    file: PathBuf,
    line: usize,
    path: String,
    reason: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: `crate::{}`: {}", self.file.display(), self.line, self.path, self.reason)
    }
}

/// Why `from` must not name `path` (segments below the crate's root), if it must not.
fn judge(from: &str, path: &[String]) -> Option<String> {
    let to = path.first().map_or("", String::as_str);
    if from == to || from == "cli" || VOCABULARY.contains(&to) {
        return None;
    }
    if VOCABULARY.contains(&from) {
        return Some(format!("`{from}` is vocabulary and uses no stage"));
    }
    let Some((_, allowed)) = RULE.iter().find(|(module, _)| *module == from) else {
        return Some(format!("`{from}` is not in the dependency rule: add it there first"));
    };
    match allowed.iter().find(|(module, _)| *module == to) {
        None => Some(format!("`{from}` must not use `{to}`")),
        Some((_, Every)) => None,
        Some((_, Only(items))) => {
            let item = path.get(1).map_or("*", String::as_str);
            (!items.contains(&item)).then(|| format!("`{from}` may use only {} of `{to}`", items.join(", ")))
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    text: String,
    line: usize,
}

/// Splits Rust source into words, `::` and single signs; comments, strings, characters and lifetimes fall away.
fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let (mut tokens, mut at, mut line) = (Vec::new(), 0, 1);
    while at < chars.len() {
        let (end, kept) = lexeme(&chars, at);
        if kept {
            tokens.push(Token { text: chars[at..end].iter().collect(), line });
        }
        line += chars[at..end].iter().filter(|c| **c == '\n').count();
        at = end;
    }
    tokens
}

/// The end of the lexeme at `at`, and whether it counts as a token.
fn lexeme(chars: &[char], at: usize) -> (usize, bool) {
    let next = chars.get(at + 1).copied().unwrap_or('\0');
    match chars[at] {
        '/' if next == '/' => (find(chars, at, |c| c == '\n'), false),
        '/' if next == '*' => (block_comment(chars, at), false),
        '"' => (string(chars, at + 1), false),
        '\'' => (character_or_lifetime(chars, at), false),
        ':' if next == ':' => (at + 2, true),
        c if c.is_whitespace() => (at + 1, false),
        c if is_word(c) => word_or_raw_string(chars, at),
        _ => (at + 1, true),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn find(chars: &[char], from: usize, stop: impl Fn(char) -> bool) -> usize {
    (from..chars.len()).find(|at| stop(chars[*at])).unwrap_or(chars.len())
}

fn block_comment(chars: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (at, depth) = (at + 2, depth + 1),
            ('*', Some('/')) => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string(chars: &[char], mut at: usize) -> usize {
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

fn character_or_lifetime(chars: &[char], at: usize) -> usize {
    match (chars.get(at + 1), chars.get(at + 2)) {
        (Some('\\'), _) => (find(chars, at + 3, |c| c == '\'') + 1).min(chars.len()),
        (Some(_), Some('\'')) => at + 3,
        _ => find(chars, at + 1, |c| !is_word(c)),
    }
}

/// A word, or the raw, byte or C string that it begins. `r#type` is a word, `#` included.
fn word_or_raw_string(chars: &[char], at: usize) -> (usize, bool) {
    let end = find(chars, at, |c| !is_word(c));
    let word: String = chars[at..end].iter().collect();
    let raw = matches!(word.as_str(), "r" | "br" | "cr");
    let quote = find(chars, end, |c| c != '#');
    match chars.get(quote) {
        Some('"') if raw => (raw_string(chars, quote + 1, quote - end), false),
        Some('"') if quote == end && matches!(word.as_str(), "b" | "c") => (string(chars, end + 1), false),
        _ if raw && quote == end + 1 => (find(chars, quote, |c| !is_word(c)), true),
        _ => (end, true),
    }
}

fn raw_string(chars: &[char], start: usize, hashes: usize) -> usize {
    let closes = |at: usize| chars[at] == '"' && chars[at + 1..].iter().take_while(|c| **c == '#').count() >= hashes;
    (start..chars.len()).find(|at| closes(*at)).map_or(chars.len(), |at| at + 1 + hashes)
}

/// Walks one file's tokens and collects the paths that start at the crate's root.
struct Walker<'a> {
    tokens: &'a [Token],
    /// Module path of the file, then of the inline modules that are open, with the brace depth each was opened at.
    module: Vec<String>,
    inline: Vec<usize>,
    depth: usize,
    found: Vec<(Vec<String>, usize)>,
}

impl Walker<'_> {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }

    fn starts(&self, at: usize, texts: &[&str]) -> bool {
        texts.iter().enumerate().all(|(offset, text)| self.text(at + offset) == *text)
    }

    fn walk(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() {
            at = self.step(at);
        }
    }

    fn step(&mut self, at: usize) -> usize {
        match self.text(at) {
            "#" if self.starts(at, &["#", "[", "cfg", "(", "test", ")", "]"]) => return self.behind_item(at + 7),
            "mod" if self.text(at + 2) == "{" => self.open_inline(at),
            "{" => self.depth += 1,
            "}" => self.close(),
            "crate" if self.text(at + 1) == "::" => return self.path(at + 2, Vec::new()),
            "super" | "self" if self.text(at + 1) == "::" => return self.relative(at),
            _ => {}
        }
        at + 1
    }

    /// The first token behind the item that begins at `at`: behind its `;` or its block, whichever comes first.
    fn behind_item(&self, at: usize) -> usize {
        let end = (at..self.tokens.len()).find(|i| matches!(self.text(*i), ";" | "{")).unwrap_or(self.tokens.len());
        let mut depth = 0_usize;
        let closes = |i: &usize| {
            match self.text(*i) {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            depth == 0
        };
        (end..self.tokens.len()).find(closes).map_or(self.tokens.len(), |i| i + 1)
    }

    fn open_inline(&mut self, at: usize) {
        self.module.push(self.text(at + 1).to_owned());
        self.inline.push(self.depth);
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.inline.last() == Some(&self.depth) {
            self.inline.pop();
            self.module.pop();
        }
    }

    fn relative(&mut self, mut at: usize) -> usize {
        let mut base = self.module.clone();
        while matches!(self.text(at), "super" | "self") && self.text(at + 1) == "::" {
            if self.text(at) == "super" {
                base.pop();
            }
            at += 2;
        }
        self.path(at, base)
    }

    /// Follows `a::{b, c::d}` from `at` on; every leaf below the crate's root is kept.
    fn path(&mut self, mut at: usize, mut path: Vec<String>) -> usize {
        let line = self.tokens.get(at).map_or(0, |token| token.line);
        loop {
            match self.text(at) {
                "{" => return self.group(at + 1, &path),
                "self" => {}
                word => path.push(word.to_owned()),
            }
            if self.text(at + 1) != "::" {
                self.found.push((path, line));
                return at + 1;
            }
            at += 2;
            if self.text(at) == "<" {
                self.found.push((path, line));
                return at;
            }
        }
    }

    fn group(&mut self, mut at: usize, path: &[String]) -> usize {
        while at < self.tokens.len() {
            match self.text(at) {
                "}" => return at + 1,
                "," => at += 1,
                "as" => at += 2,
                _ => at = self.path(at, path.to_vec()),
            }
        }
        at
    }
}

/// The path of the module that `file` (below `src`) holds: `plan/phase.rs` is `plan::phase`, `plan/mod.rs` is `plan`.
fn module_of(file: &Path) -> Vec<String> {
    let stem = file.with_extension("");
    let names = stem.iter().map(|name| name.to_string_lossy().into_owned());
    names.filter(|name| name != "mod" && name != "lib" && name != "main").collect()
}

fn violations_in(file: &Path, source: &str) -> Vec<Violation> {
    let module = module_of(file);
    let Some(from) = module.first().cloned() else {
        return Vec::new();
    };
    let tokens = tokens(source);
    let mut walker = Walker { tokens: &tokens, module, inline: Vec::new(), depth: 0, found: Vec::new() };
    walker.walk();
    let judged = walker.found.into_iter().filter_map(|(path, line)| {
        let reason = judge(&from, &path)?;
        Some(Violation { file: file.to_owned(), line, path: path.join("::"), reason })
    });
    judged.collect()
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("the source directory is readable");
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.expect("the source directory is readable").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// All violations below the directory `src`, and the top-level modules that were seen there.
fn scan(src: &Path) -> (Vec<Violation>, BTreeSet<String>) {
    let (mut violations, mut modules) = (Vec::new(), BTreeSet::new());
    for path in rust_files(src) {
        let source = fs::read_to_string(&path).expect("a source file is readable");
        let file = path.strip_prefix(src).expect("files stand below the directory that was listed");
        violations.extend(violations_in(file, &source));
        modules.extend(module_of(file).into_iter().next());
    }
    (violations, modules)
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_sources_hold_the_dependency_rule() {
    let (violations, modules) = scan(&repository().join("src"));
    let told: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "the dependency rule (docs/architecture.md) is broken:\n{}", told.join("\n"));

    let ruled = RULE.iter().map(|(module, _)| *module).chain(VOCABULARY).chain(["cli"]);
    let ruled: BTreeSet<String> = ruled.map(str::to_owned).collect();
    assert_eq!(modules, ruled, "each top-level module stands in the rule, and the rule names no other");
}

#[test]
fn a_planted_violation_is_found() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let src = directory.path().join("src");
    for path in rust_files(&repository().join("src")) {
        let copy = src.join(path.strip_prefix(repository().join("src")).expect("below src"));
        fs::create_dir_all(copy.parent().expect("below src")).expect("a directory for the copy");
        fs::copy(&path, &copy).expect("a copy");
    }
    assert_eq!(scan(&src).0, [], "the copy itself is clean");

    fs::write(src.join("engine/planted.rs"), "//! Planted.\nuse crate::report::Report;\n").expect("a planted file");
    let (violations, _) = scan(&src);
    assert_eq!(
        violations.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["engine/planted.rs:2: `crate::report::Report`: `engine` must not use `report`"]
    );
}

/// The paths that the rule refuses in a file of `module`.
fn refused(module: &str, source: &str) -> Vec<String> {
    let file = PathBuf::from(format!("{module}/planted.rs"));
    violations_in(&file, source).into_iter().map(|violation| violation.path).collect()
}

#[test]
fn every_way_of_naming_a_sibling_is_seen() {
    let cases: [(&str, &str, &[&str]); 14] = [
        ("inventory", "use crate::plan::Plan;", &["plan::Plan"]),
        ("report", "use crate::{text::Text, engine::{Engine, run as go}};", &["engine::Engine", "engine::run"]),
        ("engine", "fn f() -> crate::report::Report { todo() }", &["report::Report"]),
        ("engine", "fn f(x: Vec<crate::report::Report<u8>>) {}", &["report::Report"]),
        ("probe", "use super::super::judge::Verdict;", &["judge::Verdict"]),
        ("probe", "use super::kind::Probe;", &[]),
        ("probe", "mod inner { use super::super::super::judge::Verdict; } use super::kind;", &["judge::Verdict"]),
        ("probe", "mod inner { use super::super::kind; }", &[]),
        ("catalog", "use crate::judge::{Outcome, Severity};", &["judge::Outcome"]),
        ("plan", "use crate::transport::{self, Endpoint};", &["transport"]),
        ("plan", "use crate::transport::*;", &["transport::*"]),
        ("judge", "use crate::*;", &["*"]),
        ("text", "use crate::plan::Plan;", &["plan::Plan"]),
        ("unruled", "use crate::plan::Plan;", &["plan::Plan"]),
    ];
    for (module, source, expected) in cases {
        assert_eq!(refused(module, source), expected, "{module}: {source}");
    }
}

#[test]
fn comments_strings_and_test_modules_do_not_count() {
    let source = r##"
        //! See [`crate::report`]. /* crate::report::A
        /* crate::report::B /* nested */ crate::report::C */
        const A: &str = "crate::report::D \" crate::report::E";
        const B: &str = r#"crate::report::F" crate::report::G"#;
        const C: (char, char, u8) = ('"', '\'', b'"');
        fn f<'a>(x: &'a str) {}
        #[cfg(test)]
        use crate::report::H;
        #[cfg(test)]
        mod tests { use crate::report::I; fn g() { if true {} } }
        use crate::report::Seen;
    "##;
    assert_eq!(refused("engine", source), ["report::Seen"]);
}

/// Lines with a field or parameter that is named like a secret and owns plain text or bytes: nobody would wipe it, and
/// `Debug` would show it.
fn plain_secrets(source: &str) -> Vec<usize> {
    let tokens = tokens(source);
    let is_plain = |at: &usize| {
        let named = names_secret(&tokens[*at].text) && tokens.get(at + 1).is_some_and(|next| next.text == ":");
        let texts = tokens.iter().skip(at + 2).map(|token| &*token.text);
        let mut kind = texts.take_while(|text| !matches!(*text, "&" | "," | ";" | ")" | "{" | "}" | "=" | "Secret"));
        named && kind.any(|text| matches!(text, "String" | "u8" | "Zeroizing"))
    };
    (0..tokens.len()).filter(is_plain).map(|at| tokens[at].line).collect()
}

#[test]
fn secrets_are_held_in_the_type_that_is_made_for_them() {
    let planted = "struct A {\npassword: Option<String>,\nb: String,\npassphrase: Vec<u8>,\ntoken: Secret<Vec<u8>>,\n}";
    assert_eq!(plain_secrets(planted), [2, 4]);
    for path in rust_files(&repository().join("src")) {
        let source = fs::read_to_string(&path).expect("a source file is readable");
        let lines = plain_secrets(&source);
        assert!(lines.is_empty(), "{}: {lines:?}: write `Secret` of `crate::secret`", path.display());
    }
}

#[test]
fn lints_of_the_conventions_are_switched_on() {
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).expect("the manifest is readable");
    let lints = manifest.split_once("[lints.rust]").expect("the manifest sets lints").1;
    let expected = ["unsafe_code = \"forbid\"", "missing_docs = ", "unreachable_pub = ", "pedantic = "];
    let expected = expected.into_iter().chain(["unwrap_used = ", "print_stdout = ", "print_stderr = ", "exit = "]);
    for lint in expected {
        assert!(lints.lines().any(|line| line.starts_with(lint)), "`{lint}` is missing from [lints] in Cargo.toml");
    }
}

#[test]
fn exceptions_from_lints_give_their_reason() {
    let mut silent = Vec::new();
    for path in rust_files(&repository().join("src")) {
        let source = fs::read_to_string(&path).expect("a source file is readable");
        let tokens = tokens(&source);
        let is_allow =
            |at: usize| tokens[at].text == "[" && tokens.get(at + 1).is_some_and(|next| next.text == "allow");
        silent.extend((0..tokens.len()).filter(|at| is_allow(*at)).map(|at| (path.clone(), tokens[at].line)));
    }
    assert_eq!(silent, [], "write `#[expect(..., reason = \"...\")]` instead of `#[allow(...)]`");
}
