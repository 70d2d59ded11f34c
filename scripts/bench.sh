#!/usr/bin/env bash
# Measures jobnode against its peers and writes bench/RESULTS.md and bench/charts.
# Usage: ROUNDS=5 QUICK= ONLY= scripts/bench.sh    (QUICK=1: short cells, to see that it works)
# Needs what `scripts/install-tools.sh bench` installs, and artifacts/jobnode. Everything it starts, it ends.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
[ -n "${ROUNDS:-}" ] || ROUNDS=5
out=artifacts/bench
program=bench/bin/Release/net9.0/JobNode.Bench.dll
begin=$SECONDS
exec 3>&2

child=
finish() {
    [ -z "$child" ] || kill "$child" 2>/dev/null || true
    wait
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

# run SECONDS COMMAND...: in the background, so that a signal ends it; the time is what this question may take.
run() {
    local budget=$1
    shift
    echo "bench: $((SECONDS - begin)) s in, at most $budget s: $*" >&3
    timeout --kill-after 20 "$budget" "$@" &
    child=$!
    local code=0
    wait "$child" || code=$?
    child=
    return "$code"
}

# note TITLE SECONDS COMMAND...: what a command prints becomes part of the page; one that fails says so there.
note() {
    local title=$1 budget=$2 code=0 told
    shift 2
    told="$*"
    run "$budget" "$@" >"$out/part.txt" 2>"$out/part.err" || code=$?
    {
        echo "### $title"
        echo
        echo "\`${told/dotnet $program/dotnet run -c Release --project bench --}\`"
        echo
        echo '```'
        cat "$out/part.txt"
        [ "$code" -eq 0 ] || { echo "ended with $code"; tail -n 3 "$out/part.err"; }
        echo '```'
        echo
    } >>"$out/commands.md"
}

rm -rf "$out"
mkdir -p "$out"
run 600 dotnet build bench -c Release --disable-build-servers -nodeReuse:false -v quiet --nologo

if [ -z "${QUICK:-}" ] && [ -z "${ONLY:-}" ]; then
    run 180 dotnet "$program" --inProcess --job short --filter '*Codec*' '*StateMachine*' \
        --artifacts "$out/micro" --exporters github >"$out/micro.log" 2>&1 ||
        echo "bench: the micro-benchmarks failed; $out/micro.log says why" >&2
    for table in "$out"/micro/results/*-github.md; do
        [ -e "$table" ] || continue
        {
            echo "### $(basename "$table" -report-github.md | sed 's/.*\.//')"
            echo
            grep '^|' "$table"
            echo
        } >>"$out/commands.md"
    done
    note "Kernels, and their share of the limit" 60 artifacts/jobnode bench hash
    note "All lanes busy" 240 dotnet "$program" lanes
    note "A million jobs held" 120 dotnet "$program" pending --jobs 1000000
    note "Scheduling" 100 dotnet "$program" schedule --nodes 1000
    note "Cost curve" 180 dotnet "$program" curve --up-to 1000000 --kind pending --rounds 3
fi

options=(--rounds "$ROUNDS")
[ -z "${QUICK:-}" ] || options+=(--quick)
[ -z "${ONLY:-}" ] || options+=(--only "$ONLY")
run 1800 dotnet "$program" peers "${options[@]}"
echo "bench: done in $((SECONDS - begin)) s"
