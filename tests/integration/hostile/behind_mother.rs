//! The same rows behind a healthy mother, and as the mother: as the `ssh` program tells them here, and no later.

use std::{
    fs,
    path::Path,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use hive_preflight::transport::{
    Credentials, Endpoint, ExecLimits, HostSettings, MotherEndpoint, SshEndpoint, connect,
};

use super::{
    ALLOWANCE, FLOOD, GOOD, MEMORY, args,
    behaviour::{Behaviour, Server},
    limits,
    program::wanted,
    table::TABLE,
    world::{Way, World, outcomes},
};
use crate::{
    lab::sshd::{Sshd, roomy},
    openssh::processes,
};

/// How many are asked at a time.
const FORKS: usize = 24;
/// What each has for connecting, and for everything.
const CONNECT: Duration = Duration::from_secs(6);
const HOST: Duration = Duration::from_secs(12);

/// Bash reads no login files of this machine's root where it seems to run in another shell: what is killed in the middle of
/// them may leave a lock behind, for which those that come later wait.
const NO_LOGIN_FILES: &str = "SetEnv SHLVL=2";

/// Rows that nobody tries again here, or asks for a password: what the first try comes to.
const AT_FIRST: [(&str, &str); 3] =
    [("asks-for-ever", "auth"), ("max-startups-once", "busy"), ("max-startups-old", "lost")];

/// The way through `mother` to a host of `world`; her files are in `context`.
fn endpoint(world: &World, context: &Path, mother: SshEndpoint, name: &str) -> Endpoint {
    let way = &world.ways[name];
    let config = format!(
        "Host *\nStrictHostKeyChecking yes\nUserKnownHostsFile {}\nIdentityFile {}\nIdentitiesOnly yes\n",
        world.test.path("known").display(),
        way.key.display()
    );
    fs::create_dir_all(context).unwrap();
    fs::write(context.join("ssh_config"), config).unwrap();
    let settings = HostSettings {
        host: "127.0.0.1".to_owned(),
        port: Some(way.port),
        user: Some(way.user.clone()),
        connect_timeout: Some(CONNECT),
        ..HostSettings::default()
    };
    let root = context.display().to_string();
    Endpoint::FromMother(Box::new(MotherEndpoint::new(mother, root.clone(), &root, &settings)))
}

/// The class of what kept us out, with its words, or `in`, with what the script said.
fn ask(endpoint: &Endpoint, credentials: &Credentials) -> (String, String) {
    let deadline = Instant::now() + HOST;
    let limits = ExecLimits { deadline, ..roomy() };
    let asked =
        connect(endpoint, credentials, deadline).and_then(|mut session| session.exec("echo $((40+2))", &limits));
    match asked {
        Err(error) => (error.class().to_owned(), error.to_string()),
        Ok(output) => ("in".to_owned(), String::from_utf8_lossy(&output.stdout).into_owned()),
    }
}

/// Asks all rows side by side; what `judge` finds wrong with each.
fn wrong(rows: &[&Behaviour], judge: impl Fn(&Behaviour, &Credentials) -> Option<String> + Sync) -> String {
    let (credentials, next, wrong) = (Credentials::batch(), Mutex::new(rows.iter()), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let Some(row) = next.lock().unwrap().next() else { return };
            let begun = Instant::now();
            let mut said = judge(row, &credentials).unwrap_or_default();
            if begun.elapsed() > HOST + ALLOWANCE {
                said += " too late";
            }
            if !said.is_empty() {
                wrong.lock().unwrap().push(format!("{}: {said} [{:.1?}]", row.name, begun.elapsed()));
            }
        }
    };
    thread::scope(|scope| (0..FORKS).for_each(|_| drop(scope.spawn(work))));
    wrong.into_inner().unwrap().join("\n")
}

/// The class that keeps us out, or none where we get in and it is the answers that are wrong.
fn class(row: &Behaviour) -> Option<&'static str> {
    let at_first = AT_FIRST.iter().find(|(name, _)| *name == row.name).map(|(_, class)| *class);
    at_first.or_else(|| Some(wanted(row)).filter(|outcome| !outcome.starts_with("pass") && *outcome != "error"))
}

#[test]
fn behind_a_mother_every_server_that_misbehaves_has_its_class_and_nothing_stays_there() {
    let rows: Vec<&Behaviour> = TABLE.iter().filter(|row| !row.is_flood()).collect();
    let (world, mother) = (World::up(rows.iter().copied(), 0), Sshd::with(&[NO_LOGIN_FILES]));
    let wrong = wrong(&rows, |row, credentials| {
        let (got, said) =
            ask(&endpoint(&world, &mother.path(row.name), mother.endpoint("root"), row.name), credentials);
        let is_right = match class(row) {
            Some(class) => got == class,
            None => ["in", "channel"].contains(&&*got) || wanted(row).contains(&*got),
        };
        (!is_right).then(|| format!("{got}: {said}"))
    });
    assert!(wrong.is_empty(), "{wrong}");
    assert_nothing_left(&mother);
}

/// What is killed on the mother may take a moment to go.
#[track_caller]
fn assert_nothing_left(mother: &Sshd) {
    let left = || processes(&mother.path("").display().to_string());
    let is_gone = (0..200).any(|_| {
        thread::sleep(Duration::from_millis(50));
        left().is_empty()
    });
    assert!(is_gone, "{:?}", left());
}

/// Makes the hosts of `world` the servers of a hive project that lies here and on `mother`; their names, in order.
fn found_project(world: &World, mother: &Sshd) -> Vec<(String, String)> {
    let hosts: Vec<_> =
        world.ways.iter().enumerate().map(|(n, way)| (format!("p-hive{n}.site.example"), way)).collect();
    let addresses: Vec<_> = (0..hosts.len()).map(|n| format!("192.168.56.{}", n + 10)).collect();
    let hive = format!(
        "plugin: hive_inventory\nname: site.example\nstages:\n  private:\n    provider: prepared\n    cidr: 192.168.56.0/24\n    \
         separate_repository: false\n    ip_address_list: [{}]\n",
        addresses.join(", ")
    );
    world.test.write("project/inventory/hive.yml", &hive);
    let vars = format!("ansible_ssh_common_args: -F none -o UserKnownHostsFile={}\n", mother.known_hosts().display());
    world.test.write("project/inventory/host_vars/p-mother.site.example.yml", &vars);
    let entry = |(name, (_, way)): &(String, (&String, &Way))| {
        format!(
            "Host {name}\nHostName 127.0.0.1\nPort {}\nUser {}\nIdentityFile {}\nIdentitiesOnly yes\n\
             UserKnownHostsFile {}\nStrictHostKeyChecking yes\n",
            way.port,
            way.user,
            way.key.display(),
            world.test.path("known").display()
        )
    };
    let context = mother.path(".hive/private");
    fs::create_dir_all(&context).unwrap();
    fs::write(context.join("ssh_config"), hosts.iter().map(entry).collect::<String>()).unwrap();
    hosts.into_iter().map(|(name, (row, _))| (name, row.clone())).collect()
}

#[test]
fn floods_behind_a_mother_are_cut_off_and_memory_stays_bounded_and_nothing_stays_there() {
    let rows = || TABLE.iter().filter(|row| row.is_flood());
    let (mut world, mother) = (World::up(rows(), GOOD), Sshd::with(&[NO_LOGIN_FILES]));
    let names = found_project(&world, &mother);
    let run = world.run_behind(&mother, &args(&limits(FLOOD)));
    let found = outcomes(&run.report);
    for (name, row) in names {
        let wanted = TABLE.iter().find(|other| other.name == row).map_or("pass", wanted);
        let (got, message, took) = &found[&name];
        assert_eq!(got, wanted, "{row}: {message} [{took:.1?}]\n{}", run.stderr);
    }
    assert!(run.memory > 0 && run.memory < MEMORY, "{} MiB", run.memory >> 20);
    assert_nothing_left(&mother);
}

#[test]
fn a_mother_that_misbehaves_is_told_as_such_in_time() {
    let rows: Vec<&Behaviour> = TABLE.iter().filter(|row| !matches!(row.server, Server::On(_))).collect();
    let (world, server) = (World::up(rows.iter().copied(), 1), Sshd::start());
    let wrong = wrong(&rows, |row, credentials| {
        let way = &world.ways[row.name];
        let mother = SshEndpoint {
            port: way.port,
            identity_files: vec![way.key.clone()],
            known_hosts_files: vec![world.test.path("known")],
            connect_timeout: CONNECT,
            ..server.endpoint("root")
        };
        let (got, said) = ask(&endpoint(&world, &server.path(row.name), mother, "good-0"), credentials);
        // Who cannot be logged in to is told as the way; who plays foul with a command that runs on has answered nothing.
        let is_right = match class(row) {
            Some(_) => got == "proxy",
            None => row.outcome.starts_with("pass") || got != "in" || !said.contains("42"),
        };
        (!is_right).then(|| format!("{got}: {said}"))
    });
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_mother_that_hangs_holds_up_nobody_elses_hosts_and_who_gets_no_turn_is_told_so() {
    let is_wanted = |row: &&Behaviour| row.name == "silent-after-banner";
    let (world, healthy) = (World::up(TABLE.iter().filter(is_wanted), 1), Sshd::with(&[NO_LOGIN_FILES]));
    let way = &world.ways["silent-after-banner"];
    let mother = || SshEndpoint { port: way.port, identity_files: vec![way.key.clone()], ..healthy.endpoint("root") };
    let (credentials, deadline) = (Credentials::batch(), Instant::now() + Duration::from_secs(3));
    let behind = |mother, context: &str, deadline| {
        let endpoint = endpoint(&world, &healthy.path(context), mother, "good-0");
        connect(&endpoint, &credentials, deadline).map(drop)
    };
    let (errors, other) = thread::scope(|scope| {
        let hanging: Vec<_> =
            (0..10).map(|_| scope.spawn(|| behind(mother(), "hang", deadline).unwrap_err())).collect();
        thread::sleep(Duration::from_millis(300));
        let other = behind(healthy.endpoint("root"), "other", deadline + HOST);
        (hanging.into_iter().map(|host| host.join().unwrap()).collect::<Vec<_>>(), other)
    });
    assert!(other.is_ok(), "{other:?}");
    assert!(errors.iter().all(|error| error.class() == "proxy"), "{errors:?}");
    let waited = errors.iter().filter(|error| error.to_string().contains("the logins of other hosts there")).count();
    assert_eq!(waited, 4, "{errors:?}");
}
