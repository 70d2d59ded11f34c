#!/usr/bin/env bash
# Plants each mistake of src/JobNode.Simulation/Mutants in a copy of the sources, builds the simulation from that, and
# runs it until it finds the mistake. Prints one line for each; fails when one survives.
# Usage: scripts/mutants.sh [MINUTES [NAME...]]    (at most so long for each, 5 by default; all names by default)
# Environment: SEED (1).
set -uo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
minutes=${1:-5}
shift || true
copy="$root/artifacts/mutants/sources"
patches="$root/src/JobNode.Simulation/Mutants"
if [ $# -eq 0 ]; then
    for patch in "$patches"/*.patch; do
        set -- "$@" "$(basename "$patch" .patch)"
    done
fi

# The copy is kept, so that only what a mistake touches is built again; what is no source any more goes.
mkdir -p "$copy"
find "$copy" -type f -not -path '*/obj/*' -not -path "$copy/artifacts/*" -delete
(cd "$root" && git ls-files src scripts Directory.Build.props Directory.Packages.props global.json .editorconfig |
    tar -cf - -T -) | tar -xf - -C "$copy"

# plant NAME [ARGUMENT_OF_PATCH...]
plant() { patch -p1 -s -d "$copy" "${@:2}" < "$patches/$1.patch"; }

survivors=0
report="$root/artifacts/mutants/report.txt"
: > "$report"
for name in "$@"; do
    binary="$root/artifacts/mutants/$name"
    planted=
    # One that applies in part must not spoil the copy for the others.
    if ! plant "$name" --dry-run; then
        line="$name | the patch does not apply"
    elif planted=yes && plant "$name" &&
        ! bash "$copy/scripts/publish.sh" src/JobNode.Simulation jobnode-simulation "$binary" > "$binary.build" 2>&1
    then
        line="$name | does not build, see $binary.build"
    elif "$binary" --minutes "$minutes" --seed "${SEED:-1}" --no-shrink > "$binary.log" 2>&1; then
        line="$name | SURVIVED $(tail -1 "$binary.log")"
    else
        found='s/^seed \([0-9]*\) failed after \([0-9]*\) clean schedules, \([0-9.]*\) s: \(.*\)/\2 | \3 s | \1 | \4/p'
        line="$name | $(sed -n "$found" "$binary.log" | head -1)"
    fi

    case $line in
        *" | "*" | "*" | "*) ;;
        *) survivors=$((survivors + 1)) ;;
    esac
    echo "$line" | tee -a "$report"
    [ -z "$planted" ] || plant "$name" -R
done

echo
echo "mutant | clean schedules before | time | seed | what was said"
cat "$report"
echo "mutants: $# planted, $survivors survived"
[ "$survivors" -eq 0 ]
