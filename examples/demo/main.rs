//! A whole fleet on one machine, to look at hive-preflight without any server: `cargo run --release --example demo`.
//!
//! An in-process SSH server plays the mother, three hives and a repository of a hive-builder project; each host is a
//! directory with its own programs, several of them with a fault from the FAQ. What checks them is the real pipeline over
//! real SSH on loopback. Options of `hive-preflight run` may follow `--`, for example `-- --lang ja` or `-- --format json`.

mod fleet;
mod roots;

use std::io;

use fleet::{Fleet, Forwarding, HostSpec};

fn main() -> io::Result<()> {
    let directory = tempfile::Builder::new().prefix("hive-demo-").tempdir()?;
    let specs = ["mother", "hive1"].map(|name| HostSpec {
        name: name.to_owned(),
        software: "OpenSSH_9.6p1",
        user: "admin",
        root: directory.path().join("hosts").join(name),
        forwarding: Forwarding::Docker,
        up: true,
    });
    for spec in &specs {
        roots::write(directory.path(), &spec.name, &spec.root, spec.user)?;
    }
    let fleet = Fleet::start(specs.to_vec())?;
    std::fs::write(directory.path().join("known_hosts"), fleet.known_hosts())?;
    std::fs::write(directory.path().join("id"), fleet.key.private_file()?)?;
    eprintln!("{} {:?}", directory.path().display(), fleet.hosts.iter().map(|h| h.port).collect::<Vec<_>>());
    std::io::read_to_string(std::io::stdin())?;
    Ok(())
}
