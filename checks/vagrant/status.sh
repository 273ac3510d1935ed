# Asks vagrant for the state of every machine of a stage, as hive will. Argument: the stage's context directory.
# Prints one JSON object: how far it came, vagrant's error class and words, and a machine's state a line. Judges nothing.
set -u
context=$1

json() { printf '%s' "$1" | tr -d '\000-\010\013-\037' | sed 's/\\/\\\\/g; s/"/\\"/g; s/	/ /g' | tr '\n' ' '; }
answer() {
  printf '{"step": "%s", "rc": %s, "version": "%s", "class": "%s", "message": "%s", "built": "%s", "machines": [%s]}\n' \
    "$1" "$2" "$(json "$version")" "$(json "$class")" "$(json "$message")" "$built" "$machines"
  exit 0
}

version= class= message= machines=
# A machine directory or an ssh_config is there once build-infra has run.
built=no
{ [ -d "$context/.vagrant/machines" ] || [ -f "$context/ssh_config" ]; } && built=yes

command -v vagrant >/dev/null 2>&1 || answer command 127
# English, but UTF-8: Ruby would stumble over Japanese paths and comments in the plain C locale. No look for updates.
for locale in C.UTF-8 C.utf8 en_US.UTF-8 en_US.utf8; do
  if locale -a 2>/dev/null | grep -qx "$locale"; then LC_ALL=$locale LANG=$locale; export LC_ALL LANG; break; fi
done
VAGRANT_CHECKPOINT_DISABLE=1 VAGRANT_NO_COLOR=1
export VAGRANT_CHECKPOINT_DISABLE VAGRANT_NO_COLOR

[ -d "$context" ] && cd -- "$context" || cd /
if [ ! -f Vagrantfile ] && [ $built = no ]; then
  # Nothing was built yet: only the command itself can be tried.
  output=$(vagrant --version 2>&1); rc=$?
  version=$(printf '%s\n' "$output" | sed -n 's/^Vagrant //p' | sed -n 1p)
  [ -n "$version" ] || message=$output
  answer version $rc
fi

output=$(vagrant status --machine-readable 2>&1 </dev/null); rc=$?
class=$(printf '%s\n' "$output" | sed -n 's/^[0-9]*,[^,]*,error-exit,\([A-Za-z:]*\),.*/\1/p' | sed -n 1p)
if [ -n "$class" ]; then
  message=$(printf '%s\n' "$output" | sed -n 's/^[0-9]*,[^,]*,error-exit,[A-Za-z:]*,//p' | sed -n 1p | sed 's/\\n/ /g; s/%!(VAGRANT_COMMA)/,/g')
elif [ $rc -ne 0 ]; then
  # A Ruby backtrace or a plain text; its first lines say what it is.
  message=$(printf '%s\n' "$output" | grep -v '^[0-9]*,[^,]*,' | grep -v '^[[:space:]]*from ' | grep . | sed -n '1,12p' | cut -c1-400)
fi
tab=$(printf '\t')
machines=$(printf '%s\n' "$output" | sed -n "s/^[0-9]*,\([^,]*\),\(state\|provider-name\),\([^,]*\)\$/\1$tab\2$tab\3/p" | {
  separator=
  while IFS=$tab read -r name kind value; do
    [ "$kind" = state ] || continue
    printf '%s{"name": "%s", "state": "%s"}' "$separator" "$(json "$name")" "$(json "$value")"
    separator=', '
  done
})
answer status $rc
