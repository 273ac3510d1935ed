# Process 1 of a host of the test lab, first half: still sees the machine's root, builds the host's own beside it.
#
# The host's root is a tmpfs. Only /usr and /etc come from the machine, as lower layers of overlays whose upper layers lie
# in that tmpfs: whatever a test writes or removes there, the machine's own files stay as they are. Everything is in this
# mount namespace, so it is gone as soon as process 1 ends, also after a crash of the test.
#
# From the environment: LAB_NAME LAB_ROOT (an empty directory to mount on) LAB_DOOR (a directory for the way in)
# LAB_BINARY LAB_CGROUP LAB_BOOT (the second half).
set -eu
umask 022

# `self` in the machine's /proc: this process as the machine counts it.
read -r pid rest </proc/self/stat
echo "pid $pid"
read -r LAB_ADDRESS4 LAB_ADDRESS6
export LAB_ADDRESS4 LAB_ADDRESS6

mount -t tmpfs -o mode=755 lab "$LAB_ROOT"
cd "$LAB_ROOT"
mkdir -p .layers/usr/upper .layers/usr/work .layers/etc/upper .layers/etc/work \
  usr etc proc sys dev run/lock run/sshd tmp home root old opt/hive-preflight door \
  var/lib/docker var/lib/sudo var/lib/gems var/log var/cache var/tmp var/spool
chmod 1777 tmp var/tmp run/lock
chmod 700 root
ln -s /run var/run
ln -s /run/lock var/lock
for link in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$link" ]; then ln -s "$(readlink "/$link")" "$link"; fi
done
for layer in usr etc; do
  mount -t overlay overlay \
    -o "lowerdir=/$layer,upperdir=.layers/$layer/upper,workdir=.layers/$layer/work" "$layer"
done
# What the machine's owner put into /usr/local is not part of a plain host.
mount -t tmpfs -o mode=755 local usr/local
mkdir usr/local/bin usr/local/sbin
if [ -d /var/lib/gems ]; then mount --bind -o ro /var/lib/gems var/lib/gems; fi

mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755 dev dev
for node in null zero full random urandom tty; do
  : >"dev/$node"
  mount --bind "/dev/$node" "dev/$node"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs -o mode=1777 shm dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr

: >opt/hive-preflight/hive-preflight
mount --bind "$LAB_BINARY" opt/hive-preflight/hive-preflight
mount --bind "$LAB_DOOR" door

# A control group of its own, straight below the root, where controllers may be handed on while processes run elsewhere.
mkdir -p sys/fs/cgroup
mount -t cgroup2 cgroup2 sys/fs/cgroup
mkdir -p "sys/fs/cgroup/$LAB_CGROUP/init"
echo 0 >"sys/fs/cgroup/$LAB_CGROUP/cgroup.procs"
exec unshare --cgroup /bin/sh -c "$LAB_BOOT" init
