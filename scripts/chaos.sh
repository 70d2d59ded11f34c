#!/usr/bin/env bash
# Tries to break it for a given time: simulated schedules with new seeds, then real processes killed, in turn.
# Usage: scripts/chaos.sh TIME    (seconds, or with a suffix: 90s, 10m, 2h)
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
time=${1:?usage: scripts/chaos.sh TIME, for example 10m}

case $time in
    *h) seconds=$((${time%h} * 3600)) ;;
    *m) seconds=$((${time%m} * 60)) ;;
    *) seconds=${time%s} ;;
esac

deadline=$((SECONDS + seconds))
seed=${SEED:-$((RANDOM * 32768 + RANDOM))}
schedules=${SCHEDULES:-1000}
round=0
echo "chaos: $seconds s, first seed $seed"

while [ "$SECONDS" -lt "$deadline" ]; do
    round=$((round + 1))
    echo "chaos: round $round, $schedules schedules from seed $seed, $((deadline - SECONDS)) s left"
    "$root/artifacts/jobnode-simulation" --seed "$seed" --schedules "$schedules"
    "$root/artifacts/jobnode-simulation" --seed "$seed" --schedules "$schedules" --churn
    seed=$((seed + schedules))

    [ "$SECONDS" -lt "$deadline" ] || break
    bash "$root/scripts/test.sh" "Tier=Process&Faults=Kill"
done

echo "chaos: $round rounds, nothing lost"
