# What every batch begins with: functions that put each probe into a frame. Comment lines are left out when it is sent.
# POSIX sh; run by dash, bash, busybox sh, mksh and ksh93. All names begin with `hp`, none is exported.
#
# Two nested pipelines give every probe a capped pipe for each stream. No shell can ask a pipeline for its writer, so the
# main shell learns from signals: ALRM is the tick of one clock for the whole batch, USR1 says that the probe itself ended.
set +efux
unset hpn LANGUAGE BASH_ENV ENV CDPATH
hpn=@NONCE@ LC_ALL=C
PATH=${PATH:-/bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 077
hpv= hpg= hpr='head -c '
command -v setsid >/dev/null 2>&1 && hpg=setsid
head -c 1 </dev/null >/dev/null 2>&1 || hpr='dd bs=1 count='
trap 'hpc=$((hpc+1))' ALRM
trap 'hpe=1 hpd=$((hpc+1))' USR1
# Puts a marker on both streams.
hpm() {
printf '%s %s\n' "$hpn" "$*"
printf '%s %s\n' "$hpn" "$*" >&2
}
# hpt = seconds since boot, to a hundredth; costs no process.
hpu() {
hpt=-
{ read -r hpt hpx </proc/uptime; } 2>/dev/null
}
# The parent of every process, as `PID:PARENT`.
hpl() {
if [ -r /proc/1/stat ]; then
for hpf in /proc/[0-9]*/stat; do
read -r hpx <"$hpf" || continue
hpf=${hpx%% *}
hpx=${hpx##*") "}
hpx=${hpx#* }
echo "$hpf:${hpx%% *}"
done
else
ps -A -o pid= -o ppid= | while read -r hpf hpx; do
echo "$hpf:$hpx"
done
fi 2>/dev/null
}
# hpa = $1 and all its descendants.
hpk() {
hpa=" $1 " hpx=1 hpy=$(hpl)
while [ "$hpx" ]; do
hpx=
for hpf in $hpy; do
case $hpa in
*" ${hpf%:*} "*) ;;
*" ${hpf#*:} "*) hpa="$hpa${hpf%:*} " hpx=1 ;;
esac
done
done
}
# Waits for job $1; fails once more ticks have passed than hpd.
hpw() {
while wait "$1"; kill -0 "$1"; do
[ "$hpc" -le "$hpd" ] || return 1
done 2>/dev/null
}
# Waits for job $1 for $2 seconds, then ends all of it; fails where its work was not done by then.
# Where the work is done but a stray child holds the pipes, filling them up lets the readers end in good order.
hpj() {
hpe= hpc=0 hpd=$2
hpw "$1" && return
hpk "$1"
if [ "$hpe" ]; then
for hpf in $hpa; do
(printf "%${hpb}s" '' >"/proc/$hpf/fd/0")
done 2>/dev/null
hpd=$((hpc+1))
hpw "$1" && return
fi
for hpf in $hpa; do
kill -9 -"$hpf"
kill -9 "$hpf"
done 2>/dev/null
{ wait "$1"; } 2>/dev/null
[ "$hpe" ]
}
# A probe: index, seconds, bytes of each stream, directory or nothing, then what follows `sh -c`. Where hpv is not empty, that
# is put into a pipe instead of the words of any process, and forgotten.
# The bare `wait` is for ksh93, which waits for no more than the last process of a pipeline.
hpp() {
hpi=$1 hpz=$2 hpb=$3 hpy=$4
shift 4
{ { {
hpm B "$hpi"
hpu
hps=$hpt
if [ -z "$hpy" ] || cd -- "$hpy"; then
if [ "$hpv" ]; then
printf %s "$hpv" 3>&- 4>&- 5>&- | $hpg /bin/sh -c "$@" 3>&- 4>&- 5>&- &
else
$hpg /bin/sh -c "$@" </dev/null 3>&- 4>&- 5>&- &
fi
hpx=$!
{ wait "$hpx"; } 2>/dev/null
hpy=$?
[ "$hpg" ] && kill -9 -"$hpx" 2>/dev/null
else
hpy=cd
fi
hpu
hpm E "$hpi" "$hpy" "$hps" "$hpt"
kill -USR1 $$
} 2>&3 3>&- 4>&- 5>&- | $hpr$hpb >&4 2>/dev/null 3>&- 4>&- 5>&-; wait; } 3>&1 | $hpr$hpb >&5 2>/dev/null 4>&- 5>&-
wait
} 4>&1 5>&2 </dev/null &
hpv=
hpj $! "$hpz" || (hpm T "$hpi")
}
# Starts the clock; its `sleep` ends with it.
hpstart() {
(
trap 'kill $!; exit' TERM
while :; do
sleep 1 &
wait $! || exit
kill -ALRM $$ || exit
done
) </dev/null >/dev/null 2>&1 &
hpq=$!
hpo=$(id -u)
hpu
hpm H "$hpo" "$hpt" "$(uname -sr)"
}
hpend() {
kill "$hpq"
{ wait "$hpq"; } 2>/dev/null
}
hpstop() {
hpend
hpu
hpm Z "$hpt"
}
# The password, where there is one, never as an argument of a program: mksh has no `printf` of its own.
hpgive() {
[ -z "$hpP" ] && return
case $(command -v printf) in
/*) print -r -- "$hpP" ;;
*) printf '%s\n' "$hpP" ;;
esac 2>/dev/null
}
# The probes of text $1 as user $3, within $2 seconds: `sh` reads prelude and probes from a pipe, so that neither a command
# line nor sudo's log holds them, and no here-document needs a temporary file. $4 is a password or nothing; the rest are the
# program and its words in front of `-c`. Where $5 is set the program reads from that pipe, too: it is tried first, for it
# would take a script for further passwords, and what it left unread ends at the line `#hp`.
hpsudo() {
if [ "$hpo" = 0 ] && [ "$3" = root ]; then
eval "$1"
return
fi
{
hpm S
hpW=$1 hpP=$4 hpx=$5
shift 5
if ! command -v "$1" >/dev/null; then
echo "$1: not found" >&2
(exit 127)
elif [ -z "$hpx" ]; then
printf '%s\n' "$hpS" hpstart "$hpW" hpend 2>/dev/null | "$@" -c 'PATH=$PATH:/usr/bin:/bin; eval "$(cat)"'
elif hpgive | "$@" -c :; then
{ hpgive; printf '%s\n' '#hp' "$hpS" hpstart "$hpW" hpend 2>/dev/null; } |
"$@" -c 'PATH=$PATH:/usr/bin:/bin; while read -r hpx && [ "$hpx" != "#hp" ]; do :; done; hpx=; eval "$(cat)"'
fi
hpm R $?
kill -USR1 $$
} </dev/null &
hpj $! "$2" || (hpm R T)
}
