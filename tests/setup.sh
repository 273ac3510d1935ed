#!/bin/sh
# Installs what the tests need on Debian 12 or a relative of it: compilers, the real programs that faults are made with, and,
# into target/ansible, the real Ansible and hive-builder, which the inventory is compared with.
# Says nothing when everything is there. Uses sudo when it is not run by root.
set -eu

packages="
build-essential pkg-config perl make libssl-dev
openssh-client openssh-server krb5-kdc krb5-admin-server krb5-user socat sudo opendoas procps util-linux kmod
iproute2 iptables nftables conntrack
busybox-static docker.io podman vagrant fish csh strace
libxml2-utils cmark-gfm python3-prometheus-client
chromium chromium-driver fonts-noto-cjk
python3 python3-venv
"

fail() {
  echo "tests/setup.sh: $*" >&2
  exit 1
}

# The versions that docs/ and tests/inventories/ speak of. PyYAML 6.0.4 joins the maps of a merge list (`<<: [*a, *b]`) in another
# order than all versions before it. hive-builder comes last, so that it is there when all is.
install_ansible() {
  ansible=$(dirname "$0")/../target/ansible
  if [ -x "$ansible/bin/hive" ] && [ -x "$ansible/bin/ansible-inventory" ]; then return; fi
  echo "tests/setup.sh: installing ansible-core and hive-builder into target/ansible"
  mkdir -p "$(dirname "$ansible")"
  rm -rf "$ansible"
  python3 -m venv "$ansible" || fail "\`python3 -m venv\` failed"
  "$ansible/bin/pip" install --quiet --disable-pip-version-check 'ansible-core==2.18.*' 'PyYAML==6.0.3' 'hive-builder==3.9.*' ||
    fail "\`pip install\` failed"
}

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
  fail "this is not a Debian-like system: install by hand what these packages hold:" $packages

missing=
for package in $packages; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :)
  if [ "$state" != installed ]; then missing="$missing $package"; fi
done
if [ -z "$missing" ]; then
  install_ansible
  exit 0
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "run it as root, or install sudo; missing:$missing"
  as_root="sudo"
fi

echo "tests/setup.sh: installing$missing"
# Services that packages bring are not wanted on the tester's machine: the tests start their own.
policy=/usr/sbin/policy-rc.d
placed=
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
  $as_root chmod 755 "$policy"
  placed=yes
fi
trap 'if [ -n "$placed" ]; then $as_root rm -f "$policy"; fi' EXIT
trap 'exit 1' INT TERM
$as_root apt-get update -qq || fail "\`apt-get update\` failed"
# shellcheck disable=SC2086 # The list is words.
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null ||
  fail "\`apt-get install\` failed"
install_ansible
