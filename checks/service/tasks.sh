# The tasks of one swarm service with their states, times and errors, as a manager knows them, and the manager's own clock.
# `docker service ls` is not asked: it shows 1/1 in the middle of a restart loop. Argument: the service's name.
# Prints one JSON object; judges nothing.
set -u
service=$1

json() { printf '%s' "$1" | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g'; }
answer() {
  printf '{"step": "%s", "message": "%s", "swarm": "%s", "manager": "%s", "now": %s, "found": %s, "tasks": [%s]}\n' \
    "$1" "$(json "$2")" "$swarm" "$manager" "$(date +%s)" "$found" "$tasks"
  exit 0
}
swarm= manager= found=false tasks=

command -v docker >/dev/null 2>&1 || answer no_docker 'docker is not installed'
# The exit status of `docker info` is 0 in some versions although the daemon did not answer.
state=$(docker info -f '{{.ServerVersion}} {{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}' 2>&1)
case $state in
  [0-9]*' true'|[0-9]*' false') ;;
  *) answer no_answer "$state" ;;
esac
manager=${state##* }
swarm=${state% *}; swarm=${swarm##* }
[ "$manager" = true ] || answer no_manager ''

# A name is matched by its beginning elsewhere; `inspect` wants it whole (or an id, which no service is named).
name=$(docker service inspect --format '{{.Spec.Name}}' "$service" 2>&1) || {
  case $name in
    *'no such service'*|*'not found'*) answer done '' ;;
    *) answer no_answer "$name" ;;
  esac
}
case "
$name" in *"
$service") found=true ;; *) answer done '' ;; esac

ids=$(docker service ps -q --no-trunc "$service" 2>&1) || answer no_answer "$ids"
[ -n "$ids" ] || answer done ''
# shellcheck disable=SC2086
tasks=$(docker inspect --type task --format '{"slot": "{{if .Slot}}{{.Slot}}{{else}}{{.NodeID}}{{end}}", "state": "{{.Status.State}}", "desired": "{{.DesiredState}}", "since": {{.Status.Timestamp.Unix}}, "created": {{.CreatedAt.Unix}}, "error": {{json .Status.Err}}},' $ids 2>/dev/null)
# A task may vanish between the two commands; the others are still told.
case $tasks in *,) tasks=${tasks%,} ;; *) answer no_answer 'docker inspect did not show the tasks' ;; esac
answer done ''
