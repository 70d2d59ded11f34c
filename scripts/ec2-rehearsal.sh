#!/usr/bin/env bash
# Runs deploy/ec2-userdata.sh for real on hosts made here: each a network namespace and a Debian tree of its own that
# systemd has booted, with a stand-in for the metadata service and a recorded `aws` command. Three instances form a
# cluster and take jobs, user data runs twice, an instance is scaled in, a fourth joins, spot instances are taken away.
# Usage: scripts/ec2-rehearsal.sh [obstacle]    (obstacle: prints why it cannot run here; nothing when it can)
# Needs root, and what `scripts/install-tools.sh test` installs. Leaves its logs in artifacts/ec2.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
parts=$root/scripts/ec2-rehearsal
binary=${JOBNODE_BINARY:-$root/artifacts/jobnode}
work=$root/artifacts/ec2
state=$work/state
cgroup=$work/cgroup

obstacle() {
    if [ "$(id -u)" -ne 0 ]; then
        echo "only root can make network namespaces"
    elif ! unshare --net --mount --cgroup true 2>/dev/null; then
        echo "no namespace can be made here"
    elif ! grep -qw overlay /proc/filesystems || ! grep -qw cgroup2 /proc/filesystems; then
        echo "the kernel has no overlay file system or no cgroup2"
    fi
}

fail() {
    echo "ec2-rehearsal: $*" >&2
    tail -n 30 "$work"/*.userdata.log >&2 2>/dev/null || true
    exit 1
}

if [ "${1:-}" = obstacle ]; then
    obstacle
    exit 0
fi
why_not=$(obstacle)
[ -z "$why_not" ] || fail "$why_not."

# Namespaces of its own: with their first process everything in them ends, by whatever that is ended.
if [ "${1:-}" != inside ]; then
    bash "$parts/debian-tree.sh" "$root/artifacts/debian-tree"
    exec setpriv --pdeathsig KILL unshare --net --mount --pid --mount-proc --fork --kill-child bash "$0" inside
fi

# shellcheck source=scripts/ec2-rehearsal/hosts.sh
. "$parts/hosts.sh"
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR
begin=$SECONDS
step() { printf '%3d s  %s\n' $((SECONDS - begin)) "$*"; }

# until_true SECONDS WHAT COMMAND...: waits for it.
until_true() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || fail "waited in vain for this: $what"
        sleep 0.3
    done
}

status_of() { curl -fsS --max-time 5 -H "$permit" "http://$(told "$1" address):5000/$2"; }
role_count() { status_of "$1" members | grep -o "\"role\":\"$2\"" | wc -l; }
# members_are INSTANCE COUNT VOTERS: the leader is one of the voters, and is shown as such.
members_are() {
    local members voters
    members=$(status_of "$1" members | grep -o '"role":' | wc -l) || return 1
    voters=$(($(role_count "$1" voter) + $(role_count "$1" leader)))
    [ "$members $voters" = "$2 $3" ]
}
is_in() { [ "$(told "$1" lifecycle)" = "$2" ]; }
called() { grep -c "$1: aws .*$2" "$state/calls" || true; }
has_looked_often() { [ "$(called "$1" 'describe-instances --filters')" -ge 3 ]; }
jobs_known() { for job in "${jobs[@]}"; do status_of "$1" "jobs/$job" >/dev/null || return 1; done; }

[ -x "$binary" ] || fail "there is no $binary; run 'make publish'."
start_network
settings=(BINARY_URL=s3://bucket/jobnode "BINARY_SHA256=$(sha256sum "$binary" | cut -d' ' -f1)" READY_SECONDS=90
    POLL_SECONDS=1 CLUSTER_NAME=rehearsal LOG_GROUP=rehearsal EXPECT=3)
secure=("${settings[@]}" SSM_PATH=/rehearsal WORKER_GROUP=workers)
mkdir -p "$state/s3/bucket" "$state/parameters"
cp "$binary" "$state/s3/bucket/jobnode"
"$binary" certs init --dir "$state/parameters" >/dev/null
"$binary" certs node node --dir "$state/parameters" >/dev/null
token=$(head -c 32 /dev/urandom | sha256sum | cut -d' ' -f1)
permit="Authorization: Bearer $token"
echo "$token enqueue,pull,admin operator" >"$state/parameters/api-tokens"
head -c 32 /dev/urandom | sha256sum | cut -d' ' -f1 >"$state/parameters/join-token"

step "three instances start; AWS tells of the third only after the first two are up"
for number in 1 2 3; do
    launch "i-$number" "10.78.0.1$number" "eu-central-1$(tr 123 abc <<<$number)" core
done
echo shutting-down >"$state/instances/i-3/ec2"
give_volume i-1
runs=()
for number in 1 2 3; do
    more=()
    [ "$number" != 1 ] || more=("${volume[@]}")
    user_data "i-$number" "${secure[@]}" "${more[@]}" &
    runs+=($!)
done
until_true 60 "i-2 looks for its peers again and again" has_looked_often i-2
[ "$(grep -c InService "$state"/instances/*/lifecycle | grep -c ':1')" = 0 ] || fail "two formed a cluster of three"
echo running >"$state/instances/i-3/ec2"
for run in "${runs[@]}"; do wait "$run" || fail "user data failed"; done
for number in 1 2 3; do is_in "i-$number" InService || fail "i-$number did not report"; done
until_true 20 "three voters" members_are i-1 3 3
[ "$(status_of i-1 members | grep -o '"zone":"[^"]*"' | sort -u | wc -l)" = 3 ] || fail "not in three zones"
[ ${#volume[@]} = 0 ] || inside i-1 mountpoint -q /var/lib/jobnode || fail "the data of i-1 is not on its volume"
forget_volumes
step "a cluster of three voters in three zones, with TLS and tokens; each told the group to CONTINUE"

head -c 100000 /dev/urandom >"$work/dummy"
jobs=()
for iterations in 3 $(seq 20000001 20000024); do
    answer=$(curl -fsS -H "$permit" -F "data=@$work/dummy" -X PUT \
        "http://$(told i-2 address):5000/enqueue?iterations=$iterations")
    jobs+=("$(grep -o '[0-9a-f-]\{36\}' <<<"$answer")")
done
step "${#jobs[@]} jobs accepted"

before=$(fingerprint i-1)
user_data i-1 "${secure[@]}" "${volume[@]}" || fail "a second run failed"
[ "$before" = "$(fingerprint i-1)" ] || fail "a second run changed files: $before -> $(fingerprint i-1)"
members_are i-1 3 3 || until_true 20 "three voters again" members_are i-1 3 3
step "user data ran twice on i-1: same member, same files, same mount"

if user_data i-1 "${secure[@]}" BINARY_SHA256="$(printf '0%.0s' {1..64})"; then fail "a wrong binary was taken"; fi
grep -q "does not have the SHA-256" "$work/i-1.userdata.log" || fail "a wrong binary was not named"
inside i-1 systemctl is-active --quiet jobnode || fail "a refused binary stopped the node"
[ "$(called i-1 'jobnode-launching.*ABANDON')" = 1 ] || fail "a failed run did not ABANDON"
step "a binary with another checksum was refused and ABANDON was told; the node runs on"

# The timer may have published before, when another led: what each publishes now is compared with whether it leads. On a
# busy machine another may be elected meanwhile: what was seen counts when one node led from before until after.
led() { status_of i-1 status | grep -o '"leader":"[^"]*","term":[0-9]*' || true; }
for number in 1 2 3; do
    inside "i-$number" systemctl is-active --quiet jobnode-publish.timer || fail "i-$number would publish nothing"
    inside "i-$number" systemctl stop jobnode-publish.timer
done
for _ in {1..10}; do
    leader=$(led)
    publishers=0 wrong=
    for number in 1 2 3; do
        earlier=$(called "i-$number" put-metric-data)
        inside "i-$number" systemctl start jobnode-publish
        now=$(($(called "i-$number" put-metric-data) - earlier))
        leads=$(status_of "i-$number" status | grep -c '^{"node":{[^}]*"role":"leader"' || true)
        [ "$now" = "$leads" ] || wrong="i-$number published $now times, and leads: $leads"
        publishers=$((publishers + now))
    done
    if [ -n "$leader" ] && [ "$leader" = "$(led)" ]; then break; fi
    leader=
    sleep 2
done
[ -n "$leader" ] || fail "nobody led while each was asked to publish"
[ -z "$wrong" ] || fail "$wrong"
[ "$publishers" = 1 ] || fail "NodesWanted was published $publishers times"
step "NodesWanted published by $publishers of three: by the leader alone"

echo Terminating:Wait >"$state/instances/i-2/lifecycle"
until_true 40 "i-2 completes its hook" is_in i-2 Terminating:Proceed
until_true 20 "two members" members_are i-1 2 1
terminate i-2
jobs_known i-1 || fail "a job is lost"
step "scale-in: i-2 drained and left, then completed its hook; no job lost"

launch i-4 10.78.0.14 eu-central-1b core
user_data i-4 "${secure[@]}"
until_true 30 "three voters" members_are i-1 3 3
is_in i-4 InService || fail "i-4 did not report"
step "a fourth instance joined and votes"

launch i-5 10.78.0.15 eu-central-1a workers
user_data i-5 "${secure[@]}" PEER_GROUP=core
until_true 20 "four members" members_are i-1 4 3
status_of i-1 members | grep -q '"role":"spare"[^}]*"computeOnly":true' || fail "the worker i-5 does more than compute"
echo '{"action": "terminate", "time": "2026-11-22T10:00:00Z"}' >"$state/instances/i-5/spot"
until_true 30 "i-5 asks for another in its place" test -e "$state/instances/i-5/health"
until_true 10 "three members" members_are i-1 3 3
echo Terminating:Wait >"$state/instances/i-5/lifecycle"
until_true 10 "i-5 completes its hook" is_in i-5 Terminating:Proceed
terminate i-5
step "spot interruption: the worker i-5 drained and left, and was reported unhealthy"

echo '{"noticeTime": "2026-11-22T10:00:00Z"}' >"$state/instances/i-4/rebalance"
until_true 30 "i-4 asks for another in its place" test -e "$state/instances/i-4/health"
until_true 10 "two members" members_are i-1 2 1
terminate i-4
step "rebalance recommendation: i-4 drained and left"

all_finished() {
    [ "$(status_of i-1 'jobs?state=completed&limit=100' | grep -o '"id"' | wc -l)" = "${#jobs[@]}" ]
}
until_true 120 "all jobs finished" all_finished
pulled=$(curl -fsS -H "$permit" -X POST "http://$(told i-3 address):5000/pullCompleted?top=100")
for job in "${jobs[@]}"; do grep -q "$job" <<<"$pulled" || fail "job $job was not among the results"; done
right=$(python3 -c "
import hashlib, sys
chain = open(sys.argv[1], 'rb').read()
for _ in range(3):
    chain = hashlib.sha512(chain).digest()
print(chain.hex())" "$work/dummy")
grep -q "$right" <<<"$pulled" || fail "the result of the first job is wrong"
inside i-1 grep -q "cluster" /var/log/jobnode/node.log || fail "no log for CloudWatch"
[ "$(grep -c fetch-config "$state/agent-calls")" -ge 1 ] || fail "the CloudWatch agent was not configured"
step "all ${#jobs[@]} results pulled, the first computed again"

launch i-6 10.78.0.16 eu-central-1c alone
user_data i-6 "${settings[@]}" EXPECT=1
members_are i-6 1 1 || fail "i-6 is not a cluster of one"
step "a group of one, without TLS and tokens"

units=(jobnode.service jobnode-ec2.service jobnode-publish.service jobnode-publish.timer jobnode-log.service)
found=$(inside i-1 systemd-analyze verify --man=no "${units[@]/#//etc/systemd/system/}" 2>&1 | grep jobnode || true)
[ -z "$found" ] || fail "systemd-analyze verify: $found"
isa=$(status_of i-1 status | grep -o '"isa":"[a-z0-9]*"' | head -1)
! grep -qw avx512f /proc/cpuinfo || [ "$isa" = '"isa":"avx512"' ] || fail "the unit keeps the node from AVX-512: $isa"
step "$isa, $(inside i-1 systemd-analyze security --no-pager jobnode | tail -n 1 | sed 's/^[^A-Z]*//')"
echo "rehearsed"
