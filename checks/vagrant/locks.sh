# Who holds vagrant's locks, and hive's own lock file for a stage. Argument: the stage's context directory.
# Reads /proc/locks instead of trying to lock: a lock taken even for a moment could make a starting vagrant give up.
# Prints one JSON object; judges nothing.
set -u
context=$1
data=${VAGRANT_HOME:-${HOME-}/.vagrant.d}/data

json() { printf '%s' "$1" | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g'; }
words_of() { { tr '\000' ' ' <"/proc/$1/cmdline" | cut -c1-200; } 2>/dev/null; }
age_of() {
  # Seconds since the process began: field 22 of stat counts clock ticks since boot; the name before it may hold blanks.
  ticks=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20)
  [ -n "$ticks" ] || return 0
  up=$(cut -d. -f1 /proc/uptime)
  printf '%s' $((up - ticks / $(getconf CLK_TCK 2>/dev/null || printf 100)))
}

method=proc
[ -r /proc/locks ] || method=flock
[ $method = proc ] || command -v flock >/dev/null 2>&1 || method=none

held= separator= files=0
for file in "$data"/lock.*.lock; do
  [ -f "$file" ] || continue
  files=$((files + 1))
  pid=
  if [ $method = proc ]; then
    inode=$(ls -i -- "$file" | { read -r number _rest; printf '%s' "$number"; })
    pid=$(sed -n "s/^[0-9]*: *\(FLOCK\|OFDLCK\|POSIX\) .* WRITE *\(-*[0-9]*\) [0-9a-f]*:[0-9a-f]*:$inode .*/\2/p" /proc/locks | sed -n 1p)
    [ -n "$pid" ] || continue
  elif [ $method = flock ]; then
    flock -s -n "$file" true && continue
    pid=0
  else
    continue
  fi
  where=$(readlink "/proc/$pid/cwd" 2>/dev/null)
  held="$held$separator{\"file\": \"$(json "$file")\", \"pid\": $pid, \"command\": \"$(json "$(words_of "$pid")")\", \"dir\": \"$(json "$where")\"}"
  separator=', '
done

lock=$context/.vagrant-lock.lock
lock_age=-1
if [ -e "$lock" ]; then
  modified=$(stat -c %Y -- "$lock" 2>/dev/null || stat -f %m -- "$lock" 2>/dev/null)
  [ -n "$modified" ] && lock_age=$(($(date +%s) - modified))
fi
hives= separator=
for path in $(grep -l -a -e hive /proc/[0-9]*/cmdline 2>/dev/null); do
  pid=${path#/proc/}; pid=${pid%/cmdline}
  [ "$pid" = $$ ] && continue
  words=$(words_of "$pid")
  case $words in
    *hive-preflight*) continue ;;
    *hive_vagrant*|*/hive\ *|hive\ *|*/hive.py\ *|*/hive_builder/*) ;;
    *) continue ;;
  esac
  age=$(age_of "$pid")
  [ -n "$age" ] || continue
  hives="$hives$separator{\"pid\": $pid, \"age\": $age, \"command\": \"$(json "$words")\"}"
  separator=', '
done
context_real=$(cd -P -- "$context" 2>/dev/null && pwd -P)
printf '{"method": "%s", "context": "%s", "files": %s, "held": [%s], "lock_file": "%s", "lock_age": %s, "hives": [%s]}\n' \
  "$method" "$(json "${context_real:-$context}")" "$files" "$held" "$(json "$lock")" "$lock_age" "$hives"
