//! Hosts that are not there yet: tried again where that may help, and only there.

use std::{
    fs,
    io::Write as _,
    net::{TcpListener, TcpStream},
    thread,
};

use rustix::process::Signal;

use super::{World, host, send, wait_until};
use crate::{
    lab::{Closed, sshd::Sshd},
    support::Run,
};

/// A real server behind a port that nobody listens at yet.
struct Late {
    server: Sshd,
    door: Closed,
}

impl Late {
    fn new() -> Self {
        Self { server: Sshd::start(), door: Closed::new() }
    }

    /// The host is called `quick`, so that the check that passes is for it.
    fn write_inventory(&self, world: &World) {
        let known = fs::read_to_string(self.server.known_hosts()).unwrap();
        let here = known.replace(&self.server.port().to_string(), &self.door.port().to_string());
        world.test.write("known", &here);
        let (key, known) = (self.server.key(), world.test.path("known"));
        let options = format!("-F none -o IdentityAgent=none -o UserKnownHostsFile={}", known.display());
        world.test.write(
            "hosts",
            &format!(
                "quick ansible_host=127.0.0.1 ansible_port={} ansible_user=root ansible_ssh_private_key_file={} \
                 ansible_ssh_common_args='{options}'\n",
                self.door.port(),
                key.display()
            ),
        );
    }

    /// Comes up: drops `dropped` connections as a busy sshd does, and serves the next.
    fn come_up(&self, dropped: usize) {
        self.serve(&self.door.open(), dropped);
    }

    fn serve(&self, listener: &TcpListener, dropped: usize) {
        for _ in 0..dropped {
            let mut busy = listener.accept().unwrap().0;
            let _ = busy.write_all(b"Exceeded MaxStartups\r\n");
        }
        let near = listener.accept().unwrap().0;
        let far = TcpStream::connect(("127.0.0.1", self.server.port())).unwrap();
        thread::scope(|scope| {
            for (mut from, mut to) in [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)] {
                scope.spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(std::net::Shutdown::Both);
                });
            }
        });
    }
}

#[test]
fn a_host_that_comes_up_is_waited_for() {
    let (world, late) = (World::new(), Late::new());
    late.write_inventory(&world);
    let mut command = world.command("hosts");
    command.args(["--repeat-until-ok", "5m", "--format", "json=report", "--format", "ndjson=live"]);
    let child = command.spawn().unwrap();
    wait_until("it was tried in vain", || {
        fs::read_to_string(world.test.path("live")).unwrap_or_default().matches("host_waiting").count() >= 2
    });
    late.come_up(1);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let report = world.report("report");
    assert_eq!(host(&report, "quick")["outcome"], "pass", "{report:#}");
    let notice = report["notices"][0].as_str().unwrap();
    assert!(notice.starts_with("`quick` answered at try ") && notice.contains("MaxStartups"), "{notice}");
    let live = world.test.read("live");
    assert!(live.contains("\"class\":\"refused\"") && live.contains("\"class\":\"busy\""), "{live}");
}

#[test]
fn retries_are_counted_and_told() {
    let (world, late) = (World::new(), Late::new());
    late.write_inventory(&world);
    let run = |more: &[&str]| Run::of(world.command("hosts").args(["--format", "json"]).args(more));
    let message = |run: &Run| host(&run.json(), "quick")["error"]["message"].as_str().unwrap().to_owned();
    let (none, twice) = (run(&[]), run(&["--retries", "2"]));
    assert_eq!((none.status, twice.status), (Some(3), Some(3)));
    assert_eq!(message(&twice), message(&none) + " (tried 3 times)");
    assert!(!message(&run(&["--retries", "5", "--timeout", "1"])).contains("tried"), "the host's time is over first");
    let run = thread::scope(|scope| {
        let listener = late.door.open();
        let server = scope.spawn(move || late.serve(&listener, 2));
        let run = run(&["--retries", "2"]);
        server.join().unwrap();
        run
    });
    assert_eq!((run.status, run.json()["verdict"].as_str()), (Some(0), Some("ready")), "{}", run.stderr);
}

#[test]
fn what_waiting_does_not_heal_is_told_at_once() {
    let (world, late) = (World::new(), Late::new());
    late.write_inventory(&world);
    world.test.write("known", "");
    // The server is there before the first try.
    let listener = late.door.open();
    let run = thread::scope(|scope| {
        scope.spawn(|| late.serve(&listener, 0));
        let mut command = world.command("hosts");
        Run::of(command.args(["--retries", "9", "--format", "json", "--format", "ndjson=live"]))
    });
    assert_eq!(host(&run.json(), "quick")["error"]["class"], "host_key_unknown", "{}", run.stderr);
    assert!(!world.test.read("live").contains("host_waiting"));
}

#[test]
fn a_signal_ends_the_waiting() {
    let (world, late) = (World::new(), Late::new());
    late.write_inventory(&world);
    let mut command = world.command("hosts");
    command.args(["--repeat-until-ok", "1h", "--format", "json=report", "--format", "ndjson=live"]);
    let child = command.spawn().unwrap();
    wait_until("it waits", || fs::read_to_string(world.test.path("live")).unwrap_or_default().contains("host_waiting"));
    send(&child, Signal::INT);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    assert_eq!(host(&world.report("report"), "quick")["error"]["class"], "interrupted");
}
