# Writes one file of 4 KiB into Ansible's temporary directory and removes it again, with every directory made for it.
# Arguments: the directory as Ansible has it (`~` allowed). Prints one JSON object; says what happened, judges nothing.
umask 077
set -u

wanted=$1
case $wanted in
  '~'|'~/'*) case ${HOME-} in /*) dir=$HOME${wanted#'~'} ;; *) dir= ;; esac ;;
  *) dir=$wanted ;;
esac

made=
file=
clean() {
  [ -z "$file" ] || rm -f -- "$file"
  # The deepest directory stands first; one that somebody began to use meanwhile is not empty and stays.
  for path in $made; do rmdir -- "$(printf '%b' "$path")" 2>/dev/null; done
  made=
  file=
}
trap clean EXIT
trap 'clean; exit 129' HUP
trap 'clean; exit 130' INT
trap 'clean; exit 143' TERM

json() { printf '%s' "$1" | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g'; }
# A path as one word without blanks, so that a list of them needs no array.
word() { printf '%s' "$1" | sed 's/\\/\\\\/g; s/ /\\040/g; s/	/\\011/g; s/[*]/\\052/g; s/?/\\077/g; s/\[/\\133/g'; }

reason_of() {
  case $1 in
    *'No space left'*) printf no_space ;;
    *'quota exceeded'*) printf quota ;;
    *'Read-only file system'*) printf read_only ;;
    *'Not a directory'*|*'File exists'*) printf not_a_directory ;;
    *'Permission denied'*|*'Operation not permitted'*) printf permission ;;
    *) printf other ;;
  esac
}

# The nearest existing path at or above the directory: that is what stands in the way.
nearest() {
  at=$dir
  while [ ! -e "$at" ] && [ ! -L "$at" ] && [ "$at" != / ] && [ "$at" != . ]; do at=$(dirname -- "$at"); done
  printf '%s' "$at"
}

options_of() {
  real=$(cd -- "$1" 2>/dev/null && pwd -P) || return 0
  # Through a pipe: bash seeks back in a file while it reads lines, which this one does not always allow.
  cat /proc/self/mounts 2>/dev/null | {
    best=
    while read -r _device point _type options _rest; do
      case $point in *\\*) point=$(printf '%b' "$point") ;; esac
      prefix=${point%/}
      case $real/ in
        "$prefix/"*) [ "${#point}" -ge "${#best}" ] && { best=$point; found=$options; } ;;
      esac
    done
    printf '%s' "${found-}"
  }
}

free_of() { df "$1" -- "$2" 2>/dev/null | sed -n '$p' | { read -r _device _blocks _used free _rest; printf '%s' "${free-}"; }; }

answer() {
  at=$(nearest)
  set -- "$1" "$2" "$3" "$at" "$(ls -ld -- "$at" 2>/dev/null | { read -r mode _links owner _rest; printf '%s %s' "${mode-}" "${owner-}"; })"
  printf '{"step": "%s", "reason": "%s", "message": "%s", "dir": "%s", "at": "%s", "mode": "%s", "owner": "%s", "user": "%s", "options": "%s", "free_kib": "%s", "free_inodes": "%s"}\n' \
    "$1" "$2" "$(json "$3")" "$(json "$dir")" "$(json "$4")" "${5%% *}" "$(json "${5#* }")" "$(json "$(id -un)")" \
    "$(json "$(options_of "$4")")" "$(free_of -Pk "$4")" "$(free_of -Pi "$4")"
  exit 0
}

case $dir in
  /*) ;;
  *) dir=$wanted; answer home other "it is no absolute path, and HOME is not set" ;;
esac

# Directories are made one by one, so that exactly those are taken away again.
missing=
at=$dir
while [ ! -d "$at" ] && [ "$at" != / ]; do
  missing="$(word "$at") $missing"
  at=$(dirname -- "$at")
done
for path in $missing; do
  path=$(printf '%b' "$path")
  said=$(mkdir -- "$path" 2>&1) || { reason=$(reason_of "$said"); answer mkdir "$reason" "$said"; }
  made="$(word "$path") $made"
done

file=$dir/hive-preflight.$$
# An empty file needs an inode, its content needs blocks: two steps tell the two shortages apart.
# The subshell stands first because a failing redirection of a special builtin would end dash.
said=$( { ( set -C; : >"$file" ) ; } 2>&1 ) || {
  reason=$(reason_of "$said")
  [ "$reason" = no_space ] && reason=no_inodes
  file=
  answer create "$reason" "$said"
}
block=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde
content=$(i=0; while [ $i -lt 64 ]; do printf '%s\n' "$block"; i=$((i + 1)); done)
# `cat` writes it, because not every shell's own printf says why it failed.
said=$( { printf '%s\n' "$content" | cat >"$file"; } 2>&1 ) || { reason=$(reason_of "$said"); answer write "$reason" "$said"; }
size=$(wc -c <"$file")
[ "$size" -eq 4096 ] || answer write no_space "only $size of 4096 bytes arrived"
said=$(rm -f -- "$file" 2>&1) || { reason=$(reason_of "$said"); answer remove "$reason" "$said"; }
file=
answer done none ''
