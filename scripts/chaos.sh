#!/usr/bin/env bash
# Tries to break it: fuzzing for a twentieth and simulated schedules for a tenth of the time, then the published binary
# as a cluster of hosts in network namespaces under faults and load, for the rest.
# Usage: scripts/chaos.sh TIME [ARGUMENT_OF_JOBNODE_CHAOS...]    (TIME: seconds, or with a suffix: 90s, 10m, 2h; or
# the word obstacle: prints why it cannot run here; nothing when it can)
# Environment: SEED, NODES (3 or 5), FAULTS (all, or kinds with commas), SCHEDULES (of the simulation; 0: neither
# these nor fuzzing).
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
time=${1:?usage: scripts/chaos.sh TIME, for example 10m}
shift
seed=${SEED:-$((RANDOM * 32768 + RANDOM))}

# Why no cluster of hosts can be made here; nothing when it can.
obstacle() {
    if [ "$(id -u)" -ne 0 ]; then
        echo "only root can make network namespaces"
    elif [ ! -c /dev/net/tun ]; then
        echo "there is no /dev/net/tun"
    elif ! unshare --net --mount true 2>/dev/null; then
        echo "no namespace can be made here"
    fi
}

if [ "$time" = obstacle ]; then
    obstacle
    exit 0
fi

why_not=$(obstacle)
[ -z "$why_not" ] || {
    echo "chaos: $why_not." >&2
    exit 1
}

# shellcheck source=scripts/duration.sh
. "$root/scripts/duration.sh"
seconds=$(seconds_of "$time")

if [ "${SCHEDULES:-}" != 0 ]; then
    SEED=$seed bash "$root/scripts/fuzz.sh" $((seconds / 20 + 1))
    seconds=$((seconds - seconds / 20))
fi

# The simulation, until its schedules are done or its share of the time is over.
simulate() {
    local share=$((seconds / 10)) first=$seed round=500 left=${SCHEDULES:-1000000000} begin=$SECONDS
    while [ "$left" -gt 0 ] && [ $((SECONDS - begin)) -lt "$share" ]; do
        [ "$round" -le "$left" ] || round=$left
        echo "chaos: $round schedules from seed $first"
        "$root/artifacts/jobnode-simulation" --seed "$first" --schedules "$round"
        "$root/artifacts/jobnode-simulation" --seed "$first" --schedules "$round" --churn
        first=$((first + round))
        left=$((left - round))
    done
    seconds=$((seconds - (SECONDS - begin)))
}

simulate
work="$root/artifacts/build/chaos"
mkdir -p "$work"
gcc -std=c11 -O2 -Wall -Wextra -Werror -fPIC -shared -o "$work/shim.so.$$" "$root/src/JobNode.Chaos/Shim/shim.c"
mv -f "$work/shim.so.$$" "$work/shim.so"

# Namespaces of its own: with their first process everything in them ends, by whatever that is ended.
setpriv --pdeathsig KILL unshare --net --mount --pid --mount-proc --fork --kill-child \
    dotnet "$root/artifacts/chaos-program/jobnode-chaos.dll" \
    --binary "${JOBNODE_BINARY:-$root/artifacts/jobnode}" --shim "$work/shim.so" --results "$root/artifacts/chaos" \
    --time "$seconds" --seed "$seed" --nodes "${NODES:-3}" --faults "${FAULTS:-all}" "$@" &
harness=$!

# unshare takes no signals; its child ends the run in order at the first, and at once at the second.
trap 'kill -TERM "$(tr -d " " <"/proc/$harness/task/$harness/children")"' INT TERM

code=0
while kill -0 "$harness" 2>/dev/null; do
    code=0
    wait "$harness" || code=$?
done
exit "$code"
