//! Large inventories against the real `ansible-inventory`; `benches/README.md` tells what is compared.
#![expect(clippy::print_stdout, reason = "a bench prints its numbers")]

mod site;

use std::{
    env, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

fn main() -> io::Result<()> {
    let (hosts, groups, rounds) = (option("--hosts", 10_000)?, option("--groups", 200)?, option("--rounds", 5)?);
    let directory = tempfile::Builder::new().prefix("hive-bench-").tempdir()?;
    let (ini, yaml) = (directory.path().join("ini"), directory.path().join("yaml"));
    site::write_ini(&ini, hosts, groups)?;
    site::write_yaml(&yaml, hosts, groups)?;
    println!("{hosts} hosts in {groups} groups; median of {rounds} rounds; ansible-inventory once");
    for (what, directory, source) in
        [("INI, group_vars", &ini, "hosts"), ("YAML, variables of hosts", &yaml, "hosts.yml")]
    {
        let limit = ours(directory, source, &["--hosts", "--limit", "g1*:&~g[0-9]*5$:!*7.example.com"], rounds)?;
        let list = ours(directory, source, &["--list"], rounds)?;
        println!("{what}");
        println!("  hive-preflight inventory --limit  {limit}");
        println!("  hive-preflight inventory --list   {list}");
        if !env::args().any(|word| word == "--no-ansible") {
            let theirs = measure(Command::new(ansible()?).args(["-i", source, "--list"]), directory)?;
            println!("  ansible-inventory --list          {theirs}   ratio {:.4}", list.seconds / theirs.seconds);
        }
    }
    Ok(())
}

/// The number behind `name` on the command line, or `default`.
fn option(name: &str, default: usize) -> io::Result<usize> {
    let arguments: Vec<String> = env::args().collect();
    let value = arguments.iter().position(|word| word == name).and_then(|at| arguments.get(at + 1));
    value.map_or(Ok(default), |text| text.parse().map_err(io::Error::other))
}

/// The real one, where `tests/setup.sh` puts it.
fn ansible() -> io::Result<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/ansible/bin");
    let directory = env::var_os("HIVE_PREFLIGHT_ANSIBLE").map_or(own, PathBuf::from);
    let program = directory.join("ansible-inventory");
    if program.is_file() {
        Ok(program)
    } else {
        Err(io::Error::other("run tests/setup.sh first, or give --no-ansible"))
    }
}

/// What a program took.
#[derive(Clone, Copy)]
struct Sample {
    seconds: f64,
    /// The most memory it had, in KiB.
    peak: u64,
}

impl std::fmt::Display for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:7.3} s  {:5} MiB", self.seconds, self.peak / 1024)
    }
}

/// The round of median time, with the largest memory of all.
fn ours(directory: &Path, source: &str, more: &[&str], rounds: usize) -> io::Result<Sample> {
    let mut samples = Vec::new();
    for _ in 0..rounds.max(1) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hive-preflight"));
        samples.push(measure(command.args(["inventory", "-i", source]).args(more), directory)?);
    }
    samples.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let peak = samples.iter().map(|sample| sample.peak).max().unwrap_or_default();
    Ok(Sample { peak, ..samples[samples.len() / 2] })
}

/// Runs a program and prints its status, its wall time in seconds and its peak memory in KiB.
const METER: &str = "import resource, subprocess, sys, time
start = time.monotonic()
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
print(status, time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";

/// Runs `command` below Python, which can ask the kernel for its memory.
fn measure(command: &mut Command, directory: &Path) -> io::Result<Sample> {
    let mut meter = Command::new("python3");
    meter.args(["-c", METER]).arg(command.get_program()).args(command.get_args());
    let output = meter.current_dir(directory).stdin(Stdio::null()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut words = text.split_whitespace();
    let (status, seconds, peak) = (words.next(), words.next(), words.next());
    match (status, seconds.and_then(|text| text.parse().ok()), peak.and_then(|text| text.parse().ok())) {
        (Some("0"), Some(seconds), Some(peak)) => Ok(Sample { seconds, peak }),
        _ => Err(io::Error::other(format!("{command:?}: {text}{}", String::from_utf8_lossy(&output.stderr)))),
    }
}
