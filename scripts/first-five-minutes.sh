#!/usr/bin/env bash
# Types the first five minutes of README.md, line by line, and prints what a terminal would show: the recording in
# docs/first-five-minutes.txt. Fails when a line fails, or when a result is not that of sha512sum.
# Usage: scripts/first-five-minutes.sh [BINARY [SIX_PORTS...]] >docs/first-five-minutes.txt
# The ports stand for 5000 5001 5010 5011 5020 5021 of the README. FOLDER=DIR keeps the files there.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
binary=$(realpath -- "${1:-$root/artifacts/jobnode}")
[ -x "$binary" ] || { echo "first-five-minutes: $binary is no program; make publish writes one." >&2; exit 2; }
told=(5000 5001 5010 5011 5020 5021)
ports=("${@:2}")
[ ${#ports[@]} -gt 0 ] || ports=("${told[@]}")
[ ${#ports[@]} -eq ${#told[@]} ] || { echo "first-five-minutes: name six ports or none." >&2; exit 2; }

readonly AGAIN_EVERY=0.3 TIMES_MAX=200 MARK='<!-- The lines of the next block'

work=$(realpath "${FOLDER:-$(mktemp -d)}")
mkdir -p "$work/artifacts"
ln -sf "$binary" "$work/artifacts/jobnode"
export TMPDIR=$work

# No node outlives this script. With -m jobs are numbered as at a terminal.
finish() {
    mapfile -t left < <(jobs -pr)
    [ ${#left[@]} -eq 0 ] || kill -9 "${left[@]}" 2>/dev/null || true
    [ -n "${FOLDER:-}" ] || rm -rf "$work"
}
trap finish EXIT
set -m

# The README's addresses are moved to free ports on the way in, and back on the way out.
there='' back=''
for i in "${!told[@]}"; do
    there+="s/127\.0\.0\.1:${told[i]}\b/127.0.0.1:${ports[i]}/g;"
    back+="s/127\.0\.0\.1:${ports[i]}\b/127.0.0.1:${told[i]}/g;"
done
unset "${!JOBNODE_@}"
export JOBNODE_NODE=http://127.0.0.1:${ports[0]}

# With its output in a file curl would draw its progress there.
curl() { command curl --silent --show-error "$@"; }

# A person types a question again while the answer is not there yet: no leader, nothing finished, a node that starts.
is_answered() {
    [ "$1" -eq 0 ] && [ "$(cat "$work/answer")" != '[]' ] && ! grep -q '"/problems/' "$work/answer"
}

type_line() {
    local line=$1 code times=0
    printf '$ %s\n' "$line"
    line=$(sed "$there" <<<"$line")
    while true; do
        # What the shell says of jobs that ended is not kept: a terminal would say it at another place.
        jobs >/dev/null 2>&1
        code=0
        eval "$line" >"$work/answer" 2>&1 </dev/null || code=$?
        times=$((times + 1))
        case $line in *\& | kill\ *) break ;; esac
        if is_answered "$code" || [ "$times" -eq "$TIMES_MAX" ]; then break; fi
        sleep "$AGAIN_EVERY"
    done
    sed "$back" "$work/answer"
    [ -z "$(tail -c 1 "$work/answer")" ] || echo
    is_answered "$code" || { echo "first-five-minutes: this line failed with $code: $1" >&2; exit 1; }
}

mapfile -t lines < <(awk -v mark="$MARK" '
    index($0, mark) { near = 1; next }
    near && /^```/ { if (inside) exit; inside = 1; next }
    inside' "$root/README.md")
[ ${#lines[@]} -gt 0 ] || { echo "first-five-minutes: README.md has no block below '$MARK'." >&2; exit 1; }

cd "$work"
for line in "${lines[@]}"; do
    type_line "$line"
    case $line in
        *pullCompleted*) pulled=$(grep -o '"result":"[0-9a-f]*"' "$work/answer" | cut -d '"' -f 4) ;;
    esac
done

# Three times SHA-512 by another program, each over the raw bytes of the one before.
right=$(sha512sum <dummy)
for _ in 2 3; do
    # shellcheck disable=SC2059  # the format is the bytes
    right=$(printf "$(sed 's/ .*//; s/../\\x&/g' <<<"$right")" | sha512sum)
done
right=${right%% *}
[ "$pulled" = "$right" ] || { echo "first-five-minutes: $pulled is not $right." >&2; exit 1; }
