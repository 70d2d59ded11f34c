#!/usr/bin/env bash
# Everything that can be said about the code without running it. Any finding fails.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

say() { echo "lint: $1"; }

say "shell scripts"
mapfile -d '' scripts < <(find scripts deploy .ci -type f \( -name '*.sh' -o -name run \) -print0)
shellcheck "${scripts[@]}" deploy/debian/p*
# The script that user data writes is one, too.
sed -n "/<<'AGENT'/,/^AGENT/p" deploy/ec2-userdata.sh | sed '1d; $d' |
    shellcheck --exclude SC1091,SC2153,SC2154 -

# AWS's own schemas, on a machine that has them; the tests hold the template against what it uses of them.
if cfn-lint --version >/dev/null 2>&1; then
    say "the CloudFormation template"
    cfn-lint --non-zero-exit-code informational deploy/cloudformation.yaml
fi

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
