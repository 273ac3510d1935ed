# Process 1 of a host of the test lab, second half: changes into the new root, makes accounts, brings up network and sshd.
#
# From the environment: LAB_NAME LAB_ADDRESS4 LAB_ADDRESS6 LAB_AUTHORIZED LAB_KIND (`machine`, `container` or `user-namespace`).
set -eu

# Waits until a command succeeds, at most 20 s: a host that does not come up says so.
await() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 2000 ] || { echo "waited in vain for: $*" >&2; cat /var/log/sshd.log >&2; exit 1; }
    sleep 0.01
  done
}

umount sys/fs/cgroup
mount -t cgroup2 cgroup2 sys/fs/cgroup
echo 0 >sys/fs/cgroup/init/cgroup.procs
pivot_root . old
umount -l /old
rmdir /old
cd /
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

hostname "$LAB_NAME"
echo "$LAB_NAME" >/etc/hostname
printf '127.0.0.1 localhost %s\n::1 localhost\n' "$LAB_NAME" >/etc/hosts
# Names are looked up nowhere, and the answer comes at once.
rm -f /etc/resolv.conf
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
rm -rf /etc/ssh /etc/sudoers.d /etc/docker /etc/profile.d /etc/update-motd.d /etc/motd /etc/subuid /etc/subgid
mkdir -p /etc/ssh /etc/sudoers.d /etc/docker /etc/sysconfig

# Accounts: the machine's system accounts, and people of the lab's own.
awk -F: '$3 < 1000 || $3 == 65534' /etc/passwd >/tmp/passwd
awk -F: '$3 < 1000 || $3 == 65534' /etc/group >/tmp/group
grep -q '^docker:' /tmp/group || echo 'docker:x:990:' >>/tmp/group
cut -d: -f1 /tmp/passwd | sed 's/$/:*:19000:0:99999:7:::/' >/tmp/shadow
uid=3000
while read -r user shell; do
  uid=$((uid + 1))
  echo "$user:x:$uid:$uid:$user:/home/$user:$shell" >>/tmp/passwd
  echo "$user:x:$uid:" >>/tmp/group
  echo "$user:*:19000:0:99999:7:::" >>/tmp/shadow
  mkdir -p "/home/$user/.ssh"
  printf '%s\n' "$LAB_AUTHORIZED" >"/home/$user/.ssh/authorized_keys"
  chmod 700 "/home/$user" "/home/$user/.ssh"
  chown -R "$uid:$uid" "/home/$user"
done <<'END'
admin /bin/bash
asked /bin/bash
needstty /bin/bash
plain /bin/bash
noisy /bin/bash
dash /bin/dash
fish /usr/bin/fish
csh /bin/csh
restricted /bin/rbash
nologin /usr/sbin/nologin
END
mkdir -p /root/.ssh
printf '%s\n' "$LAB_AUTHORIZED" >/root/.ssh/authorized_keys
chmod 700 /root/.ssh
sed -i 's/^\(docker:.*:\)[^:]*$/\1admin/' /tmp/group
cat /tmp/passwd >/etc/passwd
cat /tmp/group >/etc/group
cat /tmp/shadow >/etc/shadow
chmod 640 /etc/shadow
rm -f /etc/gshadow /tmp/passwd /tmp/group /tmp/shadow
cat >/etc/sudoers <<'END'
Defaults env_reset
Defaults secure_path="/usr/sbin:/usr/bin:/sbin:/bin"
Defaults:needstty requiretty
root ALL=(ALL:ALL) ALL
asked ALL=(ALL:ALL) ALL
admin,needstty,noisy,dash,fish,csh,restricted ALL=(ALL:ALL) NOPASSWD: ALL
END
chmod 440 /etc/sudoers
printf 'echo "welcome to %s"\necho "mind the step" >&2\n' "$LAB_NAME" >/home/noisy/.bashrc

# A host that is a container: its processes lack what a container's lack, from process 1 on.
reduced=
if [ "$LAB_KIND" = container ]; then
  : >/.dockerenv
  reduced="setpriv --bounding-set=-net_admin,-sys_module --inh-caps=-net_admin,-sys_module"
fi

ip link set lo up
ip link set eth0 up
ip address add "$LAB_ADDRESS4/24" dev eth0
ip address add "$LAB_ADDRESS6/64" dev eth0 nodad
# Where services belong: an address that no lab host answers for is thrown away instead of failing the sender.
ip route add default dev eth0
echo 1 >/proc/sys/net/ipv4/ip_forward
echo 1 >/proc/sys/net/ipv6/conf/all/forwarding

ssh-keygen -q -t ed25519 -N '' -C "$LAB_NAME" -f /etc/ssh/ssh_host_ed25519_key
cat >/etc/ssh/sshd_config <<'END'
HostKey /etc/ssh/ssh_host_ed25519_key
UsePAM no
PasswordAuthentication no
PidFile /run/sshd.pid
MaxStartups 100:30:200
Subsystem sftp /usr/lib/openssh/sftp-server
END
if [ "$LAB_KIND" = user-namespace ]; then
  # Root of a user namespace, whose network belongs to the machine: as in a rootless or an unprivileged container.
  echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
  mkfifo /run/mapped
  unshare --user /bin/sh -c 'read -r mapped </run/mapped; exec /usr/sbin/sshd -E /var/log/sshd.log' &
  mine=$(readlink /proc/1/ns/user)
  in_its_own() { [ "$(readlink "/proc/$!/ns/user")" != "$mine" ]; }
  await in_its_own
  echo '0 0 65536' >"/proc/$!/gid_map"
  echo '0 0 65536' >"/proc/$!/uid_map"
  echo >/run/mapped
else
  $reduced /usr/sbin/sshd -E /var/log/sshd.log
fi
await [ -s /run/sshd.pid ]

# The way in from the machine, which has no route into this network: a socket in a directory that both see.
socat UNIX-LISTEN:/door/ssh.sock,fork,mode=0666,backlog=128 TCP:127.0.0.1:22 &
await [ -S /door/ssh.sock ]

echo "key $(cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub)"
echo ready
# Reaps what the host's own processes leave behind, and ends with the test that holds the other end of standard input.
exec env -i PATH="$PATH" $reduced perl -e \
  '$0 = "init"; $SIG{CHLD} = "IGNORE"; open STDOUT, ">", "/dev/null"; open STDERR, ">", "/dev/null"; 1 while sysread STDIN, my $end, 1'
