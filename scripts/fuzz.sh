#!/usr/bin/env bash
# Fuzzes every reader of bytes that others wrote, guided by coverage, for a given time. What is found is printed,
# written to artifacts/fuzz/findings, and makes this fail; inputs that went new ways are kept in artifacts/fuzz/corpus.
# Usage: scripts/fuzz.sh TIME    (seconds, or with a suffix: 90s, 10m, 2h)
# Environment: SEED, TARGET (one of those that a wrong name lists; all of them when empty).
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
time=${1:?usage: scripts/fuzz.sh TIME, for example 10m}
seed=${SEED:-$((RANDOM * 32768 + RANDOM))}

# shellcheck source=scripts/duration.sh
. "$root/scripts/duration.sh"
seconds=$(seconds_of "$time")

dotnet build "$root/src/JobNode.Fuzz" -c Release -v quiet --nologo --disable-build-servers -nodeReuse:false
mkdir -p "$root/artifacts/fuzz/corpus"
cp -r "$root/src/JobNode.Fuzz/Corpus/." "$root/artifacts/fuzz/corpus"
arguments=(--seconds "$seconds" --seed "$seed" --corpus "$root/artifacts/fuzz/corpus"
    --findings "$root/artifacts/fuzz/findings")
[ -z "${TARGET:-}" ] || arguments+=(--target "$TARGET")
dotnet "$root/src/JobNode.Fuzz/bin/Release/net9.0/jobnode-fuzz.dll" "${arguments[@]}"
