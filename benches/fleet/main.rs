//! A whole run against the floor that a shell user has; `benches/README.md` tells what is compared.
#![expect(clippy::print_stdout, reason = "a bench prints its numbers")]

mod project;
mod sshd;

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use sshd::Host;

fn main() -> io::Result<()> {
    let (hosts, rounds) = (option("--hosts", 50)?, option("--rounds", 7)?);
    let directory = tempfile::Builder::new().prefix("hive-bench-").tempdir()?;
    let bench = Bench::prepare(directory.path(), hosts)?;
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..rounds.max(1) {
        ours.push(measure(&mut bench.ours())?);
        floor.push(measure(&mut bench.floor())?);
    }
    println!("{hosts} loopback hosts, {rounds} rounds; median (fastest - slowest)");
    tell("wall", &ours, &floor, |sample| sample.wall);
    tell("client CPU", &ours, &floor, |sample| sample.cpu);
    Ok(())
}

/// The number behind `name` on the command line, or `default`.
fn option(name: &str, default: usize) -> io::Result<usize> {
    let arguments: Vec<String> = env::args().collect();
    let value = arguments.iter().position(|word| word == name).and_then(|at| arguments.get(at + 1));
    value.map_or(Ok(default), |text| text.parse().map_err(io::Error::other))
}

/// Both contenders, ready to start.
struct Bench<'a> {
    directory: &'a Path,
    hosts: Vec<Host>,
}

impl<'a> Bench<'a> {
    /// Starts the hosts, and records in a first run what hive-preflight sends to each.
    fn prepare(directory: &'a Path, count: usize) -> io::Result<Self> {
        let hosts = project::write(directory, &user()?, count)?;
        let bench = Self { directory, hosts };
        bench.warm_up()?;
        for host in &bench.hosts {
            host.stop_recording();
        }
        project::write_floor(directory, &bench.hosts, &bench.floor_config())?;
        let names: Vec<&str> = bench.hosts.iter().map(|host| host.name.as_str()).collect();
        fs::write(bench.names(), names.join("\n"))?;
        Ok(bench)
    }

    fn floor_config(&self) -> PathBuf {
        self.directory.join("floor_config")
    }

    /// Only the servers: what the mother asks itself has no part in the comparison.
    fn ours(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hive-preflight"));
        command.args(["run", "--quiet", "--limit", "servers", "--forks"]).arg(self.hosts.len().to_string());
        command.arg("--root").arg(self.directory);
        command
    }

    fn floor(&self) -> Command {
        let mut command = Command::new("xargs");
        command.arg("-a").arg(self.names()).args(["-n1", &format!("-P{}", self.hosts.len()), "ssh", "-F"]);
        command.arg(self.floor_config());
        command
    }

    fn names(&self) -> PathBuf {
        self.directory.join("names")
    }

    /// Runs hive-preflight once and makes sure that it reached every host.
    fn warm_up(&self) -> io::Result<()> {
        let output = self.ours().args(["--format", "json"]).stdin(Stdio::null()).output()?;
        let report: serde_json::Value = serde_json::from_slice(&output.stdout)
            .map_err(|error| io::Error::other(format!("{error}: {}", String::from_utf8_lossy(&output.stderr))))?;
        let hosts = report["hosts"].as_array().map_or(&[][..], Vec::as_slice);
        let reached = hosts.iter().filter(|host| host["outcome"] != "unreachable").count();
        if reached == self.hosts.len() {
            return Ok(());
        }
        Err(io::Error::other(format!("reached {reached} of {} hosts: {report:#}", self.hosts.len())))
    }
}

fn user() -> io::Result<String> {
    let output = Command::new("id").arg("-un").output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// What one round took.
#[derive(Clone, Copy)]
struct Sample {
    wall: Duration,
    /// User and system time of the contender and all that it started; `sshd` is none of these.
    cpu: Duration,
}

/// Runs `command` below a shell, whose `times` tells the CPU time.
fn measure(command: &mut Command) -> io::Result<Sample> {
    let mut shell = Command::new("sh");
    shell.args(["-c", "\"$@\" >/dev/null 2>&1; echo $?; times", "sh"]).arg(command.get_program());
    shell.args(command.get_args()).env_remove("SSH_AUTH_SOCK").stdin(Stdio::null());
    let start = Instant::now();
    let output = shell.output()?;
    let wall = start.elapsed();
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines();
    let status = lines.next().unwrap_or_default();
    if !matches!(status, "0" | "1" | "3") {
        return Err(io::Error::other(format!("{command:?} ended with status {status}")));
    }
    let cpu = lines.next_back().unwrap_or_default().split_whitespace().filter_map(minutes_and_seconds).sum();
    Ok(Sample { wall, cpu })
}

/// `0m1.250s`, as `times` prints it.
fn minutes_and_seconds(text: &str) -> Option<Duration> {
    let (minutes, seconds) = text.strip_suffix('s')?.split_once('m')?;
    let (minutes, seconds): (f64, f64) = (minutes.parse().ok()?, seconds.parse().ok()?);
    Some(Duration::from_secs_f64(minutes.mul_add(60.0, seconds)))
}

fn tell(what: &str, ours: &[Sample], floor: &[Sample], of: impl Fn(&Sample) -> Duration) {
    let sorted = |samples: &[Sample]| {
        let mut times: Vec<f64> = samples.iter().map(|sample| of(sample).as_secs_f64()).collect();
        times.sort_by(f64::total_cmp);
        times
    };
    let (ours, floor) = (sorted(ours), sorted(floor));
    let median = |times: &[f64]| times[times.len() / 2];
    let line = |times: &[f64]| format!("{:.2} s ({:.2} - {:.2})", median(times), times[0], times[times.len() - 1]);
    println!(
        "{what:<11} hive-preflight {}   xargs ssh {}   ratio {:.2}",
        line(&ours),
        line(&floor),
        median(&ours) / median(&floor)
    );
}
