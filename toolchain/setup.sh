#!/usr/bin/env bash
# Makes a fresh Debian machine ready: Debian packages, the virtual environment, engine and provider.
# Every step looks first and does nothing where nothing is missing, so it may be run before each command.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*"; }

if [ "$(id -u)" -ne 0 ]; then
  echo "samdrift needs root here: the lab makes containers, bridges and mounts; run the same command with sudo." >&2
  exit 1
fi

debian_packages() {
  local wanted missing=()
  mapfile -t wanted < <(grep -v '^#' toolchain/debian-packages.txt)
  local package
  for package in "${wanted[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ "${#missing[@]}" -eq 0 ] && return
  say "installing Debian packages: ${missing[*]}"
  local began=$SECONDS
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q -o Acquire::Retries=3 update >/dev/null
  without_services apt-get -qq -o Acquire::Retries=3 install --no-install-recommends -y "${missing[@]}" >/dev/null
  # As shipped apt-cacher-ng relays to any host; the lab runs one of its own, closed to all but the mirror.
  if [ -d /run/systemd/system ] && [[ " ${missing[*]} " == *" apt-cacher-ng "* ]]; then
    systemctl --quiet disable apt-cacher-ng
  fi
  say "Debian packages installed in $((SECONDS - began)) s"
}

# Run a command while Debian's packages may not start services (policy-rc.d is their own means for that).
without_services() {
  local policy=/usr/sbin/policy-rc.d ours=
  # One that an earlier, killed run of this left is ours again.
  if [ ! -e "$policy" ] || grep -q samdrift "$policy"; then
    printf '#!/bin/sh\n# samdrift: set-up\nexit 101\n' >"$policy"
    chmod +x "$policy"
    ours=yes
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  local status=0
  "$@" || status=$?
  [ -z "$ours" ] || rm -f "$policy"
  return "$status"
}

virtual_environment() {
  local lock stamp=.venv/.installed
  lock=$(cat requirements.lock pyproject.toml | sha256sum | cut -d' ' -f1)
  [ "$(cat "$stamp" 2>/dev/null || true)" = "$lock" ] && return
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "samdrift needs Python 3.11 or newer, found $(python3 --version): install python3.11 or a newer Debian." >&2
    exit 1
  }
  say "installing the locked Python packages into .venv"
  local began=$SECONDS
  [ -x .venv/bin/python ] || python3 -m venv .venv
  .venv/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
  .venv/bin/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
  echo "$lock" >"$stamp"
  say "Python packages installed in $((SECONDS - began)) s"
}

debian_packages
virtual_environment
[ "${1:-}" = "--no-engine" ] || .venv/bin/python -m samdrift.toolchain
