//! Generated inventories, read by hive-preflight and by the real Ansible and hive: they must agree by value and type.
//!
//! A seed decides everything; `HIVE_PREFLIGHT_SEED` takes the place of the fixed one.

mod case;
mod dice;
mod hive;
mod ini;
mod names;
mod oracle;
mod patterns;
mod scalars;
mod tree;
mod yaml;

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
};

use hive_preflight::inventory::{LoadOptions, load};
use serde_json::{Value, json};

use self::{
    case::Case,
    dice::Dice,
    oracle::{Answer, Oracle, Program},
};
use crate::support::{ansible, canonical, parse_listing, same};

/// Inventories of Ansible's own kinds, and hive projects.
const ANSIBLE_CASES: usize = 370;
const HIVE_CASES: usize = 50;

/// How many of them have to be valid ones, about which there is most to agree on.
const VALID: usize = 300;
const VALID_HIVE: usize = 40;

/// How many the program on its own, without `oracle.py`, is asked, too.
const SAMPLE: usize = 16;
const SAMPLE_HIVE: usize = 4;

fn seed() -> u64 {
    let seed = env::var("HIVE_PREFLIGHT_SEED").map_or(20_240_229, |text| text.parse().expect("a number as the seed"));
    #[expect(clippy::print_stderr, reason = "whoever sees it fail wants to repeat it")]
    {
        eprintln!("HIVE_PREFLIGHT_SEED={seed}");
    }
    seed
}

#[test]
fn generated_inventories_are_read_as_ansible_reads_them() {
    let seed = seed();
    let home = tempfile::tempdir().expect("a temporary directory");
    let mut oracle = Oracle::start(Program::Ansible, home.path());
    let cases: Vec<Case> = (0..ANSIBLE_CASES).map(|number| Case::new(seed, number)).collect();
    let mut differences = Vec::new();
    let mut valid = 0;
    for (number, case) in cases.iter().enumerate() {
        let directory = home.path().join(number.to_string());
        case.write(&directory).expect("a directory of files");
        oracle.put(&json!({ "directory": directory, "list": arguments(case, "--list") }));
        let ours = ours(case, &directory, &["--list"]);
        let answer = oracle.answer();
        valid += usize::from(answer.status == 0);
        let difference = compare(&answer, &ours)
            .or_else(|| if answer.status == 0 { limits(case, &directory, &answer, &mut oracle) } else { None });
        differences.extend(difference.map(|what| format!("{}{what}\n", case.shown())));
    }
    conclude(seed, &differences, valid, VALID);
}

#[test]
fn generated_hive_projects_are_read_as_hive_reads_them() {
    let seed = seed();
    let home = tempfile::tempdir().expect("a temporary directory");
    let mut oracle = Oracle::start(Program::Hive, home.path());
    let mut differences = Vec::new();
    let mut valid = 0;
    for number in 0..HIVE_CASES {
        let case = Case::hive(seed, number);
        let (mut directory, theirs) = hive_directories(&case, home.path(), number);
        oracle.put(&json!({ "directory": theirs, "list": hive_arguments(&case) }));
        let ours = ours(&case, &directory, &["--list"]);
        let answer = oracle.answer();
        valid += usize::from(answer.status == 0);
        let difference = compare(&answer, &ours);
        differences.extend(difference.map(|what| format!("{}{what}\n", case.shown())));
        directory.push(".hive/private");
        assert!(!directory.exists(), "the program made {}", directory.display());
    }
    conclude(seed, &differences, valid, VALID_HIVE);
}

#[test]
fn damaged_inventories_never_panic() {
    let seed = seed();
    for number in 0..400 {
        let home = tempfile::tempdir().expect("a temporary directory");
        let mut case = if number % 4 == 0 { Case::hive(seed, number) } else { Case::new(seed, number) };
        case.damage(&mut Dice::new(seed + 1, number));
        case.write(home.path()).expect("a directory of files");
        let sources = case.sources.iter().map(|source| home.path().join(source).display().to_string()).collect();
        let root = case.sources.is_empty().then(|| home.path().to_path_buf());
        let playbook_dir = Some(home.path().to_path_buf());
        if let Err(errors) = load(&LoadOptions { sources, root, playbook_dir, ..LoadOptions::default() }) {
            assert!(errors.problems.iter().all(|problem| !problem.to_string().is_empty()), "{}", case.shown());
        }
    }
}

/// The oracle puts many questions to one process; here the program is started as users start it.
#[test]
fn the_oracle_answers_as_the_real_programs_do() {
    let seed = seed();
    let home = tempfile::tempdir().expect("a temporary directory");
    let mut oracle = Oracle::start(Program::Ansible, home.path());
    for number in (0..ANSIBLE_CASES).step_by(ANSIBLE_CASES / SAMPLE) {
        let case = Case::new(seed, number);
        let directory = home.path().join(number.to_string());
        case.write(&directory).expect("a directory of files");
        let list = arguments(&case, "--list");
        let real =
            oracle::clean(&ansible("ansible-inventory"), home.path()).args(&list).current_dir(&directory).output();
        let answer = oracle.ask(&json!({ "directory": directory, "list": list }));
        agree(&case, &real.expect("ansible-inventory starts"), &answer);
    }
    let mut oracle = Oracle::start(Program::Hive, home.path());
    let temporary = home.path().join("temporary");
    std::fs::create_dir(&temporary).expect("a directory");
    for number in 0..SAMPLE_HIVE {
        let case = Case::hive(seed, number);
        let (real, theirs) = hive_directories(&case, home.path(), number);
        let answer = oracle.ask(&json!({ "directory": theirs, "list": hive_arguments(&case) }));
        // Its temporary files not where another hive of this machine has its own.
        let mut hive = oracle::clean(&ansible("hive"), home.path());
        hive.arg("-W").arg(&temporary).args(hive_arguments(&case)).current_dir(real);
        let real = hive.output();
        let mut real = real.expect("hive starts");
        // hive itself drops the status of ansible-inventory.
        real.status = if answer.status == 0 { real.status } else { exit_status(1) };
        agree(&case, &real, &answer);
    }
}

fn exit_status(code: i32) -> std::process::ExitStatus {
    std::os::unix::process::ExitStatusExt::from_raw(code << 8)
}

fn agree(case: &Case, real: &Output, answer: &Answer) {
    let name = &case.name;
    assert_eq!(real.status.success(), answer.status == 0, "{name}: {}", String::from_utf8_lossy(&real.stderr));
    if answer.status == 0 {
        let (real, told) = (parse_listing(&String::from_utf8_lossy(&real.stdout)), parse_listing(&answer.stdout));
        assert!(same(&real, &told), "{name}: {real}\n{told}");
    }
}

fn conclude(seed: u64, differences: &[String], valid: usize, wanted: usize) {
    let shown: Vec<&str> = differences.iter().take(5).map(String::as_str).collect();
    assert!(
        differences.is_empty(),
        "HIVE_PREFLIGHT_SEED={seed}: {} inventories are read otherwise, among them\n{}",
        differences.len(),
        shown.join("\n")
    );
    assert!(valid >= wanted, "HIVE_PREFLIGHT_SEED={seed}: only {valid} inventories were valid ones");
}

/// The words that both programs take alike.
fn arguments(case: &Case, what: &str) -> Vec<String> {
    let sources = case.sources.iter().flat_map(|source| ["-i".to_owned(), source.clone()]);
    let playbook_dir =
        case.playbook_dir.iter().flat_map(|directory| ["--playbook-dir".to_owned(), (*directory).to_owned()]);
    sources.chain(playbook_dir).chain([what.to_owned()]).collect()
}

fn hive_arguments(case: &Case) -> Vec<String> {
    let stage = case.stage.iter().flat_map(|stage| ["-s".to_owned(), (*stage).to_owned()]);
    stage.chain(["inventory".to_owned()]).collect()
}

/// Two copies of a project: hive writes into its own.
fn hive_directories(case: &Case, home: &Path, number: usize) -> (PathBuf, PathBuf) {
    let copies = ["ours", "theirs"].map(|copy| home.join(format!("hive{number}/{copy}")));
    for copy in &copies {
        case.write(copy).expect("a directory of files");
    }
    copies.into()
}

/// Runs hive-preflight.
fn ours(case: &Case, directory: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hive-preflight"));
    command
        .current_dir(directory)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .args(["inventory", "--show-secrets"]);
    if case.sources.is_empty() {
        command.arg("--root=.").arg("--playbook-dir").arg(&*HIVE_PLAYBOOKS);
        command.args(case.stage.iter().flat_map(|stage| ["--stage", stage]));
    } else {
        let mut words = arguments(case, "");
        words.pop();
        command.args(words);
    }
    command.args(more).output().expect("the program runs")
}

/// The directory whose variables `hive inventory` reads.
static HIVE_PLAYBOOKS: LazyLock<PathBuf> = LazyLock::new(|| {
    let output = Command::new(ansible("python3"))
        .args(["-c", "import hive_builder, os; print(os.path.dirname(hive_builder.__file__))"])
        .output()
        .expect("Python starts");
    Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("playbooks")
});

/// How two answers differ.
fn compare(theirs: &Answer, ours: &Output) -> Option<String> {
    let stderr = String::from_utf8_lossy(&ours.stderr);
    let (theirs_ok, ours_ok) = (theirs.status == 0, ours.status.success());
    if theirs_ok != ours_ok {
        return Some(format!("theirs {}: {}\nours {:?}: {stderr}", theirs.status, theirs.stderr, ours.status.code()));
    }
    if !theirs_ok {
        return (ours.status.code() != Some(2)).then(|| format!("ours {:?}: {stderr}", ours.status.code()));
    }
    let theirs = canonical(&parse_listing(&theirs.stdout));
    let ours = canonical(&parse_listing(&String::from_utf8_lossy(&ours.stdout)));
    (!same(&theirs, &ours)).then(|| first_difference("", &theirs, &ours).unwrap_or_default())
}

/// The first place where two values differ.
fn first_difference(path: &str, theirs: &Value, ours: &Value) -> Option<String> {
    let keys = |value: &Value| -> Vec<String> {
        value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect()
    };
    if theirs.is_object() && ours.is_object() {
        let all = keys(theirs).into_iter().chain(keys(ours));
        return all
            .filter(|key| {
                !same(&theirs[key.as_str()], &ours[key.as_str()])
                    || theirs.get(key).is_some() != ours.get(key).is_some()
            })
            .find_map(|key| {
                let absent = json!("(absent)");
                let side = |value: &Value| value.get(&key).unwrap_or(&absent).clone();
                first_difference(&format!("{path}/{key}"), &side(theirs), &side(ours))
            });
    }
    (!same(theirs, ours)).then(|| format!("at {path}:\ntheirs {theirs}\nours   {ours}"))
}

/// How the hosts of a `--limit` differ.
fn limits(case: &Case, directory: &Path, list: &Answer, oracle: &mut Oracle) -> Option<String> {
    // Where groups are in groups, Ansible walks over sets of them: the order is another one in each run, and with it
    // what a subscript means.
    let ordered = is_flat(&parse_listing(&list.stdout));
    let patterns: Vec<&String> =
        case.patterns.iter().filter(|pattern| ordered || !patterns::has_subscript(pattern)).collect();
    if patterns.is_empty() {
        return None;
    }
    oracle.put(&json!({ "directory": directory, "sources": case.sources, "patterns": patterns }));
    let ours: Vec<Vec<String>> = patterns.iter().map(|pattern| our_hosts(case, directory, pattern)).collect();
    let theirs: Vec<Value> = serde_json::from_str(&oracle.answer().stdout).expect("an answer for every pattern");
    patterns.into_iter().zip(theirs.iter().zip(ours)).find_map(|(pattern, (theirs, mut ours))| {
        // A subscript beyond the hosts ends a run with `--limit`, as no hosts at all do.
        let mut wanted: Vec<String> = serde_json::from_value(theirs.clone()).unwrap_or_default();
        if !ordered {
            wanted.sort();
            ours.sort();
        }
        (ours != wanted).then(|| format!("--limit={pattern}\ntheirs {wanted:?}\nours   {ours:?}"))
    })
}

fn our_hosts(case: &Case, directory: &Path, pattern: &str) -> Vec<String> {
    let output = ours(case, directory, &["--hosts", &format!("--limit={pattern}")]);
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// Whether no group but `all` has children.
fn is_flat(listing: &Value) -> bool {
    let groups = listing.as_object().expect("groups");
    groups.iter().all(|(name, group)| name == "all" || group.get("children").is_none())
}
