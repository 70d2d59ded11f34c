#!/usr/bin/env bash
# Runs the tests and closes with the line "N passed, N failed[, N skipped]", counted from the result files.
# Usage: scripts/test.sh [FILTER]    (a `dotnet test` filter such as Tier=Process)
set -uo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
results="$root/artifacts/test-results"
# Without a filter: all but the alerts, which take minutes (make alerts).
filter=(--filter "${1:-Tier!=Alerts}")

rm -rf "$results"
mkdir -p "$results"

dotnet test "$root/src/JobNode.Tests/JobNode.Tests.csproj" -c Release --nologo \
    --disable-build-servers -nodeReuse:false -v quiet \
    --logger "trx;LogFilePrefix=tests" --logger "console;verbosity=normal" --results-directory "$results" \
    --blame-hang-timeout 15m --blame-hang-dump-type none "${filter[@]}"
code=$?

# <Counters total="…" executed="…" passed="…" failed="…" error="…" timeout="…" aborted="…" …/>, one per result file.
count() {
    cat "$results"/*.trx 2>/dev/null | grep -o '<Counters [^>]*>' | grep -o " $1=\"[0-9]*\"" | tr -cd '0-9\n' |
        awk '{ sum += $1 } END { print sum + 0 }'
}

total=$(count total)
passed=$(count passed)
skipped=$((total - $(count executed)))
failed=$((total - passed - skipped))

# What tests measured and only printed, so that a run shows it.
grep -ho 'measured: [^<]*' "$results"/*.trx 2>/dev/null | sort -u

# Which tests failed and why, where a reader of a long log looks: at its end.
perl -0777 -ne 'while (/<UnitTestResult\b[^>]*testName="([^"]*)"[^>]*outcome="Failed".*?<\/UnitTestResult>/gs) {
    my ($name, $of) = ($1, $&);
    my ($message) = $of =~ /<Message>(.*?)<\/Message>/s;
    $message = substr($message // "without a message", 0, 600) =~ s/\s+/ /gr;
    print "failed: $name: $message\n";
}' "$results"/*.trx 2>/dev/null

# A build that failed, a host that crashed or a run without tests must not look like a pass.
if [ "$code" -eq 0 ] && [ "$passed" -eq 0 ]; then
    echo "test: no test ran." >&2
    code=1
fi
if [ "$code" -ne 0 ] && [ "$failed" -eq 0 ]; then
    failed=1
fi
if [ "$failed" -ne 0 ] && [ "$code" -eq 0 ]; then
    code=1
fi

if [ "$skipped" -ne 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
exit "$code"
