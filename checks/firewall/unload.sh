# Whether `service iptables stop` would unload kernel modules here, and which of those are in use.
# Argument: the configuration file of the iptables service. Prints one JSON object; judges nothing.
set -u
config=$1

json() { printf '%s' "$1" | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g'; }

file=absent value=
if [ -e "$config" ]; then
  file=unreadable
  if [ -r "$config" ]; then
    file=readable
    # The service sources the file: the last assignment counts.
    value=$(sed -n 's/^[[:space:]]*IPTABLES_MODULES_UNLOAD=["'\'']\{0,1\}\([A-Za-z0-9]*\).*/\1/p' "$config" | sed -n '$p')
  fi
fi
# Newer services (nft behind iptables) no longer know the setting; older ones take `yes` where it is not set.
script= supported=unknown default=
for candidate in /usr/libexec/iptables/iptables.init /etc/init.d/iptables /etc/rc.d/init.d/iptables; do
  [ -r "$candidate" ] || continue
  script=$candidate supported=no
  grep -q IPTABLES_MODULES_UNLOAD "$candidate" && supported=yes
  default=$(sed -n 's/^[[:space:]]*IPTABLES_MODULES_UNLOAD=["'\'']\{0,1\}\([A-Za-z0-9]*\).*/\1/p' "$candidate" | sed -n 1p)
  break
done

modules=unreadable in_use= loaded=
if [ -r /proc/modules ]; then
  modules=readable
  in_use=$(sed -n '/^\(iptable_[a-z]*\|ip_tables\) /p' /proc/modules | while read -r name _size count users _state _rest; do
    others=0
    set -f; old=$IFS; IFS=,
    for user in $users; do case $user in -|''|\[*) ;; *) others=$((others + 1)) ;; esac; done
    IFS=$old
    # Modules that hang on it are unloaded first; what is left over is held by rules, tables or namespaces.
    case $count in ''|-) continue ;; esac
    [ $((count - others)) -gt 0 ] && printf '%s (%s)\n' "$name" "$((count - others))"
  done)
  loaded=$(sed -n 's/^\(iptable_[a-z]*\|ip_tables\) .*/\1/p' /proc/modules)
elif [ -d /proc/self ] && [ ! -e /proc/modules ]; then
  # A kernel without loadable modules: nothing can be unloaded.
  modules=none
fi
list() { printf '%s' "$1" | sed '/^$/d; s/.*/"&"/' | tr '\n' ',' | sed 's/,$//; s/,/, /g'; }
printf '{"config": "%s", "file": "%s", "value": "%s", "script": "%s", "supported": "%s", "default": "%s", "modules": "%s", "in_use": [%s], "loaded": [%s]}\n' \
  "$(json "$config")" "$file" "$(json "$value")" "$(json "$script")" "$supported" "$(json "$default")" "$modules" "$(list "$in_use")" "$(list "$loaded")"
