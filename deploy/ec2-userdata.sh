#!/usr/bin/env bash
# EC2 user data (or run it by hand as root): installs jobnode and runs it as a systemd service. May be run again.
#
# Network: the API port (5000) is for your clients. This script starts the node WITHOUT TLS AND TOKENS (--insecure
# below): the security group must allow the cluster port (5001) among the members only (a rule whose source is the group
# itself), never from elsewhere. Nodes with certificates: README, "Who may come in".
#
# Works on Amazon Linux 2023, Debian 12 and Ubuntu 22.04 or newer, x86-64 (any EC2 type since 2013: it needs AVX2).
set -euo pipefail

# --- Set these -------------------------------------------------------------------------------------------------------
# Where the binary is: https://…, or s3://… (the instance profile must be allowed to read it, and the AWS CLI be there).
BINARY_URL="${BINARY_URL:-}"
# Its SHA-256 in hex, to be sure that it is the one you built; empty checks nothing.
BINARY_SHA256="${BINARY_SHA256:-}"
# Cluster addresses of all first members, the same list on each: "10.0.1.10:5001,10.0.1.11:5001,10.0.1.12:5001"; or of
# any member of a running cluster, to join it. Empty runs a cluster of one.
PEERS="${PEERS:-}"
# ---------------------------------------------------------------------------------------------------------------------

API_PORT="${API_PORT:-5000}"
CLUSTER_PORT="${CLUSTER_PORT:-5001}"
READY_TIMEOUT_SECONDS="${READY_TIMEOUT_SECONDS:-300}"

readonly BINARY=/usr/local/bin/jobnode
readonly DATA=/var/lib/jobnode
readonly SERVICE_USER=jobnode
readonly ENVIRONMENT=/etc/jobnode.env
readonly UNIT=/etc/systemd/system/jobnode.service

say() { echo "jobnode: $*"; }

fail() {
    echo "jobnode: $*" >&2
    exit 1
}

# The instance metadata service, version 2: a token first, then the question.
metadata() {
    local token
    token=$(curl -fsS --max-time 5 --retry 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' \
        http://169.254.169.254/latest/api/token)
    curl -fsS --max-time 5 --retry 5 -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"
}

# Puts the binary in place. Replaced by a rename, so that a running node keeps the file it started from.
install_binary() {
    local fetched
    fetched=$(mktemp "$BINARY.XXXXXX")
    # shellcheck disable=SC2064  # the name is wanted as it is now
    trap "rm -f '$fetched'" EXIT

    case $BINARY_URL in
        s3://*) aws s3 cp --only-show-errors "$BINARY_URL" "$fetched" ;;
        https://* | http://*) curl -fsSL --retry 5 --retry-connrefused -o "$fetched" "$BINARY_URL" ;;
        *) fail "BINARY_URL is '$BINARY_URL'; give an https:// or s3:// address of the binary." ;;
    esac

    if [ -n "$BINARY_SHA256" ]; then
        echo "$BINARY_SHA256  $fetched" | sha256sum --check --status ||
            fail "the binary from $BINARY_URL does not have the SHA-256 $BINARY_SHA256."
    fi

    chmod 0755 "$fetched"
    "$fetched" version >/dev/null || fail "the binary from $BINARY_URL does not run on this machine."
    mv -f "$fetched" "$BINARY"
    trap - EXIT
}

create_user() {
    if ! id "$SERVICE_USER" >/dev/null 2>&1; then
        useradd --system --home-dir "$DATA" --no-create-home --shell /usr/sbin/nologin "$SERVICE_USER"
    fi
}

# serve reads JOBNODE_… variables; the unit below need not change when the addresses do.
write_environment() {
    local address=$1
    umask 077
    cat >"$ENVIRONMENT" <<ENV
JOBNODE_ADVERTISE=$address:$CLUSTER_PORT
JOBNODE_PEERS=$PEERS
ENV
    # A variable without a value would be an empty list of peers, not an absent one.
    if [ -z "$PEERS" ]; then
        sed -i '/^JOBNODE_PEERS=/d' "$ENVIRONMENT"
    fi
    umask 022
}

write_unit() {
    cat >"$UNIT" <<UNIT
[Unit]
Description=jobnode
After=network-online.target
Wants=network-online.target

[Service]
User=$SERVICE_USER
EnvironmentFile=$ENVIRONMENT
ExecStart=$BINARY serve --listen 0.0.0.0:$API_PORT --cluster-listen 0.0.0.0:$CLUSTER_PORT --insecure --data-dir $DATA
StateDirectory=jobnode
StateDirectoryMode=0700
Restart=always
RestartSec=1
# SIGTERM hands work back and closes the log; the rest is patience.
TimeoutStopSec=60
LimitNOFILE=65536
# When memory runs out, something else goes first.
OOMScoreAdjust=-500

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0077
# No MemoryDenyWriteExecute: the AVX-512 kernels are a library loaded from memory. Should that be refused all the
# same, the node says so and runs on AVX2.

[Install]
WantedBy=multi-user.target
UNIT
}

wait_until_ready() {
    local deadline=$((SECONDS + READY_TIMEOUT_SECONDS))
    until curl -fsS --max-time 2 -o /dev/null "http://127.0.0.1:$API_PORT/readyz" 2>/dev/null; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            journalctl --no-pager --unit jobnode --lines 50 >&2 || true
            say "not ready after $READY_TIMEOUT_SECONDS s."
            fail "Do all of '$PEERS' run, with port $CLUSTER_PORT open to each other?"
        fi
        sleep 1
    done
}

[ "$(id -u)" -eq 0 ] || fail "run this as root."

install_binary
create_user
address=$(metadata local-ipv4) || fail "the instance metadata service does not answer."
write_environment "$address"
write_unit
systemctl daemon-reload
systemctl enable jobnode
# Restart, not start: a second run brings a new binary or new peers into force.
systemctl restart jobnode
wait_until_ready
say "ready: http://$address:$API_PORT"
