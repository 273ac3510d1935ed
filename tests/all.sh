#!/bin/sh
# Installs what the tests need, then runs all of them: the README's test command. Arguments go to `cargo test`.
set -eu

cd "$(dirname "$0")/.."
tests/setup.sh

if ! command -v cargo >/dev/null; then
  echo "tests/all.sh: cargo is not there: install Rust (https://rustup.rs) first" >&2
  exit 1
fi
# The test lab makes namespaces.
if [ "$(id -u)" -ne 0 ] && ! sudo -n true; then
  echo "tests/all.sh: the test lab needs root: run it as root, or as a user with sudo (\`sudo -v\` first)" >&2
  exit 1
fi
# The lab has accounts of its own, which read and run what is made here.
umask 022
exec cargo test "$@"
