//! The network that joins the hosts of a test, seen by nobody else.

use std::{
    io::{BufRead, BufReader},
    net::{Ipv4Addr, Ipv6Addr},
    process::{Child, ChildStdin},
    sync::atomic::{AtomicU8, Ordering},
};

use super::command::{privileged, run, start};

/// A network namespace that holds a bridge; each host has one end of a veth pair there.
#[derive(Debug)]
pub(crate) struct Network {
    switch: Child,
    /// Held open: the namespace lives as long as its process reads from here.
    _life: ChildStdin,
    pid: u32,
    next: AtomicU8,
}

/// A host's place in its network.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    number: u8,
}

impl Place {
    /// Its IPv4 address.
    pub(crate) fn ipv4(self) -> Ipv4Addr {
        Ipv4Addr::new(192, 168, 56, self.number)
    }

    /// Its IPv6 address.
    pub(crate) fn ipv6(self) -> Ipv6Addr {
        Ipv6Addr::new(0xfd77, 0, 0, 0, 0, 0, 0, self.number.into())
    }
}

impl Network {
    /// Makes an empty network.
    pub(crate) fn new() -> Self {
        let mut command = privileged("unshare");
        // The first line is its process id as the machine counts it; then it waits for the end of its input.
        command.args([
            "--net",
            "--",
            "/bin/sh",
            "-c",
            "ip link add br0 type bridge && ip link set br0 up && echo $$ && exec cat",
        ]);
        let mut switch = start(&mut command);
        let held = switch.stdin.take().expect("standard input was asked for");
        let mut line = String::new();
        BufReader::new(switch.stdout.take().expect("standard output was asked for"))
            .read_line(&mut line)
            .expect("the switch tells its process id");
        let pid = line.trim().parse().unwrap_or_else(|_| {
            let words = std::io::read_to_string(switch.stderr.take().expect("standard error was asked for"));
            panic!(
                "cannot make a network namespace (the lab needs root, or sudo without password): {}",
                words.unwrap_or_default()
            )
        });
        Self { switch, _life: held, pid, next: AtomicU8::new(2) }
    }

    /// Gives the network namespace of process `pid` an interface `eth0` on this network.
    pub(crate) fn plug(&self, pid: u32) -> Place {
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        let batch = format!(
            "link add port{number} type veth peer name eth0 netns {pid}\n\
             link set port{number} master br0\n\
             link set port{number} up\n"
        );
        let mut command = privileged("nsenter");
        command.args(["--target", &self.pid.to_string(), "--net", "--", "ip", "-batch", "-"]);
        run(&mut command, &batch).expect_ok("ip -batch");
        Place { number }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let mut command = privileged("kill");
        run(command.args(["-KILL", &self.pid.to_string()]), "");
        // Nothing can be done about a failure here; the process ends with its input anyway.
        let _ = self.switch.wait();
    }
}
