//! A whole question: files, what is called with them, and how they are laid out.

use std::{fs, io, os::unix::fs::PermissionsExt, path::Path};

use serde_json::{Map, Value, json};

use super::{
    dice::Dice,
    hive, ini, names,
    names::{GROUPS, HOSTS},
    patterns, scalars, tree,
    tree::Tree,
    yaml,
};

/// Files and a call.
#[derive(Debug, Default)]
pub(super) struct Case {
    pub(super) name: String,
    files: Vec<File>,
    /// What `-i` names; none in a hive project.
    pub(super) sources: Vec<String>,
    pub(super) playbook_dir: Option<&'static str>,
    pub(super) stage: Option<&'static str>,
    /// What is asked as `--limit`.
    pub(super) patterns: Vec<String>,
}

#[derive(Debug)]
struct File {
    path: String,
    text: String,
    executable: bool,
}

impl Case {
    /// The case of this number for a seed: always the same one.
    pub(super) fn new(seed: u64, number: usize) -> Self {
        let dice = &mut Dice::new(seed, number);
        let mut case = Self::default();
        let kind = match number % 12 {
            0..=3 => case.single(dice, "hosts.yml", yaml::inventory),
            4..=6 => case.single(dice, "hosts", ini::inventory),
            7 => case.single(dice, "digits.yml", yaml::digits),
            8 => case.script(dice),
            9 => case.several(dice),
            _ => case.directory(dice),
        };
        case.name = format!("{number} ({kind})");
        case.variables(dice);
        case.patterns = patterns::some(dice);
        case
    }

    /// A hive project.
    pub(super) fn hive(seed: u64, number: usize) -> Self {
        let dice = &mut Dice::new(seed, number);
        let mut case = Self { name: format!("{number} (hive)"), ..Self::default() };
        hive::project(&mut case, dice);
        case
    }

    pub(super) fn file(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.files.push(File { path: path.into(), text: text.into(), executable: false });
    }

    fn single(&mut self, dice: &mut Dice, path: &'static str, text: fn(&mut Dice) -> String) -> &'static str {
        let text = text(dice);
        self.file(path, text);
        self.sources.push(path.to_owned());
        path
    }

    fn script(&mut self, dice: &mut Dice) -> &'static str {
        let (list, hosts) = script_output(dice);
        let text = format!(
            "#!/bin/sh\nif [ \"$1\" = --host ]; then\ncat <<'END'\n{hosts}\nEND\nexit\nfi\ncat <<'END'\n{list}\nEND\n"
        );
        self.files.push(File { path: "inventory.sh".to_owned(), text, executable: true });
        self.sources.push("inventory.sh".to_owned());
        "script"
    }

    fn several(&mut self, dice: &mut Dice) -> &'static str {
        self.single(dice, "hosts.yml", yaml::inventory);
        self.single(dice, "more/hosts", ini::inventory);
        if dice.chance(50) {
            self.sources.push(dice.pick(&["h1,inline:22,web1", "h9,", "[::1]:22, h2", "a b,c"]).to_owned());
        }
        if dice.chance(30) {
            self.script(dice);
        }
        let order: Vec<String> = std::mem::take(&mut self.sources);
        let places: Vec<usize> = (0..order.len()).collect();
        self.sources = dice.some(&places, order.len()).into_iter().map(|at| order[at].clone()).collect();
        "several"
    }

    fn directory(&mut self, dice: &mut Dice) -> &'static str {
        let count = dice.within(1..=3);
        for name in dice.some(&["10", "9", "C", "a", "b.yml", "c.yaml", "sub/x.yml", "sub/y", "d.json"], count) {
            let text = match name.rsplit_once('.') {
                Some((_, "json")) => json_inventory(dice).to_string(),
                Some(_) => yaml::inventory(dice),
                None => ini::inventory(dice),
            };
            self.file(format!("inv/{name}"), text);
        }
        if dice.chance(50) {
            let name = dice.pick(&[".hidden", "x.ini", "x.cfg", "x.md", "x.orig", "x~", "x.pyc", "vars_plugins/x"]);
            self.file(format!("inv/{name}"), "ignored ; for its name\n");
        }
        self.sources.push("inv".to_owned());
        "directory"
    }

    /// Variables files beside the sources, in the current directory, and in a playbook directory.
    fn variables(&mut self, dice: &mut Dice) {
        if dice.chance(40) {
            self.playbook_dir = Some("play");
        }
        let bases: Vec<&str> = [".", "inv", "more", "play"].into_iter().filter(|base| self.has(base)).collect();
        for _ in 0..dice.below(5) {
            let base = dice.pick(&bases);
            let entity = match dice.below(4) {
                0 => format!("group_vars/{}", dice.pick(&["all", "ungrouped"])),
                1 | 2 => format!("group_vars/{}", dice.pick(&GROUPS)),
                _ => format!("host_vars/{}", dice.pick(&HOSTS)),
            };
            self.variables_of(dice, &format!("{base}/{entity}"));
        }
    }

    fn has(&self, base: &str) -> bool {
        base == "." || self.playbook_dir == Some(base) || self.files.iter().any(|file| file.path.starts_with(base))
    }

    fn variables_of(&mut self, dice: &mut Dice, path: &str) {
        // One path is a file or a directory, never both.
        let below = format!("{path}/");
        if self.files.iter().any(|file| file.path == path || file.path.starts_with(&below)) {
            return;
        }
        let extension = dice.pick(&["", ".yml", ".yml", ".yaml", ".json"]);
        if extension.is_empty() && dice.chance(50) {
            for name in
                dice.some(&["main.yml", "a", "b.yaml", "z.json", "sub/x.yml", ".hidden.yml", "y.txt", "old~"], 3)
            {
                let text = variables_file(dice, name);
                self.file(format!("{path}/{name}"), text);
            }
            return;
        }
        let text = variables_file(dice, extension);
        self.file(format!("{path}{extension}"), text);
    }

    /// Damages each file in some places; scripts stay whole, since they are run.
    pub(super) fn damage(&mut self, dice: &mut Dice) {
        for file in self.files.iter_mut().filter(|file| !file.executable) {
            let mut chars: Vec<char> = file.text.chars().collect();
            for _ in 0..dice.within(1..=4) {
                let at = dice.below(chars.len() + 1);
                let end = (at + dice.below(6)).min(chars.len());
                let piece = dice.pick(&[
                    "", "\t", ": ", "[", "{", "&a0 ", "*a0", "\u{0}", "\u{2028}", "\"", "#", "\n", "- ", "<<: ", "!x ",
                ]);
                chars.splice(at..end, piece.chars());
            }
            file.text = chars.into_iter().collect();
        }
    }

    /// Writes the files below `directory`.
    pub(super) fn write(&self, directory: &Path) -> io::Result<()> {
        fs::create_dir_all(directory)?;
        if let Some(playbook_dir) = self.playbook_dir {
            fs::create_dir_all(directory.join(playbook_dir))?;
        }
        for file in &self.files {
            let path = directory.join(&file.path);
            fs::create_dir_all(path.parent().unwrap_or(directory))?;
            fs::write(&path, &file.text)?;
            if file.executable {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
            }
        }
        Ok(())
    }

    /// What a reader needs to see the case.
    pub(super) fn shown(&self) -> String {
        let files = self.files.iter().map(|file| format!("--- {}\n{}", file.path, file.text));
        let call = format!(
            "case {}: sources {:?}, playbook directory {:?}, stage {:?}",
            self.name, self.sources, self.playbook_dir, self.stage
        );
        std::iter::once(call).chain(files).collect::<Vec<_>>().join("\n")
    }
}

fn variables_file(dice: &mut Dice, name: &str) -> String {
    let count = dice.within(0..=4);
    let names = names::variables(dice, count);
    if name.ends_with("json") || dice.chance(15) {
        let map: Map<String, Value> =
            names.into_iter().map(|name| (name.to_owned(), scalars::json_value(dice, 2))).collect();
        return Value::Object(map).to_string();
    }
    if names.is_empty() {
        return dice.pick(&["", "---\n", "{}\n", "# nothing\n", "null\n"]).to_owned();
    }
    Tree::map(names.into_iter().map(|name| (name, tree::value(dice, 2))).collect::<Vec<_>>()).file(2)
}

/// What a script prints for `--list` and for `--host`.
fn script_output(dice: &mut Dice) -> (Value, Value) {
    let mut list = json_groups(dice);
    if dice.chance(60) {
        let count = dice.within(0..=4);
        let hostvars: Map<String, Value> =
            dice.some(&HOSTS, count).into_iter().map(|host| (host.to_owned(), json_vars(dice))).collect();
        list.insert("_meta".to_owned(), json!({ "hostvars": hostvars }));
    }
    (Value::Object(list), json_vars(dice))
}

fn json_groups(dice: &mut Dice) -> Map<String, Value> {
    let mut groups = Map::new();
    let count = dice.within(1..=4);
    for name in dice.some(&GROUPS, count) {
        let count = dice.within(0..=3);
        let hosts = json!(dice.some(&HOSTS, count));
        let later = &GROUPS[GROUPS.iter().position(|known| *known == name).expect("a group") + 1..];
        let children = json!(dice.some(later, 1));
        let group = match dice.below(5) {
            0 => hosts,
            1 => json_vars(dice),
            2 => json!({ "hosts": hosts, "vars": json_vars(dice) }),
            3 => json!({ "children": children }),
            _ => json!({ "hosts": hosts, "vars": json_vars(dice), "children": children }),
        };
        groups.insert(name.to_owned(), group);
    }
    groups
}

fn json_vars(dice: &mut Dice) -> Value {
    let count = dice.within(0..=3);
    let names = names::variables(dice, count);
    names.into_iter().map(|name| (name.to_owned(), scalars::json_value(dice, 2))).collect()
}

/// An inventory of the YAML reader in JSON.
fn json_inventory(dice: &mut Dice) -> Value {
    let count = dice.within(1..=3);
    let groups = dice.some(&GROUPS, count).into_iter().map(|name| {
        let hosts: Map<String, Value> =
            dice.some(&HOSTS, 2).into_iter().map(|host| (host.to_owned(), json_vars(dice))).collect();
        (name.to_owned(), json!({ "hosts": hosts, "vars": json_vars(dice) }))
    });
    groups.collect()
}
