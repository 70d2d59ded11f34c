#!/usr/bin/env bash
# EC2 user data (or run it by hand as root): installs jobnode as a systemd service, makes the instance a member of its
# cluster, reports to the Auto Scaling group, and leaves the cluster in order before it goes. May be run again.
#
# Network: the API port (5000) is for your clients. Without SSM_PATH the node runs WITHOUT TLS AND TOKENS (--insecure):
# the security group must then allow the cluster port (5001) among the members only, never from elsewhere.
#
# For Amazon Linux 2023, Debian 12 and Ubuntu 22.04 or newer with the AWS CLI, x86-64 with AVX2. docs/ec2.md tells more.
set -euo pipefail

# --- Set these, here or as environment variables ---
BINARY_URL="${BINARY_URL:-}"       # https://… or s3://…: the binary
BINARY_SHA256="${BINARY_SHA256:-}" # its SHA-256 in hex, to be sure that it is the one you built; empty checks nothing
# Who the first members are, one of: addresses ("10.0.1.10,10.0.1.11"), an Auto Scaling group, or a tag ("Name=Value").
# None of them: this instance's own Auto Scaling group; without one, a cluster of one.
PEERS="${PEERS:-}"
PEER_GROUP="${PEER_GROUP:-}"
PEER_TAG="${PEER_TAG:-}"
WORKER_GROUP="${WORKER_GROUP:-}"   # instances of this group only compute
EXPECT="${EXPECT:-3}"              # so many instances of the group or tag form a new cluster; the rest join it
DATA_DEVICE="${DATA_DEVICE:-}"     # a volume for the data, formatted when it is empty: /dev/sdf; empty: the root volume
SSM_PATH="${SSM_PATH:-}"           # parameters PATH/ca.pem, node.pem, node-key.pem, join-token, api-tokens: TLS, tokens
LOG_GROUP="${LOG_GROUP:-}"         # CloudWatch log group for the node's log; empty sends nothing
CLUSTER_NAME="${CLUSTER_NAME:-}"   # publishes NodesWanted to CloudWatch under this name; empty publishes nothing
NODE_SETTINGS="${NODE_SETTINGS:-}" # more of 'jobnode serve': "JOBNODE_DRAIN_TARGET=5m JOBNODE_VOTERS=5"
READY_SECONDS="${READY_SECONDS:-600}"
POLL_SECONDS="${POLL_SECONDS:-5}"
# ---

readonly BINARY=/usr/local/bin/jobnode AGENT=/usr/local/sbin/jobnode-ec2 UNITS=/etc/systemd/system
readonly SETTINGS=/etc/jobnode DATA=/var/lib/jobnode

fail() {
    echo "jobnode: $*" >&2
    exit 1
}

# By a rename: a running node keeps the file it started from.
install_binary() {
    local fetched=$BINARY.fetched
    case $BINARY_URL in
        s3://*) aws s3 cp --only-show-errors "$BINARY_URL" "$fetched" ;;
        https://* | http://*) curl -fsSL --retry 5 --retry-connrefused -o "$fetched" "$BINARY_URL" ;;
        *) fail "BINARY_URL is '$BINARY_URL'; give an https:// or s3:// address of the binary." ;;
    esac
    if [ -n "$BINARY_SHA256" ] && ! echo "$BINARY_SHA256  $fetched" | sha256sum --check --status; then
        rm -f "$fetched"
        fail "the binary from $BINARY_URL does not have the SHA-256 $BINARY_SHA256."
    fi
    chmod 0755 "$fetched"
    "$fetched" version >/dev/null || fail "the binary from $BINARY_URL does not run on this machine."
    mv -f "$fetched" "$BINARY"
}

mount_data() {
    [ -n "$DATA_DEVICE" ] || return 0
    for _ in $(seq 60); do
        [ ! -b "$DATA_DEVICE" ] || break
        sleep 1
    done
    [ -b "$DATA_DEVICE" ] || fail "DATA_DEVICE is '$DATA_DEVICE', and there is no such volume."
    # Never formatted twice: only a volume without any signature is.
    blkid "$DATA_DEVICE" >/dev/null || mkfs.ext4 -q -m 0 "$DATA_DEVICE"
    mkdir -p "$DATA"
    grep -q " $DATA " /etc/fstab ||
        echo "UUID=$(blkid -s UUID -o value "$DATA_DEVICE") $DATA ext4 noatime,nofail 0 2" >>/etc/fstab
    mountpoint -q "$DATA" || mount "$DATA_DEVICE" "$DATA"
}

fetch_secrets() {
    [ -n "$SSM_PATH" ] || return 0
    for name in ca.pem node.pem node-key.pem join-token api-tokens; do
        aws ssm get-parameter --name "$SSM_PATH/$name" --with-decryption --query Parameter.Value --output text \
            >"$SETTINGS/$name.new" || fail "the parameter $SSM_PATH/$name cannot be read."
        chgrp jobnode "$SETTINGS/$name.new"
        chmod 0640 "$SETTINGS/$name.new"
        mv -f "$SETTINGS/$name.new" "$SETTINGS/$name"
    done
}

write_settings() {
    local name
    for name in PEERS PEER_GROUP PEER_TAG WORKER_GROUP EXPECT SSM_PATH CLUSTER_NAME NODE_SETTINGS READY_SECONDS \
        POLL_SECONDS AWS_DEFAULT_REGION; do
        printf '%s=%q\n' "$name" "${!name}"
    done >"$SETTINGS/ec2.conf"
}

write_agent() {
    cat >"$AGENT" <<'AGENT'
#!/usr/bin/env bash
# Between the node of this EC2 instance, its Auto Scaling group and CloudWatch. Written by ec2-userdata.sh.
set -euo pipefail
. /etc/jobnode/ec2.conf
export AWS_DEFAULT_REGION
API=http://127.0.0.1:5000
ENVIRONMENT=/etc/jobnode/jobnode.env
TOKENS=/etc/jobnode/api-tokens

say() { echo "jobnode-ec2: $*"; }

# Instance metadata, version 2: a token first, then the question. Fails for what is not there.
metadata() {
    local url=http://169.254.169.254/latest token
    token=$(curl -fsS --max-time 5 --retry 3 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$url/api/token") &&
        curl -fs --max-time 5 --retry 3 -H "X-aws-ec2-metadata-token: $token" "$url/meta-data/$1"
}

# Nothing for an instance without a group; fails while AWS does not tell.
own_group() {
    aws ec2 describe-instances --instance-ids "$1" --output text \
        --query "Reservations[].Instances[].Tags[?Key=='aws:autoscaling:groupName'].Value" | grep . ||
        ! metadata autoscaling/target-lifecycle-state >/dev/null
}

# Those that run, or will: also one that leaves can let others in.
addresses_with() {
    aws ec2 describe-instances --filters "Name=tag:$1,Values=$2" Name=instance-state-name,Values=pending,running \
        --query 'Reservations[].Instances[].PrivateIpAddress' --output text | tr '[:space:]' '\n' | sort -u | grep .
}

# Nothing for a node alone, or with PEERS.
find_peers() {
    local group=$PEER_GROUP
    [ -z "$PEERS" ] || return 0
    if [ -n "$PEER_TAG" ]; then
        addresses_with "${PEER_TAG%%=*}" "${PEER_TAG#*=}"
        return
    fi
    [ -n "$group" ] || group=$(own_group "$1") || return 1
    [ -z "$group" ] || addresses_with aws:autoscaling:groupName "$group"
}

# Before each start: where this node is, and who the others are. Keeps the last answer when AWS gives none.
configure() {
    local id address zone found group='' list=$PEERS expect=''
    if ! id=$(metadata instance-id) || ! address=$(metadata local-ipv4) ||
        ! zone=$(metadata placement/availability-zone) || ! found=$(find_peers "$id") ||
        { [ -n "$WORKER_GROUP" ] && ! group=$(own_group "$id"); }; then
        say "AWS does not tell who the peers are; the settings stay as they are."
        [ -s "$ENVIRONMENT" ]
        return
    fi
    [ -z "$found" ] || list=$(paste -sd, <<<"$found")
    # Members of a new cluster must see all of each other; a member of one that is there knows it from its data.
    if [ -n "$found" ] && ! compgen -G '/var/lib/jobnode/*.snapshot' >/dev/null; then
        expect=$EXPECT
        if [ "$(printf '%s\n' "$found" "$address" | grep . | sort -u | wc -l)" -lt "$EXPECT" ]; then
            say "waits for $EXPECT instances, and sees: ${list:-none}"
            return 1
        fi
    fi
    {
        echo "JOBNODE_LISTEN=0.0.0.0:5000"
        echo "JOBNODE_CLUSTER_LISTEN=0.0.0.0:5001"
        echo "JOBNODE_ADVERTISE=$address:5001"
        echo "JOBNODE_ZONE=$zone"
        [ "$group" != "${WORKER_GROUP:-none}" ] || echo "JOBNODE_COMPUTE_ONLY=true"
        [ -z "$list" ] || echo "JOBNODE_PEERS=$list"
        [ -z "$expect" ] || echo "JOBNODE_BOOTSTRAP_EXPECT=$expect"
        [ -z "$NODE_SETTINGS" ] || tr ' ' '\n' <<<"$NODE_SETTINGS"
        if [ -n "$SSM_PATH" ]; then
            echo "JOBNODE_CLUSTER_CA=/etc/jobnode/ca.pem"
            echo "JOBNODE_CLUSTER_CERT=/etc/jobnode/node.pem"
            echo "JOBNODE_CLUSTER_KEY=/etc/jobnode/node-key.pem"
            echo "JOBNODE_JOIN_TOKEN_FILE=/etc/jobnode/join-token"
            echo "JOBNODE_API_TOKEN_FILE=$TOKENS"
        else
            echo "JOBNODE_INSECURE=true"
        fi
    } >"$ENVIRONMENT.new"
    mv -f "$ENVIRONMENT.new" "$ENVIRONMENT"
}

report() {
    local id group
    id=$(metadata instance-id) && group=$(own_group "$id") && [ -n "$group" ] || return 0
    aws autoscaling complete-lifecycle-action --lifecycle-hook-name "$1" --auto-scaling-group-name "$group" \
        --instance-id "$id" --lifecycle-action-result "$2" || say "no lifecycle action of $1 waits for this instance."
}

# Until it is in a cluster, the node starts again whenever the list of peers changes.
ready() {
    local deadline=$((SECONDS + READY_SECONDS)) before answer
    until answer=$(curl -sS --max-time 5 --fail-with-body "$API/readyz" 2>/dev/null); do
        if [ "$SECONDS" -ge "$deadline" ]; then
            journalctl --no-pager --unit jobnode --lines 50 || true
            say "not ready after $READY_SECONDS s: ${answer:-no answer}. Is port 5001 open among the members?"
            return 1
        fi
        sleep 2
        [[ $answer = */problems/starting* ]] || continue
        before=$(cat "$ENVIRONMENT")
        if configure && [ "$before" != "$(cat "$ENVIRONMENT")" ]; then
            say "the peers changed; starts again."
            systemctl restart --no-block jobnode
        fi
    done
    report jobnode-launching CONTINUE
    say "ready: http://$(metadata local-ipv4):5000"
}

# The node did not come up: the group puts another instance in this one's place.
abandon() { report jobnode-launching ABANDON; }

admin_token() {
    [ ! -r $TOKENS ] || awk '$2 ~ /admin/ { print $1; exit }' $TOKENS
}

# Why this instance goes; nothing when it stays.
notice() {
    [ "$(metadata autoscaling/target-lifecycle-state)" != Terminated ] || echo "its group ends it"
    metadata spot/instance-action >/dev/null && echo "a spot interruption"
    metadata events/recommendations/rebalance >/dev/null && echo "a rebalance recommendation"
    true
}

# Hands over work, leadership and vote, and leaves. Then the group may end the instance.
watch() {
    local drained='' why id
    while sleep "$POLL_SECONDS"; do
        why=$(notice | paste -sd,)
        [ -n "$why" ] || continue
        if [ -z "$drained" ]; then
            say "leaves the cluster: $why"
            JOBNODE_TOKEN=$(admin_token) timeout 100 /usr/local/bin/jobnode drain --leave --node $API || true
            systemctl disable --now jobnode
            drained=yes
            # A node that left computes nothing: the group is to put another in its place.
            if [[ $why != *group* ]] && id=$(metadata instance-id) && [ -n "$(own_group "$id")" ]; then
                aws autoscaling set-instance-health --instance-id "$id" --health-status Unhealthy || true
            fi
        fi
        if [[ $why = *group* ]]; then
            report jobnode-terminating CONTINUE
            return
        fi
    done
}

# The leader alone says how many nodes would drain the queue in time.
publish() {
    local status wanted
    status=$(curl -fsS --max-time 10 -H "Authorization: Bearer $(admin_token)" $API/status) || return 0
    [ "$(sed -n 's/^{"node":{[^}]*"role":"\([a-z-]*\)".*/\1/p' <<<"$status")" = leader ] || return 0
    wanted=$(sed -n 's/.*"nodesWanted":\([0-9][0-9]*\).*/\1/p' <<<"$status")
    [ -z "$wanted" ] || aws cloudwatch put-metric-data --namespace jobnode --metric-name NodesWanted --unit Count \
        --dimensions "Cluster=$CLUSTER_NAME" --value "$wanted"
}

"${1:?configure, ready, watch or publish}"
AGENT
    chmod 0755 "$AGENT"
}

write_units() {
    cat >"$UNITS/jobnode.service" <<'UNIT'
[Unit]
Description=jobnode: a node of a cluster that computes SHA-512 chains
Documentation=man:jobnode(1)
After=network-online.target
Wants=network-online.target
# Tried for ever: a node that waits for its disk or for the others comes back by itself.
StartLimitIntervalSec=0

[Service]
# Every flag of 'jobnode serve' is a variable: --data-dir is JOBNODE_DATA_DIR.
Environment=JOBNODE_DATA_DIR=/var/lib/jobnode
EnvironmentFile=-/etc/jobnode/jobnode.env
ExecStart=jobnode serve
User=jobnode
Group=jobnode
StateDirectory=jobnode
StateDirectoryMode=0700
# 'jobnode drain' ends it with 0, and it stays down; 2 is a wrong flag, which starting again does not put right.
Restart=on-failure
RestartSec=2
RestartPreventExitStatus=2
# SIGTERM drains: work, leadership and vote go to others, within ten seconds; the rest is patience with a slow disk.
KillMode=mixed
TimeoutStopSec=60
LimitNOFILE=65536
LimitCORE=0
# When memory runs out, something else goes first.
OOMScoreAdjust=-500

# No ProcSubset: without /proc/cpuinfo it would not know of AVX-512.
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
LockPersonality=yes
MemoryDenyWriteExecute=yes
PrivateDevices=yes
PrivateMounts=yes
PrivateTmp=yes
PrivateUsers=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
# Of the rest only what sets the priority of its hash threads (setpriority is in @resources) stays allowed.
SystemCallFilter=~@privileged
UMask=0077

[Install]
WantedBy=multi-user.target
UNIT
    mkdir -p "$UNITS/jobnode.service.d"
    cat >"$UNITS/jobnode.service.d/ec2.conf" <<UNIT
[Unit]
RequiresMountsFor=$DATA
[Service]
ExecStartPre=+$AGENT configure
UNIT
    cat >"$UNITS/jobnode-ec2.service" <<UNIT
[Unit]
Description=jobnode: leaves the cluster before this instance goes
After=network-online.target jobnode.service
[Service]
ExecStart=$AGENT watch
Restart=on-failure
RestartSec=5
[Install]
WantedBy=multi-user.target
UNIT
    cat >"$UNITS/jobnode-publish.service" <<UNIT
[Unit]
Description=jobnode: NodesWanted, to CloudWatch
[Service]
Type=oneshot
ExecStart=$AGENT publish
UNIT
    cat >"$UNITS/jobnode-publish.timer" <<UNIT
[Unit]
Description=jobnode: NodesWanted, each minute
[Timer]
OnCalendar=minutely
[Install]
WantedBy=timers.target
UNIT
}

send_logs() {
    [ -n "$LOG_GROUP" ] || return 0
    mkdir -p /var/log/jobnode
    cat >"$UNITS/jobnode-log.service" <<'UNIT'
[Unit]
Description=jobnode: the journal as a file
[Service]
ExecStart=journalctl -f -n all -u jobnode -u jobnode-ec2 -o short-iso --cursor-file=/var/log/jobnode/cursor
StandardOutput=append:/var/log/jobnode/node.log
Restart=always
[Install]
WantedBy=multi-user.target
UNIT
    cat >/etc/logrotate.d/jobnode <<'ROTATE'
/var/log/jobnode/node.log {
    size 50M
    rotate 2
    copytruncate
    missingok
}
ROTATE
    systemctl daemon-reload
    systemctl enable --now jobnode-log
    local agent=/opt/aws/amazon-cloudwatch-agent
    [ -x $agent/bin/amazon-cloudwatch-agent-ctl ] || dnf -q -y install amazon-cloudwatch-agent || {
        echo "jobnode: no CloudWatch agent here; the log stays on this instance." >&2
        return 0
    }
    cat >$agent/etc/jobnode.json <<JSON
{"logs": {"logs_collected": {"files": {"collect_list": [{"file_path": "/var/log/jobnode/node.log",
  "log_group_name": "$LOG_GROUP", "log_stream_name": "{instance_id}", "timezone": "UTC"}]}}}}
JSON
    $agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:$agent/etc/jobnode.json
}

[ "$(id -u)" -eq 0 ] || fail "run this as root."
umask 022
token=$(curl -fsS --max-time 5 --retry 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' \
    http://169.254.169.254/latest/api/token) || fail "the instance metadata service does not answer."
AWS_DEFAULT_REGION=$(curl -fsS --max-time 5 --retry 5 -H "X-aws-ec2-metadata-token: $token" \
    http://169.254.169.254/latest/meta-data/placement/region)
export AWS_DEFAULT_REGION

write_agent
mkdir -p "$SETTINGS"
write_settings
trap '[ $? -eq 0 ] || "$AGENT" abandon' EXIT
mount_data
install_binary
systemd-sysusers --inline 'u jobnode - "jobnode" /var/lib/jobnode'
chgrp jobnode "$SETTINGS"
chmod 0750 "$SETTINGS"
fetch_secrets
write_units
systemctl daemon-reload
systemctl enable jobnode jobnode-ec2
[ -z "$CLUSTER_NAME" ] || systemctl enable --now jobnode-publish.timer
# A second run brings a new binary or new settings into force: the node drains and starts again.
systemctl stop jobnode jobnode-ec2
systemctl start --no-block jobnode jobnode-ec2
send_logs
"$AGENT" ready
