# UDP flows to DNATed ports of this host whose replies do not come from the DNAT target. Runs as root.
# Rules: nat tables of iptables and ip6tables (both backends) and nft. Flows: conntrack, else /proc/net/nf_conntrack.
# Prints one JSON object: what could be read, the DNATed ports, and the flows that pass them by; judges nothing.
set -u
set -f

json() { printf '%s' "$1" | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g'; }
has() { command -v "$1" >/dev/null 2>&1; }
newline='
'
rules= rules_error= rules_from= unread=0 output_jump=no
fail_rules() { [ -n "$rules_error" ] || rules_error=$1; }

# One rule a line: family low high destination interface source target; `-` = any, interface `!name` = all but it.
add_rule() { rules="$rules$1 $2 $3 $4 $5 $6 $7$newline"; }

strip_port() {
  case $1 in
    \[*) target=${1#\[}; printf '%s' "${target%%\]*}" ;;
    *:*:*) printf '%s' "$1" ;;
    *) printf '%s' "${1%%:*}" ;;
  esac
}

# A rule of `iptables -S` with -j DNAT, as words.
read_rule() {
  family=$1; shift
  protocol= ports= destination=- interface=- source=- target= negated=
  while [ $# -gt 0 ]; do
    case $1 in
      '!') negated=1; shift; continue ;;
      -p) [ -n "$negated" ] && return; protocol=$2; shift ;;
      --dport|--dports) [ -n "$negated" ] && { unread=$((unread + 1)); return; }; ports=$2; shift ;;
      -d) if [ -n "$negated" ]; then unread=$((unread + 1)); return; fi; destination=$2; shift ;;
      -s) if [ -n "$negated" ]; then unread=$((unread + 1)); return; fi; source=$2; shift ;;
      -i) interface=${negated:+!}$2; shift ;;
      --to-destination) target=$(strip_port "$2"); shift ;;
    esac
    negated=
    shift
  done
  [ "$protocol" = udp ] || return 0
  { [ -n "$ports" ] && [ -n "$target" ]; } || { unread=$((unread + 1)); return 0; }
  old=$IFS; IFS=,
  for port in $ports; do add_rule "$family" "${port%%[:-]*}" "${port##*[:-]}" "$destination" "$interface" "$source" "$target"; done
  IFS=$old
}

read_tables() {
  family=$1 tool=$2
  text=$("$tool" -t nat -S 2>&1) || { fail_rules "$tool: $(printf '%s\n' "$text" | sed -n 1p)"; return; }
  rules_from="$rules_from $tool"
  case $text in *"-A OUTPUT "*) output_jump=yes ;; esac
  while [ -n "$text" ]; do
    line=${text%%"$newline"*}
    case $text in *"$newline"*) text=${text#*"$newline"} ;; *) text= ;; esac
    # shellcheck disable=SC2086
    case $line in *' -j DNAT '*) read_rule "$family" $line ;; esac
  done
}

# Listing a legacy table that nobody uses would load its kernel module: it is asked only where the kernel already has it.
read_family() {
  family=$1 tool=$2 names=$3
  legacy=no
  { cat "$names" 2>/dev/null | grep -qx nat; } && legacy=yes
  if has "$tool"; then
    case $("$tool" -V 2>&1) in
      *nf_tables*)
        read_tables "$family" "$tool"
        [ $legacy = yes ] && has "$tool-legacy" && read_tables "$family" "$tool-legacy" ;;
      *) if [ $legacy = yes ]; then read_tables "$family" "$tool"; else rules_from="$rules_from $tool"; fi ;;
    esac
  fi
}

read_nft() {
  has nft || return 0
  text=$(nft -n list ruleset 2>&1) || { fail_rules "nft: $(printf '%s\n' "$text" | sed -n 1p)"; return; }
  rules_from="$rules_from nft"
  text=$(printf '%s\n' "$text" | grep -E '^table |hook output|dnat|xt target "DNAT"')
  family=ipv4 any=no
  while [ -n "$text" ]; do
    line=${text%%"$newline"*}
    case $text in *"$newline"*) text=${text#*"$newline"} ;; *) text= ;; esac
    case $line in
      'table ip6 '*) family=ipv6 any=no ;;
      'table inet '*) family=ipv4 any=yes ;;
      'table '*) family=ipv4 any=no ;;
      *'type nat hook output'*) output_jump=yes ;;
      *'tcp dport'*|*'sctp dport'*) ;;
      *'xt target "DNAT"'*)
        # A rule of iptables in words that only iptables reads.
        case $family:$rules_from in
          ipv4:*' iptables'*|ipv6:*ip6tables*) ;;
          *) unread=$((unread + 1)) ;;
        esac ;;
      *'dnat '*'dport'*'map'*) unread=$((unread + 1)) ;;
      *dport*'dnat '*)
        # shellcheck disable=SC2086
        read_nft_rule $line ;;
    esac
  done
}

read_nft_rule() {
  ports= destination=- interface=- source=- target= now=$family
  while [ $# -gt 0 ]; do
    case $1 in
      dport)
        if [ "${2-}" = '{' ]; then
          shift 2
          while [ $# -gt 0 ] && [ "$1" != '}' ]; do ports="$ports ${1%,}"; shift; done
        else ports=${2-}; shift; fi ;;
      daddr) destination=${2-}; case $destination in '!='|'{'|@*) unread=$((unread + 1)); return ;; esac; shift ;;
      saddr) source=${2-}; case $source in '!='|'{'|@*) unread=$((unread + 1)); return ;; esac; shift ;;
      iifname|iif) if [ "${2-}" = '!=' ]; then interface=!${3-}; shift 2; else interface=${2-}; shift; fi; interface=$(printf '%s' "$interface" | tr -d '"') ;;
      l4proto) case ${2-} in tcp|6|sctp) return ;; esac; shift ;;
      dnat)
        while [ $# -gt 0 ] && [ "$1" != to ]; do case $1 in ip6) now=ipv6 ;; ip) now=ipv4 ;; esac; shift; done
        target=$(strip_port "${2-}") ;;
    esac
    [ $# -gt 0 ] && shift
  done
  case $target in *[!0-9a-fA-F.:-]*|'') unread=$((unread + 1)); return ;; esac
  [ "$any" = yes ] && case $target in *:*) now=ipv6 ;; esac
  for port in $ports; do
    case $port in *[!0-9-]*|'') unread=$((unread + 1)); continue ;; esac
    add_rule "$now" "${port%%-*}" "${port##*-}" "$destination" "$interface" "$source" "$target"
  done
}

# An IPv6 address in full, as /proc/net/nf_conntrack writes it; others as they are.
full() {
  case $1 in *:*) ;; *) printf '%s' "$1"; return ;; esac
  head=${1%%::*} tail=
  case $1 in *::*) tail=${1#*::} ;; esac
  old=$IFS; IFS=:
  # shellcheck disable=SC2086
  set -- $head; before=$#
  # shellcheck disable=SC2086
  set -- $tail; after=$#
  # shellcheck disable=SC2086
  set -- $head; IFS=$old
  result=
  for group in "$@"; do result="$result:$(printf '%04x' "0x$group")"; done
  missing=$((8 - before - after))
  while [ $missing -gt 0 ]; do result="$result:0000"; missing=$((missing - 1)); done
  IFS=:
  # shellcheck disable=SC2086
  set -- $tail; IFS=$old
  for group in "$@"; do result="$result:$(printf '%04x' "0x$group")"; done
  printf '%s' "${result#:}"
}
number() { old=$IFS; IFS=.; set -- $1; IFS=$old; printf '%s' $(( ($1 << 24) + ($2 << 16) + ($3 << 8) + $4 )); }
# Whether an address lies in a prefix: exact for IPv4; of IPv6 only whole addresses are told.
within() {
  case $2 in
    */32|*/128) [ "$1" = "$(full "${2%/*}")" ] ;;
    *:*) [ "$1" = "$(full "$2")" ] ;;
    */*)
      case $1 in *:*) return 1 ;; esac
      length=${2#*/}; [ "$length" = 0 ] && return 0
      [ $(( $(number "$1") >> (32 - length) )) = $(( $(number "${2%/*}") >> (32 - length) )) ] ;;
    *) [ "$1" = "$2" ] ;;
  esac
}
is_local() { case "$newline$locals$newline" in *"$newline$1$newline"*) return 0 ;; esac; return 1; }
device_to() { ip route get "$1" 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p' | sed -n 1p; }

# Targets of the rules that apply to a flow: family port destination client.
targets_of() {
  list=$rules
  while [ -n "$list" ]; do
    line=${list%%"$newline"*}; list=${list#*"$newline"}
    set -- "$1" "$2" "$3" "$4" $line
    # $5 family $6 low $7 high $8 destination $9 interface ${10} source ${11} target
    if [ "$5" = "$1" ] && [ "$2" -ge "$6" ] && [ "$2" -le "$7" ]; then
      applies=yes
      # Docker's rules match local destinations only; packets that merely pass through are left alone.
      if [ "$8" = - ]; then is_local "$3" || applies=no; else within "$3" "$8" || applies=no; fi
      if [ $applies = yes ] && [ "$9" != - ] && ! is_local "$4"; then
        device=$(device_to "$4")
        case $9 in
          !*) [ "$device" = "${9#!}" ] && applies=no ;;
          *) [ "$device" = "$9" ] || applies=no ;;
        esac
      fi
      # What this host itself sends goes through OUTPUT, not PREROUTING.
      is_local "$4" && [ $output_jump = no ] && applies=no
      [ "${10}" = - ] || within "$4" "${10}" || applies=no
      [ $applies = yes ] && printf '%s ' "${11}"
    fi
    set -- "$1" "$2" "$3" "$4"
  done
}

# Reads flow lines; prints `family port client reply count targets...` for those that pass the targets by.
sift() {
  family=$1
  sed -n 's/^[^=]* src=\([^ ]*\) dst=\([^ ]*\) sport=[0-9]* dport=\([0-9]*\) .*src=\([^ ]*\) dst=[^ ]* sport=.*/\1 \2 \3 \4/p' \
    | sort | uniq -c | while read -r count client destination port reply; do
      case $family:$client in ipv4:*:*) continue ;; ipv6:*:*) ;; ipv6:*) continue ;; esac
      case $destination in 127.*|::1|0000:*:0001) continue ;; esac
      shown=$client client=$(full "$client") destination=$(full "$destination") reply_full=$(full "$reply")
      targets=$(targets_of "$family" "$port" "$destination" "$client")
      [ -n "$targets" ] || continue
      case $targets in *-*) [ "$reply_full" != "$destination" ] && continue ;; esac
      same=no
      for target in $targets; do [ "$(full "$target")" = "$reply_full" ] && same=yes; done
      [ $same = no ] && printf '%s %s %s %s %s %s\n' "$family" "$port" "$shown" "$reply" "$count" "$targets"
    done
}

read_family ipv4 iptables /proc/net/ip_tables_names
read_family ipv6 ip6tables /proc/net/ip6_tables_names
read_nft
[ -n "$rules_from" ] || fail_rules 'neither iptables nor nft is there'

rules=$(printf '%s' "$rules" | sort -u)
[ -n "$rules" ] && rules=$rules$newline

# Ports for the first, quick sieve; a wide range lets every port through.
pattern=
list=$rules
while [ -n "$list" ]; do
  line=${list%%"$newline"*}; list=${list#*"$newline"}
  set -- $line
  if [ "$2" = "$3" ]; then pattern="$pattern${pattern:+|}$2"; else pattern='[0-9]+'; break; fi
done

tool= flows_error= stale= seen=0 tracking=yes
[ -e /proc/sys/net/netfilter/nf_conntrack_count ] || [ -e /proc/net/nf_conntrack ] || tracking=no
locals=$(ip -o addr show 2>/dev/null | sed -n 's/.* inet6\{0,1\} \([^ /]*\).*/\1/p' | while read -r address; do full "$address"; printf '\n'; done)
if [ -n "$rules" ] && [ $tracking = yes ]; then
  [ -n "$locals" ] || flows_error="the addresses of this host cannot be listed (\`ip addr\`)"
  for family in ipv4 ipv6; do
    if has conntrack; then
      tool=conntrack
      flows=$(conntrack -L -f $family -p udp 2>&1) || { flows_error=$(printf '%s\n' "$flows" | grep -v '^udp' | sed -n 1p); continue; }
    elif [ -r /proc/net/nf_conntrack ]; then
      tool=proc
      flows=$(grep -E "^$family +[0-9]+ udp " /proc/net/nf_conntrack)
    else
      tool=none flows_error='neither the conntrack command nor /proc/net/nf_conntrack is there'
      break
    fi
    flows=$(printf '%s\n' "$flows" | grep -E "^[^=]* src=[^ ]+ dst=[^ ]+ sport=[0-9]+ dport=($pattern) ")
    [ -n "$flows" ] || continue
    seen=$((seen + $(printf '%s\n' "$flows" | grep -c '')))
    stale=$stale$(printf '%s\n' "$flows" | sift $family)$newline
  done
fi

proxied=
set +f
for file in /proc/[0-9]*/comm; do
  name=
  { read -r name <"$file"; } 2>/dev/null
  [ "$name" = docker-proxy ] || continue
  words=$(tr '\000' ' ' <"${file%comm}cmdline" 2>/dev/null)
  case $words in *'-proto udp'*) port=${words#*-host-port }; proxied="$proxied${proxied:+, }${port%% *}" ;; esac
done
set -f

dnat=
ports=$(printf '%s' "$rules" | while read -r family low high _destination _interface _source target; do
  [ -n "$family" ] && printf '%s %s %s\n' "$family" "$low${high:+$([ "$low" = "$high" ] || printf -- '-%s' "$high")}" "$target"
done | sort -u)
while [ -n "$ports" ]; do
  line=${ports%%"$newline"*}
  case $ports in *"$newline"*) ports=${ports#*"$newline"} ;; *) ports= ;; esac
  set -- $line
  dnat="$dnat${dnat:+, }{\"family\": \"$1\", \"port\": \"$2\", \"target\": \"$3\"}"
done

found= total=0
while [ -n "$stale" ]; do
  line=${stale%%"$newline"*}
  case $stale in *"$newline"*) stale=${stale#*"$newline"} ;; *) stale= ;; esac
  [ -n "$line" ] || continue
  total=$((total + 1))
  [ $total -le 40 ] || continue
  set -- $line
  family=$1 port=$2 client=$3 reply=$4 count=$5; shift 5
  found="$found${found:+, }{\"family\": \"$family\", \"port\": $port, \"client\": \"$client\", \"reply\": \"$reply\", \"flows\": $count, \"targets\": \"$*\"}"
done

printf '{"uid": %s, "tool": "%s", "tracking": "%s", "flows_error": "%s", "rules_from": "%s", "rules_error": "%s", "unread": %s, "seen": %s, "total": %s, "dnat": [%s], "proxied": [%s], "stale": [%s]}\n' \
  "$(id -u)" "$tool" $tracking "$(json "$flows_error")" "${rules_from# }" "$(json "$rules_error")" $unread $seen $total "$dnat" "$proxied" "$found"
