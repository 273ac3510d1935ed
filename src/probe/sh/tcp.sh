# Connects to host $1, port $2 within $3 seconds with what is at hand; the watcher ends with the probe's process group.
if command -v bash; then
bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" &
elif command -v python3; then
python3 -c 'import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), int(sys.argv[3])).close()
except Exception as e:
    sys.exit(str(e))' "$@" &
elif command -v perl; then
perl -MIO::Socket::IP -e 'IO::Socket::IP->new(PeerHost => $ARGV[0], PeerService => $ARGV[1], Type => 1) or die "$@\n"' "$@" &
elif command -v nc; then
nc -z -v -w "$3" "$1" "$2" &
else
exit 127
fi
p=$!
(sleep "$3"; kill -9 $p) >/dev/null 2>&1 &
{ wait $p; } 2>/dev/null
