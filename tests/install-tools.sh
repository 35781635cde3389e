#!/bin/sh
# What the tests need besides Python packages: a browser, a Chinese font, PostgreSQL. Installed
# on Debian and Ubuntu as root; elsewhere it says which tests will be skipped and what cures that.
set -eu

missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
fc-list :lang=zh 2>/dev/null | grep -q . || missing="$missing fonts-noto-cjk"
ls /usr/lib/postgresql/*/bin/pg_ctl >/dev/null 2>&1 || command -v pg_ctl >/dev/null 2>&1 ||
  missing="$missing postgresql"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing$missing for the tests …"
  apt-get update -qq
  # shellcheck disable=SC2086 # a list of names
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends fontconfig $missing >/dev/null
else
  echo "Not installed:$missing. The tests that need them are skipped; to run them too:"
  echo "  sudo apt-get install$missing"
fi
