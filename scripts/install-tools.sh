#!/usr/bin/env bash
# Looks for the tools that a task needs and installs the Debian packages of those that are missing, once.
# Usage: scripts/install-tools.sh build|test|lint|bench
set -euo pipefail

task=${1:?usage: scripts/install-tools.sh build|test|lint|bench}
missing=()

# need_command COMMAND PACKAGE: the package brings the command.
need_command() {
    command -v "$1" >/dev/null 2>&1 || missing+=("$2")
}

# need_file FILE PACKAGE: the package brings the file (headers and sources have no command to look for).
need_file() {
    [ -e "$1" ] || missing+=("$2")
}

command -v dotnet >/dev/null 2>&1 || {
    echo "install-tools: the .NET SDK named in global.json is needed and 'dotnet' is not on the PATH." >&2
    exit 1
}

need_command gcc gcc
need_command go golang-go
need_file /usr/share/gocode/src/go.etcd.io/etcd/raft/rawnode.go golang-etcd-server-dev
need_file /usr/include/zlib.h zlib1g-dev

case $task in
    build) ;;
    test)
        need_command curl curl
        need_command objdump binutils
        need_command ip iproute2
        # The shells that the completion scripts are for, and what reads the man page.
        need_command zsh zsh
        need_command fish fish
        need_command groff groff-base
        # The browser that opens the dashboard, and a font to draw it with.
        need_command chromium chromium
        need_file /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf fonts-dejavu-core
        # Hosts of the EC2 rehearsal, the Debian package.
        need_command mmdebstrap mmdebstrap
        need_command lintian lintian
        need_command python3 python3
        need_file /usr/lib/python3/dist-packages/yaml python3-yaml
        need_command prometheus prometheus
        need_command promtool prometheus
        ;;
    lint) need_command shellcheck shellcheck ;;
    bench)
        # The peers of `make bench`. Nothing of them is started here: the benchmark runs them itself, on loopback.
        need_command redis-server redis-server
        need_command nats-server nats-server
        need_file /usr/sbin/rabbitmq-server rabbitmq-server
        need_command etcd etcd-server
        need_command gunicorn gunicorn
        need_file /usr/lib/python3/dist-packages/flask python3-flask
        need_file /usr/lib/python3/dist-packages/redis python3-redis
        need_file /usr/include/openssl/sha.h libssl-dev
        need_command taskset util-linux
        ;;
    *)
        echo "install-tools: '$task' is not a task; say build, test, lint or bench." >&2
        exit 2
        ;;
esac

[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo)
fi

refuse() {
    echo "install-tools: $1 Install these packages, then run this again: ${missing[*]}" >&2
    exit 1
}

command -v apt-get >/dev/null 2>&1 || refuse "this machine has no apt-get."
if [ ${#as_root[@]} -gt 0 ] && ! sudo -n true 2>/dev/null && ! [ -t 0 ]; then
    refuse "this user is not root, and sudo would ask for a password."
fi

echo "install-tools: installing ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Services of the packages are not started: this script installs programs, and nobody asked for a server.
policy=/usr/sbin/policy-rc.d
if { [ "$task" = bench ] || [ "$task" = test ]; } && ! [ -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
    trap '"${as_root[@]}" rm -f "$policy" "$log"' EXIT
fi
install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=120)
{
    "${install[@]}" update && "${install[@]}" --no-install-recommends install "${missing[@]}"
} >"$log" 2>&1 || {
    cat "$log" >&2
    refuse "apt-get failed (its words are above)."
}
