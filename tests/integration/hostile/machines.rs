//! Lab hosts whose accounts, disks and programs are not as they should be.

use crate::lab::{Host, HostSpec, Keys, Network};

/// An account of a lab host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    /// Its `.bashrc` prints.
    Noisy,
    /// Its `.bashrc` leaves a program behind that holds both streams.
    LeavesBehind,
    /// `sudo` wants a password.
    SudoAsks,
    /// `sudo` wants a terminal.
    SudoWantsTerminal,
    /// `sudo` does not know it.
    NoSudoer,
    /// Its shell is `nologin`.
    Nologin,
    /// A forced command.
    Forced,
    /// In a directory without anything.
    EmptyChroot,
    /// In a directory with a shell and hardly a program.
    SparseChroot,
    /// No `sudo` on the machine.
    WithoutSudo,
    /// No `/tmp` on the machine.
    WithoutTmp,
    /// Nothing can be written any more.
    FullDisk,
    /// `/etc/nologin` is there.
    Closed,
    /// PAM prints a message of the day.
    Greeted,
}

/// The lab hosts that the accounts live on.
pub(super) struct Machines {
    crowd: Host,
    bare: Host,
    full: Host,
    closed: Host,
    _network: Network,
}

/// Accounts of their own, and roots that lack things.
const CROWD: &str = "for user in forced jailed sparse; do
    useradd -m -s /bin/sh -p '*' $user
    cp -r /root/.ssh /home/$user/
    chown -R $user /home/$user/.ssh
done
useradd -m -s /bin/bash -p '*' leaves
cp -r /root/.ssh /home/leaves/
echo 'sleep 40 &' >/home/leaves/.bashrc
chown -R leaves /home/leaves
mkdir -p /srv/empty /srv/sparse/bin /srv/sparse/dev
for tool in dash sleep dd; do
    cp /bin/$tool /srv/sparse/bin/
    for library in $(ldd /bin/$tool | grep -o '/[^ ]*'); do
        mkdir -p /srv/sparse${library%/*}
        cp -L $library /srv/sparse$library
    done
done
mv /srv/sparse/bin/dash /srv/sparse/bin/sh
mknod -m 666 /srv/sparse/dev/null c 1 3";
const CROWD_SSHD: &str = "Match User forced
ForceCommand echo only backups run here
Match User jailed
ChrootDirectory /srv/empty
Match User sparse
ChrootDirectory /srv/sparse";
const BARE: &str = "rm /usr/bin/sudo; rmdir /tmp /var/tmp || rm -r /tmp /var/tmp";
const FULL: &str = "for place in /home/admin /tmp /var/tmp /run/sudo; do
    mkdir -p $place; cp -a $place /keep
    mount -t tmpfs -o size=64k full $place
    cp -a /keep/. $place/; rm -r /keep
    dd if=/dev/zero of=$place/filler 2>/dev/null || true
done";
const CLOSED: &str = "printf 'the machine is being moved\\n' >/etc/nologin
printf '\\033]0;owned\\007\\033[2JWelcome, <script>alert(6)</script>!\\n' >/etc/motd";

impl Machines {
    /// Brings them up; `keys` open all their accounts.
    pub(super) fn up(keys: &Keys) -> Self {
        let network = Network::new();
        let [crowd, bare, full, closed] = std::thread::scope(|scope| {
            ["crowd", "bare", "full", "closed"]
                .map(|name| {
                    let network = &network;
                    scope.spawn(move || Host::up(network, keys, &HostSpec::new(name)))
                })
                .map(|coming| coming.join().expect("a host comes up"))
        });
        crowd.sh(CROWD);
        crowd.configure_sshd(CROWD_SSHD);
        bare.sh(BARE);
        full.sh(FULL);
        closed.sh(CLOSED);
        closed.configure_sshd("PrintMotd yes");
        closed.sh("sed -i s/UsePAM.*/UsePAM\\ yes/ /etc/ssh/sshd_config");
        closed.configure_sshd("Banner /etc/motd");
        Self { crowd, bare, full, closed, _network: network }
    }

    /// Port, user and known host key of an account.
    pub(super) fn way_to(&self, account: Account) -> (u16, &'static str, &str) {
        use Account as A;
        let (host, user) = match account {
            A::Noisy => (&self.crowd, "noisy"),
            A::LeavesBehind => (&self.crowd, "leaves"),
            A::SudoAsks => (&self.crowd, "asked"),
            A::SudoWantsTerminal => (&self.crowd, "needstty"),
            A::NoSudoer => (&self.crowd, "plain"),
            A::Nologin => (&self.crowd, "nologin"),
            A::Forced => (&self.crowd, "forced"),
            A::EmptyChroot => (&self.crowd, "jailed"),
            A::SparseChroot => (&self.crowd, "sparse"),
            A::WithoutSudo => (&self.bare, "admin"),
            A::WithoutTmp => (&self.bare, "root"),
            A::FullDisk => (&self.full, "admin"),
            A::Closed => (&self.closed, "admin"),
            A::Greeted => (&self.closed, "root"),
        };
        (host.port(), user, host.key())
    }
}
