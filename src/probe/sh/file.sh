# lstat and access of the path $1: `stat -c` of GNU and busybox, else `ls`. What cannot be looked at is for standard error.
case $1 in '~' | '~/'*) set -- "$HOME${1#?}" ;; esac
if ! stat -c 'stat
%f
%u
%g
%s
%Y
%U
%G' -- "$1"; then
stat -c %f / >/dev/null 2>&1 && exit 1
echo ls
ls -ldn -- "$1" && ls -ld -- "$1" | head -n 1 || exit 1
fi
r=- w=- x=-
[ -r "$1" ] && r=r
[ -w "$1" ] && w=w
[ -x "$1" ] && x=x
echo "access $r$w$x"
[ -L "$1" ] || exit 0
echo target
readlink -- "$1"
