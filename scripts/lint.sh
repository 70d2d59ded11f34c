#!/usr/bin/env bash
# Everything that can be said about the code without running it. Any finding fails.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

say() { echo "lint: $1"; }

say "shell scripts"
mapfile -d '' scripts < <(find scripts deploy .ci -type f \( -name '*.sh' -o -name run \) -print0)
shellcheck "${scripts[@]}"

say "the Go bridge"
while IFS= read -r folder; do
    unformatted=$(gofmt -l "$folder")
    if [ -n "$unformatted" ]; then
        echo "lint: not formatted by gofmt: $unformatted" >&2
        exit 1
    fi
    (cd "$folder" && GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' go vet ./*.go)
done < <(find src -name '*.go' -not -path '*/obj/*' -printf '%h\n' | sort -u)

say "the whole solution: analyzers, no warnings"
dotnet build JobNode.sln -c Release --no-incremental --disable-build-servers -nodeReuse:false -v quiet --nologo

say "formatting"
dotnet format whitespace JobNode.sln --verify-no-changes --no-restore -v quiet

say "AOT: no warnings"
make --no-print-directory publish

say "clean"
