# Where the fluentd logging driver is named on this node, and whether its address answers from here.
# Argument: what the inventory declares, a line a service: name, address, async (true or false).
# Prints one JSON object; judges nothing.
set -u
declared=$1

json() { printf '%s' "$1" | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g'; }
has() { command -v "$1" >/dev/null 2>&1; }

# One word: open, refused, timeout, unresolved, unreachable, untested.
try_tcp() {
  if has bash && has timeout; then
    # shellcheck disable=SC2016
    said=$(timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1); rc=$?
  elif has nc; then
    said=$(nc -w 3 "$1" "$2" </dev/null 2>&1 >/dev/null); rc=$?
  else
    printf untested; return
  fi
  [ $rc -ne 0 ] || { printf open; return; }
  case $rc:$said in
    124:*|143:*|*'timed out'*) printf timeout ;;
    *refused*) printf refused ;;
    *'not known'*|*'name resolution'*|*'bad address'*|*'No address'*|*'Invalid hostname'*) printf unresolved ;;
    *'No route'*|*unreachable*) printf unreachable ;;
    *) printf unreachable ;;
  esac
}

try_address() {
  address=${1#tcp://}; address=${address#tls://}
  case $address in
    unix://*)
      path=${address#unix://}
      [ -S "$path" ] && { grep -q " 00010000 .* $path\$" /proc/net/unix 2>/dev/null && printf open || printf refused; } || printf absent
      return ;;
    \[*\]:*) host=${address%]:*}; host=${host#\[}; port=${address##*:} ;;
    \[*\]) host=${address#\[}; host=${host%]}; port=24224 ;;
    *:*) host=${address%:*}; port=${address##*:} ;;
    *) host=$address; port=24224 ;;
  esac
  [ -n "$host" ] || host=localhost
  try_tcp "$host" "$port"
}

rows=
add() {
  state=$(try_address "$3")
  rows="$rows${rows:+, }{\"origin\": \"$1\", \"name\": \"$(json "$2")\", \"address\": \"$(json "$3")\", \"async\": $4, \"state\": \"$state\"}"
}
# The value of one option in JSON text such as {"fluentd-address":"host:24224"}.
value_of() { printf '%s' "$2" | tr -d '\n' | sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\"\([^\"]*\)\".*/\1/p"; }
async_of() {
  for key in fluentd-async fluentd-async-connect; do
    [ "$(value_of $key "$1")" = true ] && { printf true; return; }
  done
  printf false
}

newline='
'
while [ -n "$declared" ]; do
  line=${declared%%"$newline"*}
  case $declared in *"$newline"*) declared=${declared#*"$newline"} ;; *) declared= ;; esac
  set -f
  # shellcheck disable=SC2086
  set -- $line
  set +f
  [ $# -eq 3 ] && add inventory "$1" "$2" "$3"
done

docker=ok message= driver= manager=false
if ! has docker; then
  docker=absent
  [ -S /var/run/docker.sock ] && docker=no_client
else
  info=$(docker info -f '{{.ServerVersion}} {{.Swarm.ControlAvailable}} {{.LoggingDriver}}' 2>&1)
  # Daemon down: some versions print blanks and end with 0.
  case $info in
    [0-9]*' true '?*|[0-9]*' false '?*) driver=${info##* }; manager=${info#* }; manager=${manager%% *} ;;
    *) docker=no_answer message=$info ;;
  esac
fi
if [ "$driver" = fluentd ]; then
  options=$(cat /etc/docker/daemon.json 2>/dev/null)
  address=$(value_of fluentd-address "$options")
  add daemon docker "${address:-localhost:24224}" "$(async_of "$options")"
fi
if [ "$manager" = true ]; then
  names=$(docker service ls --format '{{.Name}}' 2>/dev/null)
  for name in $names; do
    found=$(docker service inspect --format '{{with .Spec.TaskTemplate.LogDriver}}{{.Name}} {{json .Options}}{{end}}' "$name" 2>/dev/null)
    [ "${found%% *}" = fluentd ] || continue
    options=${found#* }
    address=$(value_of fluentd-address "$options")
    address=${address:-localhost:24224}
    # What the inventory declares and the swarm runs is one fact.
    case $rows in *"\"name\": \"$name\", \"address\": \"$address\""*) continue ;; esac
    add service "$name" "$address" "$(async_of "$options")"
  done
fi
printf '{"docker": "%s", "message": "%s", "default_driver": "%s", "manager": %s, "rows": [%s]}\n' \
  "$docker" "$(json "$message")" "$(json "$driver")" "$manager" "$rows"
