# Whether the firewall that this host shows is its own and can be read: rights, namespaces and signs of a container.
# Runs as root. Prints one JSON object; no single sign decides, and none is judged here.
set -u

json() { printf '%s' "$1" | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g'; }
has() { command -v "$1" >/dev/null 2>&1; }

effective=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status 2>/dev/null)
# Bits 12 (NET_ADMIN) and 16 (SYS_MODULE) are the lowest bits of the fourth and the fifth digit from the right.
bit() {
  digit=$(printf '%s' "$effective" | sed "s/.*\(.\).\{$1\}\$/\1/")
  case $digit in [13579bdfBDF]) printf yes ;; '') printf unknown ;; *) printf no ;; esac
}
net_admin=$(bit 3) sys_module=$(bit 4)

uid_map=unknown
if [ -r /proc/self/uid_map ]; then
  uid_map=own
  set -- $(cat /proc/self/uid_map)
  [ $# -eq 3 ] && [ "$1 $2 $3" = '0 0 4294967295' ] && uid_map=initial
fi

markers=
mark() { markers="$markers${markers:+, }\"$1\""; }
[ -e /.dockerenv ] && mark /.dockerenv
[ -e /run/.containerenv ] && mark /run/.containerenv
virt=unknown
if has systemd-detect-virt; then virt=$(systemd-detect-virt -c 2>/dev/null); [ -n "$virt" ] || virt=unknown; fi
container_env=$({ tr '\000' '\n' </proc/1/environ | sed -n 's/^container=//p'; } 2>/dev/null)
[ -z "$container_env" ] || mark "container=$(json "$container_env")"
cgroup=no
grep -qE '[:/](docker|lxc|libpod|kubepods|containerd|crio|machine\.slice|system\.slice/docker-)' /proc/1/cgroup 2>/dev/null && cgroup=yes
[ -r /proc/1/cgroup ] || cgroup=unknown
root_type=$(sed -n 's/^[^ ]* \/ \([^ ]*\) .*/\1/p' /proc/self/mounts 2>/dev/null | sed -n '$p')
first=$(cat /proc/1/comm 2>/dev/null)

# Listing the nat table of a legacy iptables loads its kernel module where it is not loaded; then the list of tables tells enough.
iptables=absent iptables_message= backend=none
names=unreadable
[ -e /proc/net/ip_tables_names ] || names=absent
tables=$(cat /proc/net/ip_tables_names 2>/dev/null) && names=$(printf '%s' "$tables" | tr '\n' ' ')
if has iptables; then
  case $(iptables -V 2>&1) in *nf_tables*) backend=nft ;; *) backend=legacy ;; esac
  case $backend:$names in
    legacy:*nat*|legacy:unreadable|nft:*)
      output=$(iptables -t nat -S 2>&1)
      if [ $? -eq 0 ]; then iptables=works; else iptables=refused iptables_message=$(printf '%s\n' "$output" | grep -v '^# Warning' | sed -n 1p); fi ;;
    legacy:*filter*)
      output=$(iptables -t filter -S 2>&1)
      if [ $? -eq 0 ]; then iptables=works; else iptables=refused iptables_message=$(printf '%s\n' "$output" | sed -n 1p); fi ;;
    *) iptables=empty ;;
  esac
fi
nft=absent nft_message=
if has nft; then
  output=$(nft list tables 2>&1)
  if [ $? -eq 0 ]; then nft=works; else nft=refused nft_message=$(printf '%s\n' "$output" | sed -n 1p); fi
fi

printf '{"uid": %s, "net_admin": "%s", "sys_module": "%s", "uid_map": "%s", "markers": [%s], "virt": "%s", "cgroup": "%s", "root_type": "%s", "first": "%s", "iptables": "%s", "backend": "%s", "iptables_message": "%s", "nft": "%s", "nft_message": "%s", "legacy_tables": "%s"}\n' \
  "$(id -u)" "$net_admin" "$sys_module" "$uid_map" "$markers" "$(json "$virt")" "$cgroup" "$(json "$root_type")" "$(json "$first")" \
  "$iptables" "$backend" "$(json "$iptables_message")" "$nft" "$(json "$nft_message")" "$(json "$names")"
