# What stands between the login user and /var/run/docker.sock: the socket itself, the user's groups, sshd's effective
# options for this very connection, and restrictions in the user's authorized_keys (counted, never printed).
# Argument: the socket. Prints one JSON object; says what is there, judges nothing.
set -u
sock=$1

json() { printf '%s' "$1" | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g'; }
has() { command -v "$1" >/dev/null 2>&1; }

# Options that sshd applies to this user from this client: `Match` blocks make them differ from the file's first lines.
client=${SSH_CONNECTION-}
client=${client%% *}
[ -n "$client" ] || client=127.0.0.1
root=
[ "$(id -u)" = 0 ] || root='sudo -n'
sshd=$(command -v sshd || printf /usr/sbin/sshd)

# The listener that this connection came through may have been started with a file of its own.
config=
at=$PPID
for _ in 1 2 3 4 5 6 7 8; do
  [ -r "/proc/$at/status" ] || break
  found=$({ tr '\000' '\n' <"/proc/$at/cmdline"; } 2>/dev/null | tr ' ' '\n' | sed -n '/sshd/,$p' | sed -n '/^-f$/{n;p;}; s/^-f\(..*\)/\1/p' | sed -n 1p)
  case $found in /*) config=$found; break ;; esac
  at=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$at/status")
  [ "${at:-0}" -gt 1 ] || break
done
options=$($root "$sshd" ${config:+-f "$config"} -T -C "user=$(id -un),host=$client,addr=$client" 2>&1)
sshd_rc=$?
option() { printf '%s\n' "$options" | sed -n "s/^$1 //p" | sed -n 1p; }
sshd_error=
[ $sshd_rc = 0 ] || sshd_error=$(printf '%s\n' "$options" | sed -n 1p)

kind=absent
[ -e "$sock" ] && kind=other
[ -d "$sock" ] && kind=directory
[ -f "$sock" ] && kind=file
[ -S "$sock" ] && kind=socket
# A parent that may not be searched hides the file: that is not absence.
if [ $kind = absent ] && [ ! -x "$(dirname -- "$sock")" ] && [ -d "$(dirname -- "$sock")" ]; then kind=hidden; fi

real=$sock
[ "$kind" = socket ] && real=$(cd -P -- "$(dirname -- "$sock")" && pwd -P)/$(basename -- "$sock")
# Flags 00010000 = it listens. /run and /var/run are the same directory under two names.
listening=$(cat /proc/net/unix 2>/dev/null | {
  answer=no
  while read -r _number _count _protocol flags _type _state _inode path; do
    case $path in
      "$sock"|"$real"|"/run/${sock#/var/run/}") [ "$flags" = 00010000 ] && answer=yes ;;
    esac
  done
  printf '%s' "$answer"
})
[ -r /proc/net/unix ] || listening=unknown

line=$(ls -ldL -- "$sock" 2>/dev/null)
set -f
# shellcheck disable=SC2086
set -- $line
mode=${1-} owner=${3-} group=${4-}

usable=no
[ -r "$sock" ] && [ -w "$sock" ] && usable=yes
installed=no
{ has dockerd || has docker; } && installed=yes

files=$(option authorizedkeysfile)
[ -n "$files" ] || files='.ssh/authorized_keys .ssh/authorized_keys2'
counts=$(for file in $files; do
  file=$(printf '%s' "$file" | sed "s|%h|${HOME-}|g; s|%u|$(id -un)|g")
  case $file in /*) ;; *) file=${HOME-}/$file ;; esac
  cat -- "$file" 2>/dev/null
  printf '\n'
done | {
  keys=0 restricted=0 opens=0
  while read -r line; do
    case $line in ''|'#'*) continue ;; esac
    keys=$((keys + 1))
    before=${line%%ssh-*}; before=${before%%ecdsa-*}; before=${before%%sk-*}
    # `restrict` forbids forwarding unless `port-forwarding` stands in the same line.
    case ",$before" in
      *,[Nn]o-[Pp]ort-[Ff]orwarding[,\ ]*) restricted=$((restricted + 1)) ;;
      *,[Rr]estrict[,\ ]*) case ",$before" in *,[Pp]ort-[Ff]orwarding[,\ ]*) ;; *) restricted=$((restricted + 1)) ;; esac ;;
      *,[Pp]ermitopen=*) opens=$((opens + 1)) ;;
    esac
  done
  printf '"keys": %s, "restricted": %s, "permitopen_keys": %s' "$keys" "$restricted" "$opens"
})

printf '{"user": "%s", "groups": "%s", "kind": "%s", "mode": "%s", "owner": "%s", "group": "%s", "usable": "%s", "listening": "%s", "installed": "%s", ' \
  "$(json "$(id -un)")" "$(json "$(id -nG)")" "$kind" "$mode" "$(json "$owner")" "$(json "$group")" "$usable" "$listening" "$installed"
printf '"sshd_error": "%s", "allow_streamlocal": "%s", "disable_forwarding": "%s", "allow_tcp": "%s", "permit_open": "%s", ' \
  "$(json "$sshd_error")" "$(option allowstreamlocalforwarding)" "$(option disableforwarding)" "$(option allowtcpforwarding)" "$(json "$(option permitopen)")"
printf '"config": "%s", %s}\n' "$(json "$config")" "$counts"
