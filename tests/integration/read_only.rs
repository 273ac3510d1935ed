//! The built-in checks change nothing: files, processes and tables of every host are the same before and after a run, also
//! where the program or its connections die in the middle.
//!
//! What others write when somebody logs in is left out, and nothing else:
//!
//! | path | who writes there |
//! |---|---|
//! | `/var/log`, `/run/utmp`, `/var/run/utmp` | `sshd`, `sudo`, `login` |
//! | `/run/sudo`, `/var/lib/sudo` | `sudo`: that it was asked |
//! | `/etc/passwd-`, `/etc/group.lock`, ... | accounts of other tests on the machine whose `/etc` is below that of the hosts |
//! | link-local neighbours and `tentative` addresses | the kernel, which gets to know them by itself |
//! | the times of `~` and `~/.ansible` | the one documented file, below `~/.ansible/tmp`, comes and goes |

use std::{collections::BTreeSet, process::Stdio, time::Duration};

use crate::lab::{Fleet, Host, Site};

/// What is left out.
const OTHERS: &str = "-path /proc -o -path /sys -o -path /dev -o -path /var/log -o -path /run/utmp -o -path /run/sudo -o -path \
                      /var/lib/sudo -o -path /opt/hive-preflight -o -path '/etc/*-' -o -path '/etc/*+' -o -path '/etc/*.lock' -o -path \
                      '/etc/*passwd.*' -o -path '/etc/*shadow.*' -o -path '/etc/*group.*' -o -path '/etc/sub?id.*'";

/// Every file beside the operating system's own with its kind, mode, owner, size, time of the last change and what is in it.
fn files() -> String {
    format!(
        "find /etc /home /root /var /run /tmp /opt /srv \\( {OTHERS} \\) -prune -o -type d -printf '%p d %m %u:%g\\n' -o -printf \
         '%p %y %m %u:%g %s %T@ %l\\n'; find /etc /home /root /run /tmp /opt /srv /var/tmp \\( {OTHERS} \\) -prune -o -type f \
         -size -64k -exec cksum {{}} +"
    )
}

/// What was changed anywhere since the file `/dev/shm/before` was written, in any way: the kernel keeps that time itself. A
/// file that went shows as its directory.
fn changed(host: &Host) -> String {
    host.sh(&format!(
        "set +e; find / \\( {OTHERS} \\) -prune -o -cnewer /dev/shm/before \\( -path /home/admin -o -path '/home/admin/.ansible*' -o -path \
         '/root/.ansible*' -o -path /root -o -print \\); true"
    ))
}

/// What the kernel knows beside files: filters, listeners, sockets, mounts, modules, settings of the network.
const TABLES: &str = "iptables-save 2>/dev/null | grep -v '^#' | sed 's/\\[[0-9:]*\\]//'
ip6tables-save 2>/dev/null | grep -v '^#' | sed 's/\\[[0-9:]*\\]//'
ip -o address | sed 's/ tentative//'; ip route; ip neigh | grep -v '^fe80:' | sed 's/ REACHABLE\\| STALE\\| DELAY\\| PROBE//' | sort
awk 'NR > 1 && $8 != \"\" {print $4, $5, $8}' /proc/net/unix | sort
awk '$4 == \"0A\" {print $2}' /proc/net/tcp /proc/net/tcp6 | sort
conntrack -L -p udp 2>/dev/null | sed 's/ [0-9]* src/ src/' | sort
cut -d' ' -f2-4 /proc/self/mounts | sort
cut -d' ' -f1 /proc/modules | sort
for f in /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/*/rp_filter /proc/sys/kernel/hostname; do echo \"$f $(cat $f)\"; done
ls -l /proc/sysvipc | cut -c1-10; cat /proc/sysvipc/shm /proc/sysvipc/sem /proc/sysvipc/msg";

/// Every process but those that look, without the times of the kernel's own.
const PROCESSES: &str = "for d in /proc/[0-9]*; do p=${d#/proc/}; [ \"$p\" = $$ ] || { s=$(cut -d' ' -f4 $d/stat 2>/dev/null); \
                         [ \"$s\" = $$ ] || tr '\\0' ' ' <$d/cmdline 2>/dev/null; echo; }; done | grep . | sort";

/// All lines that tell of a host.
fn state(host: &Host) -> BTreeSet<String> {
    [&*files(), TABLES]
        .iter()
        .flat_map(|script| host.sh(&format!("set +e\n{script}\ntrue")).lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

fn processes(host: &Host) -> Vec<String> {
    host.sh(&format!("set +e\n{PROCESSES}\ntrue")).lines().map(|line| line.trim().to_owned()).collect()
}

/// What there was before on every host.
struct Before<'a>(Vec<(&'a Host, BTreeSet<String>, Vec<String>)>);

impl<'a> Before<'a> {
    fn of(site: &'a Site) -> Self {
        let hosts = std::iter::once(&site.fleet.mother).chain(&site.fleet.servers);
        let all = hosts.map(|host| {
            let seen = (host, state(host), processes(host));
            host.sh("sleep 0.1; touch /dev/shm/before; sleep 0.1");
            seen
        });
        Self(all.collect())
    }

    /// Waits until every process that came has gone, as long as a probe may take, and compares.
    fn assert_unchanged(&self, what: &str) {
        for (host, files, running) in &self.0 {
            let mut now = processes(host);
            for _ in 0..300 {
                if now == *running {
                    break;
                }
                std::thread::sleep(Duration::from_millis(100));
                now = processes(host);
            }
            assert_eq!(now, *running, "{what}: processes of {}", host.name());
            assert_eq!(changed(host), "", "{what}: changed on {}", host.name());
            let after = state(host);
            let gone: Vec<_> = files.difference(&after).collect();
            let new: Vec<_> = after.difference(files).collect();
            assert!(gone.is_empty() && new.is_empty(), "{what}: {} was {gone:#?}, is {new:#?}", host.name());
        }
    }
}

fn site() -> Site {
    let site = Site::new(Fleet::up(2));
    site.write(
        "inventory/services.yml",
        "plugin: hive_services\nservices:\n  web:\n    image: lab/x\n    ports: [\"514:514/udp\"]\n",
    );
    // A first login makes what every later one finds.
    assert!(site.run_on_mother(&["--format", "json"]).json()["results"].as_array().is_some_and(|all| all.len() > 50));
    site
}

#[test]
fn a_full_run_changes_nothing_on_any_host() {
    let site = site();
    let before = Before::of(&site);
    // A change that is made is seen.
    site.fleet.servers[0].sh("touch /etc/new");
    assert_ne!(state(&site.fleet.servers[0]), before.0[1].1);
    site.fleet.servers[0].sh("rm /etc/new");
    let before = Before::of(&site);
    for args in [&["--format", "json"][..], &["--allow-active", "-vvv"]] {
        let run = site.run_on_mother(args);
        assert!(run.status.is_some(), "{}", run.stderr);
        before.assert_unchanged(&format!("{args:?}"));
    }
    site.run_from_outside(&["--format", "json"]);
    before.assert_unchanged("from outside");
}

#[test]
fn a_run_that_dies_in_the_middle_leaves_nothing_behind() {
    let site = site();
    let before = Before::of(&site);
    for millis in [150_u64, 400, 700, 1000, 1500] {
        let mut command = site.command_on_mother(&["--format", "json"]);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
        std::thread::sleep(Duration::from_millis(millis));
        let victim = if millis % 200 == 0 { "sshd session" } else { "program" };
        if victim == "program" {
            site.fleet.mother.sh("for d in /proc/[0-9]*; do [ \"$(readlink $d/exe)\" != /opt/hive-preflight/hive-preflight ] || kill -KILL ${d#/proc/}; done; true");
        } else {
            for server in &site.fleet.servers {
                server.sh("for d in /proc/[0-9]*; do grep -qa '^sshd: admin' $d/cmdline 2>/dev/null && kill -KILL ${d#/proc/}; done; true");
            }
        }
        child.wait().expect("it ends");
        before.assert_unchanged(&format!("the {victim} was killed after {millis} ms"));
    }
}
