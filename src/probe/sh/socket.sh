# Facts about the unix socket $1, a word and its values a line; the path itself comes last, because it may hold anything.
case $1 in '~' | '~/'*) set -- "$HOME${1#?}" ;; esac
p=$1 e=
# The process $1 and its ancestors.
chain() {
n=0
while [ "$1" -gt 0 ] && [ $n -lt 32 ] && { read -r l <"/proc/$1/stat"; } 2>/dev/null; do
c=${l#*"("}
c=${c%")"*}
set -- "$1" ${l##*") "}
echo "process $1 $3 $c"
set -- "$3"
n=$((n+1))
done
}
if [ -S "$p" ]; then
echo socket
elif [ -L "$p" ]; then
echo other symlink
elif [ -e "$p" ]; then
for k in f:file d:directory p:fifo b:block c:char; do
test "-${k%:*}" "$p" && echo "other ${k#*:}"
done
else
ls -ld -- "$p" >/dev/null
fi
if [ -S "$p" ]; then
if [ -r /proc/net/unix ]; then
echo table
e=$(grep -F -e "${p##*/}" /proc/net/unix | while read -r a b c f t s i q; do
case $q in
/*) { [ "$q" = "$p" ] || [ "$q" -ef "$p" ]; } 2>/dev/null && echo "entry $f $t $i" ;;
*/"${p##*/}" | "${p##*/}") echo "relative $f $t $i" ;;
esac
done)
[ "$e" ] && printf '%s\n' "$e"
fi
c=
if command -v perl >/dev/null; then
c=$(perl -e 'use Socket; use Fcntl; use Errno; $r = "ENOSYS";
for my $t (1, 5, 2) {
socket(S, AF_UNIX, $t, 0) or next;
fcntl(S, F_SETFL, O_NONBLOCK);
if (connect(S, pack_sockaddr_un($ARGV[0]))) {
my ($pid) = unpack("i", getsockopt(S, 1, 17) // "\0\0\0\0");
$r = "open $t $pid";
last;
}
$e = $! + 0;
($r) = grep { $!{$_} } ($! = $e, keys %!);
$r = "$r $t";
last unless $r =~ /^EPROTOTYPE/;
}
print "$r\n"' "$p")
else
for y in python3 /usr/libexec/platform-python python python2; do
command -v $y >/dev/null || continue
c=$($y -c 'import errno, socket, struct, sys
r = "ENOSYS"
for t in (1, 5, 2):
    s = socket.socket(socket.AF_UNIX, t)
    s.setblocking(False)
    try:
        s.connect(sys.argv[1])
        try:
            pid = struct.unpack("i", s.getsockopt(1, 17, 12)[:4])[0]
        except Exception:
            pid = 0
        r = "open %d %d" % (t, pid)
        break
    except (OSError, socket.error) as e:
        r = "%s %d" % (errno.errorcode.get(e.errno, "EUNKNOWN"), t)
        if e.errno != errno.EPROTOTYPE:
            break
print(r)' "$p")
break
done
fi
[ "$c" ] && echo "connect $c"
set -- $c
o=
[ "$1" = open ] && [ "${3:-0}" -gt 0 ] && [ -d "/proc/$3" ] && o=$3
[ -z "$o" ] && i=$(printf '%s\n' "$e" | while read -r k f t i; do
[ "$k $f" = "entry 00010000" ] && echo "$i"
done) && for i in $i; do
o=$(ls -l /proc/[0-9]*/fd 2>/dev/null | awk -v "s=socket:[$i]" '/^\/proc\//{split($0, d, "/")} index($0, s){print d[3]; exit}')
[ "$o" ] && break
done
[ "$o" ] && chain "$o"
fi
printf 'path\n%s' "$p"
